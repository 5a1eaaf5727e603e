"""Log-in, links that open an account, sessions and passwords."""

import re
import time
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings as project
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.signing import TimestampSigner, b62_encode
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.areas import opened_to
from accounts.models import AuditEntry, Company, User
from accounts.models.user import INVITATION_SALT
from accounts.tokens import ResetTokenGenerator
from files.receiving import receive
from mail.models import OutgoingMail
from tests.factories import PASSWORD, TopicFactory, UserFactory, new_draft
from tests.walls.forms import ask_for_reset, invitation_url, log_in, text_file, ticket_data, unrandom
from tests.walls.hashing import CountingHasher
from tickets.models import Draft, Message, Ticket

pytestmark = pytest.mark.django_db

NEW_PASSWORD = "Otra-2027"


@pytest.fixture
def hashes(settings):
    """Call it to learn how many password hashes were computed since the last call."""
    settings.PASSWORD_HASHERS = ["tests.walls.hashing.CountingHasher"]

    def since() -> int:
        computed, CountingHasher.computed = CountingHasher.computed, 0
        return computed

    since()
    return since


def is_logged_in(client) -> bool:
    return client.get(reverse("account:profile")).status_code == 200


def session_key(client) -> str:
    return client.cookies[project.SESSION_COOKIE_NAME].value


# --- log-in says nothing ---


@pytest.fixture
def refused(ana, ibarra, norte):
    """Why somebody may not log in → login name and password tried."""
    gone = UserFactory(company=ibarra, first_name="Gone", is_active=False)
    contact = UserFactory(company=ibarra, first_name="Sinacceso", has_portal_access=False, can_use_tickets=False)
    mute = UserFactory(company=ibarra, first_name="Mute")
    mute.set_unusable_password()
    mute.save()
    suspended = UserFactory(company=norte, first_name="Suspended")
    Company.objects.filter(pk=norte.pk).update(is_active=False)
    return {
        "unknown": ("nobody", PASSWORD),
        "wrong password": (ana.login, "Clave-9999"),
        "wrong password, by address": (ana.email, "Clave-9999"),
        "inactive": (gone.login, PASSWORD),
        "inactive, by address": (gone.email, PASSWORD),
        "without access": (contact.login, PASSWORD),
        "without access, by address": (contact.email, PASSWORD),
        "without password": (mute.login, PASSWORD),
        "company suspended": (suspended.login, PASSWORD),
    }


def what_is_seen(answer, *echoed: str) -> dict:
    headers = {name: value for name, value in answer.headers.items() if name not in ("Content-Length", "Expires")}
    return {
        "status": answer.status_code,
        "page": unrandom(answer, *echoed),
        "headers": headers,
        "cookies": sorted(answer.cookies),
    }


def differences(seen: dict[str, dict], like: str) -> dict[str, list[str]]:
    """For each reason the aspects that betray it."""
    return {
        reason: aspects
        for reason, answer in seen.items()
        if (aspects := [name for name, value in answer.items() if value != seen[like][name]])
    }


def test_a_refused_log_in_looks_the_same_whatever_the_reason(browse, refused, hashes):
    seen = {}
    for reason, (login, password) in refused.items():
        with CaptureQueriesContext(connection) as queries:
            answer = log_in(browse(), login, password)
        seen[reason] = what_is_seen(answer, f'"{login}"') | {"hashes": hashes(), "queries": len(queries)}

    assert (seen["unknown"]["status"], seen["unknown"]["hashes"]) == (200, 1)
    assert differences(seen, like="unknown") == {}
    assert not OutgoingMail.objects.exists()


def test_after_too_many_failures_no_password_is_looked_at(browse, ana, hashes):
    answers = {}
    for login in (ana.login, "nobody"):
        cache.clear()
        for _try in range(10):
            log_in(browse(), login, "Clave-9999")
        hashes()
        answers[login] = unrandom(log_in(browse(), login), f'"{login}"'), hashes()

    assert answers[ana.login] == answers["nobody"]
    assert answers["nobody"][1] == 0


def test_the_right_password_opens_by_name_and_by_address(browse, ana):
    for login in (ana.login, ana.login.upper(), ana.email, f" {ana.email} "):
        assert log_in(browse(), login).status_code == 302, login


def test_a_header_of_the_client_does_not_make_it_another_address(browse, ana):
    for number in range(50):
        log_in(browse(), f"nobody{number}", "Clave-9999", headers={"X-Forwarded-For": f"10.0.0.{number}"})

    answer = browse().post(
        reverse("account_login"),
        {"login": ana.login, "password": PASSWORD},
        headers={"X-Forwarded-For": "10.9.9.9<script>", "CF-Connecting-IP": "10.9.9.9"},
    )

    assert answer.status_code == 429
    assert set(AuditEntry.objects.values_list("address", flat=True)) == {"127.0.0.1"}


# --- a forgotten password ---


def test_asking_for_a_link_looks_the_same_whoever_asks(browse, refused, ana, hashes):
    addresses = {
        reason: login if "@" in login else f"{login}@iba.example" for reason, (login, _password) in refused.items()
    }
    seen = {}
    for reason, address in {**addresses, "may log in": ana.email}.items():
        seen[reason] = what_is_seen(ask_for_reset(browse(), address)) | {"hashes": hashes()}

    assert seen["unknown"]["status"] == 302
    assert differences(seen, like="unknown") == {}


def test_only_who_may_log_in_is_mailed_a_link(browse, refused, ana, agent):
    for person in User.objects.all():
        ask_for_reset(browse(), person.email)

    mailed = set(OutgoingMail.objects.filter(kind="password_reset").values_list("address", flat=True))
    assert mailed == {person.email for person in User.objects.all() if person.may_log_in()}
    assert {ana.email, agent.email} <= mailed


def test_three_links_an_hour_and_no_more(browse, ana):
    answers = {}
    for address in (ana.email, "nobody@iba.example"):
        cache.clear()
        answers[address] = [unrandom(ask_for_reset(browse(), address), address) for _try in range(5)]

    assert OutgoingMail.objects.count() == 3
    assert answers[ana.email] == answers["nobody@iba.example"]


class EarlierGenerator(ResetTokenGenerator):
    """Makes the tokens of so many seconds ago."""

    def __init__(self, seconds: int):
        super().__init__()
        self.seconds = seconds

    def _now(self):
        return super()._now() - timedelta(seconds=self.seconds)


def reset_url(person: User, key: str = "", *, seconds_ago: int = 0) -> str:
    key = key or EarlierGenerator(seconds_ago).make_token(person)
    return reverse("account_reset_password_from_key", args=[user_pk_to_url_str(person), key])


def choose_password(client, url: str):
    """Follow a link and send the form behind it; the status 302 means that the password was taken."""
    page = client.get(url, follow=True)
    form_url = page.redirect_chain[-1][0] if page.redirect_chain else url
    return client.post(form_url, {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD})


def test_a_link_sets_the_password_once_and_ends_the_sessions(browse, ana):
    elsewhere, link = browse(ana), reset_url(ana)

    assert choose_password(browse(), link).status_code == 302
    assert choose_password(browse(), link).status_code == 200

    ana.refresh_from_db()
    assert ana.check_password(NEW_PASSWORD)
    assert not is_logged_in(elsewhere)


def test_a_link_lives_for_an_hour(browse, ana):
    lifetime = project.PASSWORD_RESET_TIMEOUT

    assert choose_password(browse(), reset_url(ana, seconds_ago=lifetime + 2)).status_code == 200
    assert choose_password(browse(), reset_url(ana, seconds_ago=lifetime - 30)).status_code == 302


OVERTAKEN = {
    "another password": lambda person: person.change_password("Tercera-2028"),
    "another address": lambda person: User.objects.filter(pk=person.pk).update(email="ana@otra.example"),
    "deactivated": lambda person: person.deactivate(by=None),
    "access withdrawn": lambda person: person.set_permissions(by=None, changes={"has_portal_access": False}),
    "company suspended": lambda person: Company.objects.filter(pk=person.company_id).update(is_active=False),
    "deactivated and reactivated": lambda person: (person.deactivate(by=None), person.reactivate(by=None)),
    "sessions closed": lambda person: person.end_sessions(),
}


@pytest.mark.parametrize("event", OVERTAKEN)
def test_a_link_is_overtaken_by_what_happens_to_the_account(browse, ana, event):
    link, invitation = reset_url(ana), invitation_url(ana.invitation_token())
    OVERTAKEN[event](ana)

    assert choose_password(browse(), link).status_code == 200
    assert browse().get(invitation).status_code == 410
    ana.refresh_from_db()
    assert not ana.check_password(NEW_PASSWORD)


@pytest.mark.parametrize("event", OVERTAKEN)
def test_a_form_that_was_open_meanwhile_is_overtaken_too(browse, ana, event):
    client = browse()
    form_url = client.get(reset_url(ana), follow=True).redirect_chain[-1][0]
    OVERTAKEN[event](ana)

    answer = client.post(form_url, {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD})

    assert answer.status_code == 200
    ana.refresh_from_db()
    assert not ana.check_password(NEW_PASSWORD)


HOSTILE_TOKENS = ["%20", "NULL", "None", "undefined", "[]", "%00", "a%00b", "0", "-", "..%2f..%2f", "ñ", "a" * 10_000]


@pytest.mark.parametrize("token", HOSTILE_TOKENS, ids=lambda token: token[:12])
def test_a_token_that_nobody_made_opens_nothing(browse, ana, token):
    pk = user_pk_to_url_str(ana)
    urls = [f"/acceso/recuperar/{pk}-{token}/", f"/acceso/recuperar/0-{token}/", f"/cuenta/invitacion/{token}/"]
    reset, nobody, invitation = (browse().get(url) for url in urls)

    assert unrandom(reset, f"/{pk}-") == unrandom(nobody, "/0-")
    assert reset.status_code == 200 or "%2f" in token
    assert "password1" not in unrandom(reset)
    assert invitation.status_code in (404, 410)


def test_a_link_serves_nobody_else(browse, ana, diego):
    key = EarlierGenerator(0).make_token(ana)

    assert choose_password(browse(), reset_url(diego, key)).status_code == 200
    assert browse().get(f"/acceso/recuperar/{user_pk_to_url_str(ana)}-set-password/").status_code == 200


# --- the link of an invitation ---


class EarlierSigner(TimestampSigner):
    """Signs as so many seconds ago."""

    seconds = 0

    def timestamp(self):
        return b62_encode(int(time.time()) - self.seconds)


def invitation(person: User, *, seconds_ago: int) -> str:
    signer = EarlierSigner(salt=INVITATION_SALT)
    signer.seconds = seconds_ago
    return invitation_url(signer.sign_object([person.pk, person.invitation_state()]))


def test_an_invitation_lives_for_fourteen_days(browse, ana):
    lifetime = project.INVITATION_DAYS * 24 * 3600

    assert browse().get(invitation(ana, seconds_ago=lifetime - 30)).status_code == 200
    assert browse().get(invitation(ana, seconds_ago=lifetime + 2)).status_code == 410


def test_an_invitation_works_once_and_only_by_the_button(browse, ana):
    link = invitation_url(ana.invitation_token())
    for _scanner in range(3):
        assert browse().get(link).status_code == 200

    assert choose_password(browse(), link).status_code == 302
    assert choose_password(browse(), link).status_code == 410


def test_a_signature_for_something_else_is_no_invitation(browse, ana):
    signer = EarlierSigner(salt="something.else")
    right = ana.invitation_token()
    forged = [signer.sign_object([ana.pk, ana.invitation_state()]), right[:-1], right + "a", right.upper()]

    assert {browse().get(invitation_url(token)).status_code for token in forged} == {410}


# --- where the portal says it is ---


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "testserver@evil.example"]
)
def test_another_host_name_is_refused(browse, host):
    answer = browse().get(reverse("account_login"), headers={"Host": host})

    assert answer.status_code == 400
    assert "evil.example" not in answer.content.decode()


def test_every_link_of_every_mail_leads_to_the_public_address(browse, ana, bruno, agent, settings):
    settings.PUBLIC_URL = "https://soporte.acme.example"
    evil = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example", "X-Forwarded-Proto": "https"}
    diego = UserFactory(company=ana.company)
    diego.invite(by=bruno)
    browse(ana).post(reverse("tickets:new"), ticket_data(followers=[bruno.public_id, diego.public_id]), headers=evil)
    ticket = Ticket.objects.get()
    ticket.reply(by=agent, body="Hecho.")
    ticket.assign(by=ana, to=agent)
    ticket.close(by=agent)
    ticket.reopen(by=bruno)

    mails = list(OutgoingMail.objects.all())
    links = {link for mail in mails for link in re.findall(r"""https?://[^\s"'<>]+""", mail.text + mail.html)}

    assert len({mail.kind for mail in mails}) >= 8
    assert [link for link in links if not link.startswith("https://soporte.acme.example/")] == []
    assert len(links) == 3


def test_the_link_of_a_forgotten_password_leads_to_the_public_address(browse, ana, settings):
    settings.PUBLIC_URL = "https://soporte.acme.example"

    ask_for_reset(browse(), ana.email)

    assert "https://soporte.acme.example/acceso/recuperar/" in OutgoingMail.objects.get().text


NEXT = [
    "//evil.example", "///evil.example", "/\\evil.example", "\\\\evil.example", "https:evil.example", "http:///evil.example",
    "https://evil.example/", "\t//evil.example", " //evil.example", "/\t/evil.example", "javascript:alert(1)",
    "https://testserver@evil.example", "//testserver@evil.example/", "%2f%2fevil.example", "data:text/html,x",
    "https://testserver.evil.example/", "/" * 10_000, "\x00//evil.example", "/%0d%0aLocation:%20https://evil.example",
]  # fmt: skip


def is_local(location: str) -> bool:
    return re.match(r"%|/(?![/\\])", location) is not None and not re.search(r"[\x00-\x20\\]", location)


@pytest.mark.parametrize("next_page", NEXT, ids=lambda value: value[:24].encode("unicode-escape").decode())
def test_after_log_in_one_stays_here(browse, ana, agent, next_page):
    by_address, by_form, staff = browse(), browse(), browse(agent)
    login = reverse("account_login")
    credentials = {"login": ana.login, "password": PASSWORD}
    answers = {
        "address": by_address.post(f"{login}?{urlencode({'next': next_page})}", credentials),
        "form": by_form.post(login, credentials | {"next": next_page}),
        "logged in": by_form.get(login, {"next": next_page}),
        "language": browse().post(reverse("language"), {"language": "en", "next": next_page}),
        "log-out": by_address.post(reverse("account_logout"), {"next": next_page}),
        "desk": staff.get(reverse("admin:login"), {"next": next_page}),
    }

    assert {answer.status_code for answer in answers.values()} == {302}
    assert {door: answer["Location"] for door, answer in answers.items() if not is_local(answer["Location"])} == {}


def test_a_local_page_is_where_one_wanted_to_go(browse, ana):
    answer = browse().post(f"{reverse('account_login')}?next=/tickets/", {"login": ana.login, "password": PASSWORD})

    assert answer["Location"] == "/tickets/"


# --- sessions ---


def test_the_session_of_a_visitor_ends_at_log_in(browse, ana):
    client = browse()
    visitor = client.session
    visitor["seen_before"] = "yes"
    visitor.save()
    client.cookies[project.SESSION_COOKIE_NAME] = visitor.session_key

    log_in(client, ana.login)

    assert session_key(client) != visitor.session_key
    assert not Session.objects.filter(pk=visitor.session_key).exists()


def test_a_session_name_that_somebody_else_chose_is_not_adopted(browse, ana):
    client = browse()
    client.cookies[project.SESSION_COOKIE_NAME] = chosen = "c" * 32

    log_in(client, ana.login)

    assert session_key(client) != chosen
    assert not Session.objects.filter(pk=chosen).exists()


def test_logging_out_ends_the_session_on_the_server(browse, ana):
    client, thief = browse(), browse()
    log_in(client, ana.login)
    thief.cookies[project.SESSION_COOKIE_NAME] = session_key(client)
    assert is_logged_in(thief)

    client.post(reverse("account_logout"))

    assert not is_logged_in(thief)


def test_a_new_password_ends_the_other_sessions_and_renames_this_one(browse, ana):
    here, elsewhere = browse(), browse()
    log_in(here, ana.login)
    log_in(elsewhere, ana.login)
    before = session_key(here)

    data = {"current": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    assert here.post(reverse("account:password"), data).status_code == 302

    assert is_logged_in(here)
    assert not is_logged_in(elsewhere)
    assert session_key(here) != before
    assert not Session.objects.filter(pk=before).exists()


def hours_left(client) -> float:
    return (Session.objects.get(pk=session_key(client)).expire_date - timezone.now()).total_seconds() / 3600


def test_sessions_live_as_long_as_was_decided(browse, ana, agent):
    short, remembered, staff = browse(), browse(), browse()
    log_in(short, ana.login)
    log_in(remembered, ana.login, remember="on")
    log_in(staff, agent.login, remember="on")

    assert [round(hours_left(client), 1) for client in (short, remembered, staff)] == [8, 30 * 24, 1]
    assert short.cookies[project.SESSION_COOKIE_NAME]["max-age"] == ""
    assert remembered.cookies[project.SESSION_COOKIE_NAME]["max-age"] == 30 * 24 * 3600


def test_a_session_that_was_idle_for_too_long_is_over(browse, ana):
    client = browse()
    log_in(client, ana.login)
    Session.objects.filter(pk=session_key(client)).update(expire_date=timezone.now() - timedelta(seconds=1))

    assert not is_logged_in(client)


def remember(client, **values) -> None:
    """Change what is stored in the session, as if it had been written at another time."""
    stored = SessionStore(session_key(client))
    stored.update(values)
    stored.save()


@pytest.mark.parametrize(("idle_seconds", "moved"), [(299, False), (301, True)])
def test_activity_moves_the_end_at_most_every_five_minutes(browse, ana, idle_seconds, moved):
    client = browse()
    log_in(client, ana.login)
    seen = time.time() - idle_seconds
    remember(client, seen=seen, rules_asked=seen)
    Session.objects.filter(pk=session_key(client)).update(expire_date=timezone.now() + timedelta(hours=1))

    assert is_logged_in(client)

    assert round(hours_left(client)) == (8 if moved else 1)


@pytest.mark.parametrize(("seconds_left", "open_still"), [(30, True), (-1, False)])
def test_a_staff_session_ends_for_good(browse, agent, seconds_left, open_still):
    client = browse()
    log_in(client, agent.login)
    remember(client, ends_at=time.time() + seconds_left)

    assert is_logged_in(client) is open_still
    assert Session.objects.exists() is open_still


def test_who_loses_the_right_to_log_in_is_out_at_the_next_click(browse, ana, diego, carla, agent):
    clients = {person: browse(person) for person in (ana, diego, carla, agent)}
    ana.deactivate(by=None)
    diego.set_permissions(by=None, changes={"has_portal_access": False})
    Company.objects.filter(pk=carla.company_id).update(is_active=False)
    User.objects.filter(pk=agent.pk).update(is_active=False)

    assert [person for person, client in clients.items() if is_logged_in(client)] == []


def test_a_flag_that_was_withdrawn_closes_its_pages_at_the_next_click(browse, ana, bruno):
    draft = new_draft(ana)
    draft.add([receive(text_file())])
    ticket = draft.open_ticket(topic=TopicFactory(), subject="No imprime", body="Nada.")
    file = ticket.attachments.get().get_absolute_url()
    client = browse(ana)
    assert client.get(ticket.get_absolute_url()).status_code == client.get(file).status_code == 200

    ana.set_permissions(by=bruno, changes={"can_use_tickets": False})

    upload = {"key": Draft.new_key(), "files": text_file()}
    assert client.get(reverse("tickets:list")).status_code == 403
    assert client.post(reverse("tickets:new"), ticket_data()).status_code == 403
    assert client.post(reverse("tickets:new_files"), upload).status_code == 403
    assert client.get(ticket.get_absolute_url()).status_code == 404
    assert client.get(file).status_code == 404
    assert client.post(ticket.get_absolute_url(), {"key": Draft.new_key(), "body": "¿Hola?"}).status_code == 404
    assert Message.objects.count() == 1
    assert "tickets" not in opened_to(ana)


# --- passwords ---

PASSWORDS = {
    "Corta-1": False,
    "Corta-12": True,
    f"Larga-{'1' * 26}": True,
    f"Larga-{'1' * 27}": False,
    f"Larga-{'1' * 58}": False,
    "12345-789": False,
    "Sin-cifras": False,
    "SinSigno2026": False,
    "Sin Signo 2026": False,
    "Sin_Signo_2026": True,
    " Con-espacios 1 ": True,
    "ñÑçÇ-123": True,
    "пароль-12": True,
    "Clave2026🙂": True,
    "٣٣٣٣٣٣٣٣-a": True,
    "Clave-2026\x00": False,
    "a1-" * 2000: False,
    "": False,
}


def change(client, person, password):
    data = {"current": PASSWORD, "password1": password, "password2": password}
    return client(person).post(reverse("account:password"), data)


def accept_invitation(client, person, password):
    return client().post(invitation_url(person.invitation_token()), {"password1": password, "password2": password})


def reset(client, person, password):
    visitor = client()
    form_url = visitor.get(reset_url(person), follow=True).redirect_chain[-1][0]
    return visitor.post(form_url, {"password1": password, "password2": password})


@pytest.mark.parametrize("way", [change, accept_invitation, reset], ids=lambda way: way.__name__)
@pytest.mark.parametrize("password", PASSWORDS, ids=lambda password: f"{password[:16]!a}-{len(password)}")
def test_every_form_keeps_the_same_rule(browse, ana, way, password):
    answer = way(browse, ana, password)

    ana.refresh_from_db()
    assert (answer.status_code == 302, ana.check_password(password)) == (PASSWORDS[password],) * 2


def test_spaces_are_part_of_a_password(browse, ana):
    ana.change_password(" Con-espacios 1 ")

    assert log_in(browse(), ana.login, "Con-espacios 1").status_code == 200
    assert log_in(browse(), ana.login, " Con-espacios 1 ").status_code == 302


@pytest.mark.parametrize(("length", "computed"), [(4096, 1), (4097, 0)])
def test_a_password_of_absurd_length_is_refused_before_any_hashing(browse, ana, hashes, length, computed):
    password = "a1-" + "x" * (length - 3)
    client = browse(ana)

    assert log_in(browse(), ana.login, password).status_code == 200
    assert hashes() == computed
    assert (
        client.post(reverse("account:password"), {"current": password, "password1": "x", "password2": "x"}).status_code
        == 200
    )
    assert hashes() == computed
    assert reset(browse, ana, password).status_code == 200
    assert hashes() == 0


def test_the_present_password_is_asked_for(browse, ana):
    data = {"current": "Clave-9999", "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}

    assert browse(ana).post(reverse("account:password"), data).status_code == 200
    ana.refresh_from_db()
    assert ana.check_password(PASSWORD)
