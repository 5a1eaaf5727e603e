"""What a guest does in a browser, up to the ticket."""

import re

from mail.models import OutgoingMail
from tests.factories import TopicFactory
from tickets.models import Guest

NEW, LOOKUP, ADOPT = "/tickets/invitado/", "/tickets/consulta/", "/tickets/invitado/incorporar/"
ADDRESS = "jon@fuera.example"


def data(**changes):
    return {
        "name": "Jon Vidal",
        "email": ADDRESS,
        "topic": TopicFactory().pk,
        "priority": "2",
        "subject": "No imprime",
        "body": "La hoja sale en blanco.",
    } | changes


def mailed(kind, address=ADDRESS) -> OutgoingMail:
    """The last mail of this kind to the address."""
    return OutgoingMail.objects.filter(kind=kind, address=address).latest("pk")


def link_in(mail: OutgoingMail) -> str:
    """Where it leads, without the portal's own address."""
    return re.search(r"https?://[^/\s]+(/tickets/\S+)", mail.text)[1]


def opened(browser, **changes) -> Guest:
    """A ticket from the form to the confirmed address."""
    address = data(**changes)["email"]
    answer = browser.post(NEW, data(**changes))
    assert answer.status_code == 302, answer.content.decode()
    browser.post(link_in(mailed("guest_verify", address)))
    return Guest.objects.get(email=address, subject="", adopted_at=None, ticket__subject=data(**changes)["subject"])


def page_of(guest: Guest) -> str:
    return f"{LOOKUP}{guest.code}/"


def found_by(browser, guest: Guest, **changes):
    return browser.post(LOOKUP, {"code": guest.called, "email": guest.email} | changes)
