"""What a fresh installation offers in Solicitudes; the vendor changes it on the desk."""

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tickets.models.question import Kind

HEADING = pgettext_lazy("topic", "Requests")
# Behind the topics of tickets.
POSITION = 90


@dataclass(frozen=True, slots=True)
class Question:
    """A question of an example's form."""

    label: str | Promise
    kind: Kind = Kind.TEXT
    is_required: bool = False
    help: str | Promise = ""
    options: tuple[str | Promise, ...] = ()

    def details(self) -> dict[str, Any]:
        words = {"label": str(self.label), "help": str(self.help), "options": "\n".join(map(str, self.options))}
        return words | {"kind": self.kind, "is_required": self.is_required}


@dataclass(frozen=True, slots=True)
class Example:
    """An entry of the catalogue. `slug` is the same in every installation: buttons elsewhere lead to it."""

    slug: str
    name: str | Promise
    group: str | Promise
    icon: str
    text: str | Promise
    questions: tuple[Question, ...] = ()
    price: str | Promise = ""
    needs_approval: bool = False

    def details(self) -> dict[str, Any]:
        words = {"group": str(self.group), "text": str(self.text), "price": str(self.price)}
        return words | {"slug": self.slug, "icon": self.icon, "needs_approval": self.needs_approval}


PRODUCT = pgettext_lazy("group of requests", "The product")
CONTRACT = pgettext_lazy("group of requests", "Contract and services")
US = pgettext_lazy("group of requests", "Talk to us")

REQUESTS = (
    Example(
        "ampliacion",
        pgettext_lazy("request", "Functional extension"),
        PRODUCT,
        "sparkles",
        _("Something that the program does not do yet. We assess it and send you a quote."),
        (
            Question(_("Module"), Kind.MODULE),
            Question(_("What do you need it for?"), Kind.LONG_TEXT, is_required=True),
            Question(_("How do you manage today?"), Kind.LONG_TEXT),
            Question(_("Wished for by"), Kind.DATE),
        ),
    ),
    Example(
        "alta-de-centro",
        pgettext_lazy("request", "New work centre"),
        PRODUCT,
        "building-office-2",
        _("Have us register a work centre of your company."),
        (
            Question(_("Name of the centre"), is_required=True),
            Question(_("Address"), Kind.LONG_TEXT, is_required=True),
            Question(_("Number of workers"), Kind.NUMBER, is_required=True),
            Question(_("In use from"), Kind.DATE),
            Question(_("Who is in charge of it?"), Kind.CONTACT),
        ),
    ),
    Example(
        "presupuesto",
        pgettext_lazy("request", "Quote"),
        CONTRACT,
        "document-currency-euro",
        _("What a module, a service or some work would cost."),
        (
            Question(
                _("What is it for?"),
                Kind.SEVERAL,
                is_required=True,
                options=(_("A module"), _("Training"), _("Installation or migration"), _("Another matter")),
            ),
            Question(_("Number of users"), Kind.NUMBER),
        ),
    ),
    Example(
        "horas-de-formacion",
        pgettext_lazy("request", "More hours of training"),
        CONTRACT,
        "academic-cap",
        _("Hours for your company's bag, to book sessions with."),
        (
            Question(
                _("How many hours?"),
                Kind.CHOICE,
                is_required=True,
                options=(_("5 hours"), _("10 hours"), _("20 hours"), _("Another number: I say it in the message")),
            ),
        ),
        price=_("As agreed in your contract; we confirm it before invoicing."),
        needs_approval=True,
    ),
    Example(
        "baja",
        pgettext_lazy("request", "Cancellation"),
        CONTRACT,
        "arrow-right-start-on-rectangle",
        _("Give up a service or the whole contract."),
        (
            Question(_("What do you give up?"), is_required=True),
            Question(_("From which day?"), Kind.DATE, is_required=True),
            Question(_("Do you want a copy of your data?"), Kind.YES_NO, is_required=True),
            Question(_("Why?"), Kind.LONG_TEXT, help=_("It helps us to do better.")),
        ),
        needs_approval=True,
    ),
    Example(
        "administracion",
        pgettext_lazy("request", "Contact with administration"),
        US,
        "calculator",
        _("Invoices, payments and contract data."),
        (Question(_("Number of the invoice")), Question(_("Document"), Kind.FILE)),
    ),
    Example(
        "sugerencia",
        pgettext_lazy("request", "Suggestion"),
        US,
        "light-bulb",
        _("Tell us what would make the product or our service better."),
    ),
)
