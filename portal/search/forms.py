"""What is sought in everything."""

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from text.search import TYPED_LIMIT, WORDS_LIMIT, tokens
from text.words import printable

SHORTEST = 2  # letters, of at least one of the words; a number may be as short as it is


class SearchForm(forms.Form):
    """Words, whatever is typed: nothing in them is syntax, and too much is cut, which is said (`cut`)."""

    q = forms.CharField(label=gettext_lazy("Search in everything"), required=False)

    def __init__(self, query) -> None:
        typed = " ".join(printable(query.get("q", "")).split())
        self.words = typed[:TYPED_LIMIT].strip()
        self.is_cut = len(typed) > TYPED_LIMIT
        super().__init__({"q": self.words})

    def clean_q(self) -> str:
        """Raises ValidationError for what says too little to be sought."""
        sought = tokens(self.words)
        if self.words and not sought:
            raise ValidationError(_("There is no word in that: type letters or numbers, such as “backup” or “#12”."))
        if sought and not any(len(word) >= SHORTEST or word.isdigit() for word in sought):
            raise ValidationError(_("One letter alone is in nearly everything: type at least two."))
        return self.words

    @property
    def cut(self) -> str:
        """What was not looked for of something too long; "" where all was."""
        if self.is_cut:
            return _("That was long: only its beginning is looked for, and no more than %(words)s words of it.") % {
                "words": WORDS_LIMIT
            }
        left_out = len(tokens(self.words, most=TYPED_LIMIT)) - WORDS_LIMIT
        if left_out <= 0:
            return ""
        return ngettext(
            "Only the first %(words)s words are looked for: %(count)s is left out.",
            "Only the first %(words)s words are looked for: %(count)s are left out.",
            left_out,
        ) % {"words": WORDS_LIMIT, "count": left_out}
