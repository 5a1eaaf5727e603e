"""Real release notes of four products: every line accounted for, and the page counts what the file counts."""

import csv
import io
import unicodedata
from collections import Counter
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db.models import Count
from django.urls import reverse

from mail.models import OutgoingMail
from releases.models import Release, ReleaseNote
from tests.factories import CompanyFactory, UserFactory

pytestmark = pytest.mark.django_db

FIXES = {"correccion"}
INTERNAL = {"interno", "traduccion"}
SETS = {
    # file → lines, and those that are refused: a module of more than 80 letters, or a line that comes twice
    "sinergiacrm_novedades": (276, 0),
    "adempiere_erpya_novedades": (1378, 7),
    "facturascripts_novedades": (6913, 0),
    "facturascripts_interno": (1539, 0),
    "oca_l10n_spain": (4372, 0),
}


def imported(folder: Path, name: str, report: Path) -> Counter:
    """What became of the lines of a file."""
    call_command("import_releases", str(path_of(folder, name)), report=report, stdout=io.StringIO())
    with report.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({row["line"] for row in rows}) == len(rows), "a line was told twice"
    return Counter(row["outcome"] for row in rows)


def path_of(folder: Path, name: str) -> Path:
    return folder / "novedades" / "dev" / f"{name}.csv"


def lines_of(folder: Path, name: str) -> list[dict[str, str]]:
    with path_of(folder, name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def in_the_file(lines: list[dict[str, str]]) -> Counter:
    """Month of the release, or of the note where the release has no day; module, kind, public: read naively."""
    counts: Counter = Counter()
    seen = set()
    for line in lines:
        month = (line["release_date"] or line.get("date", ""))[:7]
        if "xima" in line["version"]:
            month = ""  # it has yet to come
        module = line["module"].strip() or line["product"]
        again = (line["id"], line["version"], month, line["release_date"], module, line["kind"], line["text"])
        if again in seen or len(module) > 80:
            continue
        seen.add(again)
        kind = "fix" if line["kind"] in FIXES else "enhancement"
        counts[month, unicodedata.normalize("NFC", module).casefold(), kind, line["kind"] not in INTERNAL] += 1
    return counts


def in_the_portal() -> Counter:
    counts: Counter = Counter()
    for note in ReleaseNote.objects.select_related("release", "product"):
        month = f"{note.release.day:%Y-%m}" if note.release.day else ""
        counts[month, note.product.name.casefold(), note.kind, note.is_public] += 1
    return counts


@pytest.mark.parametrize("name", SETS)
def test_the_portal_counts_what_the_file_counts_by_month_module_and_kind(real_data, tmp_path, name):
    read, refused = SETS[name]

    outcomes = imported(real_data, name, tmp_path / "report.csv")

    assert outcomes == Counter(imported=read - refused, refused=refused)
    assert in_the_portal() == in_the_file(lines_of(real_data, name))
    assert not OutgoingMail.objects.exists()
    again = imported(real_data, name, tmp_path / "report.csv")
    assert again == Counter(unchanged=read - refused, refused=refused)


def test_all_the_sets_together_keep_apart(real_data, tmp_path):
    expected: Counter = Counter()
    for name, (read, refused) in SETS.items():
        outcomes = imported(real_data, name, tmp_path / "report.csv")
        assert outcomes == Counter(imported=read - refused, refused=refused)
        expected += in_the_file(lines_of(real_data, name))
    for name, versions in {"sinergiacrm_versiones": 36, "facturascripts_versiones": 354}.items():
        assert sum(imported(real_data, name, tmp_path / "report.csv").values()) == versions

    assert in_the_portal() == expected


@pytest.mark.parametrize(
    ("name", "module"), [("sinergiacrm_novedades", "General"), ("facturascripts_novedades", "Núcleo")]
)
def test_the_versions_stand_in_the_order_of_their_days(real_data, tmp_path, name, module):
    """FacturaScripts counts in decimals: 2026.65 follows 2026.6, and 2025.8 stands before neither."""
    imported(real_data, name, tmp_path / "report.csv")

    days = {line["version"]: line["release_date"] for line in lines_of(real_data, name) if line["module"] == module}
    releases = Release.objects.filter(notes__product__name=module, state="published").distinct().newest_first()
    versions = [release.external_id.partition("|")[0] for release in releases]
    in_order = sorted(
        (day, [int(part) for part in version.split(".")], version) for version, day in days.items() if day
    )
    assert versions == [version for _day, _parts, version in reversed(in_order)]


def test_what_is_internal_reaches_no_page(real_data, tmp_path, browse):
    imported(real_data, "facturascripts_interno", tmp_path / "report.csv")
    ana = UserFactory(company=CompanyFactory(), can_use_releases=True)

    page = browse(ana).get(reverse("releases:news"))

    assert page.context["months"] == []
    assert ReleaseNote.objects.count() == 1539


def test_march_2025_on_the_page_is_march_2025_of_the_file(real_data, tmp_path, browse):
    """Page by page, month by month, with the counts of the headings."""
    name = "sinergiacrm_novedades"
    imported(real_data, name, tmp_path / "report.csv")
    ana = UserFactory(company=CompanyFactory(), can_use_releases=True)

    counted, address = Counter(), reverse("releases:news")
    while address:
        answer = browse(ana).get(address)
        for month in answer.context["months"]:
            for shown in month.releases:
                counted[f"{month.first:%Y-%m}", "enhancement"] += shown.enhancements
                counted[f"{month.first:%Y-%m}", "fix"] += shown.fixes
        cursor = answer.context["page"].next
        address = cursor and f"{reverse('releases:news')}?pagina={cursor}"

    naive = Counter()
    for line in lines_of(real_data, name):
        naive[line["release_date"][:7], "fix" if line["kind"] == "correccion" else "enhancement"] += 1
    assert +counted == naive
    assert dict(ReleaseNote.objects.values_list("kind").annotate(count=Count("pk"))) == {"enhancement": 99, "fix": 177}
