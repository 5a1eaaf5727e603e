from tickets.forms.composer import (
    ComposerForm,
    DraftFilesForm,
    ReplyForm,
    StaffReplyForm,
    TicketForm,
    addresses,
    typed,
)
from tickets.forms.desk import AssignForm, ClassifyForm, FollowerForm, NoteForm, StatusForm
from tickets.forms.listing import ORDERS, TicketFilter

__all__ = [
    "ORDERS",
    "AssignForm",
    "ClassifyForm",
    "ComposerForm",
    "DraftFilesForm",
    "FollowerForm",
    "NoteForm",
    "ReplyForm",
    "StaffReplyForm",
    "StatusForm",
    "TicketFilter",
    "TicketForm",
    "addresses",
    "typed",
]
