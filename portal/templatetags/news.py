"""The rows of the news. A page holds hundreds, of which each would cost a template more than all the rest of it."""

from collections.abc import Iterable

from django import template
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.templatetags.components import icon
from releases.models import Release, ReleaseNote

register = template.Library()

# What says a note's kind, by colour, icon and word.
KINDS: dict[str, tuple[str, Promise]] = {
    ReleaseNote.Kind.ENHANCEMENT: ("sparkles", gettext_lazy("Enhancement")),
    ReleaseNote.Kind.FIX: ("bug-ant", gettext_lazy("Fix")),
}
LINK = "link"
SELECTED = SafeString(" selected")


@register.simple_tag
def options(choices: Iterable[tuple[str, str]], chosen: str) -> SafeString:
    """The options of a select of `choices` (value, label)."""
    return format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        ((value, SELECTED if value and value == chosen else "", label) for value, label in choices),
    )


@register.simple_tag
def note_symbols() -> SafeString:
    """The drawings of the rows, once for the page: each row only points to them."""
    glyphs = [*((kind, glyph) for kind, (glyph, _word) in KINDS.items()), (LINK, "link")]
    symbols = format_html_join(
        "", '<symbol id="sign-{}">{}</symbol>', ((name, icon(glyph, 14)) for name, glyph in glyphs)
    )
    return format_html('<svg class="d-none" aria-hidden="true">{}</svg>', symbols)


def sign(name: str) -> SafeString:
    return format_html('<svg width="14" height="14" aria-hidden="true"><use href="#sign-{}"></use></svg>', name)


@register.simple_tag
def note_rows(notes: Iterable[ReleaseNote], release: Release) -> SafeString:
    """The notes of a release `with_modules`, each with its `own_tickets`; on a page with `note_symbols`."""
    here = escape(reverse("releases:release", args=[release.version]))
    link = format_html('{}<span class="visually-hidden">{}</span></a>', sign(LINK), _("Link to this note"))
    title = escape(_("Link to this note"))
    kinds = marks()
    return SafeString(
        "".join(
            f'<li class="note" id="{note.anchor}">{kinds[note.kind]}'
            f'<span class="module">{escape(note.module)}</span>'
            f'<div class="text">{note.html}{tickets_of(note)}</div>'
            f'<a class="permanent" href="{here}?nota={note.public_id}#{note.anchor}" title="{title}">{link}</li>\n'
            for note in notes
        )
    )


@register.simple_tag
def change_rows(notes: Iterable[ReleaseNote]) -> SafeString:
    """The first line of each note `with_modules`; on a page with `note_symbols`."""
    kinds = marks()
    return SafeString(
        "".join(
            f'<li class="note">{kinds[note.kind]}'
            f'<span class="module">{escape(note.module)}</span><div class="text">{escape(note)}</div></li>\n'
            for note in notes
        )
    )


def marks() -> dict[str, SafeString]:
    words = '<span class="kind {}">{}{}</span>'
    return {kind: format_html(words, kind, sign(kind), word) for kind, (_glyph, word) in KINDS.items()}


def tickets_of(note: ReleaseNote) -> str:
    """Those that the note solves and that the reader may see."""
    if not note.own_tickets:
        return ""
    link = '<a class="own-ticket" href="{}">{}</a>'
    rows = (
        (ticket.get_absolute_url(), _("your ticket #%(number)s") % {"number": ticket.number})
        for ticket in note.own_tickets
    )
    return format_html_join("", link, rows)
