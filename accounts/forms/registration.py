"""Asking for access, and deciding about it."""

from collections.abc import Iterator, Mapping
from contextlib import nullcontext

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.utils.text import capfirst
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from accounts import logins
from accounts.forms.people import OwnPassword
from accounts.forms.refusing import refuse_what_is_no_user
from accounts.limits import Refusals
from accounts.models import AccessRequest, Company, User
from accounts.models.refusals import LastManager
from accounts.models.registration import APPROVAL, free_code
from accounts.permissions import BY_NAME, NEW_CONTACT_FLAGS, PARENTS, Group, Permission, offered
from text.words import normalised, one_line, printable


def switches() -> tuple[Permission, ...]:
    """What a manager switches on or off for somebody who asks for access; access itself is what is decided."""
    return tuple(permission for permission in offered() if permission.name != "has_portal_access")


class AccessRequestForm(forms.Form):
    """What a visitor tells who asks for access. Ends in `AccessRequest.objects.ask` (S1-20, S1-21, S3-15)."""

    first_name = forms.CharField(
        label=_("First name"), max_length=80, widget=forms.TextInput(attrs={"autocomplete": "given-name"})
    )
    last_name = forms.CharField(
        label=_("Last name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "family-name"})
    )
    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=254,
        help_text=_("The one that you use at work: we send a link to it, and by it we know your company."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    phone = forms.CharField(
        label=_("Telephone"),
        max_length=30,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "tel", "inputmode": "tel"}),
    )
    company_typed = forms.CharField(
        label=_("Company"),
        max_length=150,
        help_text=_("Its code in the portal, if you know it; else its name."),
        widget=forms.TextInput(attrs={"autocomplete": "organization"}),
    )
    message = forms.CharField(
        label=_("Message"),
        max_length=2000,
        required=False,
        help_text=_("What the person who decides should know, such as your work in the company."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES, widget=forms.RadioSelect)
    accepts = forms.BooleanField(
        label=_("I agree that these data are used to decide about my access and to attend to me."),
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["language"].initial = get_language()
        if settings.REGISTRATION != APPROVAL:
            self.leave_out_who_decides()

    def leave_out_who_decides(self) -> None:
        """Whoever shows that the address is theirs comes in: nobody is told why."""
        del self.fields["company_typed"], self.fields["message"]
        self.fields["email"].help_text = _("The one with which you deal with us: we send a link to it.")
        self.fields["accepts"].label = _("I agree that these data are used to attend to me.")

    def clean_email(self) -> str:
        email = normalised(self.cleaned_data["email"])
        if len(email) > 254:
            raise ValidationError(_("This address is too long."))
        return email

    def clean_message(self) -> str:
        return printable(self.cleaned_data["message"]).strip()

    def clean(self):
        cleaned = super().clean()
        for name in ("first_name", "last_name", "phone", "company_typed"):
            if name in cleaned:
                field = self.fields[name]
                cleaned[name] = one_line(cleaned[name])[: field.max_length]
                if field.required and not cleaned[name]:
                    self.add_error(name, field.error_messages["required"])
        return cleaned

    def save(self) -> None:
        data = {name: value for name, value in self.cleaned_data.items() if name != "accepts"}
        AccessRequest.objects.ask(**data)


def check_person(form: forms.Form, person: User, login: str, *, asking: Refusals = nullcontext) -> None:
    """What would be wrong with whoever gets access by the form, at its fields: a login or an address that is taken."""
    held, person.login, person.has_portal_access = person.login, login, True
    person.normalise()
    if person.login and person.login != held:
        names = {"first_name": person.first_name, "last_name": person.last_name}
        try:
            with asking():
                logins.check_free(person.login, person=person, **names)
        except ValidationError as error:
            form.add_error("login", error)
    refuse_what_is_no_user(form, person)


class ApprovalForm(OwnPassword):
    """What a manager decides about somebody who asks for access: login name and permissions (S0-109, S0-117).

    Ends in `AccessRequest.approve`. `asking` counts the names that were not free.
    """

    login = forms.CharField(
        label=_("User name"),
        max_length=60,
        help_text=_("With it, or with the e-mail address, the person logs in."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"}),
    )

    def __init__(self, *args, asked: AccessRequest, asking: Refusals, **kwargs):
        super().__init__(*args, **kwargs)
        self.asked, self.asking = asked, asking
        self.person = asked.contact_in(asked.company)
        self.was_manager = bool(self.person and self.person.has_portal_access and self.person.is_company_manager)
        self.fields["login"].initial = (self.person and self.person.login) or asked.free_login()
        initial = self.proposed()
        for permission in switches():
            self.fields[permission.name] = switch(permission, initial=initial[permission.name])

    def proposed(self) -> Mapping[str, bool]:
        """What is switched on before anything was chosen: what the contact has, and what new people get."""
        has = {
            permission.name: bool(self.person and getattr(self.person, permission.name)) for permission in switches()
        }
        if self.person and self.person.has_portal_access:
            return has
        return has | {name: True for name in NEW_CONTACT_FLAGS if name in has}

    def groups(self) -> Iterator[tuple[str, list[list[forms.BoundField]]]]:
        """The switches as the page arranges them: title, and families of one field with those that hang from it."""
        titles = {
            Group.ACCESS: _("Access to the portal"),
            Group.MAIL: _("Mail"),
            Group.PROFILE: pgettext_lazy("of a contact", "Profile"),
        }
        for group, title in titles.items():
            names = [permission.name for permission in switches() if permission.group == group]
            heads = [name for name in names if PARENTS.get(name) not in names]
            yield title, [[self[name] for name in names if name == head or PARENTS.get(name) == head] for head in heads]

    def clean(self):
        cleaned = super().clean()
        if "login" in cleaned:
            person = self.person or User(company=self.asked.company, **self.asked.personal_data())
            check_person(self, person, cleaned["login"], asking=self.asking)
        if self.makes_a_manager(cleaned):
            self.check_own_password()
        return cleaned

    def makes_a_manager(self, cleaned) -> bool:
        return bool(cleaned.get("is_company_manager")) and not self.was_manager

    def asks_own_password(self) -> bool:
        return self.confirm is not None and not self.was_manager

    def cleared(self) -> list[str]:
        """What was switched on under something that is off, in words: it stays off."""
        cleaned = self.cleaned_data
        return [
            str(BY_NAME[child].label)
            for child, parent in PARENTS.items()
            if cleaned.get(child) and not cleaned.get(parent, True)
        ]

    def save(self, by: User) -> User | None:
        """The person, or None with the reason beside the field. Raises NoLongerOpen."""
        permissions = {permission.name: self.cleaned_data[permission.name] for permission in switches()}
        try:
            return self.asked.approve(by=by, login=normalised(self.cleaned_data["login"]), permissions=permissions)
        except LastManager as error:
            self.add_error(None, error)
        except IntegrityError:  # somebody else took it since it was looked at
            self.add_error("login", _("This login name is not available."))
        return None


def switch(permission: Permission, *, initial: bool) -> forms.BooleanField:
    widget = forms.CheckboxInput(attrs={"class": "form-check-input", "role": "switch"})
    return forms.BooleanField(
        label=capfirst(permission.label), help_text=permission.help, initial=initial, required=False, widget=widget
    )


class RejectionForm(forms.Form):
    """No, with words to the person if there are any. Ends in `AccessRequest.reject`."""

    answer = forms.CharField(
        label=_("Words for the person"),
        max_length=1000,
        required=False,
        help_text=_("They go into the e-mail that tells the answer. You may leave them out."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, *args, asked: AccessRequest, **kwargs):
        super().__init__(*args, **kwargs)
        self.asked = asked

    def clean_answer(self) -> str:
        return printable(self.cleaned_data["answer"]).strip()

    def save(self, by: User) -> None:
        self.asked.reject(by=by, answer=self.cleaned_data["answer"])


# --- on the desk ---


class CompanyOfRequestForm(forms.ModelForm):
    """Support says which company a request belongs to. Ends in `AccessRequest.assign`."""

    class Meta:
        model = AccessRequest
        fields = ["company"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "company" in self.fields:
            self.fields["company"].required = True
            self.fields["company"].help_text = _("Its managers are told and decide; they choose the permissions too.")

    def clean_company(self) -> Company:
        company = self.cleaned_data["company"]
        if not company.is_active:
            raise ValidationError(_("This company is suspended: nobody of it could decide."))
        return company

    def save_by(self, by: User) -> None:
        self.instance.assign(self.cleaned_data["company"], by=by)


class CompanyFromRequestForm(forms.ModelForm):
    """A new company whose first manager becomes the person who asked. Ends in `AccessRequest.found_company`."""

    login = forms.CharField(label=_("User name"), max_length=60)

    class Meta:
        model = Company
        fields = ["name", "code", "tax_id", "email_domains"]

    def __init__(self, *args, asked: AccessRequest, **kwargs):
        super().__init__(*args, **kwargs)
        self.asked = asked
        self.initial = {
            "name": asked.company_typed,
            "code": free_code(asked.company_typed),
            "login": asked.free_login(),
        } | self.initial

    def clean_name(self) -> str:
        return one_line(self.cleaned_data["name"])

    def clean(self):
        cleaned = super().clean()
        if "login" in cleaned:
            check_person(self, User(company=Company(), **self.asked.personal_data()), cleaned["login"])
        return cleaned

    def save(self, by: User) -> None:
        """Raises NoLongerOpen."""
        self.asked.found_company(self.instance, by=by, login=normalised(self.cleaned_data["login"]))
