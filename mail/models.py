"""The outbox's rows: one per recipient, written in the transaction of what they tell, and the switch of delivery."""

import secrets
from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from files.models import StoredFile
from text.words import one_line

# After it a worker that has not answered counts as dead; longer than the slowest conversation with a mail server.
LEASE = timedelta(minutes=2)
# Waits after the first, second … try that a mail server put off; then every two hours until the mail is given up.
DELAYS = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15), timedelta(hours=1), timedelta(hours=2))
GIVEN_UP_AFTER = timedelta(hours=48)
# Tries in a row that ended in an error of ours, or with the worker dead, before a mail counts as poison.
POISON_AFTER = 5
# Bytes of one attached file; beyond it many mail servers refuse the whole mail.
MOST_ATTACHED = 10 * 1024 * 1024


def step(delays: tuple[timedelta, ...], failures: int) -> timedelta:
    """The wait after so many failures in a row (from 1); the last one repeats."""
    return delays[min(max(failures, 1), len(delays)) - 1]


def jittered(delay: timedelta) -> timedelta:
    """Up to a fifth longer, so that what failed together does not come back together."""
    return delay * (1 + secrets.randbelow(201) / 1000)


def new_message_id() -> str:
    return f"<{secrets.token_hex(16)}@{settings.MAIL_DOMAIN}>"


class OutgoingMailQuerySet(models.QuerySet["OutgoingMail"]):
    def waiting(self) -> Self:
        """Not yet sent and not given up: queued, or a worker is at it."""
        return self.filter(due_at__isnull=False)

    def due(self, at: datetime) -> Self:
        """What may be tried now, tickets first; within a thread no mail overtakes an earlier one to its address."""
        earlier = self.model.objects.waiting().filter(
            thread=OuterRef("thread"), address=OuterRef("address"), id__lt=OuterRef("id")
        )
        return self.free(at).filter(Q(thread="") | ~Exists(earlier)).order_by("lane", "due_at", "id")

    def free(self, at: datetime) -> Self:
        """Whose time has come and whom no worker holds."""
        state = self.model.State
        return self.filter(Q(state=state.QUEUED) | Q(state=state.SENDING, lease_until__lte=at), due_at__lte=at)

    def keep(self) -> int:
        """No mail server is configured: these stay here to be read, and a later one does not send old mail."""
        return self.update(state=self.model.State.KEPT, due_at=None, lease_until=None)

    def cancel(self) -> int:
        """Take back what waits. What a worker is sending this moment may still leave, and then says so."""
        self.waiting().filter(is_secret=True).update(text="", html="")
        return self.waiting().update(state=self.model.State.CANCELLED, due_at=None, lease_until=None)

    def resendable(self) -> Self:
        """What may leave once more. A secret that was sent has no text any more."""
        return self.filter(state__in=self.model.RESENDABLE).exclude(is_secret=True, state=self.model.State.SENT)

    def resend(self, *, at: datetime) -> int:
        """Queue again what was sent, failed or was kept: a fresh round of tries under the same Message-ID."""
        return self.resendable().update(
            state=self.model.State.QUEUED, due_at=at, lease_until=None, attempts=0, crashes=0, tried_since=None
        )


class OutgoingMail(models.Model):
    """One e-mail to one recipient. Person and company are plain numbers: mail knows nothing of accounts."""

    class State(models.TextChoices):
        QUEUED = "queued", _("queued")
        SENDING = "sending", _("being sent")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")
        KEPT = "kept", _("kept: no mail server")

    class Lane(models.IntegerChoices):
        TICKETS = 1, _("tickets")
        BULK = 2, _("bulk")

    RESENDABLE = (State.SENT, State.FAILED, State.KEPT)

    kind = models.CharField(_("kind"), max_length=80)
    lane = models.PositiveSmallIntegerField(_("lane"), choices=Lane.choices, default=Lane.TICKETS)
    person_id = models.BigIntegerField(_("person"), null=True)
    company_id = models.BigIntegerField(_("company"), null=True)
    address = models.CharField(_("address"), max_length=320)
    name = models.CharField(_("name"), blank=True)
    language = models.CharField(_("language"), max_length=10)
    subject = models.CharField(_("subject"))
    text = models.TextField(_("text"))
    html = models.TextField(_("HTML"), blank=True)
    calendar = models.TextField(_("invitation"), blank=True, help_text=_("iCalendar, for calendars to take over."))
    headers = models.JSONField(_("headers"), default=dict, help_text=_("Beside sender, recipient, subject and date."))
    message_id = models.CharField(_("Message-ID"), max_length=255, unique=True, default=new_message_id)
    thread = models.CharField(_("thread"), max_length=80, blank=True)
    is_secret = models.BooleanField(
        _("secret"),
        default=False,
        help_text=_("It holds a link that opens an account: its text goes once it was sent."),
    )

    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.QUEUED)
    attempts = models.PositiveIntegerField(_("tries"), default=0)
    crashes = models.PositiveIntegerField(_("tries in a row without an answer"), default=0)
    tried_since = models.DateTimeField(_("first tried"), null=True)
    due_at = models.DateTimeField(
        _("due"), null=True, default=timezone.now, help_text=_("Empty when nothing is to do.")
    )
    lease_until = models.DateTimeField(_("a worker's until"), null=True)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    sent_at = models.DateTimeField(_("sent"), null=True)
    last_error = models.TextField(_("last error"), blank=True)

    objects = OutgoingMailQuerySet.as_manager()

    PERSONAL = {"address", "name", "subject", "text", "html", "calendar", "headers", "last_error"}
    IMPERSONAL = {"kind", "language", "message_id", "thread"}
    WHOSE = {"person_id": "ids", "address": "emails"}

    class Meta:
        ordering = ["-id"]
        default_permissions = ("view", "change")
        verbose_name = _("outgoing e-mail")
        verbose_name_plural = _("outgoing e-mails")
        constraints = [
            models.CheckConstraint(
                name="mail_is_due_while_it_waits",
                condition=Q(state__in=["queued", "sending"], due_at__isnull=False)
                | Q(state__in=["sent", "failed", "cancelled", "kept"], due_at__isnull=True),
            ),
            models.CheckConstraint(
                name="mail_has_a_lease_while_it_is_sent",
                condition=Q(state="sending", lease_until__isnull=False)
                | (~Q(state="sending") & Q(lease_until__isnull=True)),
            ),
            models.CheckConstraint(name="sent_mail_says_when", condition=~Q(state="sent") | Q(sent_at__isnull=False)),
            models.CheckConstraint(name="mail_has_a_known_lane", condition=Q(lane__in=[1, 2])),
        ]
        indexes = [
            models.Index(fields=["lane", "due_at", "id"], name="mail_due", condition=Q(due_at__isnull=False)),
            models.Index(
                fields=["thread", "address", "id"], name="mail_waiting_in_thread", condition=Q(due_at__isnull=False)
            ),
            models.Index(fields=["person_id"], name="mail_waiting_for_person", condition=Q(due_at__isnull=False)),
            models.Index(fields=["state", "-id"], name="mail_in_state"),
            models.Index(fields=["kind", "-id"], name="mail_of_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} · {self.subject}"

    def claim(self, *, at: datetime) -> bool:
        """Take the mail for one try, or learn that another worker was quicker.

        The try is counted before it is made, so that a mail that kills its worker runs out of tries. `attempts` and
        the lease together are the fencing token: what a worker that lost its lease reports later changes nothing.
        """
        claim = {
            "state": self.State.SENDING,
            "attempts": self.attempts + 1,
            "crashes": self.crashes + 1,
            "tried_since": self.tried_since or at,
            "lease_until": at + LEASE,
        }
        held = OutgoingMail.objects.free(at).filter(pk=self.pk, attempts=self.attempts).update(**claim)
        for field, value in claim.items() if held else ():
            setattr(self, field, value)
        return bool(held)

    def sent(self, *, at: datetime) -> bool:
        """The mail server took it. That is so even when somebody cancelled it meanwhile."""
        states = (self.State.SENDING, self.State.CANCELLED)
        forgotten: dict[str, Any] = {"text": "", "html": ""} if self.is_secret else {}
        return self._settle(self.State.SENT, out_of=states, sent_at=at, crashes=0, last_error="", **forgotten)

    def put_off(self, why: str, *, at: datetime) -> bool:
        """The server said "later" or fell silent: back to the queue, or given up after two days of trying."""
        due_at = at + jittered(step(DELAYS, self.attempts))
        if self.tried_since and due_at > self.tried_since + GIVEN_UP_AFTER:
            return self.fail(why)
        return self._settle(self.State.QUEUED, due_at=due_at, crashes=0, last_error=self._reason(why))

    def stumble(self, why: str, *, at: datetime) -> bool:
        """An error of ours stopped the try; after five in a row the mail is poison and the others go on without it."""
        if self.crashes >= POISON_AFTER:
            return self.fail(why)
        due_at = at + jittered(step(DELAYS, self.crashes))
        return self._settle(self.State.QUEUED, due_at=due_at, last_error=self._reason(why))

    def give_back(self, why: str, *, at: datetime) -> bool:
        """Nobody could have sent it now: the try does not count."""
        before = {"attempts": self.attempts - 1, "crashes": self.crashes - 1, "last_error": self._reason(why)}
        return self._settle(self.State.QUEUED, due_at=at, **before)

    def fail(self, why: str) -> bool:
        """Final: the mail is tried again only when somebody of staff says so."""
        return self._settle(self.State.FAILED, last_error=self._reason(why))

    def _settle(self, state: State, *, out_of=(State.SENDING,), due_at: datetime | None = None, **changes) -> bool:
        """End this try; False when the lease was lost meanwhile and the row belongs to somebody else."""
        mine = Q(lease_until=self.lease_until) | Q(state=self.State.CANCELLED)
        rows = OutgoingMail.objects.filter(mine, pk=self.pk, attempts=self.attempts, state__in=out_of)
        changes |= {"state": state, "due_at": due_at, "lease_until": None}
        settled = rows.update(**changes)
        for field, value in changes.items() if settled else ():
            setattr(self, field, value)
        return bool(settled)

    @staticmethod
    def _reason(why: str) -> str:
        return one_line(why)[:500]


class MailAttachmentQuerySet(models.QuerySet["MailAttachment"]):
    def sendable(self) -> Self:
        """What may leave: not what the antivirus has yet to look at or found something in, nor what mail servers take
        for too large."""
        withheld = (StoredFile.ScanState.PENDING, StoredFile.ScanState.INFECTED)
        return self.filter(stored__size__lte=MOST_ATTACHED).exclude(stored__scan_state__in=withheld)


class MailAttachment(models.Model):
    """A stored file that leaves with a mail. Nothing is copied: it is read when the mail is sent."""

    mail = models.ForeignKey(OutgoingMail, models.CASCADE, related_name="attachments", verbose_name=_("mail"))
    stored = models.ForeignKey(StoredFile, models.PROTECT, related_name="+", verbose_name=_("file"))

    objects = MailAttachmentQuerySet.as_manager()

    class Meta:
        ordering = ["id"]
        default_permissions = ()
        verbose_name = _("attached file")
        verbose_name_plural = _("attached files")

    def __str__(self) -> str:
        return self.stored.name


class Delivery(models.Model):
    """The one row that says whether mail may leave: the switch of staff, and the pause while the server is away."""

    held = models.BooleanField(_("held"), default=False)
    held_by_id = models.BigIntegerField(_("held by"), null=True)
    held_at = models.DateTimeField(_("held since"), null=True)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)
    paused_until = models.DateTimeField(_("paused until"), null=True)
    last_error = models.TextField(_("last error"), blank=True)

    IMPERSONAL = {"last_error"}

    class Meta:
        default_permissions = ()
        verbose_name = _("delivery")
        verbose_name_plural = _("delivery")
        constraints = [models.CheckConstraint(name="there_is_one_delivery", condition=Q(pk=1))]

    def __str__(self) -> str:
        return str(_("Delivery of e-mail"))

    @classmethod
    def current(cls) -> Self:
        return cls.objects.filter(pk=1).first() or cls(pk=1)

    def is_stopped(self, *, at: datetime) -> bool:
        """Nothing may leave now: held by the environment or by staff, or waiting for the mail server."""
        return self.is_held() or (self.paused_until is not None and self.paused_until > at)

    def is_held(self) -> bool:
        return settings.MAIL_HOLD or self.held

    def hold(self, *, by_id: int | None, at: datetime) -> None:
        self._write(held=True, held_by_id=by_id, held_at=at)

    def release(self) -> None:
        """Let mail leave again and try the server at once."""
        self._write(held=False, held_by_id=None, held_at=None, failures=0, paused_until=None, last_error="")

    def pause(self, why: str, *, delays: tuple[timedelta, ...], at: datetime) -> None:
        """The server let nobody in; a longer wait after each further failure in a row."""
        failures = self.failures + 1
        self._write(failures=failures, paused_until=at + step(delays, failures), last_error=one_line(why)[:500])

    def may_knock(self, *, at: datetime) -> bool:
        """While the server is away only one worker finds out whether it is back; the others do not wait for it."""
        if not self.failures:
            return True
        mine = Delivery.objects.filter(pk=self.pk, paused_until__lte=at).update(paused_until=at + LEASE)
        return bool(mine)

    def recover(self) -> None:
        """The server lets us in again."""
        if self.failures:
            self._write(failures=0, paused_until=None, last_error="")

    def _write(self, **changes) -> None:
        """Only these columns, so that a pause never undoes a hold that was set meanwhile."""
        Delivery.objects.update_or_create(pk=1, defaults=changes)
        for field, value in changes.items():
            setattr(self, field, value)
