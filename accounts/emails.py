"""The e-mails that this app sends. Each function decides who hears of it, and nothing else."""

from django.conf import settings
from django.urls import reverse

from mail.outbox import Recipient, queue


def recipient(user) -> Recipient:
    """Where and how mail reaches a person."""
    return Recipient(
        address=user.email,
        name=user.get_full_name(),
        language=user.language,
        person_id=user.pk,
        company_id=user.company_id,
    )


def invited(user) -> None:
    """A person got an account and chooses the first password by a link."""
    link = settings.PUBLIC_URL + reverse("account:invitation", args=[user.invitation_token()])
    context = {"user": user, "company": user.company, "link": link, "days": settings.INVITATION_DAYS}
    queue("invited", [recipient(user)], context=context, is_secret=True)


def password_reset(user, link: str) -> None:
    """Somebody asked for a new password for this address."""
    queue("password_reset", [recipient(user)], context={"user": user, "link": link}, is_secret=True)
