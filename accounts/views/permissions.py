"""The matrix of people and permissions, the page that says what would change, and the way back."""

from http import HTTPStatus
from itertools import groupby

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from accounts import stepup
from accounts.differences import past_difference
from accounts.forms.permissions import ConfirmedForm, MatrixForm, UndoForm, field_of, sealed
from accounts.models import AuditEntry, User
from accounts.models.people import undoing, why_not_undone
from accounts.models.refusals import ChangedMeanwhile, LastManager
from accounts.permissions import PERMISSIONS, Group, offered
from tables import keyset
from text import when

# By name; the last column tells people of one name apart and may be read from the address of a page.
ORDER = ("first_name", "last_name", "public_id")
PAGE_SIZE = 30

GROUPS = {
    Group.ACCESS: pgettext_lazy("permissions", "Access"),
    Group.MAIL: pgettext_lazy("permissions", "Mail"),
    Group.PROFILE: pgettext_lazy("permissions", "Profile"),
}


def columns() -> list:
    """The permissions in the order of the columns, by group."""
    return [(GROUPS[group], list(permissions)) for group, permissions in groupby(offered(), key=lambda one: one.group)]


@require_safe
def matrix(request):
    typed = request.GET.get("q", "")[:200].strip()
    people = User.objects.visible_to(request.user).active().holding(typed)
    page, misread = page_of(people, cursor=request.GET.get("pagina"))
    shown = columns()
    context = {
        "typed": typed,
        "page": page,
        "misread": misread,
        "columns": shown,
        "rows": [row_of(person, shown, reader=request.user) for person in page.rows],
        "form": MatrixForm(initial={"shown": sealed(page.rows)}),
        "last": last_change(request.user),
    }
    return render(request, "accounts/permissions.html", context)


def page_of(people, *, cursor):
    """The page that the address names, or the first one; and whether it names one that never was."""
    try:
        return keyset.page(people, order=ORDER, cursor=cursor, size=PAGE_SIZE), False
    except keyset.BadCursor:
        return keyset.page(people, order=ORDER, size=PAGE_SIZE), True


def row_of(person, shown, *, reader) -> dict:
    """A person and their boxes, in the order of the columns; whoever only looks ticks none."""
    may_have_access = person.has_portal_access or person.login
    locked = PERMISSIONS if reader.is_viewed else () if may_have_access else ("has_portal_access",)
    return {
        "person": person,
        "field": field_of(person),
        "may_have_access": may_have_access,
        "is_past": person.access_until is not None and person.access_until < reader.company.today(),
        "groups": [
            (
                group,
                [
                    {
                        "permission": permission,
                        "label": f"{person.get_full_name()}: {permission.noun}",
                        "on": getattr(person, permission.name),
                        "disabled": permission.name in locked,
                    }
                    for permission in permissions
                ],
            )
            for group, permissions in shown
        ],
    }


def last_change(user) -> dict | None:
    """Who changed permissions last, what, and whether it can be undone."""
    lines = AuditEntry.objects.visible_to(user).of_last_permissions()
    if not lines:
        return None
    ids = {lines[0].actor_id, *(line.target_id for line in lines)} - {None}
    people = User.objects.visible_to(user).in_bulk(ids)
    active = {pk: person for pk, person in people.items() if person.is_active}
    by = people.get(lines[0].actor_id)
    return {
        "batch": lines[0].batch,
        "by": by.get_full_name() if by else _("support") if lines[0].actor_id else _("the portal"),
        "reason": lines[0].reason_told,
        "when": when.near(lines[0].at, now=timezone.now()),
        "at": when.absolute(lines[0].at),
        "differences": [past_difference(people[line.target_id], line) for line in lines if line.target_id in people],
        "obstacle": why_not_undone(lines, active),
        "appoints": any(undoing(line).get("is_company_manager") for line in lines),
    }


@require_POST
def review(request):
    """What was ticked, as differences in words; nothing is changed yet."""
    form = MatrixForm(request.POST)
    if not form.is_valid():
        messages.error(request, str(form.errors["shown"][0]))
        return back(request)
    shown = form.cleaned_data["shown"]
    people = list(User.objects.visible_to(request.user).active().filter(public_id__in=shown).order_by(*ORDER))
    if len(people) < len(shown):
        messages.warning(request, _("Somebody who was shown is no longer an active contact and stays as they are."))
    differences = form.differences(people)
    if not differences:
        messages.info(request, _("There was nothing to change."))
        return back(request)
    return confirmation(request, ConfirmedForm.of(differences, by=request.user), differences)


@require_POST
@sensitive_post_parameters("password")
def apply(request):
    """Exactly the differences that were confirmed, or none of them."""
    form = ConfirmedForm(request.POST, by=request.user)
    if not form.is_valid() and "confirmed" in form.errors:
        messages.error(request, str(form.errors["confirmed"][0]))
        return back(request)
    if form.errors or (form.appoints and not is_certain(request, form)):
        return confirmation(request, form, form.differences())
    try:
        changed = form.save()
    except ChangedMeanwhile:
        return overtaken(request, form)
    except ValidationError as error:
        form.add_error(None, error)
        return confirmation(request, form, form.differences())
    count = len(changed)
    words = ngettext(
        "The permissions of %(count)s person were changed.", "The permissions of %(count)s people were changed.", count
    )
    messages.success(request, words % {"count": count})
    return away(request, changed)


@require_POST
@sensitive_post_parameters("password")
def undo(request):
    """Put back what the last change did, whoever made it."""
    form, last = UndoForm(request.POST, by=request.user), last_change(request.user)
    if not form.is_valid() or last is None:
        messages.error(request, _("There is nothing to undo."))
        return back(request)
    if last["appoints"] and last["batch"] == form.cleaned_data["batch"] and not is_certain(request, form):
        return confirmation(request, form, [one.undone() for one in last["differences"]], is_undo=True)
    try:
        changed = form.save()
    except ValidationError as error:
        messages.error(request, " ".join(error.messages))
        return back(request)
    messages.success(request, _("The last change was undone: everything is as before it."))
    return away(request, changed)


def is_certain(request, form) -> bool:
    """Whether whoever appoints a manager has shown who they are: minutes ago, or by this form's password."""
    password = form.cleaned_data["password"]
    if stepup.is_fresh(request):
        return True
    try:
        if password and stepup.confirm(request, password):
            return True
    except ValidationError as error:
        form.add_error("password", error)
        return False
    if password:
        form.add_error("password", _("This is not your password."))
    return False


def confirmation(request, form, differences, *, is_undo=False, meanwhile=None, status=HTTPStatus.OK):
    """The page that says what is about to change, person by person."""
    appointed = [one.person for one in differences if one.appoints]
    dismissed = [one.person for one in differences if one.dismisses]
    company = request.user.company
    keeps = not dismissed or User.objects.visible_to(request.user).keeps_a_manager(
        company, appointed=appointed, dismissed=dismissed
    )
    context = {
        "form": form,
        "differences": differences,
        "is_undo": is_undo,
        "may_be_confirmed": keeps and any(one.changes for one in differences),
        "meanwhile": meanwhile,
        "appointed": appointed,
        "dismissed": dismissed,
        "obstacle": "" if keeps else LastManager().message,
        "asks_password": any(one.appoints for one in differences) and not stepup.is_fresh(request),
    }
    return render(request, "accounts/permissions_review.html", context, status=status)


def overtaken(request, form):
    """Others changed some of it meanwhile: which, and what is left to confirm."""
    differences = form.differences()
    if not differences:
        messages.info(request, _("Somebody has changed all of it meanwhile: there was nothing left to change."))
        return back(request)
    left = ConfirmedForm.of(differences, by=request.user)
    return confirmation(request, left, differences, meanwhile=form.overtaken(), status=HTTPStatus.CONFLICT)


def back(request):
    """To the page of the matrix from which one came."""
    query = request.GET.urlencode()
    return redirect(reverse("permissions:matrix") + (f"?{query}" if query else ""))


def away(request, changed):
    """To the matrix, unless the manager no longer is one."""
    mine = changed.get(request.user.pk, {})
    return redirect("management:index") if mine.get("is_company_manager") == [True, False] else back(request)
