"""What companies have contracted: support enters it, row by row or as a table that is shown before it is done."""

import io
from datetime import date

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from openpyxl import Workbook

from accounts.models import AuditEntry
from contracts import importing
from contracts.models import Product, Subscription
from files.models import StoredFile
from files.receiving import receive
from portal.invariants.files import files_have_an_owner
from tables.reading import Line
from tests.factories import CompanyFactory, StaffFactory, licence_file

pytestmark = pytest.mark.django_db

ADD = reverse("admin:contracts_subscription_add")
LIST = reverse("admin:contracts_subscription_changelist")
IMPORT = reverse("admin:contracts_subscription_importar")
APPLY = reverse("admin:contracts_subscription_aplicar")


@pytest.fixture
def epis():
    return Product.objects.create(name="EPIs")


@pytest.fixture
def health():
    return Product.objects.create(name="Vigilancia de la salud")


@pytest.fixture
def desk(browse, boss, ibarra, norte, epis, health):
    return browse(boss)


def page_of(row):
    return reverse("admin:contracts_subscription_change", args=[row.pk])


def test_a_product_has_an_icon_that_is_there(desk, epis):
    form = {"kind": "module", "name": "EPIs", "position": 0, "is_active": "on"}
    address = reverse("admin:contracts_product_change", args=[epis.pk])

    refused = desk.post(address, form | {"icon": "casco"})
    changed = desk.post(address, form | {"icon": "shield-check"})

    assert "No hay ningún icono con este nombre." in refused.content.decode()
    assert changed.status_code == 302 and Product.objects.get(pk=epis.pk).icon == "shield-check"


def contract(content=b"firmado"):
    return SimpleUploadedFile("contrato.txt", content)


def noted():
    lines = AuditEntry.objects.filter(kind__startswith="subscription_").order_by("pk")
    return [(line.company.code, line.changes) for line in lines]


def rows():
    found = Subscription.objects.order_by("company__code", "product__name", "starts")
    return [(row.company.code, row.product.name, str(row.starts), str(row.expires)) for row in found]


# --- one by one ---


def test_a_subscription_is_entered_with_its_contract_and_noted(desk, ibarra, epis):
    desk.post(
        ADD,
        {"company": ibarra.pk, "product": epis.pk, "starts": "01/01/2027", "expires": "", "contract_file": contract()},
    )

    row = Subscription.objects.get()
    assert (row.company, row.product, row.starts, row.expires) == (ibarra, epis, date(2027, 1, 1), None)
    assert noted() == [("IBA", {"product": [None, "EPIs"], "starts": [None, "2027-01-01"]})]
    answer = desk.get(reverse("admin:contracts_subscription_contrato", args=[row.pk]))
    assert b"".join(answer) == b"firmado"


def test_only_dates_and_contract_change(desk, boss, ibarra, norte, epis, health):
    row = Subscription.objects.agree(by=boss, company=ibarra, product=epis, starts=date(2027, 1, 1))

    desk.post(
        page_of(row),
        {"company": norte.pk, "product": health.pk, "starts": "01/01/2027", "expires": "31/12/2027",
         "contract_file": contract()},
    )  # fmt: skip

    assert rows() == [("IBA", "EPIs", "2027-01-01", "2027-12-31")]
    assert noted()[-1] == ("IBA", {"product": [None, "EPIs"], "expires": [None, "2027-12-31"]})
    row.refresh_from_db()
    assert row.contract.name == "contrato.txt"


def test_every_stored_file_belongs_to_something(desk, boss, ibarra, epis):
    row = Subscription.objects.agree(
        by=boss, company=ibarra, product=epis, starts=date(2027, 1, 1), contract=receive(contract(b"uno"))
    )
    row.change(by=boss, data={}, contract=receive(contract(b"dos")))
    licence_file(ibarra, by=boss)
    assert StoredFile.objects.count() == 2
    assert list(files_have_an_owner()) == []

    row.remove(by=boss)

    assert StoredFile.objects.count() == 1
    assert list(files_have_an_owner()) == []


def test_what_does_not_change_is_not_noted(desk, boss, ibarra, epis):
    row = Subscription.objects.agree(by=boss, company=ibarra, product=epis, starts=date(2027, 1, 1))

    desk.post(page_of(row), {"starts": "01/01/2027", "expires": ""})

    assert len(noted()) == 1


@pytest.mark.parametrize(
    ("data", "field", "words"),
    [
        ({"expires": "31/12/2026"}, "expires", "anterior al primero"),
        ({"starts": "ayer"}, "starts", "fecha"),
        ({"contract_file": contract(b"")}, "contract_file", "vacío"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(desk, ibarra, epis, data, field, words):
    page = desk.post(ADD, {"company": ibarra.pk, "product": epis.pk, "starts": "01/01/2027"} | data)

    assert words in " ".join(page.context["adminform"].form.errors[field])
    assert (rows(), StoredFile.objects.count()) == ([], 0)


def test_the_same_product_does_not_begin_twice_on_a_day(desk, boss, ibarra, epis):
    Subscription.objects.agree(by=boss, company=ibarra, product=epis, starts=date(2027, 1, 1))

    page = desk.post(ADD, {"company": ibarra.pk, "product": epis.pk, "starts": "01/01/2027"})

    assert page.status_code == 200
    assert page.context["adminform"].form.errors
    assert len(rows()) == 1


def test_a_mistake_is_removed_and_noted(desk, boss, ibarra, epis):
    row = Subscription.objects.agree(by=boss, company=ibarra, product=epis, starts=date(2027, 1, 1))

    desk.post(reverse("admin:contracts_subscription_delete", args=[row.pk]), {"post": "yes"})

    assert rows() == []
    assert noted()[-1][1]["starts"] == ["2027-01-01", None]


def test_the_managers_read_it_in_their_logbook(desk, browse, bruno, boss, epis):
    Subscription.objects.agree(by=boss, company=bruno.company, product=epis, starts=date(2027, 1, 1))

    text = browse(bruno).get(reverse("logbook:list")).content.decode()

    assert "Soporte (Olga Prieto) añadió «EPIs» a lo contratado, desde el 1 ene 2027" in text


def test_the_list_costs_the_same_for_many(desk, epis, django_assert_max_num_queries):
    for number in range(30):
        Subscription.objects.create(company=CompanyFactory(code=f"Z{number}"), product=epis, starts=date(2027, 1, 1))
    desk.get(LIST)

    with django_assert_max_num_queries(6):
        desk.get(LIST)


# --- as a table ---

TABLE = """Empresa;Módulo;Desde;Hasta;Precio
iba;epis;01/01/2027;31/12/2027;100
NOR;Vigilancia de la Salud;2027-02-01;;
"""


def csv(text=TABLE):
    return SimpleUploadedFile("contratos.csv", text.encode())


def xlsx(text=TABLE):
    book = Workbook()
    for line in text.splitlines():
        book.active.append([cell or None for cell in line.split(";")])
    content = io.BytesIO()
    book.save(content)
    return SimpleUploadedFile("contratos.xlsx", content.getvalue())


def apply(browser, page):
    return browser.post(APPLY, {"seal": page.context["confirm"]["seal"].value()}, follow=True)


@pytest.mark.parametrize("table", [csv, xlsx])
def test_a_table_is_shown_and_then_done_exactly_so(desk, table):
    page = desk.post(IMPORT, {"file": table()})

    assert rows() == []
    assert [step.deed.value for step in page.context["steps"]] == ["new", "new"]
    assert page.context["unknown"] == ["Precio"]
    answer = apply(desk, page)
    assert "Se han importado 2 filas." in answer.content.decode()
    assert rows() == [
        ("IBA", "EPIs", "2027-01-01", "2027-12-31"), ("NOR", "Vigilancia de la salud", "2027-02-01", "None"),
    ]  # fmt: skip
    assert [company for company, _changes in noted()] == ["IBA", "NOR"]


def test_the_same_table_again_changes_nothing(desk):
    apply(desk, desk.post(IMPORT, {"file": csv()}))

    page = desk.post(IMPORT, {"file": csv(TABLE.replace("31/12/2027", "31/12/2028"))})

    assert [step.deed.value for step in page.context["steps"]] == ["changed", "same"]
    apply(desk, page)
    assert rows()[0] == ("IBA", "EPIs", "2027-01-01", "2028-12-31")
    assert len(noted()) == 3
    again = desk.post(IMPORT, {"file": csv(TABLE.replace("31/12/2027", "31/12/2028"))})
    assert "confirm" not in again.context


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("ZZZ;EPIs;2027-01-01;", "No hay ninguna empresa con el código ZZZ."),
        ("IBA;Hornos;2027-01-01;", "El catálogo no tiene «Hornos»."),
        ("IBA;EPIs;;", "Nada dice su primer día."),
        ("IBA;EPIs;mañana;", "Escriba la fecha como"),
        ("IBA;EPIs;2027-01-01;2026-01-01", "El último día es anterior al primero."),
        ("IBA;EPIs;2027-03-01;\nIBA;epis;01/03/2027;2028-01-01", "Otra fila trata del mismo producto"),
        ("IBA;EPIs", "celdas"),
    ],
)
def test_a_row_that_cannot_be_is_refused_and_the_others_are_done(desk, row, words):
    text = f"Empresa;Módulo;Desde;Hasta\nNOR;EPIs;2027-01-01;\n{row}\n"

    page = desk.post(IMPORT, {"file": csv(text)})

    refused = [step for step in page.context["steps"] if step.faults]
    assert words in " ".join(refused[0].faults)
    apply(desk, page)
    assert ("NOR", "EPIs", "2027-01-01", "None") in rows()
    assert len(rows()) == len(page.context["steps"]) - len(refused)


@pytest.mark.parametrize(
    "file", [csv("Empresa;Desde\nIBA;2027-01-01\n"), csv("Empresa;Módulo;Desde\n"), csv("\0"), None]
)
def test_what_is_no_such_table_says_so(desk, file):
    page = desk.post(IMPORT, {"file": file} if file else {})

    assert page.status_code == 200
    assert page.context["form"].errors["file"]


def test_nothing_is_done_when_something_changed_meanwhile(desk, boss, norte, health):
    page = desk.post(IMPORT, {"file": csv()})
    Subscription.objects.agree(by=boss, company=norte, product=health, starts=date(2027, 2, 1))

    answer = apply(desk, page)

    assert "Algo ha cambiado" in answer.content.decode()
    assert [row[0] for row in rows()] == ["NOR"]


def test_a_second_click_does_nothing_again(desk):
    page = desk.post(IMPORT, {"file": csv()})
    apply(desk, page)

    assert "Algo ha cambiado" in apply(desk, page).content.decode()
    assert len(noted()) == 2


def test_nobody_confirms_what_another_one_was_shown(desk, browse):
    page = browse(StaffFactory(is_superuser=True)).post(IMPORT, {"file": csv()})

    assert "Envíe el archivo otra vez" in apply(desk, page).content.decode()
    assert rows() == []


def test_whoever_only_looks_imports_nothing(browse, agent, ibarra):
    assert browse(agent).get(LIST).status_code == 200
    assert [browse(agent).get(IMPORT).status_code, browse(agent).post(APPLY).status_code] == [403, 403]


def test_many_rows_cost_the_queries_of_one(epis, django_assert_max_num_queries):
    for number in range(100):
        CompanyFactory(code=f"Q{number}")
    lines = [Line(n + 2, {"company": f"Q{n}", "product": "EPIs", "starts": "2027-01-01"}) for n in range(100)]

    with django_assert_max_num_queries(3):
        steps = importing.plan(lines)

    assert {step.deed.value for step in steps} == {"new"}
