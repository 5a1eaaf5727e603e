"""The contacts of one's company: cards, and the form behind each."""

from functools import partial

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import limits, stepup
from accounts.forms.people import LINK, ORDER, ContactForm, ListingForm
from accounts.models import User
from accounts.permissions import BY_NAME, COPIED, ON_CARDS, PERMISSIONS
from tables import keyset

CARDS_A_PAGE = 30
DEACTIVATED_SHOWN = 12
COLLEAGUES_OFFERED = 300


@require_safe
def people_list(request):
    listing = ListingForm(request.GET, people=contacts_of(request.user))
    page, misread = page_of(listing.rows(), request)
    apart = []
    if listing.shows_deactivated_apart and not page.previous:
        apart = list(listing.deactivated().order_by(*ORDER)[: DEACTIVATED_SHOWN + 1])
    context = {
        "listing": listing,
        "page": page,
        "misread": misread or listing.misread,
        "deactivated": apart[:DEACTIVATED_SHOWN],
        "more_deactivated": len(apart) > DEACTIVATED_SHOWN,
        "opens": not request.user.is_viewed,
        "legend": [BY_NAME[name] for name in ON_CARDS if BY_NAME[name].is_offered],
    }
    return render(request, "accounts/people.html", context)


def page_of(people, request):
    """The page that the address names, or the first one; and whether it names one that never was."""
    try:
        return keyset.page(people, order=ORDER, cursor=request.GET.get("pagina"), size=CARDS_A_PAGE), False
    except keyset.BadCursor:
        return keyset.page(people, order=ORDER, size=CARDS_A_PAGE), True


def contacts_of(user):
    return User.objects.visible_to(user).known()


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def person_new(request):
    return contact_page(request, User(company=request.user.company))


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def person_edit(request, public_id):
    return contact_page(request, get_object_or_404(contacts_of(request.user), public_id=public_id))


def contact_page(request, person):
    """The form of a new contact, or of one that exists."""
    colleagues = list(colleagues_of(request.user).exclude(pk=person.pk)[:COLLEAGUES_OFFERED])
    form = ContactForm(
        request.POST if request.method == "POST" else None,
        instance=person,
        by=request.user,
        like=next((one for one in colleagues if one.public_id == request.GET.get("como")), None),
        asking=limits.refusals("taken", request),
        confirm=None if stepup.is_fresh(request) else partial(stepup.confirm, request),
    )
    name, copied = person.get_full_name(), [name for name in COPIED if name in form.fields]
    if request.method == "POST" and form.is_valid() and is_allowed(request, form) and (kept := form.save()):
        tell(request, form, kept)
        still_manages = kept.pk != request.user.pk or (kept.has_portal_access and kept.is_company_manager)
        return redirect("people:list" if still_manages else "management:index")
    context = {"form": form, "person": person, "name": name, "colleagues": colleagues, "copied": copied}
    return render(request, "accounts/person.html", context)


def is_allowed(request, form) -> bool:
    """Not more new users than a company makes in an hour; what was typed stays in the form."""
    try:
        if form.is_new:
            limits.spend("new_user", request)
    except limits.Reached as refusal:
        form.add_error(None, refusal)
        return False
    return True


def colleagues_of(user):
    """Whose permissions may be copied: those in use."""
    people = User.objects.visible_to(user).with_access().order_by(*ORDER)
    return people.only("public_id", "first_name", "last_name", "login", "email", *PERMISSIONS)


def tell(request, form, person) -> None:
    """What became of it, with what the manager did not type: the login, the link, what went with its parent."""
    words = _("%(name)s was created.") if form.is_new else _("The changes of %(name)s were saved.")
    said = [words % {"name": person.get_full_name()}]
    if form.data_changes.get("login") and not form.cleaned_data.get("login"):
        said.append(_("The user name is %(login)s.") % {"login": person.login})
    if form.way == LINK:
        said.append(_("A link to choose a password is on its way to %(email)s.") % {"email": person.email})
    messages.success(request, " ".join(said))
    sharing = User.objects.visible_to(request.user).active().filter(email=person.email).exclude(pk=person.pk)
    if "email" in form.data_changes and person.email and (other := sharing.first()):
        words = _("%(other)s has the same address: both get their mails there, and only one can have access.")
        messages.warning(request, words % {"other": other.get_full_name()})
    for child, parent in form.lost:
        names = {"child": BY_NAME[child].label, "parent": BY_NAME[parent].label}
        messages.warning(request, _("Without “%(parent)s” there is no “%(child)s”: it was switched off.") % names)


@require_POST
def person_reactivate(request, public_id):
    person = get_object_or_404(contacts_of(request.user), public_id=public_id)
    person.reactivate(by=request.user)
    messages.success(request, _("%(name)s is active again.") % {"name": person.get_full_name()})
    return redirect("people:edit", public_id)
