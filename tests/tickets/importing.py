"""How tests run the import: files beside each other in a folder, and what the command said."""

import csv
import json
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from django.core.management import call_command


@dataclass
class Said:
    """`words` is the last line; `refused` has (line, number in the former system, reason) of each refused row."""

    words: str
    refused: list[tuple[int, str, str]]


def run(path: Path, *, company: str = "IBA", **options) -> Said:
    """The report lies in a folder of its own, wherever the input lies."""
    out = StringIO()
    with TemporaryDirectory() as folder:
        report = Path(folder) / "report.csv"
        call_command(
            "import_tickets", str(path), company=company, report=report, stdout=out, stderr=StringIO(), **options
        )
        with report.open(encoding="utf-8-sig", newline="") as file:
            refused = [(int(row["line"]), row["external_id"], row["reason"]) for row in csv.DictReader(file)]
    return Said(out.getvalue().strip(), refused)


def tally(*, imported: int = 0, present: int = 0, refused: int = 0) -> str:
    read = imported + present + refused
    return f"Read {read} = imported {imported} + already there {present} + refused {refused}."


def a_ticket(**changes) -> dict:
    """The least that a line says, and what a test adds; None takes a field away."""
    fields = {"id": "T-1", "subject": "No imprime", "created_at": "2024-05-31T10:30:00", "body": "Sale en blanco."}
    return {name: value for name, value in (fields | changes).items() if value is not None}


def a_reply(**changes) -> dict:
    return {"role": "support", "created_at": "2024-06-03T09:00:00", "body": "¿Qué impresora usa?"} | changes


def jsonl(folder: Path, *tickets) -> Path:
    """Each ticket a line; text and bytes stand as they are."""
    lines = [ticket if isinstance(ticket, bytes) else json.dumps(ticket).encode() for ticket in tickets]
    path = folder / "tickets.jsonl"
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path


def csv_file(folder: Path, text: str, *, encoding: str = "utf-8") -> Path:
    path = folder / "tickets.csv"
    path.write_bytes(text.encode(encoding))
    return path
