"""What people send, and what they see of the answer."""

import io
import re

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from tests.factories import PASSWORD, TopicFactory
from tickets.models import Draft


def text_file(name: str = "captura.txt", content: bytes = b"Planta 2, impresora\n") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def picture_file(name: str) -> SimpleUploadedFile:
    buffer = io.BytesIO()
    Image.new("RGB", (16, 9), "navy").save(buffer, "PNG")
    return SimpleUploadedFile(name, buffer.getvalue())


def ticket_data(**changes) -> dict:
    """A new ticket as its form sends it."""
    data = {"key": Draft.new_key(), "topic": TopicFactory().pk, "priority": 2, "subject": "No imprime", "body": "Nada."}
    return data | changes


def log_in(client, login: str, password: str = PASSWORD, **more):
    return client.post(reverse("account_login"), {"login": login, "password": password, **more})


def ask_for_reset(client, address: str, **extra):
    return client.post(reverse("account_reset_password"), {"email": address}, **extra)


def invitation_url(token: str) -> str:
    return reverse("account:invitation", args=[token])


def unrandom(answer, *echoed: str) -> str:
    """The page without its form token and without what it repeats of the question."""
    text = re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer.content.decode())
    for word in echoed:
        text = text.replace(word, "·")
    return text
