from contracts.admin.hours import HourBagAdmin
from contracts.admin.licences import LicenceFileAdmin
from contracts.admin.products import ProductAdmin
from contracts.admin.subscriptions import SubscriptionAdmin

__all__ = ["HourBagAdmin", "LicenceFileAdmin", "ProductAdmin", "SubscriptionAdmin"]
