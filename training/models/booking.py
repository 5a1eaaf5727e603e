"""A company's session: booked, moved, cancelled or held, and what it did to the slot and the hours."""

import re
import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts.models import AuditEntry, Company, User
from accounts.tenancy import TenantQuerySet
from contracts.models import HourEntry
from training import emails
from training.models.plan import Topic, TrainingModule, of_module
from training.models.refusals import NotBooked, SlotGone, Stranger, TooLate, TopicOfAnotherModule
from training.models.slot import Slot, TakenQuarter, random_token

Kind = AuditEntry.Kind

LONGEST_LINK = 500
LONGEST_NAME = 120
MOST_ATTENDEES = 30
# A link in which somebody's name, or what looks like a host, stands before the host.
NAMED = re.compile(r"https://[^/?#]*[@\\]", re.IGNORECASE)
# The room opens so long before the session begins.
OPENS_BEFORE = timedelta(minutes=15)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def random_room() -> str:
    """A room that nobody guesses. Of capital letters the server makes small ones: there are none."""
    return f"formacion-{secrets.token_hex(16)}"


def checked_link(link: str) -> str:
    """A meeting link as somebody typed it, without what stands around it: https alone, without a name or password, and
    not longer than a line. Raises ValidationError."""
    link = link.strip()
    wrong = ValidationError(
        _("Write a link that begins with https://, as your meeting platform shows it."), code="link"
    )
    if not link:
        return ""
    if len(link) > LONGEST_LINK or not link.isprintable() or NAMED.match(link):
        raise wrong
    try:
        URLValidator(schemes=["https"])(link)
    except ValidationError as error:
        raise wrong from error
    return link


class BookingQuerySet(TenantQuerySet["Booking"]):
    def visible_to(self, user):
        """Those of one's own company, for those who have the training area."""
        mine = super().visible_to(user)
        return mine if user.is_authenticated and user.can_use_training else mine.none()

    def live(self):
        """Those that hold their slot."""
        return self.filter(state__in=Booking.LIVE)

    def upcoming(self, *, at: datetime):
        """Those that are not over, the next one first."""
        return self.filter(state=Booking.State.BOOKED, slot__ends__gt=at).order_by("slot__starts", "pk")

    def past(self, *, at: datetime):
        """Those that took place, the last one first."""
        return self.live().filter(slot__ends__lte=at).order_by("-slot__starts", "-pk")

    def between(self, since: datetime, until: datetime):
        """Those that begin in this time."""
        return self.filter(slot__starts__gte=since, slot__starts__lt=until)

    def left_by(self, person: User, *, at: datetime):
        """What somebody who leaves would leave behind: the sessions to come whose mails go to them."""
        return self.filter(company=person.company_id, contact=person).upcoming(at=at)

    def in_rows(self):
        """With what a row says: when, with whom, about what."""
        return self.select_related("slot__trainer__user", "module__product", "company", "contact")

    def with_recordings(self):
        """With what was recorded of each, for a list."""
        return self.prefetch_related("recordings")

    def due_a_day_before(self, *, at: datetime):
        return self._to_come(at, within=DAY).filter(reminded_day_at=None)

    def due_an_hour_before(self, *, at: datetime):
        return self._to_come(at, within=HOUR).filter(reminded_hour_at=None)

    def _to_come(self, at: datetime, *, within: timedelta):
        """What has begun is past reminding."""
        soon = self.filter(state=Booking.State.BOOKED, slot__starts__gt=at, slot__starts__lte=at + within)
        return soon.filter(company__is_active=True)

    # --- verbs ---

    @transaction.atomic
    def book(
        self,
        *,
        slot: Slot,
        by: User,
        company: Company,
        module: TrainingModule | None,
        contact: User | None = None,
        more: Sequence[Topic] = (),
        less: Sequence[Topic] = (),
        people: Sequence[User] = (),
        names: Sequence[str] = (),
        own_link: str = "",
        note: str = "",
        may_record: bool = False,
        at: datetime | None = None,
    ) -> "Booking":
        """A company takes a slot, and its minutes leave the bag at once: all of it or nothing.

        `module` None is a session to go over doubts. `contact`: whom mails go to, where support books on behalf.
        Raises SlotGone, NotEnoughHours, TopicOfAnotherModule, Stranger, ValidationError of the link.
        """
        at = at or timezone.now()
        contact = contact or by
        if any(person.company_id != company.pk for person in (contact, *people)):
            raise Stranger
        if not of_module([*more, *less], module):
            raise TopicOfAnotherModule
        link, names = checked_link(own_link), named(names, already=len(people))
        slot.lock_free(at=at)
        booking = Booking(
            slot=slot, company=company, contact=contact, booked_by=by, booked_at=at, module=module, own_link=link,
            note=note, may_record=may_record, minutes=slot.minutes,
        )  # fmt: skip
        booking.settle_reminders(at=at)
        booking.take(slot)
        booking.note_wishes(more, less)
        booking.note_attendees(people, names)
        HourEntry.objects.debit(by=by, company=company, minutes=slot.minutes, reference=booking.public_id, at=at)
        booking.record(Kind.TRAINING_BOOKED, by=by)
        emails.session_booked(booking, at=at)
        return booking

    @transaction.atomic
    def hand_over(self, *, by: User, person: User, heir: User, at: datetime | None = None) -> int:
        """A colleague is the contact of the sessions to come whose contact was `person`, and gets the invitations; says
        of how many. Raises Stranger when the heir does not see the company's training."""
        at = at or timezone.now()
        if heir == person or heir.company_id != person.company_id or not (heir.may_log_in() and heir.can_use_training):
            raise Stranger
        sessions = list(self.left_by(person, at=at).in_rows().select_for_update(of=("self",), no_key=True))
        for session in sessions:
            session.contact = heir
            session.save(update_fields=["contact"])
            session.record(Kind.TRAINING_CHANGED, by=by)
            emails.session_handed_over(session, at=at)
        return len(sessions)

    def remind_due(self, *, at: datetime) -> int:
        """Remind of what begins within an hour or a day; says of how many. Safe to run twice."""
        hour = [booking.remind_of_hour(at=at) for booking in self.due_an_hour_before(at=at).in_rows()]
        day = [booking.remind_of_day(at=at) for booking in self.due_a_day_before(at=at).in_rows()]
        return sum(hour) + sum(day)


class Booking(models.Model):
    """A session that a company has booked. The row stays the same when it is moved, and calendars know it by it."""

    class State(models.TextChoices):
        BOOKED = "booked", pgettext_lazy("a session", "Booked")
        CANCELLED = "cancelled", pgettext_lazy("a session", "Cancelled")
        HELD = "held", pgettext_lazy("a session", "Held")

    LIVE = (State.BOOKED, State.HELD)

    public_id = models.CharField(max_length=32, unique=True, default=random_token, editable=False)
    slot = models.ForeignKey(Slot, models.PROTECT, verbose_name=_("slot"), related_name="bookings")
    company = models.ForeignKey(Company, models.PROTECT, verbose_name=_("company"), related_name="bookings")
    contact = models.ForeignKey(User, models.PROTECT, verbose_name=_("contact"), related_name="+")
    module = models.ForeignKey(
        TrainingModule,
        models.PROTECT,
        null=True,
        blank=True,
        verbose_name=_("module"),
        related_name="bookings",
        help_text=_("Empty: a session to go over doubts."),
    )
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.BOOKED, editable=False)
    minutes = models.PositiveSmallIntegerField(_("minutes"), editable=False)
    own_link = models.CharField(_("own meeting link"), max_length=LONGEST_LINK, blank=True)
    room = models.CharField(max_length=60, unique=True, default=random_room, editable=False)
    note = models.TextField(_("what else to say"), max_length=1000, blank=True)
    may_record = models.BooleanField(_("may be recorded"), default=False)
    sequence = models.PositiveIntegerField(default=0, editable=False, help_text=_("Of the calendar entry."))
    booked_by = models.ForeignKey(User, models.PROTECT, verbose_name=_("booked by"), related_name="+")
    booked_at = models.DateTimeField(_("booked"), editable=False)
    cancelled_by = models.ForeignKey(
        User, models.PROTECT, null=True, editable=False, verbose_name=_("cancelled by"), related_name="+"
    )
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, editable=False)
    reminded_day_at = models.DateTimeField(_("reminded a day before"), null=True, editable=False)
    reminded_hour_at = models.DateTimeField(_("reminded an hour before"), null=True, editable=False)
    completed_by = models.ForeignKey(
        User, models.PROTECT, null=True, editable=False, verbose_name=_("completed by"), related_name="+"
    )
    completed_at = models.DateTimeField(_("completed"), null=True, editable=False)
    minutes_used = models.PositiveSmallIntegerField(_("minutes used"), null=True, blank=True, editable=False)

    objects = BookingQuerySet.as_manager()

    KEPT = {"own_link", "note"}
    IMPERSONAL = {"public_id", "room"}

    class Meta:
        ordering = ["-slot__starts", "-id"]
        verbose_name = _("session")
        verbose_name_plural = _("sessions")
        constraints = [
            models.UniqueConstraint(
                fields=["slot"], condition=Q(state__in=["booked", "held"]), name="one_live_booking_per_slot"
            ),
            models.CheckConstraint(
                condition=Q(state="cancelled", cancelled_at__isnull=False, cancelled_by__isnull=False)
                | (~Q(state="cancelled") & Q(cancelled_at=None, cancelled_by=None)),
                name="a_cancelled_session_says_by_whom",
            ),
            models.CheckConstraint(
                condition=Q(state="held", completed_at__isnull=False, minutes_used__isnull=False)
                | (~Q(state="held") & Q(completed_at=None, minutes_used=None)),
                name="a_session_that_was_held_says_how_long",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.company} · {self.subject}"

    def get_absolute_url(self) -> str:
        return reverse("training:booking", args=[self.public_id])

    # --- questions ---

    @property
    def subject(self) -> str:
        """What it is about, in words."""
        return self.module.product.name if self.module else gettext("Doubts and review")

    @property
    def meeting_url(self) -> str:
        """Where it takes place: at the company's own link, else in our room."""
        return self.own_link or f"{settings.VIDEO_SERVER}/{self.room}"

    @property
    def uid(self) -> str:
        """What calendars know the session by, for ever."""
        return f"{self.public_id}@{settings.MAIL_DOMAIN}"

    def free_until(self) -> datetime:
        """Until when cancelling gives the minutes back: the same time of the working day before, at the company's."""
        return self.company.calendar().same_time_of_working_day_before(self.slot.starts)

    @property
    def opens_at(self) -> datetime:
        """When its room opens."""
        return self.slot.starts - OPENS_BEFORE

    def is_joinable(self, *, at: datetime) -> bool:
        """The room is open: from 15 minutes before until the end."""
        return self.state == self.State.BOOKED and self.opens_at <= at < self.slot.ends

    def is_to_come(self, *, at: datetime) -> bool:
        return self.state == self.State.BOOKED and at < self.slot.starts

    def actions_for(self, user: User, *, at: datetime | None = None) -> set[str]:
        """What somebody who sees the session may do: `join`, `calendar`, `change`, `cancel`, `give_link`."""
        at = at or timezone.now()
        if user.is_viewed:
            return set()
        actions = {"join"} if self.is_joinable(at=at) else set()
        if self.state == self.State.BOOKED and at < self.slot.ends:
            actions.add("calendar")
        if user.can_book_training and self.is_to_come(at=at):
            actions |= {"cancel", "give_link"}
            if at <= self.free_until():
                actions.add("change")
        return actions

    def people(self) -> list[User]:
        """Who of the company is told of it: the contact and those who attend, while they are there."""
        attending = User.objects.filter(attendances__booking=self)
        people = User.objects.reachable().filter(Q(pk=self.contact_id) | Q(pk__in=attending.values("pk")))
        return list(people.order_by("pk"))

    def refundable(self) -> int:
        """The minutes that it has cost so far."""
        return HourEntry.objects.held_for(self.public_id)

    # --- verbs of both sides ---

    @transaction.atomic
    def change(self, *, to: Slot, by: User, at: datetime | None = None) -> None:
        """Move it: the old slot is free and the new one taken, or nothing has happened. Minutes that the new slot lasts
        longer leave the bag, those that it is shorter come back. Customers may until cancelling would no longer give
        the hours back, support until it begins. Raises NotBooked, TooLate, SlotGone, NotEnoughHours."""
        at = at or timezone.now()
        self.lock_to_come(at=at)
        if not by.is_staff and at > self.free_until():
            raise TooLate
        was = self.slot
        self.quarters.all().delete()
        to.lock_free(at=at)
        self.take(to)
        self.settle_minutes(to.minutes, by=by, at=at)
        self.settle_reminders(at=at)
        self.sequence += 1
        self.save(update_fields=["minutes", "sequence", "reminded_day_at", "reminded_hour_at"])
        self.record(Kind.TRAINING_CHANGED, by=by, was=was.starts)
        emails.session_changed(self, at=at, was=was)

    @transaction.atomic
    def cancel(self, *, by: User, refunds: bool | None = None, reason: str = "", at: datetime | None = None) -> int:
        """Call it off; the slot is free again. Says how many minutes came back: all until the same time of the working
        day before, later none. Support says itself (`refunds`). Raises NotBooked."""
        at = at or timezone.now()
        self.lock_to_come(at=at, also_begun=by.is_staff)
        if refunds is None or not by.is_staff:
            refunds = by.is_staff or at <= self.free_until()
        minutes = self.refundable() if refunds else 0
        self.quarters.all().delete()
        self.state, self.cancelled_by, self.cancelled_at = self.State.CANCELLED, by, at
        self.sequence += 1
        self.save(update_fields=["state", "cancelled_by", "cancelled_at", "sequence"])
        if minutes:
            HourEntry.objects.refund(
                by=by, company=self.company, minutes=minutes, reference=self.public_id, reason=reason, at=at
            )
        self.record(Kind.TRAINING_CANCELLED, by=by, reason=reason)
        emails.session_cancelled(self, refunded=minutes, at=at)
        return minutes

    @transaction.atomic
    def give_link(self, link: str, *, by: User, at: datetime | None = None) -> bool:
        """The company's own meeting link until the session begins, or none and our room; False when nothing changed.
        Raises ValidationError, NotBooked."""
        at, link = at or timezone.now(), checked_link(link)
        self.lock_to_come(at=at)
        if link == self.own_link:
            return False
        self.own_link = link
        self.sequence += 1
        self.save(update_fields=["own_link", "sequence"])
        self.record(Kind.TRAINING_CHANGED, by=by, was=self.slot.starts)
        emails.session_changed(self, at=at)
        return True

    # --- verbs of support ---

    @transaction.atomic
    def complete(
        self,
        *,
        by: User,
        minutes_used: int,
        attended: Iterable[int] = (),
        refunds: bool = True,
        at: datetime | None = None,
    ) -> int:
        """It was held: who was there (`attended`: ids of attendees) and how long it took. Unused minutes come back,
        once; for a longer one support writes a correction. Says how many came back. Raises NotBooked."""
        at = at or timezone.now()
        self.lock_to_come(at=at, also_begun=True)
        if at < self.slot.starts:
            raise NotBooked
        attended = set(attended)
        for attendee in self.attendees.all():
            self.attendees.filter(pk=attendee.pk).update(attended=attendee.pk in attended)
        self.state, self.completed_by, self.completed_at = self.State.HELD, by, at
        self.minutes_used = minutes_used
        self.save(update_fields=["state", "completed_by", "completed_at", "minutes_used"])
        unused = max(self.refundable() - minutes_used, 0) if refunds else 0
        if unused:
            HourEntry.objects.refund(
                by=by,
                company=self.company,
                minutes=unused,
                reference=self.public_id,
                at=at,
            )
        return unused

    # --- reminders: a mark is set once, by an update that must touch one row ---

    @transaction.atomic
    def remind_of_hour(self, *, at: datetime) -> bool:
        """Once; then nobody needs to hear of the day before any more."""
        mine = Booking.objects.filter(pk=self.pk, reminded_hour_at=None, state=self.State.BOOKED, slot=self.slot_id)
        if not mine.update(reminded_hour_at=at, reminded_day_at=self.reminded_day_at or at):
            return False
        emails.session_reminder(self, is_soon=True)
        return True

    @transaction.atomic
    def remind_of_day(self, *, at: datetime) -> bool:
        mine = Booking.objects.filter(pk=self.pk, reminded_day_at=None, state=self.State.BOOKED, slot=self.slot_id)
        if not mine.update(reminded_day_at=at):
            return False
        emails.session_reminder(self, is_soon=False)
        return True

    # --- parts of the verbs ---

    def lock_to_come(self, *, at: datetime, also_begun: bool = False) -> None:
        """Inside a transaction: the session waits for us, as it is now, and has yet to begin. Raises NotBooked."""
        stored = Booking.objects.select_for_update(of=("self",), no_key=True).select_related("slot__trainer__user")
        fresh = stored.get(pk=self.pk)
        for name in ("state", "slot_id", "minutes", "own_link", "sequence", "reminded_day_at", "reminded_hour_at"):
            setattr(self, name, getattr(fresh, name))
        self.slot = fresh.slot
        if self.state != self.State.BOOKED or (at >= self.slot.starts and not also_begun):
            raise NotBooked

    def take(self, slot: Slot) -> None:
        """The slot is ours and its trainer nowhere else, says the database. Raises SlotGone."""
        self.slot = slot
        try:
            with transaction.atomic():
                self.save()
                TakenQuarter.objects.bulk_create(
                    TakenQuarter(trainer_id=slot.trainer_id, at=quarter, slot=slot, booking=self)
                    for quarter in slot.quarter_hours()
                )
        except IntegrityError as error:
            raise SlotGone from error

    def settle_minutes(self, minutes: int, *, by: User, at: datetime) -> None:
        """The session lasts another time than before."""
        if difference := self.minutes - minutes:
            with translation.override(settings.LANGUAGE_CODE):  # it stays as it is written
                with_reason = gettext("Moved to a session of %(minutes)s minutes") % {"minutes": minutes}
            HourEntry.objects.correct(
                by=by, company=self.company, minutes=difference, reason=with_reason, reference=self.public_id, at=at
            )
            self.minutes = minutes

    def settle_reminders(self, *, at: datetime) -> None:
        """Nobody is reminded of what they have only just been told."""
        ahead = self.slot.starts - at
        self.reminded_day_at = at if ahead <= DAY else None
        self.reminded_hour_at = at if ahead <= HOUR else None

    def note_wishes(self, more: Sequence[Topic], less: Sequence[Topic]) -> None:
        wishes = [(topic, TopicWish.Wish.MORE) for topic in more]
        wishes += [(topic, TopicWish.Wish.LESS) for topic in less if topic not in more]
        TopicWish.objects.bulk_create(TopicWish(booking=self, topic=topic, wish=wish) for topic, wish in wishes)

    def note_attendees(self, people: Sequence[User], names: Sequence[str]) -> None:
        rows = [Attendee(booking=self, user=person) for person in dict.fromkeys(people)]
        rows += [Attendee(booking=self, name=name) for name in names]
        Attendee.objects.bulk_create(rows)

    def record(self, kind: str, *, by: User, was: datetime | None = None, reason: str = "") -> None:
        now = self.slot.starts.isoformat()
        changes = {"session": [was.isoformat() if was else None, now]}
        AuditEntry.write(kind, by=by, on=self, company=self.company, changes=changes, reason=reason)


def named(names: Sequence[str], *, already: int) -> list[str]:
    """Names as they are kept, without empty ones. Raises ValidationError when there are too many."""
    kept = [" ".join(name.split())[:LONGEST_NAME] for name in names if name.strip()]
    if len(kept) + already > MOST_ATTENDEES:
        raise ValidationError(
            _("At most %(count)s people attend a session."), code="attendees", params={"count": MOST_ATTENDEES}
        )
    return kept


class Attendee(models.Model):
    """Who attends a session: a contact of the company, or somebody whose name was written down."""

    booking = models.ForeignKey(Booking, models.CASCADE, verbose_name=_("session"), related_name="attendees")
    user = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, verbose_name=_("person"), related_name="attendances"
    )
    name = models.CharField(_("name"), max_length=LONGEST_NAME, blank=True)
    attended = models.BooleanField(_("was there"), null=True, blank=True)

    PERSONAL = {"name"}
    WHOSE = {"user": "ids", "name": "names"}

    class Meta:
        ordering = ["id"]
        verbose_name = _("attendee")
        verbose_name_plural = _("attendees")
        constraints = [
            models.UniqueConstraint(fields=["booking", "user"], name="a_person_attends_a_session_once"),
        ]

    def __str__(self) -> str:
        return self.user.get_full_name() if self.user else self.name


class TopicWish(models.Model):
    """Which line of the outline interests more in a session, or may be left out (S0-57)."""

    class Wish(models.TextChoices):
        MORE = "more", _("interests more")
        LESS = "less", _("leave out")

    booking = models.ForeignKey(Booking, models.CASCADE, verbose_name=_("session"), related_name="wishes")
    topic = models.ForeignKey(Topic, models.PROTECT, verbose_name=_("topic"), related_name="+")
    wish = models.CharField(_("wish"), max_length=4, choices=Wish.choices)

    class Meta:
        default_permissions = ()
        ordering = ["topic__session", "topic__position", "id"]
        verbose_name = _("wish")
        verbose_name_plural = _("wishes")
        constraints = [models.UniqueConstraint(fields=["booking", "topic"], name="one_wish_for_each_topic")]

    def __str__(self) -> str:
        return f"{self.topic}: {self.get_wish_display()}"
