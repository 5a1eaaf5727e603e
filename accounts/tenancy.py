"""The fence between companies: what exists for a user is decided here, once."""

from typing import TypeVar

from django.db import models

Row = TypeVar("Row", bound=models.Model)


class TenantQuerySet(models.QuerySet[Row]):
    """Rows that belong to one customer company."""

    def visible_to(self, user):
        """The rows that `user` may know about; anything else is a 404. Staff have querysets of their own."""
        if not user.is_authenticated or user.company_id is None:
            return self.none()
        return self.filter(company=user.company_id)
