"""Guests: opening a ticket without an account, and following it. What these pages say never depends on who is known
here, and a ticket is read by whoever has shown its code and address, or its link, in this session (decision 73)."""

from dataclasses import replace
from functools import wraps
from http import HTTPStatus

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import limits
from accounts.sessions import in_background
from files import serving
from files.types import Kind
from knowledge.models import Article
from knowledge.models.article import HALF
from text import when
from tickets import timeline, turns
from tickets.forms.guests import GuestReplyForm, GuestTicketForm, LookupForm
from tickets.models import Attachment, Event, Guest, IllegalStep, Ticket
from tickets.models.guest import NoLongerWaits
from tickets.status import Status

# In the session: which tickets may be read here, each until when, and what was sent last.
HELD, SENT = "guests", "guest_sent"
# So long a session may read one, in seconds; a browser in a public place is not for ever.
HELD_FOR = 4 * 3600
MOST_HELD = 20
ARTICLES_SUGGESTED = 3


def where_guests_may(view):
    """Where guests open no tickets their pages do not exist."""

    @wraps(view)
    def asked(request, *args, **kwargs):
        if not settings.GUESTS:
            raise Http404
        return view(request, *args, **kwargs)

    return asked


def for_visitors(view):
    """A page of guests: it needs no log-in and is kept nowhere."""
    return login_not_required(never_cache(where_guests_may(view)))


# --- opening ---


@for_visitors
@require_http_methods(["GET", "HEAD", "POST"])
def new(request):
    """A ticket without an account: whatever is known of the address, the same page, work and time."""
    if request.user.is_authenticated:
        return redirect("tickets:new" if request.user.can_use_tickets else "home")
    form = GuestTicketForm(request.POST or None, request.FILES or None, spend=limits.spender(request))
    if request.method == "POST" and form.topics and form.is_valid() and is_allowed(request, form):
        guest = form.save()
        if guest is not None:
            request.session[SENT] = {"code": guest.called, "email": guest.email}
            return redirect("guests:sent")
    last = request.session.get(SENT)
    begins_again = last is not None and request.method != "POST" and "otra-vez" in request.GET
    return shown(request, "guests/new.html", {"form": form, "is_again": begins_again and form.begin_again(**last)})


def is_allowed(request, form) -> bool:
    """Not more often than somebody asks who means it; what was typed stays in the form."""
    try:
        limits.spend("guest_network", request)
        limits.spend("guest", request, what=mailbox_of(form.cleaned_data["email"]))
    except limits.Reached as refusal:
        form.add_error(None, refusal)
        return False
    return True


def mailbox_of(email: str) -> str:
    """Where it arrives: what stands behind a + is another name of the same mailbox."""
    name, _at, domain = email.rpartition("@")
    return f"{name.partition('+')[0]}@{domain}"


@for_visitors
@require_safe
def sent(request):
    """The code of the ticket that was sent last from this browser."""
    last = request.session.get(SENT)
    return shown(request, "guests/sent.html", {"sent": last}) if last else redirect("guests:new")


@for_visitors
@limits.limited("guest_link", methods=("POST",))
@require_http_methods(["GET", "HEAD", "POST"])
def verify(request, token):
    """The link that shows whose the address is: GET shows what was written, POST confirms it. A program that follows
    the links of mails confirms nothing."""
    guest = Guest.objects.to_verify(token, at=timezone.now())
    if guest is None:
        return over(request)
    if request.method == "POST":
        try:
            guest.verify()
        except NoLongerWaits:
            return over(request)
        let_in(request, guest)
        messages.success(request, _("Support has received your ticket. We will tell you of the answer by e-mail."))
        return redirect(guest)
    return shown(request, "guests/verify.html", {"guest": guest, "files": guest.attachments.all()})


def over(request):
    return shown(request, "guests/over.html", {}, status=HTTPStatus.GONE)


@for_visitors
@limits.limited("suggestions_visitor")
@require_safe
def answers(request):
    """While the subject is typed: articles of the help that visitors may read and that may answer it."""
    readable = Article.objects.visible_to(request.user)
    articles = readable.answering(request.GET.get("subject", ""), most=ARTICLES_SUGGESTED, least=HALF)
    return render(request, "components/similar_tickets.html", {"tickets": [], "articles": articles})


# --- coming back ---


@for_visitors
@require_http_methods(["GET", "HEAD", "POST"])
def lookup(request):
    """Code and address, together: the same words and work for a wrong one as for one that never was."""
    form = LookupForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and (spent := spend_try(request, form)):
        guest = Guest.objects.visible_with(**form.cleaned_data)
        if guest is not None:
            for name, what in spent:
                limits.give_back(name, request, what=what)
            let_in(request, guest)
            return redirect(guest)
        form.refuse()
    return shown(request, "guests/lookup.html", {"form": form, "held": held(request)})


def spend_try(request, form) -> list[tuple[str, str]]:
    """One more try at this code and with this address; what was spent, or nothing with the reason on the form."""
    code, email = form.cleaned_data["code"], form.cleaned_data["email"]
    spent = []
    for name, what in (("guest_code_network", ""), ("guest_code", code), ("guest_address", email)):
        try:
            limits.spend(name, request, what=what)
        except limits.Reached as refusal:
            form.add_error(None, refusal)
            return []
        spent.append((name, what))
    return spent


@for_visitors
@require_safe
def link(request, token):
    """The link of a mail: this session may read the ticket, as with code and address."""
    guest = Guest.objects.visible_by(token)
    if guest is None:
        messages.info(request, _("This link opens nothing any more. Try with the code and your address, or log in."))
        return redirect("guests:lookup")
    let_in(request, guest)
    if request.user.is_authenticated and request.user.email == guest.email:
        request.user.prove_email()
    return redirect(guest)


def let_in(request, guest: Guest) -> None:
    """From now on, and for some hours, this session may read the ticket; under another key than before."""
    if not request.user.is_authenticated:  # whoever is logged in goes on in the session that their list names
        request.session.cycle_key()
    tickets = sorted(running(request).items(), key=lambda one: one[1])[1 - MOST_HELD :]
    request.session[HELD] = dict(tickets) | {guest.public_id: timezone.now().timestamp() + HELD_FOR}


def running(request) -> dict[str, float]:
    """What this session may still read, each with its end."""
    now = timezone.now().timestamp()
    return {key: until for key, until in request.session.get(HELD, {}).items() if until > now}


def held(request):
    """The guests whose tickets this session may read, the newest first."""
    keys = list(running(request))
    return Guest.objects.visible_in(keys).order_by("-asked_at") if keys else []


def found(request, code: str) -> Guest:
    """The guest with this code, if this session may read the ticket; otherwise it is not there."""
    keys = list(running(request))
    if not keys:
        raise Http404
    return get_object_or_404(Guest.objects.visible_in(keys), code=code)


@for_visitors
@require_http_methods(["GET", "HEAD", "POST"])
def read(request, code):
    """The thread and the answer to it."""
    if not running(request):
        return redirect("guests:lookup")
    guest = found(request, code)
    if guest.adopted_at:
        return shown(request, "guests/adopted.html", {"guest": guest})
    ticket: Ticket = guest.ticket  # type: ignore[assignment]  # what a session holds has one
    form = GuestReplyForm(request.POST or None, request.FILES or None, spend=limits.spender(request))
    if request.method == "POST" and form.is_valid() and replied(request, form, guest):
        messages.success(request, _("Your answer was sent."))
        return redirect(guest)
    now, whole = timezone.now(), request.GET.get("hilo") == "entero"
    entries = readable(timeline.of(ticket, now=now, whole=whole).entries, guest)
    if request.method == "GET":
        form.quote(timeline.quotable(entries, request.GET.get("citar")))
    context = page(guest, ticket, entries, now=now) | {"form": form, "kept": "hilo=entero&" if whole else ""}
    return shown(request, "guests/ticket.html", context)


@for_visitors
@require_safe
@in_background
def changes(request, code, since):
    """What is new in the ticket since the moment that an open page shows; 204, after one query, when nothing is."""
    guest = found(request, code)
    if guest.adopted_at:
        raise Http404
    ticket: Ticket = guest.ticket  # type: ignore[assignment]  # what a session holds has one
    if ticket.version <= since:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    now = timezone.now()
    entries = readable(timeline.since(ticket, since, now=now), guest)
    answers = [entry for entry in entries if entry.kind == "message" and entry.row.from_support]
    context = page(guest, ticket, entries, now=now) | {"arrived": answers[-1] if answers else None}
    return render(request, "guests/changes.html", context)


def page(guest: Guest, ticket: Ticket, entries, *, now) -> dict:
    """What the page and its changes show alike."""
    return {
        "guest": guest,
        "ticket": ticket,
        "asks": reverse("guests:changes", args=[guest.code, ticket.version]),
        "actions": guest.actions(),
        "entries": entries,
        "turn": turns.words(ticket, reader=guest, now=now),
        "opened_day": when.day(ticket.created_at, now=now),
    }


def replied(request, form: GuestReplyForm, guest: Guest) -> bool:
    """Whether the answer is in the thread; if not, the form says why."""
    try:
        limits.spend("guest_reply", request, what=guest.code)
        return form.save(guest)
    except (IllegalStep, limits.Reached) as refusal:
        form.add_error(None, refusal)
    except NoLongerWaits:
        form.add_error(None, IllegalStep())
    return False


def readable(entries, guest: Guest):
    """The lines as a guest reads them, with their files where they open: customers' addresses ask for a log-in."""
    entries = [
        replace(entry, words=_("Awaiting your answer")) if waits_for_customer(entry) else entry for entry in entries
    ]
    for entry in entries:
        for file in entry.files:
            customers = file.get_absolute_url()
            file.guest_code = guest.code
            entry.row.html = entry.row.html.replace(customers, file.get_absolute_url())
    return entries


def waits_for_customer(entry) -> bool:
    return entry.kind == "event" and entry.row.kind == Event.Kind.MOVED and entry.row.data["new"] == Status.WAITING


@for_visitors
@require_POST
def close(request, code):
    guest = found(request, code)
    return step(request, guest, guest.close, done=_("The ticket is marked as resolved. If it was not, reopen it."))


@for_visitors
@require_POST
def reopen(request, code):
    guest = found(request, code)
    return step(request, guest, guest.reopen, done=_("The ticket is open again and support has been told."))


def step(request, guest: Guest, verb, *, done: str):
    """Do it, or say why it cannot be done any more."""
    try:
        verb()
    except IllegalStep as refusal:
        messages.error(request, refusal.message)
    except NoLongerWaits:
        messages.error(request, IllegalStep.words)
    else:
        messages.success(request, done)
    return redirect(guest)


@for_visitors
@require_POST
def leave(request):
    """This browser reads no guest's ticket any more."""
    for name in (HELD, SENT):
        request.session.pop(name, None)
    messages.info(request, _("This browser no longer shows your tickets."))
    return redirect("guests:lookup")


@for_visitors
@require_safe
def attachment(request, code, token):
    """A file of the ticket. `?ver` shows what can be shown safely."""
    guest, file = found_file(request, code, token)
    is_shown = "ver" in request.GET
    if is_shown and file.stored.kind == Kind.PICTURE and not (file.stored.has_preview or file.stored.is_infected):
        return redirect(static("img/picture.svg"))
    try:
        return serving.respond(
            request, file.stored, name=file.name, inline=is_shown, display=is_shown and file.stored.is_picture
        )
    except serving.Withheld:
        context = {"file": file, "back": guest.get_absolute_url()}
        return render(request, "tickets/file_withheld.html", context, status=HTTPStatus.FORBIDDEN)


@for_visitors
@require_safe
@in_background
def attachment_state(request, code, token):
    """What a page shows of a file once the antivirus has looked at it; until then 204."""
    _guest, file = found_file(request, code, token)
    if file.stored.awaits_scan:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    return render(request, "components/attachments.html", {"files": [file]})


def found_file(request, code: str, token: str) -> tuple[Guest, Attachment]:
    guest = found(request, code)
    file = get_object_or_404(Attachment.objects.of_guest(guest).select_related("stored"), token=token)
    file.guest_code = guest.code
    return guest, file


# --- taking them into the company ---


@where_guests_may
@require_http_methods(["GET", "HEAD", "POST"])
def adopt(request):
    """What the person opened as a guest with the address that is theirs: what it is, and by POST their company's."""
    if request.method == "POST":
        adopted = Guest.objects.visible_to(request.user).adopt(by=request.user)
        done = ngettext(
            "Your ticket is among those of your company now: %(numbers)s.",
            "Your tickets are among those of your company now: %(numbers)s.",
            len(adopted),
        )
        if adopted:
            messages.success(request, done % {"numbers": ", ".join(ticket.called for ticket in adopted)})
        return redirect("tickets:list")
    guests = Guest.objects.visible_to(request.user).select_related("ticket").order_by("pk")
    return render(request, "guests/adopt.html", {"guests": guests})


# --- the page around ---


def shown(request, template: str, context: dict, *, status: int = HTTPStatus.OK):
    """In the page of visitors, or of whoever is logged in."""
    shell = "base.html" if request.user.is_authenticated else "visitors.html"
    return render(request, template, context | {"shell": shell}, status=status)
