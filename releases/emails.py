"""The e-mails that this app sends. Each function decides who hears of it, and nothing else."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from django.conf import settings

from accounts.areas import is_there
from accounts.emails import recipient
from mail.models import OutgoingMail
from mail.outbox import Lane, post, written
from mail.rendering import Parts
from text.rendering import article_line
from text.words import normalised

if TYPE_CHECKING:
    from accounts.models import User
    from releases.models import Release, ReleaseNote

# A mail names so many notes, each with so many characters; the page has all of them.
NOTES = 30
CHARACTERS = 300


class Letter(NamedTuple):
    """What makes two mails differ: the modules of the company, None where nothing is known of them, and whether the
    person may open the page."""

    modules: frozenset[int] | None
    can_open: bool


class Announcement:
    """Word of a release, written once for all who read the same; `tell` may be called for one batch of people after
    another."""

    def __init__(self, release: "Release", notes: "Sequence[ReleaseNote]") -> None:
        self.release, self.notes = release, notes
        self.lines = {note.pk: article_line(note.text, CHARACTERS) for note in notes}
        self.written: dict[Letter, dict[str, Parts]] = defaultdict(dict)

    def tell(self, people: "Sequence[User]", *, modules: Mapping[int | None, frozenset[int]]) -> None:
        """To each of these people, with the notes of the modules of their company, and the link for those who may
        follow it. `modules`: company → products; of a company that is not in it, all notes are taken to concern it."""
        readers: dict[Letter, list[User]] = defaultdict(list)
        for person in {normalised(person.email): person for person in reversed(people)}.values():
            can_open = is_there("releases") and person.has_portal_access and person.can_use_releases
            readers[Letter(modules.get(person.company_id), can_open)].append(person)
        post([mail for letter, theirs in readers.items() for mail in self.mails(letter, theirs)])

    def mails(self, letter: Letter, readers: "Sequence[User]") -> list[OutgoingMail]:
        to, context, alike = map(recipient, readers), self.context(letter), self.written[letter]
        return written("release_published", to, context=context, lane=Lane.BULK, alike=alike)

    def context(self, letter: Letter) -> dict[str, Any]:
        notes = [note for note in self.notes if letter.modules is None or note.product_id in letter.modules]
        return {
            "release": self.release,
            "notes": [(note, self.lines[note.pk]) for note in notes[:NOTES]],
            "more": len(notes[NOTES:]),
            "others": len(self.notes) - len(notes),
            "can_open": letter.can_open,
            "may_be_opened": is_there("releases"),
            "link": settings.PUBLIC_URL + self.release.get_absolute_url(),
        }
