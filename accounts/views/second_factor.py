"""What proves a person besides the password: added, removed, and shown once more to confirm who is there."""

import base64
import json
from collections.abc import Sequence
from urllib.parse import quote

from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import views as base
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.webauthn import views as webauthn
from allauth.mfa.webauthn.internal import auth as ceremony
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from accounts import devices, second_factor, sessions, stepup
from accounts.forms.second_factor import AppForm, PasskeyAddForm, PasskeyNameForm

# In the session: the next look at the recovery codes is the one that shows them.
CODES_TO_SHOW = "recovery_codes_to_show"


@require_safe
def index(request):
    """What is on, in plain words."""
    context = {
        "factors": second_factor.of(request.user),
        "must_have_one": second_factor.must_have_one(request.user),
    }
    return render(request, "accounts/second_factor.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@stepup.required
def app_add(request):
    if second_factor.of(request.user).app is not None:
        return redirect("account:second_factor")
    secret = totp.get_totp_secret()
    form = AppForm(request.POST or None, user=request.user, secret=secret)
    if request.method == "POST" and form.is_valid():
        made_codes = form.save()
        totp.clear_totp_secret(request)
        messages.success(request, _("Your app is your second factor from now on."))
        return after_adding(request, made_codes)
    adapter = get_adapter()
    address = adapter.build_totp_url(request.user, secret)
    picture = base64.b64encode(adapter.build_totp_svg(address).encode()).decode()
    context = {"form": form, "secret": in_groups(secret), "address": address, "picture": picture}
    return render(request, "accounts/app_add.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@stepup.required
def app_remove(request):
    app = second_factor.of(request.user).app
    if app is None:
        raise Http404
    return remove(request, app, template="accounts/app_remove.html")


@require_http_methods(["GET", "HEAD", "POST"])
@stepup.required
def recovery_codes(request):
    """GET shows the codes that were made a moment ago, once; POST makes others."""
    factors = second_factor.of(request.user)
    if not factors.is_on:
        return redirect("account:second_factor")
    if request.method == "POST":
        second_factor.make_codes(request.user)
        return after_adding(request, made_codes=True)
    is_new = request.method == "GET" and request.session.pop(CODES_TO_SHOW, False)
    codes = second_factor.codes_of(request.user) if is_new else []
    context = {"codes": codes, "codes_left": factors.codes_left, "file": as_file(codes), "file_name": _("codes.txt")}
    return render(request, "accounts/recovery_codes.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@stepup.required
def passkey_add(request):
    name = devices.in_words(request.headers.get("User-Agent", ""))
    form = PasskeyAddForm(request.POST or None, user=request.user, initial={"name": name})
    if request.method == "POST" and form.is_valid():
        try:
            made_codes = form.save()
        except second_factor.TooManyPasskeys as refusal:
            form.add_error(None, refusal)
        else:
            messages.success(request, _("Your passkey is your second factor from now on."))
            return after_adding(request, made_codes)
    options = json.dumps(ceremony.begin_registration(request.user, passwordless=False))
    return render(request, "accounts/passkey_add.html", {"form": form, "options": options})


@require_http_methods(["GET", "HEAD", "POST"])
@stepup.required
def passkey_rename(request, key):
    stored = own_passkey(request, key)
    form = PasskeyNameForm(request.POST or None, initial={"name": stored.wrap().name})
    if request.method == "POST" and form.is_valid():
        form.save(stored)
        messages.success(request, _("The passkey has its new name."))
        return redirect("account:second_factor")
    return render(request, "accounts/passkey_rename.html", {"form": form, "passkey": stored})


@require_http_methods(["GET", "HEAD", "POST"])
@stepup.required
def passkey_remove(request, key):
    return remove(request, own_passkey(request, key), template="accounts/passkey_remove.html")


class AtLogIn(base.AuthenticateView):
    """Between the password and the portal."""

    template_name = "account/second_factor.html"

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        options = json.dumps(context["js_data"]["request_options"])
        return context | {"options": options, "factors": second_factor.of(self.stage.login.user)}


class ConfirmByPasskey(webauthn.ReauthenticateWebAuthnView):
    """As with the password: what was wrong is said on the same page, and the session gets another key."""

    template_name = "account/reauthenticate_by_passkey.html"

    def form_invalid(self, form):
        return self.render_to_response(self.get_context_data(form=form))

    def form_valid(self, form):
        sessions.rename(self.request)
        return super().form_valid(form)

    def get_context_data(self, **kwargs):
        context = super().get_context_data() | kwargs
        return context | {"options": json.dumps(context["js_data"]["request_options"])}


at_log_in = AtLogIn.as_view()
confirm_by_passkey = ConfirmByPasskey.as_view()


def own_passkey(request, key):
    stored = second_factor.passkey(request.user, key)
    if stored is None:
        raise Http404
    return stored


def remove(request, stored, *, template):
    """Ask, then remove; staff who must have a second factor read why the last one stays."""
    refusal = None
    if request.method == "POST":
        try:
            second_factor.remove(stored)
        except ValidationError as error:
            refusal = error.message
        else:
            messages.success(request, _("It no longer opens your account."))
            return redirect("account:second_factor")
    return render(request, template, {"stored": stored, "refusal": refusal})


def after_adding(request, made_codes):
    """On to the recovery codes when there are new ones, which are shown once."""
    if not made_codes:
        return redirect("account:second_factor")
    request.session[CODES_TO_SHOW] = True
    return redirect("account:recovery_codes")


def in_groups(secret: str) -> str:
    """Four by four, as people type it."""
    return " ".join(secret[start : start + 4] for start in range(0, len(secret), 4))


def as_file(codes: Sequence[str]) -> str:
    """An address that is itself a text file: the codes leave no other copy here."""
    return "data:text/plain;charset=utf-8," + quote("\r\n".join([settings.BRAND["name"], "", *codes, ""]))
