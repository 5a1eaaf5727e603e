from accounts.models.company import Company
from accounts.models.logbook import AuditEntry
from accounts.models.user import User

__all__ = ["AuditEntry", "Company", "User"]
