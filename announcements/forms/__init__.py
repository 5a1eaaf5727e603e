from announcements.forms.desk import (
    AnnouncementForm,
    ContactEntryForm,
    DetailsForm,
    IncidentForm,
    InformationPageForm,
    MaintenanceForm,
    PublishForm,
    RulesForm,
    RulesInForceForm,
    UpdateForm,
)
from announcements.forms.rules import AcceptForm

__all__ = [
    "AcceptForm",
    "AnnouncementForm",
    "ContactEntryForm",
    "DetailsForm",
    "IncidentForm",
    "InformationPageForm",
    "MaintenanceForm",
    "PublishForm",
    "RulesForm",
    "RulesInForceForm",
    "UpdateForm",
]
