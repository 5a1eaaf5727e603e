"""From a row of the outbox to the bytes that the mail server gets."""

import email.utils
import re
from email.header import Header
from typing import NamedTuple

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMultiAlternatives
from django.core.validators import validate_email
from django.utils.encoding import punycode

from files import names
from mail.models import OutgoingMail
from text.words import one_line

# Leaves room for the name of the header on its first line.
SHORT_LINE = 60
# Of any other type a library changes the line ends, or reads the file as a mail.
BYTE_FOR_BYTE = "application/octet-stream"
# For programs that show no invitation by themselves.
INVITATION = "invite.ics"
METHOD = re.compile(r"^METHOD:([A-Z]+)\r?$", re.MULTILINE)


class Unaddressable(ValueError):
    """What stands as the address can never receive mail."""


class Envelope(NamedTuple):
    sender: str
    recipient: str
    content: bytes


def envelope(mail: OutgoingMail) -> Envelope:
    """Everything the server is told about one mail. Raises `Unaddressable`."""
    _name, sender = split_mailbox(sender_of(mail))
    return Envelope(wire_address(sender), wire_address(mail.address), as_bytes(mail))


def as_bytes(mail: OutgoingMail) -> bytes:
    """The whole mail, the same bytes' worth of headers at each try. Raises `Unaddressable`."""
    headers = {name: one_line(value) for name, value in mail.headers.items() if name.lower() != "from"}
    message = EmailMultiAlternatives(
        subject=encoded(one_line(mail.subject)),
        body=mail.text,
        from_email=mailbox(*split_mailbox(sender_of(mail))),
        to=[mailbox(mail.name, mail.address)],
        headers=headers | {"Message-ID": mail.message_id, "Date": email.utils.format_datetime(mail.created_at)},
    )
    if mail.html:
        message.attach_alternative(mail.html, "text/html")
    if mail.calendar:
        message.attach_alternative(mail.calendar, f"text/calendar; method={method_of(mail.calendar)}")
        message.attach(INVITATION, mail.calendar.encode(), BYTE_FOR_BYTE)
    for file in mail.attachments.sendable().select_related("stored"):
        with file.stored.open() as opened:
            message.attach(names.canonical(file.stored.name), opened.read(), BYTE_FOR_BYTE)
    return message.message().as_bytes(linesep="\r\n")  # type: ignore[call-arg]


def method_of(calendar: str) -> str:
    """What an invitation is for: REQUEST or CANCEL. Calendars compare it with the one that the mail names."""
    found = METHOD.search(calendar)
    return found[1] if found else "PUBLISH"


def sender_of(mail: OutgoingMail) -> str:
    return mail.headers.get("From") or settings.DEFAULT_FROM_EMAIL


def mailbox(name: str, address: str) -> str:
    """A header's `Name <address>` for exactly this one address, whatever the name holds."""
    return email.utils.formataddr((encoded(one_line(name)), wire_address(address)))


def encoded(words: str) -> str:
    """Words as a header carries them: in ASCII and foldable. What only looks encoded is encoded too, and arrives so."""
    if words.isascii() and "=?" not in words and len(words) < 200:
        return words
    return "".join(Header(words, "utf-8", maxlinelen=SHORT_LINE).encode().splitlines())


def split_mailbox(value: str) -> tuple[str, str]:
    """Name and address of `Name <address>`; a comma in the name makes no second address."""
    name, bracket, rest = value.rpartition("<")
    if not bracket:
        return "", value.strip()
    return name.strip().strip('"'), rest.strip().removesuffix(">")


def wire_address(address: str) -> str:
    """The address as mail servers write it, its domain in ASCII. Raises `Unaddressable`."""
    try:
        validate_email(address)
    except ValidationError as error:
        raise Unaddressable(f"{address!r} is not an e-mail address.") from error
    local, _at, domain = address.rpartition("@")
    return f"{local}@{punycode(domain)}"
