from tickets.models.attachment import Attachment
from tickets.models.catalogue import Department, Topic
from tickets.models.draft import Draft
from tickets.models.event import Event
from tickets.models.guest import Guest
from tickets.models.message import InternalNote, Message
from tickets.models.question import Answer, TopicField
from tickets.models.reading import Follower, ReadMark
from tickets.models.request import Request, RequestType
from tickets.models.surcharge import Surcharge
from tickets.models.ticket import Ticket
from tickets.status import IllegalStep

__all__ = [
    "Answer",
    "Attachment",
    "Department",
    "Draft",
    "Event",
    "Follower",
    "Guest",
    "IllegalStep",
    "InternalNote",
    "Message",
    "ReadMark",
    "Request",
    "RequestType",
    "Surcharge",
    "Ticket",
    "Topic",
    "TopicField",
]
