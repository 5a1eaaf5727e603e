"""Log lines: structured, with ids and routes, never with what belongs to a person or opens a door."""

import re
import sys
from typing import Any

import structlog
from django.http import HttpRequest
from django.urls import Resolver404, resolve
from structlog.typing import EventDict, Processor

MASK = "[…]"
NO_PAGE = "[no page]"

# What django-structlog adds to a request's lines and this portal does not keep.
DROPPED = ("ip", "user_agent")
PERSONAL = frozenset({"address", "body", "email", "login", "name", "phone", "subject", "username"})
SECRET = re.compile(r"passw|token|secret|cookie|authorization|csrf|session|api_?key", re.IGNORECASE)

# Each part is possessive or bounded: the time to read a line grows with its length only.
SHAPES = (
    # name@host: addresses of people, and the password in a server's URL
    (re.compile(r"(?<![^\s@<>\"'(),;:=/])[^\s@<>\"'(),;:=/]++@[^\s@<>\"'(),;:=/]++"), MASK),
    # IPv4, this machine excepted
    (re.compile(r"(?<![\d.])(?!127\.)\d{1,3}+(?:\.\d{1,3}+){3}(?![\d.])"), MASK),
    # password=…, token: …
    (
        re.compile(r"(?i)\b((?:password|token|secret|cookie|authorization|csrf)\w*+['\"]?[=:] ?)[^\s&,;]++"),
        rf"\1{MASK}",
    ),
    # PostgreSQL quotes the row or the statement that it refused
    (re.compile(r"^(DETAIL|LINE \d++):.*+$", re.MULTILINE), rf"\1: {MASK}"),
)


def formatter(*, json: bool) -> structlog.stdlib.ProcessorFormatter:
    """For LOGGING: one line per event, whoever logged it; JSON for machines, else words for a console."""
    known: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *known,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=known,
        pass_foreign_args=True,
        processors=[
            structlog.processors.format_exc_info,
            without_personal_data,
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            json_lines() if json else console_lines(),
        ],
    )


def json_lines() -> Processor:
    return structlog.processors.JSONRenderer(ensure_ascii=False, default=str)


def console_lines() -> Processor:
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)


def without_personal_data(_logger: Any, _method: str, event_dict: EventDict) -> EventDict:
    """Drop address and browser, name the page instead of its path, mask what looks like a person or a key."""
    for key in DROPPED:
        event_dict.pop(key, None)
    if isinstance(line := event_dict.get("request"), str):
        event_dict["request"] = with_route(line)
    arguments = event_dict.pop("positional_args", None)
    record = event_dict.get("_record")
    request = getattr(record, "request", None)
    if record and record.name.startswith("django.") and arguments and isinstance(request, HttpRequest):
        # Django's lines about a request end with its path: “Not Found: /tickets/12/”.
        event_dict["event"] = record.msg % (*arguments[:-1], route_of(request.path))
    return {key: value if key.startswith("_") else masked(key, value) for key, value in event_dict.items()}


def with_route(line: str) -> str:
    """“GET /tickets/12/?q=x” becomes “GET tickets/<int:number>/”."""
    method, _, target = line.partition(" ")
    return f"{method} {route_of(target.partition('?')[0])}"


def route_of(path: str) -> str:
    try:
        return resolve(path).route or "/"
    except Resolver404:
        return NO_PAGE


def masked(name: str, value: Any) -> Any:
    if name in PERSONAL or SECRET.search(name):
        return MASK
    if isinstance(value, str):
        return scrubbed(value)
    if isinstance(value, dict):
        return {key: masked(str(key), item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [masked("", item) for item in value]
    return value


def scrubbed(text: str) -> str:
    for shape, mask in SHAPES:
        text = shape.sub(mask, text)
    return text
