"""Guests: somebody without an account opens a ticket, shows that the address is theirs, and reads the answers.

Whether anybody may is a setting (decision 72). Until the address is verified there is no ticket, and nobody of support
knows of it. What the pages answer tells nobody who is known here.
"""

import re
import secrets
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.core import signing
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from accounts.models.registration import hashed
from accounts.models.user import CROCKFORD
from files.models import StoredFile
from files.receiving import Upload
from mail import outbox
from text.personal import Traces
from text.tokens import random_token
from tickets import emails
from tickets.models.catalogue import Topic
from tickets.models.event import Event
from tickets.models.ticket import Ticket
from tickets.status import CUSTOMER_PRIORITIES, Priority

if TYPE_CHECKING:
    from tickets.models.attachment import Attachment
    from tickets.models.message import Message

LINK_LIFE = timedelta(hours=48)
# Long enough for whoever finds the mail late to see that it is over, short enough not to keep strangers' texts.
UNVERIFIED_LIFE = timedelta(days=7)

CODE_LENGTH = 10
# What is typed in place of the signs that a code does not have.
TAKEN_FOR = str.maketrans("OIL", "011")
LINK_SALT = "tickets.guest"
# No link of ours is longer.
LONGEST_LINK = 200


class NoLongerWaits(Exception):
    """The link was used, is too old, or the ticket was adopted: somebody was first."""


def new_code() -> str:
    """Ten signs that nobody takes for one another: 50 bits, and useless without the address."""
    return "".join(secrets.choice(CROCKFORD) for _place in range(CODE_LENGTH))


def read_code(typed: str) -> str:
    """A code as it is kept, however it was typed: lower case, with O for 0, I or L for 1, spaces, hyphens."""
    return re.sub(r"[\s\-–—.]", "", typed[:60]).upper().translate(TAKEN_FOR)


def is_code(code: str) -> bool:
    return len(code) == CODE_LENGTH and set(code) <= set(CROCKFORD)


class GuestQuerySet(models.QuerySet["Guest"]):
    # --- who may know ---

    def readable(self):
        """Those whose tickets are read with their code or link: verified, and no company's yet."""
        return self.filter(ticket__isnull=False, adopted_at=None)

    def visible_to(self, user):
        """What the person may take into their company: opened with the address that they have shown to be theirs."""
        if not user.is_authenticated or user.company_id is None or not user.can_use_tickets:
            return self.none()
        if user.proved_email != user.email:
            return self.none()
        return self.readable().filter(email=user.email)

    def visible_in(self, public_ids: Sequence[str]):
        """Those that a session holds; of an adopted one it learns that."""
        held = self.filter(public_id__in=public_ids, ticket__isnull=False)
        return held.select_related("ticket__topic__parent", "ticket__assignee", "ticket__release_note__release")

    def visible_with(self, *, code: str, email: str) -> "Guest | None":
        """Whose ticket it is; code and address only together. One query, whatever there is."""
        return self.readable().filter(code=code, email=email).first()

    def visible_by(self, token: str) -> "Guest | None":
        """Whose ticket the link of a mail opens."""
        try:
            public_id = signing.Signer(salt=LINK_SALT, sep=".").unsign(token[:LONGEST_LINK])
        except signing.BadSignature:
            return None
        return self.readable().filter(public_id=public_id).first()

    def to_verify(self, token: str, *, at: datetime) -> "Guest | None":
        """Whose address a link verifies; None when it is wrong, old or used."""
        waiting = self.filter(ticket=None, token_until__gt=at)
        return waiting.select_related("topic").filter(token_hash=hashed(token[:LONGEST_LINK])).first()

    def to_write_again(self, *, code: str, email: str) -> "Guest | None":
        """What was sent with this code and address, while nobody has confirmed it."""
        return self.filter(ticket=None, code=read_code(code), email=email).first()

    # --- births and deeds on many ---

    def ask(self, *, key: str, files: Sequence[Upload] = (), **content) -> "Guest":
        """Somebody begins a ticket; a link shows whose the address is. The same work whatever is known of it.

        A form that is sent twice is one ticket and one mail, unless it says something else. Raises FileNotFoundError
        when a file is there no longer.
        """
        token = secrets.token_urlsafe(24)
        until = timezone.now() + LINK_LIFE
        try:
            with transaction.atomic():
                guest = self.create(key=key, token_hash=hashed(token), token_until=until, **content)
                guest.keep(files)
                emails.guest_verify(guest, token)
        except IntegrityError:
            same = {name: content[name] for name in ("email", "subject", "body")}
            before = self.filter(key=key, **same).first()
            return before or self.ask(key=random_token(), files=files, **content)
        return guest

    def tidy(self, *, at: datetime) -> int:
        """Forget whoever never used the link, with their files. Returns how many."""
        late = self.filter(ticket=None, asked_at__lt=at - UNVERIFIED_LIFE)
        return sum(guest.discard() for guest in list(late))

    def adopt(self, *, by: User) -> list[Ticket]:
        """The person's company takes these, which a fence has found, the oldest first; says which it took."""
        adopted = []
        for guest in self.order_by("pk"):
            try:
                adopted.append(guest.adopt(by=by))
            except NoLongerWaits:
                continue
        return adopted

    def forget(self, traces: Traces, *, name: str) -> None:
        """In the tickets that the person opened as a guest, and in the mails about them, what they were called then
        becomes `name`: there alone, for a guest may have typed any word."""
        theirs = self.filter(Q(email__in=traces.emails) | Q(adopted_by__in=traces.ids))
        for guest in theirs.select_related("ticket"):
            outbox.forget_in(guest.thread, [guest.name, guest.email], name=name)
            if guest.ticket is None:
                continue
            guest.written().update(author_name=name)
            for line in guest.steps():
                line.data["name"] = name
                line.save(update_fields=["data"])


class Guest(models.Model):
    """Somebody without an account, and the one ticket that they opened. What they wrote waits here until the address
    is verified; from then on it is the ticket's."""

    public_id = models.CharField(max_length=22, unique=True, default=random_token, editable=False)
    code = models.CharField(_("code"), max_length=CODE_LENGTH, unique=True, default=new_code, editable=False)
    key = models.CharField(max_length=40, unique=True, editable=False, help_text=_("Of the form that it came with."))
    name = models.CharField(_("name"), max_length=120)
    email = models.EmailField(_("e-mail address"))
    language = models.CharField(_("language"), max_length=2, choices=settings.LANGUAGES, default="es")
    topic = models.ForeignKey(Topic, models.CASCADE, null=True, related_name="+", verbose_name=_("topic"))
    priority = models.PositiveSmallIntegerField(
        _("priority"),
        choices=[(priority.value, priority.label) for priority in CUSTOMER_PRIORITIES],
        default=Priority.MEDIUM,
    )
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    body = models.TextField(_("text"), blank=True)
    token_hash = models.CharField(max_length=64, blank=True, editable=False)
    token_until = models.DateTimeField(null=True, editable=False)
    asked_at = models.DateTimeField(_("asked"), default=timezone.now)
    verified_at = models.DateTimeField(_("address verified"), null=True, blank=True)
    ticket = models.OneToOneField(Ticket, models.CASCADE, null=True, related_name="guest", verbose_name=_("ticket"))
    reply_key = models.CharField(max_length=40, blank=True, editable=False)
    adopted_at = models.DateTimeField(_("taken into a company"), null=True, blank=True)
    adopted_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")

    objects = GuestQuerySet.as_manager()

    # Guests write as customers do, without being users.
    is_staff = False

    PERSONAL = {"name", "email"}
    KEPT = {"subject", "body"}
    IMPERSONAL = {"public_id", "code", "key", "token_hash", "reply_key"}
    WHOSE = {"email": "emails", "adopted_by": "ids"}

    class Meta:
        verbose_name = _("guest")
        verbose_name_plural = _("guests")
        constraints = [
            models.CheckConstraint(
                name="a_guest_has_a_ticket_once_verified",
                condition=Q(verified_at=None, ticket=None) | Q(verified_at__isnull=False, ticket__isnull=False),
            ),
            models.CheckConstraint(
                name="an_adopted_ticket_says_by_whom",
                condition=Q(adopted_at=None, adopted_by=None)
                | Q(adopted_at__isnull=False, adopted_by__isnull=False, ticket__isnull=False),
            ),
            models.UniqueConstraint(name="one_guest_per_link", fields=["token_hash"], condition=Q(ticket=None)),
        ]
        indexes = [
            models.Index(fields=["email"], name="guests_by_address"),
            models.Index(fields=["asked_at"], name="unverified_guests", condition=Q(ticket=None)),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Where the guest reads the ticket, in a session that may."""
        return reverse("guests:ticket", args=[self.code])

    # --- questions ---

    @property
    def called(self) -> str:
        """The code as people read it: K7M9Q-X4TD2."""
        half = CODE_LENGTH // 2
        return f"{self.code[:half]}-{self.code[half:]}"

    @property
    def thread(self) -> str:
        """The thread of the mails about it; no reference of a company's ticket holds a dot."""
        return f"guest.{self.called}"

    @property
    def link(self) -> str:
        """What mails lead to: 128 bits that open this ticket alone, signed instead of kept."""
        token = signing.Signer(salt=LINK_SALT, sep=".").sign(self.public_id)
        return settings.PUBLIC_URL + reverse("guests:link", args=[token])

    def get_full_name(self) -> str:
        return self.name

    def actions(self) -> set[str]:
        """What the guest may do to the ticket, by the rules of customers."""
        ticket = self.ticket
        if not ticket.is_closed:
            return {"reply", "close"}
        return {"reply", "reopen"} if ticket.can_still_reopen() else {"follow_up"}

    def written(self) -> models.QuerySet["Message"]:
        """The guest's messages."""
        return self.ticket.messages.filter(author=None, from_support=False)  # type: ignore[misc]

    def steps(self) -> models.QuerySet[Event]:
        """The lines of the timeline that tell of the guest's deeds; they hold the name."""
        kinds = (Event.Kind.OPENED, Event.Kind.MOVED)
        return self.ticket.events.filter(kind__in=kinds, actor=None, data__name=self.name)  # type: ignore[misc]

    # --- verbs ---

    @transaction.atomic
    def verify(self) -> Ticket:
        """Whoever has the link has the address: now it is a ticket and support is told. Raises NoLongerWaits."""
        now = timezone.now()
        waiting = Guest.objects.select_for_update(no_key=True, of=("self",)).filter(ticket=None, token_until__gt=now)
        guest = waiting.filter(pk=self.pk).select_related("topic").first()
        if guest is None:
            raise NoLongerWaits
        files = list(guest.attachments.select_related("stored"))
        guest.verified_at = now
        topic: Topic = guest.topic  # type: ignore[assignment]  # it has one until now
        guest.ticket = ticket = Ticket.objects.open_for_guest(guest, topic=topic, files=files)
        guest.topic, guest.subject, guest.body, guest.token_hash, guest.token_until = None, "", "", "", None
        guest.save()
        emails.ticket_opened(ticket)
        self.refresh_from_db()
        return ticket

    @transaction.atomic
    def reply(self, *, key: str, body: str, files: Sequence[Upload] = ()) -> None:
        """Write into the ticket; a form that is sent twice is one message. Raises NoLongerWaits, IllegalStep,
        FileNotFoundError when a file is there no longer."""
        self.lock()
        if self.reply_key == key:
            return
        self.reply_key = key
        self.save(update_fields=["reply_key"])
        self.ticket.reply(by=self, body=body, files=self.keep(files))

    @transaction.atomic
    def close(self) -> None:
        """It is solved (S4-16). Raises NoLongerWaits, IllegalStep."""
        self.lock()
        self.ticket.close(by=self)

    @transaction.atomic
    def reopen(self) -> None:
        """It was not. Raises NoLongerWaits, IllegalStep."""
        self.lock()
        self.ticket.reopen(by=self)

    @transaction.atomic
    def adopt(self, *, by: User) -> Ticket:
        """The ticket is that of the person's company from now on, under its next number, and the guest's code opens
        nothing any more. Once: raises NoLongerWaits."""
        free = Guest.objects.readable().filter(pk=self.pk, email=by.email)
        if not free.update(adopted_at=timezone.now(), adopted_by=by):
            raise NoLongerWaits
        self.refresh_from_db()
        ticket: Ticket = self.ticket  # type: ignore[assignment]  # a readable one has it
        ticket.join(by=by, guest=self)
        return ticket

    @transaction.atomic
    def discard(self) -> bool:
        """Forget what was never verified, with its files; False when it was, meanwhile."""
        waiting = Guest.objects.select_for_update(no_key=True).filter(pk=self.pk, ticket=None)
        if not waiting.exists():
            return False
        stored = list(self.attachments.values_list("stored", flat=True))
        self.attachments.all().delete()
        StoredFile.objects.filter(pk__in=stored).delete()
        self.delete()
        return True

    # --- private helpers ---

    def lock(self) -> None:
        """Read the row again under its lock: what a guest does and adoption come one after the other."""
        locked = Guest.objects.select_for_update(no_key=True, of=("self",)).select_related("ticket")
        self.refresh_from_db(from_queryset=locked)
        if self.ticket is None or self.adopted_at is not None:
            raise NoLongerWaits
        self.ticket.guest = self

    def keep(self, uploads: Sequence[Upload]) -> "list[Attachment]":
        """Received files are the guest's, ready for a message."""
        return [
            self.attachments.create(stored=StoredFile.objects.keep(upload), name=upload.name, position=position)
            for position, upload in enumerate(uploads, start=1)
        ]
