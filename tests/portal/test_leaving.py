"""Somebody leaves: who inherits, and what dies at once (A24, A26)."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEntry, User
from mail.models import OutgoingMail
from tests.factories import RequestTypeFactory, UserFactory, open_ticket
from tests.walls.forms import ask_for_reset, invitation_url
from tests.walls.world import reset_link
from tickets.models import Follower, ReadMark, Request, Ticket

pytestmark = pytest.mark.django_db

NEW = {"password1": "Otra-2027", "password2": "Otra-2027"}


def url(person):
    return reverse("handover:leave", args=[person.public_id])


def let_go(browser, person, **chosen):
    chosen = {"how": "deactivate", "tickets_to": "nobody", "marks_to": ""} | chosen
    return browser.post(url(person), chosen)


def logbook(*kinds):
    rows = AuditEntry.objects.filter(kind__in=kinds).order_by("pk")
    return [(row.kind, row.actor_id, row.target_id) for row in rows]


# --- what awaits an approval ---


def test_what_somebody_has_asked_for_is_named_and_goes_on_waiting(browse, bruno, ana, diego):
    asked, theirs = (
        Request.objects.ask(by=person, kind=kind, subject=subject, body="")
        for person, subject in ((ana, "Más horas"), (diego, "Otro centro"))
        for kind in [RequestTypeFactory(slug=subject[:3].lower(), needs_approval=True)]
    )
    manager = browse(bruno)

    page = manager.get(url(ana)).content.decode()
    let_go(manager, ana)

    leads = [reverse("approvals:detail", args=[one.public_id]) in page for one in (asked, theirs)]
    assert leads == [True, False]
    assert set(Request.objects.waiting()) == {asked, theirs}
    manager.post(reverse("approvals:approve", args=[asked.public_id]))
    assert Ticket.objects.involving(bruno).get().author == ana


# --- what is handed over ---


def test_the_heir_follows_every_open_ticket_and_is_told_once(browse, bruno, ana, diego, agent, mails):
    own, other, resolved = (open_ticket(ana) for _ticket in range(3))
    followed = open_ticket(diego, followers=[ana])
    resolved.close(by=agent)
    strange = open_ticket(bruno)
    mails.clear()

    answer = let_go(browse(bruno), ana, tickets_to=diego.public_id)

    assert answer.url == url(ana)
    assert set(Ticket.objects.involving(diego)) == {own, other, followed}
    assert not strange.followers.filter(user=diego).exists()
    assert mails() == {("tickets_handed_over", diego.email)}
    assert logbook("tickets_handed_over", "person_deactivated") == [
        ("person_deactivated", bruno.pk, ana.pk),
        ("tickets_handed_over", bruno.pk, ana.pk),
    ]
    assert AuditEntry.objects.get(kind="tickets_handed_over").changes == {
        "heir": [None, diego.pk],
        "tickets": [None, 3],
    }


def test_each_ticket_says_that_somebody_follows_it_now(browse, bruno, ana, diego):
    ticket = open_ticket(ana)
    before = ticket.changed_at

    let_go(browse(bruno), ana, tickets_to=diego.public_id)

    event = ticket.events.get(kind="follower_added")
    ticket.refresh_from_db()
    assert (event.actor, event.data) == (bruno, {"name": diego.get_full_name()})
    assert ticket.changed_at == event.created_at > before


def test_what_was_answered_before_counts_as_read_by_the_heir(browse, bruno, ana, diego, agent):
    ticket = open_ticket(ana)
    ticket.reply(by=agent, body="Lo miramos.")

    let_go(browse(bruno), ana, tickets_to=diego.public_id)

    assert not Ticket.objects.alarming(diego).exists()
    assert ReadMark.objects.get(user=diego).read_to == ticket.answered_at


def test_marks_go_to_the_heir_and_each_change_is_a_line_of_one_batch(browse, bruno, ana, diego):
    ana.set_permissions(by=bruno, changes={"receives_licence_files": True, "is_technical_contact": True})
    before = AuditEntry.objects.latest("pk")

    let_go(browse(bruno), ana, marks_to=diego.public_id)

    for person, has in ((ana, False), (diego, True)):
        person.refresh_from_db()
        assert (person.receives_licence_files, person.is_technical_contact) == (has, has)
    rows = AuditEntry.objects.filter(kind="permissions_changed", pk__gt=before.pk)
    assert {row.target_id for row in rows} == {ana.pk, diego.pk}
    assert len({row.batch for row in rows}) == 1


def test_marks_that_nobody_inherits_wait_for_the_person(browse, bruno, ana):
    ana.set_permissions(by=bruno, changes={"copied_on_company_tickets": True})

    let_go(browse(bruno), ana)

    ana.refresh_from_db()
    assert ana.copied_on_company_tickets


def test_only_the_access_can_be_withdrawn(browse, bruno, ana, diego):
    ana.set_permissions(by=bruno, changes={"receives_general_mail": True})
    session = browse(ana)

    answer = let_go(browse(bruno), ana, how="withdraw", tickets_to=diego.public_id)

    ana.refresh_from_db()
    assert answer.url == reverse("management:index")
    assert (ana.is_active, ana.has_portal_access, ana.can_use_tickets) == (True, False, False)
    assert ana.receives_general_mail
    ana.set_permissions(by=bruno, changes={"has_portal_access": True})
    assert session.get("/inicio/").status_code == 302, "the session of before stays dead"


# --- who may inherit ---


def test_whoever_cannot_read_tickets_does_not_inherit_them(browse, bruno, ana, ibarra, carla):
    open_ticket(ana)
    without = UserFactory(company=ibarra, can_use_tickets=False)
    gone = UserFactory(company=ibarra, is_active=False)
    for heir in (without, gone, carla, ana):
        answer = let_go(browse(bruno), ana, tickets_to=heir.public_id)
        assert answer.context["form"].errors["tickets_to"] == [
            "Elija a alguien de la lista: los demás no podrían leerlos."
        ]

    ana.refresh_from_db()
    assert ana.is_active
    assert not Follower.objects.exclude(user=ana).exists()


def test_who_follows_the_tickets_must_be_said(browse, bruno, ana):
    open_ticket(ana)

    answer = let_go(browse(bruno), ana, tickets_to="")

    assert "tickets_to" in answer.context["form"].errors
    ana.refresh_from_db()
    assert ana.is_active


def nobodys_words(browser, person):
    return dict(browser.get(url(person)).context["form"].fields["tickets_to"].choices)["nobody"]


def test_the_words_say_whether_anybody_still_reads_the_tickets(browse, bruno, ana, diego, ibarra):
    manager = UserFactory(company=ibarra, is_company_manager=True)
    open_ticket(ana)
    open_ticket(ana, followers=[diego])
    assert nobodys_words(browse(manager), ana) == (
        "Nadie: los leen de todos modos quienes ven los tickets de toda la empresa (Bruno Etxeberria)"
    )

    User.objects.filter(pk=bruno.pk).update(can_see_company_tickets=False)

    assert nobodys_words(browse(manager), ana) == "Nadie: queda 1 ticket que nadie de la empresa puede leer"
    assert let_go(browse(manager), ana).status_code == 302


def test_a_few_of_those_who_read_them_anyway_are_named(browse, bruno, ana, ibarra):
    open_ticket(ana)
    for name in ("Eva", "Gema", "Hugo", "Iker"):
        UserFactory(company=ibarra, first_name=name, last_name="Gil", can_see_company_tickets=True)

    assert nobodys_words(browse(bruno), ana).endswith("(Bruno Etxeberria, Eva Gil, Gema Gil y 2 más)")


def test_tickets_that_somebody_follows_are_read_by_whoever_is_in_copy(browse, ibarra, ana, diego):
    manager = UserFactory(company=ibarra, is_company_manager=True)
    open_ticket(ana, followers=[diego])

    assert nobodys_words(browse(manager), ana) == "Nadie: los siguen leyendo quienes están en copia"


def test_what_is_not_listed_is_counted(browse, bruno, ana):
    for _ticket in range(6):
        open_ticket(ana)

    text = browse(bruno).get(url(ana)).content.decode()

    assert "<li>y 1 más</li>" in text
    assert "Desactivar a Ana" in text


def test_of_a_contact_without_access_no_session_is_closed(browse, bruno, ana, ibarra):
    contact = UserFactory(company=ibarra, has_portal_access=False, can_use_tickets=False)
    browser = browse(bruno)

    assert "se cierran las sesiones" in browser.get(url(ana)).content.decode()
    assert "sesiones" not in browser.get(url(contact)).content.decode().partition("<aside")[2]


def test_a_heir_who_lost_the_tickets_meanwhile_is_refused_and_nothing_is_done(browse, bruno, ana, diego, monkeypatch):
    open_ticket(ana)
    monkeypatch.setattr(User, "may_log_in", lambda person: True)
    monkeypatch.setattr(Ticket.objects.__class__, "hand_over", refusing)

    answer = let_go(browse(bruno), ana, tickets_to=diego.public_id)

    assert "tickets_to" in answer.context["form"].errors
    ana.refresh_from_db()
    assert ana.is_active


def refusing(*args, **kwargs):
    from tickets.models import IllegalStep

    raise IllegalStep


def test_a_manager_without_company_tickets_sees_numbers_and_no_subject(browse, ibarra, ana):
    manager = UserFactory(company=ibarra, is_company_manager=True)
    open_ticket(ana, subject="Secreto de Ana")

    text = browse(manager).get(url(ana)).content.decode()

    assert "Secreto" not in text
    assert "1 ticket abierto" in text


# --- the last manager ---


@pytest.mark.parametrize("how", ["deactivate", "withdraw"])
def test_the_last_manager_stays_and_the_page_says_so(browse, bruno, ana, how):
    bruno.set_permissions(by=bruno, changes={"receives_general_mail": True})
    for answer in (browse(bruno).get(url(bruno)), let_go(browse(bruno), bruno, how=how, marks_to=ana.public_id)):
        text = answer.content.decode()
        assert "Bruno Etxeberria no puede irse todavía" in text
        assert 'name="how"' not in text and "form" not in answer.context

    bruno.refresh_from_db()
    ana.refresh_from_db()
    assert (bruno.is_active, bruno.is_company_manager, bruno.receives_general_mail) == (True, True, True)
    assert not ana.receives_general_mail


def test_a_manager_may_leave_where_there_is_another(browse, bruno, ana):
    ana.set_permissions(by=bruno, changes={"is_company_manager": True})
    browser = browse(bruno)

    let_go(browser, bruno)

    assert browser.get("/inicio/").status_code == 302
    assert list(User.objects.managers()) == [ana]


# --- what dies at once (A26) ---


@pytest.fixture
def links(ana):
    """What was mailed to Ana before: the links of an invitation and of a forgotten password."""
    return invitation_url(ana.invitation_token()), reverse("account_reset_password_from_key", kwargs=reset_link(ana))


def use(browser, link):
    """Follow the link and choose a password."""
    answer = browser.get(link, follow=True)
    return browser.post(answer.redirect_chain[-1][0] if answer.redirect_chain else link, NEW)


def test_session_links_waiting_mails_and_copies_die_at_once(browse, bruno, ana, diego, agent, links):
    session = browse(ana)
    ana.set_permissions(by=bruno, changes={"copied_on_company_tickets": True})
    ask_for_reset(browse(), ana.email)
    ticket = open_ticket(diego)
    ticket.reply(by=agent, body="Lo miramos.")
    waiting = OutgoingMail.objects.filter(person_id=ana.pk)
    assert set(waiting.values_list("kind", "state")) == {("password_reset", "queued"), ("ticket_replied", "queued")}

    let_go(browse(bruno), ana)
    ticket.reply(by=agent, body="Hecho.")

    assert session.get("/inicio/").status_code == 302
    assert set(waiting.values_list("kind", "state")) == {
        ("password_reset", "cancelled"),
        ("ticket_replied", "cancelled"),
    }
    for link in links:
        use(browse(), link)
    ana.refresh_from_db()
    assert not ana.check_password(NEW["password1"])


def test_links_of_before_stay_dead_when_the_person_comes_back(browse, bruno, ana, links):
    session = browse(ana)
    let_go(browse(bruno), ana)

    browse(bruno).post(reverse("handover:come_back", args=[ana.public_id]))

    ana.refresh_from_db()
    assert ana.is_active
    assert session.get("/inicio/").status_code == 302
    for link in links:
        use(browse(), link)
    ana.refresh_from_db()
    assert not ana.check_password(NEW["password1"])


def test_the_page_afterwards_offers_the_way_back(browse, bruno, ana):
    browser = browse(bruno)
    let_go(browser, ana)

    text = browser.get(url(ana)).content.decode()
    assert "Ana Ruiz está desactivado" in text and "Reactivar" in text
    let_go(browser, ana)  # twice changes nothing
    browser.post(reverse("handover:come_back", args=[ana.public_id]))

    assert logbook("person_deactivated", "person_reactivated") == [
        ("person_deactivated", bruno.pk, ana.pk),
        ("person_reactivated", bruno.pk, ana.pk),
    ]


# --- the wall and the cost ---


def test_only_managers_and_only_their_own_people(browse, bruno, ana, carla, agent):
    for person, of, code in ((ana, bruno, 403), (bruno, carla, 404), (bruno, agent, 404)):
        assert browse(person).get(url(of)).status_code == code
        assert let_go(browse(person), of).status_code == code
        assert browse(person).post(reverse("handover:come_back", args=[of.public_id])).status_code == code


@pytest.mark.parametrize("value", ["", "\x00", "x" * 10_000, "1", "[]", "nobody", "-1"])
@pytest.mark.parametrize("field", ["how", "tickets_to", "marks_to"])
def test_nonsense_is_refused_in_words_or_means_nobody(browse, bruno, ana, field, value):
    open_ticket(ana)

    assert let_go(browse(bruno), ana, **{field: value}).status_code in (200, 302)


def test_the_page_costs_the_same_with_many_tickets(browse, bruno, ana):
    browser = browse(bruno)
    costs = []
    for count in (1, 30):
        for _ticket in range(count):
            open_ticket(ana)
        browser.get(url(ana))
        with CaptureQueriesContext(connection) as queries:
            assert browser.get(url(ana)).status_code == 200
        costs.append(len(queries))

    assert costs[0] == costs[1]


def test_handing_over_costs_the_same_for_many_tickets(bruno, ana, diego, ibarra):
    other = UserFactory(company=ibarra)

    def cost(count, person):
        for _ticket in range(count):
            open_ticket(person)
        with CaptureQueriesContext(connection) as queries:
            assert Ticket.objects.hand_over(by=bruno, person=person, heir=diego) == count
        return len(queries)

    assert cost(1, ana) == cost(30, other)
