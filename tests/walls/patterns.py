"""Every address of the portal, as the resolver knows it."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

# An argument as it stands in a route, of either kind.
ARGUMENT = re.compile(r"\(\?P<(\w+)>[^)]*\)|<(?:\w+:)?(\w+)>")


@dataclass(frozen=True)
class Pattern:
    """`name` with its namespaces; `route` as it stands in the URL files."""

    name: str
    route: str
    arguments: frozenset[str]
    view: Callable

    @property
    def namespace(self) -> str:
        return self.name.rpartition(":")[0].partition(":")[0]

    @property
    def is_public(self) -> bool:
        """As LoginRequiredMiddleware sees it."""
        return not getattr(self.view, "login_required", True)

    @property
    def is_of_the_desk(self) -> bool:
        return self.namespace == "admin"

    @property
    def shape(self) -> str:
        """The address for people: `/tickets/<number>/`."""
        return "/" + ARGUMENT.sub(lambda match: f"<{match[1] or match[2]}>", self.route).replace("^", "").rstrip("$")

    def url(self, arguments: Mapping[str, Any]) -> str:
        """The address; a pattern without a name of its own is written out from its route."""
        if not self.name.endswith(":"):
            return reverse(self.name, kwargs=arguments)
        return "/" + ARGUMENT.sub(lambda match: str(arguments[match[1] or match[2]]), self.route).rstrip("$")


def walk(resolver: URLResolver | None = None, route: str = "", namespaces: tuple[str, ...] = ()) -> Iterator[Pattern]:
    for entry in (resolver or get_resolver()).url_patterns:
        here = route + str(entry.pattern)
        if isinstance(entry, URLPattern):
            name = ":".join([*namespaces, entry.name or ""])
            arguments = frozenset(entry.pattern.converters) or frozenset(entry.pattern.regex.groupindex)
            yield Pattern(name, here, arguments, entry.callback)
        else:
            yield from walk(entry, here, (*namespaces, entry.namespace) if entry.namespace else namespaces)


ALL = tuple(walk())
CUSTOMERS = tuple(pattern for pattern in ALL if not pattern.is_of_the_desk)
DESK = tuple(pattern for pattern in ALL if pattern.is_of_the_desk)
