"""Staff see the portal as a person: read-only, with a reason, in the open (A20)."""

import json
import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from accounts import areas, viewing
from accounts.models import AuditEntry, User
from tests.factories import PASSWORD, StaffFactory, new_draft, open_ticket
from tests.portal.test_logs import lines, written
from tickets.models import Draft, Message, ReadMark

pytestmark = pytest.mark.django_db

PROFILE = {"first_name": "Otra", "language": "es", "theme": "auto"}
REASON = "No encuentra el botón de descargas"


@pytest.fixture(autouse=True)
def no_attempt_is_remembered():
    """The limits on log-ins are counted in the cache, for all tests together."""
    cache.clear()


@pytest.fixture
def coordinator(db):
    person = StaffFactory(first_name="Pilar", last_name="Gómez")
    person.groups.add(Group.objects.get(name="Coordinación"))
    return person


@pytest.fixture
def desk(browse, coordinator):
    """A browser in which the coordinator has just logged in with the password."""
    browser = browse()
    browser.post(reverse("account_login"), {"login": coordinator.login, "password": PASSWORD})
    return browser


def begin(browser, person, reason=REASON):
    return browser.post(reverse("admin:accounts_user_view_as", args=[person.pk]), {"reason": reason})


@pytest.fixture
def look(desk, ana):
    """The same browser, seeing the portal as Ana."""
    begin(desk, ana)
    return desk


def logbook(kind):
    return AuditEntry.objects.filter(kind=kind)


@pytest.mark.parametrize(
    "address", ["/gestion/", "/gestion/usuarios/", "/gestion/permisos/", "/gestion/registro/", "/empresa/"]
)
def test_what_a_manager_does_in_gestion_is_not_offered_to_whoever_looks(desk, browse, bruno, ana, ibarra, address):
    """Beside filters and search, only language and the way out are left to be sent."""
    ana.set_permissions(by=bruno, changes={"can_use_training": True})
    as_manager = deeds_in(browse(bruno).get(address))
    begin(desk, bruno)

    as_viewer = deeds_in(desk.get(address))

    assert as_manager and not as_viewer


def deeds_in(answer) -> list[str]:
    """What a page offers to be done: forms that send, boxes, and ways to where something is made or handed out."""
    main = answer.content.decode().partition("<main")[2].partition("</main>")[0]
    ways = [
        reverse(name) for name in ("people:new", "people:import", "people:export", "logbook:export", "company:propose")
    ]
    found = [f'href="{way}"' for way in ways if f'href="{way}' in main] + re.findall(r'<form[^>]*method="post"', main)
    boxes = [box for box in re.findall(r'<input[^>]*type="checkbox"[^>]*>', main) if " disabled" not in box]
    cards = re.findall(r'href="/(?:gestion/usuarios|cuenta|salir)/[^"]+"', main)
    return found + boxes + cards


# --- how it begins ---


@pytest.mark.parametrize("address", ["/inicio/", "/gestion/"])
def test_every_page_that_is_offered_to_whoever_looks_opens(desk, bruno, address):
    flags = {flag.flag: True for flag in areas.AREAS if (flag.flag or "").startswith("can_use_")}
    bruno.set_permissions(by=bruno, changes=flags)
    begin(desk, bruno)

    offered = set(re.findall(r'<a [^>]*href="(/[^"?#]*)', desk.get(address).content.decode()))

    assert {page: desk.get(page).status_code for page in offered} == dict.fromkeys(offered, 200)


def test_the_portal_is_that_of_the_person_with_a_bar_that_says_so(desk, ana):
    open_ticket(ana, subject="Lo de Ana")

    assert begin(desk, ana).url == reverse("home")

    text = desk.get(reverse("tickets:list")).content.decode()
    assert "Lo de Ana" in text
    assert f"<strong>{ana.get_full_name()}</strong> ({ana.company})" in text
    assert f"Motivo: {REASON}" in text and "Solo lectura" in text


def test_the_companys_logbook_says_who_looks_at_whom_and_why(desk, coordinator, ana, ibarra):
    begin(desk, ana)
    desk.post(reverse("view_end"))

    rows = AuditEntry.objects.filter(kind__startswith="view_").order_by("pk")
    whole = [(row.kind, row.company, row.actor_id, row.target, row.target_id, row.reason) for row in rows]
    about = (ibarra, coordinator.pk, "user", ana.pk, REASON)
    assert whole == [("view_begun", *about), ("view_ended", *about)]
    assert len({row.batch for row in rows}) == 1


@pytest.mark.parametrize("reason", ["", "corto", " " * 30, "x" * 301, "\x00" * 20])
def test_without_a_reason_in_words_nothing_is_opened(desk, ana, reason):
    answer = begin(desk, ana, reason)

    assert "reason" in answer.context["form"].errors
    assert not logbook("view_begun").exists()


def test_a_password_that_was_asked_long_ago_is_asked_again(browse, coordinator, ana):
    answer = begin(browse(coordinator), ana)

    assert answer.url.startswith(reverse("account_reauthenticate"))
    assert not logbook("view_begun").exists()


@pytest.mark.parametrize(("role", "may"), [("Agente", False), ("Formación", False), ("Supervisión", True)])
def test_only_some_roles_may_look(browse, ana, role, may):
    person = StaffFactory(first_name="Otra")
    person.groups.add(Group.objects.get(name=role))
    browser = browse()
    browser.post(reverse("account_login"), {"login": person.login, "password": PASSWORD})

    assert begin(browser, ana).status_code == (302 if may else 403)
    assert logbook("view_begun").exists() == may
    shown = browser.get(reverse("admin:accounts_user_change", args=[ana.pk])).status_code
    assert shown == (200 if not may else 403)  # whoever looks is a customer for the desk


def test_nobody_looks_as_staff_nor_as_somebody_who_does_not_enter(desk, boss, ana):
    ana.deactivate(by=boss)

    assert begin(desk, boss).status_code == 404
    assert begin(desk, ana).url == reverse("admin:accounts_user_change", args=[ana.pk])
    assert begin(desk, User(pk=987_654)).status_code == 404
    assert not logbook("view_begun").exists()


# --- what cannot be done ---


def test_nothing_can_be_sent_and_the_page_says_why(look, ana):
    ticket = open_ticket(ana)

    answers = [
        look.post(ticket.get_absolute_url(), {"key": Draft.new_key(), "body": "Hola"}),
        look.post(reverse("thread:close", args=[ticket.number])),
        look.post(reverse("tickets:mark_all_read")),
        look.post(reverse("account:profile"), PROFILE),
        look.post(reverse("thread:draft_keep"), {"seal": "x"}),
        look.put(reverse("home")),
        look.delete(ticket.get_absolute_url()),
    ]

    assert {answer.status_code for answer in answers} == {403}
    assert "Solo está mirando" in answers[0].content.decode()
    assert (Message.objects.count(), Draft.objects.count()) == (1, 0)


@pytest.mark.parametrize(
    "name",
    [
        "tickets:export",
        "tickets:new",
        "account:profile",
        "account:password",
        "account_logout",
        "account_reauthenticate",
        "admin:index",
    ],
)
def test_what_only_writes_or_hands_out_or_is_private_is_closed(look, name):
    assert look.get(reverse(name)).status_code == 403


def test_no_look_begins_inside_another(look, diego):
    assert begin(look, diego).status_code == 403
    assert logbook("view_begun").count() == 1


def test_the_buttons_are_absent_also_where_a_ticket_was_resolved_long_ago(look, ana, agent):
    ticket, old = open_ticket(ana), open_ticket(ana)
    old.close(by=agent)
    type(old).objects.filter(pk=old.pk).update(closed_at=timezone.now() - timedelta(days=40))

    for one in (ticket, old):
        answer = look.get(one.get_absolute_url())
        text = answer.content.decode()
        assert answer.context["actions"] == set()
        for absent in ("<textarea", 'name="seal"', "/imprimir/", "/copia/", "?sigue="):
            assert absent not in text, absent
        assert text.count("<form") == text.count('action="/ver-como/terminar/"') + text.count('role="search"')
    assert "/tickets/nuevo/" not in look.get(reverse("tickets:list")).content.decode()


def test_what_the_person_was_writing_is_not_shown(look, ana):
    ticket = open_ticket(ana)
    new_draft(ana, ticket).keep({"body": "Esto aún no lo he dicho"})

    assert "aún no lo he dicho" not in look.get(ticket.get_absolute_url()).content.decode()


def test_nothing_counts_as_read(look, ana, agent):
    ticket = open_ticket(ana)
    ticket.reply(by=agent, body="Lo miramos.")

    assert look.get(ticket.get_absolute_url()).status_code == 200
    assert look.get(f"{ticket.get_absolute_url()}cambios/0/?visto=1").status_code == 200
    assert not ReadMark.objects.exists()
    assert "Tiene respuestas sin leer" in look.get(reverse("home")).content.decode()


def test_the_person_is_as_if_nobody_had_looked(look, ana):
    before = User.objects.filter(pk=ana.pk).values().get()
    for name in ("home", "tickets:list", "management:index"):
        look.get(reverse(name))
    look.post(reverse("language"), {"language": "en", "next": "/inicio/"})

    assert User.objects.filter(pk=ana.pk).values().get() == before


def test_a_password_that_the_person_must_change_does_not_stand_in_the_way(desk, ana):
    User.objects.filter(pk=ana.pk).update(must_change_password=True)
    begin(desk, ana)

    assert desk.get(reverse("home")).status_code == 200


# --- the second fence: the database ---


@pytest.mark.django_db(transaction=True)
def test_with_the_first_fence_down_the_database_takes_no_change(look, ana, monkeypatch):
    ticket = open_ticket(ana)
    monkeypatch.setattr(viewing, "check", lambda request, name: None)

    assert look.post(reverse("thread:close", args=[ticket.number])).status_code == 403
    assert look.post(reverse("account:profile"), PROFILE).status_code == 403
    ticket.refresh_from_db()
    ana.refresh_from_db()
    assert (ticket.status, ana.first_name) == ("new", "Ana")


def test_with_both_fences_down_it_would_be_changed(look, ana, monkeypatch):
    ticket = open_ticket(ana)
    monkeypatch.setattr(viewing, "check", lambda request, name: None)
    monkeypatch.setattr(viewing, "reading_only", lambda execute, *statement: execute(*statement))

    look.post(reverse("thread:close", args=[ticket.number]))

    ticket.refresh_from_db()
    assert ticket.status == "closed"


@pytest.mark.parametrize(
    "statement",
    [
        'INSERT INTO "tickets_message" VALUES (1)',
        "UPDATE accounts_user SET first_name = 'x'",
        "  DELETE FROM tickets_ticket",
        "WITH gone AS (DELETE FROM tickets_ticket RETURNING id) SELECT * FROM gone",
        "TRUNCATE tickets_ticket",
        "DROP TABLE tickets_ticket",
        'UPDATE "django_session_other" SET x = 1',
        'INSERT OR REPLACE INTO "tickets_ticket" VALUES (1)',
    ],
)
def test_the_database_fence_knows_a_change(statement):
    with pytest.raises(viewing.ReadOnly):
        viewing.reading_only(lambda *call: None, statement, (), False, {})


@pytest.mark.parametrize(
    "statement",
    ["SELECT 1", "(SELECT 1) UNION (SELECT 2)", 'SAVEPOINT "s1"', 'UPDATE "django_session" SET expire_date = 1'],
)
def test_the_database_fence_lets_pages_be_read(statement):
    assert viewing.reading_only(lambda *call: "done", statement, (), False, {}) == "done"


# --- how it ends ---


def test_ending_leads_back_to_the_persons_page_on_the_desk(look, ana):
    answer = look.post(reverse("view_end"), follow=True)

    assert answer.redirect_chain == [(reverse("admin:accounts_user_change", args=[ana.pk]), 302)]
    assert "Ya no ve el portal como Ana Ruiz" in answer.content.decode()
    assert look.get(reverse("home")).url == reverse("admin:index")


def test_ending_what_never_began_leads_home(browse, ana):
    assert browse(ana).post(reverse("view_end")).url == reverse("home")
    assert browse(ana).get(reverse("view_end")).status_code == 405
    assert not AuditEntry.objects.exists()


def expect_over(browser):
    """The next page of whatever kind belongs to staff again, and the logbook knows it."""
    answer = browser.get(reverse("tickets:list"))
    assert (answer.status_code, logbook("view_ended").count()) == (302, 1)
    assert "viewing" not in browser.session
    return answer.url


def test_it_ends_after_half_an_hour(look, monkeypatch):
    monkeypatch.setattr(viewing, "LASTS", timedelta(0))

    assert expect_over(look) == reverse("admin:index")


def test_a_form_that_comes_too_late_is_not_sent_as_staff_either(look, ana, monkeypatch):
    ticket = open_ticket(ana)
    monkeypatch.setattr(viewing, "LASTS", timedelta(0))

    assert look.post(ticket.get_absolute_url(), {"body": "Hola"}).url == reverse("admin:index")
    assert Message.objects.count() == 1


@pytest.mark.parametrize("deed", ["deactivated", "without access", "company suspended"])
def test_it_ends_with_the_persons_access(look, ana, bruno, ibarra, deed):
    if deed == "deactivated":
        ana.deactivate(by=bruno)
    elif deed == "without access":
        ana.set_permissions(by=bruno, changes={"has_portal_access": False})
    else:
        type(ibarra).objects.filter(pk=ibarra.pk).update(is_active=False)

    expect_over(look)


def test_it_ends_with_the_permission_of_the_staff(look, coordinator):
    coordinator.groups.clear()

    expect_over(look)


def test_it_ends_with_the_session_of_the_staff(look, settings, coordinator):
    session = look.session
    session["ends_at"] = 0
    session.save()

    assert expect_over(look).startswith(reverse("account_login"))


def test_staff_who_are_deactivated_see_nothing_any_more(look, coordinator):
    User.objects.filter(pk=coordinator.pk).update(is_active=False)

    assert look.get(reverse("home")).url.startswith(reverse("account_login"))


def test_an_old_session_revives_no_look(look):
    stale = dict(look.session.items())
    look.post(reverse("view_end"))
    session = look.session
    session.update(stale)
    session.save()

    assert look.get(reverse("home")).url == reverse("admin:index")
    assert logbook("view_ended").count() == 1


def test_a_line_of_somebody_elses_look_opens_nothing(browse, look, boss):
    other = browse(boss)
    session = other.session
    session[viewing.KEY] = look.session[viewing.KEY]
    session.save()

    assert other.get(reverse("home")).url == reverse("admin:index")


# --- what operators see ---


def test_the_log_names_who_looks(look, ana, coordinator, settings):
    [stream] = [stream for stream in written_once(look)]

    finished = [line for line in lines(stream) if line["event"] == "request_finished"]
    assert [(line["viewer_id"], line["user_id"]) for line in finished] == [(coordinator.pk, ana.pk)]
    assert REASON not in json.dumps(finished)


def written_once(browser):
    for stream in written():
        browser.get(reverse("home"))
        yield stream


# --- what staff cannot set (S0-10) ---


def test_looking_as_the_manager_gives_no_way_to_set_a_flag(desk, bruno, ana):
    begin(desk, bruno)
    before = User.objects.filter(pk=ana.pk).values().get()

    desk.post(reverse("handover:leave", args=[ana.public_id]), {"how": "deactivate", "tickets_to": "nobody"})

    assert User.objects.filter(pk=ana.pk).values().get() == before
