"""What the pages that compose apps say of training: the home page, its preview, and who inherits sessions."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from mail.models import OutgoingMail
from tests.factories import UserFactory
from tests.training.scene import book, fill, new_slot
from training.models import Stranger

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana(ibarra):
    return UserFactory(
        company=ibarra, first_name="Ana", last_name="Ruiz", can_use_training=True, can_book_training=True
    )


@pytest.fixture
def session(ana, ibarra):
    fill(ibarra, 600)
    starts = timezone.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=20)
    return book(new_slot(starts), ana, at=timezone.now())


def test_the_home_page_shows_the_next_training_and_the_hours(browse, ana, session):
    page = browse(ana).get("/inicio/").content.decode()
    assert "Próxima formación" in page and session.get_absolute_url() in page
    assert "8,5 h" in page and "Quedan 8,5 de 10 horas" in page


def test_without_the_training_area_the_home_page_says_nothing_of_it(browse, session, ibarra):
    page = browse(UserFactory(company=ibarra)).get("/inicio/").content.decode()
    assert "formación" not in page.lower()


def test_with_training_alone_the_home_page_is_not_empty(browse, session, ibarra):
    eva = UserFactory(company=ibarra, can_use_tickets=False, can_use_training=True)
    page = browse(eva).get("/inicio/").content.decode()
    assert session.get_absolute_url() in page
    assert "ninguna" not in page


def test_a_manager_sees_the_training_in_the_preview_of_a_colleagues_home(browse, ana, bruno, session):
    page = browse(bruno).get(reverse("handover:preview", args=[ana.public_id])).content.decode()
    assert "Próxima formación" in page and "8\N{NO-BREAK SPACE}h 30\N{NO-BREAK SPACE}min" in page
    assert session.get_absolute_url() not in page


def leave(client, person, **data):
    data = {"how": "deactivate", "marks_to": ""} | data
    return client.post(reverse("handover:leave", args=[person.public_id]), data, follow=True)


def test_somebody_inherits_the_trainings_of_who_leaves(browse, ana, bruno, session, ibarra, mails):
    eva = UserFactory(company=ibarra, first_name="Eva", can_use_training=True)
    assert "Dudas y repaso" in browse(bruno).get(reverse("handover:leave", args=[ana.public_id])).content.decode()
    mails.clear()
    leave(browse(bruno), ana, sessions_to=eva.public_id)
    session.refresh_from_db()
    ana.refresh_from_db()
    assert (session.contact, ana.is_active) == (eva, False)
    assert mails() == {("session_booked", eva.email)}
    assert OutgoingMail.objects.get().calendar


def test_trainings_that_nobody_inherits_stay_as_they_are(browse, ana, bruno, session):
    leave(browse(bruno), ana, sessions_to="")
    session.refresh_from_db()
    assert session.contact == ana and session.state == "booked"


def test_only_who_sees_the_training_inherits_it(browse, ana, bruno, diego, carla, session):
    for heir in (diego, carla):
        leave(browse(bruno), ana, sessions_to=heir.public_id)
        session.refresh_from_db()
        ana.refresh_from_db()
        assert session.contact == ana and ana.is_active
        with pytest.raises(Stranger):
            type(session).objects.hand_over(by=bruno, person=ana, heir=heir)


def test_sessions_of_the_past_are_not_inherited(ana, bruno, ibarra):
    fill(ibarra, 600)
    starts = datetime(2026, 5, 6, 9, tzinfo=UTC)
    past = book(new_slot(starts), ana, at=starts - timedelta(days=20))
    bruno.can_use_training = True
    assert type(past).objects.hand_over(by=bruno, person=ana, heir=bruno) == 0
