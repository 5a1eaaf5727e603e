"""A new e-mail address: asked for with the password fresh, confirmed where it leads; and which mails one gets."""

import re
import time

import pytest
from django.core import signing
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts import emails
from accounts.models import AuditEntry, Company, User
from accounts.models.refusals import Overtaken
from accounts.models.user import EMAIL_SALT, INVITATION_SALT
from mail.models import OutgoingMail
from tests.factories import PASSWORD, UserFactory
from tests.walls.forms import invitation_url, log_in, unrandom

pytestmark = pytest.mark.django_db

PAGE = "/cuenta/correo/"
NEW = "ana.ruiz@nueva.example"


@pytest.fixture(autouse=True)
def no_attempt_is_remembered():
    """The limits on attempts are counted in the cache, for all tests together."""
    cache.clear()


def logged_in(browse, person):
    browser = browse()
    log_in(browser, person.login)
    return browser


def link_of(person, address=NEW) -> str:
    return f"/cuenta/correo/confirmar/{person.email_token(address)}/"


def mailed_link() -> str:
    return re.search(r"/cuenta/correo/confirmar/\S+", OutgoingMail.objects.get(kind="email_to_confirm").text)[0]


def test_a_new_address_is_asked_for_confirmed_and_told_of(browse, ana, mails):
    before = ana.email
    logged_in(browse, ana).post(PAGE, {"email": " Ana.Ruiz@Nueva.example "})
    assert mails() == {("email_change_asked", before), ("email_to_confirm", NEW)}
    link, visitor = mailed_link(), browse()
    mails.clear()

    assert visitor.get(link).status_code == 200
    ana.refresh_from_db()
    assert ana.email == before
    assert visitor.post(link).headers["Location"] == "/cuenta/perfil/"

    ana.refresh_from_db()
    assert ana.email == NEW
    assert mails() == {("email_changed", before)}
    row = AuditEntry.objects.get(kind="email_changed")
    assert (row.actor_id, row.target_id, row.company_id, row.changes) == (ana.pk, ana.pk, ana.company_id, {})
    assert log_in(browse(), NEW).status_code == 302


def test_it_needs_a_fresh_password(browse, ana):
    browser = browse(ana)

    answers = [browser.get(PAGE), browser.post(PAGE, {"email": NEW})]

    assert {answer.headers["Location"] for answer in answers} == {"/acceso/confirmar/?next=%2Fcuenta%2Fcorreo%2F"}
    assert not OutgoingMail.objects.exists()


@pytest.mark.parametrize(
    "typed", ["", "no", "a@b", "x" * 250 + "@nueva.example", "a\x00@nueva.example", "a@nueva.example\nb"]
)
def test_what_is_no_address_is_refused_in_words(browse, ana, typed):
    answer = logged_in(browse, ana).post(PAGE, {"email": typed})

    assert answer.status_code == 200
    assert answer.context["form"].errors["email"]
    assert not OutgoingMail.objects.exists()


def test_ones_own_address_is_no_change(browse, ana):
    answer = logged_in(browse, ana).post(PAGE, {"email": ana.email.upper()})

    assert "ya es su dirección" in answer.content.decode().lower()


def test_a_taken_address_gets_the_same_answer_and_no_mail(browse, ana, carla, mails):
    browser, seen = logged_in(browse, ana), {}
    for address in (carla.email, "libre@nueva.example"):
        with CaptureQueriesContext(connection) as queries:
            answer = browser.post(PAGE, {"email": address})
        shown = unrandom(browser.get(answer.headers["Location"]), address)
        seen[address] = (answer.status_code, answer.headers["Location"], shown, len(queries))

    assert len(set(seen.values())) == 1
    assert [mail.address for mail in OutgoingMail.objects.filter(kind="email_to_confirm")] == ["libre@nueva.example"]


def test_an_address_that_was_taken_meanwhile_is_not_given_twice(browse, ana, ibarra):
    link = link_of(ana)
    UserFactory(company=ibarra, first_name="Otra", email=NEW)

    assert browse().post(link).status_code == 410
    assert not AuditEntry.objects.filter(kind="email_changed").exists()
    assert not OutgoingMail.objects.exists()


def test_a_contact_without_access_may_have_the_same_address(browse, ana, ibarra):
    UserFactory(company=ibarra, first_name="Otra", email=NEW, has_portal_access=False, can_use_tickets=False)

    assert browse().post(link_of(ana)).status_code == 302


def test_only_so_many_links_an_hour(browse, ana):
    browser = logged_in(browse, ana)

    answers = [browser.post(PAGE, {"email": f"a{number}@nueva.example"}).status_code for number in range(6)]

    assert answers == [302] * 5 + [429]


# --- the link (A30) ---


@pytest.mark.parametrize(
    "token", ["%20", "NULL", "None", "undefined", "[]", "%00", "a%00b", "0", "-", "a:b:c", "ñ", "..%2f", "a" * 10_000]
)
def test_a_token_that_nobody_made_changes_nothing(browse, ana, token):
    for method in (browse().get, browse().post):
        assert method(f"/cuenta/correo/confirmar/{token}/").status_code in (404, 410)


def test_a_signature_for_something_else_changes_nothing(browse, ana, diego):
    state = ana.email_state()
    forged = [
        ana.invitation_token(),
        signing.dumps([ana.pk, NEW, state], salt=INVITATION_SALT),
        signing.dumps([diego.pk, NEW, state], salt=EMAIL_SALT),
        signing.dumps([ana.pk, NEW], salt=EMAIL_SALT),
        signing.dumps({"pk": ana.pk}, salt=EMAIL_SALT),
        signing.dumps(None, salt=EMAIL_SALT),
        ana.email_token(NEW)[:-1],
        ana.email_token(NEW) + "a",
    ]

    assert {browse().post(f"/cuenta/correo/confirmar/{token}/").status_code for token in forged} == {410}
    assert browse().get(invitation_url(ana.email_token(NEW))).status_code == 410


def token_of(person, monkeypatch, *, seconds_ago: int) -> str:
    now = time.time()
    with monkeypatch.context() as clock:
        clock.setattr("django.core.signing.time.time", lambda: now - seconds_ago)
        return person.email_token(NEW)


@pytest.mark.parametrize(("seconds_ago", "status"), [(24 * 3600 - 2, 302), (24 * 3600 + 1, 410)])
def test_the_link_lives_for_a_day(browse, ana, monkeypatch, seconds_ago, status):
    token = token_of(ana, monkeypatch, seconds_ago=seconds_ago)

    assert browse().post(f"/cuenta/correo/confirmar/{token}/").status_code == status


OVERTAKEN = {
    "used": lambda person: person.change_email("otra@nueva.example"),
    "another password": lambda person: person.change_password("Tercera-2028"),
    "another address by the manager": lambda person: person.edit(by=None, data={"email": "ana@gestor.example"}),
    "sessions ended": lambda person: person.end_sessions(),
    "deactivated": lambda person: person.deactivate(by=None),
    "access withdrawn": lambda person: person.set_permissions(by=None, changes={"has_portal_access": False}),
    "company suspended": lambda person: Company.objects.filter(pk=person.company_id).update(is_active=False),
}


@pytest.mark.parametrize("event", OVERTAKEN)
def test_the_link_is_overtaken_by_what_happens_to_the_account(browse, ana, event):
    link = link_of(ana)
    OVERTAKEN[event](ana)

    assert browse().get(link).status_code == 410
    assert browse().post(link).status_code == 410
    ana.refresh_from_db()
    assert ana.email != NEW


def test_no_link_outlives_a_deactivation(browse, ana):
    links = {
        "e-mail": link_of(ana),
        "invitation": invitation_url(ana.invitation_token()),
    }
    ana.deactivate(by=None)
    ana.reactivate(by=None)

    assert {name: browse().get(link).status_code for name, link in links.items()} == {"e-mail": 410, "invitation": 410}


def test_two_uses_of_one_link_at_once_change_it_once(ana):
    first, second = User.objects.get(pk=ana.pk), User.objects.get(pk=ana.pk)
    first.change_email(NEW)

    with pytest.raises(Overtaken):
        second.change_email("otra@nueva.example")

    ana.refresh_from_db()
    assert ana.email == NEW


def test_the_logbook_and_the_old_address_are_told_no_secret(browse, ana):
    logged_in(browse, ana).post(PAGE, {"email": NEW})
    token = mailed_link().removeprefix("/cuenta/correo/confirmar/").rstrip("/")

    assert token not in OutgoingMail.objects.get(kind="email_change_asked").text
    assert OutgoingMail.objects.get(kind="email_to_confirm").is_secret
    assert not [row for row in AuditEntry.objects.all() if "@" in str(row.changes)]


# --- which mails one gets ---


def test_general_mail_may_be_declined_and_taken_up_again(browse, ana):
    User.objects.filter(pk=ana.pk).update(receives_general_mail=True)
    browser = browse(ana)
    for data, declines in (({}, True), ({}, True), ({"general": "on"}, False)):
        browser.post("/cuenta/correos/", data)
        ana.refresh_from_db()
        assert ana.declines_general_mail is declines

    rows = AuditEntry.objects.filter(kind="person_changed").order_by("pk")
    assert [row.changes for row in rows] == [
        {"declines_general_mail": [False, True]},
        {"declines_general_mail": [True, False]},
    ]


def test_what_the_manager_decides_is_explained_and_cannot_be_set(browse, ana):
    User.objects.filter(pk=ana.pk).update(copied_on_company_tickets=True)
    browser = browse(ana)
    page = browser.get("/cuenta/correos/").content.decode()

    browser.post("/cuenta/correos/", {"receives_licence_files": "on", "receives_general_mail": "on", "is_staff": "on"})

    assert "Lo que decide el gestor" in page
    assert 'name="receives_licence_files"' not in page
    ana.refresh_from_db()
    assert (ana.receives_licence_files, ana.receives_general_mail, ana.is_staff) == (False, False, False)


def unsubscribe_path(person) -> str:
    return emails.unsubscribe_link(person).split("8000", 1)[1]


@pytest.mark.parametrize("access", [True, False])
def test_general_mail_is_declined_from_the_mail_without_log_in(browse, ana, bruno, settings, access):
    settings.PUBLIC_URL = "http://127.0.0.1:8000"
    if not access:
        ana.set_permissions(by=bruno, changes={"has_portal_access": False})
    path, visitor = unsubscribe_path(ana), browse()
    assert visitor.get(path).status_code == 200
    ana.refresh_from_db()
    assert not ana.declines_general_mail

    assert visitor.post(path).status_code == visitor.post(path).status_code == 200

    ana.refresh_from_db()
    assert ana.declines_general_mail
    assert AuditEntry.objects.filter(kind="person_changed").count() == 1


def test_the_link_out_of_general_mail_does_not_end(browse, ana, settings):
    settings.PUBLIC_URL = "http://127.0.0.1:8000"
    path = unsubscribe_path(ana)
    ana.change_password("Tercera-2028")
    ana.change_email(NEW)
    ana.end_sessions()

    assert browse().post(path).status_code == 200


@pytest.mark.parametrize("token", ["x", "None", "%00", "a:b", "ñ", "a" * 10_000, ":", "%20"])
def test_a_link_out_that_nobody_made_does_nothing(browse, ana, token):
    for method in (browse().get, browse().post):
        assert method(f"/cuenta/correos/baja/{token}/").status_code in (404, 410)
    assert browse().post(f"/cuenta/correos/baja/{ana.public_id}:{'x' * 43}/").status_code == 410
    assert log_in(browse(), ana.login, PASSWORD).status_code == 302
