"""What staff fill in on the desk."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from accounts import viewing
from accounts.forms.refusing import refuse_what_is_no_user
from accounts.models import Company, CompanyProposal, ManagerReplacement, User
from accounts.models.logbook import LONGEST
from text.words import one_line, printable

SHORTEST_REASON = 10


def reason_field(help_text) -> forms.CharField:
    """Why support does what only the company should do; it stands in the company's logbook."""
    return forms.CharField(
        label=_("Reason"),
        min_length=SHORTEST_REASON,
        max_length=300,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": 2, "cols": 60}),
    )


class CompanyForm(forms.ModelForm):
    """A company that exists. Ends in `Company.change`."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=LONGEST,
        help_text=_("The managers of the company read it in their logbook. Do not name people."),
    )

    class Meta:
        model = Company
        fields = [
            "name", "code", "tax_id", "email", "phone", "address", "time_zone", "region", "email_domains",
            "is_active", "is_demo",
        ]  # fmt: skip

    def clean_name(self) -> str:
        return one_line(self.cleaned_data["name"])

    def save_by(self, by: User) -> Company:
        data = {name: value for name, value in self.cleaned_data.items() if name != "reason"}
        self.instance.change(by=by, data=data, reason=self.cleaned_data["reason"])
        return self.instance


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
        refuse_what_is_no_user(self, manager, names={"email": "manager_email"})
        self.manager = manager
        return cleaned

    def save_by(self, by: User) -> Company:
        data = {name: getattr(self.manager, name) for name in ("login", "email", "first_name", "last_name")}
        return User.objects.found_company(self.instance, by=by, manager=data)


class AcceptForm(forms.Form):
    """Support confirms what a company asked for. Ends in `CompanyProposal.accept`."""

    needs_words = False

    answer = forms.CharField(
        label=_("Answer"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 60}),
        help_text=_("Whoever asked gets it by e-mail, and the managers read it in their logbook. Do not name people."),
    )

    def __init__(self, *args, proposal: CompanyProposal, **kwargs):
        super().__init__(*args, **kwargs)
        self.proposal = proposal
        self.fields["answer"].required = self.needs_words

    def clean_answer(self) -> str:
        return printable(self.cleaned_data["answer"]).strip()

    def save(self, *, by: User) -> None:
        self.proposal.accept(by=by, answer=self.cleaned_data["answer"])


class RejectForm(AcceptForm):
    """Support says no, and why. Ends in `CompanyProposal.reject`."""

    needs_words = True

    def save(self, *, by: User) -> None:
        self.proposal.reject(by=by, answer=self.cleaned_data["answer"])


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


class ViewAsForm(forms.Form):
    """Why support opens the portal as a person. Ends in `viewing.begin`."""

    reason = reason_field(_("The company's managers read it in their logbook."))

    def clean_reason(self) -> str:
        return one_line(self.cleaned_data["reason"])

    def save(self, session, *, by: User, person: User) -> None:
        viewing.begin(session, by=by, person=person, reason=self.cleaned_data["reason"])


class ReplacementForm(forms.Form):
    """Whom support appoints in place of a lost manager, and why. Ends in `ManagerReplacement.objects.ask`."""

    person = forms.ModelChoiceField(
        label=_("Contact"), queryset=User.objects.none(), required=False, empty_label=_("Somebody new")
    )
    first_name = forms.CharField(label=_("First name"), max_length=80, required=False)
    last_name = forms.CharField(label=_("Last name"), max_length=120, required=False)
    email = forms.EmailField(label=_("E-mail address"), required=False)
    login = forms.CharField(
        label=_("User name"), max_length=60, required=False, help_text=_("Only for somebody who has none yet.")
    )
    reason = reason_field(_("Every contact of the company is told, and it stands in their logbook."))

    def __init__(self, *args, company: Company, **kwargs):
        self.company = company
        super().__init__(*args, **kwargs)
        self.fields["person"].queryset = company.people.active().exclude(pk__in=company.people.appointed())

    def clean_reason(self) -> str:
        return one_line(self.cleaned_data["reason"])

    def clean(self):
        cleaned = super().clean()
        person = cleaned.get("person")
        if person is None and not self.has_error("person"):
            for name in ("first_name", "email", "login"):
                if not cleaned.get(name) and not self.has_error(name):
                    self.add_error(name, _("Choose a contact above, or fill this in for somebody new."))
        elif person is not None and not person.login and not cleaned.get("login"):
            self.add_error("login", _("This contact has no user name yet: choose one."))
        if not self.errors:
            self.check_user(person or User(company=self.company, **self.data_of_the_new()))
        return cleaned

    def check_user(self, person: User) -> None:
        person.has_portal_access = True
        person.login = person.login or self.cleaned_data["login"]
        refuse_what_is_no_user(self, person)

    def data_of_the_new(self) -> dict[str, str]:
        names = {name: one_line(self.cleaned_data[name]) for name in ("first_name", "last_name")}
        return names | {name: self.cleaned_data[name] for name in ("email", "login")}

    def save_by(self, by: User) -> ManagerReplacement | None:
        """None, with the reason on the form, when nothing was asked."""
        person, reason = self.cleaned_data["person"], self.cleaned_data["reason"]
        data = {"login": self.cleaned_data["login"]} if person else self.data_of_the_new()
        try:
            return ManagerReplacement.objects.ask(by=by, company=self.company, reason=reason, person=person, **data)
        except ValidationError as refusal:
            self.add_error(None, refusal)
            return None
