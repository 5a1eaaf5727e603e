from http import HTTPStatus

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from files import serving
from files.types import Kind
from tables import keyset
from text import rendering, when
from text.words import printable
from tickets import timeline
from tickets.forms import ORDERS, DraftFilesForm, FollowerForm, ReplyForm, TicketFilter, TicketForm, typed
from tickets.models import Attachment, Draft, IllegalStep, Ticket
from tickets.models.searching import found
from tickets.status import CURRENT, TAB_BY_KEY, TABS


@require_safe
def ticket_list(request):
    now = timezone.now()
    asked, misread = read_query(request.GET)
    tickets = Ticket.objects.visible_to(request.user)
    if asked["own"]:
        tickets = tickets.involving(request.user)
    filters = TicketFilter(request.GET, queryset=tickets.in_tab(asked["tab"], at=now), request=request)
    asked_for = filters.qs
    if asked["words"]:
        asked_for = found(asked_for, asked["words"], company=request.user.company_id)
    rows = asked_for.with_reading(request.user).select_related("author", "product")
    page, misread = page_of(rows, request, order=ORDERS[asked["order"]][1], misread=misread)
    for ticket in page.rows:
        ticket.unread = ticket.is_unread_by(request.user, read_to=ticket.read_to)
        ticket.when = when.near(ticket.created_at, now=now)
        ticket.absolute = when.absolute(ticket.created_at)
    counts = tickets.counts(at=now)
    context = {
        "page": page,
        "filters": filters,
        "asked": asked,
        "misread": misread,
        "tabs": [{"key": tab.key, "label": tab.label, "count": counts.get(tab.key)} for tab in TABS],
        "orders": [(key, label) for key, (label, _columns) in ORDERS.items()],
        "filtered": [name for name in filters.filters if request.GET.get(name)],
    }
    return render(request, "tickets/ticket_list.html", context)


def read_query(query) -> tuple[dict, bool]:
    """What the list's address asks for; an unknown key means the default, and that it was misread is said."""
    tab, order = query.get("estado", CURRENT.key), query.get("orden", next(iter(ORDERS)))
    misread = tab not in TAB_BY_KEY or order not in ORDERS
    asked = {
        "tab": TAB_BY_KEY.get(tab, CURRENT),
        "order": order if order in ORDERS else next(iter(ORDERS)),
        "own": query.get("ver") == "mios",
        "words": query.get("q", "").replace("\0", "")[:200].strip(),
    }
    return asked, misread


def page_of(tickets, request, *, order, misread: bool):
    try:
        return keyset.page(tickets, order=order, cursor=request.GET.get("pagina")), misread
    except keyset.BadCursor:
        return keyset.page(tickets, order=order, cursor=None), True


@require_POST
def mark_all_read(request):
    Ticket.objects.mark_read(request.user)
    messages.success(request, _("Every answer is marked as read."))
    return redirect("tickets:list")


@require_http_methods(["GET", "HEAD", "POST"])
def ticket_new(request):
    draft = None if request.method == "POST" else Draft.objects.waiting(person=request.user, ticket=None)
    form = TicketForm(
        request.POST or None,
        request.FILES or None,
        person=request.user,
        draft=draft,
        follows_up=continued(request),
    )
    if request.method == "POST" and form.is_valid() and (ticket := form.send()):
        done = _("Your ticket #%(number)s was sent. We will tell you of the answer by e-mail.")
        messages.success(request, done % {"number": ticket.number})
        return redirect(ticket)
    context = {"form": form, "restored": draft is not None}
    return render(request, "tickets/ticket_new.html", context)


def continued(request) -> Ticket | None:
    """The resolved ticket that a new one continues (`?sigue=12`)."""
    number = request.GET.get("sigue", "")
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        return None
    return Ticket.objects.visible_to(request.user).filter(number=number).first()


@require_http_methods(["GET", "HEAD", "POST"])
def ticket_detail(request, number):
    now = timezone.now()
    waiting = Draft.objects.waiting_beside(person=request.user)
    tickets = Ticket.objects.visible_to(request.user).for_page(request.user).annotate(**waiting)
    ticket = get_object_or_404(tickets, number=number)
    actions = ticket.actions_for(request.user)
    draft = draft_at(request, ticket)
    form = ReplyForm(request.POST or None, request.FILES or None, person=request.user, ticket=ticket, draft=draft)
    if request.method == "POST" and form.is_valid() and (message := form.send()):
        messages.success(request, _("Your answer was sent."))
        return redirect(f"{ticket.get_absolute_url()}#mensaje-{message.ticket.reply_count + 1}")
    files = timeline.files_of(ticket, draft=draft)
    if draft:
        form.attachments = files[None]
    context = {
        "ticket": ticket,
        "actions": actions,
        "form": form,
        "entries": timeline.of(ticket, files=files, now=now),
        "followers": ticket.followers.select_related("user"),
        "turn_lasts": when.lasting(ticket.turn_since, now=now),
        "opened_day": when.day(ticket.created_at, now=now),
    }
    if request.method == "GET" and ticket.is_unread_by(request.user, read_to=ticket.read_to):
        ticket.mark_read(request.user)
    request.alarm = ticket.alarm_elsewhere
    return render(request, "tickets/ticket_detail.html", context)


def draft_at(request, ticket) -> Draft | None:
    """What the person began to write here; a form that is being posted brings its own."""
    if request.method == "POST" or not ticket.draft_id:
        return None
    mine = {"person": request.user, "ticket": ticket}
    return Draft(id=ticket.draft_id, key=ticket.draft_key, fields=ticket.draft_fields, **mine)


@require_POST
def ticket_close(request, number):
    ticket = found_ticket(request, number)
    step(request, ticket.close, done=_("The ticket is marked as resolved. If it was not, you can reopen it."))
    return redirect(ticket)


@require_POST
def ticket_reopen(request, number):
    ticket = found_ticket(request, number)
    step(request, ticket.reopen, done=_("The ticket is open again and support has been told."))
    return redirect(ticket)


def found_ticket(request, number) -> Ticket:
    """The ticket, or 404. Whoever sees it may do every deed on it; whether its state allows it, the verb knows."""
    return get_object_or_404(Ticket.objects.visible_to(request.user), number=number)


def step(request, verb, *, done: str, **arguments) -> None:
    """Do it, or say why it cannot be done any more."""
    try:
        verb(by=request.user, **arguments)
    except IllegalStep as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, done)


@require_http_methods(["GET", "HEAD", "POST"])
def follower_add(request, number):
    ticket = found_ticket(request, number)
    form = FollowerForm(request.POST or None, ticket=ticket)
    if request.method == "POST" and form.is_valid():
        follower = form.save(by=request.user)
        messages.success(request, _("%(name)s is in copy now.") % {"name": follower})
        return redirect(ticket)
    return render(request, "tickets/follower_add.html", {"ticket": ticket, "form": form})


@require_POST
def follower_remove(request, number, follower):
    ticket = found_ticket(request, number)
    row = get_object_or_404(ticket.followers.select_related("user"), token=follower)
    step(request, ticket.remove_follower, done=_("%(name)s is no longer in copy.") % {"name": row}, follower=row)
    if row.user_id == request.user.pk and not request.user.can_see_company_tickets:
        return redirect("tickets:list")
    return redirect(ticket)


# --- files and drafts ---


@require_safe
def attachment(request, token):
    """A file of a ticket that the person may see; for staff, of the desk. `?ver` shows what can be shown safely."""
    if request.user.is_staff:
        files = Attachment.objects.for_staff(request.user)
    else:
        files = Attachment.objects.visible_to(request.user)
    file = get_object_or_404(files.select_related("stored"), token=token)
    if "ver" not in request.GET:
        return serving.respond(request, file.stored, name=file.name)
    if file.stored.kind == Kind.PICTURE and not file.stored.has_preview:
        return redirect(static("img/picture.svg"))
    return serving.respond(request, file.stored, name=file.name, inline=True, display=file.stored.is_picture)


@require_POST
def draft_files(request, number=None):
    """Files sent ahead by the script: the new items of the list, or the reasons with status 422."""
    ticket = get_object_or_404(Ticket.objects.visible_to(request.user), number=number) if number is not None else None
    if ticket is None and not request.user.can_use_tickets:
        raise PermissionDenied
    form = DraftFilesForm(request.POST, request.FILES, person=request.user, ticket=ticket)
    status = HTTPStatus.OK if form.is_valid() else HTTPStatus.UNPROCESSABLE_ENTITY
    return render(request, "components/composer_files.html", {"form": form}, status=status)


@require_POST
def draft_file_remove(request, token):
    """Drop a file that was not sent yet; what the form around it holds is kept."""
    files = Attachment.objects.visible_to(request.user).select_related("draft__ticket", "stored")
    file = get_object_or_404(files, token=token, message=None)
    file.draft.remove(file)
    if "body" in request.POST:
        file.draft.keep(typed(request.POST))
    return redirect(page_of_draft(request.user, file.draft.ticket))


@require_POST
def draft_discard(request, key):
    """“Clear”: forget what was typed and chosen."""
    draft = Draft.objects.visible_to(request.user).select_related("ticket").filter(key=key).first()
    if draft:
        draft.discard()
        messages.info(request, _("The form is empty again."))
    return redirect(page_of_draft(request.user, draft and draft.ticket))


def page_of_draft(user, ticket: Ticket | None) -> str:
    """Where a person writes: the new ticket, the ticket's page, or its conversation on the desk."""
    if ticket is None:
        return reverse("tickets:new")
    return reverse("admin:tickets_ticket_change", args=[ticket.pk]) if user.is_staff else ticket.get_absolute_url()


@require_POST
def preview(request):
    """How the text will look, for the preview tab of the composer."""
    body = request.POST.get("body", "")[: rendering.MESSAGE_LIMIT]
    draft = Draft.objects.visible_to(request.user).filter(key=printable(request.POST.get("key", ""))[:40]).first()
    files = draft.attachments.select_related("stored") if draft else []
    pictures = {file.position: file.picture_url for file in files if file.stored.is_picture}
    html = mark_safe(rendering.message_html(body, pictures))  # noqa: S308 - sanitised there
    return render(request, "components/preview.html", {"html": html})
