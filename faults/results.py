"""What a case or a twin came to; known also where no Django is."""

from dataclasses import dataclass


@dataclass
class Result:
    """`is_good`: the case held, the twin broke; None: it could not be played here."""

    id: str
    name: str
    is_twin: bool
    is_good: bool | None
    did: str
    held: str
    seconds: float
