"""The contacts of one's company as a table: out, and in."""

from functools import partial

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import importing, limits, spreadsheet, stepup
from accounts.forms.importing import ConfirmForm, TableForm
from accounts.forms.people import ListingForm
from accounts.models import User
from tables import csv


@require_safe
@stepup.required(back="people:list")
@limits.limited("export")
def people_export(request):
    """What the list shows, on all its pages: the same address, the same people."""
    listing = ListingForm(request.GET, people=User.objects.visible_to(request.user).known())
    rows = spreadsheet.rows_of(listing.exported().iterator(csv.ROWS_AT_A_TIME), by=request.user)
    name = _("contacts-%(day)s.csv") % {"day": timezone.localdate().isoformat()}
    return csv.download(request, spreadsheet.headings(), rows, name=name)


@require_safe
def people_template(request):
    return csv.download(request, spreadsheet.headings(), spreadsheet.template(), name=_("contacts-template.csv"))


@require_http_methods(["GET", "HEAD", "POST"])
def people_import(request):
    """The file, and what it would do: nothing is done yet."""
    form = TableForm(request.POST, request.FILES) if request.method == "POST" else TableForm()
    context = {"form": form, "most": importing.MOST_ROWS, "headings": spreadsheet.headings()}
    if request.method == "POST" and form.is_valid():
        table = form.cleaned_data["file"]
        steps = importing.plan(table.lines, by=request.user)
        try:
            limits.spend("taken", request, amount=sum(step.asks_for_what_is_taken for step in steps))
        except limits.Reached as refusal:
            form.add_error("file", refusal)
        else:
            context |= report(steps) | {"unknown": table.unknown}
            context["confirm"] = ConfirmForm.showing(steps, by=request.user, confirm=asking(request))
    return render(request, "accounts/people_import.html", context)


@sensitive_post_parameters("own_password")
@require_POST
def people_import_apply(request):
    """What was confirmed, a turn at a time; the page between two turns goes on by itself."""
    form = ConfirmForm(request.POST, by=request.user, confirm=asking(request))
    if form.is_valid():
        if form.begins:
            limits.spend("new_user", request)
        outcome = form.save()
        turn = form.next_turn()
        if turn.rows_left:
            return render(request, "accounts/people_import.html", {"turn": turn})
        messages.success(request, done(outcome))
        if not outcome.refused:
            return redirect("people:list")
        return render(request, "accounts/people_import.html", {"refused": outcome.refused, "is_done": True})
    if "seal" in form.errors:
        messages.warning(request, str(form.errors["seal"][0]))
        return redirect("people:import")
    return render(request, "accounts/people_import.html", report(form.steps) | {"confirm": form})


def asking(request):
    """How the form finds out who confirms; nothing is asked in a fresh session."""
    return None if stepup.is_fresh(request) else partial(stepup.confirm, request)


def report(steps) -> dict:
    """The rows by what they would do."""
    return {
        "is_report": True,
        "refused": [step for step in steps if step.is_refused],
        "created": [step for step in steps if step.does_something and step.is_new],
        "changed": [step for step in steps if step.does_something and not step.is_new],
        "unchanged": sum(not step.is_refused and not step.does_something for step in steps),
    }


def done(outcome) -> str:
    """What was done, without what was not."""
    created = ngettext("%(count)s contact was created.", "%(count)s contacts were created.", outcome.created)
    changed = ngettext("%(count)s contact was changed.", "%(count)s contacts were changed.", outcome.changed)
    said = [(created, outcome.created), (changed, outcome.changed)]
    return " ".join(words % {"count": count} for words, count in said if count) or _("No contact was changed.")
