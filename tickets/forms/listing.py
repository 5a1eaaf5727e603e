"""What the list of tickets may be asked for."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

import django_filters
from django import forms
from django.db.models import Exists, OuterRef
from django.http import QueryDict
from django.utils import formats
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from contracts.models import Product
from tables.days import DAYS, beginning_of, end_of
from tickets.forms.modules import offer_modules
from tickets.models import Ticket, Topic
from tickets.models.searching import found
from tickets.models.tickets import TicketQuerySet
from tickets.status import CURRENT, TAB_BY_KEY, Priority, Status

ORDERS = {
    "recientes": (_("Newest first"), ("-created_at", "-number")),
    "antiguos": (_("Oldest first"), ("created_at", "number")),
    "actividad": (_("Last activity"), ("-last_message_at", "-number")),
}
USUAL_ORDER = next(iter(ORDERS))


def a_day(label, **arguments):
    day = forms.DateInput(attrs={"type": "date"})
    return django_filters.DateFilter(label=label, widget=day, validators=DAYS, **arguments)


class TicketFilter(django_filters.FilterSet):
    """The filters of the list. What is not understood is left out, and said beside its field."""

    autor = django_filters.ModelChoiceFilter(
        label=_("Author"),
        field_name="author",
        queryset=User.objects.none(),
        to_field_name="public_id",
        empty_label=_("Anybody"),
    )
    modulo = django_filters.ModelChoiceFilter(
        label=_("Module"), field_name="product", queryset=Product.objects.modules(), empty_label=_("Any module")
    )
    tema = django_filters.ModelChoiceFilter(
        label=_("Topic"),
        field_name="topic",
        queryset=Topic.objects.nested(),
        empty_label=_("Any topic"),
    )
    prioridad = django_filters.TypedChoiceFilter(
        label=_("Priority"),
        field_name="priority",
        choices=[("", pgettext_lazy("priority", "Any")), *Priority.choices],
        coerce=lambda value: Priority(int(value)),
    )
    sin_leer = django_filters.BooleanFilter(
        label=_("Answers"),
        method="only_unread",
        widget=forms.Select(choices=[("", _("Read or not")), ("1", _("Unread only"))]),
    )
    desde = a_day(_("Opened from"), method="opened_from")
    hasta = a_day(_("Opened until"), method="opened_until")
    resuelto_desde = a_day(_("Resolved from"), method="resolved_from")
    resuelto_hasta = a_day(_("Resolved until"), method="resolved_until")

    class Meta:
        model = Ticket
        fields: list[str] = []

    def __init__(self, query, *, tickets: TicketQuerySet, person: User) -> None:
        super().__init__(query, tickets)
        self.person = person
        if person.can_see_company_tickets:
            self.filters["autor"].queryset = authors_for(person)
        else:
            del self.filters["autor"]
        offer_modules(self.form, Product.objects.modules(), name="modulo")

    def only_unread(self, tickets, name, wanted):
        return tickets.unread_by(self.person) if wanted else tickets

    def opened_from(self, tickets, name, day):
        return tickets.filter(created_at__gte=beginning_of(day))

    def opened_until(self, tickets, name, day):
        return tickets.filter(created_at__lte=end_of(day))

    def resolved_from(self, tickets, name, day):
        return tickets.filter(status=Status.CLOSED, closed_at__gte=beginning_of(day))

    def resolved_until(self, tickets, name, day):
        return tickets.filter(status=Status.CLOSED, closed_at__lte=end_of(day))


def authors_for(person: User):
    """The colleagues who wrote a ticket that the person may see: few enough for a list, also in a large company."""
    theirs = Ticket.objects.visible_to(person).filter(author=OuterRef("pk"))
    return User.objects.visible_to(person).filter(Exists(theirs)).order_by("first_name", "last_name", "pk")


@dataclass(frozen=True)
class AppliedFilter:
    """A filter in words, “Author: Ana Ruiz”, and the list's query without it."""

    label: str | Promise
    words: str
    rest: QueryDict


class Listing:
    """What an address of the list asks for, read once for the list itself, its panel of filters and its export.

    An unknown key means the usual list, and that one was met is said (`misread`).
    """

    def __init__(self, query: QueryDict, *, person: User, at: datetime) -> None:
        tab, order = query.get("estado", CURRENT.key), query.get("orden", USUAL_ORDER)
        self.query, self.person, self.at = query, person, at
        self.tab = TAB_BY_KEY.get(tab, CURRENT)
        self.order = order if order in ORDERS else USUAL_ORDER
        self.misread = tab not in TAB_BY_KEY or order not in ORDERS
        self.own = query.get("ver") == "mios"
        self.words = query.get("q", "").replace("\0", "")[:200].strip()

    @property
    def columns(self) -> tuple[str, ...]:
        """The order as columns of the ticket."""
        return ORDERS[self.order][1]

    @cached_property
    def tickets(self) -> TicketQuerySet:
        """All that the person may see, or only what is theirs: what the tabs count."""
        return Ticket.objects.personal_to(self.person) if self.own else Ticket.objects.visible_to(self.person)

    @cached_property
    def filters(self) -> TicketFilter:
        tickets = self.tickets.in_tab(self.tab, at=self.at)
        return TicketFilter(self.query, tickets=tickets, person=self.person)

    @cached_property
    def is_filtered(self) -> bool:
        """Without a filter in the address the form of the filters is not even made."""
        return any(self.query.get(name) for name in TicketFilter.base_filters)

    @property
    def errors(self) -> Mapping:
        return self.filters.errors if self.is_filtered else {}

    def rows(self) -> TicketQuerySet:
        """The tickets asked for, in no order yet."""
        rows = self.filters.qs if self.is_filtered else self.tickets.in_tab(self.tab, at=self.at)
        return found(rows, self.words, company=self.person.company_id) if self.words else rows

    def applied(self) -> Iterator[AppliedFilter]:
        """The filters that narrow the list; those that were not understood do not."""
        form = self.filters.form
        for name, field in form.fields.items():
            if value := form.cleaned_data.get(name):
                yield AppliedFilter(field.label, in_words(value), self.without(name))

    @property
    def unfiltered(self) -> QueryDict:
        """The query without its filters; the words, the tab and the order stay."""
        return self.without(*TicketFilter.base_filters, "filtros")

    def without(self, *names: str) -> QueryDict:
        rest = self.query.copy()
        for name in (*names, "pagina"):
            rest.pop(name, None)
        return rest


def in_words(value) -> str:
    match value:
        case True:
            return str(_("Unread only"))
        case Priority():
            return str(value.label)
        case date():
            return formats.date_format(value, "SHORT_DATE_FORMAT")
    return str(value)
