"""The desk's pages about companies and people, by noun."""

from accounts.admin.companies import CompanyAdmin
from accounts.admin.logbook import AuditEntryAdmin
from accounts.admin.people import UserAdmin
from accounts.admin.proposals import CompanyProposalAdmin
from accounts.admin.requests import AccessRequestAdmin

__all__ = ["AccessRequestAdmin", "AuditEntryAdmin", "CompanyAdmin", "CompanyProposalAdmin", "UserAdmin"]
