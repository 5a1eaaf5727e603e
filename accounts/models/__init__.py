from accounts.models.company import Company
from accounts.models.erasure import ErasureRequest
from accounts.models.logbook import AuditEntry
from accounts.models.proposal import CompanyProposal
from accounts.models.registration import AccessRequest
from accounts.models.replacement import ManagerReplacement
from accounts.models.seal import LogbookSeal
from accounts.models.user import User

__all__ = [
    "AccessRequest", "AuditEntry", "Company", "CompanyProposal", "ErasureRequest", "LogbookSeal", "ManagerReplacement",
    "User",
]  # fmt: skip
