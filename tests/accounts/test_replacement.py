"""Break-glass: support appoints a manager for a company that has lost its own, slowly and in the open (S0-10)."""

import threading
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry, ManagerReplacement, User
from accounts.models.replacement import ReplacementRefused
from accounts.permissions import PERMISSIONS
from accounts.tasks import appoint_managers
from mail.models import OutgoingMail
from tests.factories import PASSWORD, CompanyFactory, StaffFactory, UserFactory
from tests.walls.test_wall_races import ROUNDS, at_once

pytestmark = pytest.mark.django_db

REASON = "El gestor ha fallecido y nadie más administra usuarios"
NEW = {"first_name": "Eva", "last_name": "Gil", "email": "eva@iba.example", "login": "eva.gil"}
State = ManagerReplacement.State


@pytest.fixture(autouse=True)
def no_attempt_is_remembered():
    """The limits on log-ins are counted in the cache, for all tests together."""
    cache.clear()


@pytest.fixture
def office(db):
    """Two people of support who may do it together."""
    return [with_role("Administración", name) for name in ("Raquel", "Sara")]


def with_role(role, name):
    person = StaffFactory(first_name=name)
    person.groups.add(Group.objects.get(name=role))
    return person


def desk_of(browse, person):
    browser = browse()
    browser.post(reverse("account_login"), {"login": person.login, "password": PASSWORD})
    return browser


def page(company, deed=""):
    return reverse(f"admin:accounts_company_replacement{deed and '_'}{deed}", args=[company.pk])


def ask(company, by, **who):
    return ManagerReplacement.objects.ask(by=by, company=company, reason=REASON, **(who or NEW))


def later(hours=25):
    return timezone.now() + timedelta(hours=hours)


def logbook(company):
    rows = company.logbook.filter(kind__contains="replace").order_by("pk")
    return [(row.kind, row.actor_id, row.reason) for row in rows]


# --- from the desk to the appointment ---


def test_a_new_person_becomes_manager_when_two_have_agreed_and_nobody_objected(
    browse, office, bruno, ana, ibarra, mails
):
    asker, second = office
    answer = desk_of(browse, asker).post(page(ibarra), NEW | {"reason": REASON})
    assert answer.url == page(ibarra)
    assert {address for kind, address in mails() if kind == "replacement_asked"} == {second.email}
    mails.clear()

    desk_of(browse, second).post(page(ibarra, "confirm"))

    replacement = ManagerReplacement.objects.get()
    assert (replacement.state, replacement.confirmed_by) == (State.CONFIRMED, second)
    assert replacement.due_at == replacement.confirmed_at + timedelta(hours=24)
    assert mails() == {("replacement_confirmed", person.email) for person in (bruno, ana)}
    assert ManagerReplacement.objects.appoint_due(at=later(23)) == 0
    mails.clear()

    assert ManagerReplacement.objects.appoint_due(at=later()) == 1

    eva = User.objects.get(login="eva.gil")
    assert {name for name in PERMISSIONS if getattr(eva, name)} == {"has_portal_access", "is_company_manager"}
    assert (eva.company, eva.has_usable_password(), mails()) == (ibarra, False, {("invited", eva.email)})
    bruno.refresh_from_db()
    assert bruno.is_company_manager, "the managers of before stay as they are"
    assert logbook(ibarra) == [
        ("replacement_asked", asker.pk, REASON),
        ("replacement_confirmed", second.pk, REASON),
        ("manager_replaced", second.pk, REASON),
    ]
    replacement.refresh_from_db()
    assert (replacement.state, replacement.person, replacement.email) == (State.DONE, eva, "")


@pytest.mark.parametrize("has_login", [True, False])
def test_a_contact_of_the_company_becomes_manager(office, ibarra, bruno, has_login):
    flags = {"has_portal_access": False, "can_use_tickets": False}
    contact = UserFactory(company=ibarra, **flags, **({} if has_login else {"login": None, "email": "c@iba.example"}))
    ask(ibarra, office[0], person=contact, login="" if has_login else "contacto").confirm(by=office[1])

    ManagerReplacement.objects.appoint_due(at=later())

    contact.refresh_from_db()
    assert (contact.is_company_manager, contact.has_portal_access, contact.may_log_in()) == (True, True, True)
    assert has_login or contact.login == "contacto"
    row = AuditEntry.objects.get(kind="permissions_changed")
    assert (row.target_id, row.actor_id, row.reason) == (contact.pk, office[1].pk, REASON)
    assert OutgoingMail.objects.filter(kind="invited", person_id=contact.pk).count() == 1


def test_the_mail_says_what_will_happen_when_and_how_to_object(office, bruno, ibarra):
    ibarra.time_zone = "Atlantic/Canary"
    ibarra.save(update_fields=["time_zone"])
    replacement = ask(ibarra, office[0])
    replacement.confirm(by=office[1])

    text = OutgoingMail.objects.get(kind="replacement_confirmed").text

    due = timezone.localtime(replacement.due_at, timezone.zoneinfo.ZoneInfo("Atlantic/Canary"))
    assert "Eva Gil" in text and REASON in text and f"{due:%H:%M}" in text
    assert "/gestion/" in text and "soporte@acme.example" in text
    assert office[0].first_name not in text, "it comes from support, not from a person"


def test_deactivated_contacts_are_not_told(office, bruno, ana, ibarra):
    ana.deactivate(by=bruno)

    ask(ibarra, office[0]).confirm(by=office[1])

    told = OutgoingMail.objects.filter(kind="replacement_confirmed")
    assert list(told.values_list("person_id", flat=True)) == [bruno.pk]


def test_the_task_appoints(office, ibarra, bruno):
    replacement = ask(ibarra, office[0])
    replacement.confirm(by=office[1])
    ManagerReplacement.objects.filter(pk=replacement.pk).update(due_at=timezone.now())

    assert (appoint_managers(), appoint_managers()) == (1, 0)
    assert User.objects.filter(login="eva.gil").count() == 1


# --- two people ---


def test_nobody_confirms_what_they_asked_for(browse, office, ibarra, bruno):
    replacement = ask(ibarra, office[0])
    desk = desk_of(browse, office[0])

    assert "Confirmar" not in desk.get(page(ibarra)).content.decode()
    desk.post(page(ibarra, "confirm"))

    replacement.refresh_from_db()
    assert replacement.state == State.ASKED
    assert not OutgoingMail.objects.filter(kind="replacement_confirmed").exists()


def test_a_vendor_with_one_administrator_confirms_by_asking(settings, office, ibarra, bruno):
    settings.BREAK_GLASS_CONFIRMATION = False

    replacement = ask(ibarra, office[0])

    assert (replacement.state, replacement.confirmed_by) == (State.CONFIRMED, office[0])
    assert [kind for kind, *_rest in logbook(ibarra)] == ["replacement_asked", "replacement_confirmed"]


def test_the_hours_for_objections_are_a_setting(settings, office, ibarra, bruno):
    settings.BREAK_GLASS_HOURS = 72
    replacement = ask(ibarra, office[0])
    replacement.confirm(by=office[1])

    assert ManagerReplacement.objects.appoint_due(at=later(71)) == 0
    assert ManagerReplacement.objects.appoint_due(at=later(73)) == 1


@pytest.mark.parametrize("role", ["Agente", "Coordinación", "Formación", "Publicación"])
def test_other_roles_neither_ask_nor_confirm_nor_cancel(browse, office, ibarra, bruno, role):
    desk = desk_of(browse, with_role(role, "Otra"))
    assert desk.get(page(ibarra)).status_code == 403
    assert desk.post(page(ibarra), NEW | {"reason": REASON}).status_code == 403
    ask(ibarra, office[0])

    assert {desk.post(page(ibarra, deed)).status_code for deed in ("confirm", "cancel")} == {403}
    assert ManagerReplacement.objects.get().state == State.ASKED


@pytest.mark.parametrize("deed", ["", "confirm"])
def test_a_password_that_was_asked_long_ago_is_asked_again(browse, office, ibarra, bruno, deed):
    if deed:
        ask(ibarra, office[0])
    before = list(ManagerReplacement.objects.values())

    answer = browse(office[1]).post(page(ibarra, deed), NEW | {"reason": REASON})

    assert answer.url.startswith(reverse("account_reauthenticate"))
    assert list(ManagerReplacement.objects.values()) == before


# --- objections ---


def objection(replacement):
    return reverse("handover:cancel_replacement", args=[replacement.public_id])


@pytest.mark.parametrize("confirmed", [True, False])
def test_a_manager_sees_it_in_gestion_and_cancels_it(browse, office, ibarra, bruno, ana, mails, confirmed):
    replacement = ask(ibarra, office[0])
    if confirmed:
        replacement.confirm(by=office[1])
    mails.clear()
    browser = browse(bruno)
    assert "Soporte va a nombrar a otro gestor" in browser.get(reverse("management:index")).content.decode()
    assert "Soporte va a nombrar" not in browse(ana).get(reverse("management:index")).content.decode()

    browser.post(objection(replacement))

    replacement.refresh_from_db()
    assert (replacement.state, replacement.cancelled_by, replacement.email) == (State.CANCELLED, bruno, "")
    assert ManagerReplacement.objects.appoint_due(at=later()) == 0
    told = {office[0].email} | ({office[1].email, bruno.email, ana.email} if confirmed else set())
    assert mails() == {("replacement_cancelled", address) for address in told}
    assert logbook(ibarra)[-1] == ("replacement_cancelled", bruno.pk, REASON)
    assert "Soporte va a nombrar" not in browser.get(reverse("management:index")).content.decode()


def test_support_takes_it_back(browse, office, ibarra, bruno):
    replacement = ask(ibarra, office[0])

    desk_of(browse, office[1]).post(page(ibarra, "cancel"))
    answer = desk_of(browse, office[1]).post(page(ibarra, "cancel"), follow=True)

    replacement.refresh_from_db()
    assert (replacement.state, replacement.cancelled_by) == (State.CANCELLED, office[1])
    assert "No hay ninguna sustitución en curso" in answer.content.decode()


def test_only_the_companys_managers_object(browse, office, ibarra, bruno, ana, carla):
    replacement = ask(ibarra, office[0])

    assert browse(ana).post(objection(replacement)).status_code == 403
    assert browse(carla).post(objection(replacement)).status_code == 404
    assert browse(bruno).get(objection(replacement)).status_code == 405
    replacement.refresh_from_db()
    assert replacement.state == State.ASKED


def test_an_objection_that_comes_too_late_says_so(browse, office, ibarra, bruno):
    replacement = ask(ibarra, office[0])
    replacement.confirm(by=office[1])
    ManagerReplacement.objects.appoint_due(at=later())

    answer = browse(bruno).post(objection(replacement), follow=True)

    assert "ya se ha decidido" in answer.content.decode()
    assert User.objects.get(login="eva.gil").is_company_manager


# --- one at a time, and only what can be ---


def test_a_company_has_one_open_replacement(office, ibarra, norte, bruno):
    first = ask(ibarra, office[0])
    with pytest.raises(ReplacementRefused):
        ask(ibarra, office[1], **NEW | {"login": "otra", "email": "otra@iba.example"})
    ask(norte, office[0], **NEW | {"login": "otra", "email": "otra@nor.example"})

    first.cancel(by=office[0])

    ask(ibarra, office[1])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"reason": ""}, "reason"),
        ({"reason": "porque sí"}, "reason"),
        ({"reason": "x" * 301}, "reason"),
        ({"first_name": ""}, "first_name"),
        ({"email": ""}, "email"),
        ({"email": "no"}, "email"),
        ({"login": ""}, "login"),
        ({"login": "ana"}, "login"),
        ({"login": "con espacio"}, "login"),
        ({"email": "ANA@IBA.example"}, "__all__"),
        ({"person": "987654"}, "person"),
        ({"person": "x"}, "person"),
    ],
)
def test_a_mistake_asks_for_nothing_and_keeps_what_was_typed(browse, office, ibarra, ana, change, field):
    answer = desk_of(browse, office[0]).post(page(ibarra), NEW | {"reason": REASON} | change)

    assert field in answer.context["form"].errors
    assert "eva" in answer.content.decode() or "email" in change
    assert not ManagerReplacement.objects.exists()


def test_a_contact_of_another_company_or_a_manager_is_not_offered(browse, office, ibarra, bruno, carla):
    desk = desk_of(browse, office[0])
    for person in (carla, bruno, office[1]):
        answer = desk.post(page(ibarra), {"person": person.pk, "reason": REASON})
        assert "person" in answer.context["form"].errors
    with pytest.raises(ReplacementRefused):
        ask(ibarra, office[0], person=carla)


def test_a_contact_without_a_user_name_needs_one(browse, office, ibarra, bruno):
    contact = UserFactory(
        company=ibarra, login=None, email="c@iba.example", has_portal_access=False, can_use_tickets=False
    )
    desk = desk_of(browse, office[0])

    assert "login" in desk.post(page(ibarra), {"person": contact.pk, "reason": REASON}).context["form"].errors
    assert desk.post(page(ibarra), {"person": contact.pk, "login": "contacto", "reason": REASON}).status_code == 302


def test_flags_that_are_posted_besides_give_nothing(browse, office, ibarra, bruno):
    extra = dict.fromkeys(PERMISSIONS, "on") | {"is_staff": "on", "state": "done", "company": "1"}
    desk_of(browse, office[0]).post(page(ibarra), extra | NEW | {"reason": REASON})

    replacement = ManagerReplacement.objects.get()
    assert (replacement.state, replacement.company) == (State.ASKED, ibarra)
    replacement.confirm(by=office[1])
    ManagerReplacement.objects.appoint_due(at=later())
    assert not User.objects.get(login="eva.gil").can_use_tickets


@pytest.mark.parametrize("obstacle", ["login", "email", "deactivated"])
def test_what_has_become_impossible_is_cancelled_and_said(office, ibarra, bruno, ana, mails, obstacle):
    who = {"person": ana} if obstacle == "deactivated" else NEW
    ask(ibarra, office[0], **who).confirm(by=office[1])
    if obstacle == "deactivated":
        ana.deactivate(by=bruno)
    else:
        UserFactory(company=CompanyFactory(), **{obstacle: NEW[obstacle]})
    mails.clear()

    assert ManagerReplacement.objects.appoint_due(at=later()) == 0

    replacement = ManagerReplacement.objects.get()
    assert (replacement.state, replacement.cancelled_by) == (State.CANCELLED, None)
    assert {person.email for person in office} <= {address for _kind, address in mails()}
    assert list(User.objects.managers()) == [bruno]


def test_a_suspended_company_waits(office, ibarra, bruno):
    ask(ibarra, office[0]).confirm(by=office[1])
    type(ibarra).objects.filter(pk=ibarra.pk).update(is_active=False)
    assert ManagerReplacement.objects.appoint_due(at=later()) == 0

    type(ibarra).objects.filter(pk=ibarra.pk).update(is_active=True)

    assert ManagerReplacement.objects.appoint_due(at=later()) == 1


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("an_open_replacement_names_a_contact_or_a_new_one", {"email": ""}),
        ("a_confirmed_replacement_has_its_moment", {"state": "confirmed"}),
    ],
)
def test_no_row_breaks_the_rules(office, ibarra, bruno, name, changes):
    replacement = ask(ibarra, office[0])

    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        ManagerReplacement.objects.filter(pk=replacement.pk).update(**changes)


def test_nobody_asks_for_what_nobody_else_can_confirm(office, ibarra, bruno):
    asker, second = office
    User.objects.filter(pk=second.pk).update(is_active=False)

    with pytest.raises(ReplacementRefused, match="Nadie más"):
        ask(ibarra, asker)
    assert not ManagerReplacement.objects.exists()


# --- races ---


def confirmed_and_cancelled_at_once(company, asker, second, manager):
    replacement = ask(company, asker)
    outcomes = at_once(
        lambda: ManagerReplacement.objects.get(pk=replacement.pk).confirm(by=second),
        lambda: ManagerReplacement.objects.get(pk=replacement.pk).cancel(by=manager),
    )
    assert {type(outcome) for outcome in outcomes} <= {type(None), ReplacementRefused}, outcomes
    replacement.refresh_from_db()
    assert replacement.state == State.CANCELLED, "whoever objects is heard, before or after the confirmation"
    told = OutgoingMail.objects.filter(kind="replacement_confirmed").exists()
    taken_back = OutgoingMail.objects.filter(kind="replacement_cancelled", person_id=manager.pk).exists()
    OutgoingMail.objects.all().delete()
    return told == taken_back


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_an_objection_at_the_moment_of_the_confirmation_counts_and_whoever_was_told_hears_of_it(office, ibarra, bruno):
    assert all(confirmed_and_cancelled_at_once(ibarra, *office, bruno) for _round in range(ROUNDS))


def appointed_and_cancelled_at_once(company, asker, second, manager, position) -> bool:
    """Whether the outcome is one of the two."""
    new = NEW | {"login": f"eva{position}", "email": f"eva{position}@iba.example"}
    replacement = ask(company, asker, **new)
    replacement.confirm(by=second)
    appointed, cancelled = at_once(
        lambda: ManagerReplacement.objects.appoint_due(at=later()),
        lambda: ManagerReplacement.objects.get(pk=replacement.pk).cancel(by=manager),
    )
    replacement.refresh_from_db()
    is_manager = User.objects.filter(login=new["login"]).exists()
    is_done, is_late = replacement.state == State.DONE, isinstance(cancelled, ReplacementRefused)
    return is_manager == (appointed == 1) == is_done == is_late


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_an_objection_at_the_moment_of_the_appointment_wins_or_comes_too_late(office, ibarra, bruno):
    assert all(appointed_and_cancelled_at_once(ibarra, *office, bruno, position) for position in range(ROUNDS))


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_without_the_state_in_the_condition_both_would_happen(office, ibarra, bruno, monkeypatch):
    both_have_read, appointed = threading.Barrier(2), threading.Event()

    def step_without_looking(replacement, before, after, **changes):
        """As `move`, without the state in its condition: both have read it, and the objection is written last."""
        if after != State.CONFIRMED:
            both_have_read.wait(timeout=10)
        if after == State.CANCELLED:
            appointed.wait(timeout=10)
        ManagerReplacement.objects.filter(pk=replacement.pk).update(state=after, **changes)
        replacement.refresh_from_db()
        if after == State.DONE:
            appointed.set()

    monkeypatch.setattr(ManagerReplacement, "move", step_without_looking)

    assert not appointed_and_cancelled_at_once(ibarra, *office, bruno, 1)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_who_ask_at_once_ask_once(office, ibarra, bruno):
    outcomes = at_once(lambda: ask(ibarra, office[0]), lambda: ask(ibarra, office[1]))

    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["ManagerReplacement", "ReplacementRefused"]


# --- no other path: staff set no flag (A22, S0-10) ---


def everything_of(person):
    row = User.objects.filter(pk=person.pk).values().get()
    return {name: row[name] for name in (*PERMISSIONS, "is_active", "is_staff", "company_id", "login", "email")}


def test_no_path_of_the_desk_sets_a_flag_of_a_customer(browse, boss, office, ana, norte):
    """Each address of the desk that names a person, and its list with every bulk action it might have."""
    before = everything_of(ana)
    flags = dict.fromkeys(PERMISSIONS, "on") | {"is_staff": "on", "is_superuser": "on", "is_active": ""}
    more = {"company": norte.pk, "login": "otra", "email": "otra@iba.example", "first_name": "Otra", "_save": "1"}
    rows = {"_selected_action": ana.pk, "select_across": "1", "form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1"}
    actions = ("delete_selected", "set_permissions", "deactivate", "export_admin_action", "")
    for person in (boss, office[0]):
        desk = desk_of(browse, person)
        for kind in ("change", "delete", "history"):
            desk.post(reverse(f"admin:accounts_user_{kind}", args=[ana.pk]), flags | more)
        desk.post(reverse("admin:accounts_user_add"), flags | more | {"id": ana.pk, "pk": ana.pk})
        for action in actions:
            lines = {f"form-0-{name}": value for name, value in ({"id": ana.pk} | flags | more).items()}
            desk.post(reverse("admin:accounts_user_changelist"), rows | lines | {"action": action, "_save": "1"})
        desk.post(reverse("admin:accounts_user_invite", args=[ana.pk]), flags | more)
        desk.post(reverse("admin:accounts_company_change", args=[ana.company_id]), flags | {"name": "Ibarra"})

    assert everything_of(ana) == before


def test_the_list_of_people_on_the_desk_has_no_bulk_deed_and_edits_no_column(browse, boss, ana):
    answer = browse(boss).get(reverse("admin:accounts_user_changelist"))

    change_list = answer.context["cl"]
    assert not change_list.list_editable
    assert not answer.context["actions_on_top"] or not answer.context["action_form"]
