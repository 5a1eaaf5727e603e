from urllib.parse import quote

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from text import rendering

TOP_HEADING = 2


class ContactEntryQuerySet(models.QuerySet["ContactEntry"]):
    def visible_to(self, user):
        """How the vendor is reached is for everybody to read."""
        return self.all()

    def in_order(self):
        return self.order_by("position", "name", "pk")


class ContactEntry(models.Model):
    """A department as people reach it beside the tickets: by telephone, by e-mail with a prepared subject, or both
    (S1-5, S1-25, S3-37)."""

    name = models.CharField(_("name"), max_length=80)
    text = models.CharField(_("what for"), max_length=300, blank=True)
    phone = models.CharField(
        _("telephone"),
        max_length=30,
        blank=True,
        validators=[RegexValidator(r"^\+?[0-9][0-9 ]{1,28}$", _("Digits and spaces, as in +34 900 000 000."))],
    )
    price = models.CharField(_("price of a call"), max_length=120, blank=True)
    hours = models.CharField(_("hours"), max_length=120, blank=True)
    email = models.EmailField(_("e-mail address"), blank=True)
    subject = models.CharField(_("prepared subject"), max_length=120, blank=True)
    position = models.PositiveIntegerField(_("position"), default=0)

    objects = ContactEntryQuerySet.as_manager()

    IMPERSONAL = {"name", "text", "phone", "price", "hours", "email", "subject"}

    class Meta:
        ordering = ["position", "name", "pk"]
        verbose_name = _("way to contact us")
        verbose_name_plural = _("ways to contact us")
        constraints = [
            models.CheckConstraint(
                condition=~Q(phone="") | ~Q(email=""),
                name="a_contact_entry_reaches_somebody",
                violation_error_message=_("Write a telephone or an e-mail address."),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def tel(self) -> str:
        """The address that dials it."""
        return f"tel:{self.phone.replace(' ', '')}"

    @property
    def mailto(self) -> str:
        """The address that opens a mail with its subject."""
        return mailto(self.email, self.subject)


def mailto(address: str, subject: str = "") -> str:
    return f"mailto:{quote(address, safe='@+')}" + (f"?subject={quote(subject)}" if subject else "")


class InformationPageQuerySet(models.QuerySet["InformationPage"]):
    def visible_to(self, user):
        """Everybody reads them."""
        return self.all()


class InformationPage(models.Model):
    """A page that every page leads to and that staff write: until then it says what is always true."""

    class Key(models.TextChoices):
        CONTACT = "contact", _("What goes by telephone and what by ticket")
        LEGAL = "legal", _("Legal notice")
        PRIVACY = "privacy", _("Privacy")
        ACCESSIBILITY = "accessibility", _("Accessibility")

    key = models.CharField(
        _("page"),
        max_length=15,
        choices=Key.choices,
        unique=True,
        error_messages={"unique": _("This page is written already; change it.")},
    )
    text = models.TextField(_("text"), max_length=50_000, help_text=_("Markdown."))
    html = models.TextField(editable=False, blank=True)
    html_version = models.PositiveSmallIntegerField(editable=False, default=0)

    objects = InformationPageQuerySet.as_manager()

    IMPERSONAL = {"text", "html"}

    class Meta:
        ordering = ["key"]
        verbose_name = _("information page")
        verbose_name_plural = _("information pages")

    def __str__(self) -> str:
        return self.get_key_display()

    def render(self) -> None:
        """The HTML of the text; whoever changes the text does it before saving."""
        self.html = rendering.article_html(self.text, top=TOP_HEADING)
        self.html_version = rendering.RENDERER_VERSION
