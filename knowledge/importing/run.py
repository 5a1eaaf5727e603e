"""One folder: every file is imported, unchanged, changed, refused or left aside, each article in a transaction."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import sha256
from pathlib import Path, PurePosixPath

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from files.receiving import discard, receive_path
from files.types import Kind
from knowledge.importing.links import Addresses, Text
from knowledge.importing.markup import to_markdown
from knowledge.importing.sources import Folder, Refused, Source, unique
from knowledge.models import Article, ArticlePicture, Category
from knowledge.models.article import free_slug
from text.rendering import MESSAGE_LIMIT
from text.words import normalised

TITLE_LIMIT = 200


class Outcome(StrEnum):
    IMPORTED = "imported"
    UNCHANGED = "unchanged"
    CHANGED = "changed"
    REFUSED = "refused"
    ASIDE = "left aside"
    STORED = "stored"  # a picture


# File, line, id, what became of it, and the article's address or the reason.
Tell = Callable[[str, int, str, Outcome, str], None]


@dataclass
class Tally:
    """What became of everything, and what was made or lost on the way."""

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    categories: int = 0
    internal: int = 0
    dead: int = 0  # links that lead nowhere

    @property
    def read(self) -> int:
        return sum(self.outcomes.values())


@dataclass(frozen=True, slots=True)
class Defaults:
    """What articles are that do not say it: who reads them, and on which shelf they stand."""

    audience: str
    shelf: str


class Import:
    """The articles of one folder. What was imported before is known by its id, which is its path or what it says."""

    def __init__(self, root: Path, *, defaults: Defaults, tell: Tell) -> None:
        self.root, self.defaults, self.tell = root, defaults, tell
        self.tally = Tally()
        self.shown: set[PurePosixPath] = set()
        self.shelves = {(row.parent_id, normalised(row.name)): row for row in Category.objects.all()}

    def run(self) -> None:
        """Raises OSError when the folder cannot be read."""
        self.folder = folder = Folder.read(self.root)
        for file, line, reason in folder.refused:
            self.note(file, line, "", Outcome.REFUSED, reason)
        sources = [source for source in self.told_once(folder.articles)]
        addresses, slugs = Addresses(), self.slugs(sources)
        for source in sources:
            addresses.note(source, slugs[source.external_id])
        for source in sources:
            self.take(source, addresses, slugs[source.external_id])
        self.account_for_the_rest()

    def told_once(self, sources: list[Source]):
        for source, is_first in unique(sources):
            if is_first:
                yield source
            else:
                self.note(source.file, source.line, source.external_id, Outcome.REFUSED, _("It repeats an earlier id."))

    def slugs(self, sources: list[Source]) -> dict[str, str]:
        """The address of each: the one it has, or a free one."""
        ids = [source.external_id for source in sources]
        slugs = dict(Article.objects.filter(external_id__in=ids).values_list("external_id", "slug"))
        taken = set(Article.objects.values_list("slug", flat=True))
        for source in sources:
            if source.external_id in slugs:
                continue
            stem = source.slug or (source.path.parent.name if source.path.stem == "index" else source.path.stem)
            wanted = free_slug(stem if slugify(stem) else source.title)
            slug, number = wanted, 1
            while slug in taken:
                number += 1
                slug = f"{wanted}-{number}"
            taken.add(slug)
            slugs[source.external_id] = slug
        return slugs

    # --- one article ---

    def take(self, source: Source, addresses: Addresses, slug: str) -> None:
        try:
            title, markdown = to_markdown(source)
            text = addresses.resolve(markdown, source, self.folder.pictures)
            if len(text.markdown) > MESSAGE_LIMIT:
                words = _("It is too long: %(length)s characters, and %(limit)s fit.")
                raise Refused(words % {"length": len(text.markdown), "limit": MESSAGE_LIMIT})
            with transaction.atomic():
                outcome = self.keep(source, title[:TITLE_LIMIT], text, slug)
        except Refused as refusal:
            self.note(source.file, source.line, source.external_id, Outcome.REFUSED, str(refusal))
            return
        self.shown.update(text.pictures.values())
        self.tally.dead += len(text.dead)
        words = f"/ayuda/{slug}/"
        if text.dead:
            words = _("%(address)s; links to nothing: %(links)s") % {"address": words, "links": ", ".join(text.dead)}
        self.note(source.file, source.line, source.external_id, outcome, words)

    def keep(self, source: Source, title: str, text: Text, slug: str) -> Outcome:
        audience = source.audience or self.defaults.audience
        self.tally.internal += audience == Article.Audience.STAFF
        digest = self.digest(source, title, text, audience)
        article = Article.objects.filter(external_id=source.external_id).first()
        if article and article.imported == digest:
            return Outcome.UNCHANGED
        outcome = Outcome.CHANGED if article else Outcome.IMPORTED
        article = article or Article(external_id=source.external_id, slug=slug)
        article.title, article.text, article.audience = title, text.markdown, audience
        article.state = Article.State.DRAFT if source.is_draft else Article.State.PUBLISHED
        article.category = self.shelf(source.shelves or (self.defaults.shelf,))
        article.position, article.imported = source.position, digest
        article.updated_at = source.updated or timezone.now()
        article.save()
        self.keep_pictures(article, text)
        article.render_again()
        return outcome

    def keep_pictures(self, article: Article, text: Text) -> None:
        """The pictures that the text shows now, in place of those that it had."""
        article.pictures.all().delete()
        for name, path in text.pictures.items():
            try:
                upload = receive_path(self.folder.pictures[path], path.name)
            except ValidationError as refusal:
                raise Refused(f"{path}: {' '.join(refusal.messages)}") from refusal
            if upload.kind != Kind.PICTURE:
                discard(upload)
                raise Refused(_("“%(name)s” is no picture.") % {"name": path})
            picture = ArticlePicture.objects.add(article, upload)
            ArticlePicture.objects.filter(pk=picture.pk).update(name=name)

    def shelf(self, names: tuple[str, ...]) -> Category:
        """The category of these names, one in the other; a new one where there is none."""
        top = self.one_shelf(None, names[0], names)
        return self.one_shelf(top, names[1], names) if len(names) > 1 else top

    def one_shelf(self, parent: Category | None, name: str, names: tuple[str, ...]) -> Category:
        key = (parent.pk if parent else None, normalised(name))
        if key not in self.shelves:
            self.shelves[key] = Category.objects.create(parent=parent, name=name, slug=shelf_slug(names, name))
            self.tally.categories += 1
        return self.shelves[key]

    def digest(self, source: Source, title: str, text: Text, audience: str) -> str:
        """Of all that an import writes, so that nothing is written twice."""
        pictures = [
            (name, sha256(self.folder.pictures[path].read_bytes()).hexdigest()) for name, path in text.pictures.items()
        ]
        parts = (
            title, text.markdown, audience, source.is_draft, source.shelves, source.position, source.updated, pictures,
        )  # fmt: skip
        return sha256(repr(parts).encode()).hexdigest()

    # --- the report ---

    def account_for_the_rest(self) -> None:
        for file, reason in self.folder.aside:
            self.note(file, 0, "", Outcome.ASIDE, reason)
        for name in self.folder.pictures:
            if name in self.shown:
                self.note(str(name), 0, "", Outcome.STORED, "")
            else:
                self.note(str(name), 0, "", Outcome.ASIDE, _("No article shows it."))

    def note(self, file: str, line: int, external_id: str, outcome: Outcome, words: str) -> None:
        self.tally.outcomes[outcome] += 1
        self.tell(file, line, external_id, outcome, words)


def shelf_slug(names: tuple[str, ...], name: str) -> str:
    """An address that no category has."""
    stem = slugify(name)[:70] or "categoria"
    if name != names[0] and Category.objects.filter(slug=stem).exists():
        stem = f"{slugify(names[0])[:30]}-{stem}"[:74]
    slug, number = stem, 1
    while Category.objects.filter(slug=slug).exists():
        number += 1
        slug = f"{stem}-{number}"
    return slug
