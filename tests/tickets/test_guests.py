"""Guests: a ticket without an account, from the form to the answer (decisions 72 and 73)."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import limits, sessions
from accounts.limits import LIMITS, Limit
from accounts.models import User
from files.models import StoredFile
from files.scanning import scan_waiting
from mail.models import OutgoingMail
from portal.invariants import Look
from portal.invariants.tickets import tickets_are_complete
from tests.factories import DepartmentFactory, RequestTypeFactory, TopicFactory, new_article, open_ticket
from tests.tickets.guest_steps import ADDRESS, ADOPT, LOOKUP, NEW, data, found_by, link_in, mailed, opened, page_of
from tickets.models import Attachment, Event, Guest, IllegalStep, Message, Ticket, Topic
from tickets.models.guest import LINK_LIFE, UNVERIFIED_LIFE, read_code
from tickets.models.searching import found
from tickets.tasks import tidy_guests

pytestmark = pytest.mark.django_db

QUEUE = "/admin/tickets/ticket/"


@pytest.fixture(autouse=True)
def guests_may(settings):
    settings.GUESTS = True


def words(answer) -> str:
    return re.sub(r"\s+", " ", answer.content.decode())


def offered() -> list[str]:
    return sorted(str(topic) for topic in Topic.objects.offered_to_guests())


# --- the setting ---


def test_where_guests_may_not_nothing_of_theirs_is_there(browse, settings, ana):
    guest = opened(browse())
    link = link_in(mailed("ticket_received"))
    settings.GUESTS = False

    for person in (None, ana):
        for path in (NEW, f"{NEW}enviado/", f"{NEW}respuestas/", LOOKUP, page_of(guest), link):
            assert browse(person).get(path).status_code == 404, path
        assert browse(person).post(NEW, data()).status_code == 404
        assert browse(person).post(LOOKUP, {"code": guest.called, "email": ADDRESS}).status_code == 404
    assert browse(ana).get(ADOPT).status_code == 404


def test_whoever_has_an_account_opens_tickets_with_it(browse, ana, boss):
    assert browse(ana).get(NEW).url == "/tickets/nuevo/"
    assert browse(ana).post(NEW, data()).url == "/tickets/nuevo/"
    assert browse(boss).get(NEW).url == "/inicio/"
    assert not Guest.objects.exists()


# --- opening ---


def test_the_log_in_leads_whoever_has_no_account_to_the_pages_of_guests(browse, settings):
    page = words(browse().get("/acceso/"))
    settings.GUESTS = False

    assert f'href="{NEW}"' in page and f'href="{LOOKUP}"' in page
    assert "solo atiende a personas registradas" not in page
    assert "solo atiende a personas registradas" in words(browse().get("/acceso/"))


def test_the_form_says_what_a_guest_must_know(browse):
    page = words(browse().get(NEW))

    for said in ("Un problema = un ticket.", "Mire antes la Ayuda", "No cree otro ticket para seguir uno existente."):
        assert said in page
    assert "Alta, solo para lo crítico" in page
    assert "No se imprime la factura de mayo" in page


def test_until_the_address_is_verified_support_knows_of_nothing(browse, agent):
    visitor = browse()

    answer = visitor.post(NEW, data(), follow=True)

    guest = Guest.objects.get()
    assert guest.called in words(answer) and "guárdelo" in words(answer)
    assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{5}-[0-9A-HJKMNP-TV-Z]{5}", guest.called)
    assert not Ticket.objects.exists() and not Message.objects.exists()
    assert [(mail.kind, mail.address) for mail in OutgoingMail.objects.all()] == [("guest_verify", ADDRESS)]
    assert not found(Ticket.objects.all(), guest.called).exists()
    assert "No imprime" not in words(browse(agent).get(f"{QUEUE}?cola=todos"))


def test_the_mail_with_the_link_says_nothing_that_was_typed(browse):
    browse().post(NEW, data(name="<b>Gane dinero</b>", subject="Visite http://malo.example", body="Compre esto."))

    mail = mailed("guest_verify")

    for typed in ("Gane", "malo.example", "Compre"):
        assert typed not in f"{mail.subject}{mail.text}{mail.html}{mail.name}"
    assert mail.is_secret
    assert "No responda a este correo" in mail.text


def test_the_database_holds_no_link(browse):
    browse().post(NEW, data())

    token = link_in(mailed("guest_verify")).rstrip("/").rpartition("/")[2]

    guest = Guest.objects.get()
    assert len(token) == 32 and token not in str(vars(guest))
    guest.verify()
    link = link_in(mailed("ticket_received")).rstrip("/").rpartition("/")[2]
    assert link not in str(vars(Guest.objects.get())) and len(guest.public_id) == 22


def test_the_answer_is_the_same_for_an_address_that_is_known(browse, ana):
    answers, queries = [], []
    browse().post(NEW, data())
    for address in (ana.email, "nadie@nueva.example"):
        visitor = browse()
        with CaptureQueriesContext(connection) as captured:
            visitor.post(NEW, data(email=address))
        queries.append(len(captured))
        code = Guest.objects.get(email=address).called
        page = words(visitor.get(f"{NEW}enviado/"))
        answers.append(
            re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", page).replace(code, "").replace(address, "")
        )
        assert mailed("guest_verify", address)

    assert answers[0] == answers[1]
    assert queries[0] == queries[1]


def test_following_the_link_confirms_nothing(browse):
    visitor = browse()
    visitor.post(NEW, data(body="<script>alert(1)</script>"))
    link = link_in(mailed("guest_verify"))

    page = browse().get(link)
    browse().head(link)

    assert "&lt;script&gt;" in page.content.decode() and "<script>alert" not in page.content.decode()
    assert not Ticket.objects.exists()


def test_confirming_makes_the_ticket_and_tells_support_and_the_guest(browse, mails):
    visitor = browse()
    visitor.post(NEW, data(priority="3"))
    link = link_in(mailed("guest_verify"))
    mails.clear()

    answer = visitor.post(link, follow=True)

    ticket = Ticket.objects.get()
    assert (ticket.company, ticket.number, ticket.author, ticket.priority) == (None, None, None, 3)
    assert mails() == {("ticket_opened_for_support", ticket.topic.department.email), ("ticket_received", ADDRESS)}
    copy = mailed("ticket_received")
    assert ticket.guest.called in copy.text and "La hoja sale en blanco." in copy.text and "No responda" in copy.text
    assert (copy.subject, copy.is_secret) == (f"[{ticket.guest.called}] No imprime", True)
    assert "Soporte ha recibido su ticket" in words(answer) and "La hoja sale en blanco." in words(answer)
    assert (Guest.objects.get().body, Guest.objects.get().token_hash) == ("", "")
    assert list(tickets_are_complete(Look(at=timezone.now()))) == []


def test_whoever_mistyped_the_address_finds_what_they_wrote_and_sends_it_again(browse):
    browser, wrong = browse(), data(email="jon@fuear.example", priority="3")
    browser.post(NEW, wrong)
    again = re.search(rf'href="({NEW}\?[^"]+)"', words(browser.get(f"{NEW}enviado/")))[1]

    form = browser.get(again).context["form"]

    for name in ("name", "email", "topic", "priority", "subject", "body"):
        assert str(getattr(form[name].value(), "pk", form[name].value())) == str(wrong[name])
    assert form["key"].value() != Guest.objects.get().key
    assert browse().get(again).context["form"]["body"].value() is None


def test_what_was_confirmed_is_not_written_again(browse):
    browser = browse()
    opened(browser)

    assert browser.get(f"{NEW}?otra-vez").context["form"]["subject"].value() is None


def test_a_link_works_once_and_for_two_days(browse):
    browse().post(NEW, data())
    link = link_in(mailed("guest_verify"))
    assert browse().post(link).status_code == 302
    assert browse().post(link).status_code == browse().get(link).status_code == 410

    browse().post(NEW, data(email="otra@fuera.example"))
    late = link_in(mailed("guest_verify", "otra@fuera.example"))
    Guest.objects.filter(ticket=None).update(token_until=timezone.now() - timedelta(seconds=1))

    assert browse().post(late).status_code == browse().get(late).status_code == 410
    assert (Ticket.objects.count(), LINK_LIFE) == (1, timedelta(hours=48))


def test_a_form_that_is_sent_twice_is_one_ticket(browse):
    visitor = browse()
    key = re.search(r'name="key" value="([^"]+)"', visitor.get(NEW).content.decode())[1]

    visitor.post(NEW, data(key=key))
    visitor.post(NEW, data(key=key))
    visitor.post(NEW, data(key=key, email="otra@fuera.example"))

    assert sorted(Guest.objects.values_list("email", flat=True)) == [ADDRESS, "otra@fuera.example"]
    assert OutgoingMail.objects.count() == 2


def test_what_nobody_verified_goes_after_a_week_with_its_files(browse):
    visitor, late = browse(), timezone.now() - UNVERIFIED_LIFE - timedelta(minutes=1)
    opened(visitor, subject="Verificado", files=SimpleUploadedFile("a.txt", b"hola"))
    visitor.post(NEW, data(subject="Tarde", email="tarde@fuera.example", files=SimpleUploadedFile("b.txt", b"hola")))
    visitor.post(NEW, data(subject="Reciente", email="hoy@fuera.example"))
    Guest.objects.exclude(email="hoy@fuera.example").update(asked_at=late)

    assert tidy_guests() == 1

    assert sorted(Guest.objects.values_list("email", flat=True)) == ["hoy@fuera.example", ADDRESS]
    assert (StoredFile.objects.count(), Attachment.objects.get().name) == (1, "a.txt")


# --- topics and priority ---


def test_guests_choose_among_the_topics_that_ask_nothing_and_cost_nothing(browse):
    Topic.objects.update(is_active=False)
    chosen = TopicFactory(name="Soporte técnico")
    facturas = TopicFactory(name="Facturas", parent=TopicFactory(name="Administración"))
    others = {
        "inactive": TopicFactory(name="Antiguo", is_active=False),
        "internal": TopicFactory(name="Interno", for_guests=False),
        "request": RequestTypeFactory().topic,
        "asking": TopicFactory(name="Con preguntas"),
        "costs": TopicFactory(
            name="Urgencias",
            department=DepartmentFactory(name="24 horas", surcharge="Cuesta 200 €.", urgency="Nadie trabaja."),
        ),
    }
    others["asking"].form_fields.create(kind="text", label="Número de serie", position=1)
    assert offered() == ["Administración / Facturas", "Soporte técnico"]
    page = words(browse().get(NEW))
    assert '<optgroup label="Administración">' in page and "Interno" not in page

    for topic in [*(topic.pk for topic in others.values()), 999_999, "0", "x", "-1", "1'", facturas.parent.pk, ""]:
        assert browse().post(NEW, data(topic=topic)).status_code == 200, topic
    assert not Guest.objects.exists() and not OutgoingMail.objects.exists()
    assert opened(browse(), topic=chosen.pk).ticket.topic == chosen


def test_with_one_topic_there_is_nothing_to_choose(browse):
    Topic.objects.update(is_active=False)
    only = TopicFactory()

    assert 'name="topic"' not in words(browse().get(NEW))
    assert opened(browse(), topic="").ticket.topic == only


def test_where_no_topic_is_for_guests_the_page_says_how_to_reach_support(browse):
    Topic.objects.update(for_guests=False)

    answer = browse().post(NEW, {"name": "Jon", "email": ADDRESS, "subject": "x", "body": "x", "priority": 2})

    assert "No hay ningún tema para invitados" in words(answer) and "/contacto/" in words(answer)
    assert not Guest.objects.exists()


@pytest.mark.parametrize("priority", ["4", "0", "urgente", "", "99999999999999999999"])
def test_no_guest_chooses_another_priority(browse, priority):
    assert browse().post(NEW, data(priority=priority)).status_code == 200
    assert not Guest.objects.exists()


# --- what is typed ---

SCRIPT = "<script>alert(1)</script>"


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "Jon\r\nBcc: todos@malo.example"},
        {"name": SCRIPT, "subject": SCRIPT, "body": SCRIPT},
        {"name": "J" * 120, "subject": "x" * 200, "body": "ñ\n" * 5_000},
        {"subject": "\u202egnp.exe", "body": "C:\\ruta # — \u0007"},
        {"body": "![x](adjunto:1) [x](javascript:alert(1))"},
    ],
)
def test_what_is_hostile_is_kept_as_plain_words(browse, agent, changes):
    guest = opened(browse(), **changes) if "subject" not in changes else confirmed(browse(), **changes)

    assert "\n" not in guest.name and "\r" not in guest.name
    received = mailed("ticket_received")
    assert "\n" not in received.subject and "Bcc" not in str(received.headers)
    for client, path in ((browse(agent), f"{QUEUE}{guest.ticket.pk}/change/"), (browse(agent), QUEUE)):
        answer = client.get(path)
        assert answer.status_code == 200 and "<script>alert" not in answer.content.decode()
    visitor = browse()
    assert "<script>alert" not in found_by(visitor, guest).content.decode()
    assert "<script>alert" not in visitor.get(page_of(guest)).content.decode()


def confirmed(browser, **changes) -> Guest:
    browser.post(NEW, data(**changes))
    browser.post(link_in(mailed("guest_verify")))
    return Guest.objects.get(ticket__isnull=False)


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("email", "jon@fuera.example\nBcc: todos@malo.example"),
        ("email", "jon@fuera.example, otra@fuera.example"),
        ("email", "x" * 10_000 + "@fuera.example"),
        ("email", ""),
        ("name", "\u200b"),
        ("name", "x" * 10_000),
        ("name", "Jon\0"),
        ("subject", "x" * 10_000),
        ("subject", " \u200b "),
        ("body", ""),
        ("body", "x\0"),
        ("body", "x" * 1_000_000),
    ],
)
def test_what_cannot_be_kept_is_refused_in_words_and_nothing_is_mailed(browse, field, typed):
    answer = browse().post(NEW, data(**{field: typed}))

    assert (answer.status_code == 200 and "invalid-feedback" in words(answer)) or "composer-error" in words(answer)
    assert not Guest.objects.exists() and not OutgoingMail.objects.exists()


def test_a_key_of_somebody_elses_form_is_no_way_in(browse):
    browse().post(NEW, data(key="la-clave"))

    answer = browse().post(NEW, data(key="la-clave", email="otra@fuera.example", subject="Otro"), follow=True)

    assert Guest.objects.get(email="otra@fuera.example").called in words(answer)
    assert Guest.objects.get(email=ADDRESS).called not in words(answer)
    for key in ("x" * 10_000, "ñ", "../..", ""):
        assert (
            browse().post(NEW, data(key=key, email="tercera@fuera.example", subject=key[:9] or "x")).status_code < 500
        )


# --- files ---


def txt(name="captura.txt", content=b"hola"):
    return SimpleUploadedFile(name, content)


def test_a_refused_form_goes_on_with_its_files(browse):
    visitor = browse()
    page = words(visitor.post(NEW, data(subject="", files=[txt("a.txt"), txt("b.txt", b"otra")])))
    held = re.findall(r'name="held" value="([^"]+)" checked', page)
    assert len(held) == 2 and not StoredFile.objects.exists()

    visitor.post(NEW, data(held=held[1:], files=txt("c.txt", b"tercera")))
    visitor.post(link_in(mailed("guest_verify")))

    ticket = Ticket.objects.get()
    assert [file.name for file in ticket.attachments.all()] == ["b.txt", "c.txt"]
    assert (ticket.file_count, {file.guest for file in Attachment.objects.all()}) == (2, {None})


@pytest.mark.parametrize("name", ["programa.exe", "factura.pdf.exe", "captura.png"])
def test_programs_are_refused_also_under_another_name(browse, name):
    content = b"MZ" + b"\0" * 58 + b"\x80\0\0\0" + b"\0" * 64 + b"PE\0\0" + b"\0" * 200

    answer = browse().post(NEW, data(files=txt(name, content)))

    assert "es un programa" in words(answer)
    assert not Guest.objects.exists() and not OutgoingMail.objects.exists()


def test_files_have_the_limits_of_customers(browse, settings):
    settings.FILES_PER_MESSAGE, settings.FILE_MEGABYTES = 2, 1

    many = words(browse().post(NEW, data(files=[txt(f"{n}.txt", b"%d" % n) for n in range(3)])))
    large = words(browse().post(NEW, data(files=txt("grande.txt", b"x" * 1_100_000))))
    empty = words(browse().post(NEW, data(files=txt("vacio.txt", b""))))

    assert "como máximo 2 archivos" in many and "supera los 1 MB" in large and "está vacío" in empty
    assert not Guest.objects.exists()


def test_words_for_files_that_are_not_ours_hold_nothing(browse):
    answer = words(browse().post(NEW, data(held=["x", "a:b:c", "0" * 10_000])))

    assert "Un archivo que había elegido ya no está" in answer
    assert not Guest.objects.exists()


def test_a_file_is_kept_by_one_form_alone(browse):
    page = words(browse().post(NEW, data(subject="", files=txt())))
    held = re.findall(r'name="held" value="([^"]+)" checked', page)
    browse().post(NEW, data(held=held))

    answer = browse().post(NEW, data(held=held, email="otra@fuera.example"))

    assert "Un archivo que había elegido ya no está" in words(answer)
    assert Guest.objects.get().email == ADDRESS


# --- how often ---


def test_an_address_gets_three_mails_an_hour_at_most(browse, window):
    for number in range(3):
        assert browse().post(NEW, data(subject=f"Número {number}")).status_code == 302

    refusal = browse().post(NEW, data(subject="El de más", body="Lo que escribí.", files=txt()))

    assert (refusal.status_code, OutgoingMail.objects.count()) == (429, 3)
    page = words(refusal)
    assert "El de más" in page and "Lo que escribí." in page and "captura.txt" in page and "inténtelo de nuevo" in page
    assert browse().post(NEW, data(email="otra@fuera.example")).status_code == 302


def test_other_names_of_a_mailbox_get_no_more(browse, window):
    for number in range(3):
        assert browse().post(NEW, data(email=f"jon+{number}@fuera.example")).status_code == 302

    assert browse().post(NEW, data(email="JON+otra@fuera.example")).status_code == 429


def test_a_network_opens_twenty_an_hour_at_most(browse, window):
    for number in range(20):
        assert browse().post(NEW, data(email=f"n{number}@fuera.example")).status_code == 302

    assert browse().post(NEW, data(email="una.mas@fuera.example")).status_code == 429
    assert browse().post(NEW, data(email="una.mas@fuera.example"), REMOTE_ADDR="198.51.100.7").status_code == 302


def test_a_code_tried_a_thousand_times_is_not_found(browse, window):
    guest = opened(browse())
    answers = [
        found_by(browse(), guest, email=f"n{number}@malo.example", REMOTE_ADDR="x").status_code for number in range(12)
    ]
    assert answers == [200] * 10 + [429] * 2
    assert found_by(browse(), guest).status_code == 429

    assert browse().get(link_in(mailed("ticket_received"))).status_code == 302


def test_an_address_is_tried_ten_times_an_hour_and_what_was_right_counts_for_nothing(browse, monkeypatch):
    guest = opened(browse())
    for _time in range(12):
        assert found_by(browse(), guest).status_code == 302
    for number in range(10):
        assert found_by(browse(), guest, code=f"00000-0000{number}").status_code == 200

    assert found_by(browse(), guest, code="00000-000AA").status_code == 429
    clock = limits.clock() + 3600
    monkeypatch.setattr(limits, "clock", lambda: clock)
    assert found_by(browse(), guest).status_code == 302


def test_answers_and_files_have_their_limits(browse, monkeypatch, window):
    visitor = browse()
    guest = opened(visitor)
    small = {name: Limit(2, 3600, LIMITS[name].each) for name in ("guest_reply", "guest_upload", "guest_link")}
    for name, limit in small.items():
        monkeypatch.setitem(LIMITS, name, limit)

    for number in range(2):
        assert visitor.post(page_of(guest), {"body": f"{number}", "key": f"k{number}"}).status_code == 302
    refused = visitor.post(page_of(guest), {"body": "La de más.", "key": "k9"})
    assert refused.status_code == 429 and "La de más." in words(refused)
    files = [txt("a.txt"), txt("b.txt", b"otra"), txt("c.txt", b"tercera")]
    refused = browse().post(NEW, data(email="otra@fuera.example", files=files, body="Lo que escribí."))
    assert refused.status_code == 429 and "Lo que escribí." in words(refused)
    statuses = [browse().post(f"{NEW}confirmar/nada/").status_code for _time in range(3)]
    assert statuses == [410, 410, 429]


def test_a_network_tries_fifty_codes_an_hour(browse, window):
    tries = [
        browse().post(LOOKUP, {"code": f"00000000{number:02}", "email": f"n{number}@malo.example"}).status_code
        for number in range(51)
    ]

    assert tries == [200] * 50 + [429]


def test_suggestions_are_counted_for_the_network(browse, window):
    new_article(title="La impresora no imprime", text="Reiníciela.", audience="public")
    visitor = browse()

    assert "La impresora no imprime" in words(visitor.get(f"{NEW}respuestas/?subject=la+impresora+no+imprime"))
    for _time in range(119):
        visitor.get(f"{NEW}respuestas/?subject=x")
    assert visitor.get(f"{NEW}respuestas/?subject=x").status_code == 429


def test_suggestions_show_what_visitors_may_read_alone(browse):
    new_article(title="La impresora no imprime", text="Reiníciela.", audience="registered")

    assert "La impresora" not in words(browse().get(f"{NEW}respuestas/?subject=la+impresora+no+imprime"))


# --- code and address ---


@pytest.mark.parametrize(
    "typed", ["k7m9q-x4td2", "K7M9QX4TD2", " k7m9q x4td2 ", "K7M9Q—X4TD2", "k7m9q--x4-td2", "K7M9Q\u00a0X4TD2"]
)
def test_a_code_is_read_however_it_is_typed(typed):
    assert read_code(typed) == "K7M9QX4TD2"


def test_signs_that_look_alike_are_the_same(browse):
    guest = opened(browse())
    Guest.objects.update(code="01A0B1C2D3")

    for typed in ("OIAOBLC2D3", "o1a0b-ic2d3", "olaob-1c2d3"):
        assert found_by(browse(), guest, code=typed).status_code == 302, typed


def test_a_wrong_code_and_an_absent_one_are_answered_alike(browse):
    guest, visitor = opened(browse()), browse()
    visitor.post(NEW, data(email="sin@verificar.example"))
    unverified = Guest.objects.get(ticket=None)
    tries = {
        "wrong address": (guest.called, "otra@fuera.example"),
        "wrong code": ("00000-00000", ADDRESS),
        "absent": ("00000-00001", "nadie@fuera.example"),
        "not verified": (unverified.called, unverified.email),
    }
    answers, queries = set(), set()
    for code, email in tries.values():
        with CaptureQueriesContext(connection) as captured:
            answer = browse().post(LOOKUP, {"code": code, "email": email})
        page = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", words(answer))
        answers.add((answer.status_code, page.replace(code, "").replace(email, "")))
        queries.add(len(captured))

    assert len(answers) == len(queries) == 1
    assert "No hay ningún ticket con este código y esta dirección" in answers.pop()[1]


@pytest.mark.parametrize("typed", ["", "K7M9Q", "K7M9Q-X4TD2-1", "%' OR 1=1 --", "\0", "ñ" * 10_000, "U7M9Q-X4TD2"])
def test_what_is_no_code_is_said_before_anything_is_sought(browse, typed):
    answer = browse().post(LOOKUP, {"code": typed, "email": ADDRESS})

    assert answer.status_code == 200 and "invalid-feedback" in words(answer)


# --- the session ---


def test_a_session_reads_what_it_has_shown_and_nothing_else(browse):
    visitor = browse()
    mine, other = opened(visitor), opened(browse(), email="otra@fuera.example", files=txt())
    file = other.ticket.attachments.get()

    assert visitor.get(page_of(mine)).status_code == 200
    assert visitor.get(page_of(other)).status_code == 404
    assert visitor.get(f"{LOOKUP}0000000000/").status_code == 404
    for deed in ("", "resuelto/", "reabrir/"):
        assert visitor.post(f"{page_of(other)}{deed}", {"body": "x"}).status_code == 404
    for guest in (mine, other):
        assert visitor.get(reverse("guests:attachment", args=[guest.code, file.token])).status_code == 404
    assert browse().get(page_of(mine)).url == LOOKUP
    assert visitor.get(file.get_absolute_url()).status_code == 302  # to the log-in


def test_the_session_changes_its_key_and_ends(browse, monkeypatch):
    visitor = browse()
    visitor.post(NEW, data())
    before = visitor.session.session_key
    visitor.post(link_in(mailed("guest_verify")))
    guest = Guest.objects.get()
    assert visitor.session.session_key != before
    assert visitor.get(page_of(guest)).status_code == 200

    later = timezone.now() + timedelta(hours=4, minutes=1)
    monkeypatch.setattr("tickets.views.guests.timezone.now", lambda: later)

    assert visitor.get(page_of(guest)).url == LOOKUP


def test_a_browser_can_be_left(browse):
    visitor = browse()
    guest = opened(visitor)
    assert guest.called in words(visitor.get(LOOKUP))

    visitor.post(f"{LOOKUP}salir/")

    assert guest.called not in words(visitor.get(LOOKUP))
    assert visitor.get(page_of(guest)).url == LOOKUP


@pytest.mark.parametrize("broken", ["x", "x.y", "a" * 5_000, "%00"])
def test_a_link_that_is_not_ours_opens_nothing(browse, broken):
    guest = opened(browse())
    link = guest.link.rstrip("/").rpartition("/")[2]

    for token in (broken, link[:-1], f"{link}x", link.replace(".", ".x", 1)):
        visitor = browse()
        assert visitor.get(f"{LOOKUP}enlace/{token}/").url == LOOKUP
        assert visitor.get(page_of(guest)).url == LOOKUP


# --- reading and writing ---


def test_the_thread_is_read_without_internal_notes_and_answered(browse, agent, mails):
    guest, visitor = opened(browse()), browse()
    guest.ticket.note(by=agent, body="Cuidado: es la competencia.")
    guest.ticket.assign(by=agent, to=agent)
    mails.clear()
    guest.ticket.reply(by=agent, body="¿Qué impresora es?")
    assert mails() == {("ticket_replied", ADDRESS)}

    visitor.get(link_in(mailed("ticket_replied")))
    page = words(visitor.get(page_of(guest)))
    assert "¿Qué impresora es?" in page and "competencia" not in page
    assert "Le toca a usted" in page and "Esperando su respuesta" in page
    mails.clear()
    visitor.post(page_of(guest), {"body": "Una láser.", "key": "k1", "files": txt()})
    visitor.post(page_of(guest), {"body": "Una láser.", "key": "k1"})

    ticket = Ticket.objects.get()
    assert mails() == {("ticket_replied_for_support", agent.email)}
    assert (ticket.status, ticket.reply_count, ticket.file_count) == ("open", 2, 1)
    message = ticket.messages.get(body="Una láser.")
    assert (message.author, message.writer, message.from_support) == (None, "Jon Vidal", False)
    assert list(tickets_are_complete(Look(at=timezone.now()))) == []


def test_a_guest_closes_and_reopens_and_is_told_of_neither(browse, agent, mails):
    visitor = browse()
    guest = opened(visitor)
    mails.clear()

    visitor.post(f"{page_of(guest)}resuelto/")
    assert (Ticket.objects.get().status, mails()) == ("closed", set())
    assert "Marcado como resuelto por Jon Vidal" in words(visitor.get(page_of(guest)))
    assert "ya no es posible" in words(visitor.post(f"{page_of(guest)}resuelto/", follow=True)).lower()
    visitor.post(f"{page_of(guest)}reabrir/")

    department = Ticket.objects.get().topic.department.email
    assert (Ticket.objects.get().status, mails()) == ("open", {("ticket_reopened_for_support", department)})
    assert "Reabierto por Jon Vidal" in words(visitor.get(page_of(guest)))
    Ticket.objects.get().close(by=agent)
    assert ("ticket_closed", ADDRESS) in mails()


def test_what_was_resolved_a_month_ago_stays_so(browse, agent):
    visitor = browse()
    guest = opened(visitor)
    guest.ticket.close(by=agent)
    Ticket.objects.update(closed_at=timezone.now() - timedelta(days=30, minutes=1))

    page = words(visitor.get(page_of(guest)))
    assert "hace más de 30 días" in page and NEW in page and 'name="body"' not in page
    refused = words(visitor.post(page_of(guest), {"body": "Otra vez.", "key": "k1"}))
    assert "Otra vez." in refused and "ya no es posible" in refused.lower()
    assert Ticket.objects.get().reply_count == 0


def test_a_refused_answer_goes_on_with_its_files(browse):
    visitor = browse()
    guest = opened(visitor)
    page = words(visitor.post(page_of(guest), {"body": "x\0", "key": "k1", "files": txt()}))
    held = re.findall(r'name="held" value="([^"]+)" checked', page)

    visitor.post(page_of(guest), {"body": "", "key": "k1", "held": held})

    assert Ticket.objects.get().messages.latest("pk").attachments.get().name == "captura.txt"


def test_files_open_for_the_guest_where_the_page_says(browse, agent, attach):
    visitor = browse()
    guest = opened(visitor, files=txt())
    picture = attach(agent, "informe.txt")
    guest.ticket.reply(by=agent, body="Mire.", files=picture)
    page = words(visitor.get(page_of(guest)))

    files = re.findall(r'href="(/tickets/consulta/[^"]+/adjuntos/[^"]+)"', page)

    assert len(files) == 2 and "/adjuntos/" not in page.replace(f"/tickets/consulta/{guest.code}/adjuntos/", "")
    assert b"".join(visitor.get(files[0]).streaming_content) == b"hola"
    assert browse().get(files[0]).status_code == 404


def test_mails_come_in_the_language_in_which_the_ticket_was_opened(browse, agent):
    visitor = browse()
    visitor.post("/idioma/", {"language": "en", "next": "/"})
    guest = opened(visitor)

    guest.ticket.reply(by=agent, body="Try again.")

    assert "Confirm your address" in mailed("guest_verify").subject
    assert "has answered ticket" in mailed("ticket_replied").text and "Do not reply" in mailed("ticket_replied").text


def test_pages_cost_few_queries_however_long_the_thread(browse, agent, django_assert_max_num_queries):
    visitor = browse()
    guest = opened(visitor, files=txt())
    counts = []
    for _round in range(2):
        with CaptureQueriesContext(connection) as captured:
            assert visitor.get(page_of(guest)).status_code == 200
        counts.append(len(captured))
        for number in range(8):
            guest.ticket.reply(by=agent, body=f"Respuesta {number}")

    assert counts[0] == counts[1] <= 8
    with django_assert_max_num_queries(8):
        visitor.get(NEW)
    with django_assert_max_num_queries(8):
        visitor.get(LOOKUP)


# --- support ---


# --- a page that is open ---


def changes(guest) -> str:
    return f"{page_of(guest)}cambios/{Ticket.objects.get().version}/"


def test_nothing_new_for_a_guest_is_204_after_one_query_besides_the_session(browse, agent):
    page = browse()
    guest = opened(page)
    guest.ticket.reply(by=agent, body="Lo miramos.")
    asked = changes(guest)
    assert f'hx-get="{asked}"' in words(page.get(page_of(guest)))

    with CaptureQueriesContext(connection) as captured:
        answer = page.get(asked, {"visto": "1"})

    assert (answer.status_code, answer.content) == (204, b"")
    assert ["tickets_guest" in query["sql"] for query in captured] == [False, True]


def test_what_support_does_comes_to_the_open_page_with_the_next_place_to_ask(browse, agent, attach):
    page = browse()
    guest = opened(page)
    asked = changes(guest)
    guest.ticket.note(by=agent, body="CANARY-INT")
    assert page.get(asked).status_code == 204

    guest.ticket.reply(by=agent, body="¿Qué versión usa?", files=attach(agent, "guia.txt"))
    answer = page.get(asked)

    text, file = words(answer), Attachment.objects.get(name="guia.txt")
    assert 'id="mensaje-2"' in text and "¿Qué versión usa?" in text and "sale en blanco" not in text
    assert 'data-state="waiting"' in text and 'data-turn="company"' in text and "CANARY" not in text
    assert f"{page_of(guest)}adjuntos/{file.token}/" in text and f"/adjuntos/{file.token}/estado/" not in text
    assert answer.context["arrived"].number == 2 and changes(guest) in text
    assert page.get(changes(guest)).status_code == 204


def test_a_guests_own_answer_from_elsewhere_comes_without_a_call(browse):
    page = browse()
    guest = opened(page)
    asked = changes(guest)
    page.post(page_of(guest), {"key": "otra", "body": "Ya imprime."})

    answer = page.get(asked)

    assert "Ya imprime." in words(answer) and answer.context["arrived"] is None


def test_an_open_page_hears_nothing_once_it_may_not_read_the_ticket(browse, agent, ana):
    page = browse()
    guest = opened(page)
    asked = changes(guest)
    guest.ticket.reply(by=agent, body="Hecho.")
    assert browse().get(asked).status_code == browse(ana).get(asked).status_code == 404

    User.objects.filter(pk=ana.pk).update(email=ADDRESS)
    ana.refresh_from_db()
    guest.adopt(by=ana)
    assert page.get(asked).status_code == 404
    page.post(f"{LOOKUP}salir/")
    assert page.get(asked).status_code == 404


def test_an_open_page_is_told_when_the_antivirus_has_looked_at_a_file(browse, clamd):
    page = browse()
    guest = opened(page, files=txt())
    file = Attachment.objects.get()
    state = f"{page_of(guest)}adjuntos/{file.token}/estado/"
    assert f'hx-get="{state}"' in words(page.get(page_of(guest)))
    assert page.get(state).status_code == 204

    scan_waiting(at=timezone.now() + timedelta(minutes=1))
    answer = page.get(state)

    assert f'href="{page_of(guest)}adjuntos/{file.token}/"' in words(answer)
    assert "hx-get" not in words(answer)
    assert browse().get(state).status_code == 404


def test_asking_keeps_no_session_alive(browse, ana):
    """Neither that of a guest nor that of somebody who is logged in."""
    guest, page = opened(browse()), browse(ana)
    page.get(guest.link)
    session = page.session
    session[sessions.SEEN] = long_ago = timezone.now().timestamp() - 3600
    session.save()
    held = session["guests"]

    assert page.get(changes(guest)).status_code == 204
    assert (page.session[sessions.SEEN], page.session["guests"]) == (long_ago, held)
    page.get(page_of(guest))
    assert page.session[sessions.SEEN] > long_ago


def test_support_sees_who_it_is_and_does_everything_but_put_people_in_copy(browse, agent, bruno):
    guest, desk = opened(browse()), browse(agent)
    home = f"{QUEUE}{guest.ticket.pk}/"

    assert guest.called in words(desk.get(QUEUE)) and ADDRESS in words(desk.get(QUEUE))
    page = words(desk.get(f"{home}change/"))
    assert "Invitado" in page and ADDRESS in page and "Jon Vidal" in page and "Dirección verificada" in page
    assert "Poner a alguien en copia" not in page
    assert desk.post(f"{home}copia/", {"person": bruno.public_id}).status_code == 403
    with pytest.raises(IllegalStep):
        guest.ticket.add_follower(by=agent, person=agent)
    for deed, sent in {
        "nota": {"body": "Para nosotros."},
        "asignar": {"assignee": agent.pk},
        "tomar": {},
        "estado": {"status": "waiting"},
        "clasificar": {"topic": guest.ticket.topic_id, "priority": 4},
    }.items():
        assert desk.post(f"{home}{deed}/", sent).status_code == 302, deed
    key = re.search(r'name="key" value="([^"]+)"', desk.get(f"{home}change/").content.decode())[1]
    assert desk.post(f"{home}change/", {"key": key, "body": "Vale.", "then": "closed"}).status_code == 302
    ticket = Ticket.objects.get()
    assert (ticket.status, ticket.priority, ticket.assignee, ticket.followers.count()) == ("closed", 4, agent, 0)
    assert "Jon Vidal" in words(desk.get(f"{home}imprimir/")) and desk.get(f"{home}version/").status_code == 200
    assert desk.get(f"{home}cambios/0/0/").status_code == 200
    assert list(tickets_are_complete(Look(at=timezone.now()))) == []


def test_what_support_types_is_kept(browse, agent):
    guest, desk = opened(browse()), browse(agent)
    page = desk.get(f"{QUEUE}{guest.ticket.pk}/change/").content.decode()
    key, seal = (re.search(rf'name="{name}" value="([^"]+)"', page)[1] for name in ("key", "seal"))

    kept = desk.post(reverse("thread:draft_keep"), {"seal": seal, "key": key, "body": "A medias."})

    assert kept.status_code == 204
    assert "A medias." in words(desk.get(f"{QUEUE}{guest.ticket.pk}/change/"))


@pytest.mark.parametrize("sought", ["code", "half", "subject", "body", "file"])
def test_support_finds_it_by_code_and_words(browse, agent, sought):
    guest = opened(browse(), files=txt("planos.txt"))
    terms = {
        "code": guest.called,
        "half": guest.called.lower().replace("-", " "),
        "subject": "imprime",
        "body": "blanco",
        "file": "planos",
    }

    assert "No imprime" in words(browse(agent).get(QUEUE, {"q": terms[sought]}))


def test_no_customer_sees_a_guests_ticket(browse, ana, bruno, carla):
    guest = opened(browse(), email=bruno.email, files=txt())

    for person in (ana, bruno, carla):
        assert not Ticket.objects.visible_to(person).exists()
        assert not Message.objects.visible_to(person).exists() and not Event.objects.visible_to(person).exists()
        client = browse(person)
        assert "No imprime" not in words(client.get("/tickets/?estado=todos"))
        assert "No imprime" not in words(client.get("/tickets/?estado=todos&q=imprime"))
        assert client.get(guest.ticket.attachments.get().get_absolute_url()).status_code == 404
        assert client.get(page_of(guest)).url == LOOKUP
        assert client.get("/inicio/").status_code == 200
    assert open_ticket(ana).number == 1


def test_articles_for_a_guests_answer_are_those_that_everybody_may_read(browse, boss):
    guest = opened(browse())
    new_article(title="La impresora para todos", text="Reiníciela.", audience="public")
    new_article(title="La impresora para registrados", text="Reiníciela.", audience="registered")
    desk = browse(boss)
    assert 'name="empresa" value="invitado"' in words(desk.get(f"{QUEUE}{guest.ticket.pk}/change/"))

    page = words(desk.get(reverse("admin:knowledge_article_enlaces"), {"empresa": "invitado", "q": "impresora"}))

    assert "La impresora para todos" in page and "registrados" not in page
