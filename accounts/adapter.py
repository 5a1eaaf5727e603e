from urllib.parse import quote

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts import emails
from accounts.models import AuditEntry, User
from text.words import normalised

WRONG = _("The user name or the password is not correct. Remember that capital letters count in the password.")


class PortalAdapter(DefaultAccountAdapter):
    """What this portal decides where allauth asks."""

    error_messages = DefaultAccountAdapter.error_messages | {
        "username_password_mismatch": WRONG,
        "email_password_mismatch": WRONG,
        "too_many_login_attempts": _("Too many failed attempts. Wait 15 minutes or choose a new password."),
        "invalid_password_reset": _("This link is no longer valid. Ask for a new one."),
        "password_min_length": _("The password is too short."),
    }

    def is_open_for_signup(self, request) -> bool:
        return False

    def is_ajax(self, request) -> bool:
        return False

    def add_message(self, *args, **kwargs) -> None:
        """The pages say what happened themselves."""

    def get_login_redirect_url(self, request) -> str:
        return reverse("admin:index" if request.user.is_staff else "home")

    def post_login(self, request, user, **kwargs):
        AuditEntry.write(AuditEntry.Kind.LOGGED_IN, by=user, on=user, company=user.company)
        return super().post_login(request, user, **kwargs)

    def authentication_failed(self, request, **credentials) -> None:
        user = User.objects.named(normalised(credentials.get("username") or credentials.get("email") or ""))
        AuditEntry.write(AuditEntry.Kind.LOGIN_REFUSED, by=None, on=user, company=user and user.company)

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
