"""From the calendar to the entry in one's own calendar, by keyboard alone (F22)."""

import email
import email.policy
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import icalendar
import pytest
from django.utils import timezone
from playwright.sync_api import expect

from mail import messages
from mail.models import OutgoingMail
from tests.e2e.steps import tab_to
from tests.factories import UserFactory
from tests.training.scene import fill, new_module, new_slot
from training.models import Booking

pytestmark = pytest.mark.e2e


@pytest.fixture
def ana(ibarra):
    return UserFactory(
        company=ibarra, first_name="Ana", last_name="Ruiz", can_use_training=True, can_book_training=True
    )


@pytest.fixture
def slot():
    """The only one, at ten o'clock on a day of the month that follows."""
    day = (timezone.localdate().replace(day=1) + timedelta(days=45)).replace(day=14)
    return new_slot(datetime(day.year, day.month, day.day, 10, tzinfo=ZoneInfo("Europe/Madrid")))


def entry_of(content: bytes) -> icalendar.Event:
    (event,) = icalendar.Calendar.from_ical(content).walk("VEVENT")
    return event


def entry_in_the_mail(person) -> icalendar.Event:
    row = OutgoingMail.objects.get(kind="session_booked", address=person.email)
    message = email.message_from_bytes(messages.as_bytes(row), policy=email.policy.default)
    (attached,) = message.iter_attachments()
    return entry_of(attached.get_content())


def test_a_session_is_booked_and_reaches_ones_calendar(open_browser, ana, ibarra, slot):
    fill(ibarra, 600)
    new_module("Planificación", topics=("Riesgos", "Informes"))
    page = open_browser(ana)
    keyboard = page.keyboard
    page.goto("/formacion/")

    tab_to(page.get_by_role("link", name="Mes siguiente"))
    keyboard.press("Enter")
    tab_to(page.get_by_role("link", name="10:00 hueco libre"))
    keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Reservar una sesión")
    tab_to(page.get_by_label("¿Qué le gustaría ver?"))
    keyboard.type("Plan")
    expect(page.get_by_label("Riesgos")).to_be_visible()
    tab_to(page.get_by_label("Riesgos"))
    keyboard.type("Nos")
    tab_to(page.get_by_label("Otras personas"))
    keyboard.type("Pepe Gil")
    tab_to(page.get_by_label("Consentimos que la sesión se grabe"))
    keyboard.press("Space")
    tab_to(page.get_by_role("button", name="Reservar: 1 h 30 min"))
    keyboard.press("Enter")
    expect(page.get_by_text("Su sesión está reservada")).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text("Planificación")
    expect(page.get_by_text("Pepe Gil")).to_be_visible()

    tab_to(page.get_by_role("link", name="Añadir a mi calendario"))
    with page.expect_download() as download:
        keyboard.press("Enter")
    taken, mailed = entry_of(Path(download.value.path()).read_bytes()), entry_in_the_mail(ana)
    session = Booking.objects.get()
    assert [(wish.topic.title, wish.wish) for wish in session.wishes.all()] == [("Riesgos", "more")]
    assert session.may_record
    for entry in (taken, mailed):
        assert entry["uid"] == session.uid
        assert (entry.decoded("dtstart"), entry.decoded("dtend")) == (slot.starts, slot.ends)
        assert entry.decoded("dtstart").tzinfo.key == "Europe/Madrid"
        assert entry["location"] == session.meeting_url
        assert entry["summary"] == "Formación: Planificación"


def test_a_session_moves_and_is_cancelled(open_browser, ana, ibarra, slot):
    fill(ibarra, 600)
    session = Booking.objects.book(slot=slot, by=ana, company=ibarra, module=None)
    later = new_slot(slot.starts + timedelta(hours=3), trainer=slot.trainer)
    page = open_browser(ana)
    keyboard = page.keyboard
    page.goto(session.get_absolute_url())

    tab_to(page.get_by_role("link", name="Cambiar", exact=True))
    keyboard.press("Enter")
    tab_to(page.get_by_role("link", name="13:00 hueco libre"))
    keyboard.press("Enter")
    tab_to(page.get_by_role("button", name="Cambiar la sesión"))
    keyboard.press("Enter")
    expect(page.get_by_text("Su sesión ha cambiado de fecha")).to_be_visible()
    session.refresh_from_db()
    assert session.slot == later

    tab_to(page.get_by_role("link", name="Anular"))
    keyboard.press("Enter")
    expect(page.get_by_text("vuelven 1 h 30 min a su bolsa")).to_be_visible()
    tab_to(page.get_by_role("button", name="Anular la sesión"))
    keyboard.press("Enter")
    expect(page.get_by_text("sus horas han vuelto a la bolsa")).to_be_visible()
    session.refresh_from_db()
    assert session.state == Booking.State.CANCELLED
