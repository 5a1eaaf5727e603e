"""What happened, as the files beside this module tell it: each story becomes a ticket, each step a deed on it."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "stories"
DEEDS = (
    "reply", "note", "assign", "move", "version", "priority", "depends", "copy", "close", "reopen", "read", "approve",
    "charge",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Step:
    """One deed on a ticket. `at` as `moments.moment` reads it, `by` a login name.

    `value` is the text of a reply or note, whom to assign to ("" is nobody) or to put in copy, a status or a priority,
    how the release note that solves the ticket begins, the incident on which it depends, or why a surcharge is not
    charged.
    """

    at: str
    by: str
    deed: str
    value: Any = True
    then: str | None = None
    files: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Story:
    """A ticket from its opening on. `follows`: the subject of the story that it takes up again; `request`: what it is
    in Solicitudes, with the `answers` to its questions in order; a manager may have to approve it."""

    at: str
    by: str
    subject: str
    text: str
    topic: str = ""
    request: str | None = None
    answers: tuple[str, ...] = ()
    module: str | None = None
    priority: str = "medium"
    files: tuple[str, ...] = ()
    copy: tuple[str, ...] = ()
    follows: str | None = None
    steps: tuple[Step, ...] = ()


def read() -> list[Story]:
    """All stories, company by company."""
    return [
        story_of(written)
        for path in sorted(FOLDER.glob("*.toml"))
        for written in tomllib.loads(path.read_text(encoding="utf-8"))["story"]
    ]


def story_of(written: Mapping[str, Any]) -> Story:
    told = dict(written)
    at, by = when_and_who(told.pop("opens"))
    told |= {name: tuple(told.get(name, ())) for name in ("files", "copy", "answers")}
    told |= {"text": told["text"].strip(), "steps": tuple(step_of(step) for step in told.pop("step", ()))}
    return Story(at=at, by=by, **told)


def step_of(written: Mapping[str, Any]) -> Step:
    """Besides when and who, a step names one deed, whose value says the rest."""
    told = dict(written)
    at, by = when_and_who(told.pop("when"))
    [deed] = set(DEEDS) & set(told)
    value = told.pop(deed)
    told["files"] = tuple(told.get("files", ()))
    return Step(at=at, by=by, deed=deed, value=value.strip() if isinstance(value, str) else value, **told)


def when_and_who(written: str) -> tuple[str, str]:
    """ "2d 09:12 lucia" is what Lucía did two working days ago at twelve past nine."""
    at, by = written.rsplit(" ", 1)
    return at, by
