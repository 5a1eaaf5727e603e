"""The e-mails that this app sends. Each function decides who hears of it, and nothing else."""

import zoneinfo
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone

from accounts.emails import general_recipient, recipient
from mail.outbox import Lane, post, written
from text.rendering import article_line
from text.words import normalised

if TYPE_CHECKING:
    from accounts.models import User
    from webinars.models import Webinar

# So much of the description stands in a mail; the page has all of it.
CHARACTERS = 400


def announced(webinar: "Webinar", people: "Sequence[User]") -> None:
    """To those who get general mail: there will be a webinar. Who may not open the page is told whom to ask."""
    unique = {normalised(person.email): person for person in reversed(people)}.values()
    context = about(webinar) | {"summary": article_line(webinar.text, CHARACTERS)}
    for can_open in (True, False):
        readers = [one for one in unique if (one.has_portal_access and one.can_use_webinars) == can_open]
        say("webinar_announced", readers, context=context | {"can_open": can_open}, to=general_recipient)


def changed(webinar: "Webinar", people: "Sequence[User]") -> None:
    """To those registered: it is at another time, or will not be held."""
    template = "webinar_cancelled" if webinar.is_cancelled else "webinar_moved"
    say(template, people, context=about(webinar))


def tomorrow(webinar: "Webinar", people: "Sequence[User]") -> None:
    """To those registered, the day before."""
    say("webinar_tomorrow", people, context=about(webinar))


def soon(webinar: "Webinar", people: "Sequence[User]") -> None:
    """To those registered, an hour before; with the link to join."""
    say("webinar_soon", people, context=about(webinar) | {"join": webinar.join_url})


def about(webinar: "Webinar") -> dict:
    return {"webinar": webinar, "link": settings.PUBLIC_URL + webinar.get_absolute_url()}


def say(template: str, people: "Iterable[User]", *, context: dict, to=recipient) -> None:
    """To each of them, with the times of where their company is; behind the mails about tickets."""
    for zone, there in by_zone(people):
        with timezone.override(zoneinfo.ZoneInfo(zone)):
            post(written(template, map(to, there), context=context, lane=Lane.BULK))


def by_zone(people: "Iterable[User]") -> "Iterator[tuple[str, list[User]]]":
    zones: dict[str, list[User]] = defaultdict(list)
    for person in people:
        zones[person.company.time_zone if person.company else settings.TIME_ZONE].append(person)
    yield from zones.items()
