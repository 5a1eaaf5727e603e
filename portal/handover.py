"""What a manager does with one of the company's people, and needs several apps for: look, let go, object."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import areas
from accounts.models import ManagerReplacement, User
from accounts.permissions import within_the_installation
from portal.forms import LeavingForm
from portal.home import tickets_panel, training_panel
from portal.leaving import Belongings


@require_safe
def preview(request, public_id):
    """Menu and home as the person would find them (“Ver como”): nothing can be clicked, and nothing is read by it.

    Whoever may not see the company's tickets learns how many there are and no subject.
    """
    person = within_the_installation(found_person(request, public_id))
    context = {"person": person, "enters": person.may_log_in()}
    if context["enters"]:
        context["menu_of_person"] = areas.menu_of(areas.opened_to(person), grouped=True)
        context["closed"] = areas.closed_to(person)
        context["shows_subjects"] = request.user.can_see_company_tickets
        if person.can_use_tickets:
            context["panel"] = tickets_panel(person, own=False, at=timezone.now())
        if person.can_use_training:
            context["training"] = training_panel(person, at=timezone.now())
    return render(request, "portal/preview.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def leave(request, public_id):
    person = found_person(request, public_id)
    if not person.is_active:
        return render(request, "portal/left.html", {"person": person})
    belongings = Belongings.of(person, reader=request.user, at=timezone.now())
    if belongings.is_needed:
        return render(request, "portal/leaving.html", {"person": person, "belongings": belongings})
    form = LeavingForm(request.POST or None, person=person, belongings=belongings, by=request.user)
    if request.method == "POST" and form.is_valid() and (handed_over := form.save()) is not None:
        messages.success(request, done_words(person, handed_over))
        return redirect("management:index") if person.is_active else redirect("handover:leave", person.public_id)
    return render(request, "portal/leaving.html", {"person": person, "belongings": belongings, "form": form})


@require_POST
def come_back(request, public_id):
    person = found_person(request, public_id)
    person.reactivate(by=request.user)
    if person.is_active:
        messages.success(request, _("%(name)s is active again.") % {"name": person.get_full_name()})
    return redirect("handover:leave", person.public_id)


def found_person(request, public_id) -> User:
    return get_object_or_404(User.objects.visible_to(request.user).select_related("company"), public_id=public_id)


def done_words(person: User, handed_over: int) -> str:
    done = _("%(name)s no longer enters the portal.") if person.is_active else _("%(name)s is deactivated.")
    words = done % {"name": person.get_full_name()}
    if handed_over:
        tickets = ngettext("%(count)s ticket was handed over.", "%(count)s tickets were handed over.", handed_over)
        words = f"{words} {tickets % {'count': handed_over}}"
    return words


@require_POST
def cancel_replacement(request, public_id):
    """A manager objects to the one whom support is about to appoint."""
    replacements = ManagerReplacement.objects.visible_to(request.user)
    replacement = get_object_or_404(replacements.select_related("company", "person"), public_id=public_id)
    try:
        replacement.cancel(by=request.user)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, _("Cancelled: your company keeps the managers that it has."))
    return redirect("management:index")
