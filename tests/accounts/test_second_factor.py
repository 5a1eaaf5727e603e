"""The second factor: added and removed, asked for at log-in, compulsory for support where the installation says so."""

import base64
import json
import re
import time
from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts import encryption, second_factor
from accounts.models import AuditEntry
from portal.tasks import renew_encryption
from tests.factories import PASSWORD
from tests.passkeys import Passkey
from tests.walls.forms import log_in

pytestmark = pytest.mark.django_db

INDEX = "/cuenta/segundo-factor/"
ADD = "/cuenta/segundo-factor/aplicacion/"
REMOVE = "/cuenta/segundo-factor/aplicacion/quitar/"
CODES = "/cuenta/segundo-factor/codigos/"
NEW_PASSKEY = "/cuenta/segundo-factor/llaves/nueva/"
AT_LOG_IN = "/acceso/segundo-factor/"


@pytest.fixture(autouse=True)
def no_attempt_is_remembered():
    """The limits on attempts are counted in the cache, for all tests together."""
    cache.clear()


@pytest.fixture
def clock(monkeypatch):
    """`clock(30)`: half a minute goes by for the codes of the app."""
    began, passed = time.time(), [0.0]
    monkeypatch.setattr(totp.time, "time", lambda: began + passed[0])

    def forward(seconds: float) -> None:
        passed[0] += seconds

    return forward


def code_of(secret: str, *, late: int = 0) -> str:
    """What the app shows now, or showed so many half minutes ago."""
    steps = list(totp.yield_hotp_counters_from_time())
    return totp.format_hotp_value(totp.hotp_value(secret, steps[len(steps) // 2] - late))


def give_app(person) -> str:
    """The person has an app; returns its secret."""
    secret = totp.generate_totp_secret()
    data = {"secret": encryption.encrypt(secret), "step": 0}
    Authenticator.objects.create(user=person, type=Authenticator.Type.TOTP, data=data)
    return secret


def logged_in(browse, person):
    """A browser in which the person has just shown the password, so that nothing asks for it again."""
    browser = browse()
    log_in(browser, person.login)
    return browser


def add_app(browser) -> tuple[str, str]:
    """Add an app as its page says. Returns the secret and the code that was typed."""
    page = browser.get(ADD).content.decode()
    secret = re.search(r'class="secret">([A-Z2-7 =]+)<', page)[1].replace(" ", "")
    code = code_of(secret)
    assert browser.post(ADD, {"code": code}).headers["Location"] == CODES
    return secret, code


def codes_on(page) -> list[str]:
    return re.findall(r"<li><code>(\d{8})</code></li>", page.content.decode())


def kinds(person) -> list[str]:
    rows = AuditEntry.objects.filter(target_id=person.pk).exclude(kind__in=["logged_in", "logged_out"])
    return list(rows.order_by("pk").values_list("kind", flat=True))


# --- adding one ---


def test_an_app_is_added_with_the_code_that_it_shows(browse, ana, mails):
    browser = logged_in(browse, ana)

    add_app(browser)

    assert second_factor.of(ana).is_on
    assert kinds(ana) == ["second_factor_added", "recovery_codes_made"]
    assert mails() == {("second_factor_added", ana.email)}


def test_the_picture_holds_the_key_that_stands_below_it(browse, ana, settings):
    page = logged_in(browse, ana).get(ADD)
    text = page.content.decode()
    secret = page.context["secret"].replace(" ", "")

    assert f"otpauth://totp/{ana.login}?secret={secret}" in page.context["address"].replace("%3D", "=")
    assert settings.BRAND["name"].replace(" ", "%20") in page.context["address"]
    assert b"<svg" in base64.b64decode(re.search(r"data:image/svg\+xml;base64,([^\"]+)", text)[1])


def test_reloading_the_page_keeps_the_key_that_was_scanned(browse, ana):
    browser = logged_in(browse, ana)

    assert browser.get(ADD).context["secret"] == browser.get(ADD).context["secret"]


@pytest.mark.parametrize("code", ["", " ", "000000", "abc", "１２３４５６", "1" * 10_000, "\x00", "None"])
def test_a_code_that_the_app_does_not_show_adds_nothing(browse, ana, code):
    browser = logged_in(browse, ana)
    browser.get(ADD)

    answer = browser.post(ADD, {"code": code})

    assert answer.status_code == 200
    assert answer.context["form"].errors["code"]
    assert not Authenticator.objects.exists()


def test_the_database_holds_no_secret_in_the_clear(browse, ana):
    browser = logged_in(browse, ana)
    secret, _code = add_app(browser)
    codes = codes_on(browser.get(CODES))

    stored = json.dumps(list(Authenticator.objects.values_list("data", flat=True)))

    assert len(codes) == 10
    assert [text for text in (secret, *codes) if text in stored] == []
    assert "mfa.totp.secret" not in browser.session


def test_a_second_app_is_not_added(browse, ana):
    browser = logged_in(browse, ana)
    add_app(browser)

    assert browser.get(ADD).headers["Location"] == INDEX
    assert browser.post(ADD, {"code": "000000"}).headers["Location"] == INDEX


# --- recovery codes ---


def test_recovery_codes_are_shown_once_and_can_be_kept_as_a_file(browse, ana):
    browser = logged_in(browse, ana)
    add_app(browser)

    shown = browser.get(CODES)
    codes = codes_on(shown)

    assert all(code in shown.context["file"] for code in codes)
    assert shown.context["file"].startswith("data:text/plain")
    assert codes_on(browser.get(CODES)) == []


def test_whoever_only_asks_for_the_headers_does_not_use_up_the_showing(browse, ana):
    browser = logged_in(browse, ana)
    add_app(browser)
    browser.head(CODES)

    assert len(codes_on(browser.get(CODES))) == 10


def test_new_recovery_codes_end_those_of_before(browse, ana, mails):
    browser = logged_in(browse, ana)
    add_app(browser)
    before = codes_on(browser.get(CODES))
    mails.clear()

    browser.post(CODES)
    after = codes_on(browser.get(CODES))

    assert len(set(after)) == 10
    assert not set(before) & set(after)
    assert mails() == {("recovery_codes_made", ana.email)}
    visitor = browse()
    log_in(visitor, ana.login)
    assert visitor.post(AT_LOG_IN, {"code": before[0]}).status_code == 200
    assert visitor.post(AT_LOG_IN, {"code": after[0]}).headers["Location"] == "/inicio/"


def test_without_a_second_factor_there_are_no_recovery_codes(browse, ana):
    browser = logged_in(browse, ana)

    assert browser.get(CODES).headers["Location"] == INDEX
    assert browser.post(CODES).headers["Location"] == INDEX
    assert not Authenticator.objects.exists()


# --- removing one ---


def test_with_the_last_factor_the_recovery_codes_go_too(browse, ana, mails):
    browser = logged_in(browse, ana)
    add_app(browser)
    mails.clear()

    assert browser.get(REMOVE).status_code == 200
    assert browser.post(REMOVE).headers["Location"] == INDEX

    assert not Authenticator.objects.exists()
    assert kinds(ana) == ["second_factor_added", "recovery_codes_made", "second_factor_removed"]
    assert mails() == {("second_factor_removed", ana.email)}
    assert browser.post(REMOVE).status_code == 404


def passkey_of(person, name="Portátil") -> Authenticator:
    data = {"name": name, "key": f"key-of-{person.pk}", "credential": Passkey().as_stored()}
    return Authenticator.objects.create(user=person, type=Authenticator.Type.WEBAUTHN, data=data)


def test_a_passkey_stays_when_the_app_goes(browse, ana):
    browser = logged_in(browse, ana)
    add_app(browser)
    passkey_of(ana)

    browser.post(REMOVE)

    left = second_factor.of(ana)
    assert (left.app, len(left.passkeys), left.codes_left) == (None, 1, 10)


def test_a_passkey_gets_another_name_and_is_removed_by_its_owner_alone(browse, ana, diego):
    passkey = passkey_of(ana)
    address = f"{INDEX}llaves/{passkey.data['key']}/"
    stranger, owner = logged_in(browse, diego), browse(ana)
    assert {stranger.post(address, {"name": "x"}).status_code, stranger.post(f"{address}quitar/").status_code} == {404}
    owner.post("/acceso/confirmar/", {"password": PASSWORD})

    assert owner.post(address, {"name": " Llave\nazul "}).headers["Location"] == INDEX
    assert "Llave azul" in owner.get(INDEX).content.decode()
    assert owner.post(address, {"name": "\u200b"}).context["form"].errors["name"]
    assert owner.post(f"{address}quitar/").headers["Location"] == INDEX
    assert not Authenticator.objects.exists()


@pytest.mark.parametrize("key", ["0", "%00", "a%00b", "None", "..%2f", "x" * 5000])
def test_a_passkey_that_nobody_has_is_not_there(browse, ana, key):
    passkey_of(ana)
    browser = browse(ana)
    browser.post("/acceso/confirmar/", {"password": PASSWORD})

    assert browser.get(f"{INDEX}llaves/{key}/").status_code == 404
    assert browser.post(f"{INDEX}llaves/{key}/quitar/").status_code == 404


NONSENSE = [
    "", "x", "null", "[]", "{}", "5", '"x"', "[" * 5000, '{"id": 1}', '{"id":"a","rawId":"a","response":{},"type":"x"}',
    '{"id":"YQ","rawId":"YQ","response":{"clientDataJSON":"e30","attestationObject":"oA"},"type":"public-key"}',
    '{"id":"YQ","rawId":"YQ","response":{"clientDataJSON":"e30","authenticatorData":"oA","signature":"oA"}}',
    '{"id":"ñ","rawId":"\\u0000","response":[],"type":[]}', "\x00",
]  # fmt: skip


@pytest.mark.parametrize("credential", NONSENSE, ids=range(len(NONSENSE)))
def test_what_no_browser_answers_is_refused_in_words(browse, ana, credential):
    give_app(ana)
    passkey_of(ana)
    Authenticator.objects.filter(type="webauthn").delete()
    browser, visitor = browse(ana), browse()
    browser.post("/acceso/confirmar/", {"password": PASSWORD})
    log_in(visitor, ana.login)
    browser.get(NEW_PASSKEY), visitor.get(AT_LOG_IN)

    added = browser.post(NEW_PASSKEY, {"name": "Llave", "credential": credential})
    shown = visitor.post(AT_LOG_IN, {"credential": credential})

    assert added.context["form"].errors["credential"]
    assert shown.context["webauthn_form"].errors["credential"]
    assert Authenticator.objects.count() == 1


def add_passkey(browser, passkey, **how):
    options = browser.get(NEW_PASSKEY).context["options"]
    return browser.post(NEW_PASSKEY, {"name": "Portátil", "credential": passkey.register(options, **how)})


def test_a_passkey_is_added_and_opens_the_account(browse, ana, mails):
    passkey, browser, visitor = Passkey(), logged_in(browse, ana), browse()
    assert add_passkey(browser, passkey).headers["Location"] == CODES
    assert len(codes_on(browser.get(CODES))) == 10
    assert mails() == {("second_factor_added", ana.email)}
    assert "Portátil" in browser.get(INDEX).content.decode()

    log_in(visitor, ana.login)
    options = visitor.get(AT_LOG_IN).context["options"]
    answer = visitor.post(AT_LOG_IN, {"credential": passkey.show(options)})

    assert answer.headers["Location"] == "/inicio/"
    assert second_factor.of(ana).passkeys[0].last_used_at is not None


def test_a_passkey_of_another_site_or_another_moment_is_not_added(browse, ana):
    browser = logged_in(browse, ana)
    earlier = browser.get(NEW_PASSKEY).context["options"]
    browser.get(NEW_PASSKEY)
    refused = [
        add_passkey(browser, Passkey(), origin="https://evil.example"),
        add_passkey(browser, Passkey(), origin="http://testserver"),
        browser.post(NEW_PASSKEY, {"name": "x", "credential": Passkey().register(earlier)}),
    ]

    assert all(answer.context["form"].errors["credential"] for answer in refused)
    assert not Authenticator.objects.exists()


def test_another_passkey_or_an_answer_of_before_opens_nothing(browse, ana, diego):
    passkey, theirs = Passkey(), Passkey()
    add_passkey(logged_in(browse, ana), passkey)
    add_passkey(logged_in(browse, diego), theirs)
    visitor, again = browse(), browse()
    log_in(visitor, ana.login)
    log_in(again, ana.login)
    options = visitor.get(AT_LOG_IN).context["options"]
    shown = passkey.show(options)
    again.get(AT_LOG_IN)

    answers = [
        visitor.post(AT_LOG_IN, {"credential": theirs.show(options)}),
        again.post(AT_LOG_IN, {"credential": shown}),
        again.post(AT_LOG_IN, {"credential": passkey.show(options, origin="https://evil.example")}),
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert AuditEntry.objects.filter(kind="login_refused", target_id=ana.pk).count() == 3


def test_one_confirms_who_one_is_by_a_passkey(browse, ana):
    passkey, page = Passkey(), "/acceso/confirmar/llave/?next=/cuenta/correo/"
    add_passkey(logged_in(browse, ana), passkey)
    browser = browse(ana)
    shown, before = browser.get(page), browser.cookies["sessionid"].value

    refused = browser.post(page, {"credential": Passkey().show(shown.context["options"])})
    assert refused.context["form"].errors["credential"]
    answer = browser.post(page, {"credential": passkey.show(refused.context["options"])})

    assert answer.headers["Location"] == "/cuenta/correo/"
    assert browser.get("/cuenta/correo/").status_code == 200
    assert browser.cookies["sessionid"].value != before
    assert AuditEntry.objects.get(kind="login_refused").actor_id == ana.pk


def test_a_wrong_code_is_no_confirmation_and_stands_in_the_logbook(browse, ana):
    give_app(ana)

    answer = browse(ana).post("/acceso/confirmar/codigo/", {"code": "000000"})

    assert answer.context["form"].errors["code"]
    assert AuditEntry.objects.get(kind="login_refused").actor_id == ana.pk


def test_nothing_that_a_browser_adds_to_its_answer_is_kept(browse, ana):
    browser, passkey = logged_in(browse, ana), Passkey()
    answer = json.loads(passkey.register(browser.get(NEW_PASSKEY).context["options"]))
    answer |= {"more": "\x00", "clientExtensionResults": {"x": "\ud800"}}

    assert browser.post(NEW_PASSKEY, {"name": "x", "credential": json.dumps(answer)}).status_code == 302
    assert Authenticator.objects.get(type="webauthn").data["credential"]["clientExtensionResults"] == {}


def test_there_are_only_so_many_passkeys(browse, ana, monkeypatch):
    monkeypatch.setattr(second_factor, "MOST_PASSKEYS", 1)
    passkey_of(ana)

    with pytest.raises(second_factor.TooManyPasskeys):
        second_factor.add_passkey(ana, name="Otra", credential={})


def test_the_page_asks_as_little_with_ten_passkeys_as_with_one(browse, ana, django_assert_max_num_queries):
    browser = browse(ana)
    passkey_of(ana)
    browser.get(INDEX)
    for number in range(9):
        passkey_of(ana, name=f"Llave {number}")

    with django_assert_max_num_queries(5):
        browser.get(INDEX)


# --- at log-in ---


def test_after_the_password_comes_the_second_factor(browse, ana):
    secret = give_app(ana)
    visitor = browse()

    assert log_in(visitor, ana.login).headers["Location"] == AT_LOG_IN
    assert visitor.get("/inicio/").status_code == 302
    assert kinds(ana) == []
    assert visitor.post(AT_LOG_IN, {"code": code_of(secret)}).headers["Location"] == "/inicio/"

    assert visitor.get("/inicio/").status_code == 200
    assert AuditEntry.objects.filter(kind="logged_in").count() == 1


def test_one_arrives_where_one_wanted_to_go(browse, ana):
    secret = give_app(ana)
    visitor = browse()
    visitor.post("/acceso/?next=/tickets/", {"login": ana.login, "password": PASSWORD})

    assert visitor.post(AT_LOG_IN, {"code": code_of(secret)}).headers["Location"] == "/tickets/"


def test_the_page_of_the_second_factor_is_nothing_without_the_password(browse, ana):
    give_app(ana)

    assert browse().get(AT_LOG_IN).headers["Location"] == "/acceso/"
    assert browse().post(AT_LOG_IN, {"code": "123456"}).headers["Location"] == "/acceso/"


def test_one_may_go_back_to_the_log_in(browse, ana, diego):
    give_app(ana)
    visitor = browse()
    log_in(visitor, ana.login)

    visitor.post("/acceso/salir/")

    assert visitor.get("/acceso/").status_code == 200
    assert log_in(visitor, diego.login).headers["Location"] == "/inicio/"


def test_a_code_works_once_and_none_of_before_it(browse, ana, clock):
    secret = give_app(ana)
    code, earlier = code_of(secret), code_of(secret, late=1)
    answers = []
    for typed in (code, code, earlier):
        visitor = browse()
        log_in(visitor, ana.login)
        answers.append(visitor.post(AT_LOG_IN, {"code": typed}).status_code)
        cache.clear()

    assert answers == [302, 200, 200]


def test_the_code_with_which_the_app_was_added_does_not_log_in(browse, ana):
    _secret, code = add_app(logged_in(browse, ana))
    visitor = browse()
    log_in(visitor, ana.login)

    assert visitor.post(AT_LOG_IN, {"code": code}).status_code == 200


@pytest.mark.parametrize(("seconds", "opens"), [(0, True), (30, True), (60, False), (3600, False)])
def test_a_code_lives_for_a_minute_at_most(browse, ana, clock, seconds, opens):
    secret = give_app(ana)
    code = code_of(secret)
    visitor = browse()
    log_in(visitor, ana.login)
    clock(seconds)

    assert (visitor.post(AT_LOG_IN, {"code": code}).headers.get("Location") == "/inicio/") is opens


def test_a_recovery_code_works_once(browse, ana):
    browser = logged_in(browse, ana)
    add_app(browser)
    code = codes_on(browser.get(CODES))[3]
    answers = []
    for _time in range(2):
        visitor = browse()
        log_in(visitor, ana.login)
        answers.append(visitor.post(AT_LOG_IN, {"code": f"{code[:4]} {code[4:]}"}).status_code)

    assert answers == [302, 200]
    assert second_factor.of(ana).codes_left == 9


def test_after_five_failures_not_even_the_right_code_is_looked_at(browse, ana):
    secret = give_app(ana)
    for _try in range(5):
        visitor = browse()
        log_in(visitor, ana.login)
        assert visitor.post(AT_LOG_IN, {"code": "000000"}).status_code == 200

    answer = visitor.post(AT_LOG_IN, {"code": code_of(secret)})

    assert "15 minutos" in answer.content.decode()
    assert AuditEntry.objects.filter(kind="login_refused", target_id=ana.pk).count() == 5


@pytest.mark.parametrize("event", ["deactivated", "access withdrawn", "another password"])
def test_what_happens_between_password_and_second_factor_counts(browse, ana, bruno, event):
    secret = give_app(ana)
    visitor = browse()
    log_in(visitor, ana.login)
    if event == "deactivated":
        ana.deactivate(by=bruno)
    elif event == "access withdrawn":
        ana.set_permissions(by=bruno, changes={"has_portal_access": False})
    else:
        ana.change_password("Tercera-2028")

    visitor.post(AT_LOG_IN, {"code": code_of(secret)})

    assert visitor.get("/inicio/").status_code == 302
    assert not AuditEntry.objects.filter(kind="logged_in").exists()


def hours_left(browser) -> float:
    key = browser.cookies["sessionid"].value
    return round((Session.objects.get(pk=key).expire_date - timezone.now()).total_seconds() / 3600, 1)


def test_sessions_live_as_long_with_a_second_factor_as_without(browse, ana, agent):
    expected = {}
    for person, more in ((ana, {}), (ana, {"remember": "on"}), (agent, {"remember": "on"})):
        found = []
        for with_factor in (False, True):
            secret = with_factor and give_app(person)
            browser = browse()
            log_in(browser, person.login, **more)
            if with_factor:
                assert "seen" not in browser.session
                browser.post(AT_LOG_IN, {"code": code_of(secret)})
            found.append((hours_left(browser), "ends_at" in browser.session))
        Authenticator.objects.all().delete()
        cache.clear()
        assert found[0] == found[1]
        expected[person.login, bool(more)] = found[0]

    assert list(expected.values()) == [(8, False), (30 * 24, False), (1, True)]


def test_the_key_of_the_session_changes_at_each_step(browse, ana):
    secret = give_app(ana)
    visitor = browse()
    log_in(visitor, ana.login)
    before = visitor.cookies["sessionid"].value

    visitor.post(AT_LOG_IN, {"code": code_of(secret)})

    assert visitor.cookies["sessionid"].value != before
    assert not Session.objects.filter(pk=before).exists()


# --- keys that change ---


def test_a_secret_outlives_a_change_of_the_key_and_then_needs_the_former_no_more(browse, ana, settings):
    browser = logged_in(browse, ana)
    add_app(browser)
    codes = codes_on(browser.get(CODES))
    settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "another-secret-key"
    assert second_factor.codes_of(ana) == codes

    renew_encryption()
    settings.SECRET_KEY_FALLBACKS = []

    assert second_factor.codes_of(ana) == codes
    assert second_factor.renew_encryption() == 0


def test_a_secret_that_no_key_reads_opens_nothing_and_breaks_nothing(browse, ana, settings):
    secret = give_app(ana)
    settings.SECRET_KEY = "a-key-that-knows-nothing-of-the-former"
    visitor = browse()
    log_in(visitor, ana.login)

    answer = visitor.post(AT_LOG_IN, {"code": code_of(secret)})

    assert answer.status_code == 200
    assert answer.context["form"].errors["code"]


# --- support ---


@pytest.fixture
def compulsory(settings):
    settings.STAFF_SECOND_FACTOR = True


@pytest.mark.parametrize("page", ["/admin/", "/admin/tickets/ticket/", "/cuenta/perfil/", "/inicio/", "/gestion/"])
def test_support_without_a_second_factor_is_led_to_adding_one(browse, boss, compulsory, page):
    browser = logged_in(browse, boss)

    for method in (browser.get, browser.post):
        assert method(page).headers["Location"] == INDEX


def test_support_without_a_second_factor_is_led_to_it_from_the_public_home_too(browse, boss, compulsory):
    assert [url for url, _status in logged_in(browse, boss).get("/", follow=True).redirect_chain] == ["/inicio/", INDEX]


def test_support_adds_one_and_is_let_through(browse, boss, compulsory):
    browser = logged_in(browse, boss)
    assert "El equipo de soporte necesita" in browser.get(INDEX).content.decode()

    add_app(browser)

    assert browser.get(CODES).status_code == 200
    assert browser.get("/admin/").status_code == 200


def test_support_may_leave_and_choose_a_language_meanwhile(browse, boss, compulsory):
    browser = logged_in(browse, boss)

    assert browser.post("/idioma/", {"language": "en", "next": INDEX}).headers["Location"] == INDEX
    assert browser.post("/acceso/salir/").headers["Location"] == "/acceso/"


def test_a_password_that_must_be_changed_comes_before_the_second_factor(browse, boss, compulsory):
    boss.must_change_password = True
    boss.save(update_fields=["must_change_password"])
    browser = logged_in(browse, boss)
    assert browser.get("/admin/").headers["Location"] == "/cuenta/contrasena/"

    data = {"current": PASSWORD, "password1": "Otra-2027", "password2": "Otra-2027"}
    browser.post("/cuenta/contrasena/", data)

    assert browser.get("/admin/").headers["Location"] == INDEX


def test_support_keeps_its_last_factor(browse, boss, compulsory):
    browser = logged_in(browse, boss)
    add_app(browser)

    answer = browser.post(REMOVE)

    assert "El equipo de soporte necesita" in answer.content.decode()
    assert second_factor.is_on(boss)


def test_customers_choose_for_themselves(browse, ana, compulsory):
    assert browse(ana).get("/inicio/").status_code == 200


def test_where_the_installation_does_not_ask_support_chooses_too(browse, boss):
    assert browse(boss).get("/admin/").status_code == 200


# --- for whoever lost everything ---


def test_the_operator_takes_the_second_factor_from_somebody_who_lost_it(browse, ana, mails):
    browser = logged_in(browse, ana)
    add_app(browser)
    mails.clear()

    call_command("remove_second_factor", ana.email.upper(), reason="Llamó desde su número", stdout=StringIO())

    assert not Authenticator.objects.exists()
    assert browser.get("/inicio/").status_code == 302
    entry = AuditEntry.objects.get(kind="second_factor_removed")
    assert (entry.actor_id, entry.target_id, entry.reason) == (None, ana.pk, "Llamó desde su número")
    assert mails() == {("second_factor_removed", ana.email)}
    with pytest.raises(CommandError, match=ana.login):
        call_command("remove_second_factor", ana.login, reason="Otra vez")
    with pytest.raises(CommandError, match="nadie"):
        call_command("remove_second_factor", "nadie", reason="No existe")


def test_no_row_of_the_logbook_says_more_than_the_kind_of_factor(browse, ana):
    add_app(logged_in(browse, ana))

    rows = AuditEntry.objects.filter(kind__startswith="second_factor")

    assert [row.changes for row in rows] == [{"second_factor": [None, "totp"]}]
