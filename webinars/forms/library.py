"""What the page of the webinars may be asked for."""

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from webinars.models import Webinar

LONGEST_SEARCH = 200
UNSEEN = "no-vistos"


class LibraryForm(forms.Form):
    """Words, and whether only what one has not seen is shown: what is not understood is left out."""

    q = forms.CharField(label=_("Search"), required=False)
    ver = forms.CharField(required=False)

    def __init__(self, query, *, person: User) -> None:
        super().__init__(query)
        self.person = person
        self.words = query.get("q", "").replace("\0", "")[:LONGEST_SEARCH].strip()
        self.only_unseen = query.get("ver") == UNSEEN

    @property
    def is_narrowing(self) -> bool:
        return bool(self.words) or self.only_unseen

    def found(self):
        """All the webinars that the person may know about, with these words."""
        visible = Webinar.objects.visible_to(self.person)
        return visible.matching(self.words) if self.words else visible

    def library(self):
        """The same, without those that the person has seen, where that was asked for."""
        return self.found().unseen_by(self.person) if self.only_unseen else self.found()
