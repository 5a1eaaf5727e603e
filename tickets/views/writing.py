"""What is being written: drafts, saved while one types, their files, and what may answer a new ticket already."""

from contextlib import suppress
from http import HTTPStatus
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from accounts import limits
from accounts.areas import is_there
from knowledge.models import Article
from knowledge.models.article import HALF
from text import rendering, when
from text.words import printable
from tickets.forms import DraftFilesForm, KeptFilesForm, TicketForm, typed
from tickets.models import Attachment, Draft, Ticket
from tickets.models.draft import AlreadySent, ChangedElsewhere, SomebodyElses
from tickets.models.pasting import message_html
from tickets.models.seal import BrokenSeal, Seal, page_of_draft
from tickets.models.searching import similar

SUGGESTED = 5
IN_A_DRAFT = ("draft__ticket", "draft__request_type")
ARTICLES_SUGGESTED = 3


@csrf_exempt
@login_not_required
@require_POST
def draft_keep(request):
    """Saved while typing. Its authority is the seal of the form, not the session, which may have ended (decision 13).

    204 when the text is kept and can be sent; 200 with words when it is kept but the writer is no longer logged in
    here; otherwise the reason, with nothing changed.
    """
    seal, revision = None, printable(request.POST.get("revision", ""))[:40]
    try:
        seal = Seal.read(request.POST.get("seal", ""))
        Draft.objects.keep(typed(request.POST), seal=seal, revision=revision, after=request.POST.getlist("after"))
    except (BrokenSeal, SomebodyElses):
        return draft_notice(request, seal, HTTPStatus.FORBIDDEN)
    except AlreadySent:
        return draft_notice(request, seal, HTTPStatus.GONE)
    except ChangedElsewhere:
        return draft_notice(request, seal, HTTPStatus.PRECONDITION_FAILED)
    if request.user.pk != seal.person.pk:
        return draft_notice(request, seal, HTTPStatus.OK)
    return HttpResponse(status=HTTPStatus.NO_CONTENT, headers={"X-CSRFToken": get_token(request)})


def draft_notice(request, seal: Seal | None, status: HTTPStatus) -> HttpResponse:
    """What the writer must know about the draft, in the writer's language."""
    with translation.override(seal.person.language if seal else translation.get_language()):
        context = {"status": status.value, "page": seal and seal.page}
        return render(request, "components/draft_notice.html", context, status=status)


@require_POST
def draft_files(request, number=None):
    """Files sent ahead by the script."""
    ticket = get_object_or_404(Ticket.objects.visible_to(request.user), number=number) if number is not None else None
    if ticket is None and not request.user.can_use_tickets:
        raise PermissionDenied
    return files_sent_ahead(request, ticket=ticket)


def files_sent_ahead(request, **place) -> HttpResponse:
    """The new items of the list, or the reasons with status 422 or 429."""
    spend = limits.spender(request)
    form = DraftFilesForm(request.POST, request.FILES, person=request.user, spend=spend, **place)
    status = HTTPStatus.OK if form.is_valid() else HTTPStatus.UNPROCESSABLE_ENTITY
    return render(request, "components/composer_files.html", {"form": form}, status=status)


@require_POST
def draft_file_remove(request, token):
    """Drop a file that was not sent yet; what the form around it holds, typed and chosen, is kept."""
    files = Attachment.objects.visible_to(request.user).select_related(*IN_A_DRAFT, "stored")
    draft = (file := get_object_or_404(files.exclude(draft=None), token=token)).draft
    draft.remove(file)
    if "body" in request.POST:
        draft.keep(typed(request.POST))
    if kept := chosen_files_kept(request, ticket=draft.ticket, request_type=draft.request_type):
        say_reasons(request, kept)
    return redirect(page_of_draft(request.user, draft.ticket, draft.request_type))


@require_POST
def draft_discard(request, key):
    """“Clear”: forget what was typed and chosen."""
    draft = Draft.objects.visible_to(request.user).select_related("ticket", "request_type").filter(key=key).first()
    if draft is None:
        return redirect(page_of_form(request))
    draft.discard()
    messages.info(request, _("The form is empty again."))
    return redirect(page_of_draft(request.user, draft.ticket, draft.request_type))


def page_of_form(request) -> str:
    """Where the form that was posted stands, as its seal says."""
    try:
        return Seal.read(request.POST.get("seal", "")).page
    except BrokenSeal:
        return page_of_draft(request.user, None)


@require_POST
def topic_chosen(request):
    """The part of a new ticket's form that depends on its topic; the files chosen for another one are kept before.
    Without the script what was typed is kept too, and the form comes again with that part."""
    fields, kept = typed(request.POST), chosen_files_kept(request)
    if "HX-Request" in request.headers:
        draft = draft_named(request) or Draft(key=Draft.new_key(), person=request.user)
        draft.fields = fields
        form = TicketForm(person=request.user, draft=draft)
        return render(request, "tickets/topic_chosen.html", {"form": form, "kept": kept})
    with suppress(BrokenSeal, SomebodyElses, AlreadySent):
        Draft.objects.keep(fields, seal=Seal.read(request.POST.get("seal", "")))
    if kept:
        say_reasons(request, kept)
    return redirect(f"{reverse('tickets:new')}?{urlencode({'tema': fields.get('topic', '')[:10]})}")


def chosen_files_kept(request, **place) -> KeptFilesForm | None:
    """The form that kept the files chosen on a page that is not sent yet in its draft; None without any."""
    if not request.FILES:
        return None
    form = KeptFilesForm(request.POST, request.FILES, person=request.user, spend=limits.spender(request), **place)
    form.allow_executables = request.user.is_staff
    form.full_clean()
    return form


def say_reasons(request, kept: KeptFilesForm) -> None:
    for reason in kept.reasons():
        messages.error(request, reason)


def draft_named(request) -> Draft | None:
    """One's own draft that the posted form goes on with."""
    return Draft.objects.visible_to(request.user).filter(key=printable(request.POST.get("key", ""))[:40]).first()


@require_POST
def preview(request):
    """How the text will look, for the preview tab of the composer."""
    body = request.POST.get("body", "")[: rendering.MESSAGE_LIMIT]
    draft = draft_named(request)
    files = draft.attachments.select_related("stored") if draft else []
    html = mark_safe(message_html(body, files))  # noqa: S308 - sanitised there
    return render(request, "components/preview.html", {"html": html})


@require_safe
@limits.limited("suggestions")
def similar_tickets(request):
    """While the subject of a new ticket is typed: those that are like it, and articles of the help that may answer it,
    a part of the page."""
    now, subject = timezone.now(), request.GET.get("subject", "")
    tickets = list(similar(subject, user=request.user)[:SUGGESTED])
    for ticket in tickets:
        ticket.when = when.near(ticket.created_at, now=now)
    readable = Article.objects.visible_to(request.user)
    articles = readable.answering(subject, most=ARTICLES_SUGGESTED, least=HALF) if is_there("knowledge") else []
    return render(request, "components/similar_tickets.html", {"tickets": tickets, "articles": articles})
