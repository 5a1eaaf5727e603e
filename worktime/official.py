"""The public holidays of Spain as they are published, or will be as far as is known."""

from collections.abc import Iterator
from datetime import date

import holidays

from worktime.regions import Region

NATIONWIDE = ""


def of_year(year: int) -> Iterator[tuple[str, date, str]]:
    """Each holiday of a year: its region, or none for the whole country; its day; its name in Spanish."""
    nationwide = _named(year)
    for day, name in nationwide.items():
        yield NATIONWIDE, day, name
    for region in Region.values:
        for day, name in _named(year, region).items():
            if day not in nationwide:
                yield region, day, name


def _named(year: int, region: str | None = None) -> dict[date, str]:
    return dict(sorted(holidays.country_holidays("ES", subdiv=region, years=year, language="es").items()))
