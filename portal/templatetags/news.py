"""The rows of the news. A page holds hundreds, of which each would cost a template more than all the rest of it."""

from collections.abc import Iterable

from django import template
from django.urls import reverse
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from portal.templatetags.components import icon
from releases.models import Release, ReleaseNote

register = template.Library()


@register.simple_tag
def note_rows(notes: Iterable[ReleaseNote], release: Release) -> SafeString:
    """The notes of a release `with_modules`, each with its `own_tickets`."""
    here = escape(reverse("releases:release", args=[release.version]))
    link = format_html('{}<span class="visually-hidden">{}</span></a>', icon("link", 14), _("Link to this note"))
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
    """The first line of each note `with_modules`, under the `version` that brings it."""
    kinds = marks()
    return SafeString(
        "".join(
            f'<li class="note">{kinds[note.kind]}'
            f'<span class="text-secondary small">{escape(note.module)}<br>{escape(note.version)}</span>'
            f'<span class="min-w-0 text-break">{escape(note)}</span></li>\n'
            for note in notes
        )
    )


def marks() -> dict[str, SafeString]:
    """Kind → what says it, by colour, icon and word."""
    return {
        ReleaseNote.Kind.ENHANCEMENT: marked("enhancement", "sparkles", _("Enhancement")),
        ReleaseNote.Kind.FIX: marked("fix", "bug-ant", _("Fix")),
    }


def marked(css: str, glyph: str, word: str) -> SafeString:
    return format_html('<span class="kind {}">{}{}</span>', css, icon(glyph, 14), word)


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
