"""The only way out for e-mail: a row per recipient, written in the transaction of what the mail tells."""

import re
from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any, NotRequired, TypedDict, Unpack

from django.conf import settings
from django.db.models import Max, Min, Q, QuerySet
from django.utils import timezone
from django.utils.html import escape

from files.models import StoredFile
from mail.models import Delivery, MailAttachment, OutgoingMail
from mail.rendering import Parts, render
from text.words import normalised, one_line

Lane = OutgoingMail.Lane

# The columns of a mail that say something of people.
SAYING = ("subject", "text", "html", "calendar")

# So many rows of the outbox are looked through at a time.
STRETCH = 5_000

# No program answers a mail of ours, and no absence note comes back.
AUTOMATIC = {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom a mail goes to, in which language; the numbers are those of the person and their company, if any.

    `unsubscribe`: the page that takes them off the list that the mail goes to, with a POST and without log-in.
    """

    address: str
    name: str = ""
    language: str = "es"
    person_id: int | None = None
    company_id: int | None = None
    unsubscribe: str = ""


class Letter(TypedDict):
    """What a mail is made of besides its template and its recipients, see `written`."""

    context: Mapping[str, Any]
    lane: NotRequired[OutgoingMail.Lane]
    thread: NotRequired[str]
    is_secret: NotRequired[bool]
    alike: NotRequired[MutableMapping[str, Parts]]
    calendar: "NotRequired[Callable[[Recipient], str]]"


def queue(
    template: str, to: Iterable[Recipient], *, files: Sequence[StoredFile] = (), **letter: Unpack[Letter]
) -> list[OutgoingMail]:
    """Write `template` to each recipient once, in their own language; it leaves after the caller's commit.

    `letter` is what `written` takes. `files` are attached when the mail leaves, as far as anybody may open them then:
    the text does without them. Raises `TemplateDoesNotExist` when one of the three parts is missing.
    """
    mails = post(written(template, to, **letter))
    MailAttachment.objects.bulk_create(MailAttachment(mail=mail, stored=file) for mail in mails for file in files)
    return mails


def post(mails: list[OutgoingMail]) -> list[OutgoingMail]:
    """Many written mails at once: they leave after the caller's commit."""
    return OutgoingMail.objects.bulk_create(mails)


def written(
    template: str,
    to: Iterable[Recipient],
    *,
    context: Mapping[str, Any],
    lane: OutgoingMail.Lane = Lane.TICKETS,
    thread: str = "",
    is_secret: bool = False,
    alike: MutableMapping[str, Parts] | None = None,
    calendar: Callable[[Recipient], str] | None = None,
) -> list[OutgoingMail]:
    """The mails, which nobody has posted yet.

    The templates get `context` and also `recipient`, `subject`, `brand` and `public_url`. Mails of one `thread`
    (`IBA-12`) are grouped by mail programs and reach an address in the order of their writing.
    `is_secret`: the text holds a link that opens an account, and goes once it was sent.
    `alike`: the text speaks of no recipient; it is written once for all of a language, and kept there for other calls.
    `calendar`: the invitation that the mail carries for its recipient, as iCalendar with a METHOD.
    """
    mails: list[OutgoingMail] = []
    for recipient in one_per_address(to):
        if alike is None:
            parts = render(template, language=recipient.language, context={**context, "recipient": recipient})
        else:
            parts = alike.get(recipient.language) or render(template, language=recipient.language, context=context)
            alike[recipient.language] = parts
        mails.append(
            OutgoingMail(
                kind=template,
                lane=lane,
                thread=thread_name(thread),
                is_secret=is_secret,
                calendar=calendar(recipient) if calendar else "",
                headers=AUTOMATIC | thread_headers(thread) | list_headers(recipient),
                **addressed_to(recipient),
                **parts._asdict(),
            )
        )
    return mails


def cancel_for(person_id: int) -> int:
    """Take back every mail that still waits for this person; says how many."""
    return OutgoingMail.objects.filter(person_id=person_id).cancel()


def mentioning(words: Sequence[str], *, company_id: int | None, code: str) -> list[int]:
    """The mails to others that speak of somebody by one of these words, whole: those of a company, or without one all.

    Reads the outbox a stretch at a time, and belongs before a transaction.
    """
    mails = OutgoingMail.objects.all()
    if company_id is not None:
        without_company = Q(company_id=None, thread="")
        mails = mails.filter(Q(company_id=company_id) | Q(thread__startswith=f"{code}-") | without_company)
    ends = mails.aggregate(first=Min("pk"), last=Max("pk"))
    found = []
    for start in range(ends["first"] or 0, (ends["last"] or -1) + 1, STRETCH):
        stretch = mails.filter(pk__range=(start, start + STRETCH - 1)).filter(holding(words))
        read = stretch.only("subject", "text", "html").order_by("pk").iterator(100)
        found += [mail.pk for mail in read if spoken(words).search(f"{mail.subject}\n{mail.text}\n{mail.html}")]
    return found


def holding(words: Sequence[str]) -> Q:
    """Somewhere in the mail, as a part of other words too."""
    columns = [Q(subject__contains=word) | Q(text__contains=word) | Q(html__contains=escape(word)) for word in words]
    return reduce(or_, columns)


def spoken(words: Sequence[str]) -> re.Pattern[str]:
    """The words, each by itself, as they stand in text and in HTML."""
    return re.compile("|".join(rf"(?<!\w){re.escape(word)}(?!\w)" for one in words for word in {one, escape(one)}))


def forget(person_id: int, pks: Sequence[int], words: Sequence[str], *, name: str) -> None:
    """Nothing waits for the person any more. Mails to others that speak of them lose their text; one that has yet to
    leave says `name` instead."""
    cancel_for(person_id)
    for start in range(0, len(pks), 500):
        empty(
            OutgoingMail.objects.filter(pk__in=pks[start : start + 500]).exclude(person_id=person_id), words, name=name
        )


def forget_in(thread: str, words: Sequence[str], *, name: str) -> None:
    """The same in the mails of one thread, by words that would mean somebody else elsewhere."""
    empty(OutgoingMail.objects.filter(thread=thread_name(thread)), words, name=name)


def empty(mails: QuerySet[OutgoingMail], words: Sequence[str], *, name: str) -> None:
    """Those that have left lose their text; what is left says `name` instead of the words."""
    mails.filter(due_at=None).update(text="", html="", calendar="")
    pattern = spoken(words)
    for mail in mails.only(*SAYING):
        said = {part: getattr(mail, part) for part in SAYING}
        instead = {part: pattern.sub(name, text) for part, text in said.items()}
        if instead != said:
            OutgoingMail.objects.filter(pk=mail.pk).update(**instead)


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


def list_headers(recipient: Recipient) -> dict[str, str]:
    """Mail programs show a button beside the sender; it posts to the page, which needs no click there (RFC 8058)."""
    if not recipient.unsubscribe:
        return {}
    return {"List-Unsubscribe": f"<{recipient.unsubscribe}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}


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
