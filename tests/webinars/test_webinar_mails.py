"""S0-67, S0-102, A27: who hears of a webinar, in which words, and that everything is said once."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from accounts import emails as accounts_emails
from accounts.models import User
from mail.models import OutgoingMail
from tests.factories import UserFactory, planned, webinar
from webinars.models import Registration, Telling

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
BEGINS = datetime(2026, 12, 3, 9, tzinfo=UTC)  # ten in Madrid
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
ROOM = "https://reuniones.acme.example/sala-1"


@pytest.fixture
def row():
    return webinar("Novedades de EPIs", begins=BEGINS, speaker="Marta Soler", text="Trata **de todo**.", join_url=ROOM)


@pytest.fixture
def held():
    """One that was announced without word to anybody."""
    return planned("Novedades de EPIs", begins=BEGINS, join_url=ROOM)


def announce(row, *, tell=True, at=NOW):
    row.announce(tell=tell, at=at)
    Telling.objects.tell_due(at=at)


def told(kind: str) -> list[str]:
    return sorted(OutgoingMail.objects.filter(kind=kind).values_list("address", flat=True))


def mail_to(person, kind: str) -> OutgoingMail:
    return OutgoingMail.objects.get(kind=kind, person_id=person.pk)


def sweep(at):
    for _twice in range(2):
        Registration.objects.tell_due(at=at)


class TestTheAnnouncement:
    def test_goes_to_those_of_general_mail_who_have_not_declined_it(self, row, ibarra):
        flags = {
            "general": {"receives_general_mail": True},
            "sinacceso": {"receives_general_mail": True, "has_portal_access": False, "can_use_tickets": False},
            "rehusa": {"receives_general_mail": True, "declines_general_mail": True},
            "inactiva": {"receives_general_mail": True, "is_active": False},
            "ninguna": {"can_use_webinars": True},
        }
        people = {name: UserFactory(company=ibarra, first_name=name, **flag) for name, flag in flags.items()}

        announce(row)

        assert told("webinar_announced") == sorted(people[name].email for name in ("general", "sinacceso"))
        assert set(OutgoingMail.objects.values_list("lane", flat=True)) == {OutgoingMail.Lane.BULK}

    def test_goes_to_nobody_without_the_tick(self, row, ibarra):
        UserFactory(company=ibarra, receives_general_mail=True)

        announce(row, tell=False)

        assert told("webinar_announced") == []

    def test_says_what_when_and_who_and_leads_there(self, row, ibarra):
        person = UserFactory(company=ibarra, receives_general_mail=True, can_use_webinars=True)

        announce(row)

        mail = mail_to(person, "webinar_announced")
        assert mail.subject == "Acme Soporte: webinar «Novedades de EPIs»"
        for part in (mail.text, mail.html):
            assert "Jueves, 3 de diciembre de 2026, 10:00–11:00" in part
            assert "Marta Soler" in part
            assert "Trata de todo." in part
            assert f"/webinars/{row.slug}/" in part
            assert ROOM not in part

    def test_says_the_time_of_where_the_person_is(self, row, carla):
        User.objects.filter(pk=carla.pk).update(receives_general_mail=True)

        announce(row)

        assert "9:00–10:00 (hora de Canarias)" in mail_to(carla, "webinar_announced").text

    def test_is_written_in_the_language_of_the_person(self, row, ibarra):
        person = UserFactory(company=ibarra, receives_general_mail=True, language="en")

        announce(row)

        assert "We invite you to the webinar" in mail_to(person, "webinar_announced").text

    def test_tells_who_may_not_open_it_whom_to_ask(self, row, ibarra):
        person = UserFactory(company=ibarra, receives_general_mail=True)

        announce(row)

        text = mail_to(person, "webinar_announced").text
        assert "pídalo a su gestor" in text
        assert "/webinars/" not in text

    def test_says_at_its_foot_and_in_its_head_how_to_get_no_more(self, row, ibarra, browse):
        person = UserFactory(company=ibarra, receives_general_mail=True)
        announce(row)
        mail = mail_to(person, "webinar_announced")
        link = accounts_emails.unsubscribe_link(person)

        assert link in mail.text
        assert link in mail.html
        assert mail.headers["List-Unsubscribe"] == f"<{link}>"
        assert mail.headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        # As a mail program does, which knows of no form.
        path = link.split("8000", 1)[1]
        browse(enforce_csrf_checks=True).post(path, {"List-Unsubscribe": "One-Click"})
        person.refresh_from_db()
        assert person.declines_general_mail

    def test_is_told_once_however_often_the_sweep_runs_or_dies(self, row, ibarra):
        people = [UserFactory(company=ibarra, receives_general_mail=True) for _n in range(7)]
        row.announce(tell=True, at=NOW)
        telling = Telling.objects.get()
        assert telling.tell_next(telling.announcement(), at=NOW, size=3)  # and then the worker dies

        for _time in range(3):
            Telling.objects.tell_due(at=NOW)

        assert told("webinar_announced") == sorted(person.email for person in people)
        telling.refresh_from_db()
        assert (telling.told, telling.finished_at) == (7, NOW)

    def test_stops_when_the_webinar_is_cancelled(self, row, ibarra):
        for _n in range(5):
            UserFactory(company=ibarra, receives_general_mail=True)
        row.announce(tell=True, at=NOW)
        telling = Telling.objects.get()
        telling.tell_next(telling.announcement(), at=NOW, size=2)
        row.cancel(at=NOW)

        Telling.objects.tell_due(at=NOW)

        assert len(told("webinar_announced")) == 2


class TestReminders:
    def test_go_the_day_before_and_an_hour_before_once_each(self, held, ana):
        held.register(by=ana, at=NOW)

        sweep(BEGINS - DAY - MINUTE)
        assert OutgoingMail.objects.count() == 0
        sweep(BEGINS - DAY)
        assert told("webinar_tomorrow") == [ana.email]
        sweep(BEGINS - HOUR - MINUTE)
        assert OutgoingMail.objects.count() == 1
        sweep(BEGINS - HOUR)
        sweep(BEGINS - MINUTE)
        sweep(BEGINS + MINUTE)

        assert told("webinar_tomorrow") == told("webinar_soon") == [ana.email]

    def test_the_last_one_has_the_link_to_join(self, held, ana):
        held.register(by=ana, at=NOW)

        sweep(BEGINS - DAY)
        sweep(BEGINS - HOUR)

        assert ROOM not in mail_to(ana, "webinar_tomorrow").text
        assert ROOM in mail_to(ana, "webinar_soon").text
        assert mail_to(ana, "webinar_soon").subject == "Acme Soporte: «Novedades de EPIs» empieza a las 10:00"
        assert f"/webinars/{held.slug}/" in mail_to(ana, "webinar_soon").html

    def test_do_not_tell_what_one_has_just_done(self, held, ana, bruno):
        held.register(by=ana, at=BEGINS - 5 * HOUR)
        held.register(by=bruno, at=BEGINS - 30 * MINUTE)

        sweep(BEGINS - 4 * HOUR)
        sweep(BEGINS - 10 * MINUTE)

        assert told("webinar_tomorrow") == []
        assert told("webinar_soon") == [ana.email]

    def test_go_to_nobody_who_cancelled_left_or_lost_the_area(self, held, ana, bruno, carla, ibarra):
        gone = UserFactory(company=ibarra, can_use_webinars=True)
        for person in (ana, bruno, carla, gone):
            held.register(by=person, at=NOW)
        held.unregister(by=bruno, at=NOW)
        User.objects.filter(pk=carla.pk).update(can_use_webinars=False)
        User.objects.filter(pk=gone.pk).update(is_active=False)

        sweep(BEGINS - DAY)

        assert told("webinar_tomorrow") == [ana.email]

    def test_are_not_said_again_to_who_comes_back(self, held, ana):
        held.register(by=ana, at=NOW)
        sweep(BEGINS - DAY)
        held.unregister(by=ana, at=BEGINS - DAY)
        held.register(by=ana, at=BEGINS - DAY)

        sweep(BEGINS - DAY + MINUTE)

        assert told("webinar_tomorrow") == [ana.email]

    def test_a_sweep_that_comes_late_says_what_is_still_true(self, held, ana):
        """The worker was away until an hour and a half before, or until half an hour before."""
        held.register(by=ana, at=NOW)

        sweep(BEGINS - 30 * MINUTE)

        assert told("webinar_tomorrow") == []
        assert told("webinar_soon") == [ana.email]


class TestChanges:
    def test_another_time_is_told_to_those_registered_and_reminders_go_by_it(self, held, ana, bruno):
        held.register(by=ana, at=NOW)
        sweep(BEGINS - DAY)
        later = BEGINS + 7 * DAY
        held.reschedule(starts_at=later, ends_at=later + HOUR, at=BEGINS - DAY)
        held.register(by=bruno, at=BEGINS - DAY)  # who knows it already

        sweep(BEGINS - DAY)
        sweep(BEGINS - HOUR)
        assert told("webinar_moved") == [ana.email]
        assert "Jueves, 10 de diciembre de 2026, 10:00–11:00" in mail_to(ana, "webinar_moved").text
        assert told("webinar_soon") == []
        sweep(later - DAY)

        assert told("webinar_tomorrow") == sorted([ana.email, ana.email, bruno.email])

    def test_a_reminder_that_would_come_at_once_with_the_change_is_not_sent(self, held, ana):
        held.register(by=ana, at=NOW)
        sooner = NOW + 3 * HOUR
        held.reschedule(starts_at=sooner, ends_at=sooner + HOUR, at=NOW)

        sweep(NOW + MINUTE)
        sweep(sooner - HOUR)

        assert told("webinar_tomorrow") == []
        assert told("webinar_moved") == [ana.email]

    def test_two_changes_at_once_are_one_mail(self, held, ana):
        held.register(by=ana, at=NOW)
        for days in (1, 2):
            at = BEGINS + days * DAY
            held.reschedule(starts_at=at, ends_at=at + HOUR, at=NOW)

        sweep(NOW)

        assert "5 de diciembre" in mail_to(ana, "webinar_moved").text

    def test_that_it_will_not_be_held_is_told_to_those_registered_alone(self, held, ana, bruno):
        held.register(by=ana, at=NOW)
        held.register(by=bruno, at=NOW)
        held.unregister(by=bruno, at=NOW)
        held.cancel(at=NOW)

        sweep(NOW)
        sweep(BEGINS - HOUR)

        assert told("webinar_cancelled") == [ana.email]
        assert OutgoingMail.objects.count() == 1

    def test_who_registers_with_a_page_of_before_hears_of_the_change(self, held, ana):
        """The webinar was read, then moved, then the click arrived."""
        stale = type(held).objects.get(pk=held.pk)
        held.reschedule(starts_at=BEGINS + DAY, ends_at=BEGINS + DAY + HOUR, at=NOW)
        stale.register(by=ana, at=NOW)

        sweep(NOW)

        assert told("webinar_moved") == [ana.email]


def test_a_thousand_people_are_told_in_batches_that_leave_the_database_free(row, ibarra, django_assert_max_num_queries):
    """L6: so many statements, whatever their number is."""
    User.objects.bulk_create(
        User(company=ibarra, first_name=f"P{n}", email=f"p{n}@iba.example", receives_general_mail=True)
        for n in range(1_000)
    )
    row.announce(tell=True, at=timezone.now().replace(year=2026, month=11, day=1))

    with django_assert_max_num_queries(60):
        Telling.objects.tell_due(at=NOW)

    assert len(told("webinar_announced")) == 1_000
