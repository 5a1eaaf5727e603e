from downloads.models.bundle import Bundle
from downloads.models.component import Component
from downloads.models.delivery import AlreadyOut, Delivery, LastFile, ReleaseFile
from downloads.models.installation import Installation
from downloads.models.log import DownloadLog

__all__ = ["AlreadyOut", "Bundle", "Component", "Delivery", "DownloadLog", "Installation", "LastFile", "ReleaseFile"]
