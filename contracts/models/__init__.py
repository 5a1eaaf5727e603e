from contracts.models.chosen import ChosenFor
from contracts.models.hours import HourBag, HourEntry, NotEnoughHours, SettledAlready
from contracts.models.licence import AppliedAlready, LicenceFile, recipients_of
from contracts.models.product import Product
from contracts.models.received import Received
from contracts.models.standing import Contracted, Licence, offer_to, takings
from contracts.models.subscription import Subscription

__all__ = [
    "AppliedAlready",
    "ChosenFor",
    "Contracted",
    "HourBag",
    "HourEntry",
    "Licence",
    "LicenceFile",
    "NotEnoughHours",
    "Product",
    "Received",
    "SettledAlready",
    "Subscription",
    "offer_to",
    "recipients_of",
    "takings",
]
