"""Many licence files at once: whose and for when is shown before anything is kept, and then all are kept or none."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.models import AuditEntry
from contracts import dropping
from contracts.models import LicenceFile
from files.models import StoredFile
from files.receiving import receive
from mail.models import OutgoingMail
from tests.factories import CompanyFactory, StaffFactory, licence_file

pytestmark = pytest.mark.django_db

DROP = reverse("admin:contracts_licencefile_add")
KEEP = reverse("admin:contracts_licencefile_guardar")
LIST = reverse("admin:contracts_licencefile_changelist")


def sent(*names, **contents):
    return [SimpleUploadedFile(name, f"licencia {name}".encode()) for name in names] + [
        SimpleUploadedFile(f"{name}.lic", content) for name, content in contents.items()
    ]


def table(*lines):
    return SimpleUploadedFile("tabla.csv", "\n".join(lines).encode())


def drop(browser, files, **data):
    page = browser.post(DROP, {"files": files, **data})
    assert page.status_code == 200
    return page


def keep(browser, page):
    return browser.post(KEEP, {"seal": page.context["keep"]["seal"].value()}, follow=True)


def shown(page):
    """{name: (company's code, first day, last day)}"""
    return {
        parcel.upload.name: (parcel.company and parcel.company.code, str(parcel.valid_from), str(parcel.valid_until))
        for parcel in page.context["parcels"]
    }


def faults(page):
    return {parcel.upload.name: parcel.faults for parcel in page.context["parcels"] if parcel.faults}


def kept():
    return {
        (file.stored.name, file.company.code, str(file.valid_from), str(file.valid_until))
        for file in LicenceFile.objects.select_related("stored", "company")
    }


def temporaries() -> list[Path]:
    return list((Path(settings.FILES_ROOT) / "tmp").glob("*"))


@pytest.fixture
def publisher(browse, boss, ibarra, norte, marked, settings, tmp_path):
    settings.FILES_ROOT = tmp_path
    return browse(boss)


# --- what a name says ---


@pytest.mark.parametrize(
    ("name", "words", "days"),
    [
        (
            "IBA_2027-01-01_2027-12-31.lic",
            ["IBA", "2027", "01", "01", "2027", "12", "31"],
            ["2027-01-01", "2027-12-31"],
        ),
        (
            "licencia iba 20270101-20271231.zip",
            ["LICENCIA", "IBA", "20270101", "20271231"],
            ["2027-01-01", "2027-12-31"],
        ),
        ("2027.12.31 nor.dat", ["2027", "12", "31", "NOR"], ["2027-12-31"]),
        ("NOR_2027-13-01.lic", ["NOR", "2027", "13", "01"], []),
        ("pedido-120270101999.lic", ["PEDIDO", "120270101999"], []),
        (".lic", [], []),
    ],
)
def test_a_name_says_whose_and_for_when(name, words, days):
    assert dropping.words_of(name) == words or name == ".lic"
    assert [str(day) for day in dropping.days_in(name)] == days


# --- the way there ---


def test_files_are_shown_with_company_and_period_and_then_kept(publisher, boss):
    files = sent("IBA_2097-01-01_2097-12-31.lic", "nor 20970201 20980131.lic")

    page = drop(publisher, files, note="Reinicie el servicio")

    assert kept() == set()
    assert shown(page) == {
        "IBA_2097-01-01_2097-12-31.lic": ("IBA", "2097-01-01", "2097-12-31"),
        "nor 20970201 20980131.lic": ("NOR", "2097-02-01", "2098-01-31"),
    }
    for words in ("Talleres Ibarra", "Clínicas Norte", "31 de diciembre de 2097"):
        assert words in page.content.decode()
    answer = keep(publisher, page)
    assert "Se han guardado 2 archivos de licencia." in answer.content.decode()
    assert kept() == {
        ("IBA_2097-01-01_2097-12-31.lic", "IBA", "2097-01-01", "2097-12-31"),
        ("nor 20970201 20980131.lic", "NOR", "2097-02-01", "2098-01-31"),
    }
    file = LicenceFile.objects.get(company__code="IBA")
    assert (file.uploaded_by, file.note, file.applied_at) == (boss, "Reinicie el servicio", None)
    assert file.stored.path.read_bytes() == b"licencia IBA_2097-01-01_2097-12-31.lic"
    lines = AuditEntry.objects.filter(kind=AuditEntry.Kind.LICENCE_UPLOADED)
    assert sorted(line.company.code for line in lines) == ["IBA", "NOR"]
    assert not OutgoingMail.objects.exists()


def test_what_the_companies_run_already_counts_as_applied(publisher, boss):
    keep(publisher, drop(publisher, sent("IBA_2020-01-01_2097-12-31.lic"), applied="on"))

    file = LicenceFile.objects.get()
    assert (file.applied_by, file.applied_at is None) == (boss, False)


def test_a_table_says_what_the_names_do_not(publisher):
    rows = table(
        "archivo;empresa;desde;hasta;nota", "a.lic;iba;01/01/2097;31/12/2097;La del servidor nuevo",
        "B.LIC;NOR;;2098-01-31;", "", "IBA_c.lic;;;;",
    )  # fmt: skip

    page = drop(
        publisher, sent("a.lic", "b.lic", "IBA_c.lic"), table=rows, valid_from="2097-02-01", valid_until="2097-03-01"
    )

    assert shown(page) == {
        "a.lic": ("IBA", "2097-01-01", "2097-12-31"),
        "b.lic": ("NOR", "2097-02-01", "2098-01-31"),
        "IBA_c.lic": ("IBA", "2097-02-01", "2097-03-01"),
    }
    keep(publisher, page)
    assert LicenceFile.objects.get(stored__name="a.lic").note == "La del servidor nuevo"


def test_one_file_of_any_name_is_given_a_company(publisher):
    page = drop(publisher, sent("archivo.lic"), code="iba", valid_from="2097-01-01", valid_until="2097-12-31")

    assert shown(page) == {"archivo.lic": ("IBA", "2097-01-01", "2097-12-31")}


# --- nothing half ---


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("XYZ_2097-01-01_2097-12-31.lic", {}, "no contiene el código de ninguna empresa"),
        ("IBA_NOR_2097-01-01_2097-12-31.lic", {}, "varias empresas: IBA, NOR"),
        ("NOR_2097-01-01_2097-12-31.lic", {"code": "IBA"}, "Su nombre dice NOR y usted ha indicado IBA"),
        ("NOR_2097-01-01_2097-12-31.lic", {"code": "ZZZ"}, "No hay ninguna empresa con el código ZZZ."),
        ("IBA_2020-01-01_2020-12-31.lic", {}, "Su periodo ya ha terminado"),
        ("IBA_2097-12-31.lic", {}, "Nada dice su primer día."),
        ("IBA.lic", {"valid_from": "2097-01-02"}, "Nada dice su último día."),
        ("IBA.lic", {"valid_from": "2097-01-02", "valid_until": "2097-01-01"}, "anterior al primero"),
    ],
)
def test_one_wrong_file_is_named_and_none_is_kept(publisher, name, data, words):
    data = dict.fromkeys(("valid_from", "valid_until"), "") | data
    good = "IBA_2097-05-01_2097-06-30.lic"

    page = drop(publisher, sent(good, name), **data)

    assert words in " ".join(faults(page)[name])
    assert "keep" not in page.context
    assert "No se ha guardado nada." in page.content.decode()
    assert (kept(), StoredFile.objects.count(), temporaries()) == (set(), 0, [])


def test_the_file_of_another_company_is_recognised_by_its_content(publisher, norte, boss):
    licence_file(norte, name="NOR.lic", content=b"de Norte", by=boss)

    page = drop(publisher, sent(IBA=b"de Norte"), valid_from="2097-01-01", valid_until="2097-12-31")

    assert faults(page) == {"IBA.lic": ["Este mismo archivo es el de otra empresa: NOR."]}


def test_the_same_file_twice_is_refused(publisher, ibarra, boss):
    licence_file(ibarra, name="x.lic", content=b"una", by=boss)
    days = {"valid_from": "2097-01-01", "valid_until": "2097-12-31"}

    again = drop(publisher, sent(IBA=b"una"), **days)
    twice = drop(publisher, sent(IBA=b"otra", IBA_bis=b"otra"), **days)

    assert faults(again) == {"IBA.lic": ["Este mismo archivo ya está subido."]}
    assert faults(twice) == {"IBA_bis.lic": ["Este mismo archivo ya está subido."]}


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (["archivo;empresa", "otro.lic;IBA"], "La tabla nombra un archivo que no se ha enviado: otro.lic."),
        (["archivo;empresa", "a.lic;IBA", "A.lic;IBA"], "La línea 3 de la tabla nombra otra vez A.lic."),
        (["archivo;empresa", ";IBA"], "La línea 2 de la tabla no nombra ningún archivo."),
        (["archivo;empresa", "a.lic;IBA;x"], "Línea 2 de la tabla"),
        (["empresa;hasta", "IBA;2097-12-31"], "archivo"),
    ],
)
def test_a_table_that_does_not_fit_keeps_nothing(publisher, rows, words):
    days = {"valid_from": "2097-01-01", "valid_until": "2097-12-31"}

    page = drop(publisher, sent("a.lic"), table=table(*rows), code="IBA", **days)

    assert words in " ".join(page.context["form"].errors["table"])
    assert (kept(), temporaries()) == (set(), [])


def test_a_day_that_is_none_is_named(publisher):
    page = drop(publisher, sent("IBA.lic"), table=table("archivo;desde;hasta", "IBA.lic;mañana;2097-12-31"))

    assert "Escriba la fecha como" in " ".join(faults(page)["IBA.lic"])


@pytest.mark.parametrize("files", [[], [SimpleUploadedFile("IBA.lic", b"")]], ids=["none", "empty"])
def test_without_a_file_there_is_nothing_to_see(publisher, files):
    page = drop(publisher, files, code="IBA")

    assert page.context["form"].errors["files"]
    assert temporaries() == []


def test_who_hears_of_nothing_is_said_before(publisher, norte):
    page = drop(publisher, sent("NOR_2097-01-01_2097-12-31.lic"))

    assert page.context["parcels"][0].notes == [
        "Nadie de la empresa recibe archivos de licencia: no llegará a nadie por correo."
    ]


# --- confirming ---


def test_a_second_click_keeps_nothing_again(publisher):
    page = drop(publisher, sent("IBA_2097-01-01_2097-12-31.lic"))
    keep(publisher, page)

    again = keep(publisher, page)

    assert "ya se guardaron o han esperado demasiado" in again.content.decode()
    assert LicenceFile.objects.count() == 1


def test_when_one_file_is_gone_none_is_kept(publisher):
    page = drop(publisher, sent("IBA_2097-01-01_2097-12-31.lic", "NOR_2097-01-01_2097-12-31.lic"))
    page.context["parcels"][1].upload.temporary.unlink()

    keep(publisher, page)

    assert (kept(), StoredFile.objects.count()) == (set(), 0)
    assert not AuditEntry.objects.filter(kind=AuditEntry.Kind.LICENCE_UPLOADED).exists()


@pytest.mark.parametrize("seal", ["", "x", "a:b:c"])
def test_only_what_was_shown_to_oneself_is_kept(publisher, browse, seal):
    other = browse(StaffFactory(is_superuser=True))
    page = drop(other, sent("IBA_2097-01-01_2097-12-31.lic"))

    answers = [keep(publisher, page), publisher.post(KEEP, {"seal": seal}, follow=True)]

    assert ["Envíelos otra vez." in answer.content.decode() for answer in answers] == [True, True]
    assert kept() == set()


def test_those_who_only_look_drop_nothing(browse, agent, marked):
    assert browse(agent).get(DROP).status_code == 403
    assert browse(agent).post(KEEP).status_code == 403


# --- afterwards ---


def test_a_withdrawn_file_is_gone_for_the_company_and_the_radar(publisher, boss, browse, marked, ibarra):
    file = licence_file(ibarra, by=boss)
    address = reverse("admin:contracts_licencefile_retirar", args=[file.pk])

    for _click in range(2):
        publisher.post(address)

    file.refresh_from_db()
    assert file.withdrawn_by == boss
    assert browse(marked).get(file.get_absolute_url()).status_code == 404
    assert AuditEntry.objects.filter(kind=AuditEntry.Kind.LICENCE_WITHDRAWN).count() == 1


def test_support_downloads_with_a_line_of_the_logbook(publisher, boss, ibarra):
    file = licence_file(ibarra, by=boss, content=b"uno")

    answer = publisher.get(reverse("admin:contracts_licencefile_archivo", args=[file.pk]))

    assert b"".join(answer) == b"uno"
    line = AuditEntry.objects.get(kind=AuditEntry.Kind.LICENCE_DOWNLOADED)
    assert (line.actor_id, line.company) == (boss.pk, ibarra)
    assert LicenceFile.objects.with_taken().get().taken_at is None
    assert (
        "Soporte (Olga Prieto)"
        in publisher.get(reverse("admin:contracts_licencefile_change", args=[file.pk])).content.decode()
    )


def test_the_list_finds_what_needs_somebody(publisher, boss, ibarra, norte, marked):
    today = ibarra.today()
    late = licence_file(ibarra, by=boss, starts=today - timedelta(days=9), until=today + timedelta(days=1))
    applied = licence_file(norte, by=boss, applied=True)
    gone = licence_file(norte, by=boss, name="y.lic")
    gone.withdraw(by=boss)
    found = {
        part: set(publisher.get(LIST, {"estado": part}).context["cl"].result_list)
        for part in ("", "sin-aplicar", "desatendidos", "sin-siguiente", "cuarentena", "retirados")
    }

    assert found == {
        "": {late, applied, gone},
        "sin-aplicar": {late},
        "desatendidos": {late},
        "sin-siguiente": {late},
        "cuarentena": set(),
        "retirados": {gone},
    }


def test_the_desk_s_list_costs_the_same_for_many(publisher, boss, django_assert_max_num_queries):
    for number in range(30):
        licence_file(CompanyFactory(code=f"Z{number}"), by=boss)
    publisher.get(LIST)

    with django_assert_max_num_queries(6):
        publisher.get(LIST)


def test_a_hundred_files_cost_the_queries_of_one(boss, django_assert_max_num_queries):
    uploads = [receive(file) for file in sent(*(f"Q{number}_a.lic" for number in range(100)))]
    for number in range(100):
        CompanyFactory(code=f"Q{number}")
    typed = dropping.Typed(valid_from=date(2097, 1, 1), valid_until=date(2097, 12, 31))

    with django_assert_max_num_queries(4):
        parcels, wrong = dropping.sort(uploads, typed=typed)

    assert (wrong, [parcel.faults for parcel in parcels]) == ([], [[]] * 100)
