"""A ticket and what hangs from it: opening, reading, deeds and files."""

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.templatetags.static import static
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import limits
from accounts.sessions import in_background
from files import serving
from files.types import Kind
from text.words import printable
from tickets.forms import FollowerForm, TicketForm
from tickets.models import Attachment, Draft, IllegalStep, Ticket
from tickets.models.seal import page_of_draft


@require_http_methods(["GET", "HEAD", "POST"])
def ticket_new(request):
    """A new ticket. With `?sigue=12` it continues that one, which was resolved too long ago to be answered; with
    `?asunto=…` another page has begun it."""
    continues, draft = request.GET.get("sigue", ""), None
    if request.method != "POST":
        draft = Draft.objects.waiting(person=request.user, ticket=None, continues=printable(continues))
    form = TicketForm(
        request.POST or None,
        request.FILES or None,
        person=request.user,
        draft=draft,
        continues=continues,
        subject=request.GET.get("asunto", ""),
        topic=request.GET.get("tema", ""),
        spend=limits.spender(request),
    )
    if request.method == "POST" and form.is_valid() and (ticket := form.send()):
        done = _("Your ticket #%(number)s was sent. We will tell you of the answer by e-mail.")
        messages.success(request, done % {"number": ticket.number})
        return redirect(ticket)
    context = {"form": form, "restored": draft is not None}
    return render(request, "tickets/ticket_new.html", context)


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
def ticket_follow(request, number):
    """Put oneself in copy of a ticket that one may see."""
    ticket = found_ticket(request, number)
    done = _("You follow this ticket now: we will tell you of every answer by e-mail.")
    step(request, ticket.add_follower, done=done, person=request.user)
    return redirect(ticket)


@require_POST
def follower_remove(request, number, follower):
    ticket = found_ticket(request, number)
    row = get_object_or_404(ticket.followers.select_related("user"), token=follower)
    step(request, ticket.remove_follower, done=_("%(name)s is no longer in copy.") % {"name": row}, follower=row)
    if row.user_id == request.user.pk and not request.user.can_see_company_tickets:
        return redirect("tickets:list")
    return redirect(ticket)


# --- files ---


@require_safe
def attachment(request, token):
    """A file of a ticket that the person may see; for staff, of the desk. `?ver` shows what can be shown safely, and
    does not count as a download."""
    file = found_file(request, token)
    is_shown = "ver" in request.GET
    if request.method == "GET" and not is_shown and not request.user.is_staff:
        limits.spend("download", request)
    if is_shown and file.stored.kind == Kind.PICTURE and not (file.stored.has_preview or file.stored.is_infected):
        return redirect(static("img/picture.svg"))
    try:
        return serving.respond(
            request, file.stored, name=file.name, inline=is_shown, display=is_shown and file.stored.is_picture
        )
    except serving.Withheld:
        context = {"file": file, "back": file.ticket and page_of_draft(request.user, file.ticket)}
        return render(request, "tickets/file_withheld.html", context, status=HTTPStatus.FORBIDDEN)


@require_safe
@in_background
def attachment_state(request, token):
    """What a page shows of a file once the antivirus has looked at it; until then 204."""
    file = found_file(request, token)
    if file.stored.awaits_scan:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    return render(request, "components/attachments.html", {"files": [file]})


def found_file(request, token) -> Attachment:
    if request.user.is_staff:
        files = Attachment.objects.for_staff(request.user)
    else:
        files = Attachment.objects.visible_to(request.user)
    return get_object_or_404(files.select_related("stored"), token=token)
