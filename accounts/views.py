from http import HTTPStatus

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.forms import NewPasswordForm, PasswordChangeForm, ProfileForm
from accounts.models import User
from accounts.models.user import Overtaken


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
    if request.method == "POST" and form.is_valid():
        update_session_auth_hash(request, form.save())
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
        messages.success(request, _("Your password is set. You can log in now."))
        return redirect(settings.LOGIN_URL)
    return render(request, "accounts/invitation.html", {"form": form, "invited": user})
