"""The e-mails that the portal sends on its own behalf. Each function decides who hears of it, and nothing else."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.conf import settings

from accounts.emails import recipient
from accounts.models import User
from mail.outbox import Recipient, queue

if TYPE_CHECKING:
    from portal.invariants import Result


def invariants_broken(results: "Sequence[Result]") -> None:
    """To the superusers, or to the portal's contact address while there is none."""
    people = [recipient(person) for person in User.objects.staff().filter(is_superuser=True)]
    contact = Recipient(address=settings.BRAND["email"], language=settings.LANGUAGE_CODE)
    queue("invariants_broken", people or [contact], context={"results": results})
