"""The only way out for e-mail: a row per recipient, written in the transaction of what the mail tells."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Min
from django.utils import timezone

from mail.models import Delivery, OutgoingMail
from mail.rendering import render
from text.words import normalised, one_line

Lane = OutgoingMail.Lane

# No program answers a mail of ours, and no absence note comes back.
AUTOMATIC = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom a mail goes to, in which language; the numbers are those of the person and their company, if any."""

    address: str
    name: str = ""
    language: str = "es"
    person_id: int | None = None
    company_id: int | None = None


def queue(
    template: str,
    to: Iterable[Recipient],
    *,
    context: Mapping[str, Any],
    lane: OutgoingMail.Lane = Lane.TICKETS,
    thread: str = "",
    is_secret: bool = False,
) -> list[OutgoingMail]:
    """Write `template` to each recipient once, in their own language; it leaves after the caller's commit.

    The templates get `context` and also `recipient`, `subject`, `brand` and `public_url`. Mails of one `thread`
    (`IBA-12`) are grouped by mail programs and reach an address in the order of their writing.
    `is_secret`: the text holds a link that opens an account, and goes once it was sent.
    Raises `TemplateDoesNotExist` when one of the three parts is missing.
    """
    mails = []
    for recipient in one_per_address(to):
        parts = render(template, language=recipient.language, context={**context, "recipient": recipient})
        mails.append(
            OutgoingMail(
                kind=template,
                lane=lane,
                thread=thread_name(thread),
                is_secret=is_secret,
                headers=AUTOMATIC | thread_headers(thread),
                **addressed_to(recipient),
                **parts._asdict(),
            )
        )
    return OutgoingMail.objects.bulk_create(mails)


def cancel_for(person_id: int) -> int:
    """Take back every mail that still waits for this person; says how many."""
    return OutgoingMail.objects.filter(person_id=person_id).cancel()


def lag(at: datetime | None = None) -> timedelta:
    """How long the oldest due mail has waited: nothing while delivery is held on purpose or no server is configured."""
    at = at or timezone.now()
    if settings.MAIL_SERVER is None or Delivery.current().is_held():
        return timedelta(0)
    oldest = OutgoingMail.objects.due(at).aggregate(oldest=Min("due_at"))["oldest"]
    return at - oldest if oldest else timedelta(0)


def addressed_to(recipient: Recipient) -> dict[str, Any]:
    """The columns that say whom a mail goes to, each on one line."""
    return {
        "address": one_line(recipient.address)[:320],
        "name": one_line(recipient.name),
        "language": recipient.language,
        "person_id": recipient.person_id,
        "company_id": recipient.company_id,
    }


def one_per_address(to: Iterable[Recipient]) -> Iterable[Recipient]:
    """The first recipient of each address; capital letters make no other address."""
    unique: dict[str, Recipient] = {}
    for recipient in to:
        unique.setdefault(normalised(one_line(recipient.address)), recipient)
    return unique.values()


def thread_name(thread: str) -> str:
    """A ticket's reference as it may stand in a Message-ID."""
    return re.sub(r"[^A-Za-z0-9.-]", "", thread)[:80]


def thread_headers(thread: str) -> dict[str, str]:
    """Mail programs group what answers the same mail; that first mail never existed."""
    name = thread_name(thread)
    if not name:
        return {}
    root = f"<thread.{name}@{settings.MAIL_DOMAIN}>"
    return {"In-Reply-To": root, "References": root}
