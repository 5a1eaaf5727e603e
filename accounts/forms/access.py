"""Log-in, and passwords chosen without the old one."""

from allauth.account import forms as allauth_forms
from allauth.account.internal.flows.login import perform_password_login
from django import forms
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import emails, passwords, sessions
from accounts.models import User
from text.words import normalised

NEW_PASSWORD = {"autocomplete": "new-password", "data-password-rules": "", "spellcheck": "false"}


def password_field(label, autocomplete: str = "current-password", **attrs) -> forms.CharField:
    """A password, spaces kept; absurd lengths are refused before any hashing."""
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete, **attrs})
    return forms.CharField(label=label, strip=False, max_length=passwords.LONGEST_TRIED, widget=widget)


class LoginForm(allauth_forms.LoginForm):
    """Log-in by login name or e-mail (S0-6: an account of its own, not that of the product)."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["login"] = forms.CharField(
            label=_("User name or e-mail"),
            max_length=254,
            widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
        )
        self.fields["password"] = password_field(_("Password"))
        self.fields["remember"].label = _("Keep me logged in")
        self.fields["remember"].help_text = _("For 30 days on this device. Do not tick it on a shared computer.")
        self.order_fields(["login", "password", "remember"])

    def login(self, request, redirect_url=None):
        """On to the second factor, where there is one; the session begins when that was shown too."""
        sessions.prepare(request, self._login.user, remember=self.cleaned_data["remember"])
        self._login.redirect_url = redirect_url
        return perform_password_login(request, self.user_credentials(), self._login)


class ReauthenticateForm(allauth_forms.ReauthenticateForm):
    """Whoever is logged in shows once more who they are."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["password"] = password_field(_("Password"))


class PasswordResetForm(allauth_forms.ResetPasswordForm):
    """Mails a link to whoever may log in with this address; everybody else gets the same page in the same time."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["email"] = forms.EmailField(
            label=_("E-mail address"), widget=forms.EmailInput(attrs={"autocomplete": "email"})
        )

    def clean_email(self) -> str:
        email = normalised(self.cleaned_data["email"])
        user = User.objects.named(email)
        self.users = [user] if user is not None and user.may_log_in() else []
        return email

    def save(self, request, **kwargs) -> str:
        if self.users:
            return super().save(request, **kwargs)
        with transaction.atomic():  # the same work for nobody, so that time tells nothing
            emails.password_reset(User(email=self.cleaned_data["email"]), request.build_absolute_uri())
            transaction.set_rollback(True)
        return self.cleaned_data["email"]


class NewPasswordForm(forms.Form):
    """Two fields for a password that the person chooses. Ends in `User.change_password`."""

    password1 = password_field(_("New password"), **NEW_PASSWORD)
    password2 = password_field(_("Repeat the new password"), autocomplete="new-password")

    def __init__(self, *args, user=None, temp_key=None, **kwargs):
        self.user = user
        super().__init__(*args, **kwargs)

    def clean_password1(self) -> str:
        password = self.cleaned_data["password1"]
        password_validation.validate_password(password, self.user)
        return password

    def clean(self):
        cleaned = super().clean()
        first, second = cleaned.get("password1"), cleaned.get("password2")
        if first and second and first != second:
            self.add_error("password2", _("The two passwords are not the same."))
        return cleaned

    def save(self) -> User:
        self.user.change_password(self.cleaned_data["password1"])
        return self.user


class PasswordResetTokenForm(allauth_forms.UserTokenForm):
    """The link of a forgotten password serves only whoever may log in now."""

    def clean(self):
        cleaned = super().clean()
        if not self.reset_user.may_log_in():
            raise ValidationError(_("This link is no longer valid. Ask for a new one."))
        return cleaned
