"""Every rule holds on both databases; stems are PostgreSQL's alone."""

import pytest
from django.apps import apps as installed_apps
from django.core.management import call_command
from django.db import connection, models
from django.db.migrations.state import ModelState, ProjectState
from django.db.models.signals import post_migrate
from django.test.utils import isolate_apps

from tests.factories import open_ticket
from text.search import SearchColumn, matching, resembling, telling, tokens
from text.search_index import InstallSearch
from tickets.models import Ticket

with isolate_apps("text"):

    class Note(models.Model):
        company_id = models.BigIntegerField()
        body = models.TextField()
        search = SearchColumn("body")

        class Meta:
            app_label = "text"

        def __str__(self):
            return self.body


IBARRA, NORTE = 1, 2
STATE = ProjectState()
STATE.add_model(ModelState.from_model(Note))


@pytest.fixture(scope="module")
def searched_table(django_db_setup, django_db_blocker):
    """The table of notes, made and searched as a migration would."""
    operation = InstallSearch("note", by_company=True)
    with django_db_blocker.unblock():
        with connection.schema_editor() as editor:
            editor.create_model(Note)
            operation.database_forwards("text", editor, STATE, STATE)
        yield
        with connection.schema_editor() as editor:
            operation.database_backwards("text", editor, STATE, STATE)
            editor.delete_model(Note)


@pytest.fixture
def notes(searched_table, db):
    return Note.objects.all()


def write(*bodies, company=IBARRA):
    for body in bodies:
        Note.objects.create(company_id=company, body=body)


def found(words, company=IBARRA):
    return sorted(note.body for note in matching(Note.objects.all(), words, company=company))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("La facturación no cuadra", "facturacion"),
        ("La facturacion no cuadra", "facturación"),
        ("La facturación no cuadra", "FACTURACIÓN cuadra"),
        ("La facturación no cuadra", "cuad factu"),
        ("El año que viene", "ano"),
        ("El ano que viene", "año"),
        ("El an\u0303o que viene", "año"),
        ("Núm. de versión2", "version2"),
        ("Adjunto captura-getafe_02.png", "getafe"),
        ("Adjunto captura-getafe_02.png", "captura-getafe_02.png"),
        ("Vea IBA-12 o el #34", "iba-12 #34"),
        (r"En C:\Datos\Nóminas\enero.xlsx", r"nominas\enero.xl"),
        ("Escriba a ana.ruiz@ibarra.example", "ruiz@ibarra"),
        ("Código 12e5x y 1e5abc", "12e5x 1e5ab"),
        ("Son 3.500,50 €", "3.500,50"),
        ("L'hospital, «col·legi»", "hospital col·legi"),
        ("Grupo A de 7 personas", "a 7"),
        ("de la", "de"),
        ("Copia semanal, seguridad alta", "copia de seguridad"),
    ],
)
def test_words_are_found_without_accents_as_beginnings_and_inside_names(notes, body, words):
    write(body, "Otra cosa distinta")
    assert found(words) == [body]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("La factura", "factura enero"),
        ("Prefactura", "factura"),
        ("El grupo abc", "a"),
        ("La factura", ""),
        ("La factura", " -.*\"'"),
        ("La factura", "\x00"),
    ],
)
def test_other_rows_are_not_found(notes, body, words):
    write(body)
    assert found(words) == []


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("body", "words"),
    [("La factura", "facturas"), ("Las facturas", "factura"), ("No imprime los recibos", "imprimir recibo")],
)
def test_other_forms_of_a_word_are_found(notes, body, words):
    write(body)
    assert found(words) == [body]


def test_another_company_finds_nothing(notes):
    write("Nuestra factura", company=IBARRA)
    assert found("factura", company=NORTE) == []


def test_a_changed_text_is_found_by_its_new_words_only(notes):
    write("uno")
    note = Note.objects.get()
    note.body = "dos"
    note.save()
    assert (found("uno"), found("dos")) == ([], ["dos"])
    Note.objects.update(body="tres")
    assert (found("dos"), found("tres")) == ([], ["tres"])
    Note.objects.defer("body").get().save()
    assert found("tres") == ["tres"]


def test_a_deleted_text_is_not_found(notes):
    write("uno", "uno más")
    Note.objects.filter(body="uno").delete()
    assert found("uno") == ["uno más"]


def test_texts_written_in_bulk_are_found(notes):
    Note.objects.bulk_create([Note(company_id=IBARRA, body="uno"), Note(company_id=IBARRA, body="uno dos")])
    assert found("uno") == ["uno", "uno dos"]


def test_the_searched_words_are_no_burden_for_who_reads_the_row(notes):
    write("uno")
    assert Note.objects.get().search is None


def test_very_long_texts_are_kept(notes):
    write("comienzo " + " ".join(f"ñ{number:x}" for number in range(60_000)), "palabra" * 50_000)
    assert len(found("comienzo")) == 1


@pytest.mark.parametrize(
    "words",
    [
        '"',
        "a* OR b",
        "NOT a",
        'a" OR "b',
        "body:a",
        "NEAR(a b)",
        "a & | ! <-> b",
        "a:*b",
        "^a",
        "-a",
        "{a}",
        "'; DROP TABLE",
        "a\x00b",
        "\ud800a",
        "ñ" * 10_000,
        "a " * 5_000,
        "½ ² ٣ 日本語 हिन्दी 𝒳 😀",
        "%",
        "\\",
        "AND",
        "'':*",
        "ſ",
        "İ",
    ],
)
def test_nothing_that_is_typed_is_syntax(notes, words):
    write("uno")
    assert found(words) in ([], ["uno"])


def test_of_what_is_typed_the_first_words_are_searched():
    assert tokens("uno, dos-dos UNO  tres_¡cuatro!") == ["uno", "dos", "UNO", "tres", "cuatro"]
    assert len(tokens(" ".join(f"palabra{number}" for number in range(50)))) == 8
    assert len("".join(tokens("x" * 10_000))) == 200
    assert tokens("¿? -- \x00 _") == []


def test_the_index_is_asked_for_the_words_of_the_company_alone(notes, is_postgres):
    if not is_postgres:
        pytest.skip("SQLite has no such index")
    Note.objects.bulk_create(Note(company_id=n % 50, body=f"factura {n}") for n in range(500))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = matching(Note.objects.all(), "factura", company=IBARRA).explain()
    assert "Index Scan on text_note_search" in plan
    assert "company_id = " in plan.split("Index Cond")[1]
    assert "'c1xfactura'" in plan
    assert ":*" in plan
    assert "'factura'':*" not in plan


def test_without_a_company_all_are_searched(notes):
    write("Nuestra factura", company=IBARRA)
    write("Otra factura", company=NORTE)
    assert len(matching(notes, "factura")) == 2


def test_search_works_inside_another_query(notes):
    write("Nuestra factura", "Otra cosa")
    here = matching(Note.objects.filter(pk=models.OuterRef("pk"), company_id=models.OuterRef("company_id")), "factura")
    assert [note.body for note in Note.objects.filter(models.Exists(here))] == ["Nuestra factura"]


@pytest.mark.django_db
def test_the_words_of_every_searched_model_are_kept_by_the_database(is_postgres):
    searched = [
        model for model in installed_apps.get_models() if any(isinstance(f, SearchColumn) for f in model._meta.fields)
    ]
    triggers = (
        "SELECT tgname FROM pg_trigger" if is_postgres else "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    )
    kept = ["search"] if is_postgres else ["search_inserted", "search_updated", "search_deleted"]
    with connection.cursor() as cursor:
        cursor.execute(triggers)
        present = {name for (name,) in cursor.fetchall()}
    missing = {f"{model._meta.db_table}_{name}" for model in searched for name in kept} - present
    assert (missing, bool(searched)) == (set(), True)


@pytest.mark.django_db(transaction=True)
def test_after_sqlite_made_a_table_anew_its_texts_are_found_again(searched_table, is_postgres):
    if is_postgres:
        pytest.skip("PostgreSQL changes tables in place")
    write("uno")
    with connection.schema_editor() as editor:
        editor._remake_table(Note)
    write("sin disparador")
    assert found("disparador") == []
    post_migrate.send(
        sender=installed_apps.get_app_config("text"),
        app_config=installed_apps.get_app_config("text"),
        apps=STATE.apps,
        using="default",
        verbosity=0,
        interactive=False,
    )
    write("con disparador")
    assert found("disparador") == ["con disparador", "sin disparador"]
    assert found("uno") == ["uno"]
    Note.objects.all().delete()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="only SQLite loses triggers")
def test_what_sqlite_loses_when_it_changes_a_table_is_back_after_migrating(ana):
    with connection.cursor() as cursor:
        for trigger in ("inserted", "updated", "deleted"):
            cursor.execute(f"DROP TRIGGER tickets_ticket_search_{trigger}")

    call_command("migrate", verbosity=0)
    ticket = open_ticket(ana, subject="Certificado caducado")

    assert list(matching(Ticket.objects.all(), "certificado")) == [ticket]


# --- texts that are like another ---


def alike(text):
    return [note.body for note in resembling(Note.objects.all(), text, then=["-pk"])]


def test_what_holds_more_of_the_words_comes_first_and_then_the_last_written(notes):
    write(
        "El informe de accidentes tarda",
        "No imprime el informe anual",
        "Informe anual en blanco",
        "El informe anual no imprime en Getafe",
    )

    assert alike("No imprime el informe anual de accidentes") == [
        "El informe anual no imprime en Getafe",
        "No imprime el informe anual",
        "Informe anual en blanco",
        "El informe de accidentes tarda",
    ]


def test_half_of_the_words_make_a_text_like_another_but_two_at_least(notes):
    write("Informe vacío", "Informe anual", "Informe anual de accidentes")

    assert alike("informe") == ["Informe anual de accidentes", "Informe anual", "Informe vacío"]
    assert alike("informe anual") == ["Informe anual de accidentes", "Informe anual"]
    assert alike("informe anual accidentes graves obra") == ["Informe anual de accidentes"]


@pytest.mark.parametrize(
    "text", ["", "de la que el en y a", "No se qué", "CON ESTO", "the and with", "a b 12 ñ", " ¿? \x00"]
)
def test_words_that_say_nothing_are_like_nothing(notes, text):
    write("No sé qué hacer con esto de la A a la B en 12 ñ", "the and with")

    assert alike(text) == []


def test_accents_capitals_and_what_is_still_being_typed_do_not_matter(notes):
    write("La planificación de Getafe")

    assert alike("PLANIFICACION get") == ["La planificación de Getafe"]


@pytest.mark.postgres
def test_other_forms_of_the_words_count(notes):
    write("No imprime los informes")

    assert alike("Imprimir un informe") == ["No imprime los informes"]


def test_the_words_that_tell_are_few_and_each_once():
    assert telling("No imprime NADA: el informe, él INFORME y la impresora") == ["imprime", "INFORME", "impresora"]
    assert len(telling(" ".join(f"palabra{number}" for number in range(50)))) == 8
    assert len("".join(telling("x" * 10_000))) == 200


@pytest.mark.parametrize(
    "text", ['"', "uno* OR dos", "NOT uno", 'uno" OR "dos', "body:uno", "NEAR(uno dos)", "uno & | !", "\ud800uno"]
)
def test_nothing_in_a_text_is_syntax(notes, text):
    write("uno", "dos")

    assert set(alike(text)) <= {"uno", "dos"}
