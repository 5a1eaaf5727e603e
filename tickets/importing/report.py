"""The rows that were refused, as a CSV file that a spreadsheet opens and nobody's formula runs in."""

import csv
from pathlib import Path
from types import TracebackType

COLUMNS = ("file", "line", "external_id", "reason")
# What a spreadsheet takes for the beginning of a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")


class Report:
    """Written line by line, so that an interrupted import leaves what it knew."""

    def __init__(self, path: Path) -> None:
        self.file = path.open("w", encoding="utf-8-sig", errors="replace", newline="", buffering=1)
        self.writer = csv.writer(self.file)
        self.writer.writerow(COLUMNS)

    def __enter__(self) -> "Report":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.file.close()

    def add(self, file: str, line: int, external_id: str, reason: str) -> None:
        self.writer.writerow([neutral(file), line, neutral(external_id), neutral(reason)])


def neutral(cell: str) -> str:
    """The cell as text for any spreadsheet."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell
