from tickets.forms.composer import (
    ComposerForm,
    DraftFilesForm,
    ReplyForm,
    StaffReplyForm,
    typed,
)
from tickets.forms.deciding import ChargeForm, RefuseForm
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
from tickets.forms.linking import LinkForm, LinkTicketsForm
from tickets.forms.listing import ORDERS, Listing
from tickets.forms.opening import RequestForm, TicketForm, addresses
from tickets.forms.questions import KeptFilesForm

__all__ = [
    "ORDERS",
    "AssignForm",
    "ChargeForm",
    "ClassifyForm",
    "ComposerForm",
    "DraftFilesForm",
    "FollowerForm",
    "KeptFilesForm",
    "LinkForm",
    "LinkTicketsForm",
    "Listing",
    "NoteForm",
    "OpenForm",
    "RefuseForm",
    "ReplyForm",
    "RequestForm",
    "ScheduleForm",
    "SolutionsForm",
    "StaffReplyForm",
    "StatusForm",
    "TicketForm",
    "addresses",
    "typed",
]
