"""Solicitudes: the catalogue, one's own requests, and the form of each kind."""

from functools import partial

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import limits
from tables import keyset
from text import when
from tickets.forms import RequestForm
from tickets.models import Draft, Request, RequestType, Ticket
from tickets.views.thread import step
from tickets.views.writing import files_sent_ahead

NEWEST_FIRST = ("-asked_at", "-public_id")
BY_ENTRY = ("-created_at", "-number")
# What `?ver` may say: requests that are over, or those that are no ticket; otherwise those under way are shown.
OVER, NO_TICKETS = "pasadas", "por-aprobar"


@require_safe
def catalogue(request):
    """What may be asked for, and below it one's own requests."""
    part = request.GET.get("ver", "")
    own = Request.objects.visible_to(request.user).filter(author=request.user)
    context = {
        "groups": by_group(RequestType.objects.visible_to(request.user)),
        "page": asked_page(request, own.not_tickets()) if part == NO_TICKETS else ticket_page(request, part),
        "part": part,
        "waiting": own.waiting().count(),
    }
    return render(request, "tickets/request_list.html", context)


def by_group(kinds) -> list[tuple[str, list[RequestType]]]:
    """The catalogue in its groups; each stands where the first of its kinds does."""
    groups: dict[str, list[RequestType]] = {}
    for kind in kinds:
        groups.setdefault(kind.group, []).append(kind)
    return list(groups.items())


def ticket_page(request, part: str) -> keyset.KeysetPage[Ticket]:
    """One's requests that are tickets: under way, or over."""
    now, tickets = timezone.now(), Ticket.objects.visible_to(request.user).requested_by(request.user)
    rows = tickets.over() if part == OVER else tickets.running()
    page = page_of(request, rows, order=BY_ENTRY, shown=lambda rows: rows.with_reading(request.user).in_rows())
    for ticket in page.rows:
        ticket.unread = ticket.is_unread_by(request.user, read_to=ticket.read_to)
        ticket.when, ticket.absolute = when.near(ticket.created_at, now=now), when.absolute(ticket.created_at)
    return page


def asked_page(request, rows) -> keyset.KeysetPage[Request]:
    """Requests with a manager, newest first."""
    now = timezone.now()
    page = page_of(request, rows, order=NEWEST_FIRST, shown=lambda rows: rows.in_rows())
    for asked in page.rows:
        asked.when, asked.absolute = when.near(asked.asked_at, now=now), when.absolute(asked.asked_at)
    return page


def page_of(request, rows, **how):
    """The page that the address names, or the first one."""
    paged = partial(keyset.page, rows, **how)
    try:
        return paged(cursor=request.GET.get("pagina"))
    except keyset.BadCursor:
        return paged()


@require_http_methods(["GET", "HEAD", "POST"])
def request_new(request, slug):
    """The form of one kind of request."""
    kind = get_object_or_404(RequestType.objects.visible_to(request.user), slug=slug)
    draft = None
    if request.method != "POST":
        draft = Draft.objects.waiting(person=request.user, ticket=None, request_type=kind)
    form = RequestForm(
        request.POST or None,
        request.FILES or None,
        person=request.user,
        request_type=kind,
        draft=draft,
        spend=limits.spender(request),
    )
    if request.method == "POST" and form.is_valid() and (sent := form.send()):
        messages.success(request, words_for(sent))
        return redirect(sent)
    return render(request, "tickets/request_new.html", {"form": form, "kind": kind, "restored": draft is not None})


def words_for(sent: Ticket | Request) -> str:
    if isinstance(sent, Request):
        return _("Your request awaits the approval of a manager of your company. You will be told by e-mail.")
    done = _("Your request was sent: it is ticket #%(number)s. We will tell you of the answer by e-mail.")
    return done % {"number": sent.number}


@require_POST
def draft_files(request, slug):
    """Files sent ahead by the script."""
    kind = get_object_or_404(RequestType.objects.visible_to(request.user), slug=slug)
    return files_sent_ahead(request, request_type=kind)


@require_safe
def asked_detail(request, public_id):
    """One's own request that had to be approved; once it is a ticket, that."""
    asked = own_request(request, public_id)
    if asked.ticket:
        return redirect(asked.ticket)
    context = {"asked": asked, "actions": asked.actions_for(request.user), **content_of(asked)}
    return render(request, "tickets/asked.html", context)


@require_POST
def asked_withdraw(request, public_id):
    asked = own_request(request, public_id)
    step(request, asked.withdraw, done=_("The request is withdrawn."))
    return redirect(asked)


def own_request(request, public_id) -> Request:
    own = Request.objects.visible_to(request.user).filter(author=request.user).in_rows()
    return get_object_or_404(own.select_related("ticket"), public_id=public_id)


def content_of(asked: Request) -> dict:
    """What was asked for, as its page shows it: never a thread."""
    files = list(asked.attachments.select_related("stored"))
    return {"answers": asked.all_answers(), "files": files, "html": asked.html(files)}
