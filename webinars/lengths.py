"""Lengths and places of a video as people write them: 4:05, 1:02:30."""

import re

# The longest video, and the last place in one, is shorter than so many seconds.
MOST = 24 * 3600
WRITTEN = re.compile(r"(?:([0-9]{1,2}):)?([0-9]{1,3}):([0-5][0-9])")


def seconds_of(written: str) -> int:
    """Raises ValueError for what is no such place."""
    found = WRITTEN.fullmatch(written)
    if found is None:
        raise ValueError(written)
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    if (found[1] and minutes >= 60) or (total := hours * 3600 + minutes * 60 + seconds) >= MOST:
        raise ValueError(written)
    return total


def clock(seconds: int) -> str:
    """“4:05”, “1:02:30”."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
