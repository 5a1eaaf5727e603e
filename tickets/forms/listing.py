"""What the list of tickets may be asked for."""

from datetime import datetime, time

import django_filters
from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from accounts.models import User
from contracts.models import Product
from tickets.models import Ticket, Topic
from tickets.status import Priority

ORDERS = {
    "recientes": (_("Newest first"), ("-created_at", "-number")),
    "antiguos": (_("Oldest first"), ("created_at", "number")),
    "actividad": (_("Last activity"), ("-last_message_at", "-number")),
}


class TicketFilter(django_filters.FilterSet):
    """The filters of the list. What is not understood is left out, and said beside its field."""

    autor = django_filters.ModelChoiceFilter(
        label=_("Author"),
        field_name="author",
        queryset=lambda request: colleagues_of(request.user),
        to_field_name="public_id",
        empty_label=_("Anybody"),
    )
    modulo = django_filters.ModelChoiceFilter(
        label=_("Module"), field_name="product", queryset=Product.objects.modules(), empty_label=_("Any module")
    )
    tema = django_filters.ModelChoiceFilter(
        label=_("Topic"),
        field_name="topic",
        queryset=Topic.objects.select_related("parent"),
        empty_label=_("Any topic"),
    )
    prioridad = django_filters.ChoiceFilter(
        label=_("Priority"),
        field_name="priority",
        choices=Priority.choices,
        empty_label=pgettext_lazy("priority", "Any"),
    )
    desde = django_filters.DateFilter(
        label=_("Opened from"), method="opened_from", widget=forms.DateInput(attrs={"type": "date"})
    )
    hasta = django_filters.DateFilter(
        label=_("Opened until"), method="opened_until", widget=forms.DateInput(attrs={"type": "date"})
    )

    class Meta:
        model = Ticket
        fields: list[str] = []

    def opened_from(self, tickets, name, day):
        return tickets.filter(created_at__gte=timezone.make_aware(datetime.combine(day, time.min)))

    def opened_until(self, tickets, name, day):
        return tickets.filter(created_at__lte=timezone.make_aware(datetime.combine(day, time.max)))


def colleagues_of(user):
    return User.objects.visible_to(user)
