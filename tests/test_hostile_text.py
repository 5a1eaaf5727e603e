"""Hostile text in every field: pages and mails show it as text, and the headers of mails stay what they are.

The texts are those of tests/walls/payloads.py, with PORTAL_REAL_DATA also those of its folder texto_hostil.
"""

import email
import email.policy
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import unquote

import pytest
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.validators import validate_email
from django.db import transaction
from django.test import Client, override_settings
from django.urls import reverse

from accounts.models import Company, User
from files import names
from files.receiving import receive
from mail.messages import as_bytes
from mail.models import OutgoingMail
from mail.rendering import without_controls
from tests.factories import (
    PASSWORD,
    CompanyFactory,
    DepartmentFactory,
    ProductFactory,
    StaffFactory,
    TopicFactory,
    UserFactory,
    new_draft,
    open_ticket,
)
from tests.walls import payloads
from tests.walls.forms import log_in, ticket_data
from tests.walls.markup import OF_MESSAGES, Page, added
from text.rendering import message_html
from text.search import matching
from text.words import one_line
from tickets.forms import addresses
from tickets.models import Draft, Follower, Ticket

pytestmark = pytest.mark.django_db

ORDINARY = ["No imprime", "Duda con el informe anual", "Planta 2"]

# The links between the pages of a list.
OF_PAGERS = {("a", names) for names in (("href",), ("class", "href"), ("href", "role"), ("href", "role", "title"))} | {
    ("span", ("class",))
}


@dataclass
class Desk:
    """One company with people, tickets, messages and notes made of the same texts."""

    company: Company
    manager: User
    support: User
    texts: list[str]
    tickets: list[Ticket]
    thread: Ticket  # of all the texts

    def browser(self, person: User) -> Client:
        client = Client()
        client.force_login(person)
        return client


def build(company: Company, support: User, texts: list[str]) -> Desk:
    manager = UserFactory(company=company, can_see_company_tickets=True, is_company_manager=True)
    tickets = [open_ticket(person_named(text, company), subject=subject_of(text), body=text) for text in texts]
    thread = open_ticket(manager, subject="Todo junto")
    for text in texts:
        thread.write(by=manager, body=text, html=message_html(text), files=(), at=thread.moment())
        thread.note(by=support, body=text)
    thread.reply_count = len(texts)
    thread.save(update_fields=["reply_count", "changed_at"])
    return Desk(company, manager, support, texts, tickets, thread)


def person_named(text: str, company: Company) -> User:
    name = one_line(text)
    login = f"texto{User.objects.count()}"
    return UserFactory(company=company, login=login, first_name=name[:80] or "Nadie", last_name=name[:120])


def subject_of(text: str) -> str:
    return one_line(text)[:200] or "Nada"


@pytest.fixture(scope="module")
def desks(django_db_setup, django_db_blocker, tmp_path_factory) -> Iterator[dict[str, Desk]]:
    disk = override_settings(FILES_ROOT=tmp_path_factory.mktemp("files"))
    with django_db_blocker.unblock(), disk, transaction.atomic():
        support = StaffFactory(first_name="Marta", is_superuser=True)
        yield {
            "hostile": build(CompanyFactory(code="HOS"), support, payloads.every()),
            "ordinary": build(CompanyFactory(code="ORD"), support, ORDINARY * 20),
        }
        transaction.set_rollback(True)


@pytest.fixture(autouse=True)
def no_attempt_is_remembered():
    cache.clear()


@pytest.fixture
def hostile(desks) -> Desk:
    return desks["hostile"]


@pytest.fixture
def ordinary(desks) -> Desk:
    return desks["ordinary"]


def page(client: Client, url: str, query: dict | None = None, *, form: dict | None = None) -> Page:
    answer = client.get(url, query) if form is None else client.post(url, form)
    assert answer.status_code == 200
    return Page(answer.content.decode())


def same_line(text: str) -> str:
    return " ".join(text.split())


# --- what is stored, on every page that shows it ---


def pages_of_the_list(client: Client) -> Iterator[tuple[list[Ticket], Page]]:
    query = {"estado": "todos"}
    while True:
        answer = client.get(reverse("tickets:list"), query)
        rows = answer.context["page"]
        yield rows.rows, Page(answer.content.decode())
        if not rows.next:
            return
        query["pagina"] = rows.next


def test_the_list_shows_subjects_and_names_as_text(hostile, ordinary):
    usual = next(pages_of_the_list(ordinary.browser(ordinary.manager)))[1]
    shown = []
    for rows, found in pages_of_the_list(hostile.browser(hostile.manager)):
        assert added(found, usual) == {}
        assert found.marked["subject"] == [ticket.subject for ticket in rows]
        assert [same_line(meta) for meta in found.marked["meta"]] == [meta_of(ticket) for ticket in rows]
        shown += rows

    assert {ticket.subject for ticket in hostile.tickets} <= {ticket.subject for ticket in shown}


def meta_of(ticket: Ticket) -> str:
    return same_line(f"#{ticket.number}{ticket.author.get_full_name()}")


def test_a_thread_shows_messages_as_text(hostile, ordinary):
    usual = page(ordinary.browser(ordinary.manager), f"{ordinary.thread.get_absolute_url()}?hilo=entero")
    found = page(hostile.browser(hostile.manager), f"{hostile.thread.get_absolute_url()}?hilo=entero")

    assert added(found, usual, allowed=OF_MESSAGES) == {}
    assert len(found.marked["message"]) == len(hostile.texts) + 1


def test_the_desk_shows_messages_and_notes_as_text(hostile, ordinary):
    urls = [reverse("admin:tickets_ticket_change", args=[desk.thread.pk]) for desk in (ordinary, hostile)]
    usual, found = (page(hostile.browser(hostile.support), f"{url}?hilo=entero") for url in urls)

    assert added(found, usual, allowed=OF_MESSAGES) == {}
    assert len(found.marked["note"]) == len(hostile.texts)


def test_a_printed_thread_shows_messages_subject_and_names_as_text(hostile, ordinary):
    urls = [reverse("thread:print", args=[desk.thread.number]) for desk in (ordinary, hostile)]
    usual, found = (page(desk.browser(desk.manager), url) for desk, url in zip((ordinary, hostile), urls, strict=True))

    assert added(found, usual, allowed={*OF_MESSAGES, ("span", ("class",))}) == {}
    assert len(found.marked["message"]) == len(hostile.texts) + 1
    client = hostile.browser(hostile.manager)
    for ticket in hostile.tickets[: len(payloads.OWN)]:
        words = same_line("".join(page(client, reverse("thread:print", args=[ticket.number])).words))
        assert same_line(ticket.subject) in words and same_line(ticket.author.get_full_name()) in words


def test_what_is_no_markup_is_shown_letter_by_letter():
    for text in payloads.OWN:
        found = Page(message_html(text))

        assert added(found, Page(""), allowed=OF_MESSAGES) == {}, text
        assert text in payloads.LINKS or same_line("".join(found.words)) == same_line(text)


def test_a_tickets_page_shows_subject_and_author_as_text(hostile, ordinary):
    usual = page(ordinary.browser(ordinary.manager), ordinary.tickets[0].get_absolute_url())
    client = hostile.browser(hostile.manager)
    for ticket in hostile.tickets[: len(payloads.OWN)]:
        found = page(client, ticket.get_absolute_url())
        words = same_line("".join(found.words))

        assert added(found, usual, allowed=OF_MESSAGES) == {}, ticket.subject
        assert same_line(ticket.subject) in words
        assert same_line(ticket.author.get_full_name()) in words


# The address of each list, and what to seek there for ordinary rows alone.
LISTS = {
    "tickets_ticket": ({"cola": "todos"}, "imprime"),
    "accounts_user": ({}, "ORD"),
    "mail_outgoingmail": ({}, "ord.example"),
}


@pytest.mark.parametrize("model", LISTS)
def test_the_lists_of_the_desk_show_text_as_text(hostile, model):
    support, url = hostile.browser(hostile.support), reverse(f"admin:{model}_changelist")
    query, ordinary_words = LISTS[model]
    usual = page(support, url, query | {"q": ordinary_words})
    for number in range(1, 13):
        answer = support.get(url, query | {"p": number})
        if answer.status_code != 200:
            break
        assert added(Page(answer.content.decode()), usual, allowed=OF_PAGERS) == {}, number

    assert number > 2


def test_the_outbox_shows_a_mail_as_text(hostile):
    support = hostile.browser(hostile.support)
    pages = {
        company: [
            page(support, reverse("admin:mail_outgoingmail_change", args=[mail.pk]))
            for mail in OutgoingMail.objects.filter(thread__startswith=company).order_by("id")[: len(payloads.OWN)]
        ]
        for company in ("ORD", "HOS")
    }

    for found in pages["HOS"]:
        assert added(found, pages["ORD"][0]) == {}


def test_the_catalogue_is_shown_as_text(browse, ana, boss):
    pages = [(browse(ana), reverse("tickets:new"), {}), (browse(ana), reverse("tickets:list"), {"filtros": 1})]
    pages += [
        (browse(boss), reverse(f"admin:{model}_changelist"), {}) for model in ("tickets_topic", "contracts_product")
    ]
    parent = TopicFactory(name="Programa")
    TopicFactory(name="Informes", parent=parent)
    ProductFactory(name="Planificación")
    usual = [page(*address) for address in pages]
    for text in payloads.OWN:
        department = DepartmentFactory(name=text[:80])
        TopicFactory(name="Informes", parent=TopicFactory(name=text[:80], department=department))
        ProductFactory(name=text[:80], text=text)

    for address, like in zip(pages, usual, strict=True):
        assert added(page(*address), like, allowed=OF_PAGERS) == {}, address


# --- what is typed and shown again ---


def test_a_form_with_an_error_shows_what_was_typed_as_text(browse, ana):
    client, url = browse(ana), reverse("tickets:new")
    usual = page(client, url, form=ticket_data(topic="", subject="No imprime", body="Nada"))
    for text in payloads.OWN:
        found = page(client, url, form=ticket_data(topic="", subject=text, body=text))

        assert added(found, usual) == {}, text
        assert same_line(text) in same_line("".join(found.words)), text


def test_the_preview_shows_text_as_text(browse, ana):
    client = browse(ana)
    for text in payloads.OWN:
        found = page(client, reverse("thread:preview"), form={"body": text, "key": text})

        assert added(found, Page(""), allowed=OF_MESSAGES) == {}, text


def test_log_in_shows_the_name_that_was_tried_as_text(db):
    usual = Page(log_in(Client(), "nobody", "Clave-9999").content.decode())
    for text in payloads.OWN:
        cache.clear()
        found = Page(log_in(Client(), text, "Clave-9999").content.decode())

        assert added(found, usual) == {}, text


def test_an_address_that_asks_for_a_password_is_shown_as_text(db):
    usual = page(Client(), reverse("account_reset_password"), form={"email": "nobody"})
    for text in payloads.OWN:
        found = page(Client(), reverse("account_reset_password"), form={"email": text})

        assert added(found, usual) == {}, text


def test_a_search_shows_what_was_sought_as_text(browse, ana):
    open_ticket(ana, subject="alert script")
    client, url = browse(ana), reverse("tickets:list")
    usual = [page(client, url, {"q": words, "estado": "todos"}) for words in ("alert", "nadaquehallar")]
    for text in payloads.OWN:
        cache.clear()
        found = page(client, url, {"q": text, "estado": "todos"})

        assert {} in [added(found, one) for one in usual], text


FILTERS = ("estado", "orden", "ver", "pagina", "autor", "modulo", "tema", "prioridad", "desde", "hasta", "nada")


def test_the_filters_show_what_they_were_given_as_text(browse, ana):
    client, url = browse(ana), reverse("tickets:list")
    usual = page(client, url, dict.fromkeys(FILTERS, "nada") | {"filtros": 1})
    for text in payloads.OWN:
        found = page(client, url, dict.fromkeys(FILTERS, text) | {"filtros": 1, text: text})

        assert added(found, usual) == {}, text


def test_every_text_can_be_sought(hostile):
    tickets = Ticket.objects.visible_to(hostile.manager)

    for text in hostile.texts:
        list(matching(tickets, text)[:5])


# --- names of people and of companies ---


def test_ones_own_name_is_shown_as_text(browse, ana):
    client, url = browse(ana), reverse("account:profile")

    def saved(text: str) -> list[Page]:
        data = {"first_name": text[:80], "last_name": text[:120], "phone": text[:30], "language": "es", "theme": "auto"}
        done = client.post(url, data, follow=True)
        return [Page(done.content.decode()), page(client, reverse("tickets:new"))]

    usual = saved("Ana")
    for text in payloads.OWN:
        for found, like in zip(saved(text), usual, strict=True):
            assert added(found, like) == {}, text
        ana.refresh_from_db()
        assert ana.first_name == one_line(text[:80]), text
        assert ana.get_full_name() in "".join(found.words), text


def test_the_name_of_a_company_is_shown_as_text(browse, ana, boss):
    customer, support = browse(ana), browse(boss)
    change = reverse("admin:accounts_company_change", args=[ana.company_id])

    def saved(text: str) -> list[Page]:
        short = {"name": text, "tax_id": text[:20], "phone": text[:30]}
        form = short | {"address": text, "time_zone": "Europe/Madrid", "is_active": "on", "reason": "Lo pidió"}
        done = support.post(change, form, follow=True)
        assert done.redirect_chain, text
        return [Page(done.content.decode()), page(customer, reverse("tickets:new"))]

    usual = saved("Talleres")
    for text in payloads.OWN:
        for found, like in zip(saved(text), usual, strict=True):
            assert added(found, like) == {}, text
        assert one_line(Company.objects.get(pk=ana.company_id).name) == one_line(text), text


# --- names of files ---


def named(name: str) -> SimpleUploadedFile:
    """A file whose name arrives as it is, whatever a browser or a form would make of it."""
    file = SimpleUploadedFile("x", b"Planta 2")
    file._name = name
    return file


def test_every_name_of_a_file_becomes_one_line():
    for text in payloads.every():
        name = names.canonical(text)

        assert name == names.canonical(name) == one_line(name), text
        assert 0 < len(name) <= names.LONGEST
        assert not set(name) & set("/\\\r\n\0")


def name_sent(disposition: str) -> str:
    """What a browser reads as the name of a download."""
    encoded = re.fullmatch(r"attachment; filename\*=utf-8\'\'([\w%.~!$&+^`|-]+)", disposition)
    quoted = re.fullmatch(r'attachment; filename="((?:[^"\\]|\\.)*)"', disposition)
    return unquote(encoded[1]) if encoded else re.sub(r"\\(.)", r"\1", quoted[1])


def test_the_name_of_a_file_is_shown_as_text_and_sent_in_one_header(browse, ana, attach):
    plain = open_ticket(ana, files=attach(ana, "captura.txt"))
    usual = page(browse(ana), plain.get_absolute_url())
    for start in range(0, len(payloads.OWN), 20):
        draft = new_draft(ana)
        draft.add([receive(named(f"{text}.txt")) for text in payloads.OWN[start : start + 20]])
        ticket = draft.open_ticket(topic=TopicFactory(), subject="Archivos", body="Van")
        files = list(ticket.attachments.all())

        found = page(browse(ana), ticket.get_absolute_url())

        assert added(found, usual) == {}, start
        assert set(found.marked["name"]) == {file.name for file in files}
        for file in files:
            headers = browse(ana).get(file.get_absolute_url()).headers
            assert name_sent(headers["Content-Disposition"]) == file.name
            assert headers["Content-Type"].startswith("text/plain")


# --- mails ---

HEADERS = {
    "Content-Type", "MIME-Version", "Subject", "From", "To", "Date", "Message-ID", "Auto-Submitted",
    "X-Auto-Response-Suppress", "In-Reply-To", "References",
}  # fmt: skip


def test_every_mail_has_the_headers_it_should_and_one_recipient(hostile):
    mails = OutgoingMail.objects.filter(thread__startswith="HOS-")
    assert mails.count() >= 2 * len(hostile.texts)
    for mail in mails:
        message = email.message_from_bytes(as_bytes(mail), policy=email.policy.default)

        assert (set(message.keys()), len(message.keys())) == (HEADERS, len(HEADERS)), mail.subject
        assert [address.addr_spec for address in message["To"].addresses] == [mail.address], mail.name
        assert [address.addr_spec for address in message["From"].addresses] == ["no-responder@acme.example"]
        assert same_line(message["Subject"]) == same_line(mail.subject)


def test_every_mail_shows_text_as_text(hostile, ordinary):
    usual = {mail.kind: Page(mail.html) for mail in OutgoingMail.objects.filter(thread__startswith="ORD-")}
    for mail in OutgoingMail.objects.filter(thread__startswith="HOS-"):
        found = Page(mail.html)

        assert added(found, usual[mail.kind], allowed=OF_MESSAGES) == {}, mail.subject
        assert same_line(mail.subject) in same_line("".join(found.words))


def test_a_mail_holds_the_text_as_it_was_typed(hostile):
    mails = OutgoingMail.objects.filter(kind="ticket_received", thread__startswith="HOS-").order_by("id")

    for mail, text in zip(mails, hostile.texts, strict=False):
        assert without_controls(text).strip() in mail.text


def test_people_outside_are_addresses_and_nothing_else(browse, ana, settings):
    settings.OUTSIDE_FOLLOWERS = True
    client, url = browse(ana), reverse("tickets:new")
    usual = page(client, url, form=ticket_data(outside="nada"))
    for text in payloads.OWN:
        answer = client.post(url, ticket_data(outside=text))

        assert answer.status_code == 302 or added(Page(answer.content.decode()), usual) == {}, text
    told = OutgoingMail.objects.filter(kind="follower_added").values_list("address", flat=True)
    assert sorted(told) == sorted(Follower.objects.filter(user=None).values_list("email", flat=True))


def test_no_text_becomes_an_address_that_is_none():
    for text in payloads.every():
        with suppress(ValidationError):
            for address in addresses(text):
                validate_email(address)


# --- the character that no database keeps ---

NUL = "No\x00imprime"


def nul_forms(ana: User, support: User) -> dict:
    """Every form with the character in its text fields: who sends it, where, what."""
    ticket = open_ticket(ana)
    desk = {
        name: reverse(f"admin:tickets_ticket_{name}", args=[ticket.pk])
        for name in ("change", "nota", "estado", "asignar")
    }
    new, reset = reverse("tickets:new"), reverse("account_reset_password")
    return {
        "subject": (ana, new, ticket_data(subject=NUL)),
        "body": (ana, new, ticket_data(body=NUL)),
        "key": (ana, new, ticket_data(key=NUL)),
        "outside": (ana, new, ticket_data(outside=NUL)),
        "topic": (ana, new, ticket_data(topic=NUL, priority=NUL, product=NUL, followers=[NUL])),
        "reply": (ana, ticket.get_absolute_url(), {"key": Draft.new_key(), "body": NUL}),
        "follower": (ana, reverse("thread:follower_add", args=[ticket.number]), {"person": NUL}),
        "upload": (ana, reverse("tickets:new_files"), {"key": NUL, "files": named("x.txt")}),
        "preview": (ana, reverse("thread:preview"), {"key": "x", "body": NUL}),
        "key of a preview": (ana, reverse("thread:preview"), {"key": NUL, "body": "x"}),
        "profile": (
            ana,
            reverse("account:profile"),
            dict.fromkeys(("first_name", "last_name", "phone", "language"), NUL),
        ),
        "language": (ana, reverse("language"), {"language": NUL, "next": NUL}),
        "password": (ana, reverse("account:password"), dict.fromkeys(("current", "password1", "password2"), NUL)),
        "log-in": (None, reverse("account_login"), {"login": NUL, "password": NUL}),
        "password tried": (None, reverse("account_login"), {"login": ana.login, "password": NUL}),
        "next": (None, reverse("account_login"), {"login": ana.login, "password": PASSWORD, "next": NUL}),
        "reset": (None, reset, {"email": f"{NUL}@iba.example"}),
        "registration": (
            None,
            reverse("account_register"),
            dict.fromkeys(("first_name", "last_name", "email", "company_typed", "phone", "message", "language"), NUL),
        ),
        "guest": (
            None,
            reverse("guests:new"),
            dict.fromkeys(("name", "email", "topic", "priority", "subject", "body", "key", "held"), NUL),
        ),
        "code of a guest": (None, reverse("guests:lookup"), {"code": NUL, "email": NUL}),
        "answer": (support, desk["change"], {"key": "x", "body": NUL}),
        "note": (support, desk["nota"], {"body": NUL}),
        "status": (support, desk["estado"], {"status": NUL}),
        "assignee": (support, desk["asignar"], {"assignee": NUL}),
        "company": (support, reverse("admin:accounts_company_change", args=[ana.company_id]), {"name": NUL}),
        "name of a topic": (support, reverse("admin:tickets_topic_add"), {"name": NUL}),
        "person of staff": (support, reverse("admin:accounts_user_add"), {"first_name": NUL, "login": NUL}),
    }


FORMS = [
    "subject", "body", "key", "outside", "topic", "reply", "follower", "upload", "preview", "key of a preview",
    "profile", "language", "password", "log-in", "password tried", "next", "reset", "registration", "guest",
    "code of a guest", "answer", "note",
    "status", "assignee", "company", "name of a topic", "person of staff",
]  # fmt: skip


@pytest.mark.parametrize("name", FORMS)
def test_the_null_character_in_a_form_is_an_error_in_words(browse, ana, boss, settings, name):
    settings.OUTSIDE_FOLLOWERS, settings.REGISTRATION, settings.GUESTS = True, "approval", True
    person, url, data = nul_forms(ana, boss)[name]

    assert browse(person).post(url, data).status_code in (200, 302, 422)


def test_the_null_character_in_what_is_kept_when_a_file_goes(browse, ana, attach):
    file = attach(ana, "captura.txt")[0]
    url = reverse("thread:draft_file_remove", args=[file.token])

    assert browse(ana).post(url, {"body": NUL, "subject": NUL}).status_code in (200, 302)


NUL_ADDRESSES = [
    "/tickets/?q=%00", "/tickets/?q=a%00b&estado=todos", "/tickets/?pagina=%00", "/tickets/?autor=%00",
    "/tickets/%00/", "/tickets/?modulo=%00", "/tickets/?estado=%00", "/tickets/?orden=%00", "/tickets/?desde=%00",
    "/tickets/?prioridad=%00", "/tickets/nuevo/?sigue=%00", "/adjuntos/%00/", "/adjuntos/a%00b/?ver",
    "/cuenta/invitacion/%00/", "/inicio/?ver=%00", "/acceso/recuperar/1-%00/", "/acceso/?next=%00", "/%00",
    "/tickets/consulta/%00/", "/tickets/consulta/enlace/%00/", "/tickets/invitado/confirmar/%00/",
    "/acceso/registro/%00/", "/gestion/accesos/%00/", "/gestion/accesos/?pagina=%00",
    "/admin/tickets/ticket/?q=%00", "/admin/tickets/ticket/?cola=%00", "/admin/accounts/user/?q=%00",
    "/admin/accounts/user/%00/change/", "/admin/mail/outgoingmail/?kind=%00", "/admin/mail/outgoingmail/?q=%00",
    "/admin/accounts/company/?name=%00", "/admin/accounts/user/?email=%00",
]  # fmt: skip


@pytest.mark.parametrize("url", NUL_ADDRESSES)
def test_the_null_character_in_an_address_breaks_nothing(browse, ana, boss, url):
    for person in (None, ana, boss):
        assert browse(person).get(url).status_code in (200, 302, 400, 403, 404, 410)


@pytest.mark.parametrize("path", ["/adjuntos/%00/quitar/", "/borradores/%00/vaciar/", "/borradores/a%00b/vaciar/"])
def test_the_null_character_in_the_name_of_a_draft_breaks_nothing(browse, ana, path):
    assert browse(ana).post(path).status_code in (302, 404)


COOKIES = ["sessionid", "csrftoken", "portal_language", "messages"]


@pytest.mark.parametrize("cookie", COOKIES)
def test_cookies_of_somebody_elses_making_break_nothing(db, cookie):
    for text in payloads.OWN:
        raw = text.encode().decode("latin-1").replace("\r", "").replace("\n", "")

        answer = Client(headers={"Cookie": f"{cookie}={raw}"}).get(reverse("account_login"))

        assert answer.status_code == 200, text


@pytest.mark.parametrize("cookie", COOKIES)
def test_the_null_character_in_a_cookie_breaks_nothing(db, cookie):
    as_browsers_write_it = f'"{"a" * 20}\\000{"b" * 20}"'

    answer = Client(headers={"Cookie": f"{cookie}={as_browsers_write_it}"}).get(reverse("home"))

    assert answer.status_code in (302, 400)
