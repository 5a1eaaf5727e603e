"""One's own account."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts.forms.access import NewPasswordForm, password_field
from accounts.models import User
from text.words import normalised, one_line


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


class EmailForm(forms.Form):
    """Ask for another address. Ends in `User.ask_for_email`; nothing is said about who else uses it."""

    email = forms.EmailField(
        label=_("New e-mail address"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text=_("We send a link there; the address changes when you open it and confirm."),
    )

    def __init__(self, *args, user, **kwargs):
        self.user = user
        super().__init__(*args, **kwargs)

    def clean_email(self) -> str:
        email = normalised(self.cleaned_data["email"])
        if email == self.user.email:
            raise ValidationError(_("This is your address already."))
        return email

    def save(self) -> None:
        self.user.ask_for_email(self.cleaned_data["email"])


class MailsForm(forms.Form):
    """What one may decide about one's own mails. Ends in `User.choose_general_mail`."""

    general = forms.BooleanField(label=_("I want the general mails"), required=False)

    def __init__(self, *args, user, **kwargs):
        self.user = user
        super().__init__(*args, initial={"general": not user.declines_general_mail}, **kwargs)

    def save(self) -> None:
        self.user.choose_general_mail(wanted=self.cleaned_data["general"])
