"""Solicitudes: what may be asked for by a form of its own, and what awaits the yes of a manager."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import Company, User
from accounts.models.user import random_id
from accounts.tenancy import TenantQuerySet
from text import icons
from tickets import emails
from tickets.models import examples
from tickets.models.catalogue import Department, Topic
from tickets.models.pasting import message_html
from tickets.models.question import Answer
from tickets.models.ticket import Ticket
from tickets.status import IllegalStep

if TYPE_CHECKING:
    from tickets.models.attachment import Attachment

# The part of the area's addresses that is no kind of request.
RESERVED = "por-aprobar"


class NoLongerWaits(IllegalStep):
    """Somebody has decided meanwhile, or whoever asked is gone."""

    words = _("This is no longer possible: it was decided meanwhile, or whoever asked for it is no longer there.")


class RequestTypeQuerySet(models.QuerySet["RequestType"]):
    def offered(self):
        """Those of the catalogue, in order."""
        return self.filter(topic__is_active=True).select_related("topic__department", "topic__parent")

    def visible_to(self, user):
        """What the person may ask for: the whole catalogue, with the area."""
        return self.offered() if user.is_authenticated and user.can_use_requests else self.none()

    @transaction.atomic
    def make_first(self) -> None:
        """Where there is none: examples of what customers ask for, below one heading, in the first department."""
        department = Department.objects.using(self.db).order_by("pk").first()
        if department is None or self.exists():
            return
        topics = Topic.objects.using(self.db)
        heading, _is_new = topics.get_or_create(
            parent=None, name=str(examples.HEADING), defaults={"department": department, "position": examples.POSITION}
        )
        for position, example in enumerate(examples.REQUESTS, start=1):
            place = {"department": department, "position": position}
            topic, _is_new = topics.get_or_create(parent=heading, name=str(example.name), defaults=place)
            self.create(topic=topic, **example.details())
            asked = topic.form_fields.exists()
            for number, question in enumerate(() if asked else example.questions, start=1):
                topic.form_fields.create(position=number, **question.details())


class RequestType(models.Model):
    """An entry of the catalogue of Solicitudes: a topic with its form, what it costs, and whether a manager must agree.

    `target_hours`: hours until the first answer, working hours unless its department is always open; empty, its
    department's.
    """

    topic = models.OneToOneField(Topic, models.CASCADE, related_name="request_type", verbose_name=_("topic"))
    slug = models.SlugField(_("address"), max_length=60, unique=True, help_text=_("The end of its page's address."))
    group = models.CharField(_("group"), max_length=60)
    icon = models.CharField(
        _("icon"), max_length=40, default="clipboard-document-list", help_text=_("Name of an outline heroicon.")
    )
    text = models.CharField(_("description"), max_length=300)
    price = models.CharField(_("price"), max_length=200, blank=True, help_text=_("In words."))
    needs_approval = models.BooleanField(
        _("needs approval"), default=False, help_text=_("A manager of the company agrees before it reaches support.")
    )
    target_hours = models.PositiveSmallIntegerField(
        _("response target"), null=True, blank=True, help_text=_("Working hours until the first answer.")
    )
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    objects = RequestTypeQuerySet.as_manager()

    IMPERSONAL = {"slug", "group", "icon", "text", "price"}

    class Meta:
        ordering = ["position", "id"]
        verbose_name = _("entry in Solicitudes")
        verbose_name_plural = _("entries in Solicitudes")

    def __str__(self) -> str:
        return self.topic.name

    def get_absolute_url(self) -> str:
        return reverse("requests:new", args=[self.slug])

    def clean(self) -> None:
        """Its icon is there to be shown, and its address is not that of another page."""
        icons.check(self.icon)
        if self.slug == RESERVED:
            raise ValidationError({"slug": _("Another page has this address.")})

    @property
    def response_hours(self) -> int | None:
        """Hours until the first answer, if anybody has said so; working hours, unless its department is always open."""
        return self.target_hours or self.topic.department.response_hours

    def asks_approval_of(self, person: User) -> bool:
        """Whether somebody else has to agree; a manager needs nobody."""
        return self.needs_approval and not person.is_company_manager


class RequestQuerySet(TenantQuerySet["Request"]):
    def visible_to(self, user):
        """One's own with the area; the managers' are the company's, for they decide."""
        requests = super().visible_to(user)
        if user.is_authenticated and user.is_company_manager:
            return requests
        return requests.filter(author=user) if user.is_authenticated and user.can_use_requests else self.none()

    def left_by(self, person):
        """What somebody who leaves has asked for and nobody has decided."""
        return self.waiting().filter(company=person.company_id, author=person)

    def waiting(self):
        return self.filter(state=Request.State.WAITING)

    def decided(self):
        return self.exclude(state=Request.State.WAITING)

    def not_tickets(self):
        """Those that are no ticket: waiting, refused, withdrawn."""
        return self.exclude(state=Request.State.APPROVED)

    def in_rows(self):
        """With what a row of a list shows."""
        return self.select_related("type__topic", "author", "decided_by")

    @transaction.atomic
    def ask(
        self,
        *,
        by: User,
        kind: RequestType,
        subject: str,
        body: str,
        answers: Sequence[Answer] = (),
        files: Sequence["Attachment"] = (),
    ) -> "Request":
        """Put what somebody wants before the managers of their company. It is no ticket yet."""
        content = {"type": kind, "price": kind.price, "subject": subject, "body": body}
        asked = self.create(company=by.company, author=by, **content)  # type: ignore[misc]  # customers always have one
        for file in files:
            file.move_to_request(asked)
        for answer in answers:
            answer.request, answer.company = asked, asked.company
            answer.save()
        emails.request_asked(asked)
        return asked


class Request(models.Model):
    """What somebody asked for that a manager of the company has to approve. `price` is what it said when it was asked.

    Only the approved one becomes a ticket, opened by its author.
    """

    class State(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("request", "waiting for approval")
        APPROVED = "approved", pgettext_lazy("request", "approved")
        REFUSED = "refused", pgettext_lazy("request", "refused")
        WITHDRAWN = "withdrawn", pgettext_lazy("request", "withdrawn")

    public_id = models.CharField(max_length=16, unique=True, default=random_id, editable=False)
    company = models.ForeignKey(Company, models.PROTECT, related_name="requests", verbose_name=_("company"))
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="requests", verbose_name=_("author")
    )
    type = models.ForeignKey(RequestType, models.PROTECT, related_name="requests", verbose_name=_("kind"))
    subject = models.CharField(_("subject"), max_length=200)
    body = models.TextField(_("text"), blank=True)
    price = models.CharField(_("price"), max_length=200, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.WAITING)
    asked_at = models.DateTimeField(_("asked"), default=timezone.now)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    reason = models.TextField(_("reason"), max_length=1000, blank=True)
    ticket = models.OneToOneField(Ticket, models.PROTECT, null=True, related_name="asked")

    objects = RequestQuerySet.as_manager()

    KEPT = {"subject", "body", "price", "reason"}
    IMPERSONAL = {"public_id"}

    class Meta:
        ordering = ["-asked_at", "-id"]
        verbose_name = _("request")
        verbose_name_plural = _("requests")
        constraints = [
            models.CheckConstraint(
                name="a_decided_request_says_who_and_when",
                condition=Q(state="waiting", decided_at=None, decided_by=None)
                | ~Q(state="waiting") & Q(decided_at__isnull=False, decided_by__isnull=False),
            ),
            models.CheckConstraint(
                name="only_an_approved_request_is_a_ticket", condition=Q(ticket=None) | Q(state="approved")
            ),
        ]
        indexes = [
            models.Index(fields=["company", "-asked_at", "public_id"], name="requests_of_company"),
            models.Index(fields=["company"], name="waiting_requests", condition=Q(state="waiting")),
        ]

    def __str__(self) -> str:
        return self.subject

    def get_absolute_url(self) -> str:
        """Where its author sees it."""
        return reverse("requests:asked", args=[self.public_id])

    # --- questions ---

    @property
    def is_waiting(self) -> bool:
        return self.state == self.State.WAITING

    @property
    def named_kind(self) -> str:
        """Its kind, where the subject is not just that."""
        return "" if self.subject == str(self.type) else str(self.type)

    @property
    def is_followed_up(self) -> bool:
        """Whether its author would read the ticket that it may become."""
        author = self.author
        return author.may_log_in() and (author.can_use_tickets or author.can_use_requests)

    def html(self, files: Iterable["Attachment"]) -> str:
        """The text as safe HTML, with the pictures pasted into it."""
        return message_html(self.body, files)

    def all_answers(self):
        """What was answered, also once the answers are the ticket's."""
        mine = Q(request=self) | Q(ticket=self.ticket_id) if self.ticket_id else Q(request=self)
        return Answer.objects.filter(mine).in_words()

    def actions_for(self, user: User) -> set[str]:
        """What `user` may do: its author takes it back, the managers decide."""
        if not self.is_waiting or user.is_viewed or user.company_id != self.company_id:
            return set()
        own = {"withdraw"} if self.author_id == user.pk else set()
        return own | ({"approve", "refuse"} if user.is_company_manager else set())

    # --- verbs ---

    @transaction.atomic
    def approve(self, *, by: User) -> Ticket:
        """Yes: it is its author's ticket now, with the same content; whoever agrees follows it when its author cannot
        read it. Raises NoLongerWaits."""
        if self.author.company_id != self.company_id:
            raise NoLongerWaits
        self.decide(self.State.APPROVED, by=by)
        self.ticket = Ticket.objects.open(
            by=self.author,
            topic=self.type.topic,
            request_type=self.type,
            subject=self.subject,
            body=self.body,
            files=list(self.attachments.select_related("stored")),
            answers=list(self.answers.in_words()),
            approved_by=by,
            followers=[] if self.is_followed_up else [by],
            accepts_surcharge=True,
        )
        self.save(update_fields=["ticket"])
        return self.ticket

    @transaction.atomic
    def refuse(self, *, by: User, reason: str) -> None:
        """No, and why. Raises NoLongerWaits."""
        self.decide(self.State.REFUSED, by=by, reason=reason)
        emails.request_refused(self)

    @transaction.atomic
    def withdraw(self, *, by: User) -> None:
        """The author wants it no longer. Raises NoLongerWaits."""
        self.decide(self.State.WITHDRAWN, by=by)

    # --- private helpers ---

    def decide(self, state: str, *, by: User, reason: str = "") -> None:
        """From waiting to what was decided, for whoever is first. Raises NoLongerWaits."""
        changes = {"state": state, "decided_by": by, "decided_at": timezone.now(), "reason": reason}
        if not Request.objects.filter(pk=self.pk).waiting().update(**changes):
            raise NoLongerWaits
        for name, value in changes.items():
            setattr(self, name, value)
