from http import HTTPStatus

from allauth.core import ratelimit
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts import limits, permissions, sessions, stepup
from accounts.forms.access import NewPasswordForm
from accounts.forms.account import EmailForm, MailsForm, PasswordChangeForm, ProfileForm
from accounts.models import User
from accounts.models.refusals import Overtaken

# The marks of mail that only the manager sets; general mail may be declined besides.
SET_BY_THE_MANAGER = tuple(name for name in permissions.MAIL_MARKS if name != "receives_general_mail")
# What a mail program posts by itself, without having seen the page (RFC 8058).
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@require_http_methods(["GET", "HEAD", "POST"])
def profile(request):
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST":
        if form.is_valid():
            user = form.save()
            with translation.override(user.language):
                messages.success(request, _("Your profile was saved."))
            return redirect("account:profile")
        request.user.refresh_from_db(fields=form._meta.fields)
    return render(request, "accounts/profile.html", {"form": form})


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def password(request):
    form = PasswordChangeForm(request.POST or None, user=request.user)
    first_time = request.user.must_change_password
    if request.method == "POST":
        limits.spend("step_up", request)
        if not form.has_error("current"):
            limits.give_back("step_up", request)
    if request.method == "POST" and form.is_valid():
        sessions.keep(request, form.save())
        messages.success(request, _("Your password was changed. Your other sessions were closed."))
        return redirect("home" if first_time else "account:profile")
    return render(request, "accounts/password.html", {"form": form, "first_time": first_time})


@login_not_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request, token):
    """The link with which a new person chooses the first password; GET shows, POST acts."""
    user = User.from_invitation(token)
    if user is None:
        return render(request, "accounts/invitation_over.html", status=HTTPStatus.GONE)
    form = NewPasswordForm(request.POST or None, user=user)
    if request.method == "POST" and form.is_valid():
        try:
            form.save()
        except Overtaken:
            return render(request, "accounts/invitation_over.html", status=HTTPStatus.GONE)
        user.prove_email()
        limits.unlock(request, user)
        messages.success(request, _("Your password is set. You can log in now."))
        return redirect(settings.LOGIN_URL)
    return render(request, "accounts/invitation.html", {"form": form, "invited": user})


@require_http_methods(["GET", "HEAD", "POST"])
@stepup.required
def email(request):
    """Another address: the answer is the same whoever else uses it."""
    form = EmailForm(request.POST or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        if too_many := ratelimit.consume_or_429(request, action="change_email"):
            return too_many
        form.save()
        messages.info(
            request,
            _("Open the link that we have sent to %(address)s; it works for %(hours)s hours.")
            % {"address": form.cleaned_data["email"], "hours": settings.EMAIL_CHANGE_HOURS},
        )
        return redirect("account:email")
    return render(request, "accounts/email.html", {"form": form})


@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def email_confirm(request, token):
    """The link that the new address got; GET shows, POST acts."""
    asked = User.from_email_token(token)
    if asked is None:
        return render(request, "accounts/email_over.html", status=HTTPStatus.GONE)
    person, address = asked
    if request.method == "POST":
        try:
            person.change_email(address)
        except Overtaken:
            return render(request, "accounts/email_over.html", status=HTTPStatus.GONE)
        messages.success(request, _("Your e-mail address was changed."))
        return redirect("account:profile")
    return render(request, "accounts/email_confirm.html", {"person": person, "address": address})


@require_http_methods(["GET", "HEAD", "POST"])
def mails(request):
    """Which mails reach the person: one kind may be declined, the others are the manager's to set (S0-100)."""
    form = MailsForm(request.POST if request.method == "POST" else None, user=request.user)
    if form.is_valid():
        form.save()
        messages.success(request, _("Your choice was saved."))
        return redirect("account:mails")
    marks = [
        (mark, getattr(request.user, mark.name)) for mark in permissions.offered() if mark.name in SET_BY_THE_MANAGER
    ]
    return render(request, "accounts/mails.html", {"form": form, "marks": marks})


@csrf_exempt
@login_not_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request, token):
    """The link of a general mail: its page, or the button of a mail program. It works without log-in and does not end.

    A program has no token of a form; that the link was mailed to the person is what counts.
    """
    is_by_program = request.POST.dict() == ONE_CLICK
    return decline(request, token) if is_by_program else csrf_protect(decline)(request, token)


def decline(request, token):
    """GET shows, POST acts."""
    person = User.from_unsubscribe_token(token)
    if person is None:
        return render(request, "accounts/unsubscribe_over.html", status=HTTPStatus.GONE)
    if request.method == "POST":
        person.choose_general_mail(wanted=False)
    return render(request, "accounts/unsubscribe.html", {"person": person})
