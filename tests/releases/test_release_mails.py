"""Word of a release: once to each person of the updates, with the notes of their modules, whatever happens."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from accounts.models import User
from contracts.models import Subscription
from mail.models import OutgoingMail
from releases.models import Telling
from releases.tasks import tell_of_releases
from tests.factories import ProductFactory, ReleaseFactory, UserFactory, new_note

KIND = "release_published"
BULK = OutgoingMail.Lane.BULK


@pytest.fixture
def release(db):
    """A release that is about to be told to everybody."""
    return ReleaseFactory(version="2026.11", title="Firma desde el móvil")


def publish(release, *, at=None, tell=True):
    now = timezone.now()
    release.publish(at=at or now, tell=tell, now=now)


def told() -> list[str]:
    return sorted(OutgoingMail.objects.filter(kind=KIND).values_list("address", flat=True))


def mail_to(person) -> OutgoingMail:
    return OutgoingMail.objects.get(kind=KIND, person_id=person.pk)


def tell_next(telling, at, size=3) -> bool:
    return telling.tell_next(telling.announcement(), at=at, size=size)


class TestWhoIsTold:
    pytestmark = pytest.mark.django_db

    def test_those_of_the_licence_files_and_those_of_the_downloads_with_access_or_without(self, release, ibarra):
        flags = {"licencias": {"receives_licence_files": True}, "descargas": {"can_use_downloads": True}}
        flags |= {"ambas": flags["licencias"] | flags["descargas"], "ninguna": {"can_use_releases": True}}
        flags |= {"sinacceso": {"receives_licence_files": True, "has_portal_access": False, "can_use_tickets": False}}
        flags |= {"inactiva": {"receives_licence_files": True, "is_active": False}}
        people = {name: UserFactory(company=ibarra, first_name=name, **flag) for name, flag in flags.items()}
        new_note(release)

        publish(release)
        tell_of_releases()

        assert told() == sorted(people[name].email for name in ("licencias", "descargas", "ambas", "sinacceso"))
        assert set(OutgoingMail.objects.values_list("lane", flat=True)) == {BULK}

    def test_nobody_without_the_tick(self, release, ibarra):
        UserFactory(company=ibarra, can_use_downloads=True)

        publish(release, tell=False)
        tell_of_releases()

        assert told() == []

    def test_not_before_its_time_comes(self, release, ibarra):
        person = UserFactory(company=ibarra, can_use_downloads=True)
        at = timezone.now() + timedelta(days=2)
        publish(release, at=at)

        tell_of_releases()
        before = told()
        Telling.objects.tell_due(at=at + timedelta(seconds=30))

        assert before == []
        assert told() == [person.email]

    def test_not_of_a_release_that_was_taken_back(self, release, ibarra):
        UserFactory(company=ibarra, can_use_downloads=True)
        at = timezone.now() + timedelta(days=2)
        publish(release, at=at)
        release.unpublish()

        Telling.objects.tell_due(at=at + timedelta(days=1))

        assert told() == []


class TestWhatTheyRead:
    pytestmark = pytest.mark.django_db

    @pytest.fixture
    def notes(self, release):
        epis, cae = ProductFactory(name="EPIs"), ProductFactory(name="CAE")
        new_note(release, "Lectura **con la cámara**", product=epis)
        new_note(release, "Avisaba dos veces", product=cae, kind="fix")
        new_note(release, "Índice nuevo", product=epis, is_public=False)
        return epis, cae

    def test_the_notes_of_their_modules_and_the_link(self, release, notes, ibarra):
        Subscription.objects.create(company=ibarra, product=notes[0], starts=timezone.localdate())
        person = UserFactory(company=ibarra, can_use_downloads=True, can_use_releases=True)

        publish(release)
        tell_of_releases()

        mail = mail_to(person)
        assert mail.subject == "Acme Soporte: versión 2026.11 disponible"
        assert "- Ampliación · EPIs: Lectura con la cámara" in mail.text
        assert "/novedades/2026.11/" in mail.text
        for part in (mail.text, mail.html):
            assert "Avisaba" not in part
            assert "Índice" not in part

    def test_of_a_company_whose_modules_nobody_knows_all_the_notes(self, release, notes, ibarra):
        person = UserFactory(company=ibarra, can_use_downloads=True)

        publish(release)
        tell_of_releases()

        assert "- Corrección · CAE: Avisaba dos veces" in mail_to(person).text
        assert "EPIs" in mail_to(person).html

    def test_of_a_company_without_one_of_its_modules_a_word_that_it_is_none_of_them(self, release, notes, ibarra):
        past = {"starts": "2020-01-01", "expires": "2020-12-31"}
        Subscription.objects.create(company=ibarra, product=notes[0], **past)
        person = UserFactory(company=ibarra, can_use_downloads=True)

        publish(release)
        tell_of_releases()

        assert "Ninguno de sus cambios es de los módulos que tiene su empresa." in mail_to(person).text
        assert "EPIs" not in mail_to(person).text

    def test_who_may_not_open_the_news_gets_no_link_but_whom_to_ask(self, release, notes, ibarra):
        person = UserFactory(company=ibarra, can_use_downloads=True)

        publish(release)
        tell_of_releases()

        assert "/novedades/" not in mail_to(person).text
        assert "pídalo a su gestor" in mail_to(person).text

    def test_each_in_their_own_language(self, release, notes, ibarra):
        person = UserFactory(company=ibarra, can_use_downloads=True, language="en")

        publish(release)
        tell_of_releases()

        assert "- Enhancement · EPIs: Lectura con la cámara" in mail_to(person).text


class TestOnce:
    pytestmark = pytest.mark.django_db

    @pytest.fixture
    def people(self, ibarra):
        return [UserFactory(company=ibarra, can_use_downloads=True) for _n in range(7)]

    def test_the_task_may_run_as_often_as_it_likes(self, release, people):
        publish(release)
        for _time in range(3):
            tell_of_releases()

        telling = Telling.objects.get()
        assert told() == sorted(person.email for person in people)
        assert (telling.told, telling.finished_at is not None) == (7, True)

    def test_whoever_goes_on_begins_where_the_other_one_was_stopped(self, release, people):
        publish(release)
        at = timezone.now()
        tell_next(Telling.objects.get(), at)  # and then the worker dies
        first = told()

        tell_of_releases()

        assert len(first) == 3
        assert told() == sorted(person.email for person in people)

    def test_what_was_read_before_another_one_told_is_not_told_again(self, release, people):
        publish(release)
        at = timezone.now()
        mine, theirs = Telling.objects.get(), Telling.objects.get()

        assert tell_next(theirs, at)
        assert not tell_next(mine, at)

        assert len(told()) == 3

    def test_who_comes_after_their_turn_is_not_told_of_what_is_old(self, release, people, ibarra):
        publish(release)
        tell_of_releases()
        UserFactory(company=ibarra, can_use_downloads=True)
        tell_of_releases()

        assert len(told()) == 7


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
class TestTwoWorkers:
    WORKERS, PEOPLE = 2, 60

    @pytest.fixture
    def telling(self, ibarra):
        for _n in range(self.PEOPLE):
            UserFactory(company=ibarra, can_use_downloads=True)
        release = ReleaseFactory(version="2026.11")
        new_note(release)
        publish(release)
        return Telling.objects.get()

    def tell_together(self):
        """Both have read how far it has got before one of them tells anybody."""
        barrier = threading.Barrier(self.WORKERS)

        def work() -> None:
            try:
                telling = Telling.objects.select_related("release").get()
                barrier.wait(5)
                while tell_next(telling, timezone.now(), size=10):
                    pass
            finally:
                connection.close()

        threads = [threading.Thread(target=work) for _worker in range(self.WORKERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def test_each_person_hears_once(self, telling):
        self.tell_together()
        tell_of_releases()

        assert len(told()) == len(set(told())) == self.PEOPLE == User.objects.receiving_update_mail().count()

    def test_twin_without_the_claim_people_hear_twice(self, telling, monkeypatch):
        def advance(self, people, *, at):
            if people:
                self.told_to = people[-1].pk
            return True

        monkeypatch.setattr(Telling, "_advance", advance)

        self.tell_together()

        assert len(told()) > self.PEOPLE
