"""Tickets, many at a time: who may know of which, what of them is unread, and what happens to many."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import Count, Exists, F, FilteredRelation, Max, Min, OuterRef, Q
from django.utils import timezone

from accounts.models import AuditEntry, Company, User
from accounts.models.people import name_of
from accounts.tenancy import TenantQuerySet
from announcements.models import IncidentUpdate
from contracts.models import Product
from releases.models import Release
from text import rendering
from tickets import emails
from tickets.models import alarm
from tickets.models.catalogue import Topic
from tickets.models.past import AlreadyImported, PastThread
from tickets.models.pasting import message_html
from tickets.models.reading import Follower, ReadMark
from tickets.status import LIVE_STATUSES, RECENT, TABS, TRYING_OUT, IllegalStep, Priority, Status, Tab

if TYPE_CHECKING:
    from tickets.models.attachment import Attachment
    from tickets.models.guest import Guest
    from tickets.models.question import Answer
    from tickets.models.request import RequestType
    from tickets.models.ticket import Ticket


# What a row of the list shows.
ROW_COLUMNS = [
    *("number", "subject", "status", "turn", "created_at", "answered_at", "reply_count", "file_count"),
    *(*name_of("author"), "product__name"),
]
# Whom and what the page of a ticket names.
NAMED_COLUMNS = [
    *(*name_of("author"), *name_of("assignee")),
    *("topic__name", "topic__parent__name", "product__name"),
    *("surcharge__notice", "surcharge__is_charged", "surcharge__reason"),
]
# Numbers of tickets are shorter; what is longer fits no column.
LONGEST_NUMBER = 10
# Younger answers keep their marks when reading is settled.
SETTLED_AFTER = timedelta(days=1)


def recently_closed(at: datetime) -> Q:
    return Q(status=Status.CLOSED, closed_at__gt=at - RECENT)


def unread(user: User) -> Q:
    """For tickets `with_reading`: support's last answer is one that the person has not read."""
    return Q(answered_at__gt=user.unread_from) & (Q(read_to=None) | Q(answered_at__gt=F("read_to")))


def not_settled(at: datetime) -> Q:
    """Open, or closed in the last 15 days by support's last answer itself."""
    return Q(status__in=LIVE_STATUSES) | recently_closed(at) & Q(closed_at=F("answered_at"))


class TicketQuerySet(TenantQuerySet["Ticket"]):
    # --- who may know ---

    def visible_to(self, user):
        """One's own tickets, those one follows, and the company's with the flag (S0-23, S0-32); with Solicitudes alone,
        the requests that one made."""
        tickets = super().visible_to(user)
        if not user.is_authenticated:
            return self.none()
        if user.can_use_tickets:
            return tickets if user.can_see_company_tickets else tickets.involving(user)
        return tickets.requested_by(user) if user.can_use_requests else self.none()

    def for_staff(self, user):
        """The tickets on the desk of a person of support."""
        return self.all() if user.is_staff and user.has_perm("tickets.view_ticket") else self.none()

    def involving(self, user):
        """Those that the person opened or follows."""
        return self.filter(pk__in=Follower.objects.filter(user=user.pk).values("ticket"))

    def requested_by(self, user):
        """Those that the person made in Solicitudes."""
        return self.filter(author=user.pk, request_type__isnull=False)

    def running(self):
        return self.filter(status__in=LIVE_STATUSES)

    def over(self):
        return self.filter(status=Status.CLOSED)

    def personal_to(self, user):
        """Of those that the person may know about, the ones that they opened or follow."""
        visible = self.visible_to(user)
        return visible.involving(user) if user.can_see_company_tickets else visible

    # --- adjectives ---

    def in_tab(self, tab: Tab, *, at: datetime):
        condition = Q(status__in=tab.statuses)
        if tab.recent:
            condition |= recently_closed(at)
        return self.filter(condition)

    def left_by(self, person):
        """What somebody who leaves would leave behind: the open ones that they opened or follow."""
        return self.filter(company=person.company_id, status__in=LIVE_STATUSES).involving(person)

    def readable_without(self, person):
        """Those that an active colleague of the person may read too: all for the company's view, else by following."""
        colleagues = User.objects.with_access().filter(company=person.company_id, can_use_tickets=True)
        colleagues = colleagues.exclude(pk=person.pk)
        if colleagues.filter(can_see_company_tickets=True).exists():
            return self
        return self.filter(pk__in=Follower.objects.filter(user__in=colleagues).values("ticket"))

    def awaiting_release(self):
        """Those that a release will solve whose people have not heard yet that it is out."""
        return self.filter(release_note__isnull=False, available_at=None).exclude(status=Status.CLOSED)

    def solved_by_published(self, *, at: datetime):
        """Of those, the ones whose release is out."""
        return self.awaiting_release().filter(release_note__release__in=Release.objects.published(at=at))

    def with_news_of_incident(self):
        """Those whose incident was told on since they last heard of it."""
        news = IncidentUpdate.objects.filter(incident=OuterRef("incident"), pk__gt=OuterRef("incident_known"))
        return self.filter(Exists(news), incident__isnull=False).exclude(status=Status.CLOSED)

    def without_verdict(self, *, at: datetime):
        """Those that a release or the end of an incident should have solved, and nobody of the company has said for 15
        days whether it did."""
        until = at - TRYING_OUT
        asked = Q(available_at__isnull=False) | Q(mended_at__isnull=False)
        silent = self.filter(turn_since__lte=until, last_message_at__lte=until, answered_at__lte=until)
        return silent.filter(asked, status=Status.WAITING)

    def attended(self):
        """Without the demonstration companies' tickets, which never reach the staff's queue."""
        return self.filter(Q(company=None) | Q(company__is_demo=False))

    def called(self, reference: str):
        """The one with this reference: IBA-12, or the code of a guest's."""
        code, _dash, number = reference.rpartition("-")
        of_guest = Q(company=None, guest__code=f"{code}{number}")
        if not (number.isascii() and number.isdigit() and len(number) < LONGEST_NUMBER):
            return self.filter(of_guest)
        return self.filter(Q(company__code=code, number=number) | of_guest)

    def with_reading(self, user):
        """Adds `read_to`, how far the person has read, NULL when never."""
        return self.annotate(
            reading=FilteredRelation("read_marks", condition=Q(read_marks__user=user)), read_to=F("reading__read_to")
        )

    def with_following(self, user):
        """Adds `is_followed`, whether the person is in copy."""
        return self.annotate(is_followed=Exists(Follower.objects.filter(ticket=OuterRef("pk"), user=user)))

    def unread_by(self, user):
        """Those with an answer by support that the person has not read: the red dot (S0-39)."""
        read = ReadMark.objects.filter(ticket=OuterRef("pk"), user=user, read_to__gte=OuterRef("answered_at"))
        return self.filter(~Exists(read), answered_at__gt=user.unread_from)

    def alarming(self, user, *, at: datetime | None = None):
        """Those behind the red alarm (S0-25, S0-26): opened or followed by the person, unread, and
        open, or closed in the last 15 days by the very answer that is unread."""
        return self.personal_to(user).unread_by(user).filter(not_settled(at or timezone.now()))

    def lights_alarm(self, user, *, at: datetime | None = None) -> bool:
        """Whether the red alarm is lit for the person."""
        at = at or timezone.now()
        if user.can_use_tickets and user.company_id:
            return alarm.is_lit(user, at=at)
        return self.alarming(user, at=at).exists()

    def in_rows(self):
        """With what a row of a list shows, names among it, and no other columns."""
        return self.select_related("author", "product").only(*ROW_COLUMNS)

    def for_page(self, user, *, at: datetime | None = None):
        """With what the ticket's page shows besides the thread: names, reading, and the alarm elsewhere. What few
        tickets hang from, a release, an incident, an earlier ticket, is read where there is one."""
        at = at or timezone.now()
        if user.can_use_tickets:
            elsewhere: Any = alarm.lit_elsewhere(user, at=at)
        else:
            elsewhere = Exists(self.model.objects.alarming(user, at=at).exclude(pk=OuterRef("pk")))
        named = ("author", "assignee", "topic__parent", "product", "surcharge")
        own = [field.attname for field in self.model._meta.local_concrete_fields]
        tickets = self.with_reading(user).annotate(alarm_elsewhere=elsewhere)
        return tickets.select_related(*named).only(*own, *NAMED_COLUMNS)

    def with_draft_of(self, user):
        """Adds `draft_id` and its other columns: what the person left waiting to be sent, NULL where nothing does.
        Of several at one ticket the last is first."""
        unsent = Q(drafts__sent_message=None, drafts__sent_request=None)
        waiting = FilteredRelation("drafts", condition=Q(unsent, drafts__person=user))
        columns = {f"draft_{name}": F(f"waiting__{name}") for name in ("id", "key", "fields", "revision")}
        return self.annotate(waiting=waiting, **columns).order_by(F("waiting__updated_at").desc(nulls_last=True))

    # --- numbers ---

    def counts(self, *, at: datetime, reader: User) -> tuple[dict[str, int], bool]:
        """How many tickets each counted tab holds, {tab key: count}, and whether one of them lights the reader's alarm,
        in one query over the current ones."""
        current = self.filter(Q(status__in=LIVE_STATUSES) | recently_closed(at)).order_by().with_reading(reader)
        following = FilteredRelation("followers", condition=Q(followers__user=reader))
        alarming = Q(following__isnull=False) & unread(reader) & not_settled(at)
        by_status = current.annotate(following=following).values_list("status")
        rows = list(by_status.annotate(holds=Count("pk"), alarms=Count("pk", filter=alarming)))
        numbers = {status: holds for status, holds, _alarms in rows}
        counts = {tab.key: sum(numbers.get(status, 0) for status in tab.counts) for tab in TABS if tab.counted}
        return counts, any(alarms for _status, _holds, alarms in rows)

    # --- births and deeds on many ---

    @transaction.atomic
    def open(
        self,
        *,
        by: User,
        topic: Topic,
        subject: str,
        body: str,
        product: Product | None = None,
        priority: int = Priority.MEDIUM,
        files: Sequence["Attachment"] = (),
        followers: Iterable[User] = (),
        outside: Iterable[str] = (),
        follows_up: "Ticket | None" = None,
        answers: Sequence["Answer"] = (),
        request_type: "RequestType | None" = None,
        approved_by: User | None = None,
        accepts_surcharge: bool = False,
        entered_by: User | None = None,
    ) -> "Ticket":
        """A customer opens a ticket. `outside`: addresses that only get mail; `approved_by`: the manager who agreed to
        a request; `accepts_surcharge`: what the department costs, without which it takes no ticket; `entered_by`: who
        of support does it for them (S3-38)."""
        costs = bool(topic.department.surcharge)
        if costs and not accepts_surcharge:
            raise IllegalStep
        html, now = message_html(body, files), timezone.now()
        ticket = self.create(
            company=by.company,
            number=by.company.next_ticket_number(),
            author=by,
            topic=topic,
            product=product,
            subject=subject,
            priority=Priority.URGENT if costs else priority,
            follows_up=follows_up,
            request_type=request_type,
            answer_count=len(answers),
            created_at=now,
            turn_since=now,
            last_message_at=now,
            changed_at=now,
        )
        ticket.followers.create(user=by, added_by=by)
        ticket.write(by=by, body=body, html=html, files=files, at=now)
        if files:
            ticket.save(update_fields=["file_count"])
        ticket.keep_answers(answers)
        ticket.record("opened", by=entered_by or by, at=now)
        if approved_by:
            ticket.record("approved", by=approved_by, at=now)
        if costs:
            ticket.keep_surcharge(accepted_by=approved_by or by, at=now)
        ticket.begin_copy(followers, outside, by=by)
        emails.ticket_opened(ticket, approved_by=approved_by)
        return ticket

    @transaction.atomic
    def open_for_guest(self, guest: "Guest", *, topic: Topic, files: Sequence["Attachment"]) -> "Ticket":
        """What a guest wrote becomes a ticket of no company; the caller keeps it in the guest, and tells."""
        html, now = message_html(guest.body, files), timezone.now()
        ticket = self.create(
            topic=topic,
            subject=guest.subject,
            priority=guest.priority,
            created_at=now,
            turn_since=now,
            last_message_at=now,
            changed_at=now,
        )
        ticket.write(by=guest, body=guest.body, html=html, files=files, at=now)
        ticket.save(update_fields=["file_count"])
        ticket.record("opened", by=guest, at=now)
        return ticket

    def import_thread(self, thread: PastThread, *, company: Company) -> "Ticket":
        """Bring in a conversation of a former system, with the dates that it had. It counts as read; nobody is told.

        Raises AlreadyImported, and IllegalStep when somebody in it is of another company.
        """
        if not thread.is_of(company):
            raise IllegalStep
        htmls = [rendering.message_html(message.body) for message in thread.messages]
        with transaction.atomic():
            number = company.next_ticket_number()
            if self.filter(company=company, external_id=thread.external_id).exists():
                raise AlreadyImported
            changed_at = max(timezone.now(), thread.last_message_at)
            ticket = self.create(company=company, number=number, changed_at=changed_at, **thread.columns())
            ticket.followers.create(user=thread.author, added_by=thread.author)
            ticket.write_past(thread.messages, htmls)
            ticket.record("imported", by=None, at=changed_at)
        return ticket

    def mark_read(self, user: User) -> None:
        """Everything answered so far in the tickets that the person may see counts as read, for this person alone."""
        last = self.visible_to(user).aggregate(last=Max("answered_at"))["last"]
        if last and last > user.unread_from:
            user.unread_from = last
            user.save(update_fields=["unread_from"])

    @transaction.atomic
    def hand_over(self, *, by: User, person: User, heir: User) -> int:
        """A colleague follows every open ticket that `person` opened or follows, and is told once; says how many.

        Raises IllegalStep when the heir could not read them. What was answered before counts as read.
        """
        if heir == person or heir.company_id != person.company_id or not (heir.may_log_in() and heir.can_use_tickets):
            raise IllegalStep
        tickets = list(self.left_by(person).select_for_update(of=("self",), no_key=True).order_by("pk"))
        followed = set(Follower.objects.filter(ticket__in=tickets, user=heir).values_list("ticket", flat=True))
        fresh = [ticket for ticket in tickets if ticket.pk not in followed]
        if fresh:
            self.put_in_copy(heir, fresh, by=by)
        changes = {"heir": [None, heir.pk], "tickets": [None, len(tickets)]}
        kind = AuditEntry.Kind.TICKETS_HANDED_OVER
        AuditEntry.write(kind, by=by, on=person, company=person.company, changes=changes)
        if fresh and heir != by:
            emails.tickets_handed_over(fresh, heir, person=person, by=by)
        return len(tickets)

    def put_in_copy(self, person: User, tickets: Sequence["Ticket"], *, by: User) -> None:
        """The beats of `add_follower` for many tickets that the caller has locked; nobody is told."""
        Follower.objects.bulk_create(Follower(ticket=ticket, user=person, added_by=by) for ticket in tickets)
        if not person.can_see_company_tickets:
            read = [
                ReadMark(user=person, ticket=ticket, read_to=ticket.answered_at)
                for ticket in tickets
                if ticket.answered_at
            ]
            ReadMark.objects.bulk_create(read, ignore_conflicts=True)
        events = tickets[0].events
        what = {"kind": "follower_added", "actor": by, "data": {"name": person.get_full_name()}}
        events.bulk_create(events.model(ticket=ticket, created_at=ticket.moment(), **what) for ticket in tickets)
        self.bulk_update(tickets, ["changed_at"], batch_size=500)

    def settle_reading(self, user: User, *, at: datetime) -> None:
        """As far back as a person has read everything, one date says so instead of a mark for each ticket.

        What is unread is then found among the late answers alone, however long the past. The marks of the last day
        stay: an answer of an earlier instant may still be on its way to the database.
        """
        answered = self.visible_to(user).filter(answered_at__gt=user.unread_from)
        oldest_unread = answered.unread_by(user).aggregate(oldest=Min("answered_at"))["oldest"]
        read_before = min(oldest_unread or at, at - SETTLED_AFTER)
        last_read = answered.filter(answered_at__lt=read_before).aggregate(last=Max("answered_at"))["last"]
        if last_read:
            User.objects.filter(pk=user.pk, unread_from__lt=last_read).update(unread_from=last_read)
            ReadMark.objects.filter(user=user, read_to__lte=last_read).delete()
