from math import ceil
from urllib.parse import quote

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.core.exceptions import ValidationError
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from accounts import emails, encryption, limits, sessions
from accounts.models import AuditEntry, User
from text.words import normalised

WRONG = _("The user name or the password is not correct. Remember that capital letters count in the password.")

WAYS_TO_CONFIRM = {
    "reauthenticate": _("Use your password"),
    "mfa_reauthenticate": _("Use a code of your app or a recovery code"),
    "mfa_reauthenticate:webauthn": _("Use a passkey"),
}


def typed_name(credentials) -> str:
    """What was typed to say who one is, as the columns hold it."""
    return normalised(credentials.get("username") or credentials.get("email") or "")


class PortalAdapter(DefaultAccountAdapter):
    """What this portal decides where allauth asks."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": WRONG,
        "email_password_mismatch": WRONG,
        "invalid_password_reset": _("This link is no longer valid. Ask for a new one."),
        "password_min_length": _("The password is too short."),
        "incorrect_password": _("This is not your password."),
    }

    def is_open_for_signup(self, request) -> bool:
        return False

    def is_ajax(self, request) -> bool:
        return False

    def add_message(self, *args, **kwargs) -> None:
        """The pages say what happened themselves."""

    def get_login_redirect_url(self, request) -> str:
        return reverse("admin:index" if request.user.is_staff else "home")

    def login(self, request, user) -> None:
        """Raises ImmediateHttpResponse when the account changed between the password and the second factor."""
        if not sessions.is_prepared(request, user):
            raise ImmediateHttpResponse(redirect("account_login"))
        super().login(request, user)

    def post_login(self, request, user, **kwargs):
        """The log-in is complete, the second factor included."""
        sessions.begin(request)
        AuditEntry.write(AuditEntry.Kind.LOGGED_IN, by=user, on=user, company=user.company)
        return super().post_login(request, user, **kwargs)

    # --- tries at a password: counted before it is looked at, and taken back when it is right ---

    def pre_authenticate(self, request, **credentials) -> None:
        """Whoever is logged in is asked again, wherever they are; others try at a door."""
        try:
            if request.user.is_authenticated:
                limits.spend("step_up", request)
            else:
                self.spent = limits.spend_try(request, typed_name(credentials))
        except limits.Reached as reached:
            minutes = ceil(reached.wait / limits.MINUTE)
            words = ngettext(
                "Too many failed attempts. Wait %(minutes)s minute or choose a new password.",
                "Too many failed attempts. Wait %(minutes)s minutes or choose a new password.",
                minutes,
            )
            raise ValidationError(words, code="too_many_login_attempts", params={"minutes": minutes}) from reached

    def authenticate(self, request, **credentials):
        user = super().authenticate(request, **credentials)
        if user is None:
            return None
        if request.user.is_authenticated:
            limits.give_back("step_up", request)
        else:
            limits.right_try(request, typed_name(credentials), self.spent)
        return user

    def authentication_failed(self, request, **credentials) -> None:
        """Nobody is known to have tried, unless it was the person of a session, asked who is there."""
        user = User.objects.named(typed_name(credentials))
        by = request.user if request.user.is_authenticated else None
        AuditEntry.write(AuditEntry.Kind.LOGIN_REFUSED, by=by, on=user, company=user and user.company)

    def reauthenticate(self, user, password) -> bool:
        is_theirs = super().reauthenticate(user, password)
        if is_theirs:
            sessions.rename(context.request)
        return is_theirs

    def get_reauthentication_methods(self, user) -> list[dict]:
        methods = super().get_reauthentication_methods(user)
        return [method | {"description": WAYS_TO_CONFIRM[method["id"]]} for method in methods]

    def logout(self, request) -> None:
        user = request.user
        AuditEntry.write(AuditEntry.Kind.LOGGED_OUT, by=user, on=user, company=user.company)
        super().logout(request)

    def set_password(self, user, password) -> None:
        user.change_password(password)

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Links in mails begin with the portal's own address, never with the host that a request named."""
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": "UID", "key": "KEY"})
        return settings.PUBLIC_URL + path.replace("UID-KEY", quote(key))

    def send_password_reset_mail(self, user, email, context) -> None:
        emails.password_reset(user, context["password_reset_url"])


class SecondFactorAdapter(DefaultMFAAdapter):
    """What this portal decides about second factors. Its own verbs are in accounts/second_factor.py."""

    error_messages = DefaultMFAAdapter.error_messages | {
        "incorrect_code": _("This is not right, or it was used already. Wait for the next code and try again."),
    }

    def get_totp_label(self, user) -> str:
        return user.login

    def get_totp_issuer(self) -> str:
        return settings.BRAND["name"]

    def get_public_key_credential_user_entity(self, user) -> dict:
        return {"id": user.public_id.encode(), "name": user.login, "display_name": user.get_full_name()}

    def _get_site_name(self) -> str:
        return settings.BRAND["name"]

    def encrypt(self, text: str) -> str:
        return encryption.encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        """What no present key reads proves nobody: an answer in words where a code is asked for."""
        try:
            return encryption.decrypt(encrypted_text)
        except encryption.Unreadable:
            raise ValidationError(_("Your second factor cannot be read any more. Contact us.")) from None
