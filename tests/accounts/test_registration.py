"""Asking for access from outside: what may be asked, what is answered, and whose the address is (decision 24)."""

import re
import secrets
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.logins import RESERVED
from accounts.models import AccessRequest, AuditEntry, Company, User
from accounts.models.registration import free_code
from accounts.permissions import FIRST_MANAGER_FLAGS, PERMISSIONS
from accounts.tasks import tidy_access_requests
from mail.models import OutgoingMail
from tests.factories import AccessRequestFactory, CompanyFactory, StaffFactory, UserFactory, unverified_request
from tests.walls import payloads
from tests.walls.forms import log_in, unrandom
from tests.walls.markup import Page, added
from tests.walls.test_wall_races import at_once

pytestmark = pytest.mark.django_db

ASK = "/acceso/registro/"
NEW = "Otra-Clave-9"


@pytest.fixture(autouse=True)
def approval(settings):
    """Anybody asks, a manager decides; and no attempt of another test is remembered."""
    cache.clear()
    settings.REGISTRATION = "approval"


def data(**changes):
    return {
        "first_name": "Jon",
        "last_name": "Ibarra Etxeberria",
        "email": "jon@fuera.example",
        "company_typed": "Talleres Ibarra",
        "phone": "600 100 200",
        "message": "Llevo el taller de Zarautz.",
        "language": "es",
        "accepts": "on",
    } | changes


def verify_url(token):
    return reverse("account_register_verify", args=[token])


def link_mailed_to(address: str) -> str:
    mail = OutgoingMail.objects.filter(kind="request_verify", address=address).latest("pk")
    return re.search(r"/acceso/registro/\S+/", mail.text)[0]


def ask_and_verify(browser, **changes) -> AccessRequest:
    """The whole way of a visitor, up to the confirmed address."""
    browser.post(ASK, data(**changes))
    address = data(**changes)["email"]
    browser.post(link_mailed_to(address))
    return AccessRequest.objects.filter(email=address).latest("pk")


# --- the setting ---


@pytest.mark.parametrize("path", [ASK, f"{ASK}enviado/", f"{ASK}listo/", f"{ASK}{'a' * 32}/"])
def test_where_registration_is_closed_a_page_says_who_creates_users(browse, settings, path):
    settings.REGISTRATION = "closed"

    answer = browse().get(path)

    assert answer.status_code == 404
    assert "gestor de usuarios de su empresa" in answer.content.decode()
    assert settings.BRAND["email"] in answer.content.decode()


def test_where_registration_is_closed_nothing_can_be_sent_nor_verified(browse, settings):
    unverified_request("before-it-was-closed")
    settings.REGISTRATION = "closed"

    assert browse().post(ASK, data()).status_code == 404
    assert browse().post(verify_url("before-it-was-closed")).status_code == 404
    assert [asked.state for asked in AccessRequest.objects.all()] == ["unverified"]
    assert not OutgoingMail.objects.exists()


@pytest.mark.parametrize(
    ("setting", "words", "leads_to_registration"),
    [
        ("closed", "La crea el gestor de usuarios de su empresa.", False),
        ("approval", "Solicitar acceso", True),
        ("open", "Crear una cuenta", True),
    ],
)
def test_the_visitors_home_says_how_one_gets_an_account(browse, settings, setting, words, leads_to_registration):
    settings.REGISTRATION = setting

    page = browse().get("/acceso/").content.decode()

    assert words in page
    assert (f'href="{ASK}"' in page) == leads_to_registration


def test_where_anybody_comes_in_nothing_is_said_to_whoever_decides(browse, settings):
    settings.REGISTRATION = "open"

    page = re.sub(r"\s+", " ", browse().get(ASK).content.decode())
    browse().post(ASK, data())

    assert "El mismo con el que trata con nosotros" in page and "se usen para atenderme" in page
    assert 'name="message"' not in page and "decid" not in page
    assert AccessRequest.objects.get().message == ""


def test_the_visitors_home_says_what_the_portal_is_and_whom_support_attends(
    browse, settings, django_assert_num_queries
):
    settings.BRAND = settings.BRAND | {"phone": "+34 943 000 000", "product": "Planificador", "vendor": "Hirusta"}
    visitor = browse()

    with django_assert_num_queries(1):  # the latest announcements
        page = visitor.get("/acceso/").content.decode()

    assert "trabajan con Planificador" in page and "soporte de Hirusta" in page
    assert "soporte solo atiende a personas registradas" in page
    assert 'href="tel:+34 943 000 000"' in page
    assert f"mailto:{settings.BRAND['email']}?subject=%5BSoporte%20t%C3%A9cnico%5D" in page
    assert page.index('name="password"') < page.index("Le damos la bienvenida")


def test_who_is_logged_in_has_nothing_to_ask_for(browse, ana):
    assert browse(ana).get(ASK).url == "/inicio/"
    assert browse(ana).post(ASK, data()).url == "/inicio/"
    assert not AccessRequest.objects.exists()


# --- what is asked ---


def test_asking_is_kept_and_a_link_goes_to_the_address(browse):
    answer = browse().post(ASK, data(email="Jon@Fuera.example"), follow=True)

    asked = AccessRequest.objects.get()
    assert (asked.state, asked.email, asked.get_full_name()) == (
        "unverified", "jon@fuera.example", "Jon Ibarra Etxeberria",
    )  # fmt: skip
    assert "Le hemos enviado un correo" in answer.content.decode()
    assert [(mail.kind, mail.address) for mail in OutgoingMail.objects.all()] == [
        ("request_verify", "jon@fuera.example")
    ]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"first_name": ""}, "first_name"),
        ({"first_name": "\u200b\u200b"}, "first_name"),
        ({"last_name": "   "}, "last_name"),
        ({"last_name": "x" * 10_000}, "last_name"),
        ({"email": ""}, "email"),
        ({"email": "no es una dirección"}, "email"),
        ({"email": f"{'a' * 300}@fuera.example"}, "email"),
        ({"email": ["a@fuera.example", "no"]}, "email"),
        ({"company_typed": ""}, "company_typed"),
        ({"company_typed": "\x00"}, "company_typed"),
        ({"phone": "6" * 31}, "phone"),
        ({"message": "x" * 2001}, "message"),
        ({"language": "fr"}, "language"),
        ({"accepts": ""}, "accepts"),
    ],
)
def test_a_mistake_is_said_beside_its_field_and_what_was_typed_stays(browse, change, field):
    answer = browse().post(ASK, data(**change))

    assert answer.status_code == 200
    assert set(answer.context["form"].errors) == {field}
    assert "Llevo el taller de Zarautz." in answer.content.decode() or field == "message"
    assert not AccessRequest.objects.exists()
    assert not OutgoingMail.objects.exists()


def test_what_the_form_does_not_ask_changes_nothing(browse, ibarra):
    flags = {"is_staff": "on", "is_company_manager": "on", "company": ibarra.pk, "state": "approved", "person": "1"}

    browse().post(ASK, data(**flags))

    asked = AccessRequest.objects.get()
    assert (asked.state, asked.company, asked.person) == ("unverified", None, None)


def test_letters_that_grow_when_they_are_put_in_order_still_fit(browse):
    browse().post(ASK, data(first_name="\u0958" * 80, company_typed="\u0958" * 150))

    assert len(AccessRequest.objects.get().first_name) == 80


# --- nothing is told (A28) ---


@pytest.fixture
def addresses(ana, diego, ibarra, norte, agent):
    """What may be known of an address → what is asked with it."""
    Company.objects.filter(pk=ibarra.pk).update(email_domains="ibarra.example, ibarra.eus")
    suspended = CompanyFactory(name="Suspendida", code="SUS", is_active=False)
    contact = UserFactory(company=ibarra, first_name="Sinacceso", has_portal_access=False, can_use_tickets=False)
    AccessRequestFactory(email="waiting@fuera.example", company=norte)
    unverified_request("sent-before", email="asked@fuera.example")
    return {
        "unknown": {},
        "unknown, of a known company": {"email": "nobody@ibarra.example"},
        "unknown, with a known code": {"company_typed": "IBA"},
        "unknown, with an unknown code": {"company_typed": "ZZZ"},
        "has access": {"email": ana.email},
        "contact without access": {"email": contact.email},
        "deactivated": {"email": UserFactory(company=ibarra, first_name="Gone", is_active=False).email},
        "of a suspended company": {"email": UserFactory(company=suspended, first_name="Susana").email},
        "support": {"email": agent.email},
        "waiting already": {"email": "waiting@fuera.example"},
        "asked already": {"email": "asked@fuera.example"},
    }


def what_is_seen(browser, changes) -> dict:
    with CaptureQueriesContext(connection) as queries:
        answer = browser.post(ASK, data(**changes))
    page = browser.get(answer.url)
    headers = {name: value for name, value in answer.headers.items() if name not in ("Content-Length", "Expires")}
    mails = OutgoingMail.objects.count()
    OutgoingMail.objects.all().delete()
    return {
        "answer": (answer.status_code, headers, sorted(answer.cookies)),
        "page": unrandom(page),
        "queries": len(queries),
        "mails": mails,
    }


def test_the_answer_is_the_same_whatever_is_known_of_address_and_company(browse, addresses):
    seen = {reason: what_is_seen(browse(), changes) for reason, changes in addresses.items()}

    assert seen["unknown"]["mails"] == 1
    assert {reason for reason, answer in seen.items() if answer != seen["unknown"]} == set()


def test_the_page_after_the_link_is_the_same_whatever_company_it_is(browse, ibarra, bruno):
    ibarra.email_domains = "ibarra.example"
    ibarra.save()
    pages = set()
    for changes in ({}, {"email": "a@ibarra.example"}, {"company_typed": "IBA", "email": "b@fuera.example"}):
        visitor = browse()
        visitor.post(ASK, data(**changes))
        answer = visitor.post(link_mailed_to(data(**changes)["email"]), follow=True)
        pages.add(unrandom(answer))

    assert len(pages) == 1
    assert "Su dirección está confirmada" in pages.pop()


def test_who_has_access_already_is_told_by_mail_and_gets_no_link_to_verify(browse, ana):
    browse().post(ASK, data(email=ana.email.upper(), first_name="Otra"))

    mail = OutgoingMail.objects.get()
    assert (mail.kind, mail.address, mail.person_id) == ("already_registered", ana.email, ana.pk)
    assert reverse("account_reset_password") in mail.text
    assert "/acceso/registro/" not in mail.text
    assert "Otra" not in mail.text


@pytest.mark.parametrize("language", ["es", "en"])
def test_the_mail_with_the_link_holds_nothing_that_was_typed(browse, language):
    """Else anybody could have the portal write anything to anybody."""
    browse().post(ASK, data(first_name="Compre", last_name="https://evil.example", language=language))

    mail = OutgoingMail.objects.get()
    assert mail.language == language
    assert not any(word in mail.text + mail.html + mail.name for word in ("Compre", "evil", "Zarautz", "Talleres"))


# --- the link (A30, A42) ---


def test_reading_the_link_shows_what_was_asked_and_does_nothing(browse):
    visitor = browse()
    visitor.post(ASK, data())
    link = link_mailed_to("jon@fuera.example")

    pages = [visitor.get(link) for _time in range(3)]

    assert {page.status_code for page in pages} == {200}
    assert "Jon Ibarra Etxeberria" in pages[0].content.decode()
    assert AccessRequest.objects.get().state == "unverified"
    assert OutgoingMail.objects.count() == 1


def test_the_link_works_once(browse):
    asked = ask_and_verify(browse())

    assert (asked.state, asked.verified_at is not None, asked.token_hash) == ("verified", True, "")
    link = link_mailed_to("jon@fuera.example")
    assert [browse().get(link).status_code, browse().post(link).status_code] == [410, 410]


@pytest.mark.parametrize("token", ["x", "None", "NULL", "%20", "[]", "a:b:c", "A" * 10_000, "%00", "%ff", "%ed%a0%80"])
def test_a_token_that_is_not_one_is_refused(browse, token):
    unverified_request("the-right-one")

    for method in ("get", "post"):
        assert getattr(browse(), method)(f"{ASK}{token}/").status_code == 410
    assert AccessRequest.objects.get().state == "unverified"


def test_the_link_lives_for_a_day(browse):
    for seconds, status in ((-1, 410), (2, 302)):
        token = secrets.token_urlsafe(24)
        asked = unverified_request(token)
        AccessRequest.objects.filter(pk=asked.pk).update(token_until=timezone.now() + timedelta(seconds=seconds))

        assert browse().post(verify_url(token)).status_code == status
    browse().post(ASK, data())
    life = AccessRequest.objects.latest("pk").token_until - timezone.now()
    assert timedelta(hours=23, minutes=59) < life <= timedelta(hours=24)


def test_a_used_link_of_before_is_not_the_empty_one(browse):
    AccessRequestFactory(token_hash="")

    assert AccessRequest.from_link("") is None


def test_the_database_holds_no_token(browse):
    browse().post(ASK, data())

    token = link_mailed_to("jon@fuera.example").split("/")[-2]
    asked = AccessRequest.objects.get()
    assert token not in str({field.name: field.value_from_object(asked) for field in asked._meta.fields})
    assert OutgoingMail.objects.get().is_secret


def test_a_second_request_takes_the_place_of_the_first(browse):
    visitor = browse()
    visitor.post(ASK, data())
    first = link_mailed_to("jon@fuera.example")
    visitor.post(ASK, data(first_name="Jon Ander"))

    assert visitor.post(first).status_code == 410
    assert visitor.post(link_mailed_to("jon@fuera.example")).status_code == 302
    assert [(asked.first_name, asked.state) for asked in AccessRequest.objects.all()] == [("Jon Ander", "verified")]


def test_who_asks_with_the_address_of_somebody_who_waits_changes_nothing_of_theirs(browse, ibarra, bruno, mails):
    visitor = browse()
    waiting = ask_and_verify(visitor, company_typed="IBA")
    mails.clear()

    visitor.post(ASK, data(first_name="Impostor", company_typed="NOR"))

    waiting.refresh_from_db()
    assert (waiting.state, waiting.first_name, waiting.company) == ("verified", "Jon", ibarra)


def test_a_second_request_that_is_verified_takes_the_place_of_one_that_waits(browse, ibarra, bruno, mails):
    first = ask_and_verify(browse(), company_typed="IBA")
    mails.clear()

    second = ask_and_verify(browse(), company_typed="IBA", phone="600 999 999")

    first.refresh_from_db()
    assert (first.state, second.state, second.company) == ("expired", "verified", ibarra)
    assert mails() == {("request_verify", "jon@fuera.example")}, "the managers know already"


def test_who_got_access_meanwhile_is_told_so_and_nobody_decides_anything(browse, ibarra, bruno, mails):
    visitor = browse()
    visitor.post(ASK, data(company_typed="IBA"))
    UserFactory(company=ibarra, first_name="Jon", email="jon@fuera.example")
    link = link_mailed_to("jon@fuera.example")
    mails.clear()

    visitor.post(link)

    assert AccessRequest.objects.get().state == "expired"
    assert mails() == {("already_registered", "jon@fuera.example")}


# --- which company it is ---


@pytest.mark.parametrize(
    ("email", "typed", "code"),
    [
        ("jon@ibarra.example", "", "IBA"),
        ("JON@Ibarra.EUS", "", "IBA"),
        ("jon@sub.ibarra.example", "nada", None),
        ("jon@barra.example", "nada", None),
        ("jon@fuera.example", "IBA", "IBA"),
        ("jon@fuera.example", " iba ", "IBA"),
        ("jon@fuera.example", "Talleres Ibarra, S.L.", None),
        ("jon@fuera.example", "SUS", None),
        ("jon@suspendida.example", "nada", None),
        ("jon@ibarra.example", "NOR", "IBA"),  # the domain is proved, the code is only said
        ("jon@comun.example", "nada", None),
        ("jon@comun.example", "NOR", "NOR"),
        ("contacto@fuera.example", "nada", "NOR"),
        ("contacto@fuera.example", "IBA", "NOR"),
        ("doble@fuera.example", "nada", None),
        ("doble@fuera.example", "IBA", "IBA"),
        ("borrada@fuera.example", "nada", None),
    ],
)
def test_the_company_is_that_of_the_contact_of_the_domain_or_of_the_code(browse, ibarra, norte, email, typed, code):
    Company.objects.filter(pk=ibarra.pk).update(email_domains="ibarra.example, @Ibarra.eus, comun.example")
    Company.objects.filter(pk=norte.pk).update(email_domains="norte.example,comun.example")
    suspended = CompanyFactory(code="SUS", is_active=False, email_domains="suspendida.example")
    without = {"has_portal_access": False, "can_use_tickets": False}
    UserFactory(company=norte, email="contacto@fuera.example", **without)
    UserFactory(company=suspended, email="jon@fuera.example", **without)
    UserFactory(company=norte, email="borrada@fuera.example", erased_at=timezone.now(), is_active=False, **without)
    for company in (ibarra, norte):
        UserFactory(company=company, email="doble@fuera.example", **without)

    asked = ask_and_verify(browse(), email=email.lower(), company_typed=typed or "Ni idea")

    assert (asked.company.code if asked.company else None) == code


def test_the_managers_of_the_company_are_told_and_nobody_else(browse, ibarra, ana, bruno, carla, boss, mails):
    other = UserFactory(company=ibarra, first_name="Beatriz", is_company_manager=True)
    UserFactory(company=ibarra, first_name="Antes", is_company_manager=True, is_active=False)

    asked = ask_and_verify(browse(), company_typed="IBA")

    told = {("access_requested", person.email) for person in (bruno, other)}
    assert mails() == {("request_verify", "jon@fuera.example"), *told}
    mail = OutgoingMail.objects.get(kind="access_requested", address=bruno.email)
    assert asked.get_absolute_url() in mail.text
    assert "Llevo el taller de Zarautz." in mail.text


def test_where_the_company_is_unknown_those_of_support_who_may_say_it_are_told(
    browse, ibarra, bruno, agent, boss, mails
):
    asked = ask_and_verify(browse())

    assert mails() == {("request_verify", "jon@fuera.example"), ("access_requested_for_support", boss.email)}
    mail = OutgoingMail.objects.get(kind="access_requested_for_support")
    assert reverse("admin:accounts_accessrequest_change", args=[asked.pk]) in mail.text
    assert "Talleres Ibarra" in mail.text


def test_while_support_has_nobody_who_may_say_it_the_contact_address_is_told(browse, settings, mails):
    ask_and_verify(browse())

    assert ("access_requested_for_support", settings.BRAND["email"]) in mails()


def test_the_logbook_tells_it_without_names(browse, ibarra, bruno):
    asked = ask_and_verify(browse(), company_typed="IBA")

    row = AuditEntry.objects.get()
    assert (row.kind, row.company, row.actor_id, row.target, row.target_id, row.changes, row.reason) == (
        "access_requested", ibarra, None, "accessrequest", asked.pk, {}, "",
    )  # fmt: skip


# --- open: a company of one's own ---


@pytest.fixture
def is_open(settings):
    settings.REGISTRATION = "open"


def test_where_registration_is_open_a_verified_address_gives_a_company_of_ones_own(browse, is_open, mails):
    visitor = browse()
    assert 'name="company_typed"' not in visitor.get(ASK).content.decode()

    asked = ask_and_verify(visitor)

    person = User.objects.get(email="jon@fuera.example")
    company = person.company
    assert (company.name, company.email, company.is_active) == ("Jon Ibarra Etxeberria", "jon@fuera.example", True)
    company.full_clean()
    assert {name for name in PERMISSIONS if getattr(person, name)} == set(FIRST_MANAGER_FLAGS)
    assert (asked.state, asked.person, asked.company, asked.decided_by) == ("approved", person, company, None)
    assert mails() == {("request_verify", person.email), ("access_approved", person.email)}


def test_the_welcome_leads_to_a_password_and_the_portal(browse, is_open):
    visitor = browse()
    ask_and_verify(visitor)
    mail = OutgoingMail.objects.get(kind="access_approved")
    link = re.search(r"/cuenta/invitacion/\S+/", mail.text)[0]

    visitor.post(link, {"password1": NEW, "password2": NEW})

    assert mail.is_secret
    assert log_in(visitor, "jon@fuera.example", NEW).url == "/inicio/"
    assert visitor.get("/gestion/").status_code == 200


def test_the_address_of_a_contact_claims_that_contact_also_where_registration_is_open(browse, is_open, norte, carla):
    contact = UserFactory(company=norte, email="jon@fuera.example", has_portal_access=False, can_use_tickets=False)

    asked = ask_and_verify(browse())

    assert (asked.state, asked.company, asked.person) == ("verified", norte, contact)
    assert User.objects.filter(email="jon@fuera.example").count() == 1
    assert Company.objects.count() == 1


def test_two_people_of_one_name_get_companies_and_logins_of_their_own(browse, is_open):
    for domain in ("uno", "dos"):
        ask_and_verify(browse(), email=f"jon@{domain}.example")

    assert User.objects.values("login").distinct().count() == 2
    assert Company.objects.values("code").distinct().count() == 2


@pytest.mark.parametrize("name", ["Ñandú Gil", "Ana", "李雷", "", "1 2 3", "a" * 150])
def test_a_code_is_made_from_any_name(db, name):
    Company(name="x", code=free_code(name)).full_clean()


@pytest.mark.parametrize(
    "email", ["soporte@x.example", "ana.ruiz@x.example", "a+b/c@x.example", f"{'x' * 64}@x.example"]
)
@pytest.mark.parametrize("name", ["Jon Ruiz", "Portal", "李", "-"])
def test_a_login_is_made_for_anybody(ibarra, email, name):
    asked = AccessRequest(first_name=name, email=email)
    for _person in range(2):
        person = UserFactory(company=ibarra, login=asked.free_login())
        person.full_clean(exclude=["company"])
        assert person.login not in RESERVED


# --- how often ---


@pytest.mark.parametrize("email", ["ana@IBA.example", "jon@fuera.example"])
def test_an_address_gets_three_mails_an_hour_known_or_not(browse, ana, email):
    answers = [browse().post(ASK, data(email=email)) for _time in range(4)]

    assert [answer.status_code for answer in answers] == [302, 302, 302, 429]
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 3600
    assert OutgoingMail.objects.count() == 3


def test_a_network_asks_for_twenty_addresses_an_hour(browse):
    answers = [browse().post(ASK, data(email=f"p{number}@fuera.example")).status_code for number in range(21)]

    assert answers == [302] * 20 + [429]


def test_a_mistake_in_the_form_is_no_attempt(browse):
    for _time in range(25):
        browse().post(ASK, data(first_name=""))

    assert browse().post(ASK, data()).status_code == 302


# --- what is kept ---


def test_who_never_verified_is_forgotten_after_a_week_and_whom_nobody_answered_is_told_after_two_months(ibarra, mails):
    now = timezone.now()
    ages = {"unverified": 7, "verified": 60}
    for state, days in ages.items():
        for extra in (-1, 1):
            asked = AccessRequestFactory(state=state, token_hash=secrets.token_hex(8), company=ibarra)
            moment = now - timedelta(days=days, hours=extra)
            AccessRequest.objects.filter(pk=asked.pk).update(asked_at=moment, verified_at=moment)
    for state in ("approved", "rejected"):
        long_ago = now - timedelta(days=900)
        AccessRequestFactory(state=state, company=ibarra, asked_at=long_ago, verified_at=long_ago, decided_at=long_ago)

    tidy_access_requests()

    states = sorted(AccessRequest.objects.values_list("state", flat=True))
    assert states == ["approved", "expired", "rejected", "unverified", "verified"]
    assert mails() == {("access_rejected", AccessRequest.objects.get(state="expired").email)}


# --- hostile text ---


def test_what_a_visitor_typed_is_text_on_every_page_and_in_every_mail(browse, ibarra, bruno, boss):
    def pages(text: str, number: int) -> list[Page]:
        token = secrets.token_urlsafe(24)
        words = {"first_name": text[:80] or "x", "last_name": text[:120] or "x", "company_typed": text[:150]}
        asked = unverified_request(token, email=f"h{number}@fuera.example", message=text, **words)
        shown = [browse().get(verify_url(token))]
        asked.verify()
        desk = browse(boss)
        shown.append(desk.get(reverse("admin:accounts_accessrequest_change", args=[asked.pk])))
        shown.append(desk.get(reverse("admin:accounts_accessrequest_found", args=[asked.pk])))
        asked.assign(ibarra, by=boss)
        manager = browse(bruno)
        shown += [manager.get(asked.get_absolute_url()), manager.get(reverse("access_requests:list"))]
        shown.append(manager.get(reverse("access_requests:reject", args=[asked.public_id])))
        asked.reject(by=bruno, answer=text)
        mails = [Page(mail.html) for mail in OutgoingMail.objects.all()]
        OutgoingMail.objects.all().delete()
        AccessRequest.objects.all().delete()
        return [*(Page(page.content.decode()) for page in shown), *mails]

    usual = pages("Ordinario", 0)
    for number, text in enumerate((word for word in payloads.OWN if "\n" not in word), start=1):
        for found, ordinary in zip(pages(text, number), usual, strict=True):
            assert added(found, ordinary) == {}, text


# --- at the same instant ---

ROUNDS = 20


def verified_at_once() -> tuple[list[int], int, int]:
    """Two follow one link: the answers, and how many rows of the logbook and mails to the managers there are."""
    token = secrets.token_urlsafe(24)
    before = list(AuditEntry.objects.values_list("pk", flat=True))  # the logbook only grows
    unverified_request(token, company_typed="IBA")
    answers = at_once(*[lambda: Client().post(verify_url(token))] * 2)
    rows, mails = AuditEntry.objects.exclude(pk__in=before), OutgoingMail.objects.filter(kind="access_requested")
    seen = sorted(getattr(answer, "status_code", 500) for answer in answers), rows.count(), mails.count()
    for table in (mails, AccessRequest.objects.all()):
        table.delete()
    return seen


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_uses_of_one_link_at_once_one_wins(ibarra, bruno):
    assert {str(verified_at_once()) for _round in range(ROUNDS)} == {str(([302, 410], 1, 1))}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_without_the_conditional_update_both_would(ibarra, bruno, monkeypatch):
    monkeypatch.setattr(AccessRequest, "move", move_whatever_it_was)

    assert {str(verified_at_once()) for _round in range(ROUNDS)} != {str(([302, 410], 1, 1))}


def move_whatever_it_was(asked, _old, new, **changes):
    AccessRequest.objects.filter(pk=asked.pk).update(state=new, **changes)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_two_requests_from_one_address_at_once_one_stays(db):
    for _round in range(ROUNDS):
        cache.clear()
        answers = at_once(*[lambda: Client().post(ASK, data())] * 2)

        assert [answer.status_code for answer in answers] == [302, 302]
        assert AccessRequest.objects.count() == 1
        AccessRequest.objects.all().delete()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_people_of_one_name_who_verify_at_once_get_logins_of_their_own(settings):
    settings.REGISTRATION = "open"
    for number in range(ROUNDS):
        tokens = [secrets.token_urlsafe(24) for _person in range(2)]
        for token, domain in zip(tokens, ("uno", "dos"), strict=True):
            unverified_request(token, email=f"jon{number}@{domain}.example")
        answers = at_once(*(lambda token=token: Client().post(verify_url(token)) for token in tokens))

        assert [answer.status_code for answer in answers] == [302, 302]
    assert User.objects.count() == 2 * ROUNDS


def test_staff_are_never_the_contact_of_a_company(browse, ibarra, bruno):
    StaffFactory(first_name="Antes", email="antes@ibarra.example", is_active=False)

    asked = ask_and_verify(browse(), email="antes@ibarra.example", company_typed="IBA")

    assert (asked.company, asked.person) == (ibarra, None)
