"""The growth of each page as a picture: two points on a line, for light and for dark."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

LEFT, RIGHT, TOP, STEP, BOTTOM = 300, 60, 64, 26, 40
WIDTH = 900

STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1f2937 }
.quiet { fill: #6b7280 } .grid { stroke: #e5e7eb } .span { stroke: #9ca3af; stroke-width: 2 }
.small { fill: #ffffff; stroke: #2563eb; stroke-width: 2 } .large { fill: #2563eb }
@media (prefers-color-scheme: dark) {
  text { fill: #e5e7eb } .quiet { fill: #9ca3af } .grid { stroke: #374151 } .span { stroke: #6b7280 }
  .small { fill: #111827; stroke: #60a5fa } .large { fill: #60a5fa }
}
"""


@dataclass(frozen=True)
class Line:
    """One page: milliseconds with few tickets and with many."""

    name: str
    few: float
    many: float


def growth(lines: Sequence[Line], *, few: str, many: str) -> str:
    """An SVG; `few` and `many` say how many tickets each point stands for."""
    step = tick_step(max(max(line.few, line.many) for line in lines))
    most = step * (int(max(max(line.few, line.many) for line in lines) / step) + 1)
    height = TOP + STEP * len(lines) + BOTTOM

    def x(milliseconds: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * milliseconds / most, 1)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="title">',
        f'<title id="title">Milliseconds a page takes with {few} and with {many} tickets</title>',
        f"<style>{STYLE}</style>",
        f'<circle class="small" cx="{LEFT}" cy="22" r="5"/><text x="{LEFT + 12}" y="26">{few} tickets</text>',
        f'<circle class="large" cx="{LEFT + 150}" cy="22" r="6"/><text x="{LEFT + 162}" y="26">{many} tickets</text>',
    ]
    for tick in range(0, most + 1, step):
        parts.append(f'<line class="grid" x1="{x(tick)}" x2="{x(tick)}" y1="{TOP - 16}" y2="{height - BOTTOM}"/>')
        parts.append(
            f'<text class="quiet" x="{x(tick)}" y="{height - BOTTOM + 20}" text-anchor="middle">{tick} ms</text>'
        )
    for position, line in enumerate(lines):
        y = TOP + STEP * position
        parts += [
            f'<text x="{LEFT - 14}" y="{y + 4}" text-anchor="end">{escape(line.name)}</text>',
            f'<line class="span" x1="{x(line.few)}" x2="{x(line.many)}" y1="{y}" y2="{y}"/>',
            f'<circle class="large" cx="{x(line.many)}" cy="{y}" r="6"/>',
            f'<circle class="small" cx="{x(line.few)}" cy="{y}" r="5"/>',
        ]
    return "\n".join([*parts, "</svg>", ""])


def tick_step(most: float) -> int:
    """So many milliseconds that at most ten ticks stand below `most`."""
    return next(step for step in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 10_000) if most / step <= 10)
