"""Companies: each has its manager, and what hangs from a row of one company belongs to the same."""

from collections.abc import Iterator
from itertools import chain

from django.apps import apps
from django.db.models import Exists, F, Field, ForeignKey, Model, OuterRef, Q
from django.utils.functional import lazystr
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.models import Company, User
from portal.invariants.looking import Look, Rule, broken
from portal.invariants.mails import of_threads


def companies_have_a_manager(look: Look) -> Iterator[str]:
    managers = User.objects.managers().filter(company=OuterRef("pk"))
    without = Company.objects.filter(~Exists(managers), is_active=True)
    return broken(Rule(gettext_lazy("Company %(row)s has no active manager with access."), without))


def children_repeat_their_company(look: Look) -> Iterator[str]:
    others = Company.objects.filter(code=OuterRef("code")).exclude(pk=OuterRef("company_id"))
    astray = of_threads().filter(Exists(others), company_id__isnull=False)
    mails = broken(Rule(gettext_lazy("E-mail %(row)s names another company than that of its ticket."), astray))
    return chain(*(broken(rule_of(child, parent)) for child, parent in kinships()), mails)


def kinships() -> Iterator[tuple[type[Model], Field]]:
    """Each model with a company, and each of its columns that names a row which has one too.

    People are no parents: they may move to another company, and what they wrote stays where it is.
    """
    with_company = [model for model in apps.get_models() if has_company(model) and model is not User]
    for model in with_company:
        for column in model._meta.get_fields():
            if isinstance(column, ForeignKey) and column.related_model in with_company:
                yield model, column


def has_company(model: type[Model]) -> bool:
    return any(column.name == "company" and column.related_model is Company for column in model._meta.get_fields())


def rule_of(child: type[Model], parent: Field) -> Rule:
    name, company = str(child._meta.verbose_name), f"{parent.name}__company"
    words = _("In the table “%(table)s” row %%(row)s belongs to another company than what it hangs from.")
    of_another = Q(**{f"{parent.name}__isnull": False}) & (
        Q(company=None) | ~Q(company=F(company)) if child._meta.get_field("company").null else ~Q(company=F(company))
    )
    return Rule(lazystr(words % {"table": name}), child._base_manager.filter(of_another))
