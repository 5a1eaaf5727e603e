"""S0-65, S0-66: what is planned, how one takes part, and the library."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone
from icalendar import Calendar

from tests.factories import planned, recorded, webinar
from webinars.models import IllegalStep, Registration, Sighting, Webinar

pytestmark = pytest.mark.django_db

ROOM = "https://reuniones.acme.example/sala-1"


@pytest.fixture
def room():
    """One that begins in ten minutes, so that its room is open."""
    return planned("Sala abierta", begins=timezone.now() + timedelta(minutes=10), join_url=ROOM)


def titles(page) -> list[str]:
    return [row.title for row in page.context["page"].rows]


class TestThePage:
    def test_shows_what_is_planned_and_the_library_and_no_draft(self, browse, ana):
        planned("Lo que viene", speaker="Marta Soler")
        recorded("Lo que fue", embed_url="")
        webinar("Un borrador")

        page = browse(ana).get("/webinars/").content.decode()

        assert "Lo que viene" in page
        assert "Marta Soler" in page
        assert "Lo que fue" in page
        assert "Un borrador" not in page

    def test_says_the_time_where_the_company_is(self, browse, ana, carla):
        at = timezone.now().replace(month=12, day=3, hour=9, minute=0) + timedelta(days=365)
        planned(begins=at)

        assert "10:00–11:00" in browse(ana).get("/webinars/").content.decode()
        assert "9:00–10:00 (hora de Canarias)" in browse(carla).get("/webinars/").content.decode()

    def test_what_is_over_awaits_its_recording_and_what_was_cancelled_says_so(self, browse, ana):
        now = timezone.now()
        planned("Celebrado", begins=now - timedelta(days=1))
        planned("Hace tiempo", begins=now - timedelta(days=60))
        planned("Suspendido").cancel(at=now)

        page = browse(ana).get("/webinars/")

        assert {row.title for row in page.context["planned"]} == {"Celebrado", "Suspendido"}
        assert "Celebrado: pronto estará aquí la grabación" in page.content.decode()
        assert "Cancelado" in page.content.decode()

    def test_is_searched_without_accents_in_titles_speakers_and_descriptions(self, browse, ana):
        recorded("Planificación")
        recorded("Otra cosa", speaker="Íñigo Núñez")
        recorded("Tercera", text="Trata de la **evaluación** de riesgos.")
        planned("Planificación de 2027")

        browser = browse(ana)

        for words, found in {"planificacion": "Planificación", "nunez": "Otra cosa", "evaluacion": "Tercera"}.items():
            assert titles(browser.get("/webinars/", {"q": words})) == [found]
        assert [row.title for row in browser.get("/webinars/?q=planificacion").context["planned"]] == [
            "Planificación de 2027"
        ]
        assert "No hay resultados" in browser.get("/webinars/?q=nada").content.decode()

    def test_may_be_narrowed_to_what_one_has_not_seen(self, browse, ana, bruno):
        seen, unseen = recorded("Vista"), recorded("No vista")
        seen.mark_seen(by=ana, at=timezone.now())
        unseen.mark_seen(by=bruno, at=timezone.now())

        assert titles(browse(ana).get("/webinars/?ver=no-vistos")) == ["No vista"]
        assert titles(browse(bruno).get("/webinars/?ver=no-vistos")) == ["Vista"]

    def test_pages_by_key(self, browse, ana):
        now = timezone.now()
        for number in range(15):
            recorded(f"Número {number}", begins=now - timedelta(days=number + 1), embed_url="", content=b"")
        browser = browse(ana)

        first = browser.get("/webinars/")
        second = browser.get("/webinars/", {"pagina": first.context["page"].next})
        broken = browser.get("/webinars/", {"pagina": "nada"})

        assert titles(first) == titles(broken) == [f"Número {number}" for number in range(12)]
        assert titles(second) == ["Número 12", "Número 13", "Número 14"]

    def test_costs_as_much_with_many_as_with_one(self, browse, ana, django_assert_num_queries):
        browser = browse(ana)
        browser.get("/webinars/")
        for number in range(2):
            planned(f"Previsto {number}").register(by=ana, at=timezone.now())
            recorded(f"Grabado {number}")
        with django_assert_num_queries(5):  # session, person, alarm, planned, library
            browser.get("/webinars/")
        for number in range(12):
            planned(f"Más {number}")
            recorded(f"Otra {number}")
        with django_assert_num_queries(5):
            browser.get("/webinars/")

    @pytest.mark.parametrize("query", ["q=%00", "q=" + "a" * 10_000, "pagina=" + "x" * 10_000, "ver=%00", "q='%22<b>"])
    def test_hostile_questions_get_a_page(self, browse, ana, query):
        assert browse(ana).get(f"/webinars/?{query}").status_code == 200


class TestTakingPart:
    def test_one_click_registers_and_one_cancels_and_one_comes_back(self, browse, ana):
        row, browser = planned(), browse(ana)

        browser.post(f"/webinars/{row.slug}/inscribirse/")
        browser.post(f"/webinars/{row.slug}/inscribirse/")
        assert Registration.objects.in_force().count() == 1
        browser.post(f"/webinars/{row.slug}/anular/")
        assert Registration.objects.in_force().count() == 0
        page = browser.post(f"/webinars/{row.slug}/inscribirse/", follow=True)

        assert Registration.objects.in_force().count() == Registration.objects.count() == 1
        assert "Se ha inscrito. Se lo recordaremos por correo" in page.content.decode()

    def test_the_link_to_join_is_shown_to_those_registered_around_the_time(self, browse, ana, bruno, room):
        room.register(by=ana, at=timezone.now())

        assert ROOM in browse(ana).get(room.get_absolute_url()).content.decode()
        assert ROOM not in browse(bruno).get(room.get_absolute_url()).content.decode()

    def test_nobody_sees_the_link_before(self, browse, ana):
        row = planned(begins=timezone.now() + timedelta(minutes=20), join_url=ROOM)
        row.register(by=ana, at=timezone.now())

        page = browse(ana).get(row.get_absolute_url()).content.decode()

        assert ROOM not in page
        assert "15 minutos antes" in page

    @pytest.mark.parametrize(("minutes", "is_open"), [(-16, False), (-15, True), (0, True), (89, True), (91, False)])
    def test_the_room_is_open_from_a_quarter_before_to_half_an_hour_after(self, ana, minutes, is_open):
        row = planned(join_url=ROOM)
        row.register(by=ana, at=timezone.now())

        at = row.starts_at + timedelta(minutes=minutes)

        assert ("join" in row.actions_for(ana, at=at)) is is_open

    def test_who_cancels_no_longer_sees_the_link(self, browse, ana, room):
        room.register(by=ana, at=timezone.now())
        room.unregister(by=ana, at=timezone.now())

        assert ROOM not in browse(ana).get(room.get_absolute_url()).content.decode()

    def test_nobody_registers_for_what_is_over_or_will_not_be(self, browse, ana):
        over = planned(begins=timezone.now() - timedelta(hours=3))
        off = planned()
        off.cancel(at=timezone.now())

        for row in (over, off, recorded()):
            assert browse(ana).post(f"/webinars/{row.slug}/inscribirse/").status_code == 403
            with pytest.raises(IllegalStep):
                row.register(by=ana, at=timezone.now())

    def test_support_in_ones_place_registers_nobody(self, ana):
        ana.is_viewed = True

        assert planned().actions_for(ana) == set()

    def test_the_entry_of_a_calendar_keeps_its_name_and_counts_the_changes(self, browse, ana):
        row = planned("Título; con, signos\\", text="De **qué** trata", join_url=ROOM)
        browser = browse(ana)
        first = event_of(browser.get(f"/webinars/{row.slug}/calendario.ics"))
        later = row.starts_at + timedelta(days=1)
        row.reschedule(starts_at=later, ends_at=later + timedelta(minutes=30), at=timezone.now())

        answer = browser.get(f"/webinars/{row.slug}/calendario.ics")

        second = event_of(answer)
        assert answer["Content-Type"].startswith("text/calendar")
        assert first["uid"] == second["uid"]
        assert (first["sequence"], second["sequence"]) == (0, 1)
        assert (second.start, second.end) == (row.starts_at, row.ends_at)
        assert second["summary"] == "Título; con, signos\\"
        assert "De qué trata" in second["description"]
        assert ROOM not in answer.content.decode().replace("\r\n ", "")

    def test_the_home_page_shows_the_next_one(self, browse, ana, diego):
        planned("El de después", begins=timezone.now() + timedelta(days=9))
        planned("El próximo", begins=timezone.now() + timedelta(days=2))

        page = browse(ana).get("/inicio/").content.decode()

        assert "El próximo" in page
        assert "El de después" not in page
        assert "Próximo webinar" not in browse(diego).get("/inicio/").content.decode()


def event_of(answer):
    calendar = Calendar.from_ical(answer.content)
    assert calendar["method"] == "PUBLISH"
    return calendar.walk("VEVENT")[0]


class TestARecording:
    def test_has_its_video_chapters_and_materials(self, browse, ana):
        row = recorded(text="## Índice", length=90)
        row.set_chapters([(0, "Principio"), (65, "Preguntas")])

        page = browse(ana).get(row.get_absolute_url()).content.decode()

        assert f'src="/webinars/{row.slug}/video/"' in page
        assert 'href="?desde=65#video"' in page
        assert "1:05" in page
        assert "1:30" in page
        assert "<h4>Índice</h4>" in page

    @pytest.mark.parametrize(
        ("asked", "begins"),
        [("65", "#t=65"), ("0", ""), ("66", ""), ("NaN", ""), ("-1", ""), ("9" * 10_000, ""), ("\0", "")],
    )
    def test_begins_at_the_chapter_that_was_asked_for(self, browse, ana, asked, begins):
        row = recorded(length=90)
        row.set_chapters([(0, "Principio"), (65, "Preguntas")])

        page = browse(ana).get(row.get_absolute_url(), {"desde": asked}).content.decode()

        assert f'src="/webinars/{row.slug}/video/{begins}"' in page

    def test_is_marked_as_seen_and_as_not_seen(self, browse, ana, bruno):
        row, browser = recorded(), browse(ana)

        for _twice in range(2):
            browser.post(f"/webinars/{row.slug}/visto/")
        assert list(Sighting.objects.values_list("person", flat=True)) == [ana.pk]
        assert "Marcar como no visto" in browser.get(row.get_absolute_url()).content.decode()
        browser.post(f"/webinars/{row.slug}/no-visto/")

        assert not Sighting.objects.exists()

    def test_what_is_planned_is_not_marked(self, browse, ana):
        row = planned()

        assert browse(ana).post(f"/webinars/{row.slug}/visto/").status_code == 403
        with pytest.raises(IllegalStep):
            row.mark_seen(by=ana, at=timezone.now())

    def test_is_embedded_from_a_host_of_the_list_alone(self, browse, ana, settings):
        settings.VIDEO_HOSTS = ["player.vimeo.com"]
        row = recorded(embed_url="https://player.vimeo.com/video/1")
        row.set_chapters([(5, "Principio")])
        browser = browse(ana)

        page = browser.get(row.get_absolute_url()).content.decode()
        settings.VIDEO_HOSTS = []
        without = browser.get(row.get_absolute_url()).content.decode()

        assert '<iframe src="https://player.vimeo.com/video/1" title="Vídeo: Novedades de EPIs"' in page
        assert "#t=" not in page
        assert "<iframe" not in without
        assert "no se puede mostrar" in without
        assert browser.get(f"/webinars/{row.slug}/video/").status_code == 404

    def test_needs_a_video_and_that_it_was_held(self):
        with pytest.raises(IllegalStep):
            webinar(begins=timezone.now() - timedelta(days=1)).publish_recording(at=timezone.now())
        with pytest.raises(ValidationError):
            planned(embed_url="https://player.vimeo.com/video/1").publish_recording(at=timezone.now())


def test_drafts_exist_for_nobody(browse, ana, agent):
    row = webinar()

    assert browse(ana).get(row.get_absolute_url()).status_code == 404
    assert not Webinar.objects.visible_to(agent).exists()
    assert not Webinar.objects.visible_to(ana).exists()


def test_without_the_flag_nothing_exists(browse, diego):
    row = planned()

    assert browse(diego).get("/webinars/").status_code == 403
    assert browse(diego).post(f"/webinars/{row.slug}/inscribirse/").status_code == 403
    assert not Webinar.objects.visible_to(diego).exists()
