"""Deciding about who asks for access: the managers in Gestión, and support where nobody knows the company."""

import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import AccessRequest, AuditEntry, Company, User
from accounts.models.registration import NoLongerOpen
from accounts.permissions import FIRST_MANAGER_FLAGS, MAIL_MARKS, NEW_CONTACT_FLAGS, PERMISSIONS, PROFILE_MARKS
from mail.models import OutgoingMail
from tests.accounts.test_registration import move_whatever_it_was
from tests.factories import PASSWORD, AccessRequestFactory, CompanyFactory, StaffFactory, UserFactory
from tests.walls.forms import log_in
from tests.walls.test_wall_races import at_once

pytestmark = pytest.mark.django_db

LIST = "/gestion/accesos/"
WITHOUT_ACCESS = {"has_portal_access": False, "can_use_tickets": False}


@pytest.fixture(autouse=True)
def approval(settings):
    cache.clear()
    settings.REGISTRATION = "approval"


@pytest.fixture
def jon(ibarra):
    """Asks for access to Ibarra; his address is verified."""
    return AccessRequestFactory(
        first_name="Jon", last_name="Gil", email="jon@fuera.example", company=ibarra, phone="600", language="en"
    )


def reject_url(asked):
    return reverse("access_requests:reject", args=[asked.public_id])


def flags_of(person) -> set[str]:
    return {name for name in PERMISSIONS if getattr(person, name)}


def logged_in(person) -> Client:
    """A browser whose person showed a moment ago who they are."""
    client = Client()
    log_in(client, person.login)
    return client


# --- the list ---


def test_the_managers_see_who_waits_and_who_was_answered(browse, bruno, jon, ibarra, norte):
    AccessRequestFactory(first_name="Ajena", company=norte)
    AccessRequestFactory(first_name="Nadie", company=None)
    AccessRequestFactory(first_name="Sinverificar", company=ibarra, state="unverified")
    AccessRequestFactory(first_name="Antigua", company=ibarra, state="rejected", decided_at=timezone.now())

    waiting = browse(bruno).get(LIST)
    answered = browse(bruno).get(LIST, {"ver": "respondidas"})

    assert [asked.first_name for asked in waiting.context["page"].rows] == ["Jon"]
    assert [asked.first_name for asked in answered.context["page"].rows] == ["Antigua"]


def test_gestion_says_how_many_wait(browse, bruno, ana, jon):
    assert "1 pendiente" in browse(bruno).get("/gestion/").content.decode()
    assert LIST not in browse(ana).get("/gestion/").content.decode()


@pytest.mark.parametrize("path", [LIST, f"{LIST}?ver=respondidas"])
def test_the_list_costs_the_same_with_one_and_with_thirty(browse, bruno, ibarra, path):
    counts = []
    for many in (1, 29):
        for state in ("verified", "rejected"):
            when = timezone.now() if state == "rejected" else None
            for person in (None, UserFactory(company=ibarra)) if many == 1 else (bruno,) * many:
                AccessRequestFactory(
                    company=ibarra, state=state, decided_at=when, decided_by=bruno if when else None, person=person
                )
        browser = browse(bruno)
        browser.get(LIST)
        with CaptureQueriesContext(connection) as queries:
            browser.get(path)
        counts.append(len(queries))

    assert counts[0] == counts[1]


@pytest.mark.parametrize("query", ["pagina=x", "pagina=%00", "ver=nada", "ver=%00", "pagina=" + "a" * 5000])
def test_an_address_that_means_nothing_shows_the_usual_list(browse, bruno, jon, query):
    answer = browse(bruno).get(f"{LIST}?{query}")

    assert [asked.first_name for asked in answer.context["page"].rows] == ["Jon"]


def test_the_pages_of_the_list_follow_each_other(browse, bruno, ibarra):
    for _person in range(30):
        AccessRequestFactory(company=ibarra)
    browser = browse(bruno)

    first = browser.get(LIST).context["page"]
    second = browser.get(LIST, {"pagina": first.next}).context["page"]

    assert (len(first.rows), len(second.rows)) == (25, 5)
    assert not {asked.pk for asked in first.rows} & {asked.pk for asked in second.rows}


# --- approving ---


def test_the_form_proposes_what_new_people_get(browse, bruno, jon):
    form = browse(bruno).get(jon.get_absolute_url()).context["form"]

    assert {name for name in PERMISSIONS if name in form.fields and form[name].initial} == (
        set(NEW_CONTACT_FLAGS) - {"has_portal_access"}
    )
    assert set(MAIL_MARKS) | set(PROFILE_MARKS) <= set(form.fields)
    assert form["login"].initial == "jon.gil"


@pytest.mark.parametrize(
    ("domains", "warns"), [("iba.example", True), ("fuera.example, iba.example", False), ("", False)]
)
def test_a_manager_is_warned_of_an_address_from_outside(browse, bruno, jon, ibarra, domains, warns):
    ibarra.email_domains, jon.email = domains, "jon@fuera.example"
    ibarra.save(update_fields=["email_domains"])
    jon.save(update_fields=["email"])
    manager = browse(bruno)

    assert ("fuera.example no está entre los dominios" in manager.get(jon.get_absolute_url()).content.decode()) is warns
    assert (
        "no es una dirección de su empresa" in manager.get(reverse("access_requests:list")).content.decode()
    ) is warns


def test_approving_makes_the_contact_with_what_the_manager_chose(browse, bruno, jon, ibarra, mails):
    chosen = {"login": "Jon.Gil", "can_use_tickets": "on", "receives_licence_files": "on", "is_technical_contact": "on"}

    answer = browse(bruno).post(jon.get_absolute_url(), chosen, follow=True)

    person = User.objects.get(login="jon.gil")
    assert (person.company, person.get_full_name(), person.email, person.phone, person.language) == (
        ibarra, "Jon Gil", "jon@fuera.example", "600", "en",
    )  # fmt: skip
    assert flags_of(person) == {
        "has_portal_access", "can_use_tickets", "receives_licence_files", "is_technical_contact",
    }  # fmt: skip
    jon.refresh_from_db()
    assert (jon.state, jon.person, jon.decided_by) == ("approved", person, bruno)
    assert mails() == {("access_approved", "jon@fuera.example")}
    assert OutgoingMail.objects.get().language == "en"
    assert "Jon Gil ya tiene acceso" in answer.content.decode()


def test_the_logbook_of_an_approval_has_no_names_in_it(browse, bruno, jon):
    browse(bruno).post(jon.get_absolute_url(), {"login": "jon.gil", "can_use_tickets": "on"})

    person = User.objects.get(login="jon.gil")
    rows = AuditEntry.objects.order_by("pk")
    assert [(row.kind, row.actor_id) for row in rows] == [
        (kind, bruno.pk) for kind in ("person_created", "permissions_changed", "invitation_sent", "access_approved")
    ]
    approved = rows.last()
    assert (approved.target_id, approved.company, approved.changes) == (
        jon.pk,
        bruno.company,
        {"person": [None, person.pk]},
    )
    assert not any("jon" in str(row.changes).lower() + row.reason.lower() for row in rows)


def test_a_child_without_its_parent_stays_off_and_the_page_says_so(browse, bruno, jon):
    chosen = {"login": "jon.gil", "can_see_company_tickets": "on", "can_book_training": "on"}

    answer = browse(bruno).post(jon.get_absolute_url(), chosen, follow=True)

    assert flags_of(User.objects.get(login="jon.gil")) == {"has_portal_access"}
    assert "Quedan desactivados" in answer.content.decode()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"login": ""}, "login"),
        ({"login": "ANA"}, "login"),
        ({"login": "con espacio"}, "login"),
        ({"login": "x" * 10_000}, "login"),
        ({"login": "a\x00b"}, "login"),
        ({"login": "é\u0301" * 60}, "login"),
    ],
)
def test_a_login_that_will_not_do_is_said_beside_it_and_nothing_is_made(browse, bruno, ana, jon, change, field):
    answer = browse(bruno).post(jon.get_absolute_url(), {"login": "jon", "can_use_invoices": "on"} | change)

    assert answer.status_code == 200
    form = answer.context["form"]
    assert set(form.errors) == {field}
    assert form["can_use_invoices"].value()
    assert not User.objects.filter(email=jon.email).exists()
    assert not OutgoingMail.objects.exists()


def test_flags_that_the_form_does_not_show_are_not_taken(browse, bruno, jon, norte):
    chosen = {"login": "jon.gil", "is_staff": "on", "is_superuser": "on", "company": norte.pk, "is_active": ""}

    browse(bruno).post(jon.get_absolute_url(), chosen)

    person = User.objects.get(login="jon.gil")
    assert (person.is_staff, person.is_superuser, person.company, person.is_active) == (
        False,
        False,
        bruno.company,
        True,
    )


def test_an_address_that_somebody_else_logs_in_with_by_now_is_refused_in_words(browse, bruno, jon, norte):
    UserFactory(company=norte, email=jon.email)

    answer = browse(bruno).post(jon.get_absolute_url(), {"login": "jon.gil"})

    assert "Otra persona ya entra con este correo" in answer.content.decode()
    jon.refresh_from_db()
    assert jon.state == "verified"


def test_making_a_manager_asks_who_is_there(browse, bruno, jon):
    chosen = {"login": "jon.gil", "is_company_manager": "on"}
    stale = browse(bruno)

    for password in ("", "No-Es-La-1"):
        answer = stale.post(jon.get_absolute_url(), chosen | {"own_password": password})
        assert set(answer.context["form"].errors) == {"own_password"}
        assert not User.objects.filter(login="jon.gil").exists()
    stale.post(jon.get_absolute_url(), chosen | {"own_password": PASSWORD})

    assert User.objects.get(login="jon.gil").is_company_manager


def test_who_has_just_logged_in_is_not_asked_again(bruno, jon):
    client = logged_in(bruno)

    assert 'name="own_password"' not in client.get(jon.get_absolute_url()).content.decode()
    client.post(jon.get_absolute_url(), {"login": "jon.gil", "is_company_manager": "on"})

    assert User.objects.get(login="jon.gil").is_company_manager


# --- somebody whom the company knows already ---


def test_the_contact_with_this_address_gets_the_access_and_nobody_new_is_made(browse, bruno, ibarra, jon):
    contact = UserFactory(
        company=ibarra, first_name="Juan", email=jon.email, login=None, receives_general_mail=True, **WITHOUT_ACCESS
    )
    page = browse(bruno).get(jon.get_absolute_url())
    assert "su contacto Juan" in page.content.decode()
    form = page.context["form"]
    assert form["receives_general_mail"].initial and form["can_use_tickets"].initial

    browse(bruno).post(jon.get_absolute_url(), {"login": "juan", "can_use_tickets": "on"})

    contact.refresh_from_db()
    assert (contact.login, contact.first_name, flags_of(contact)) == (
        "juan", "Juan", {"has_portal_access", "can_use_tickets"},
    )  # fmt: skip
    assert User.objects.filter(email=jon.email).count() == 1
    jon.refresh_from_db()
    assert jon.person == contact


def test_somebody_who_was_deactivated_comes_back(browse, bruno, ibarra, jon):
    gone = UserFactory(company=ibarra, first_name="Vuelve", email=jon.email, access_until="2020-01-01")
    gone.deactivate(by=bruno)
    page = browse(bruno).get(jon.get_absolute_url())
    assert "a quien su empresa desactivó" in page.content.decode()

    browse(bruno).post(jon.get_absolute_url(), {"login": gone.login, "can_use_tickets": "on"})

    gone.refresh_from_db()
    assert (gone.is_active, gone.access_until, gone.may_log_in()) == (True, None, True)


def test_approving_the_last_manager_does_not_take_the_management_away(browse, bruno, ibarra, jon):
    AccessRequest.objects.filter(pk=jon.pk).update(email=bruno.email)

    answer = browse(bruno).post(jon.get_absolute_url(), {"login": bruno.login, "can_use_tickets": "on"})

    assert "Nombre antes a otro" in answer.content.decode() or answer.context["form"].non_field_errors()
    bruno.refresh_from_db()
    assert bruno.is_company_manager


# --- rejecting ---


def test_rejecting_tells_the_person_with_the_managers_words(browse, bruno, jon, mails):
    browse(bruno).post(reject_url(jon), {"answer": "No trabaja aquí.\r\nLo siento."})

    jon.refresh_from_db()
    assert (jon.state, jon.answer, jon.decided_by) == ("rejected", "No trabaja aquí.\nLo siento.", bruno)
    assert mails() == {("access_rejected", "jon@fuera.example")}
    assert "No trabaja aquí." in OutgoingMail.objects.get().text
    row = AuditEntry.objects.get()
    assert (row.kind, row.target_id, row.changes, row.reason) == ("access_rejected", jon.pk, {}, "")
    assert not User.objects.filter(email=jon.email).exists()


def test_words_are_not_needed_to_reject(browse, bruno, jon):
    browse(bruno).post(reject_url(jon), {})

    jon.refresh_from_db()
    assert jon.state == "rejected"


@pytest.mark.parametrize("answer", ["x" * 1001, "a\x00b"])
def test_words_that_will_not_do_reject_nothing(browse, bruno, jon, answer):
    assert "answer" in browse(bruno).post(reject_url(jon), {"answer": answer}).context["form"].errors

    jon.refresh_from_db()
    assert jon.state == "verified"


@pytest.mark.parametrize("state", ["approved", "rejected", "expired"])
def test_what_was_decided_is_read_and_not_decided_again(browse, bruno, jon, state):
    decided_at = None if state == "expired" else timezone.now()
    AccessRequest.objects.filter(pk=jon.pk).update(state=state, decided_at=decided_at)
    browser = browse(bruno)

    assert "form" not in browser.get(jon.get_absolute_url()).context
    for url, data in ((jon.get_absolute_url(), {"login": "jon"}), (reject_url(jon), {})):
        assert "ya no espera respuesta" in browser.post(url, data, follow=True).content.decode()
    jon.refresh_from_db()
    assert jon.state == state
    assert not OutgoingMail.objects.exists()


def test_the_verbs_guard_themselves(bruno, jon, ibarra, boss):
    jon.reject(by=bruno)

    for deed in (
        lambda: jon.reject(by=bruno),
        lambda: jon.approve(by=bruno, login="jon", permissions={}),
        lambda: jon.assign(ibarra, by=boss),
        lambda: jon.found_company(Company(name="x", code="XX1"), by=boss),
        jon.verify,
    ):
        with pytest.raises(NoLongerOpen):
            deed()
    assert not Company.objects.filter(code="XX1").exists()


# --- who may ---


def test_only_the_managers_of_that_company_see_it(browse, ana, carla, agent, boss, jon):
    for person, status in ((ana, 403), (carla, 404), (agent, 403), (boss, 403), (None, 302)):
        for url in (jon.get_absolute_url(), reject_url(jon)):
            assert browse(person).get(url).status_code == status
            assert browse(person).post(url, {"login": "jon"}).status_code == status
    jon.refresh_from_db()
    assert jon.state == "verified"


def test_what_may_be_done_follows_person_and_state(ana, bruno, carla, boss, jon, ibarra):
    unknown = AccessRequestFactory(company=None)

    assert [jon.actions_for(person) for person in (ana, bruno, carla, boss)] == [
        set(),
        {"approve", "reject"},
        set(),
        set(),
    ]
    assert [unknown.actions_for(person) for person in (bruno, boss)] == [set(), {"assign", "found", "reject"}]


# --- support ---


@pytest.fixture
def office(db):
    person = StaffFactory(first_name="Olga")
    person.groups.add(Group.objects.get(name="Administración"))
    return person


@pytest.fixture
def unknown(db):
    return AccessRequestFactory(first_name="Nora", email="nora@sur.example", company_typed="Bodegas Sur")


def change_url(asked):
    return reverse("admin:accounts_accessrequest_change", args=[asked.pk])


def found_url(asked):
    return reverse("admin:accounts_accessrequest_found", args=[asked.pk])


def test_support_says_which_company_it_is_and_its_managers_decide(browse, office, unknown, ibarra, bruno, mails):
    browse(office).post(change_url(unknown), {"company": ibarra.pk})

    unknown.refresh_from_db()
    assert (unknown.state, unknown.company) == ("verified", ibarra)
    assert mails() == {("access_requested", bruno.email)}
    row = ibarra.logbook.get()
    assert (row.kind, row.actor_id, row.target_id) == ("access_requested", office.pk, unknown.pk)


def test_support_says_it_once_and_for_those_that_wait(browse, office, unknown, ibarra, norte, jon):
    desk = browse(office)
    desk.post(change_url(unknown), {"company": ibarra.pk})

    assert desk.post(change_url(unknown), {"company": norte.pk}).status_code == 403
    assert desk.post(change_url(jon), {"company": norte.pk}).status_code == 403
    assert desk.get(change_url(jon)).status_code == 200
    assert set(AccessRequest.objects.values_list("company", flat=True)) == {ibarra.pk}


def test_support_cannot_say_a_company_that_nobody_could_decide_for(browse, office, unknown):
    suspended = CompanyFactory(is_active=False)

    for value in (suspended.pk, "", "987654", "x", "\x00"):
        answer = browse(office).post(change_url(unknown), {"company": value})
        assert "company" in answer.context["adminform"].form.errors
    unknown.refresh_from_db()
    assert unknown.company is None


def test_support_sets_no_permission_and_makes_no_decision(browse, office, unknown, ibarra, bruno):
    tries = {"state": "approved", "is_company_manager": "on", "login": "nora", "person": bruno.pk, "decided_by": "1"}

    browse(office).post(change_url(unknown), {"company": ibarra.pk} | tries)

    unknown.refresh_from_db()
    assert (unknown.state, unknown.person, unknown.decided_by) == ("verified", None, None)


def test_a_new_company_has_whoever_asked_as_its_first_manager(browse, office, unknown, mails):
    desk = browse(office)
    assert "Es una empresa nueva" in desk.get(change_url(unknown)).content.decode()
    form = desk.get(found_url(unknown)).context["form"]
    assert (form["name"].value(), form["login"].value()) == ("Bodegas Sur", unknown.free_login())

    desk.post(found_url(unknown), {"name": "Bodegas Sur", "code": "SUR", "login": "Nora.S"})

    nora = Company.objects.get(code="SUR").people.get()
    assert (nora.login, nora.email, flags_of(nora)) == ("nora.s", "nora@sur.example", set(FIRST_MANAGER_FLAGS))
    unknown.refresh_from_db()
    assert (unknown.state, unknown.person, unknown.decided_by) == ("approved", nora, office)
    assert mails() == {("access_approved", "nora@sur.example")}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"code": "IBA"}, "code"),
        ({"code": "sur"}, "code"),
        ({"name": ""}, "name"),
        ({"login": "ana"}, "login"),
        ({"login": ""}, "login"),
        ({"login": "a\x00b"}, "login"),
    ],
)
def test_a_mistake_in_the_new_company_makes_nothing(browse, office, unknown, ana, change, field):
    values = {"name": "Bodegas Sur", "code": "SUR", "login": "nora"} | change

    assert field in browse(office).post(found_url(unknown), values).context["form"].errors
    unknown.refresh_from_db()
    assert unknown.state == "verified"
    assert not Company.objects.filter(name="Bodegas Sur").exists()


def test_support_says_no_to_somebody_of_no_company(browse, office, unknown, mails):
    url = reverse("admin:accounts_accessrequest_reject", args=[unknown.pk])
    desk = browse(office)
    assert url in desk.get(change_url(unknown)).content.decode()
    assert "nora@sur.example" in desk.get(url).content.decode()

    answer = desk.post(url, {"answer": "No es cliente nuestra."}, follow=True)

    assert "La solicitud se ha rechazado" in answer.content.decode()
    unknown.refresh_from_db()
    assert (unknown.state, unknown.decided_by, unknown.answer) == ("rejected", office, "No es cliente nuestra.")
    assert mails() == {("access_rejected", "nora@sur.example")}
    assert "ya no espera respuesta" in desk.post(url, follow=True).content.decode()


def test_a_login_is_not_asked_for_at_will_when_approving(browse, bruno, jon, ana):
    manager, url = browse(bruno), jon.get_absolute_url()
    for _time in range(20):
        assert "login" in manager.post(url, {"login": ana.login}).context["form"].errors

    answers = [manager.post(url, {"login": login}) for login in (ana.login, "nadie.mas")]

    assert [answer.status_code for answer in answers] == [429, 429]
    assert len({str(answer.context["form"].errors["login"]) for answer in answers}) == 1


def test_an_agent_says_nothing_about_companies(browse, agent, unknown, ibarra):
    rejecting = reverse("admin:accounts_accessrequest_reject", args=[unknown.pk])
    for url in (change_url(unknown), found_url(unknown), rejecting, reverse("admin:accounts_accessrequest_changelist")):
        assert browse(agent).get(url).status_code == 403
        assert browse(agent).post(url, {"company": ibarra.pk}).status_code == 403


def test_the_desk_shows_first_what_waits_for_support(browse, office, unknown, jon):
    page = reverse("admin:accounts_accessrequest_changelist")

    for query, shown in (("", [unknown]), ("?estado=gestor", [jon]), ("?estado=todas", [jon, unknown])):
        answer = browse(office).get(page + query)
        assert sorted(answer.context["cl"].result_list, key=lambda asked: asked.first_name) == shown


# --- at the same instant ---

ROUNDS = 20


def approved_at_once(ibarra, managers) -> tuple:
    """Two managers approve one request: how many people, welcomes and rows of the logbook come of it."""
    asked = AccessRequestFactory(company=ibarra)
    before = list(AuditEntry.objects.values_list("pk", flat=True))  # the logbook only grows
    clients = [Client() for _manager in managers]
    for client, manager in zip(clients, managers, strict=True):
        client.force_login(manager)
    data = [{"login": f"nuevo{asked.pk}", "can_use_tickets": "on"}, {"login": f"otro{asked.pk}"}]
    deeds = zip(clients, data, strict=True)
    answers = at_once(
        *(lambda client=client, sent=sent: client.post(asked.get_absolute_url(), sent) for client, sent in deeds)
    )
    rows = AuditEntry.objects.filter(kind="access_approved").exclude(pk__in=before)
    mails = OutgoingMail.objects.filter(kind="access_approved")
    seen = (
        [getattr(answer, "status_code", 500) for answer in answers],
        User.objects.filter(email=asked.email).count(), rows.count(), mails.count(),
    )  # fmt: skip
    mails.delete()
    return seen


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_approvals_at_once_make_one_contact(ibarra, bruno):
    managers = [bruno, UserFactory(company=ibarra, is_company_manager=True)]

    assert {str(approved_at_once(ibarra, managers)) for _round in range(ROUNDS)} == {str(([302, 302], 1, 1, 1))}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_without_the_conditional_update_the_person_would_be_welcomed_twice(ibarra, bruno, monkeypatch):
    monkeypatch.setattr(AccessRequest, "move", move_whatever_it_was)
    managers = [bruno, UserFactory(company=ibarra, is_company_manager=True)]

    assert {str(approved_at_once(ibarra, managers)) for _round in range(ROUNDS)} != {str(([302, 302], 1, 1, 1))}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_approving_and_rejecting_at_once_is_one_of_them(ibarra, bruno):
    for _round in range(ROUNDS):
        asked = AccessRequestFactory(company=ibarra)
        clients = [Client(), Client()]
        for client in clients:
            client.force_login(bruno)
        at_once(
            lambda asked=asked, clients=clients: clients[0].post(asked.get_absolute_url(), {"login": f"n{asked.pk}"}),
            lambda asked=asked, clients=clients: clients[1].post(reject_url(asked), {}),
        )

        asked.refresh_from_db()
        got_access = User.objects.filter(email=asked.email).exists()
        kinds = set(OutgoingMail.objects.filter(address=asked.email).values_list("kind", flat=True))
        assert (asked.state, got_access, kinds) in [
            ("approved", True, {"access_approved"}),
            ("rejected", False, {"access_rejected"}),
        ]
