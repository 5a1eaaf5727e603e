"""The list of tickets, what it is filtered by, and what is done with many tickets at once."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from accounts import limits, stepup
from accounts.models import AuditEntry
from tables import csv, keyset
from text import when
from tickets import exporting
from tickets.forms import ORDERS, Listing
from tickets.models import Ticket
from tickets.status import TABS


@require_safe
def ticket_list(request):
    if request.GET.get("q"):
        limits.spend("search", request)
    now = timezone.now()
    listing = Listing(request.GET, person=request.user, at=now)
    page, misread = page_of(listing.rows(), request, order=listing.columns)
    for ticket in page.rows:
        ticket.unread = ticket.is_unread_by(request.user, read_to=ticket.read_to)
        ticket.when = when.near(ticket.created_at, now=now)
        ticket.absolute = when.absolute(ticket.created_at)
    counts, request.alarm = listing.tickets.counts(at=now, reader=request.user)
    context = {
        "page": page,
        "listing": listing,
        "misread": misread or listing.misread,
        "tabs": [{"key": tab.key, "label": tab.label, "count": counts.get(tab.key)} for tab in TABS],
        "orders": [(key, label) for key, (label, _columns) in ORDERS.items()],
        "panel_is_open": "filtros" in request.GET or bool(listing.errors),
    }
    return render(request, "tickets/ticket_list.html", context)


def page_of(tickets, request, *, order):
    """The page that the address names, or the first one; and whether it names one that never was."""

    def shown(rows):
        return rows.with_reading(request.user).in_rows()

    try:
        return keyset.page(tickets, order=order, cursor=request.GET.get("pagina"), shown=shown), False
    except keyset.BadCursor:
        return keyset.page(tickets, order=order, cursor=None, shown=shown), True


@require_safe
def ticket_filters(request):
    """The panel of filters, fetched when it is opened."""
    listing = Listing(request.GET, person=request.user, at=timezone.now())
    return render(request, "components/ticket_filters.html", {"listing": listing})


@require_safe
@limits.limited("export")
def ticket_export(request):
    """The list as a table for a spreadsheet: the same address, the same rows, on all its pages.

    A large one is given to whoever has just shown who they are.
    """
    now = timezone.now()
    listing = Listing(request.GET, person=request.user, at=now)
    tickets = listing.rows().order_by(*listing.columns)
    if not stepup.is_fresh(request) and exporting.is_large(tickets):
        return stepup.ask(request, back="tickets:list")
    if request.method == "GET":
        kind, what = AuditEntry.Kind.DATA_EXPORTED, {"export": [None, "tickets"]}
        AuditEntry.write(kind, by=request.user, company=request.user.company, changes=what)
    name = f"tickets-{timezone.localdate(now).isoformat()}.csv"
    return csv.download(request, exporting.HEADINGS, exporting.rows_of(tickets), name=name)


@require_POST
def mark_all_read(request):
    Ticket.objects.mark_read(request.user)
    messages.success(request, _("Every answer is marked as read."))
    return redirect("tickets:list")
