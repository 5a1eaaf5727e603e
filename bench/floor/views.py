"""The least that a page with a person, a list and a conversation costs in Django. Nothing of ours but the models."""

from datetime import timedelta

from django.contrib.auth.decorators import login_required
from django.db.models import Count, F, FilteredRelation, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from tickets.models import Ticket
from tickets.status import LIVE_STATUSES, Status

PARAGRAPHS = range(40)  # about 20 kB


def health(request):
    return HttpResponse("ok")


@login_required
def session_page(request):
    """Two queries: session and user."""
    return render(request, "floor/session.html", {"paragraphs": PARAGRAPHS})


@login_required
def lean_list(request):
    """Four queries: session, user, numbers, rows."""
    since = timezone.now() - timedelta(days=15)
    current = Q(status__in=LIVE_STATUSES) | Q(status=Status.CLOSED, closed_at__gt=since)
    tickets = Ticket.objects.filter(current, company=request.user.company_id)
    numbers = tickets.order_by("status").values_list("status").annotate(Count("pk"))
    mine = FilteredRelation("read_marks", condition=Q(read_marks__user=request.user))
    rows = tickets.annotate(mine=mine, read_to=F("mine__read_to")).select_related("author", "product")
    context = {"numbers": list(numbers), "tickets": rows.order_by("-created_at", "-number")[:25]}
    return render(request, "floor/list.html", context)


@login_required
def lean_ticket(request, number):
    """Four queries: session, user, ticket, messages."""
    people_and_things = ("author", "assignee", "topic", "product")
    tickets = Ticket.objects.filter(company=request.user.company_id).select_related(*people_and_things)
    ticket = get_object_or_404(tickets, number=number)
    context = {"ticket": ticket, "thread": ticket.messages.select_related("author")}
    return render(request, "floor/ticket.html", context)
