from announcements.models.announcement import Announcement, IllegalStep
from announcements.models.contact import ContactEntry, InformationPage
from announcements.models.reading import Reading
from announcements.models.rules import Acceptance, RulesOfUse
from announcements.models.service import Incident, IncidentUpdate, ServiceComponent
from announcements.models.telling import Telling

__all__ = [
    "Acceptance",
    "Announcement",
    "ContactEntry",
    "IllegalStep",
    "Incident",
    "IncidentUpdate",
    "InformationPage",
    "Reading",
    "RulesOfUse",
    "ServiceComponent",
    "Telling",
]
