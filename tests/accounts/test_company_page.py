"""Datos de la empresa: what the vendor knows, who is who, and corrections that support confirms (S2-7, S2-8, S0-96)."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.areas import menu_of, opened_to
from accounts.models import AuditEntry, CompanyProposal, User
from accounts.models.proposal import AlreadyProposed, NoLongerPending
from mail.models import OutgoingMail
from tests.factories import UserFactory
from tests.walls.test_wall_races import at_once

pytestmark = pytest.mark.django_db

CARD, PROPOSE, WITHDRAW = (reverse(f"company:{name}") for name in ("card", "propose", "withdraw"))


def data(company, **changes) -> dict:
    """The form as it stands, with changes."""
    names = ("name", "tax_id", "email", "phone", "address", "time_zone", "email_domains")
    return {name: getattr(company, name) for name in names} | changes


@pytest.fixture
def proposal(bruno, ibarra, mails):
    proposal = CompanyProposal.objects.propose(
        by=bruno, company=ibarra, data={"name": "Ibarra, S.A.", "phone": "945 000 000"}
    )
    mails.clear()
    return proposal


def entries() -> list[tuple]:
    rows = AuditEntry.objects.order_by("id")
    return list(rows.values_list("kind", "actor_id", "target", "changes", "reason"))


# --- what one sees ---


def test_everybody_of_the_company_sees_its_data_and_who_is_who(browse, ana, bruno, carla, ibarra):
    ibarra.tax_id, ibarra.email, ibarra.address = "B01000000", "info@ibarra.example", "Calle Mayor, 1\n01001 Vitoria"
    ibarra.save()
    UserFactory(company=ibarra, first_name="Eva", has_portal_access=False, can_use_tickets=False, phone="600 100 200",
                is_technical_contact=True)  # fmt: skip

    page = browse(ana).get(CARD).content.decode()

    for words in (
        "B01000000", "info@ibarra.example", "Calle Mayor, 1<br>01001 Vitoria", "Bruno Etxeberria", bruno.email,
        "Gestión de usuarios", "600 100 200", "Contacto técnico", "Sin acceso al portal",
    ):  # fmt: skip
        assert words in page, words
    assert "Carla" not in page
    assert PROPOSE not in page


def test_managers_come_first_and_who_left_is_not_shown(browse, ana, bruno, diego, ibarra):
    UserFactory(company=ibarra, first_name="Aitor", is_active=False)

    people = browse(ana).get(CARD).context["people"]

    shown = [(person, [mark.name for mark in marks]) for person, marks in people]
    assert shown == [(bruno, ["is_company_manager"]), (ana, []), (diego, [])]


def test_the_page_is_in_everybodys_menu_before_gestion(ana):
    menu = dict(menu_of(opened_to(ana), grouped=True))

    assert [area.namespace for area in menu["Mi empresa"]] == ["company", "management"]


def test_support_is_led_to_its_desk(browse, agent):
    assert browse(agent).get(CARD)["Location"] == reverse("admin:index")


def test_the_page_costs_the_same_with_one_person_and_with_thirty(browse, bruno, ibarra):
    def queries() -> int:
        browser = browse(bruno)
        browser.get(CARD)
        with CaptureQueriesContext(connection) as captured:
            browser.get(CARD)
        return len(captured)

    with_one = queries()
    for _number in range(30):
        UserFactory(company=ibarra, is_technical_contact=True)

    assert queries() == with_one


def test_many_people_have_pages(browse, bruno, ibarra):
    people = [UserFactory(company=ibarra, first_name=f"P{number:03}") for number in range(130)]
    seen, cursor = [], ""
    while cursor is not None:
        page = browse(bruno).get(CARD, {"pagina": cursor}).context["page"]
        seen += page.rows
        cursor = page.next

    assert seen == [bruno, *people]


@pytest.mark.parametrize("cursor", ["\x00", "x" * 10_000, "nada:de:esto"], ids=["nul", "long", "false"])
def test_a_page_that_never_was_is_the_first_one(browse, ana, cursor):
    assert browse(ana).get(CARD, {"pagina": cursor}).context["page"].rows == [ana]


# --- what one asks for ---


def test_a_manager_asks_for_a_correction_and_support_is_told(browse, bruno, ibarra, mails, settings):
    browser = browse(bruno)
    assert browser.get(PROPOSE).context["form"]["name"].value() == "Talleres Ibarra, S.L."

    answer = browser.post(PROPOSE, data(ibarra, name="Ibarra, S.A.", phone="945 000 000"), follow=True)

    proposal = CompanyProposal.objects.get()
    assert (proposal.company, proposal.by, proposal.state, proposal.data) == (
        ibarra, bruno, "pending", {"name": ["Talleres Ibarra, S.L.", "Ibarra, S.A."], "phone": ["", "945 000 000"]},
    )  # fmt: skip
    ibarra.refresh_from_db()
    assert ibarra.name == "Talleres Ibarra, S.L."
    assert mails() == {("company_change_proposed", settings.BRAND["email"])}
    assert "Talleres Ibarra, S.L. → Ibarra, S.A." in OutgoingMail.objects.get().text
    changes = {"name": ["Talleres Ibarra, S.L.", "Ibarra, S.A."], "phone": [None, None]}
    assert entries() == [("company_change_proposed", bruno.pk, "companyproposal", changes, "")]
    page = answer.content.decode()
    assert "pendiente" in page and "945 000 000" in page and WITHDRAW in page


def test_only_a_manager_sees_what_was_asked_for(browse, ana, proposal):
    assert "945 000 000" not in browse(ana).get(CARD).content.decode()
    assert not CompanyProposal.objects.visible_to(ana).exists()


def test_only_a_manager_asks_or_withdraws(browse, ana, proposal):
    assert browse(ana).post(PROPOSE, data(ana.company, name="Otra")).status_code == 403
    assert browse(ana).post(WITHDRAW).status_code == 403
    proposal.refresh_from_db()
    assert proposal.is_pending


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({}, "__all__"),
        ({"name": ""}, "name"),
        ({"name": "x" * 10_000}, "name"),
        ({"name": "con\x00nulo"}, "name"),
        ({"email": "no"}, "email"),
        ({"time_zone": "Marte/Olympus"}, "time_zone"),
        ({"email_domains": "ibarra.example, con espacio"}, "email_domains"),
        ({"email_domains": "<script>"}, "email_domains"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_mistake_is_said_at_its_field_and_nothing_is_asked(browse, bruno, ibarra, change, field):
    answer = browse(bruno).post(PROPOSE, data(ibarra, **change))

    assert answer.status_code == 200
    assert list(answer.context["form"].errors) == [field]
    assert "Talleres Ibarra, S.L." in answer.content.decode()
    assert not CompanyProposal.objects.exists()


def test_other_columns_cannot_be_asked_for(browse, bruno, ibarra):
    extra = {"code": "XXX", "is_active": "", "is_demo": "on", "ticket_counter": "9", "region": "ES-PV", "company": "1"}

    browse(bruno).post(PROPOSE, data(ibarra, name="Ibarra, S.A.") | extra)

    assert set(CompanyProposal.objects.get().data) == {"name"}


def test_what_is_typed_is_kept_on_one_line_and_domains_in_their_form(browse, bruno, ibarra):
    browse(bruno).post(
        PROPOSE, data(ibarra, name="Ibarra\u2028 S.A.", email_domains="Ibarra.example,ibarra.EXAMPLE , ñu.es")
    )

    assert CompanyProposal.objects.get().wanted() == {
        "name": "Ibarra S.A.",
        "email_domains": "ibarra.example, ñu.es",
    }


def test_one_correction_waits_at_a_time(browse, bruno, ibarra, proposal):
    assert browse(bruno).get(PROPOSE)["Location"] == CARD
    assert browse(bruno).post(PROPOSE, data(ibarra, name="Otra"))["Location"] == CARD
    with pytest.raises(AlreadyProposed):
        CompanyProposal.objects.propose(by=bruno, company=ibarra, data={"name": "Otra"})
    with pytest.raises(IntegrityError, match=r"one_pending|UNIQUE"), transaction.atomic():
        CompanyProposal.objects.create(company=ibarra, by=bruno, data={})

    assert CompanyProposal.objects.get() == proposal


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_managers_at_once_ask_for_one_correction(bruno, ibarra):
    def ask(name):
        return CompanyProposal.objects.propose(by=bruno, company=ibarra, data={"name": name})

    done = at_once(*[lambda name=name: ask(name) for name in ("A", "B", "C")])

    assert sorted(type(one).__name__ for one in done) == ["AlreadyProposed", "AlreadyProposed", "CompanyProposal"]
    assert CompanyProposal.objects.count() == OutgoingMail.objects.count() == 1


def test_a_manager_withdraws_it_and_may_ask_again(browse, bruno, ibarra, proposal, mails):
    browse(bruno).post(WITHDRAW)

    proposal.refresh_from_db()
    assert (proposal.state, proposal.decided_by) == ("withdrawn", bruno)
    assert mails() == set()
    assert browse(bruno).get(PROPOSE).status_code == 200
    assert browse(bruno).post(WITHDRAW)["Location"] == CARD


# --- what support says ---


def decide(browser, proposal, deed, answer=""):
    url = reverse(f"admin:accounts_companyproposal_{deed}", args=[proposal.pk])
    return browser.post(url, {f"{deed}-answer": answer}, follow=True)


def test_support_accepts_and_the_company_changes(browse, boss, bruno, ibarra, proposal, mails):
    page = browse(boss).get(reverse("admin:accounts_companyproposal_change", args=[proposal.pk])).content.decode()
    assert "Talleres Ibarra, S.L." in page and "945 000 000" in page

    decide(browse(boss), proposal, "aceptar", "Hecho.\r\nGracias")

    ibarra.refresh_from_db()
    assert (ibarra.name, ibarra.phone) == ("Ibarra, S.A.", "945 000 000")
    proposal.refresh_from_db()
    assert (proposal.state, proposal.decided_by, proposal.answer) == ("accepted", boss, "Hecho.\nGracias")
    changes = {"name": ["Talleres Ibarra, S.L.", "Ibarra, S.A."], "phone": [None, None]}
    assert entries()[1:] == [("company_changed", boss.pk, "company", changes, "Hecho. Gracias")]
    assert mails() == {("company_change_decided", bruno.email)}
    assert "Hecho." in OutgoingMail.objects.get().text


def test_support_rejects_with_words(browse, boss, bruno, ibarra, proposal, mails):
    desk = browse(boss)
    decide(desk, proposal, "rechazar")
    proposal.refresh_from_db()
    assert proposal.is_pending

    decide(desk, proposal, "rechazar", "El nombre no es el del registro")

    ibarra.refresh_from_db()
    proposal.refresh_from_db()
    assert (ibarra.name, proposal.state) == ("Talleres Ibarra, S.L.", "rejected")
    assert entries()[1:] == [
        ("company_change_rejected", boss.pk, "companyproposal", {"name": ["Talleres Ibarra, S.L.", "Ibarra, S.A."],
         "phone": [None, None]}, "El nombre no es el del registro")
    ]  # fmt: skip
    assert mails() == {("company_change_decided", bruno.email)}


@pytest.mark.parametrize("deed", ["aceptar", "rechazar"])
def test_what_was_withdrawn_meanwhile_is_not_decided(browse, boss, bruno, ibarra, proposal, mails, deed):
    proposal.withdraw(by=bruno)

    page = decide(browse(boss), proposal, deed, "Hecho")

    assert "entretanto" in page.content.decode()
    ibarra.refresh_from_db()
    assert ibarra.name == "Talleres Ibarra, S.L."
    assert mails() == set()


def test_one_decision_is_made(boss, agent, proposal):
    proposal.accept(by=boss)

    with pytest.raises(NoLongerPending):
        CompanyProposal.objects.get(pk=proposal.pk).reject(by=agent, answer="No")
    with pytest.raises(NoLongerPending):
        CompanyProposal.objects.get(pk=proposal.pk).withdraw(by=agent)


def test_what_somebody_changed_since_is_said_before_deciding(browse, boss, ibarra, proposal):
    ibarra.change(by=boss, data={"phone": "945 111 111"})

    page = browse(boss).get(reverse("admin:accounts_companyproposal_change", args=[proposal.pk])).content.decode()

    assert "945 111 111" in page


def test_who_has_left_gets_no_mail(boss, bruno, proposal, mails):
    User.objects.filter(pk=bruno.pk).update(is_active=False)

    CompanyProposal.objects.get(pk=proposal.pk).accept(by=boss)

    assert mails() == set()


def test_whoever_may_only_look_has_no_buttons_and_cannot_decide(browse, agent, proposal):
    from django.contrib.auth.models import Permission

    agent.user_permissions.add(Permission.objects.get(codename="view_companyproposal"))
    desk = browse(User.objects.get(pk=agent.pk))

    page = desk.get(reverse("admin:accounts_companyproposal_change", args=[proposal.pk]))

    assert page.status_code == 200
    assert "aceptar-answer" not in page.content.decode()
    assert decide(desk, proposal, "aceptar").status_code == 403


def test_a_decided_proposal_says_when(proposal):
    for columns in ({"state": "accepted"}, {"decided_at": timezone.now()}):
        with pytest.raises(IntegrityError), transaction.atomic():
            CompanyProposal.objects.filter(pk=proposal.pk).update(**columns)
