"""The portals that other manuals describe, each with its settings alone, walked by its manual line by line."""

import re

import pytest
from playwright.sync_api import Page, expect

from portal.demo.cast import PASSWORD as OF_THE_DEMO
from tests.e2e.portals import portal_like

# The portal is another process with a database of its own; the tests' own is not asked.
pytestmark = [pytest.mark.e2e, pytest.mark.django_db]

PASSWORD = "Mi-Clave-2027"


@pytest.fixture(scope="session")
def browser_context_args():
    """Without the address of the tests' own portal."""
    return {}


@pytest.fixture
def portal(request, tmp_path):
    with portal_like(request.param, tmp_path) as served:
        yield served


def like(name: str):
    return pytest.mark.parametrize("portal", [name], indirect=True)


def register(page: Page, portal, *, first_name: str, last_name: str, email: str) -> None:
    """From the link on the home page to the first log-in (S1-20…S1-28, S3-15)."""
    page.get_by_role("link", name="Registro").click()
    page.get_by_label("Nombre", exact=False).first.fill(first_name)
    page.get_by_label("Apellidos").fill(last_name)
    page.get_by_label("Correo electrónico").fill(email)
    page.get_by_label("Acepto que estos datos").check()
    page.get_by_role("button", name="Enviar el enlace").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Revise su correo")

    page.goto(portal.link("request_verify", email))
    expect(page.get_by_text(f"{first_name} {last_name}")).to_be_visible()
    page.get_by_role("button", name="He sido yo: confirmar").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Su dirección está confirmada")

    page.goto(portal.link("access_approved", email))
    page.get_by_label("Contraseña nueva", exact=False).first.fill(PASSWORD)
    page.get_by_label("Repita la contraseña nueva").fill(PASSWORD)
    page.get_by_role("button", name="Guardar la contraseña").click()
    log_in(page, email, PASSWORD)


def log_in(page: Page, login: str, password: str = OF_THE_DEMO) -> None:
    page.get_by_label("Usuario o correo electrónico").fill(login)
    page.get_by_label("Contraseña").fill(password)
    page.get_by_role("button", name="Entrar").click()


def expect_menu(page: Page, *labels: str) -> None:
    expect(page.get_by_role("navigation", name="Áreas").get_by_role("link")).to_have_text(labels)


def answer(desk: Page, subject: str, text: str, *, login: str = "marta") -> None:
    """Support finds the ticket in the queue and answers it."""
    desk.goto("/acceso/")
    log_in(desk, login)
    desk.goto("/admin/tickets/ticket/")
    desk.get_by_role("link", name=subject).click()
    desk.get_by_label("Mensaje").fill(text)
    desk.get_by_role("button", name="Enviar").click()
    expect(desk.get_by_text("Su respuesta se ha enviado.")).to_be_visible()


@like("s1")
def test_a_customer_of_projects_goes_the_whole_way_of_the_manual(open_browser, portal):
    page = open_browser(base_url=portal.url)

    # S1-29…S1-32: a visitor's home, with the two buttons, the text, the languages and the foot.
    page.goto("/")
    expect(page).to_have_title(re.compile("GESTOR INCIDENCIAS"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Bienvenido al Centro de Soporte")
    expect(page.get_by_text("No se ha identificado como usuario registrado")).to_be_visible()
    expect(page.get_by_text("cada consulta es un ticket con su número")).to_be_visible()
    expect(page.get_by_role("link", name="Abrir un ticket")).to_be_visible()
    expect(page.get_by_role("link", name="Ver el estado de un ticket")).to_be_visible()
    expect(page.get_by_text("© Proyectos Acme")).to_be_visible()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("link", name="Open a ticket")).to_be_visible()
    page.get_by_role("button", name="Español").click()

    # S1-5, S1-6, S1-25: what is not for a ticket, the paid telephone, the address with its subject.
    page.get_by_role("link", name="Contacto").first.click()
    expect(page.get_by_text("807 000 000")).to_be_visible()
    expect(page.get_by_text("1,21 € por minuto")).to_be_visible()
    assert "subject=%5BSoporte%20t%C3%A9cnico%5D" in page.get_by_role("link", name="secretaria@").get_attribute("href")

    # S1-22, S1-23: without an account the way leads to the log-in, and from there to a new one.
    page.goto("/")
    page.get_by_role("link", name="Abrir un ticket").click()
    expect(page).to_have_url(re.compile(r"/acceso/\?next="))
    expect(page.get_by_role("link", name="Crear una cuenta")).to_be_visible()
    page.goto("/")
    register(page, portal, first_name="Sara", last_name="Ortiz", email="sara@orbital.example")

    # S1-8…S1-19: the rules, accepted once.
    expect(page.get_by_text("No se habla de dinero con el experto.")).to_be_visible()
    expect(page.get_by_text("Respondemos en 24 o 48 horas laborables.").first).to_be_visible()
    page.get_by_role("button", name="Acepto las normas").click()
    expect_menu(
        page,
        "Inicio",
        "Tickets",
        "Avisos",
        "Datos de la empresa",
        "Gestión",
    )

    # S1-34…S1-43: the topic, nested; the form with one's data; the two others that it offers.
    page.get_by_role("link", name="Nuevo ticket").click()
    page.get_by_label("Tema").select_option(label="Reportar una consulta")
    expect(page.locator("#del-tema")).to_contain_text("De lunes a viernes, de 9:00 a 18:00")
    expect(page.get_by_text("sara@orbital.example")).to_be_visible()
    expect(page.get_by_role("button", name="Vaciar")).to_be_visible()
    expect(page.get_by_role("link", name="Cancelar")).to_be_visible()
    page.get_by_label("Asunto").fill("Falta el capítulo tres")
    page.get_by_label("Mensaje").fill("El capítulo tres no está en el borrador.")
    page.get_by_role("button", name="Enviar ticket").click()

    # S1-44: the ticket with number, state, data and body.
    expect(page.get_by_role("heading", level=1)).to_have_text("Falta el capítulo tres")
    expect(page.get_by_role("main")).to_contain_text("#1")
    expect(page.get_by_role("main")).to_contain_text("Sin procesar")
    expect(page.get_by_role("main")).to_contain_text("Sara Ortiz")
    expect(page.get_by_role("article")).to_contain_text("El capítulo tres no está en el borrador.")

    # S1-53…S1-65: the secretariat gives it to the expert, who hears of it and answers.
    desk = open_browser(base_url=portal.url)
    answer(desk, "Falta el capítulo tres", "Lo añadimos hoy.")

    # S1-45, S1-49, S1-50: read; S1-51, S1-52: closed, and opened again.
    page.goto("/")
    expect(page).to_have_url(re.compile("/inicio/$"))
    page.locator(".unread-answers").get_by_role("link", name="Falta el capítulo tres").click()
    expect(page.get_by_role("article").last).to_contain_text("Lo añadimos hoy.")
    page.get_by_role("button", name="Marcar como resuelto").click()
    expect(page.get_by_role("main")).to_contain_text("Resuelto")
    page.get_by_role("button", name="Reabrir").click()
    expect(page.get_by_role("button", name="Marcar como resuelto")).to_be_visible()


@like("s3")
def test_a_customer_of_hosting_goes_the_whole_way_of_the_manual(open_browser, portal):
    page = open_browser(base_url=portal.url)

    # S3-5…S3-13, S3-17: the home of visitors.
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("Centro de Relación con el Cliente")
    tiles = page.locator(".tiles").get_by_role("link")
    assert [tile.split("\n")[0] for tile in tiles.all_inner_texts()] == [
        "Registro", "Descargas recomendadas", "Abrir un ticket", "Avisos", "Ver el estado de un ticket",
        "Estado del servicio",
    ]  # fmt: skip
    expect(page.get_by_role("heading", name="Últimos avisos")).to_be_visible()
    expect(page.get_by_role("link", name="Responda desde aquí: se atiende antes")).to_be_visible()
    expect(page.get_by_role("link", name="Ver todos")).to_be_visible()
    expect(page.get_by_label("Usuario o correo electrónico")).to_be_visible()
    expect(page.get_by_role("link", name="He olvidado mi contraseña")).to_be_visible()
    expect(page.get_by_text("No se ha identificado como usuario registrado")).to_be_visible()
    page.get_by_role("searchbox", name="Buscar").fill("servidores dns")
    page.get_by_role("button", name="Buscar").click()
    expect(page.get_by_role("link", name="Cómo cambiar los servidores DNS de un dominio").first).to_be_visible()

    # S3-6, S3-7: what visitors may take, and how the service is.
    page.goto("/")
    page.get_by_role("link", name="Descargas recomendadas").click()
    with page.expect_download() as taken:
        page.get_by_role("link", name="Descargar Documento de bienvenida").click()
    assert taken.value.suggested_filename == "bienvenida.txt"
    page.goto("/")
    page.get_by_role("link", name="Estado del servicio").click()
    expect(page.get_by_text("Red troncal").first).to_be_visible()

    # S3-14…S3-16: registered by verifying the address.
    page.goto("/")
    register(page, portal, first_name="Ivo", last_name="Mas", email="ivo@libreria.example")
    expect(page).to_have_url(re.compile("/inicio/$"))
    expect_menu(
        page,
        "Inicio",
        "Tickets",
        "Ayuda",
        "Descargas",
        "Avisos",
        "Estado del servicio",
        "Datos de la empresa",
        "Gestión",
    )

    # S3-18…S3-21, S3-35, S3-36: the department; the one of 24 hours is accepted with its cost.
    page.get_by_role("link", name="Nuevo ticket").click()
    topics = page.get_by_label("Tema").locator("option").all_inner_texts()
    assert [topic for topic in topics if topic.strip("-—. ")][-6:] == [
        "Contratar o ampliar un servicio", "Facturas y pagos", "Servidores y correo", "Conexiones y dominios",
        "Acceso y manos remotas", "Urgencia",
    ]  # fmt: skip
    page.get_by_label("Tema").select_option(label="Facturas y pagos")
    expect(page.locator("#del-tema")).to_contain_text("Facturación")
    page.get_by_label("Tema").select_option(label="Urgencia")
    expect(page.locator("#del-tema")).to_contain_text("120 € por ticket")
    expect(page.locator("#del-tema")).to_contain_text("impide que su negocio continúe")
    page.get_by_label("Asunto").fill("La tienda no carga")
    page.get_by_label("Mensaje").fill("Desde las nueve la web da error 502.")
    page.get_by_text("Personas en copia").click()
    # S3-26: others hear of it too, by their addresses.
    page.get_by_label("Direcciones de fuera de su empresa", exact=False).fill(
        "socia@libreria.example,taller@libreria.example"
    )
    page.get_by_role("button", name="Enviar ticket").click()
    expect(page.get_by_role("heading", level=1)).not_to_have_text("La tienda no carga")
    page.locator("#del-tema").get_by_role("checkbox").check()
    page.get_by_role("button", name="Enviar ticket").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("La tienda no carga")
    expect(page.get_by_role("main")).to_contain_text("Urgente")
    assert portal.mails("ticket_opened_for_support", "urgencias@alojamientos.example")

    # S3-22…S3-24: the answer arrives by mail, to the others as well, with the address of the ticket at its end.
    desk = open_browser(base_url=portal.url)
    answer(desk, "La tienda no carga", "Reiniciado; ya responde.")
    for address in ("ivo@libreria.example", "socia@libreria.example", "taller@libreria.example"):
        assert "Reiniciado; ya responde." in portal.mails("ticket_replied", address)[-1]
    link = portal.link("ticket_replied", "ivo@libreria.example")
    assert link.endswith("/tickets/1/")
    page.goto(link)
    expect(page.get_by_role("article").last).to_contain_text("Reiniciado; ya responde.")

    # S3-27, S3-28: closed by the customer, and found among those that are.
    page.get_by_role("button", name="Marcar como resuelto").click()
    expect(page.get_by_role("main")).to_contain_text("Resuelto")
    page.goto("/tickets/?estado=resueltos")
    expect(page.get_by_role("link", name="La tienda no carga")).to_be_visible()


@like("s4")
def test_somebody_without_an_account_goes_the_whole_way_of_the_manual(open_browser, portal):
    page, address = open_browser(base_url=portal.url), "pia@fuera.example"

    # S4-1, S4-21, S4-22: from the main page without log-in, after a look at the help, in two languages.
    page.goto("/")
    expect(page.get_by_role("heading", level=1)).to_have_text("¿En qué podemos ayudarle?")
    expect(page.get_by_role("link", name="Registro")).to_have_count(0)
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("link", name="Open a ticket")).to_be_visible()
    page.get_by_role("button", name="Español").click()
    page.get_by_role("searchbox", name="Buscar").fill("pantalla en blanco")
    page.get_by_role("button", name="Buscar").click()
    expect(page.get_by_role("link", name="La pantalla se queda en blanco").first).to_be_visible()
    page.goto("/")
    page.get_by_role("link", name="Abrir un ticket").click()

    # S4-2…S4-8, S4-13, S4-17: category, subject, message, priority, with advice beside them; S4-11: a screenshot.
    expect(page.get_by_text("Un problema = un ticket.")).to_be_visible()
    topics = page.get_by_label("Tema").locator("option").all_inner_texts()
    assert {"Soporte técnico", "Facturación", "General"} <= set(topics)
    page.get_by_label("Su nombre").fill("Pía Gil")
    page.get_by_label("Su dirección de correo").fill(address)
    page.get_by_label("Tema").select_option(label="Facturación")
    page.get_by_label("Alta", exact=True).check()
    page.get_by_label("Asunto").fill("Falta la factura de octubre")
    page.get_by_label("Mensaje", exact=True).fill("No está en mi cuenta. La de septiembre sí.")
    page.set_input_files("input[type=file]", {"name": "captura.txt", "mimeType": "text/plain", "buffer": b"hola"})
    # S4-12, S4-9: sent; the code to keep.
    page.get_by_role("button", name="Enviar ticket").click()
    code = page.locator(".code-to-keep code").inner_text()
    assert re.fullmatch(r"[0-9A-Z]{5}-[0-9A-Z]{5}", code)
    page.goto(portal.link("guest_verify", address))
    page.get_by_role("button", name="He sido yo: enviarlo a soporte").click()
    expect(page.get_by_role("status")).to_contain_text("Soporte ha recibido su ticket.")
    # S4-10, S4-20: a copy by mail, with the link; S4-3: whoever knows about it hears of it.
    copy = portal.mails("ticket_received", address)[-1]
    assert "No está en mi cuenta." in copy and code in copy
    assert portal.link("ticket_received", address).startswith(f"{portal.url}/tickets/consulta/")
    assert portal.mails("ticket_opened_for_support", "facturacion@ayuda.example")

    desk = open_browser(base_url=portal.url)
    answer(desk, "Falta la factura de octubre", "Ya está en su cuenta.")
    # S4-19: the mail leads to the panel.
    assert "No responda a este correo" in portal.mails("ticket_replied", address)[-1]

    # S4-14…S4-16, S4-18: with code and address from the main page: read, add, resolve.
    other = open_browser(base_url=portal.url)
    other.goto("/")
    other.get_by_role("link", name="Ver el estado de un ticket").click()
    other.get_by_label("Código del ticket").fill(code)
    other.get_by_label("Su dirección de correo").fill(address)
    other.get_by_role("button", name="Ver el ticket").click()
    expect(other.get_by_text("Ya está en su cuenta.")).to_be_visible()
    other.get_by_label("Su respuesta").fill("La veo, gracias.")
    other.get_by_role("button", name="Responder").click()
    expect(other.get_by_role("status")).to_contain_text("Su respuesta se ha enviado.")
    other.get_by_role("button", name="Marcar como resuelto").click()
    expect(other.get_by_text("Marcado como resuelto por Pía Gil")).to_be_visible()
