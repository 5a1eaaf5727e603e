"""The ticket: one conversation between a company and support, and everything that may happen to it."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts.models import Company, User
from announcements.models import Incident, IncidentUpdate
from contracts.models import Product
from files.models import StoredFile
from releases.models import ReleaseNote
from text import rendering, when
from text.search import SearchColumn
from tickets import emails
from tickets.models.catalogue import Topic
from tickets.models.past import PastMessage
from tickets.models.pasting import message_html
from tickets.models.reading import IN_COPY, Follower, ReadMark
from tickets.models.surcharge import Surcharge
from tickets.models.tickets import TicketQuerySet
from tickets.status import (
    AFTER_CUSTOMER,
    AFTER_SUPPORT,
    REOPENING,
    STICKY,
    TURN_OF,
    IllegalStep,
    Priority,
    Status,
    Turn,
)

if TYPE_CHECKING:
    from tickets.models.attachment import Attachment
    from tickets.models.guest import Guest
    from tickets.models.message import InternalNote, Message
    from tickets.models.question import Answer


# What a step and a message change; verbs save nothing else.
STATE_FIELDS = ["status", "turn", "turn_since", "closed_at", "changed_at"]
CONVERSATION_FIELDS = ["reply_count", "file_count", "last_message_at", "answered_at", "first_answer_at"]


@lru_cache(maxsize=10_000)
def address_of(number: int) -> str:
    """The address of a company's ticket. Companies number theirs alike, so that the first thousands serve all."""
    return reverse("thread:ticket", args=[number])


def named(who: User | Follower | None) -> dict[str, str | int]:
    """What a line of the timeline keeps of somebody: the name, and whose it is when it is a person's."""
    person = who.user_id if isinstance(who, Follower) else who and who.pk
    return {"name": str(who or "")} | ({"person": person} if person else {})


class Ticket(models.Model):
    """One conversation between a company and support. Numbered inside its company, which it keeps for ever."""

    # A guest's ticket has none of these three until somebody's company takes it in (decision 72).
    company = models.ForeignKey(Company, models.PROTECT, null=True, related_name="tickets", verbose_name=_("company"))
    number = models.PositiveIntegerField(_("number"), null=True)
    author = models.ForeignKey(User, models.PROTECT, null=True, related_name="tickets", verbose_name=_("author"))
    topic = models.ForeignKey(Topic, models.PROTECT, related_name="tickets", verbose_name=_("topic"))
    product = models.ForeignKey(
        Product, models.PROTECT, null=True, blank=True, related_name="tickets", verbose_name=_("module")
    )
    subject = models.CharField(_("subject"), max_length=200)
    status = models.CharField(_("status"), max_length=12, choices=Status.choices, default=Status.NEW)
    turn = models.PositiveSmallIntegerField(_("turn"), choices=Turn.choices, default=Turn.SUPPORT)
    turn_since = models.DateTimeField(_("turn since"), default=timezone.now)
    priority = models.PositiveSmallIntegerField(_("priority"), choices=Priority.choices, default=Priority.MEDIUM)
    assignee = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="assigned_tickets", verbose_name=_("assigned to")
    )
    follows_up = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="follow_ups", verbose_name=_("follows")
    )
    external_id = models.CharField(  # noqa: DJ001 - empty ones must not collide
        _("number in the former system"), max_length=100, null=True, blank=True
    )
    created_at = models.DateTimeField(_("opened"), default=timezone.now)
    last_message_at = models.DateTimeField(_("last message"), default=timezone.now)
    first_answer_at = models.DateTimeField(_("first answer"), null=True, blank=True)
    answered_at = models.DateTimeField(
        _("last answer by support"),
        null=True,
        blank=True,
        help_text=_("Empty when imported: imports are never unread."),
    )
    closed_at = models.DateTimeField(_("resolved"), null=True, blank=True)
    changed_at = models.DateTimeField(
        default=timezone.now, editable=False, help_text=_("Of the last thing that a customer sees here; never twice.")
    )
    release_note = models.ForeignKey(
        ReleaseNote, models.PROTECT, null=True, blank=True, related_name="tickets", verbose_name=_("solved by")
    )
    available_at = models.DateTimeField(
        null=True, editable=False, help_text=_("When its people heard that the release which solves it is out.")
    )
    incident = models.ForeignKey(
        Incident,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="tickets",
        db_index=False,
        verbose_name=_("incident"),
    )
    incident_known = models.BigIntegerField(
        null=True, editable=False, help_text=_("The number of the last update of its incident that its people know.")
    )
    mended_at = models.DateTimeField(
        null=True, editable=False, help_text=_("When its people heard that its incident is resolved.")
    )
    request_type = models.ForeignKey(
        "tickets.RequestType",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="tickets",
        verbose_name=_("asked for as"),
        help_text=_("What it was in Solicitudes, whatever its topic has become."),
    )
    reply_count = models.PositiveIntegerField(default=0, editable=False)
    file_count = models.PositiveIntegerField(default=0, editable=False)
    answer_count = models.PositiveSmallIntegerField(default=0, editable=False)
    search = SearchColumn("subject")

    objects = TicketQuerySet.as_manager()

    KEPT = {"subject", "search"}
    IMPERSONAL = {"external_id"}

    class Meta:
        verbose_name = _("ticket")
        verbose_name_plural = _("tickets")
        constraints = [
            models.UniqueConstraint(fields=["company", "number"], name="one_ticket_per_number_of_a_company"),
            models.UniqueConstraint(fields=["company", "external_id"], name="one_ticket_per_external_id_of_a_company"),
            models.CheckConstraint(
                name="a_ticket_has_company_number_and_author_or_is_a_guests",
                condition=Q(company__isnull=False, number__isnull=False, author__isnull=False)
                | Q(company=None, number=None, author=None, request_type=None, external_id=None),
            ),
            models.CheckConstraint(
                name="closed_tickets_have_their_date",
                condition=Q(status=Status.CLOSED, closed_at__isnull=False)
                | ~Q(status=Status.CLOSED) & Q(closed_at=None),
            ),
            models.CheckConstraint(
                name="a_linked_ticket_knows_how_its_incident_is",
                condition=Q(incident=None, incident_known=None, mended_at=None)
                | Q(incident__isnull=False, incident_known__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["company", "-created_at", "-number"], name="tickets_by_entry"),
            models.Index(fields=["company", "-last_message_at", "-number"], name="tickets_by_activity"),
            models.Index(
                fields=["company", "status"], name="live_tickets_of_company", condition=~Q(status=Status.CLOSED)
            ),
            models.Index(
                fields=["company", "-closed_at"], name="closed_tickets_of_company", condition=Q(status=Status.CLOSED)
            ),
            models.Index(
                fields=["company", "-answered_at"],
                name="answered_tickets_of_company",
                condition=Q(answered_at__isnull=False),
            ),
            models.Index(fields=["-last_message_at", "-id"], name="tickets_of_all_by_activity"),
            models.Index(fields=["-closed_at", "-id"], name="resolved_tickets", condition=Q(status=Status.CLOSED)),
            models.Index(
                fields=["turn", "-priority", "turn_since"], name="queue_of_support", condition=~Q(status=Status.CLOSED)
            ),
            models.Index(
                fields=["id"],
                name="tickets_awaiting_release",
                condition=Q(release_note__isnull=False, available_at=None) & ~Q(status=Status.CLOSED),
            ),
            models.Index(
                fields=["author", "-created_at", "-number"],
                name="requests_of_author",
                condition=Q(request_type__isnull=False),
            ),
            models.Index(
                fields=["turn_since"],
                name="tickets_without_verdict",
                condition=Q(Q(available_at__isnull=False) | Q(mended_at__isnull=False), status=Status.WAITING),
            ),
            models.Index(fields=["incident"], name="tickets_of_incident", condition=Q(incident__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.reference} {self.subject}"

    def get_absolute_url(self) -> str:
        return self.guest.get_absolute_url() if self.is_of_guest else address_of(self.number)

    # --- questions ---

    @property
    def is_of_guest(self) -> bool:
        """Whether somebody without an account opened it, and no company has taken it in."""
        return self.number is None

    @property
    def reference(self) -> str:
        """How staff and mails call it: company code and number, or the code of a guest."""
        return self.guest.called if self.is_of_guest else f"{self.company.code}-{self.number}"

    @property
    def called(self) -> str:
        """How its people call it."""
        return self.guest.called if self.is_of_guest else f"#{self.number}"

    @property
    def thread(self) -> str:
        """The thread of its mails."""
        return self.guest.thread if self.is_of_guest else self.reference

    @property
    def opener(self) -> "User | Guest":
        return self.guest if self.is_of_guest else self.author  # type: ignore[return-value]  # a company has one

    @property
    def customer(self) -> str:
        """Whose it is, as support reads it."""
        return gettext("guest") if self.is_of_guest else self.company.name

    @property
    def is_demo(self) -> bool:
        return not self.is_of_guest and self.company.is_demo

    @property
    def version(self) -> int:
        """`changed_at` in microseconds since 1970: which state of the ticket an open page shows."""
        return when.microseconds(self.changed_at)

    @property
    def waits_for_support(self) -> bool:
        return self.turn == Turn.SUPPORT

    @property
    def waits_for_company(self) -> bool:
        return self.turn == Turn.COMPANY

    @property
    def is_closed(self) -> bool:
        return self.status == Status.CLOSED

    @property
    def asks_whether_solved(self) -> bool:
        """Whether what should solve it has come, a release or the end of an incident, and the company has yet to say
        if it did."""
        return self.status == Status.WAITING and (self.available_at or self.mended_at) is not None

    @property
    def was_mended_last(self) -> bool:
        """Whether it was the end of its incident, later than any release, that should have solved it."""
        return self.mended_at is not None and (self.available_at is None or self.available_at < self.mended_at)

    def can_still_reopen(self, *, at: datetime | None = None) -> bool:
        """Closed, and for at most 30 days."""
        return self.closed_at is not None and (at or timezone.now()) <= self.closed_at + REOPENING

    def all_answers(self) -> "Iterable[Answer]":
        """What was answered when it was opened; a ticket without answers is not asked for them."""
        return self.answers.in_words() if self.answer_count else ()

    def in_copy(self) -> list[Follower]:
        """Who hears of each answer, with their names."""
        return IN_COPY.rows(ticket=self.pk)

    def is_unread_by(self, user: User, *, read_to: datetime | None) -> bool:
        """Whether support has answered after what the person has read (`read_to` from `with_reading`)."""
        if self.answered_at is None or self.answered_at <= user.unread_from:
            return False
        return read_to is None or self.answered_at > read_to

    def opens_for(self, user: User, *, follows: bool) -> bool:
        """`visible_to` for one ticket and a person already loaded: whether a mail may carry the link."""
        if user.company_id != self.company_id or not user.may_log_in():
            return False
        if user.can_use_tickets:
            return user.can_see_company_tickets or follows
        return user.can_use_requests and self.request_type_id is not None and self.author_id == user.pk

    def actions_for(self, user: User) -> set[str]:
        """What a customer who sees the ticket may do here: the view enforces it, the page shows it."""
        if user.is_viewed:
            return set()
        if not self.is_closed:
            return {"reply", "close", "follow"}
        return {"reply", "reopen", "follow"} if self.can_still_reopen() else {"follow_up"}

    def staff_actions_for(self, user: User) -> set[str]:
        """What a person of support may do on the desk."""
        if not user.is_staff or not user.has_perm("tickets.change_ticket"):
            return set()
        deeds = {"reply", "note", "assign", "move", "classify", "follow", "schedule", "charge", "link"}
        return deeds - {"follow"} if self.is_of_guest else deeds

    def status_after_reply(self, *, by: "User | Guest", then: str | None) -> str:
        """The customer's message brings a waiting or closed ticket back; support chooses what follows."""
        if not by.is_staff:
            return AFTER_CUSTOMER.get(Status(self.status), self.status)
        if then is None and self.status in STICKY:
            return self.status
        if then is not None and then not in (*AFTER_SUPPORT, self.status):
            raise IllegalStep
        return then or Status.WAITING

    # --- verbs ---

    @transaction.atomic
    def reply(
        self, *, by: "User | Guest", body: str, files: Sequence["Attachment"] = (), then: str | None = None
    ) -> "Message":
        """Write into the thread. `then`: the status that support chooses. Raises IllegalStep if closed for too long."""
        html = message_html(body, files)
        self.lock()
        if self.is_closed and not self.can_still_reopen():
            raise IllegalStep
        now = self.moment()
        status = self.status_after_reply(by=by, then=then)
        message = self.write(by=by, body=body, html=html, files=files, at=now)
        self.reply_count += 1
        self.last_message_at = now
        if by.is_staff:
            self.answered_at = now
            self.first_answer_at = self.first_answer_at or now
        self.move_to(status, by=by, at=now, after_customer=not by.is_staff)
        self.save(update_fields=[*STATE_FIELDS, *CONVERSATION_FIELDS])
        emails.ticket_replied(message)
        return message

    @transaction.atomic
    def close(self, *, by: "User | Guest") -> None:
        """Mark as resolved, by either side (S1-51, S4-16)."""
        self.lock()
        if self.is_closed:
            raise IllegalStep
        self.move_to(Status.CLOSED, by=by, at=self.moment())
        self.save(update_fields=STATE_FIELDS)
        emails.ticket_closed(self, by=by)

    @transaction.atomic
    def reopen(self, *, by: "User | Guest") -> None:
        """Bring a ticket back that was closed at most 30 days ago (S1-52)."""
        self.lock()
        if not self.can_still_reopen():
            raise IllegalStep
        self.move_to(Status.OPEN, by=by, at=self.moment())
        self.save(update_fields=STATE_FIELDS)
        emails.ticket_reopened(self, by=by)

    @transaction.atomic
    def set_status(self, status: str, *, by: User) -> None:
        """Support takes the explicit step. Closing and reopening tell the customer as the verbs of their own do."""
        if status == Status.CLOSED:
            return self.close(by=by)
        self.lock()
        reopens = self.is_closed
        if status in (self.status, Status.NEW) or (reopens and not self.can_still_reopen()):
            raise IllegalStep
        self.move_to(status, by=by, at=self.moment())
        self.save(update_fields=STATE_FIELDS)
        if reopens:
            emails.ticket_reopened(self, by=by)
        return None

    @transaction.atomic
    def schedule(self, *, by: User, note: ReleaseNote | None) -> None:
        """Support says which change of the product solves it, or that none does (S0-38). Raises IllegalStep."""
        self.lock()
        if self.is_closed:
            raise IllegalStep
        if self.release_note == note:
            return
        self.release_note, self.available_at = note, None
        if note is not None or self.status == Status.SCHEDULED:
            self.move_to(Status.SCHEDULED if note else Status.OPEN, by=by, at=self.moment())
        self.save(update_fields=["release_note", "available_at", *STATE_FIELDS])

    @transaction.atomic
    def make_available(self, *, at: datetime) -> bool:
        """The release that solves it is out: the company tries it and says so. False when somebody was first."""
        self.lock()
        note = self.release_note
        if note is None or self.available_at or self.is_closed or not note.release.is_out(at=at):
            return False
        now = self.moment()
        self.record("available", by=None, at=now, name=note.release.version, old=self.status, new=Status.WAITING)
        if self.turn != Turn.COMPANY:
            self.turn, self.turn_since = Turn.COMPANY, now
        self.status, self.available_at, self.answered_at = Status.WAITING, now, now
        self.save(update_fields=["available_at", "answered_at", *STATE_FIELDS])
        emails.ticket_available(self)
        return True

    @transaction.atomic
    def link(self, *, by: User, incident: Incident | None) -> None:
        """Support says on which incident it depends, or that on none any more. Its people see how that one is; they are
        told of what comes. Raises IllegalStep."""
        self.lock()
        if self.is_closed or (incident and incident.is_over(at=timezone.now())):
            raise IllegalStep
        if self.incident == incident:
            return
        now, title = self.moment(), str(incident or self.incident)
        known = incident.updates.latest("pk") if incident else None
        self.record_update("linked" if incident else "unlinked", known, by=by, at=now, incident=title)
        self.incident, self.incident_known, self.mended_at = incident, known.pk if known else None, None
        if incident and self.status == Status.NEW:
            self.move_to(Status.OPEN, by=by, at=now)
        self.save(update_fields=["incident", "incident_known", "mended_at", *STATE_FIELDS])

    @transaction.atomic
    def hear_of_incident(self) -> bool:
        """What was said of its incident since its people last heard is told to them as an answer by support; when it is
        resolved they are asked if all is well. False when somebody was first."""
        self.lock()
        if self.is_closed or self.incident is None:
            return False
        news = list(self.incident.updates.filter(pk__gt=self.incident_known).order_by("pk"))
        for update in news:
            self.tell(update)
        if not news:
            return False
        self.save(update_fields=["incident_known", "mended_at", "answered_at", *STATE_FIELDS])
        emails.incident_told(self, news)
        return True

    @transaction.atomic
    def close_without_verdict(self, *, at: datetime) -> bool:
        """Nobody said whether what should have solved it did: it counts as solved. False when somebody was first."""
        self.lock()
        if not Ticket.objects.without_verdict(at=at).filter(pk=self.pk).exists():
            return False
        self.move_to(Status.CLOSED, by=None, at=self.moment())
        self.save(update_fields=STATE_FIELDS)
        emails.ticket_closed_without_verdict(self)
        return True

    @transaction.atomic
    def assign(self, *, by: User, to: User | None) -> None:
        """Hand the ticket to a person of support, who is told; a new ticket is open from then on."""
        self.lock()
        if self.assignee == to:
            return
        self.assignee = to
        now = self.moment()
        self.record("assigned" if to else "unassigned", by=by, at=now, **named(to))
        if to and self.status == Status.NEW:
            self.move_to(Status.OPEN, by=by, at=now)
        self.save(update_fields=["assignee", *STATE_FIELDS])
        if to and to != by:
            emails.ticket_assigned(self)

    @transaction.atomic
    def classify(self, *, by: User, topic: Topic, product: Product | None, priority: int) -> None:
        """Support puts the ticket right: topic, module, priority."""
        self.lock()
        now = self.moment()
        if priority != self.priority:
            self.record("prioritised", by=by, at=now, name=str(priority))
        self.topic, self.product, self.priority = topic, product, priority
        self.save(update_fields=["topic", "product", "priority", "changed_at"])

    @transaction.atomic
    def charge(self, *, by: User, is_charged: bool, reason: str) -> None:
        """Support says whether the surcharge of its department is charged, and why; the customer reads it. Raises
        IllegalStep where none was accepted."""
        self.lock()
        now = self.moment()
        decision = {"is_charged": is_charged, "reason": reason, "decided_by": by, "decided_at": now}
        if not Surcharge.objects.filter(ticket=self).update(**decision):
            raise IllegalStep
        self.record("charged" if is_charged else "not_charged", by=by, at=now, reason=reason)
        self.save(update_fields=["changed_at"])

    @transaction.atomic
    def note(self, *, by: User, body: str) -> "InternalNote":
        """Write an internal note, which no customer ever meets."""
        note = self.internal_notes.model(ticket=self, author=by, body=body)
        note.render()
        note.save()
        return note

    @transaction.atomic
    def join(self, *, by: User, guest: "Guest") -> None:
        """A guest's ticket becomes one of the person's company, for ever. What was answered counts as read. The guest
        was claimed for it."""
        self.lock()
        now, written, steps = self.moment(), guest.written(), list(guest.steps())
        self.company, self.author = by.company, by
        self.number = by.company.next_ticket_number()  # customers always have one
        self.save(update_fields=["company", "author", "number", "changed_at"])
        written.update(author=by, author_name="")
        self.messages.update(company=by.company)
        self.attachments.update(company=by.company)
        for step in steps:
            step.actor, step.data = by, {key: value for key, value in step.data.items() if key != "name"}
            step.save(update_fields=["actor", "data"])
        self.followers.create(user=by, added_by=by)
        if self.answered_at:
            ReadMark.objects.get_or_create(user=by, ticket=self, defaults={"read_to": self.answered_at})
        self.record("adopted", by=by, at=now, name=guest.called)

    @transaction.atomic
    def add_follower(self, *, by: User, person: User | None = None, address: str = "") -> Follower:
        """Put a colleague, or an address outside the company, in copy; the newcomer is told."""
        if self.is_of_guest or (person is not None and person.company_id != self.company_id):
            raise IllegalStep
        self.lock()
        follower, is_new = self.followers.get_or_create(user=person, email=address, defaults={"added_by": by})
        if is_new:
            if person is not None and self.answered_at and not person.can_see_company_tickets:
                person.read_marks.get_or_create(ticket=self, defaults={"read_to": self.answered_at})
            self.record("follower_added", by=by, at=self.moment(), **named(follower))
            self.save(update_fields=["changed_at"])
            emails.follower_added(self, follower, by=by)
        return follower

    @transaction.atomic
    def remove_follower(self, follower: Follower, *, by: User) -> None:
        """Take somebody out of copy. The author always stays."""
        if follower.user_id == self.author_id:
            raise IllegalStep
        self.lock()
        gone = named(follower)
        if follower.delete()[0]:
            self.record("follower_removed", by=by, at=self.moment(), **gone)
            self.save(update_fields=["changed_at"])

    def mark_read(self, user: User) -> None:
        """The person has read up to the last answer by support that this page shows; staff in their place have not."""
        if user.is_viewed:
            return
        ReadMark.move(user, self, to=self.answered_at)  # type: ignore[arg-type]  # it is unread

    # --- the beats of the verbs ---

    def lock(self) -> None:
        """Read the row again under its lock: two writers act one after the other."""
        self.refresh_from_db(
            from_queryset=Ticket.objects.select_for_update(of=("self",), no_key=True).select_related("company")
        )

    def moment(self) -> datetime:
        """The present, later than everything in the ticket: its order, and what is new in it, never depend on the
        clocks of two machines agreeing. The caller holds the lock and saves."""
        self.changed_at = max(timezone.now(), self.changed_at + timedelta.resolution)
        return self.changed_at

    def write(
        self, *, by: "User | Guest", body: str, html: str, files: Sequence["Attachment"], at: datetime
    ) -> "Message":
        """A message with its files. Its HTML was made before anything was locked."""
        message = self.messages.create(
            company_id=self.company_id,
            **({"author": by} if isinstance(by, User) else {"author_name": by.name}),
            body=body,
            html=html,
            html_version=rendering.RENDERER_VERSION,
            from_support=by.is_staff,
            created_at=at,
        )
        message.attach(files)
        self.file_count += len(files)
        return message

    def keep_answers(self, answers: Sequence["Answer"]) -> None:
        """What was answered to the questions of its topic, or to those of the request that it was."""
        for answer in answers:
            answer.ticket, answer.request, answer.company_id = self, None, self.company_id
            answer.save()

    def keep_surcharge(self, *, accepted_by: User, at: datetime) -> None:
        """What its department costs, in the words that were accepted."""
        department = self.topic.department
        words = {"notice": department.surcharge, "urgency": department.urgency}
        Surcharge.objects.create(ticket=self, accepted_by=accepted_by, accepted_at=at, **words)

    def begin_copy(self, people: Iterable[User], addresses: Iterable[str], *, by: User) -> None:
        """Who is in copy from the beginning. Raises IllegalStep for somebody of another company."""
        for person in people:
            if person.company_id != self.company_id:
                raise IllegalStep
            self.followers.get_or_create(user=person, defaults={"added_by": by})
        for address in addresses:
            self.followers.get_or_create(user=None, email=address, defaults={"added_by": by})

    def write_past(self, messages: Sequence[PastMessage], htmls: Sequence[str]) -> None:
        """The messages of a former system, each with its HTML, and their files."""
        rows = [
            self.messages.model(
                ticket=self,
                company_id=self.company_id,
                author=message.author,
                author_name=message.author_name,
                from_support=message.from_support,
                body=message.body,
                html=html,
                html_version=rendering.RENDERER_VERSION,
                created_at=message.created_at,
            )
            for message, html in zip(messages, htmls, strict=True)
        ]
        self.messages.bulk_create(rows, batch_size=500)
        for row, message in zip(rows, messages, strict=True):
            for position, upload in enumerate(message.files, start=1):
                stored = StoredFile.objects.keep(upload)
                row.attachments.create(
                    ticket=self, company_id=self.company_id, stored=stored, name=upload.name, position=position
                )
            if message.files:
                row.render()

    def move_to(self, status: str, *, by: "User | Guest | None", at: datetime, after_customer: bool = False) -> None:
        """Set status, turn and dates, and record the step. The caller holds the lock and saves."""
        turn = Turn.SUPPORT if after_customer else TURN_OF[Status(status)]
        if turn != self.turn:
            self.turn, self.turn_since = turn, at
        if status == self.status:
            return
        self.record("moved", by=by, at=at, old=self.status, new=status)
        self.status = status
        self.closed_at = at if status == Status.CLOSED else None

    def tell(self, update: IncidentUpdate) -> None:
        """One update of its incident. What waits for a version or is an enhancement stays what it is."""
        now, status = self.moment(), self.status
        if status not in STICKY:
            if update.says_it_is_mended:
                status, self.mended_at = Status.WAITING, now
            elif self.mended_at:
                status, self.mended_at = Status.OPEN if self.asks_whether_solved else status, None
        step = {"old": self.status, "new": status, "incident": str(self.incident)}
        self.record_update("incident_told", update, by=None, at=now, **step)
        turn = TURN_OF[Status(status)] if status != self.status else self.turn
        if turn != self.turn:
            self.turn, self.turn_since = turn, now
        self.status, self.answered_at, self.incident_known = status, now, update.pk

    def record(self, kind: str, *, by: "User | Guest | None", at: datetime, **data: str | int) -> None:
        """Add a line to the timeline that both sides read; one about a guest holds the name."""
        actor = by if isinstance(by, User) else None
        if by is not None and actor is None:
            data |= {"name": by.name}
        self.events.create(kind=kind, actor=actor, created_at=at, data=data)

    def record_update(
        self, kind: str, update: IncidentUpdate | None, *, by: User | None, at: datetime, **data: str
    ) -> None:
        """The same with what its incident was said to be."""
        self.events.create(kind=kind, actor=by, created_at=at, incident_update=update, data=data)
