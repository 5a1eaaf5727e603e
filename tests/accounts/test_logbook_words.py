"""Every line of the logbook reads as a sentence, with the names that its numbers have today."""

import pytest
from django.utils import timezone, translation

from accounts import logbook
from accounts.logbook import GROUPS, PEOPLE_IN_CHANGES, TABLE, Reader, kinds_in
from accounts.models import AuditEntry, Company, User
from accounts.permissions import PERMISSIONS
from portal.templatetags.components import icon
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

Kind = AuditEntry.Kind


def sentence(entry: AuditEntry) -> str:
    return Reader().lines([entry])[0].sentence


def written(kind, **columns) -> str:
    return sentence(AuditEntry.write(kind, **({"by": None} | columns)))


@pytest.fixture
def carmen(agent):
    agent.first_name, agent.last_name = "Carmen", "Vidal"
    agent.save()
    return agent


def test_every_kind_has_its_words():
    assert set(TABLE) == set(Kind)


def test_every_kind_is_in_one_group_and_no_group_is_empty():
    assert sorted(kind for group in GROUPS for kind in kinds_in(group)) == sorted(Kind)
    assert all(kinds_in(group) for group in GROUPS)


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("language", ["es", "en"])
def test_every_kind_reads_well_whoever_did_it_and_to_whom(kind, language, ana, bruno, carmen, ibarra):
    with translation.override(language):
        for by in (bruno, carmen, None):
            for on in (None, ana, bruno, ibarra):
                words = written(kind, by=by, on=on, company=ibarra)

                assert "%" not in words and "  " not in words, words
                assert words[0].isupper() and not words.endswith((".", ":")), words
        assert icon(TABLE[kind].icon)


def test_a_change_of_permissions_says_what_is_gained_and_lost(ana, bruno, ibarra):
    changes = {"can_see_company_tickets": [False, True], "can_use_downloads": [True, False]}

    with translation.override("es"):
        assert written(Kind.PERMISSIONS_CHANGED, by=bruno, on=ana, company=ibarra, changes=changes) == (
            "Bruno Etxeberria cambió los permisos de Ana Ruiz: gana tickets de toda la empresa, pierde descargas"
        )


def test_what_the_verbs_write_reads_well(bruno, diego, ibarra):
    diego.set_permissions(by=bruno, changes={"receives_licence_files": True})
    diego.edit(by=bruno, data={"phone": "600", "access_until": timezone.datetime(2027, 1, 31).date()})
    diego.deactivate(by=bruno)
    ibarra.change(by=bruno, data={"name": "Ibarra, S.A.", "phone": "945", "is_demo": True})

    with translation.override("en"):
        lines = [line.sentence for line in Reader().lines(AuditEntry.objects.order_by("id"))]

    assert lines == [
        "Bruno Etxeberria changed the permissions of Diego Sanz: gains licence files",
        "Bruno Etxeberria changed the data of Diego Sanz: telephone; access until Jan 31, 2027",
        "Bruno Etxeberria deactivated Diego Sanz",
        "Bruno Etxeberria changed the company's data: name, from “Talleres Ibarra, S.L.” to “Ibarra, S.A.”; telephone; "
        "now a demonstration",
    ]


def test_support_is_named_as_support(ana, carmen, ibarra):
    with translation.override("es"):
        assert written(Kind.VIEW_BEGUN, by=carmen, on=ana, company=ibarra) == (
            "Soporte (Carmen Vidal) abrió el portal como lo ve Ana Ruiz"
        )


def test_what_nobody_did_the_portal_did(ana, ibarra):
    with translation.override("es"):
        assert written(Kind.PERSON_DEACTIVATED, on=ana, company=ibarra) == "El portal desactivó a Ana Ruiz"


def test_a_refused_log_in_names_the_account_that_was_meant(ana, ibarra):
    with translation.override("es"):
        assert written(Kind.LOGIN_REFUSED, on=ana, company=ibarra) == "Se rechazó una entrada como Ana Ruiz"
        assert written(Kind.LOGIN_REFUSED) == "Se rechazó una entrada con un usuario desconocido"


def test_who_left_keeps_the_name_and_who_was_erased_does_not(ana, diego, bruno, ibarra):
    left = AuditEntry.write(Kind.LOGGED_IN, by=diego, on=diego, company=ibarra)
    erased = AuditEntry.write(Kind.PERMISSIONS_CHANGED, by=bruno, on=ana, company=ibarra)
    gone = AuditEntry.objects.create(kind=Kind.LOGGED_IN, actor_id=987_654, company=ibarra)
    User.objects.filter(pk=diego.pk).update(is_active=False)
    User.objects.filter(pk=ana.pk).update(erased_at=timezone.now(), first_name="", last_name="")

    with translation.override("es"):
        assert [sentence(entry) for entry in (left, erased, gone)] == [
            "Diego Sanz entró en el portal",
            "Bruno Etxeberria cambió los permisos de una persona borrada",
            "Una persona borrada entró en el portal",
        ]


def test_a_name_changed_since_is_the_new_one(ana, ibarra):
    entry = AuditEntry.write(Kind.LOGGED_IN, by=ana, on=ana, company=ibarra)
    User.objects.filter(pk=ana.pk).update(last_name="Ruiz Gil")

    assert sentence(entry).startswith("Ana Ruiz Gil ")


@pytest.mark.parametrize("name", sorted(PEOPLE_IN_CHANGES))
def test_people_among_the_changes_are_named(name, ana, diego, bruno, ibarra):
    with translation.override("en"):
        words = written(Kind.PERSON_CHANGED, by=bruno, on=ana, company=ibarra, changes={name: [ana.pk, diego.pk]})

    assert words.endswith("from Ana Ruiz to Diego Sanz")


IN_SPANISH = {
    "exportó los contactos": (Kind.DATA_EXPORTED, None, {"export": [None, "people"]}),
    "exportó el registro": (Kind.DATA_EXPORTED, None, {"export": [None, "logbook"]}),
    "exportó sus propios datos": (Kind.DATA_EXPORTED, "bruno", {}),
    "importó contactos: 0 nuevos, 1 cambiado": (
        Kind.PEOPLE_IMPORTED, None, {"created": [None, 0], "changed": [None, 1]}),
    "importó contactos: 1 nuevo, 2 cambiados": (
        Kind.PEOPLE_IMPORTED, None, {"created": [None, 1], "changed": [None, 2]}),
    "traspasó 6 tickets de Ana Ruiz a Diego Sanz": (
        Kind.TICKETS_HANDED_OVER, "ana", {"heir": [None, "diego"], "tickets": [None, 6]}),
    "traspasó 1 ticket de Ana Ruiz a Diego Sanz": (
        Kind.TICKETS_HANDED_OVER, "ana", {"heir": [None, "diego"], "tickets": [None, 1]}),
    "traspasó 2 tickets propios a Diego Sanz": (
        Kind.TICKETS_HANDED_OVER, "bruno", {"heir": [None, "diego"], "tickets": [None, 2]}),
    "dio acceso a Diego Sanz, que lo había pedido": (Kind.ACCESS_APPROVED, None, {"person": [None, "diego"]}),
    "no consiguió confirmar quién era": (Kind.LOGIN_REFUSED, "bruno", {}),
    "añadió un segundo factor: llave de acceso": (
        Kind.SECOND_FACTOR_ADDED, "bruno", {"second_factor": [None, "webauthn"]}),
    "quitó un segundo factor a Ana Ruiz: códigos de una aplicación, llave de acceso": (
        Kind.SECOND_FACTOR_REMOVED, "ana", {"second_factor": ["totp, webauthn", None]}),
    "cambió los datos de Ana Ruiz: teléfono, acceso hasta el 31 ene 2027": (
        Kind.PERSON_CHANGED, "ana", {"phone": [None, None], "access_until": [None, "2027-01-31"]}),
    "cambió los datos de Ana Ruiz: sin último día": (Kind.PERSON_CHANGED, "ana", {"access_until": [None, None]}),
    "cambió sus propios datos: ya no quiere correos generales": (
        Kind.PERSON_CHANGED, "bruno", {"declines_general_mail": [False, True]}),
    "cambió los permisos de Ana Ruiz: pierde acceso al portal y, con él, tickets; sin último día": (
        Kind.PERMISSIONS_CHANGED, "ana",
        {"has_portal_access": [True, False], "can_use_tickets": [True, False], "access_until": ["2027-01-31", None]}),
    "cambió los datos de la empresa: comunidad autónoma, ahora «ES-PV»; zona horaria, ya no «Europe/Madrid»": (
        Kind.COMPANY_CHANGED, None, {"region": ["", "ES-PV"], "time_zone": ["Europe/Madrid", ""]}),
    "pidió corregir los datos de la empresa: nombre, de «A» a «B»; teléfono": (
        Kind.COMPANY_CHANGE_PROPOSED, None, {"name": ["A", "B"], "phone": [None, None]}),
    "cambió la cuenta de Ana Ruiz: usuario, desactivada": (
        Kind.STAFF_CHANGED, "ana", {"login": [None, None], "is_active": [True, False]}),
}  # fmt: skip


@pytest.mark.parametrize("words", IN_SPANISH)
def test_what_verbs_write_is_a_whole_sentence(words, bruno, ana, diego, ibarra):
    people = {"bruno": bruno, "ana": ana, "diego": diego}
    kind, on, changes = IN_SPANISH[words]
    numbered = {name: [getattr(people.get(one), "pk", one) for one in values] for name, values in changes.items()}

    with translation.override("es"):
        told = written(kind, by=bruno, on=people.get(on), company=ibarra, changes=numbered)

    assert told == f"Bruno Etxeberria {words}"


def test_a_last_manager_who_stays_changes_nothing(bruno, ibarra):
    until = ["2027-01-31", "2027-01-31"]

    with translation.override("es"):
        told = written(Kind.PERSON_CHANGED, on=bruno, company=ibarra, changes={"access_until": until})

    assert told == "Bruno Etxeberria conserva el acceso, aunque su último día fue el 31 ene 2027"


def test_a_wrong_password_of_a_step_up_is_no_refused_log_in(browse, bruno):
    browser = browse(bruno)

    browser.post("/acceso/confirmar/", {"password": "no es esta"})

    with translation.override("es"):
        assert sentence(AuditEntry.objects.get()) == "Bruno Etxeberria no consiguió confirmar quién era"


def test_values_are_said_in_words(bruno, ibarra):
    changes = {
        "export": [None, "logbook"],
        "second_factor": ["totp, webauthn", None],
        "access_until": ["2027-01-31", "2027-02-28"],
        "region": ["", "ES-PV"],
        "time_zone": ["Europe/Madrid", ""],
        "unheard_of": [1, None],
        "email": [None, None],
    }
    with translation.override("en"):
        words = written(Kind.DATA_EXPORTED, by=bruno, company=ibarra, changes=changes)

    assert words == (
        "Bruno Etxeberria exported the logbook: codes of an application, passkey; access until Feb 28, 2027; "
        "region, now “ES-PV”; time zone, no longer “Europe/Madrid”; unheard_of, no longer “1”; e-mail address"
    )


def test_every_permission_has_a_label(bruno, ana, ibarra):
    changes = {name: [False, True] for name in PERMISSIONS}

    words = written(Kind.PERMISSIONS_CHANGED, by=bruno, on=ana, company=ibarra, changes=changes)

    assert not any(name in words for name in PERMISSIONS)


def test_what_a_name_holds_is_text(ibarra):
    eva = UserFactory(company=ibarra, first_name="%(who)s 100% {x}", last_name="")

    assert written(Kind.LOGGED_IN, by=eva, on=eva, company=ibarra).startswith("%(who)s 100% {x} ")


def test_the_people_of_many_lines_are_looked_up_in_one_query(ibarra, bruno, django_assert_num_queries):
    people = [UserFactory(company=ibarra) for _number in range(10)]
    for person in people:
        AuditEntry.write(Kind.PERSON_CREATED, by=bruno, on=person, company=ibarra)
    AuditEntry.objects.create(kind=Kind.LOGGED_IN, actor_id=987_654)
    entries, reader = list(AuditEntry.objects.all()), Reader()

    with django_assert_num_queries(1):
        assert len(reader.lines(entries)) == 11
    with django_assert_num_queries(0):
        reader.lines(entries)


def test_what_is_contracted_is_told_with_its_days(carmen, ibarra):
    product = {"product": [None, "EPIs"]}
    first, last = {"starts": [None, "2027-01-01"]}, {"expires": [None, "2027-12-31"]}

    with translation.override("es"):
        for kind, changes, words in (
            (Kind.SUBSCRIPTION_ADDED, product | first, "añadió «EPIs» a lo contratado, desde el 1 ene 2027"),
            (
                Kind.SUBSCRIPTION_ADDED,
                product | first | last,
                "añadió «EPIs» a lo contratado, desde el 1 ene 2027 hasta el 31 dic 2027",
            ),
            (Kind.SUBSCRIPTION_CHANGED, product | last, "cambió el contrato de «EPIs»: último día, ahora 31 dic 2027"),
            (
                Kind.SUBSCRIPTION_REMOVED,
                product | {"starts": ["2027-01-01", None]},
                "quitó «EPIs», contratado desde el 1 ene 2027",
            ),
        ):
            told = written(kind, by=carmen, on=ibarra, company=ibarra, changes=changes)
            assert told == f"Soporte (Carmen Vidal) {words}"


# --- what is never written ---


def test_the_logbook_holds_nothing_of_a_person_of_support_but_their_number(boss, agent):
    agent.login, agent.email, agent.is_active = "carmen.vidal", "carmen@soporte.example", False

    agent.keep_as_staff(by=boss, changed=["login", "email", "is_active"], is_new=False)

    entry = AuditEntry.objects.get()
    assert entry.changes == {"login": [None, None], "email": [None, None], "is_active": [True, False]}


def test_of_a_company_what_may_be_a_persons_is_not_written(boss, ibarra):
    values = {name: "x@y.example" for name in ("tax_id", "email", "phone", "address")}

    changed = ibarra.change(by=boss, data=values | {"region": "ES-PV", "name": ibarra.name}, reason="Lo pidió")

    assert changed == {name: ["", value] for name, value in (values | {"region": "ES-PV"}).items()}
    entry = AuditEntry.objects.get()
    assert entry.changes == {name: [None, None] for name in values} | {"region": ["", "ES-PV"]}
    assert entry.reason == "Lo pidió"


def test_a_change_of_nothing_is_no_line(boss, ibarra):
    assert ibarra.change(by=boss, data={"name": ibarra.name}) == {}
    assert not AuditEntry.objects.exists()


def test_every_column_of_a_company_has_a_label():
    for field in Company._meta.concrete_fields:
        assert logbook.label_of(field.name, "company") == str(field.verbose_name)
