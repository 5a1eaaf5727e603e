"""The tags that every template uses; a component with markup of its own has a file in templates/components/."""

from functools import lru_cache

from django import template
from django.conf import settings
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import ngettext
from heroicons.templatetags.heroicons import heroicon_outline

from accounts.passwords import RULES
from text import when
from tickets.status import Status

register = template.Library()


@register.simple_tag
@lru_cache(maxsize=512)
def icon(name: str, size: int = 18) -> SafeString:
    """An outline heroicon, rendered once per name and size. Decoration: hidden from screen readers."""
    return SafeString(heroicon_outline(name, size=size, **{"aria-hidden": "true"}))


@register.simple_tag
def state(status: str) -> SafeString:
    """The badge of a ticket's status: a colour and always a word."""
    return format_html('<span class="state" data-state="{}">{}</span>', status, Status(status).label)


@register.simple_tag
def avatar(person, *, support: bool = False, name: str = "") -> SafeString:
    """The initials of a person, or of a name whose person has no account."""
    initials = person.initials if person else "".join(word[0] for word in name.split()[:2]).upper() or "?"
    css = "avatar support" if support else "avatar"
    return format_html('<span class="{}" aria-hidden="true">{}</span>', css, initials)


@register.simple_block_tag
def panel(content, title, *, css=""):
    """A surface with a heading. The body decides its own padding with `.body`."""
    return format_html('<section class="panel {}"><header><h2>{}</h2></header>{}</section>', css, title, content)


@register.inclusion_tag("components/empty.html")
def empty(glyph: str, title: str, text: str, *, url: str = "", label: str = "") -> dict:
    """What a list says when it holds nothing: and what to do next."""
    return {"glyph": glyph, "title": title, "text": text, "url": url, "label": label}


@register.inclusion_tag("components/password_rules.html")
def password_rules() -> dict:
    """The live checklist below a new password."""
    return {"rules": RULES}


@register.simple_tag
def moment(at) -> SafeString:
    """A date in short words, the whole one on hover."""
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        at.isoformat(),
        when.absolute(at),
        when.moment(at, now=timezone.now()),
    )


@register.simple_tag
def file_limits() -> str:
    """What may be attached, said before choosing."""
    return ngettext(
        "Up to %(files)s file of %(megabytes)s MB",
        "Up to %(files)s files of %(megabytes)s MB",
        settings.FILES_PER_MESSAGE,
    ) % {"files": settings.FILES_PER_MESSAGE, "megabytes": settings.FILE_MEGABYTES}
