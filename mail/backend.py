"""Django's e-mail backend that writes to the outbox, so that Django's and allauth's own mails leave like all others."""

from collections.abc import Sequence

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import translation

from mail.messages import split_mailbox
from mail.models import OutgoingMail
from mail.outbox import AUTOMATIC, Recipient, addressed_to
from mail.rendering import without_controls
from text.words import one_line

KIND = "django"
# Every row has its own.
OURS = {"from", "to", "cc", "bcc", "subject", "date", "message-id"}


class OutboxBackend(BaseEmailBackend):
    """One row per recipient (to, cc and bcc alike), in the caller's transaction; nobody sees the other recipients."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        mails = [mail for message in email_messages for mail in as_mails(message)]
        OutgoingMail.objects.bulk_create(mails)
        return len(email_messages)


def as_mails(message: EmailMessage) -> list[OutgoingMail]:
    """Raises `ValueError` for what the outbox cannot carry, instead of sending half of it."""
    html, headers = html_of(message), headers_of(message)
    language = translation.get_language() or settings.LANGUAGE_CODE
    return [
        OutgoingMail(
            kind=KIND,
            subject=one_line(str(message.subject)),
            text=without_controls(str(message.body)),
            html=html,
            headers=headers,
            **addressed_to(Recipient(address=address, name=name, language=language)),
        )
        for name, address in map(split_mailbox, message.recipients())
    ]


def html_of(message: EmailMessage) -> str:
    if message.attachments or message.content_subtype != "plain":
        raise ValueError("The outbox carries a plain text and its HTML twin, without attachments.")
    alternatives = getattr(message, "alternatives", [])
    if any(mimetype != "text/html" for _content, mimetype in alternatives) or len(alternatives) > 1:
        raise ValueError("The outbox carries one alternative, and that is HTML.")
    return without_controls(alternatives[0][0]) if alternatives else ""


def headers_of(message: EmailMessage) -> dict[str, str]:
    extra = {name: value for name, value in message.extra_headers.items() if name.lower() not in OURS}
    headers = AUTOMATIC | {name: one_line(str(value)) for name, value in extra.items()}
    if message.reply_to:
        headers["Reply-To"] = one_line(", ".join(message.reply_to))
    if message.from_email != settings.DEFAULT_FROM_EMAIL:
        headers["From"] = one_line(message.from_email)
    return headers
