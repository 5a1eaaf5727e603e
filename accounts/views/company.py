"""Datos de la empresa: what the vendor knows of the company, who is who in it, and what it asks to be corrected."""

from functools import wraps

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.forms.company import ProposalForm
from accounts.models import CompanyProposal, User
from accounts.models.people import NAME_COLUMNS
from accounts.models.proposal import AlreadyProposed, NoLongerPending
from accounts.permissions import BY_NAME, PROFILE_MARKS
from tables import keyset

PEOPLE = 60
SHOWN = ("is_company_manager", *PROFILE_MARKS)
# Who manages the users first, then by name; whoever else is called the same, in any order.
ORDER = ("-is_company_manager", "first_name", "last_name", "public_id")


def managers_only(view):
    """403 for whoever does not manage the company's users, whatever else they ask."""

    @wraps(view)
    def asked(request, *args, **kwargs):
        if not request.user.is_company_manager:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return asked


@require_safe
def card(request):
    user = request.user
    if user.is_staff:
        return redirect("admin:index")
    people = User.objects.visible_to(user).active()
    page = page_of(people.only(*NAME_COLUMNS, *SHOWN, "phone", "public_id", "has_portal_access"), request)
    marked = [(person, [BY_NAME[name] for name in SHOWN if getattr(person, name)]) for person in page.rows]
    context = {"company": user.company, "people": marked, "page": page, "proposal": pending(user)}
    return render(request, "accounts/company.html", context)


def page_of(people, request) -> keyset.KeysetPage[User]:
    """The page that the address names; the first one where it names none."""
    try:
        return keyset.page(people, order=ORDER, cursor=request.GET.get("pagina"), size=PEOPLE)
    except keyset.BadCursor:
        return keyset.page(people, order=ORDER, size=PEOPLE)


def pending(user) -> CompanyProposal | None:
    """What the company waits for; only its managers see it."""
    return CompanyProposal.objects.visible_to(user).pending().select_related("by").first()


@managers_only
@require_http_methods(["GET", "HEAD", "POST"])
def propose(request):
    user = request.user
    if pending(user):
        messages.info(request, AlreadyProposed().message)
        return redirect("company:card")
    form = ProposalForm(request.POST or None, company=user.company)
    if request.method == "POST" and form.is_valid():
        try:
            form.save(by=user)
        except AlreadyProposed as error:
            form.add_error(None, error)
        else:
            messages.success(request, _("Support will confirm the change. You will be told by e-mail."))
            return redirect("company:card")
    return render(request, "accounts/company_propose.html", {"form": form, "company": user.company})


@managers_only
@require_POST
def withdraw(request):
    user = request.user
    try:
        if proposal := pending(user):
            proposal.withdraw(by=user)
            messages.success(request, _("The proposal was withdrawn. Nothing has changed."))
    except NoLongerPending as error:
        messages.info(request, error.message)
    return redirect("company:card")
