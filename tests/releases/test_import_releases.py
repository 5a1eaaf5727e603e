"""`manage.py import_releases`: every line of the file is imported, unchanged, changed or refused with its reason."""

import csv
import io
from datetime import date

import pytest
from django.core.management import CommandError, call_command

from contracts.models import Product
from mail.models import OutgoingMail
from releases.models import Release, ReleaseNote, Telling
from tests.factories import ReleaseFactory, UserFactory, new_note, published

pytestmark = pytest.mark.django_db

HEADING = "id,version,release_date,date,product,module,kind,text"


@pytest.fixture
def run(tmp_path):
    """`run(line, line, …)` imports a file of these lines: what was printed, and what became of each line."""

    def imported(*lines, heading=HEADING, name="notas.csv"):
        path, report, out = tmp_path / name, tmp_path / "report.csv", io.StringIO()
        path.write_text("\n".join([heading, *lines]) + "\n", encoding="utf-8")
        call_command("import_releases", str(path), report=report, stdout=out)
        with report.open(encoding="utf-8-sig", newline="") as file:
            outcomes = [(int(row["line"]), row["outcome"], row["words"]) for row in csv.DictReader(file)]
        return out.getvalue(), sorted(outcomes)

    return imported


def everything():
    """Release, its day, module, kind, public, text."""
    return [
        (
            note.release.version,
            note.release.day and note.release.day.date(),
            note.product.name,
            note.kind,
            note.is_public,
            note.text,
        )
        for note in ReleaseNote.objects.select_related("release", "product").order_by(
            "release__published_at", "position"
        )
    ]


def test_a_line_becomes_a_note_of_its_release_and_of_its_module(run):
    said, outcomes = run("1,4.2,2024-05-31,,Acme,EPIs,correccion,**No** imprimía")

    assert everything() == [("4.2", date(2024, 5, 31), "EPIs", "fix", True, "**No** imprimía")]
    assert ReleaseNote.objects.get().html == "<p><strong>No</strong> imprimía</p>\n"
    assert Product.objects.get().kind == Product.Kind.MODULE
    assert outcomes == [(2, "imported", "4.2")]
    assert "leídas 1 = importadas 1 + sin cambios 0 + cambiadas 0 + rechazadas 0." in said


@pytest.mark.parametrize(
    ("word", "kind", "is_public"),
    [
        ("mejora", "enhancement", True),
        ("Nueva funcionalidad", "enhancement", True),
        ("corrección", "fix", True),
        ("fix", "fix", True),
        ("interno", "enhancement", False),
        ("traducción", "enhancement", False),
    ],
)
def test_the_kinds_of_the_file_and_what_they_mean(run, word, kind, is_public):
    run(f"1,4.2,2024-05-31,,,EPIs,{word},Texto")

    assert [(note.kind, note.is_public) for note in ReleaseNote.objects.all()] == [(kind, is_public)]


def test_nobody_is_told_of_what_is_imported(run, ibarra):
    UserFactory(company=ibarra, can_use_downloads=True)

    run("1,4.2,2024-05-31,,,EPIs,mejora,Texto")

    assert not Telling.objects.exists()
    assert not OutgoingMail.objects.exists()


def test_a_second_run_changes_nothing(run):
    lines = ["1,4.2,2024-05-31,,,EPIs,mejora,Uno", "2,4.2,2024-05-31,,,CAE,mejora,Dos", "3,,,,,,,"]
    run(*lines)
    before = list(ReleaseNote.objects.values()), list(Release.objects.values())

    _said, outcomes = run(*lines)

    assert [outcome for _line, outcome, _words in outcomes] == ["unchanged", "unchanged", "refused"]
    assert (list(ReleaseNote.objects.values()), list(Release.objects.values())) == before


def test_what_has_changed_in_the_file_changes_and_what_staff_mended_stays(run):
    run("1,4.2,2024-05-31,,,EPIs,mejora,Uno", "2,4.2,2024-05-31,,,EPIs,mejora,Dos")
    ReleaseNote.objects.filter(external_id="2").update(text="Dos, mejor dicho")

    _said, outcomes = run("1,4.2,2024-05-31,,,EPIs,correccion,Uno otra vez", "2,4.2,2024-05-31,,,EPIs,mejora,Dos")

    assert [outcome for _line, outcome, _words in outcomes] == ["changed", "unchanged"]
    assert [row[3:] for row in everything()] == [
        ("fix", True, "Uno otra vez"),
        ("enhancement", True, "Dos, mejor dicho"),
    ]


def test_a_module_is_the_same_whatever_its_capitals(run):
    Product.objects.create(name="EPIs")

    run("1,4.2,2024-05-31,,,epis,mejora,Uno", "2,4.2,2024-05-31,,,Flujos de Trabajo,mejora,Dos")
    run("3,4.2,2024-05-31,,,Flujos de trabajo,mejora,Tres")

    assert set(Product.objects.values_list("name", flat=True)) == {"EPIs", "Flujos de Trabajo"}


def test_a_line_without_module_concerns_the_product_and_without_both_it_is_refused(run):
    said, outcomes = run("1,4.2,2024-05-31,,Acme,,mejora,Uno", "2,4.2,2024-05-31,,,,mejora,Dos")

    assert [row[2] for row in everything()] == ["Acme"]
    assert outcomes[1] == (3, "refused", "Falta el módulo.")
    assert "Líneas sin módulo, tomadas por del producto: 1." in said


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("1,4.2,2024-05-31,,,EPIs,mejora,", "No tiene texto."),
        (",4.2,2024-05-31,,,EPIs,mejora,Uno", "No tiene id"),
        ("1,4.2,2024-05-31,,,EPIs,rara,Uno", "«rara» no es una clase de novedad."),
        ("1,4.2,31-31-2024,,,EPIs,mejora,Uno", "«31-31-2024» no es una fecha."),
        ("1,a/b,2024-05-31,,,EPIs,mejora,Uno", "«a/b» no es una versión."),
        ("1,,,,,EPIs,mejora,Uno", "No tiene versión ni fecha."),
        (f"1,4.2,2024-05-31,,,{'E' * 81},mejora,Uno", "81"),
        (f"1,4.2,2024-05-31,,,EPIs,mejora,{'a' * 4001}", "4001"),
        ("1,4.2,2024-05-31,,,EPIs,mejora", "7"),
    ],
)
def test_what_cannot_be_imported_is_refused_with_its_line_and_reason(run, line, reason):
    _said, [(number, outcome, words)] = run(line)

    assert (number, outcome) == (2, "refused")
    assert reason in words
    assert not ReleaseNote.objects.exists()


def test_what_nothing_dates_waits_as_a_draft_and_is_said(run):
    said, _outcomes = run("1,rs-14.1,,,,EPIs,mejora,Uno", "2,próxima,,2024-05-31,,EPIs,mejora,Dos")

    assert set(Release.objects.values_list("version", "state")) == {("rs-14.1", "draft"), ("proxima", "draft")}
    assert "proxima (1), rs-14.1 (1)" in said


def test_a_version_that_goes_on_for_years_is_one_release_each_month(run):
    lines = ["1,16.0,,2024-05-02,,EPIs,mejora,Uno", "2,16.0,,2024-05-31,,EPIs,mejora,Dos"]
    said, _outcomes = run(*lines, "3,16.0,,2024-06-01,,EPIs,mejora,Tres", "4,,,2024-07-01,,EPIs,mejora,Cuatro")

    assert [row[:2] for row in everything()] == [
        ("16.0-2024.05", date(2024, 5, 31)),
        ("16.0-2024.05", date(2024, 5, 31)),
        ("16.0-2024.06", date(2024, 6, 1)),
        ("2024.07", date(2024, 7, 1)),
    ]
    assert "Líneas sin el día de su versión, por meses: 4." in said


def test_one_version_of_two_modules_on_two_days_makes_two_releases(run):
    run("1,2,2024-05-31,,,Web Portal,mejora,Uno", "2,2,2021-01-07,,,Proyectos,mejora,Dos")

    assert [row[:3] for row in everything()] == [
        ("proyectos-2", date(2021, 1, 7), "Proyectos"),
        ("web-portal-2", date(2024, 5, 31), "Web Portal"),
    ]


def test_a_version_that_came_out_twice_is_told_apart_by_its_day(run):
    run("1,2,2024-05-31,,,EPIs,mejora,Uno", "1,2,2024-06-07,,,EPIs,mejora,Dos")

    assert [row[0] for row in everything()] == ["epis-2", "2-2024.06.07"]
    assert set(ReleaseNote.objects.values_list("external_id", flat=True)) == {"1", "1#2"}


def test_a_line_that_comes_twice_is_imported_once(run):
    _said, outcomes = run(*["1,2,2024-05-31,,,EPIs,mejora,Uno"] * 2)

    assert outcomes == [(2, "imported", "2"), (3, "refused", "Repite una línea anterior.")]


def test_the_order_is_by_day_and_then_natural(run):
    versions = {"4.3": "2024-09-01", "4.24": "2024-05-01", "4.4": "2024-05-01", "4.25-rc1": "2024-09-01"}
    run(*[f"{n},{version},{day},,,EPIs,mejora,Uno" for n, (version, day) in enumerate(versions.items())])

    newest_first = list(Release.objects.newest_first().values_list("version", flat=True))

    assert newest_first == ["4.25-rc1", "4.3", "4.24", "4.4"]


def test_what_staff_wrote_of_the_same_version_takes_the_notes_in(run):
    draft, out = ReleaseFactory(version="5.0"), published("4.9")
    new_note(out, "De antes")

    said, _outcomes = run("1,5.0,2024-05-31,,,EPIs,mejora,Uno", "2,4.9,2024-05-31,,,EPIs,mejora,Dos")

    draft.refresh_from_db()
    assert (draft.state, draft.notes.count()) == ("draft", 1)
    assert list(out.notes.values_list("text", flat=True)) == ["De antes", "Dos"]
    assert "5.0 (1)" in said


def test_a_file_of_versions_makes_releases_without_notes(run):
    run("1,4.2,2024-05-31,,,EPIs,mejora,Uno")

    _said, outcomes = run("4.2,2024-05-31", "4.3,2024-06-30", heading="version;release_date".replace(";", ","))

    assert [outcome for _line, outcome, _words in outcomes] == ["unchanged", "imported"]
    assert list(Release.objects.newest_first().values_list("version", flat=True)) == ["4.3", "4.2"]


def test_headings_may_be_spanish_and_those_of_nobody_are_said(run):
    said, _outcomes = run(
        "1;4.2;31/05/2024;EPIs;Ampliación;Uno;no;x",
        heading="Id;Versión;Fecha de publicación;Módulo;Clase;Texto;Pública;Autor",
    )

    assert everything() == [("4.2", date(2024, 5, 31), "EPIs", "enhancement", False, "Uno")]
    assert "Autor" in said


@pytest.mark.parametrize("heading", ["id,text", "version,version,text", ""])
def test_what_is_no_such_table_is_refused_as_a_whole(run, heading):
    with pytest.raises(CommandError):
        run("1,4.2", heading=heading)


def test_a_file_that_is_not_there_is_said(tmp_path):
    with pytest.raises(CommandError, match=r"falta\.csv"):
        call_command("import_releases", str(tmp_path / "falta.csv"))


def test_refused_lines_are_said_where_there_is_no_report_and_strict_ends_with_an_error(tmp_path):
    path, errors = tmp_path / "notas.csv", io.StringIO()
    path.write_text(f"{HEADING}\n1,4.2,2024-05-31,,,EPIs,rara,Uno\n", encoding="utf-8")

    with pytest.raises(CommandError):
        call_command("import_releases", str(path), strict=True, stderr=errors, stdout=io.StringIO())

    assert "notas.csv:2: 1: «rara»" in errors.getvalue()
