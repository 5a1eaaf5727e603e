"""Staff write, publish and end announcements by the verbs; what is hostile is refused in words."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from announcements.models import Announcement, IllegalStep, Telling
from mail.models import OutgoingMail
from tests.factories import ProductFactory, UserFactory, announced, announcement

pytestmark = pytest.mark.django_db

ADD = "/admin/announcements/announcement/add/"
FORM = {
    "title": "Horario de Navidad",
    "slug": "horario-de-navidad",
    "level": "warning",
    "text": "El 24 cerramos **a las dos**.",
    "audience": "registered",
    "until_0": "",
    "until_1": "",
}
DAY = timedelta(days=1)


def deed(row, name: str = "change") -> str:
    return f"/admin/announcements/announcement/{row.pk}/{name}/"


def errors(answer) -> str:
    return str(answer.context["adminform"].form.errors)


class TestWriting:
    def test_a_draft_has_its_html_and_whom_it_is_for(self, browse, editor, ibarra):
        module = ProductFactory()

        browse(editor).post(ADD, FORM | {"audience": "chosen", "companies": [ibarra.pk], "modules": [module.pk]})

        row = Announcement.objects.get()
        assert row.published_at is None
        assert row.html == "<p>El 24 cerramos <strong>a las dos</strong>.</p>\n"
        assert (list(row.companies.all()), list(row.modules.all())) == ([ibarra], [module])

    @pytest.mark.parametrize(
        ("wrong", "words"),
        [
            ({"title": "x" * 10_240}, "150"),
            ({"title": ""}, "obligatorio"),
            ({"text": "x" * 20_001}, "20000"),
            ({"text": " \n"}, "obligatorio"),
            ({"slug": "../admin"}, "slug"),
            ({"slug": "atom"}, "no está disponible"),
            ({"level": "NaN"}, "válida"),
            ({"audience": "todos"}, "válida"),
            ({"audience": "chosen"}, "nadie lo leería"),
            ({"companies": ["987654"]}, "válida"),
            *(({"companies": [number]}, "válida") for number in ("NaN", "9" * 40, "٣", "")),
            ({"until_0": "NaN", "until_1": "10:00"}, "válida"),
            ({"until_0": "2027-03-28", "until_1": "02:30"}, "horaria"),
        ],
    )
    def test_what_is_hostile_is_refused_in_words(self, browse, editor, wrong, words):
        answer = browse(editor).post(ADD, FORM | wrong)

        assert answer.status_code == 200
        assert words in errors(answer)
        assert not Announcement.objects.exists()

    def test_two_have_not_one_address(self, browse, editor):
        announcement(slug=FORM["slug"])

        assert "Ya hay un aviso con esta dirección" in errors(browse(editor).post(ADD, FORM))

    def test_the_address_of_one_that_is_out_stays(self, browse, editor):
        row = announced(slug="se-queda")

        browse(editor).post(deed(row), FORM)

        row.refresh_from_db()
        assert (row.title, row.slug) == ("Horario de Navidad", "se-queda")
        assert browse(editor).post(deed(row, "delete"), {"post": "yes"}).status_code == 403

    def test_one_that_is_out_does_not_end_before_it_began(self, browse, editor):
        row = announced()

        answer = browse(editor).post(deed(row), FORM | {"until_0": "2020-01-01", "until_1": "10:00"})

        assert "Terminaría antes de empezar" in errors(answer)

    def test_an_agent_only_looks(self, browse, agent):
        row = announcement()

        assert browse(agent).post(ADD, FORM).status_code == 403
        assert browse(agent).post(deed(row, "publicar"), {}).status_code == 403
        assert browse(agent).get(deed(row)).status_code == 200


class TestDeeds:
    def test_publishing_says_how_many_are_told_and_tells_them_if_ticked(self, browse, editor, ibarra, norte):
        for company in (ibarra, ibarra, norte):
            UserFactory(company=company, receives_general_mail=True)
        row, browser = announcement(audience="chosen", companies=[ibarra]), browse(editor)

        page = browser.get(deed(row, "publicar")).content.decode()
        browser.post(deed(row, "publicar"), {"tell": "on"})

        assert "correo a 2 personas" in page
        row.refresh_from_db()
        assert row.is_out(at=timezone.now())
        Telling.objects.tell_due(at=timezone.now())
        assert OutgoingMail.objects.count() == 2
        assert "2 personas" in browser.get(deed(row)).content.decode()
        assert LogEntry.objects.filter(object_id=row.pk).exists()

    def test_publishing_twice_or_in_the_past_is_refused_in_words(self, browse, editor):
        out, draft = announced(), announcement()
        browser = browse(editor)

        twice = browser.post(deed(out, "publicar"), {})
        past = browser.post(deed(draft, "publicar"), {"at_0": "2020-01-01", "at_1": "10:00"})

        assert "Ya está publicado" in twice.content.decode()
        assert "Ese momento ya ha pasado" in past.content.decode()
        draft.refresh_from_db()
        assert draft.published_at is None

    def test_what_would_end_before_it_begins_is_not_published(self):
        now = timezone.now()
        row = announcement(until=now + DAY)

        with pytest.raises(IllegalStep):
            row.publish(at=now + 2 * DAY, tell=False, now=now)

    def test_ending_it_takes_it_from_everybody(self, browse, editor, ana):
        row = announced()

        browse(editor).post(deed(row, "retirar"))

        assert not browse(ana).get("/inicio/").context["announcements"]
        assert "Ya no se muestra" in browse(editor).post(deed(row, "retirar"), follow=True).content.decode()

    def test_one_that_nobody_has_seen_becomes_a_draft_again(self, browse, editor):
        row = announcement()
        row.publish(at=timezone.now() + DAY, tell=True)

        browse(editor).post(deed(row, "retirar"))

        row.refresh_from_db()
        assert (row.published_at, row.until) == (None, None)

    def test_the_list_costs_the_same_for_many(self, browse, boss, django_assert_max_num_queries):
        browser = browse(boss)
        browser.get("/admin/announcements/announcement/")
        for number in range(20):
            announced(slug=f"n-{number}")
        with django_assert_max_num_queries(6):
            browser.get("/admin/announcements/announcement/")
