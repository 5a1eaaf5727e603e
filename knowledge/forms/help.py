"""What readers of the help type: a search, and whether an article helped."""

from dataclasses import dataclass

from django import forms
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from knowledge.models import Article, ArticleVote
from knowledge.models.article import ArticleQuerySet
from knowledge.models.vote import REASON_LIMIT
from text.extracts import extract, highlighted
from text.words import printable

LONGEST_SEARCH = 200
RESULTS = 30


@dataclass(frozen=True, slots=True)
class Result:
    """An article that was found, with its title and a passage of it in which the sought words are marked."""

    article: Article
    title: SafeString
    passage: SafeString


class SearchForm(forms.Form):
    """What is sought, whatever is typed: too much is cut, and nothing in it is syntax."""

    def __init__(self, query=None) -> None:
        super().__init__(query)
        self.words = printable((query or {}).get("q", ""))[:LONGEST_SEARCH].strip()

    def results(self, articles: ArticleQuerySet) -> list[Result]:
        """The best answers among `articles`."""
        found = articles.answering(self.words, most=RESULTS)
        return [
            Result(article, highlighted(article.title, self.words), extract(article.plain, self.words))
            for article in found
        ]


class VoteForm(forms.Form):
    """Whether an article helped, and if not, why."""

    helps = forms.TypedChoiceField(
        choices=[("si", _("Yes")), ("no", _("No"))],
        coerce=lambda word: word == "si",
        error_messages={"required": _("Say whether it helped."), "invalid_choice": _("Say whether it helped.")},
    )
    reason = forms.CharField(
        label=_("What is missing, or what is wrong?"),
        required=False,
        max_length=REASON_LIMIT,
        widget=forms.Textarea(attrs={"rows": 3, "class": "form-control"}),
    )

    def __init__(self, *args, article: Article, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.article = article

    def save(self, *, by: User) -> ArticleVote:
        return ArticleVote.objects.cast(self.article, by=by, **self.cleaned_data)
