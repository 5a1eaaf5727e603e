"""How far the import is, on one line of a terminal; nothing where nobody looks."""

import time
from typing import TextIO

from django.utils.translation import gettext as _

WIDTH = 24
SECONDS = 0.2


class Progress:
    def __init__(self, stream: TextIO) -> None:
        self.stream, self.is_shown = stream, stream.isatty()
        self.began = self.drawn = time.monotonic()

    def show(self, share: float, count: int) -> None:
        """`share` of the file that was read, from 0 to 1; `count` tickets of the whole import."""
        now = time.monotonic()
        if self.is_shown and now - self.drawn >= SECONDS:
            self.drawn = now
            self.draw(share, count, now)

    def draw(self, share: float, count: int, now: float) -> None:
        bar = ("#" * round(share * WIDTH)).ljust(WIDTH, "·")
        words = _("%(count)s tickets, %(rate)s per second")
        rate = round(count / max(now - self.began, 0.001))
        self.stream.write(f"\r[{bar}] {share:4.0%}  {words % {'count': count, 'rate': rate}}\x1b[K")
        self.stream.flush()

    def clear(self) -> None:
        """Leave the line free for words."""
        if self.is_shown:
            self.stream.write("\r\x1b[K")
            self.stream.flush()
