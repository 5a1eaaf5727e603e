"""Guests: a ticket without an account, from the form to the answer (decisions 72 and 73)."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from mail.models import OutgoingMail
from tests.factories import TopicFactory
from tickets.models import Guest, Ticket, Topic

pytestmark = pytest.mark.django_db

NEW, LOOKUP = "/tickets/invitado/", "/tickets/consulta/"
ADDRESS = "jon@fuera.example"


@pytest.fixture(autouse=True)
def guests_may(settings):
    settings.GUESTS = True


@pytest.fixture
def topic(db):
    """The only one that there is."""
    Topic.objects.update(is_active=False)
    return TopicFactory()


def data(**changes):
    return {
        "name": "Jon Vidal",
        "email": ADDRESS,
        "priority": "2",
        "subject": "No imprime",
        "body": "La hoja sale en blanco.",
        "key": "",
    } | changes


def mailed(kind, address=ADDRESS):
    return OutgoingMail.objects.filter(kind=kind, address=address).latest("pk")


def link_in(mail):
    return re.search(r"https?://[^/\s]+(/tickets/\S+)", mail.text)[1]


def opened(browser, **changes):
    answer = browser.post(NEW, data(**changes))
    assert answer.status_code == 302, answer.content.decode()
    browser.post(link_in(mailed("guest_verify", data(**changes)["email"])))
    return Guest.objects.latest("pk")


def test_the_whole_way(browse, topic, agent):
    visitor = browse()
    guest = opened(visitor, files=SimpleUploadedFile("a.txt", b"hola"))
    assert guest.ticket.file_count == 1
    assert (guest.ticket.company, guest.ticket.number, guest.ticket.author) == (None, None, None)
    page = visitor.get(f"{LOOKUP}{guest.code}/").content.decode()
    assert "La hoja sale en blanco." in page
    guest.ticket.reply(by=agent, body="Pruebe otra vez.")
    other = browse()
    answer = other.post(LOOKUP, {"code": guest.called.lower(), "email": ADDRESS.upper()}, follow=True)
    assert "Pruebe otra vez." in answer.content.decode()
    other.post(f"{LOOKUP}{guest.code}/", {"body": "Ya va.", "key": "k1"})
    other.post(f"{LOOKUP}{guest.code}/resuelto/")
    assert Ticket.objects.get().status == "closed"
    assert browse().get(link_in(mailed("ticket_replied")), follow=True).status_code == 200
