"""What staff fill in to write articles."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models import Company
from contracts.models import Product
from files.forms import ManyFilesField
from files.receiving import Upload, discard, receive
from files.types import Kind
from knowledge.models import Article, ArticlePicture, Category
from knowledge.models.article import TAKEN_SLUGS, free_slug
from text import rendering
from text.words import one_line, printable

# What a reader sees changed; the place in a list or who reads it is not that.
SEEN = {"title", "text"}
LINKS = 8  # articles that are offered for an answer
# Brackets would end the words of a link.
BRACKETS = str.maketrans("[]", "()")


class CategoryForm(forms.ModelForm):
    """A shelf. It stands by itself or inside one that does."""

    class Meta:
        model = Category
        fields = ["name", "slug", "parent", "icon", "text", "position", "is_faq"]

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if "parent" in self.fields:  # whoever may only look gets no fields
            others = Category.objects.filter(parent=None).exclude(pk=self.instance.pk)
            self.fields["parent"].queryset = others

    def clean_name(self) -> str:
        return one_line(self.cleaned_data["name"])

    def clean_parent(self) -> Category | None:
        parent = self.cleaned_data["parent"]
        if parent and self.instance.pk and self.instance.children.exists():
            raise ValidationError(_("Other categories stand inside this one: it stays by itself."))
        return parent


class ArticleForm(forms.ModelForm):
    """An article. Without an address it gets one made from its title."""

    new_pictures = ManyFilesField(
        label=_("More pictures"),
        required=False,
        help_text=_("After keeping the article, each stands below with the words that show it in the text."),
    )

    class Meta:
        model = Article
        fields = [
            "title", "slug", "category", "text", "audience", "companies", "modules", "state", "position", "related",
        ]  # fmt: skip
        error_messages = {"text": {"required": _("Write the article.")}}
        widgets = {
            "title": forms.TextInput(attrs={"class": "vTextField"}),
            "text": forms.Textarea(attrs={"rows": 24, "cols": 90, "class": "vLargeTextField"}),
            "modules": forms.CheckboxSelectMultiple,
        }

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if "text" not in self.fields:  # whoever may only look gets no fields
            return
        self.fields["slug"].required = False
        self.fields["modules"].queryset = Product.objects.modules()
        self.fields["category"].queryset = Category.objects.select_related("parent")

    def clean_title(self) -> str:
        return one_line(self.cleaned_data["title"])

    def clean_text(self) -> str:
        return printable(self.cleaned_data["text"]).strip()

    def clean_slug(self) -> str:
        slug = self.cleaned_data["slug"]
        if slug in TAKEN_SLUGS:
            raise ValidationError(_("This address is a page of the help itself. Choose another one."))
        return slug

    def clean_new_pictures(self) -> list[Upload]:
        """Only pictures that a page can show; refused, none of them stays on the disk."""
        files, kept = self.cleaned_data["new_pictures"], []
        if len(files) > settings.FILES_PER_MESSAGE:
            raise ValidationError(_("So many at once are too many: choose some of them."))
        try:
            for file in files:
                kept.append(receive(file))
                if kept[-1].kind != Kind.PICTURE:
                    raise ValidationError(_("“%(name)s” is no picture.") % {"name": kept[-1].name})
        except ValidationError as refusal:
            for upload in kept:
                discard(upload)
            raise ValidationError(refusal.messages) from refusal
        return kept

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        is_chosen = cleaned.get("audience") == Article.Audience.CHOSEN
        if is_chosen and not cleaned.get("companies") and not cleaned.get("modules"):
            self.add_error("audience", _("Choose the companies or the modules: as it stands nobody would read it."))
        if "title" in cleaned and not cleaned.get("slug") and "slug" not in self.errors:
            cleaned["slug"] = self.instance.slug or free_slug(cleaned["title"])
        return cleaned

    def save(self, commit: bool = True) -> Article:
        if SEEN & set(self.changed_data):
            self.instance.updated_at = timezone.now()
        self.instance.render()
        return super().save(commit)

    def save_pictures(self) -> None:
        """Those that came with it, and the text as it looks with them and without those that have left."""
        for upload in self.cleaned_data.get("new_pictures", ()):
            ArticlePicture.objects.add(self.instance, upload)
        self.instance.render_again()

    def dead_links(self) -> list[str]:
        """Where the text leads to an article that is not there."""
        links = filter(leads_to_article, self.instance.links())
        slugs = {link.removeprefix("/ayuda/").rstrip("/"): link for link in links}
        there = Article.objects.filter(slug__in=slugs).values_list("slug", flat=True)
        return sorted(link for slug, link in slugs.items() if slug not in set(there))


class PictureForm(forms.ModelForm):
    """A picture that an article has: it may only be taken out."""

    class Meta:
        model = ArticlePicture
        fields: list[str] = []


class PreviewForm(forms.Form):
    """An article as it is being written, to be looked at and not kept."""

    title = forms.CharField(required=False, max_length=200)
    text = forms.CharField(required=False, strip=False)

    def article(self, article: Article | None) -> Article:
        """The article as it would look, with the pictures of the one that it is."""
        pictures = article.picture_urls() if article else {}
        self.is_valid()
        text = self.data.get("text", "")[: rendering.MESSAGE_LIMIT]
        shown = Article(title=one_line(self.data.get("title", ""))[:200], text=text)
        shown.render(pictures)
        return shown


class LinksForm(forms.Form):
    """Looks for articles to which an answer may lead."""

    q = forms.CharField(label=_("Search"), required=False, max_length=200)

    def __init__(self, query, *, company: Company | None, is_public: bool = False) -> None:
        super().__init__(query)
        self.words = printable(query.get("q", ""))[:200].strip()
        articles = Article.objects.readable_in(company) if company else Article.objects.published()
        if is_public:
            articles = Article.objects.visible_to(AnonymousUser())
        self.rows = articles.answering(self.words, most=LINKS) if self.words else []
        for article in self.rows:
            article.link = f"[{article.title.translate(BRACKETS)}]({settings.PUBLIC_URL}{article.get_absolute_url()})"


def leads_to_article(link: str) -> bool:
    parts = link.strip("/").split("/")
    return len(parts) == 2 and parts[0] == "ayuda"
