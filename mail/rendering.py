"""The three parts of an e-mail, from `templates/emails/<name>.subject.txt`, `.txt` and `.html`."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.conf import settings
from django.template import Context, Engine
from django.template.loader import render_to_string
from django.utils import translation

from text.words import one_line

# What no mail may hold and no database keeps: the control characters beside tabulator and line feed.
CONTROLS = dict.fromkeys([*range(0x09), 0x0B, 0x0C, *range(0x0E, 0x20), 0x7F], None)


class Parts(NamedTuple):
    subject: str
    text: str
    html: str


def render(template: str, *, language: str, context: Mapping[str, Any]) -> Parts:
    """The parts in `language`. Raises `TemplateDoesNotExist` when one of the three is missing."""
    with translation.override(language):
        values = {**context, "brand": settings.BRAND, "public_url": settings.PUBLIC_URL}
        values["subject"] = one_line(plain(f"emails/{template}.subject.txt", values))
        return Parts(
            subject=values["subject"],
            text=without_controls(plain(f"emails/{template}.txt", values)).strip() + "\n",
            html=without_controls(render_to_string(f"emails/{template}.html", values)).strip() + "\n",
        )


def plain(path: str, values: dict[str, Any]) -> str:
    """Text as people read it: `&` and `<` stay what they are."""
    return Engine.get_default().get_template(path).render(Context(values, autoescape=False))


def without_controls(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(CONTROLS)
