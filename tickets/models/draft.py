import hashlib
import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Max, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from files.models import StoredFile
from files.receiving import Upload, discard
from text.words import printable
from tickets.models.attachment import Attachment
from tickets.models.message import Message
from tickets.models.question import Answer, Kind
from tickets.models.request import Request, RequestType
from tickets.models.seal import Seal
from tickets.models.ticket import Ticket

KEPT_FOR = timedelta(days=90)
# Fields worth a draft: what was chosen besides is chosen again in a moment.
WRITTEN = ("subject", "body", "followers", "outside")
ANSWER = "campo_"  # how the names of answers begin, see TopicField.name
UNSENT = Q(sent_message=None, sent_request=None)


class AlreadySent(Exception):
    """The form with this key was sent before, with another text. `what` the first one became; `ticket` is None while
    that is a request which no manager has approved."""

    def __init__(self, what: Message | Request) -> None:
        super().__init__(what.pk)
        self.what = what
        self.ticket = what.ticket


class SomebodyElses(Exception):
    """The key of the form belongs to another person."""


class InfectedFiles(Exception):
    """The antivirus found something in these files of the draft."""

    def __init__(self, files: Sequence[Attachment]) -> None:
        super().__init__(len(files))
        self.files = files


class ChangedElsewhere(Exception):
    """Another window has put a text into the draft that this one has not seen."""


class TooManyFiles(Exception):
    """The draft would hold more files than a message may carry."""


class DraftQuerySet(models.QuerySet["Draft"]):
    def visible_to(self, user):
        """One's own drafts that were not sent yet."""
        return self.filter(UNSENT, person=user.pk)

    def at(self, *, key: str | None, person, ticket: Ticket | None, request_type: RequestType | None = None) -> "Draft":
        """The draft behind a form's key, made at its first use. Raises SomebodyElses, also for no key at all."""
        if not key:
            raise SomebodyElses
        place = {"person": person, "ticket": ticket, "request_type": request_type}
        draft, _is_new = self.get_or_create(key=key, defaults=place)
        if any(getattr(draft, f"{name}_id") != (one.pk if one else None) for name, one in place.items()):
            raise SomebodyElses
        return draft

    @transaction.atomic
    def keep(
        self, fields: Mapping[str, Any], *, seal: Seal, revision: str = "", after: Collection[str] | None = None
    ) -> None:
        """Remember what is being typed. A draft begins with the first words and, without files, ends with the last.

        `revision` is to name this state of the draft, and `after` the states that the writer has seen, None for any.
        Raises AlreadySent, ChangedElsewhere, SomebodyElses.
        """
        kept = {name: storable(value) for name, value in fields.items()}
        if not is_written(kept) and not self.filter(key=seal.key).exists():
            return
        place: dict[str, Any] = {"person": seal.person, "ticket": seal.ticket, "request_type": seal.request_type}
        draft = self.select_for_update(no_key=True).at(key=seal.key, **place)
        if draft.became is not None:
            raise AlreadySent(draft.became)
        if after is not None and draft.revision not in after and draft.fields not in ({}, kept):
            raise ChangedElsewhere
        if is_written(kept) or draft.attachments.exists():
            draft.keep(kept, revision=revision)
        else:
            draft.discard()

    def waiting(
        self, *, person, ticket: Ticket | None, request_type: RequestType | None = None, continues: str = ""
    ) -> "Draft | None":
        """What the person began to write here and did not send, if anything: of new tickets, only one that `continues`
        this number when it is given."""
        drafts = self.visible_to(person).filter(ticket=ticket, request_type=request_type)
        if continues:
            drafts = drafts.filter(fields__continues=continues)
        return drafts.order_by("-updated_at").first()

    def forget(self, person) -> None:
        """Whatever the person began to write is gone, with its files; what was sent is a message."""
        for draft in self.filter(UNSENT, person=person):
            draft.discard()
        self.filter(person=person).delete()

    def remove_old(self, *, at: datetime | None = None) -> int:
        """Forget drafts that nobody touched for 90 days, with their files. Returns how many."""
        limit = (at or timezone.now()) - KEPT_FOR
        sent, _by_model = self.filter(~UNSENT, updated_at__lt=limit).delete()
        waiting = list(self.filter(UNSENT, updated_at__lt=limit))
        for draft in waiting:
            draft.discard(untouched_since=limit)
        return sent + len(waiting)


class Draft(models.Model):
    """What a person is writing: the typed fields and the files. Its key makes sending idempotent, and its revision,
    another at each change of the fields, shows whether a window has seen them."""

    key = models.CharField(max_length=40, unique=True)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="drafts")
    ticket = models.ForeignKey(Ticket, models.CASCADE, null=True, related_name="drafts")
    request_type = models.ForeignKey(RequestType, models.CASCADE, null=True, related_name="drafts")
    fields = models.JSONField(default=dict)
    revision = models.CharField(max_length=40, blank=True)
    updated_at = models.DateTimeField(auto_now=True)
    sent_message = models.ForeignKey(Message, models.CASCADE, null=True, related_name="+")
    sent_request = models.ForeignKey(Request, models.CASCADE, null=True, related_name="+")
    sent_digest = models.CharField(max_length=64, blank=True)

    objects = DraftQuerySet.as_manager()

    PERSONAL = {"fields"}
    IMPERSONAL = {"key", "revision", "sent_digest"}
    WHOSE = {"person": "ids"}

    class Meta:
        verbose_name = _("draft")
        verbose_name_plural = _("drafts")
        indexes = [
            models.Index(fields=["person", "ticket"], name="waiting_drafts", condition=UNSENT),
        ]

    def __str__(self) -> str:
        return self.key

    @staticmethod
    def new_key() -> str:
        return secrets.token_urlsafe(16)

    # --- questions ---

    @property
    def became(self) -> Message | Request | None:
        """What it was sent as; None while it was not."""
        return self.sent_message or self.sent_request

    def sent_files(self) -> models.QuerySet[Attachment]:
        """The files that went with it."""
        if self.sent_request is None:
            return Attachment.objects.filter(message=self.sent_message_id)
        of_ticket = Q(ticket=self.sent_request.ticket_id, ticket__isnull=False)
        return Attachment.objects.filter(Q(request=self.sent_request) | of_ticket)

    def answering(self) -> dict[int | None, Attachment]:
        """The files that answer a question, by its number: of several the last."""
        return {file.question_id: file for file in self.attachments.exclude(question=None).select_related("stored")}

    # --- verbs ---

    def keep(self, fields: Mapping[str, Any], *, revision: str = "") -> bool:
        """Remember what was typed: a form that cannot be sent yet loses nothing. False when it is gone or sent."""
        self.fields = {name: storable(value) for name, value in fields.items()}
        self.revision = revision or Draft.new_key()
        changes = {"fields": self.fields, "revision": self.revision, "updated_at": timezone.now()}
        return Draft.objects.filter(UNSENT, pk=self.pk).update(**changes) == 1

    @transaction.atomic
    def add(self, uploads: Sequence[Upload]) -> list[Attachment]:
        """Keep received files, all of them or none; one that the draft holds already, or that comes after it was
        sent, is a repetition and dropped. Raises TooManyFiles."""
        self.lock()
        held = list(self.attachments.values_list("name", "stored__sha256"))
        fresh = [file for file in uploads if (file.name, file.sha256) not in held and self.became is None]
        if len(held) + len(fresh) > settings.FILES_PER_MESSAGE:
            raise TooManyFiles
        self.save(update_fields=["updated_at"])
        for repetition in set(uploads) - set(fresh):
            discard(repetition)
        last = self.attachments.aggregate(last=Max("position"))["last"] or 0
        return [
            self.attachments.create(stored=StoredFile.objects.keep(upload), name=upload.name, position=position)
            for position, upload in enumerate(fresh, start=last + 1)
        ]

    @transaction.atomic
    def answer(self, question: int, upload: Upload) -> None:
        """Keep the file that answers a question, in place of another one. Raises TooManyFiles."""
        former = self.attachments.filter(question=question).select_related("stored").first()
        self.add([upload])
        given = self.attachments.filter(name=upload.name, stored__sha256=upload.sha256)
        if former is not None and not given.filter(pk=former.pk).exists():
            self.remove(former)
        given.update(question=question)

    @transaction.atomic
    def remove(self, attachment: Attachment) -> None:
        """Drop a file that was not sent; one that was sent meanwhile stays where it is."""
        self.lock()
        if self.attachments.filter(pk=attachment.pk).delete()[0]:
            StoredFile.objects.filter(pk=attachment.stored_id).delete()

    @transaction.atomic
    def discard(self, *, untouched_since: datetime | None = None) -> None:
        """Forget everything that was typed and chosen, unless it was sent, or touched again, meanwhile."""
        self.lock()
        if self.became or (untouched_since and self.updated_at >= untouched_since):
            return
        stored = list(self.attachments.values_list("stored", flat=True))
        self.attachments.all().delete()
        StoredFile.objects.filter(pk__in=stored).delete()
        self.delete()

    @transaction.atomic
    def open_ticket(self, *, subject: str, body: str, answers: Sequence[Answer] = (), **details: Any) -> Ticket:
        """Send as a new ticket; sent again it leads to the same one. Raises AlreadySent when the text differs,
        and InfectedFiles."""
        self.lock()
        chosen = sorted(f"{name}={value}" for name, value in details.items())
        digest = digest_of(subject, body, *typed_in(answers), *chosen)
        if self.became is not None:
            return self.sent_before(self.became, digest).ticket  # type: ignore[return-value]  # no draft of a request
        content: dict[str, Any] = {"subject": subject, "body": body, "answers": answers, "files": self.sendable_files()}
        ticket = Ticket.objects.open(by=self.person, **content, **details)
        self.mark_sent(ticket.messages.get(), digest)
        return ticket

    @transaction.atomic
    def ask(self, *, subject: str, body: str, answers: Sequence[Answer], accepts_surcharge: bool) -> Ticket | Request:
        """Send as a request: a ticket at once, or what a manager has to approve first. Sent again it leads to the same
        one. Raises AlreadySent, InfectedFiles."""
        self.lock()
        digest = digest_of(subject, body, *typed_in(answers))
        if self.became is not None:
            before = self.sent_before(self.became, digest)
            return before.ticket or self.sent_request  # type: ignore[return-value]  # one of them is there
        content: dict[str, Any] = {"subject": subject, "body": body, "answers": answers, "files": self.sendable_files()}
        kind: RequestType = self.request_type  # type: ignore[assignment]  # the draft of a request
        if kind.asks_approval_of(self.person):
            asked = Request.objects.ask(by=self.person, kind=kind, **content)
            self.mark_sent(asked, digest)
            return asked
        content |= {"topic": kind.topic, "request_type": kind, "accepts_surcharge": accepts_surcharge}
        ticket = Ticket.objects.open(by=self.person, **content)
        self.mark_sent(ticket.messages.get(), digest)
        return ticket

    @transaction.atomic
    def reply(self, *, body: str, then: str | None = None) -> Message:
        """Send as a message of the ticket; sent again it leads to the same one. Raises AlreadySent, InfectedFiles,
        IllegalStep."""
        self.lock()
        digest = digest_of(body)
        if self.sent_message is not None:
            self.sent_before(self.sent_message, digest)
            return self.sent_message
        message = self.ticket.reply(by=self.person, body=body, files=self.sendable_files(), then=then)
        self.mark_sent(message, digest)
        return message

    # --- private helpers ---

    def lock(self) -> None:
        """Read the row again under its lock, alone: what is joined to it would be seen as it was before the wait."""
        self.refresh_from_db(from_queryset=Draft.objects.select_for_update(no_key=True))

    def sendable_files(self) -> list[Attachment]:
        files = list(self.attachments.select_related("stored"))
        if infected := [file for file in files if file.stored.is_infected]:
            raise InfectedFiles(infected)
        return files

    def sent_before(self, what: Message | Request, digest: str) -> Message | Request:
        if digest != self.sent_digest:
            raise AlreadySent(what)
        return what

    def mark_sent(self, what: Message | Request, digest: str) -> None:
        if isinstance(what, Request):
            self.sent_request = what
        else:
            self.sent_message = what
        self.sent_digest, self.fields = digest, {}
        self.save(update_fields=["sent_message", "sent_request", "sent_digest", "fields", "updated_at"])


def digest_of(*typed: str) -> str:
    return hashlib.sha256("\0".join(typed).encode()).hexdigest()


def typed_in(answers: Sequence[Answer]) -> list[str]:
    """The answers that are no files: those have left the draft when the form is sent again."""
    return [str(answer) for answer in answers if answer.kind != Kind.FILE]


def is_written(fields: Mapping[str, Any]) -> bool:
    """Whether there is anything that it would be a pity to lose."""
    worth = [value for name, value in fields.items() if name in WRITTEN or name.startswith(ANSWER)]
    return any("".join(value).strip() for value in worth)


def storable(value: Any) -> Any:
    """A typed value without the characters that no database takes."""
    if isinstance(value, list):
        return [storable(one) for one in value]
    return printable(value) if isinstance(value, str) else value
