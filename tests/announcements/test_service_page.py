"""S3-7: how the service is, for whom, and what staff say of it."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from announcements.board import board
from announcements.models import Incident, ServiceComponent
from tests.factories import new_incident

pytestmark = pytest.mark.django_db

DAY, HOUR = timedelta(days=1), timedelta(hours=1)


@pytest.fixture
def licences():
    return ServiceComponent.objects.create(name="Servidor de licencias")


@pytest.fixture
def mail():
    return ServiceComponent.objects.create(name="Correo", position=1)


def maintenance(agent, *components, begins, lasts=HOUR):
    words = {"title": "Cambio de servidor", "text": "Se corta **una hora**."}
    return Incident.objects.plan(
        by=agent, starts_at=begins, until=begins + lasts, at=begins - DAY, components=components, **words
    )


def state(component) -> str:
    component.refresh_from_db()
    return component.state


class TestWhoReads:
    def test_visitors_log_in_first(self, browse, settings):
        settings.STATUS_PUBLIC = False
        row = new_incident()

        for path in ("/estado/", row.get_absolute_url(), "/estado/no-hay/"):
            assert browse().get(path)["Location"] == f"/acceso/?next={path}"

    def test_by_the_setting_visitors_read_it(self, browse, settings):
        settings.STATUS_PUBLIC = True
        row = new_incident(title="Retrasos")

        assert "Retrasos" in browse().get("/estado/").content.decode()
        assert browse().get(row.get_absolute_url()).status_code == 200
        assert browse().get("/estado/no-hay/").status_code == 404

    def test_everybody_who_is_logged_in_reads_it(self, browse, ana, agent):
        for person in (ana, agent):
            assert browse(person).get("/estado/").status_code == 200


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("es", "Del 03/12/2026 22:00 al 04/12/2026 00:00"),
        ("en", "From Dec 3, 2026, 22:00 to Dec 4, 2026, 00:00"),
    ],
)
def test_no_language_lets_a_date_be_read_the_other_way_round(browse, ana, agent, licences, language, words):
    ana.language = language
    ana.save(update_fields=["language"])
    maintenance(agent, licences, begins=datetime(2026, 12, 3, 21, tzinfo=UTC), lasts=2 * HOUR)

    assert words in browse(ana).get("/estado/").content.decode()


class TestTheBoard:
    def test_says_the_worst_of_its_components(self, browse, ana, licences, mail):
        page = browse(ana).get("/estado/").content.decode()
        assert "Todo funciona" in page

        new_incident(components=[mail], component_state="outage")

        page = browse(ana).get("/estado/").content.decode()
        assert "Algo está fuera de servicio" in page
        assert "Fuera de servicio" in page

    def test_without_components_it_claims_nothing(self, browse, ana):
        assert "Todo funciona" not in browse(ana).get("/estado/").content.decode()

    def test_maintenance_shows_by_itself_while_it_lasts(self, ana, agent, licences, mail):
        now = timezone.now()
        maintenance(agent, licences, begins=now + DAY)

        before, during, after = (board(ana, at=now + DAY + offset) for offset in (-HOUR, HOUR / 2, 2 * HOUR))

        assert [len(one.planned) for one in (before, during, after)] == [1, 0, 0]
        assert [len(one.going_on) for one in (before, during, after)] == [0, 1, 0]
        assert [one.overall for one in (before, during, after)] == ["operational", "maintenance", "operational"]
        assert [one.state for one in during.components] == ["maintenance", "operational"]
        assert Incident.objects.past(at=now + 2 * DAY).count() == 1

    def test_the_past_is_of_ninety_days(self, agent):
        now = timezone.now()
        for days in (89, 91):
            row = new_incident(agent, title=f"Hace {days}", at=now - timedelta(days=days))
            row.update(by=agent, stage="resolved", text="Ya.", at=now - timedelta(days=days) + HOUR)

        assert [row.title for row in Incident.objects.past(at=now)] == ["Hace 89"]

    def test_what_goes_on_for_months_is_still_going_on(self, ana):
        now = timezone.now()
        new_incident(at=now - timedelta(days=200))

        assert len(board(ana, at=now).going_on) == 1


class TestUpdates:
    def test_are_dated_and_the_last_one_says_the_stage(self, browse, ana, agent, licences):
        row = new_incident(agent, components=[licences], component_state="degraded")
        assert state(licences) == "degraded"
        row.update(by=agent, stage="identified", text="Es el disco.", at=timezone.now())
        row.update(by=agent, stage="resolved", text="Disco **nuevo**.", at=timezone.now())

        assert [update.stage for update in row.updates.all()] == ["resolved", "identified", "investigating"]
        row.refresh_from_db()
        assert (row.stage, row.ended_at is None) == ("resolved", False)
        assert state(licences) == "operational"
        page = browse(ana).get(row.get_absolute_url()).content.decode()
        assert "Disco <strong>nuevo</strong>." in page
        assert str(agent) not in page

    def test_a_resolved_one_leaves_to_others_what_they_hold(self, agent, licences, mail):
        one = new_incident(agent, components=[licences, mail], component_state="outage")
        other = new_incident(agent, components=[licences])

        one.update(by=agent, stage="resolved", text="Ya.", at=timezone.now())
        assert (state(licences), state(mail)) == ("outage", "operational")
        other.update(by=agent, stage="resolved", text="Ya.", at=timezone.now())
        assert state(licences) == "operational"

    def test_what_was_resolved_may_come_back(self, agent):
        row = new_incident(agent)
        row.update(by=agent, stage="resolved", text="Ya.", at=timezone.now())
        row.update(by=agent, stage="investigating", text="Otra vez.", at=timezone.now())

        row.refresh_from_db()
        assert (row.stage, row.ended_at) == ("investigating", None)

    def test_each_has_a_number_after_those_before(self, agent):
        """Higher apps look for those beyond the last one they know."""
        row = new_incident(agent)
        known = row.updates.latest("pk").pk
        row.update(by=agent, stage="identified", text="Es el disco.", at=timezone.now())

        assert [update.text for update in row.updates.filter(pk__gt=known)] == ["Es el disco."]


class TestOnTheDesk:
    ADD = "/admin/announcements/incident/add/"
    FORM = {"title": "Retrasos", "stage": "investigating", "text": "Lo miramos.", "component_state": "degraded"}

    def update_url(self, row):
        return f"/admin/announcements/incident/{row.pk}/novedad/"

    def test_an_incident_is_told_of_in_one_form(self, browse, editor, licences):
        answer = browse(editor).post(self.ADD, self.FORM | {"components": [licences.pk]})

        row = Incident.objects.get()
        assert answer["Location"] == f"/admin/announcements/incident/{row.pk}/change/"
        assert (row.kind, row.stage, row.updates.get().author) == ("incident", "investigating", editor)
        assert state(licences) == "degraded"

    def test_maintenance_is_planned_in_one_form(self, browse, editor, licences):
        form = {"title": "Cambio", "text": "Una hora.", "components": [licences.pk]}
        times = {"starts_at_0": "2027-02-03", "starts_at_1": "22:00", "until_0": "2027-02-03", "until_1": "23:00"}

        browse(editor).post(f"{self.ADD}?que=mantenimiento", form | times)

        row = Incident.objects.get()
        assert (row.kind, row.stage) == ("maintenance", "planned")
        assert timezone.localtime(row.starts_at).hour == 22

    def test_a_short_form_says_what_is_known_now(self, browse, editor):
        row = new_incident()

        browse(editor).post(self.update_url(row), {"stage": "monitoring", "text": "Ya llega.", "component_state": ""})

        assert row.updates.first().text == "Ya llega."
        assert "Ya llega." in browse(editor).get(f"/admin/announcements/incident/{row.pk}/change/").content.decode()

    @pytest.mark.parametrize(
        "wrong",
        [
            {"stage": "planned"}, {"stage": "NaN"}, {"text": "\u200b\0 "}, {"text": ""}, {"text": "x" * 10_001},
            {"component_state": "roto"},
        ],
    )  # fmt: skip
    def test_hostile_updates_are_refused_in_words(self, browse, editor, wrong):
        row = new_incident()
        form = {"stage": "identified", "text": "Es el disco.", "component_state": ""}

        answer = browse(editor).post(self.update_url(row), form | wrong)

        assert answer.status_code == 200
        assert answer.context["form"].errors
        assert row.updates.count() == 1

    @pytest.mark.parametrize(
        "wrong",
        [
            {"title": "x" * 151},
            {"title": ""},
            {"components": ["987654"]},
            {"components": ["NaN"]},
            {"stage": "resuelta"},
        ],
    )
    def test_hostile_incidents_are_refused_in_words(self, browse, editor, wrong):
        assert browse(editor).post(self.ADD, self.FORM | wrong).context["form"].errors
        assert not Incident.objects.exists()

    def test_maintenance_that_ends_before_it_begins_is_refused(self, browse, editor):
        form = {"title": "Cambio", "text": "Una hora."}
        times = {"starts_at_0": "2027-02-03", "starts_at_1": "22:00", "until_0": "2027-02-03", "until_1": "21:00"}

        answer = browse(editor).post(f"{self.ADD}?que=mantenimiento", form | times)

        assert "Terminaría antes de empezar" in str(answer.context["form"].errors)

    def test_moved_maintenance_still_ends_after_it_begins(self, browse, editor):
        row = maintenance(editor, begins=timezone.now() + DAY)
        form = {"title": "Cambio", "starts_at_0": "2027-02-03", "starts_at_1": "22:00"}

        late = browse(editor).post(
            f"/admin/announcements/incident/{row.pk}/change/",
            form | {"planned_until_0": "2027-02-03", "planned_until_1": "21:00"},
        )

        assert "Terminaría antes de empezar" in str(late.context["adminform"].form.errors)

    def test_what_people_were_told_is_not_taken_away(self, browse, boss):
        row = new_incident()

        assert browse(boss).post(f"/admin/announcements/incident/{row.pk}/delete/", {"post": "yes"}).status_code == 403

    def test_an_agent_only_looks(self, browse, agent):
        row = new_incident()

        assert browse(agent).post(self.ADD, self.FORM).status_code == 403
        assert browse(agent).post(self.update_url(row), {}).status_code == 403


def test_markup_is_text(browse, ana, agent):
    hostile = "<script>alert(1)</script>"
    part = ServiceComponent.objects.create(name=hostile, text=hostile)
    row = new_incident(agent, title=hostile, text=f"{hostile} [x](javascript:alert(1))", components=[part])

    for path in ("/estado/", row.get_absolute_url()):
        page = browse(ana).get(path).content.decode()
        assert "<script>alert" not in page
        assert 'href="javascript:' not in page


def test_the_page_costs_as_much_with_many_as_with_one(browse, ana, agent, licences, django_assert_num_queries):
    browser, now = browse(ana), timezone.now()
    browser.get("/avisos/")
    for more in (1, 9):
        for _number in range(more):
            new_incident(agent, components=[licences])
            maintenance(agent, licences, begins=now + DAY)
            row = new_incident(agent, components=[licences], at=now - DAY)
            row.update(by=agent, stage="resolved", text="Ya.", at=now - HOUR)
        # session, person, alarm, components, and three lists with their updates and components
        with django_assert_num_queries(13):
            browser.get("/estado/")


@pytest.mark.parametrize("query", ["pagina=" + "x" * 10_000, "pagina=%00"])
def test_hostile_questions_get_a_page(browse, ana, query):
    assert browse(ana).get(f"/estado/?{query}").status_code == 200
