"""The page of a ticket, and what changes in it while it is open."""

from http import HTTPStatus

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import areas, limits
from accounts.sessions import in_background
from text import when
from tickets import printing, timeline, turns
from tickets.forms import ReplyForm
from tickets.models import Draft, Ticket


@require_http_methods(["GET", "HEAD", "POST"])
def ticket_detail(request, number):
    tickets = Ticket.objects.visible_to(request.user).filter(number=number)
    ticket = tickets.for_page(request.user).with_draft_of(request.user).first()
    if ticket is None:
        raise Http404
    ticket.company = request.user.company  # as of all that one may know; read already
    draft = draft_at(request, ticket)
    form = ReplyForm(
        request.POST or None,
        request.FILES or None,
        person=request.user,
        ticket=ticket,
        draft=draft,
        spend=limits.spender(request),
    )
    if request.method == "POST" and form.is_valid() and (message := form.send()):
        messages.success(request, _("Your answer was sent."))
        return redirect(f"{ticket.get_absolute_url()}#mensaje-{message.ticket.reply_count + 1}")
    now, whole = timezone.now(), request.GET.get("hilo") == "entero"
    thread = timeline.of(ticket, now=now, whole=whole, draft=draft)
    if draft:
        form.attachments = thread.waiting_files
    if request.method == "GET":
        form.quote(timeline.quotable(thread.entries, request.GET.get("citar")))
        if ticket.is_unread_by(request.user, read_to=ticket.read_to):
            ticket.mark_read(request.user)
    request.alarm = ticket.alarm_elsewhere
    context = page(ticket, request.user, thread.entries, now=now)
    context |= {"form": form, "kept": "hilo=entero&" if whole else "", "answers": ticket.all_answers()}
    return render(request, "tickets/ticket_detail.html", context)


def draft_at(request, ticket) -> Draft | None:
    """What the person began to write here; a form that is being posted brings its own."""
    if request.method == "POST" or not ticket.draft_id:
        return None
    mine = {"person": request.user, "ticket": ticket}
    kept = {name: getattr(ticket, f"draft_{name}") for name in ("id", "key", "fields", "revision")}
    return Draft(**kept, **mine)


@require_safe
@in_background
def ticket_changes(request, number, since):
    """What is new in the ticket since the moment that an open page shows; 204, after one query, when nothing is.

    `?visto` says that the person is looking at the page, so that it counts as read.
    """
    tickets = Ticket.objects.visible_to(request.user)
    here = tickets.with_reading(request.user).only("changed_at", "answered_at")
    ticket = get_object_or_404(here, number=number)
    if "visto" in request.GET and ticket.is_unread_by(request.user, read_to=ticket.read_to):
        ticket.mark_read(request.user)
    if ticket.version <= since:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    now, ticket = timezone.now(), tickets.for_page(request.user).get(pk=ticket.pk)
    entries = timeline.since(ticket, since, now=now)
    context = page(ticket, request.user, entries, now=now)
    context["arrived"] = timeline.arrived(entries, reader=request.user)
    return render(request, "tickets/ticket_changes.html", context)


@require_safe
def ticket_print(request, number):
    """The whole conversation for paper or a PDF, however long it is."""
    tickets = Ticket.objects.visible_to(request.user).select_related(*printing.NAMED)
    ticket = get_object_or_404(tickets, number=number)
    context = printing.sheet(ticket, reader=request.user, now=timezone.now())
    return render(request, "tickets/ticket_print.html", context | {"back": ticket.get_absolute_url()})


def page(ticket: Ticket, user, entries, *, now) -> dict:
    """What the page and its changes show alike."""
    return {
        "ticket": ticket,
        "asks": reverse("thread:changes", args=[ticket.number, ticket.version]),
        "actions": ticket.actions_for(user),
        "entries": entries,
        "followers": ticket.in_copy(),
        "turn": turns.words(ticket, reader=user, now=now),
        "opened_day": when.day(ticket.created_at, now=now),
        "shows_service": ticket.incident_id is not None and areas.has_in_menu(user, "status"),
    }
