from tickets.forms.composer import (
    ComposerForm,
    DraftFilesForm,
    ReplyForm,
    StaffReplyForm,
    TicketForm,
    addresses,
    typed,
)
from tickets.forms.desk import (
    AssignForm,
    ClassifyForm,
    FollowerForm,
    NoteForm,
    OpenForm,
    ScheduleForm,
    SolutionsForm,
    StatusForm,
)
from tickets.forms.listing import ORDERS, Listing

__all__ = [
    "ORDERS",
    "AssignForm",
    "ClassifyForm",
    "ComposerForm",
    "DraftFilesForm",
    "FollowerForm",
    "Listing",
    "NoteForm",
    "OpenForm",
    "ReplyForm",
    "ScheduleForm",
    "SolutionsForm",
    "StaffReplyForm",
    "StatusForm",
    "TicketForm",
    "addresses",
    "typed",
]
