"""Solicitudes in a browser: by keyboard from the form to the ticket, and a form that follows its topic."""

import pytest
from playwright.sync_api import expect

from mail.models import OutgoingMail
from tests.e2e.looks import DESKTOP, PHONE
from tests.e2e.steps import overflow, tab_to
from tests.e2e.test_pages import grave_faults
from tests.factories import RequestTypeFactory, TopicFactory, UserFactory
from tickets.models import Request, Ticket

pytestmark = pytest.mark.e2e


@pytest.fixture
def eva(ibarra):
    """Has Solicitudes and nothing else."""
    return UserFactory(company=ibarra, first_name="Eva", can_use_tickets=False, can_use_requests=True)


@pytest.fixture
def hours(db):
    topic = TopicFactory(name="Un bono de sesiones")
    kind = RequestTypeFactory(slug="horas", topic=topic, needs_approval=True, price="60 € la hora")
    kind.topic.form_fields.create(label="¿Cuántas horas?", kind="number", is_required=True, position=1)
    kind.topic.form_fields.create(label="¿Las factura aparte?", kind="yes_no", is_required=True, position=2)
    return kind


def test_by_keyboard_from_the_form_to_the_managers_yes_and_the_ticket(open_browser, eva, bruno, hours):
    page = open_browser(eva)
    keyboard = page.keyboard
    page.goto("/inicio/")
    tab_to(page.get_by_role("navigation", name="Áreas").get_by_role("link", name="Solicitudes"))
    keyboard.press("Enter")
    tab_to(page.get_by_role("link", name="Un bono de sesiones"))
    keyboard.press("Enter")
    tab_to(page.get_by_label("¿Cuántas horas?"))
    keyboard.type("10")
    tab_to(page.get_by_label("Sí"))
    keyboard.press("Space")
    tab_to(page.get_by_label("Mensaje"))
    keyboard.type("Para los nuevos.")
    tab_to(page.get_by_role("button", name="Pedir la aprobación"))
    keyboard.press("Enter")
    expect(page.get_by_text("pendiente de aprobación")).to_be_visible()
    assert not Ticket.objects.exists()

    manager = open_browser(bruno)
    manager.goto("/inicio/")
    tab_to(manager.get_by_role("link", name="Decidir"))
    manager.keyboard.press("Enter")
    tab_to(manager.get_by_role("link", name="Un bono de sesiones"))
    manager.keyboard.press("Enter")
    expect(manager.get_by_text("60 € la hora")).to_be_visible()
    tab_to(manager.get_by_role("button", name="Aprobar y enviar a soporte"))
    manager.keyboard.press("Enter")
    expect(manager.get_by_text("Nada espera su aprobación")).to_be_visible()

    page.goto("/solicitudes/")
    tab_to(page.get_by_role("link", name="Un bono de sesiones").last)
    keyboard.press("Enter")
    expect(page.get_by_role("table")).to_contain_text("¿Cuántas horas?10")
    expect(page.get_by_text("Aprobada por Bruno Etxeberria")).to_be_visible()


def test_a_long_word_stays_inside_a_telephone(open_browser, eva, bruno, hours):
    long = f"https://www.ejemplo.example/{'x' * 160}"
    asked = Request.objects.ask(by=eva, kind=hours, subject=long, body=long)
    page, manager = open_browser(eva, PHONE), open_browser(bruno, PHONE)

    decide = f"/gestion/solicitudes/{asked.public_id}/"
    for browser, path in ((page, asked.get_absolute_url()), (manager, decide), (manager, f"{decide}rechazar/")):
        browser.goto(path)
        assert overflow(browser) == 0, path
    reader = open_browser(None, PHONE)
    reader.set_content(OutgoingMail.objects.get(kind="request_asked").html)
    assert overflow(reader) == 0


def test_the_form_follows_the_topic_and_keeps_what_was_typed(open_browser, ana, hours):
    asking = TopicFactory(name="Avería con preguntas")
    asking.form_fields.create(label="¿En qué máquina?", is_required=True)
    page = open_browser(ana)
    page.goto("/tickets/nuevo/")
    page.get_by_label("Asunto").fill("No imprime")
    page.get_by_label("Mensaje").fill("Nada ocurre.")

    page.get_by_label("Tema").select_option("Avería con preguntas")
    page.get_by_label("¿En qué máquina?").fill("La de la planta 2")
    expect(page.get_by_label("Asunto")).to_have_value("No imprime")
    page.get_by_role("button", name="Enviar ticket").click()

    expect(page.get_by_role("table")).to_contain_text("La de la planta 2")
    assert Ticket.objects.get().subject == "No imprime"


def test_without_the_script_the_topic_is_asked_about_by_a_button(open_browser, ana, hours):
    asking = TopicFactory(name="Avería con preguntas")
    asking.form_fields.create(label="¿En qué máquina?", is_required=True)
    page = open_browser(ana, DESKTOP, java_script_enabled=False)
    page.goto("/tickets/nuevo/")
    page.get_by_label("Mensaje").fill("Nada ocurre.")
    page.get_by_label("Tema").select_option("Avería con preguntas")

    page.get_by_role("button", name="Ver lo que pregunta este tema").click()

    expect(page.get_by_label("¿En qué máquina?")).to_be_visible()
    expect(page.get_by_label("Mensaje")).to_have_value("Nada ocurre.")


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_whoever_comes_back_to_a_topic_finds_what_they_answered(open_browser, ana, script):
    first, second = TopicFactory(name="Avería con preguntas"), TopicFactory(name="Otra con preguntas")
    first.form_fields.create(label="¿En qué máquina?", position=1)
    first.form_fields.create(label="¿Qué ve?", kind="several", options="Nada\nUn aviso\nUn error", position=2)
    second.form_fields.create(label="¿Desde cuándo?")
    page = open_browser(ana, DESKTOP, java_script_enabled=script)
    page.goto("/tickets/nuevo/")

    def choose(topic):
        page.get_by_label("Tema").select_option(topic)
        if not script:
            page.get_by_role("button", name="Ver lo que pregunta este tema").click()

    choose("Avería con preguntas")
    page.get_by_label("¿En qué máquina?").fill('La "2" & <la 3>')
    page.get_by_label("Un aviso").check()
    page.get_by_label("Un error").check()
    choose("Otra con preguntas")
    page.get_by_label("¿Desde cuándo?").fill("Ayer")
    choose("Avería con preguntas")
    expect(page.get_by_label("¿En qué máquina?")).to_have_value('La "2" & <la 3>')
    expect(page.get_by_label("Un aviso")).to_be_checked()
    expect(page.get_by_label("Un error")).to_be_checked()
    expect(page.get_by_label("Nada", exact=True)).not_to_be_checked()
    page.get_by_label("Asunto").fill("No imprime")
    page.get_by_role("button", name="Enviar ticket").click()

    expect(page.get_by_role("table")).to_contain_text('La "2" & <la 3>')
    assert [answer.label for answer in Ticket.objects.get().answers.all()] == ["¿En qué máquina?", "¿Qué ve?"]


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
@pytest.mark.parametrize("look", [pytest.param(DESKTOP, id="desktop"), pytest.param(PHONE, id="phone")])
def test_a_file_that_answers_one_topic_is_there_after_another_one(open_browser, ana, script, look):
    first, second = TopicFactory(name="Avería con plano"), TopicFactory(name="Otra con preguntas")
    first.form_fields.create(label="Plano de la planta", kind="file", is_required=True)
    second.form_fields.create(label="¿Desde cuándo?")
    page = open_browser(ana, look, java_script_enabled=script)
    page.goto("/tickets/nuevo/")
    files = page.get_by_role("list", name="Archivos adjuntos").get_by_role("listitem")

    def choose(topic):
        page.get_by_label("Tema").select_option(topic)
        if not script:
            page.get_by_role("button", name="Ver lo que pregunta este tema").click()

    choose("Avería con plano")
    page.get_by_label("Plano de la planta").set_input_files(
        {"name": "planta-2.txt", "mimeType": "text/plain", "buffer": b"Planta 2"}
    )
    page.get_by_label("Mensaje").fill("No imprime en la planta 2.")
    page.get_by_label("Adjuntar archivos").set_input_files(
        {"name": "registro.log", "mimeType": "text/plain", "buffer": b"Error 17"}
    )
    choose("Otra con preguntas")
    expect(page.get_by_label("¿Desde cuándo?")).to_be_visible()
    expect(page.get_by_label("Plano de la planta")).to_have_count(0)
    expect(files.filter(has_text="planta-2.txt")).to_have_count(1)
    expect(files.filter(has_text="registro.log")).to_have_count(1)
    expect(page.get_by_label("Mensaje")).to_have_value("No imprime en la planta 2.")
    choose("Avería con plano")
    expect(page.get_by_text("«planta-2.txt» ya está aquí.")).to_be_visible()
    expect(files).to_have_count(2)
    assert overflow(page) == 0
    assert not script or grave_faults(page) == []
    page.get_by_label("Asunto").fill("No imprime")
    page.get_by_role("button", name="Enviar ticket").click()

    expect(page.get_by_role("table")).to_contain_text("planta-2.txt")
    assert sorted(Ticket.objects.get().attachments.values_list("name", flat=True)) == ["planta-2.txt", "registro.log"]


def test_answers_are_saved_while_one_types(open_browser, eva, hours):
    page = open_browser(eva)
    page.goto(hours.get_absolute_url())
    page.get_by_label("¿Cuántas horas?").fill("7")
    expect(page.get_by_text("Borrador guardado")).to_be_visible()

    page.goto("/inicio/")
    page.goto(hours.get_absolute_url())

    expect(page.get_by_label("¿Cuántas horas?")).to_have_value("7")
    assert not Request.objects.exists()
