"""The tags that every template uses; a component with markup of its own has a file in templates/components/."""

from functools import lru_cache

from django import template
from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import get_language, ngettext, pgettext
from django.utils.translation import gettext as _
from heroicons.templatetags.heroicons import heroicon_outline

from accounts import areas
from accounts.passwords import RULES
from accounts.permissions import BY_NAME, COPIED, ON_CARDS
from announcements.board import under_way
from files.models import StoredFile
from portal.visitors import latest
from text import rendering, when
from tickets.models import RequestType
from tickets.status import Status

register = template.Library()

ScanState = StoredFile.ScanState
UNSEEN = SafeString(' class="visually-hidden"')


@register.simple_tag
@lru_cache(maxsize=512)
def icon(name: str, size: int = 18) -> SafeString:
    """An outline heroicon, rendered once per name and size. Decoration: hidden from screen readers."""
    return SafeString(heroicon_outline(name, size=size, **{"aria-hidden": "true"}))


class Constant(template.Node):
    """See `constant`."""

    def __init__(self, nodelist: template.NodeList) -> None:
        self.nodelist = nodelist
        self.in_language: dict[str | None, SafeString] = {}

    def render(self, context: template.Context) -> SafeString:
        language = get_language()
        if language not in self.in_language:
            nothing_but_the_brand = template.Context({"brand": settings.BRAND})
            with nothing_but_the_brand.bind_template(context.template):  # type: ignore[arg-type]  # bound while rendering
                self.in_language[language] = self.nodelist.render(nothing_but_the_brand)
        return self.in_language[language]


@register.tag
def constant(parser, token) -> Constant:
    """Up to `endconstant` everything is the same for everybody in a language, and put together once. Nothing is known
    there of the page, the person or the request: what belongs to somebody would be missing, not shown to others."""
    nodelist = parser.parse(["endconstant"])
    parser.delete_first_token()
    return Constant(nodelist)


@register.simple_tag(takes_context=True)
def area_menu(context) -> SafeString:
    """The areas that are open to the person, with the red alarm where they read answers."""
    user, conversations = context["user"], context["conversations"]
    opened = areas.opened_to(user)
    lit = conversations if conversations in opened and context["alarm"] else ""
    return menu_in(opened, user.company_id is not None, context["here"], lit, get_language())


@lru_cache(maxsize=512)
def menu_in(opened: tuple[str, ...], grouped: bool, here: str, lit: str, _language: str | None) -> SafeString:
    menu = areas.menu_of(opened, grouped=grouped)
    return render_to_string("components/area_menu.html", {"menu": menu, "here": here, "lit": lit})


@register.simple_tag
def state(status: str) -> SafeString:
    """The badge of a ticket's status: a colour and always a word."""
    return state_in(status, get_language())


@lru_cache(maxsize=64)
def state_in(status: str, _language: str | None) -> SafeString:
    return format_html('<span class="state" data-state="{}">{}</span>', status, Status(status).label)


SCAN_ICONS = {
    ScanState.PENDING: "clock",
    ScanState.CLEAN: "shield-check",
    ScanState.INFECTED: "shield-exclamation",
    ScanState.NOT_SCANNED: "question-mark-circle",
}


@register.simple_tag
def scan_mark(stored) -> SafeString:
    """What the antivirus said of a file: an icon and always words, unseen where all is well. Nothing where there is no
    antivirus to say anything."""
    state = ScanState(stored.scan_state)
    if state == ScanState.NOT_SCANNED and settings.CLAMAV_SOCKET is None:
        return SafeString("")
    words = str(state.label)
    if state == ScanState.INFECTED:
        words = _("In quarantine: contains %(finding)s") % {"finding": stored.scan_finding}
    return format_html(
        '<span class="scan" data-scan="{}" title="{}">{}<span{}>{}</span></span>',
        state,
        words,
        icon(SCAN_ICONS[state], 14),
        UNSEEN if state == ScanState.CLEAN else "",
        words,
    )


@register.simple_tag
def avatar(person, *, support: bool = False, name: str = "") -> SafeString:
    """The initials of a person, or of a name whose person has no account."""
    initials = person.initials if person else "".join(word[0] for word in name.split()[:2]).upper() or "?"
    return initials_in("avatar support" if support else "avatar", initials)


@lru_cache(maxsize=2048)
def initials_in(css: str, initials: str) -> SafeString:
    return format_html('<span class="{}" aria-hidden="true">{}</span>', css, initials)


@register.inclusion_tag("components/person_card.html")
def person_card(person, *, opens: bool) -> dict:
    """A contact of the company, with what may be seen of it at a glance."""
    return {"person": person, "opens": opens, "waits": person.has_portal_access and not person.has_usable_password()}


@register.simple_tag
def marks(person) -> SafeString:
    """The icons of a contact's card (S0-87…S0-92, S0-123), each on or off, in words too."""
    language = get_language()
    return SafeString(
        "".join(mark_in(name, getattr(person, name), language) for name in ON_CARDS if BY_NAME[name].is_offered)
    )


@lru_cache(maxsize=128)
def mark_in(name: str, is_on: bool, _language: str | None) -> SafeString:
    permission = BY_NAME[name]
    words = pgettext("a mark that is on", "%(name)s: yes") if is_on else pgettext("a mark that is off", "%(name)s: no")
    return format_html(
        '<span class="mark{}" title="{words}">{}<span class="visually-hidden">{words}. </span></span>',
        "" if is_on else " off",
        icon(permission.icon, 15),
        words=words % {"name": capfirst(permission.label)},
    )


@register.simple_tag
def permissions_of(person) -> str:
    """The names of what is on, for the script that copies them."""
    return " ".join(name for name in COPIED if getattr(person, name) and BY_NAME[name].is_offered)


@register.inclusion_tag("components/switch.html")
def switch(field) -> dict:
    """A permission that is on or off, with words about it."""
    return {"field": field}


@register.simple_block_tag
def panel(content, title, *, css=""):
    """A surface with a heading. The body decides its own padding with `.body`."""
    return format_html('<section class="panel {}"><header><h2>{}</h2></header>{}</section>', css, title, content)


@register.inclusion_tag("components/empty.html")
def empty(glyph: str, title: str, text: str, *, url: str = "", label: str = "") -> dict:
    """What a list says when it holds nothing: and what to do next."""
    return {"glyph": glyph, "title": title, "text": text, "url": url, "label": label}


@register.inclusion_tag("components/choice_card.html")
def choice_card(glyph: str, label: str, hint: str, url_name: str, *, waiting: int = 0) -> dict:
    """One way to go on, with words about it, and how many there wait for somebody."""
    return {"glyph": glyph, "label": label, "hint": hint, "url_name": url_name, "waiting": waiting}


@register.inclusion_tag("components/account_tabs.html")
def account_tabs(here: str) -> dict:
    """The pages of one's own account; `here` is the name of the one that is open."""
    return {"tabs": areas.ACCOUNT, "here": here}


@register.inclusion_tag("components/request_button.html")
def request_button(person, slug: str, label: str, *, css: str = "btn btn-primary") -> dict:
    """Leads to a form of Solicitudes, or is the contact address where the person lacks the area."""
    kind = RequestType.objects.visible_to(person).filter(slug=slug).first()
    return {"kind": kind, "label": label, "css": css, "brand": settings.BRAND}


@register.inclusion_tag("components/latest_announcements.html")
def latest_announcements() -> dict:
    """The public ones in force, beside the log-in; nothing where there are none."""
    return {"announcements": latest()}


@register.inclusion_tag("components/under_way.html", takes_context=True)
def incidents_under_way(context) -> dict:
    """What fails or is maintained now, where people would write about it; nothing where nothing does."""
    return {"incidents": under_way(context["user"])}


@register.inclusion_tag("components/password_rules.html")
def password_rules() -> dict:
    """The live checklist below a new password."""
    return {"rules": RULES}


@register.simple_tag
def moment(at) -> SafeString:
    """A date in short words, the whole one on hover."""
    today = timezone.localdate()
    return moment_in(at, today.year, timezone.get_current_timezone_name(), get_language())


@lru_cache(maxsize=10_000)
def moment_in(at, _year: int, _zone: str, _language: str | None) -> SafeString:
    """The same moment stands on page after page, and the words depend on nothing else."""
    whole, words = when.absolute(at), when.moment(at, now=timezone.now())
    return SafeString(f'<time datetime="{at.isoformat()}" title="{escape(whole)}">{escape(words)}</time>')


@register.filter
def hours(held) -> str:
    """From when to when something is held that has `starts_at` and `ends_at`."""
    return when.hours(held.starts_at, held.ends_at)


@register.filter
def short_day(day) -> str:
    """A day that is no moment, in short words."""
    return when.short(day)


@register.filter
def on_paper(html: str) -> SafeString:
    """The HTML of a message, as it is stored, for a page to be printed."""
    return SafeString(rendering.on_paper(html))  # sanitised when it was written


@register.simple_tag
def file_limits() -> str:
    """What may be attached, said before choosing."""
    return ngettext(
        "Up to %(files)s file of %(megabytes)s MB",
        "Up to %(files)s files of %(megabytes)s MB",
        settings.FILES_PER_MESSAGE,
    ) % {"files": settings.FILES_PER_MESSAGE, "megabytes": settings.FILE_MEGABYTES}
