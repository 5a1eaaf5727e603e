from datetime import datetime
from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models import Exists, Max, OuterRef, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import AuditEntry, User
from text import rendering

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

TOP_HEADING = 2


class RulesOfUseQuerySet(models.QuerySet["RulesOfUse"]):
    def visible_to(self, user: "User | AnonymousUser"):
        """What is in force, or was, is for everybody to read."""
        return self.exclude(in_force_since=None)

    def begun(self, *, at: datetime):
        """The version in force first, then those before it."""
        return self.filter(in_force_since__lte=at).order_by("-in_force_since", "-version")

    def current(self, *, at: datetime) -> "RulesOfUse | None":
        return self.begun(at=at).first()

    def to_accept(self, user: "User", *, at: datetime) -> "RulesOfUse | None":
        """The version in force where the person has yet to accept it. Nothing is asked of support."""
        if user.is_staff:
            return None
        accepted = Acceptance.objects.filter(rules=OuterRef("pk"), person=user)
        current = self.begun(at=at).annotate(is_accepted=Exists(accepted)).defer("text").first()
        return None if current is None or current.is_accepted else current

    def next_version(self) -> int:
        """The number that a new version takes; of two written at once the database refuses one."""
        return (self.aggregate(last=Max("version"))["last"] or 0) + 1

    def draft(self, *, text: str) -> "RulesOfUse":
        """The next version, which is in force for nobody yet."""
        row = self.model(version=self.next_version(), text=text)
        row.render()
        row.save(force_insert=True)
        return row


class RulesOfUse(models.Model):
    """A version of the rules that people accept once, before they first use the portal (S1-8)."""

    version = models.PositiveIntegerField(_("version"), unique=True, editable=False)
    text = models.TextField(_("text"), max_length=50_000, help_text=_("Markdown."))
    html = models.TextField(editable=False, blank=True)
    html_version = models.PositiveSmallIntegerField(editable=False, default=0)
    in_force_since = models.DateTimeField(_("in force since"), null=True, blank=True, editable=False)

    objects = RulesOfUseQuerySet.as_manager()

    is_accepted: bool  # of `to_accept`

    IMPERSONAL = {"text", "html"}

    class Meta:
        ordering = ["-version"]
        verbose_name = _("rules of use")
        verbose_name_plural = _("rules of use")

    def __str__(self) -> str:
        return _("Rules of use, version %(version)s") % {"version": self.version}

    def get_absolute_url(self) -> str:
        return reverse("rules:rules")

    def has_begun(self, *, at: datetime) -> bool:
        """From then on its words stay: people have accepted them."""
        return self.in_force_since is not None and self.in_force_since <= at

    # --- verbs ---

    def render(self) -> None:
        """The HTML of the text; whoever changes the text does it before saving."""
        self.html = rendering.article_html(self.text, top=TOP_HEADING)
        self.html_version = rendering.RENDERER_VERSION

    @transaction.atomic
    def put_in_force(self, *, since: datetime, at: datetime) -> None:
        """Everybody is asked to accept it from `since` on. Raises ValidationError."""
        if since < at:
            raise ValidationError(_("That moment has passed. Leave it empty to begin now."))
        waiting = RulesOfUse.objects.filter(Q(in_force_since=None) | Q(in_force_since__gt=at), pk=self.pk)
        if not waiting.update(in_force_since=since):
            raise ValidationError(_("This version has been in force already; write another one."))
        self.in_force_since = since

    @transaction.atomic
    def accept(self, *, by: User, at: datetime) -> None:
        """The person accepts this version; once more changes nothing."""
        _row, is_new = Acceptance.objects.get_or_create(rules=self, person=by, defaults={"at": at})
        if is_new:
            kind, changes = AuditEntry.Kind.RULES_ACCEPTED, {"version": [None, self.version]}
            AuditEntry.write(kind, by=by, on=by, company=by.company, changes=changes)


class Acceptance(models.Model):
    """A person accepted a version of the rules of use. It stays when the person is erased, and says no name then."""

    rules = models.ForeignKey(RulesOfUse, models.PROTECT, related_name="acceptances")
    person = models.ForeignKey(User, models.CASCADE, related_name="+")
    at = models.DateTimeField(_("accepted"))

    class Meta:
        default_permissions = ("view",)
        verbose_name = _("acceptance of the rules of use")
        verbose_name_plural = _("acceptances of the rules of use")
        constraints = [
            models.UniqueConstraint(fields=["rules", "person"], name="a_version_of_the_rules_is_accepted_once")
        ]

    def __str__(self) -> str:
        return f"{self.rules} · {self.person}"
