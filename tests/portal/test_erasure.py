"""A73: after an erasure nothing says who the person was, and what the company wrote and was sent is all there."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEntry, ErasureRequest, User
from accounts.models.refusals import LastManager, StillActive, Themselves
from files import janitor
from files.models import StoredFile
from mail.models import OutgoingMail
from mail.outbox import cancel_for
from portal.privacy import erasure
from tests.factories import StaffFactory, UserFactory, open_ticket
from tests.portal.privacy import CANARIES, OWN_WORDS, follows, leave_traces, places_of, sessions_of, zulema_of
from tests.walls.forms import log_in
from tickets.models import Draft, Event, Message

pytestmark = pytest.mark.django_db

NAMES = [*CANARIES.values(), "zulema-cn10", "zulema"]
REASON = "Lo pidió por carta."


@pytest.fixture
def zulema(ibarra):
    return zulema_of(ibarra)


@pytest.fixture
def traces(zulema, bruno, agent, carla, browse, settings):
    settings.OUTSIDE_FOLLOWERS = True
    return leave_traces(zulema, colleague=bruno, agent=agent, stranger=carla, client=browse())


def erased(person, boss) -> User:
    person.deactivate(by=boss)
    assert erasure.erase(person, by=boss, reason=REASON)
    return User.objects.get(pk=person.pk)


def test_nothing_says_who_it_was(zulema, traces, boss):
    before = set(places_of(NAMES))

    erased(zulema, boss)

    assert before == {
        "account.EmailAddress.email",
        "accounts.User.email",
        "accounts.User.first_name",
        "accounts.User.last_name",
        "accounts.User.login",
        "accounts.User.phone",
        "admin.LogEntry.object_repr",
        "mail.OutgoingMail.address",
        "mail.OutgoingMail.html",
        "mail.OutgoingMail.name",
        "mail.OutgoingMail.text",
        "tickets.Event.data",
        "tickets.Follower.email",
        "tickets.Message.author_name",
    }
    assert set(places_of(NAMES)) == set()


def test_what_was_written_stays_under_a_name_that_says_nothing(zulema, traces, boss, bruno, browse):
    person = erased(zulema, boss)

    assert re.fullmatch(r"Persona borrada [0-9A-HJKMNP-TV-Z]{4}", person.get_full_name())
    page = browse(bruno).get(traces.get_absolute_url()).content.decode()
    assert person.get_full_name() in page
    assert OWN_WORDS["body"] in page and OWN_WORDS["subject"] in page
    assert traces.attachments.count() == 1
    assert [name for name in CANARIES.values() if name in page] == []


def test_the_timeline_and_imported_messages_call_the_person_so(zulema, traces, boss):
    name = erased(zulema, boss).get_full_name()

    assert set(Event.objects.filter(kind__startswith="follower", data__name=name).values_list("kind", flat=True)) == {
        "follower_added",
        "follower_removed",
    }
    assert Message.objects.get(author=None).author_name == name


def test_the_account_is_nobodys(zulema, traces, boss, browse):
    person = erased(zulema, boss)

    assert (person.login, person.phone, person.last_name, person.last_login) == (None, "", "", None)
    assert person.email.endswith("@borrado.invalid")
    assert not person.has_usable_password() and not person.has_portal_access and not person.receives_general_mail
    assert person.erased_at is not None
    assert (sessions_of(person), person.read_marks.count(), person.drafts.count()) == (0, 0, 0)
    assert log_in(browse(), CANARIES["login"]).status_code == 200
    person.reactivate(by=boss)
    assert not User.objects.get(pk=person.pk).is_active


def test_the_person_stays_the_author_and_follows_nothing_else(zulema, traces, boss):
    erased(zulema, boss)

    assert follows(zulema) == {traces.pk}


def test_drafts_go_with_their_files_and_sent_files_stay(zulema, traces, boss, settings):
    kept = traces.attachments.get().stored
    in_draft = StoredFile.objects.get(attachment__draft__person=zulema)

    erased(zulema, boss)

    assert not StoredFile.objects.filter(pk=in_draft.pk).exists()
    assert StoredFile.objects.filter(pk=kept.pk).exists() and kept.path.exists()
    assert in_draft.path in set(janitor.unnamed(at=zulema.created_at + 2 * janitor.GRACE))


def test_the_logbook_is_what_it_was_and_one_line_longer(zulema, traces, boss):
    zulema.deactivate(by=boss)
    before = list(AuditEntry.objects.order_by("pk").values())

    erasure.erase(zulema, by=boss, reason=REASON)

    *lines, last = AuditEntry.objects.order_by("pk").values()
    assert lines == before
    assert (last["kind"], last["actor_id"], last["target_id"], last["reason"]) == (
        "person_erased", boss.pk, zulema.pk, REASON,
    )  # fmt: skip
    assert [word for word in NAMES if word in str(lines)] == []


def test_a_mail_that_has_yet_to_leave_to_others_says_the_other_name(zulema, traces, boss, bruno):
    """Those that were sent lose their text, as nobody needs it any more."""
    to_bruno = OutgoingMail.objects.filter(person_id=bruno.pk, text__contains=CANARIES["last_name"])
    waiting = to_bruno.waiting().first()
    settled = to_bruno.waiting().last()
    OutgoingMail.objects.filter(pk=settled.pk).update(state="kept", due_at=None)
    assert waiting != settled

    name = erased(zulema, boss).get_full_name()

    waiting.refresh_from_db()
    settled.refresh_from_db()
    assert name in waiting.text and name in waiting.html and waiting.due_at is not None
    assert (settled.text, settled.html, settled.address) == ("", "", bruno.email)
    assert cancel_for(zulema.pk) == 0


def test_another_person_of_the_same_name_elsewhere_keeps_it(zulema, traces, boss, norte, carla):
    twin = UserFactory(company=norte, first_name=zulema.first_name, last_name=zulema.last_name, login="otra")
    ticket = open_ticket(carla)
    ticket.add_follower(by=carla, person=twin)

    erased(zulema, boss)

    assert Event.objects.get(data__person=twin.pk).data["name"] == str(twin)
    assert OutgoingMail.objects.filter(person_id=twin.pk, name=str(twin)).exists()
    assert str(User.objects.get(pk=twin.pk)) == str(twin)


def test_somebody_who_was_renamed_meanwhile_is_found_by_number(ibarra, bruno, boss):
    person = zulema_of(ibarra)
    ticket = open_ticket(bruno)
    ticket.add_follower(by=bruno, person=person)
    person.edit(by=bruno, data={"last_name": "Casada"})

    erased(person, boss)

    assert set(places_of(NAMES)) == set()


def test_doing_it_twice_changes_nothing(zulema, traces, boss):
    person = erased(zulema, boss)
    lines = AuditEntry.objects.count()

    assert erasure.erase(person, by=boss, reason="Otra vez.") is False

    assert (User.objects.get(pk=person.pk).get_full_name(), AuditEntry.objects.count()) == (str(person), lines)


def test_it_is_all_or_nothing(zulema, traces, boss, monkeypatch):
    zulema.deactivate(by=boss)

    def broken(person):
        raise RuntimeError

    monkeypatch.setattr("portal.privacy.erasure.emails.person_erased", broken)
    with pytest.raises(RuntimeError):
        erasure.erase(zulema, by=boss, reason=REASON)

    zulema.refresh_from_db()
    assert (zulema.email, zulema.erased_at) == (CANARIES["email"], None)
    assert Draft.objects.filter(person=zulema, sent_message=None).exists()


# --- who cannot be erased ---


def test_whoever_is_active_is_not_erased(zulema, boss):
    with pytest.raises(StillActive):
        erasure.erase(zulema, by=boss, reason=REASON)
    with pytest.raises(StillActive):
        zulema.erase(by=boss, reason=REASON)


def test_the_last_manager_is_not_erased(bruno, boss):
    with pytest.raises(LastManager):
        bruno.deactivate(by=boss)
    with pytest.raises(StillActive):
        erasure.erase(bruno, by=boss, reason=REASON)


def test_nobody_erases_themselves(boss):
    User.objects.filter(pk=boss.pk).update(is_active=False)
    boss.refresh_from_db()

    with pytest.raises(Themselves):
        erasure.erase(boss, by=boss, reason=REASON)


def test_somebody_of_support_is_erased_like_anybody(boss, bruno, browse):
    marta = StaffFactory(is_superuser=True, **{**CANARIES, "email": "zulema-cn4@soporte.example"})
    ticket = open_ticket(bruno)
    ticket.assign(by=boss, to=marta)
    ticket.reply(by=marta, body="Lo miro.")
    User.objects.filter(pk=marta.pk).update(is_active=False)
    marta.refresh_from_db()

    assert erasure.erase(marta, by=boss, reason=REASON)

    marta.refresh_from_db()
    assert set(places_of(NAMES)) == set()
    assert (marta.is_staff, marta.is_superuser, marta.is_active, marta.groups.count()) == (True, False, False, 0)
    assert browse(boss).get(reverse("admin:accounts_user_change", args=[marta.pk])).status_code == 200
    assert browse(boss).post(reverse("admin:accounts_user_change", args=[marta.pk]), {}).status_code == 403


# --- the desk ---


@pytest.fixture
def request_of_ana(ana):
    return ErasureRequest.objects.ask(person=ana, by=ana)


def decide(browse, who, request, **data):
    url = reverse("admin:accounts_erasurerequest_change", args=[request.pk])
    return browse(who).post(url, {"decision": "erase", "reason": REASON} | data)


def test_support_erases_whom_the_manager_has_deactivated(browse, ana, bruno, boss, request_of_ana):
    too_early = decide(browse, boss, request_of_ana)
    assert "La persona sigue activa" in too_early.content.decode()
    ana.deactivate(by=bruno)

    assert decide(browse, boss, request_of_ana).status_code == 302

    request_of_ana.refresh_from_db()
    person = User.objects.get(pk=ana.pk)
    assert (request_of_ana.state, request_of_ana.settled_by_id, request_of_ana.reason) == ("done", boss.pk, REASON)
    assert person.erased_at is not None
    mail = OutgoingMail.objects.get(kind="person_erased")
    assert (mail.address, str(person) in mail.text) == (bruno.email, True)
    assert decide(browse, boss, request_of_ana).status_code == 403


def test_support_says_no_and_why(browse, ana, boss, request_of_ana):
    assert decide(browse, boss, request_of_ana, decision="refuse", reason="Hay un pleito.").status_code == 302

    request_of_ana.refresh_from_db()
    assert (request_of_ana.state, request_of_ana.reason) == ("refused", "Hay un pleito.")
    mail = OutgoingMail.objects.get(kind="erasure_refused")
    assert (mail.address, "Hay un pleito." in mail.text) == (ana.email, True)
    assert User.objects.get(pk=ana.pk).is_active


@pytest.mark.parametrize("data", [{"reason": ""}, {"reason": "x" * 301}, {"decision": "x"}, {"decision": ""}])
def test_a_decision_says_what_and_why(browse, ana, bruno, boss, request_of_ana, data):
    ana.deactivate(by=bruno)

    assert decide(browse, boss, request_of_ana, **data).status_code == 200

    request_of_ana.refresh_from_db()
    assert request_of_ana.state == "waiting"
    assert User.objects.get(pk=ana.pk).erased_at is None


def test_only_administration_decides(browse, agent, request_of_ana):
    assert decide(browse, agent, request_of_ana).status_code == 403


def test_support_enters_what_came_by_letter(browse, boss, ana, bruno):
    url = reverse("admin:accounts_erasurerequest_add")

    assert browse(boss).post(url, {"person": ana.pk}).status_code == 302
    assert browse(boss).post(url, {"person": ana.pk}).status_code == 302  # twice is once

    request = ErasureRequest.objects.get()
    assert (request.person, request.asked_by_id, request.company) == (ana, boss.pk, ana.company)
    assert set(OutgoingMail.objects.values_list("kind", "address")) == {
        ("erasure_requested", bruno.email),
        ("erasure_requested_for_support", "soporte@acme.example"),
    }
    assert AuditEntry.objects.get(kind="erasure_requested").actor_id == boss.pk


def test_whoever_was_erased_asks_no_more(browse, boss, ana):
    erased(ana, boss)

    answer = browse(boss).post(reverse("admin:accounts_erasurerequest_add"), {"person": ana.pk})

    assert answer.status_code == 200 and not ErasureRequest.objects.exists()


def test_the_desks_own_log_keeps_no_name(browse, boss, ibarra):
    zulema = zulema_of(ibarra)
    request = ErasureRequest.objects.ask(person=zulema, by=zulema)
    UserFactory(company=ibarra, is_company_manager=True)
    zulema.deactivate(by=boss)

    decide(browse, boss, request)

    assert set(places_of(NAMES)) == set()
    assert User.objects.filter(pk=zulema.pk).exclude(erased_at=None).exists()


def test_the_list_costs_the_same_for_one_and_for_thirty(browse, boss, ibarra):
    client, costs = browse(boss), []
    client.get(reverse("admin:index"))  # notes the activity of the session
    for more in (1, 29):
        for person in UserFactory.create_batch(more, company=ibarra):
            ErasureRequest.objects.ask(person=person, by=person)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse("admin:accounts_erasurerequest_changelist")).status_code == 200
        costs.append(len(queries))

    assert costs[0] == costs[1]


def test_a_login_that_an_erased_person_had_is_free_again(zulema, boss, ibarra):
    erased(zulema, boss)

    assert UserFactory(company=ibarra, login=CANARIES["login"], email=CANARIES["email"]).may_log_in()
