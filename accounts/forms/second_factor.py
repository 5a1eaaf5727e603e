"""The second factor: adding one, and showing it at log-in or to confirm who is there."""

import struct

from allauth.core import context, ratelimit
from allauth.mfa.adapter import get_adapter
from allauth.mfa.base import forms as base
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.webauthn import forms as webauthn
from allauth.mfa.webauthn.internal import auth as ceremony
from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from fido2.utils import websafe_encode
from fido2.webauthn import RegistrationResponse

from accounts import second_factor, sessions
from accounts.models import AuditEntry
from text.words import one_line

# What the library raises for an answer that no browser gives.
NONSENSE = (AttributeError, LookupError, TypeError, ValueError, struct.error)
CODE = {
    "autocomplete": "one-time-code",
    "inputmode": "numeric",
    "autocapitalize": "none",
    "spellcheck": "false",
    "class": "code",
}


def code_field(label, help_text="") -> forms.CharField:
    return forms.CharField(label=label, help_text=help_text, max_length=40, widget=forms.TextInput(attrs=CODE))


class CredentialField(forms.JSONField):
    """What `static/js/passkeys.js` puts into the form."""

    widget = forms.HiddenInput
    default_error_messages = {
        "required": _("The browser gave no passkey. This needs JavaScript and a browser that knows passkeys.")
    }

    def to_python(self, value):
        try:
            return super().to_python(value)
        except RecursionError:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from None

    def bound_data(self, data, initial) -> None:
        """An answer serves once: the page that refuses it does not repeat it."""

    def prepare_value(self, value) -> str:
        return ""


def limited(user) -> None:
    """Raises ValidationError when this person has failed too often (A38)."""
    if not ratelimit.consume(context.request, action="second_factor", user=user):
        raise ValidationError(_("Too many failed attempts. Wait 15 minutes."), code="too_many_attempts")


def forgiven(user) -> None:
    ratelimit.clear(context.request, action="second_factor", user=user)


# --- adding one ---


class AppForm(forms.Form):
    """The code that the app shows proves that it has the secret. Ends in `second_factor.add_app`."""

    code = code_field(_("Code that the app shows"), _("Six digits, which change every half minute."))

    def __init__(self, *args, user, secret, **kwargs):
        self.user, self.secret = user, secret
        super().__init__(*args, **kwargs)

    def clean_code(self) -> str:
        limited(self.user)
        code = self.cleaned_data["code"]
        if not totp.validate_totp_code(self.secret, code):
            raise get_adapter().validation_error("incorrect_code")
        forgiven(self.user)
        return code

    def save(self) -> bool:
        """Says whether recovery codes were made."""
        return second_factor.add_app(self.user, secret=self.secret, code=self.cleaned_data["code"])


class PasskeyNameForm(forms.Form):
    """What the person calls a passkey. Ends in `second_factor.rename_passkey`."""

    name = forms.CharField(
        label=_("Name"), max_length=60, help_text=_("So that you recognise it: for example “Office laptop”.")
    )

    def clean_name(self) -> str:
        name = one_line(self.cleaned_data["name"])
        if not name:
            raise ValidationError(self.fields["name"].error_messages["required"], code="required")
        return name

    def save(self, stored: Authenticator) -> None:
        second_factor.rename_passkey(stored, self.cleaned_data["name"])


class PasskeyAddForm(PasskeyNameForm):
    """A name and what the browser answered. Ends in `second_factor.add_passkey`."""

    credential = CredentialField()

    def __init__(self, *args, user, **kwargs):
        self.user = user
        super().__init__(*args, **kwargs)

    def clean_credential(self) -> dict:
        credential = self.cleaned_data["credential"]
        try:
            ceremony.complete_registration(credential)
            return in_plain_form(ceremony.parse_registration_response(credential))
        except NONSENSE:
            raise ValidationError(_("The passkey could not be read. Try again."), code="nonsense") from None

    def save(self) -> bool:
        """Says whether recovery codes were made."""
        return second_factor.add_passkey(
            self.user, name=self.cleaned_data["name"], credential=self.cleaned_data["credential"]
        )


def in_plain_form(registration: RegistrationResponse) -> dict:
    """What is kept of an answer: the parts that are read again, as this library writes them."""
    name = websafe_encode(registration.raw_id)
    response = {
        "clientDataJSON": websafe_encode(registration.response.client_data),
        "attestationObject": websafe_encode(registration.response.attestation_object),
    }
    return {"id": name, "rawId": name, "type": "public-key", "response": response, "clientExtensionResults": {}}


# --- showing it ---


class CodeForm(base.BaseAuthenticateForm):
    """A code of the app, each one once, or a recovery code."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["code"] = code_field(_("Code"), _("The six digits of your app, or one of your recovery codes."))

    def clean_code(self) -> str:
        limited(self.user)
        code = super().clean_code()
        stored = self.authenticator
        if stored.type == Authenticator.Type.TOTP and not second_factor.use_up(stored, code):
            self._emit_authentication_failed(stored)
            raise get_adapter().validation_error("incorrect_code")
        forgiven(self.user)
        return code

    def _emit_authentication_failed(self, authenticator) -> None:
        refused(self.user)


class PasskeyForm(webauthn.AuthenticateWebAuthnForm):
    """What the browser answered with one of the person's passkeys."""

    credential = CredentialField()

    def clean_credential(self) -> Authenticator:
        limited(self.user)
        try:
            stored = super().clean_credential()
        except ValidationError:
            refused(self.user)
            raise ValidationError(_("That passkey was not accepted. Try again."), code="refused") from None
        except NONSENSE:
            refused(self.user)
            raise ValidationError(_("The passkey could not be read. Try again."), code="nonsense") from None
        forgiven(self.user)
        return stored


class CodeAtLogInForm(CodeForm, base.AuthenticateForm):
    pass


class CodeToConfirmForm(CodeForm, base.ReauthenticateForm):
    def save(self) -> None:
        sessions.rename(context.request)
        super().save()


class PasskeyToConfirmForm(PasskeyForm, webauthn.ReauthenticateWebAuthnForm):
    pass


def refused(user) -> None:
    """For the logbook: at log-in nobody is known to have tried, in a session it was its person."""
    by = user if context.request.user.is_authenticated else None
    AuditEntry.write(AuditEntry.Kind.LOGIN_REFUSED, by=by, on=user, company=user.company)
