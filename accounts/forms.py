from allauth.account import forms as allauth_forms
from django import forms
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from accounts import emails, passwords, sessions
from accounts.models import Company, User
from text.words import normalised, one_line

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
        response = super().login(request, redirect_url)
        if request.user.is_authenticated:
            sessions.begin(request, remember=self.cleaned_data["remember"])
        return response


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


class PasswordChangeForm(NewPasswordForm):
    """Change one's own password (S0-121): the present one is asked first."""

    current = password_field(_("Current password"))
    field_order = ["current", "password1", "password2"]

    def clean_current(self) -> str:
        current = self.cleaned_data["current"]
        if not self.user.check_password(current):
            raise ValidationError(_("This is not your current password."))
        return current

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("current") and cleaned.get("current") == cleaned.get("password1"):
            self.add_error("password1", _("Choose a password other than the current one."))
        return cleaned


class ProfileForm(forms.ModelForm):
    """What people change about themselves. The e-mail address and the permissions are not here."""

    class Meta:
        model = User
        fields = ["first_name", "last_name", "phone", "language", "theme"]
        widgets = {
            "first_name": forms.TextInput(attrs={"autocomplete": "given-name"}),
            "last_name": forms.TextInput(attrs={"autocomplete": "family-name"}),
            "phone": forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
            "theme": forms.RadioSelect,
            "language": forms.RadioSelect,
        }

    def clean(self):
        cleaned = super().clean()
        for name in ("first_name", "last_name", "phone"):
            if name in cleaned:
                cleaned[name] = one_line(cleaned[name])
        return cleaned

    def save(self) -> User:
        self.instance.save(update_fields=self._meta.fields)
        return self.instance


# --- the desk ---


class CompanyForm(forms.ModelForm):
    """A company that exists. Ends in `Company.change`."""

    class Meta:
        model = Company
        fields = [
            "name", "code", "tax_id", "email", "phone", "address", "time_zone", "region", "email_domains",
            "is_active", "is_demo",
        ]  # fmt: skip

    def clean_name(self) -> str:
        return one_line(self.cleaned_data["name"])

    def save_by(self, by: User) -> Company:
        changes = {name: [str(self.initial.get(name, "")), str(self.cleaned_data[name])] for name in self.changed_data}
        return self.instance.change(by=by, changes=changes)


class NewCompanyForm(forms.ModelForm):
    """A new company and its first manager in one form. Ends in `User.objects.found_company`."""

    first_name = forms.CharField(label=_("First name"), max_length=80)
    last_name = forms.CharField(label=_("Last name"), max_length=120, required=False)
    manager_email = forms.EmailField(label=_("E-mail address"))
    login = forms.CharField(label=_("User name"), max_length=60)

    class Meta(CompanyForm.Meta):
        pass

    def clean_name(self) -> str:
        return one_line(self.cleaned_data["name"])

    def clean(self):
        cleaned = super().clean()
        manager = User(
            company=self.instance,
            login=cleaned.get("login") or None,
            email=cleaned.get("manager_email", ""),
            first_name=one_line(cleaned.get("first_name", "")),
            last_name=one_line(cleaned.get("last_name", "")),
            has_portal_access=True,
        )
        manager.normalise()
        try:
            manager.full_clean(exclude=["company", "password"])
        except ValidationError as error:
            for field, reasons in error.update_error_dict({}).items():
                name = "manager_email" if field == "email" else field
                self.add_error(name if name in self.fields else None, reasons)
        self.manager = manager
        return cleaned

    def save_by(self, by: User) -> Company:
        data = {name: getattr(self.manager, name) for name in ("login", "email", "first_name", "last_name")}
        return User.objects.found_company(self.instance, by=by, manager=data)


class StaffForm(forms.ModelForm):
    """A person of support. A new one gets a link to choose a password."""

    class Meta:
        model = User
        fields = ["first_name", "last_name", "email", "login", "phone", "language", "is_active", "groups"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.is_new = self.instance.pk is None
        self.fields["login"].required = True
        self.instance.is_staff = True

    def save_by(self, by: User) -> User:
        return self.instance.keep_as_staff(by=by, changed=self.changed_data, is_new=self.is_new)
