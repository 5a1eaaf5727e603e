"""What goes on with the service is said where people would write of it."""

from datetime import timedelta

import pytest
from django.core.cache import caches
from django.utils import timezone

from announcements.board import UNDER_WAY
from announcements.models import Incident
from tests.factories import new_incident
from tests.tickets.guest_steps import NEW as GUEST

pytestmark = pytest.mark.django_db

HOME, NEW = "/inicio/", "/tickets/nuevo/"
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def guests_may(settings):
    settings.GUESTS = settings.STATUS_PUBLIC = True


@pytest.fixture
def page(browse):
    """`page(ana, NEW)` is what a process shows that knows nothing yet."""

    def shown(person, path) -> str:
        caches["process"].delete(UNDER_WAY)
        return browse(person).get(path).content.decode()

    return shown


def is_said(page) -> bool:
    return "Ver el estado del servicio" in page


def test_it_is_said_with_a_link_to_it(page, ana):
    row = new_incident(title="El correo <se> retrasa")

    for person, path in ((ana, HOME), (ana, NEW), (None, GUEST)):
        words = page(person, path)
        assert "Incidencia en curso: <strong>El correo &lt;se&gt; retrasa</strong>" in words
        assert f'<a href="{row.get_absolute_url()}">Ver el estado del servicio</a>' in words


def test_each_reads_it_in_their_language(page, ana):
    new_incident()
    ana.language = "en"
    ana.save(update_fields=["language"])

    assert "Incident under way: <strong>Retrasos</strong>" in page(ana, NEW)


def test_what_is_over_is_not_said(page, ana, agent):
    row = new_incident(agent)
    row.update(by=agent, stage="resolved", text="Ya.", at=timezone.now())

    assert not any(is_said(page(person, path)) for person, path in ((ana, HOME), (ana, NEW), (None, GUEST)))


@pytest.mark.parametrize(("begins", "is_now"), [(-HOUR, True), (HOUR, False), (-3 * HOUR, False)])
def test_maintenance_is_said_while_it_lasts(page, ana, agent, begins, is_now):
    now = timezone.now()
    times = {"starts_at": now + begins, "until": now + begins + 2 * HOUR, "at": now - 4 * HOUR}
    Incident.objects.plan(by=agent, title="Cambio", text="Se corta.", **times)

    assert ("Mantenimiento en curso: <strong>Cambio</strong>" in page(ana, NEW)) is is_now


def test_nothing_is_said_where_the_area_is_absent(page, ana, settings):
    new_incident()
    settings.AREAS = [area for area in settings.AREAS if area != "status"]

    assert not any(is_said(page(person, path)) for person, path in ((ana, HOME), (ana, NEW), (None, GUEST)))


def test_visitors_read_it_only_where_the_page_of_the_service_is_theirs(page, ana, settings):
    new_incident()
    settings.STATUS_PUBLIC = False

    assert not is_said(page(None, GUEST))
    assert is_said(page(ana, NEW))


@pytest.mark.parametrize("path", [HOME, NEW])
def test_it_is_asked_for_once_by_each_process(page, browse, ana, monkeypatch, path):
    new_incident()
    page(ana, path)
    monkeypatch.setattr("announcements.board.newest_under_way", lambda: pytest.fail("It asks again."))

    assert is_said(browse(ana).get(path).content.decode())
