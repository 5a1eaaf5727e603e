"""F17: while the database is away people get a 503 that gives their message back, never an error of ours."""

import re

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.urls import reverse

from tests.walls.forms import log_in, text_file, ticket_data
from tickets.models import Ticket

pytestmark = pytest.mark.django_db
BODY = 'No arranca <script>alert("x")</script>\n\nDesde ayer.'
FIELD = re.compile(r'name="(\w+)" value="([^"]*)"')


@pytest.fixture
def away():
    """`with away(n):` the database is lost with the n-th statement."""

    def away(number: int, error=OperationalError):
        count = 0

        def fail(execute, *arguments):
            nonlocal count
            count += 1
            if count >= number:
                raise error("terminating connection due to administrator command")
            return execute(*arguments)

        return connection.execute_wrapper(fail)

    return away


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_a_lost_database_is_a_503_wherever_the_request_is(ana, browse, away, number, error):
    """1 is the session and 2 the person, before any view; the others are in the view."""
    browser = browse(ana, raise_request_exception=False)

    with away(number, error):
        answer = browser.get(reverse("tickets:list"))

    assert (answer.status_code, answer["Retry-After"]) == (503, "10")


def test_a_session_that_cannot_be_saved_is_a_503_and_the_message_was_sent_once(ana, browse, away, settings):
    settings.SESSION_ACTIVITY_EVERY = 0
    browser = browse(ana, raise_request_exception=False)
    typed = ticket_data()

    def without_session(execute, sql, *arguments):
        if sql.startswith('UPDATE "django_session"'):
            raise OperationalError("terminating connection due to administrator command")
        return execute(sql, *arguments)

    with connection.execute_wrapper(without_session):
        answer = browser.post(reverse("tickets:new"), typed)

    assert answer.status_code == 503
    assert browser.post(reverse("tickets:new"), typed)["Location"] == Ticket.objects.latest("pk").get_absolute_url()
    assert Ticket.objects.count() == 1


def test_another_error_stays_a_500(ana, browse, monkeypatch):
    browser = browse(ana, raise_request_exception=False)
    monkeypatch.setattr(Ticket.objects, "visible_to", None)

    assert browser.get(reverse("tickets:list")).status_code == 500


@pytest.mark.parametrize("number", [1, 3])
def test_a_message_that_could_not_be_sent_comes_back_with_a_button_to_send_it(ana, browse, away, number):
    browser = browse(ana, raise_request_exception=False)
    typed = ticket_data(body=BODY)

    with away(number):
        page = browser.post(reverse("tickets:new"), typed).content.decode()

    assert "No arranca &lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;\n\nDesde ayer.</textarea>" in page
    assert f'action="{reverse("tickets:new")}"' in page
    again = dict(FIELD.findall(page)) | {"body": BODY}
    assert again == {name: str(value) for name, value in typed.items()}

    assert browser.post(reverse("tickets:new"), again).status_code == 302
    assert [message.body for message in Ticket.objects.get().messages.all()] == [BODY]


def test_a_message_with_files_comes_back_without_the_button(ana, browse, away):
    """Sent again from there it would go without them."""
    browser = browse(ana, raise_request_exception=False)

    typed = ticket_data(files=[text_file()])

    with away(3):
        page = browser.post(reverse("tickets:new"), typed).content.decode()

    assert "<textarea" in page
    assert "<button" not in page


def test_what_is_no_message_is_not_repeated(browse, away):
    browser = browse(raise_request_exception=False)

    with away(1):
        answer = log_in(browser, "ana", "Secreta-2026")

    assert answer.status_code == 503
    assert "ana" not in FIELD.findall(answer.content.decode())
    assert "Secreta" not in answer.content.decode()
