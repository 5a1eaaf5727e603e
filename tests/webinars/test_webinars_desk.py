"""Staff prepare, announce, move, cancel and keep webinars by the verbs; what is hostile is refused in words."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from files import disk
from files.models import StoredFile
from files.receiving import receive
from mail.models import OutgoingMail
from tests.factories import StaffFactory, UserFactory, film, planned, recorded, webinar
from webinars import lengths
from webinars.models import Chapter, Registration, Telling, Webinar

pytestmark = pytest.mark.django_db

ADD = "/admin/webinars/webinar/add/"
FORM = {
    "title": "Novedades de EPIs",
    "slug": "novedades-de-epis",
    "speaker": "Marta Soler",
    "starts_at_0": "2027-02-03",
    "starts_at_1": "10:00",
    "minutes": "60",
    "text": "Trata **de todo**.",
    "join_url": "https://reuniones.acme.example/sala",
    "embed_url": "",
    "clock": "45:30",
    "places": "0:00 Presentación\n12:30 Cómo funciona\n",
}


@pytest.fixture(params=["Publicación", "Formación"])
def editor(request):
    person = StaffFactory(first_name="Elena")
    person.groups.add(Group.objects.get(name=request.param))
    return person


@pytest.fixture
def desk(browse, boss):
    return browse(boss)


def deed(row, name: str) -> str:
    return f"/admin/webinars/webinar/{row.pk}/{name}/"


def errors(answer) -> str:
    return str(answer.context["adminform"].form.errors)


class TestWriting:
    def test_a_draft_has_its_chapters_and_its_html(self, browse, editor):
        browse(editor).post(ADD, FORM)

        row = Webinar.objects.get()
        assert row.is_draft
        assert row.minutes == 60
        assert timezone.localtime(row.starts_at).hour == 10
        assert "<strong>de todo</strong>" in row.html
        assert (row.length, [str(one) for one in row.chapters.all()]) == (
            2730, ["0:00 Presentación", "12:30 Cómo funciona"],
        )  # fmt: skip

    def test_what_was_written_is_written_anew(self, desk):
        desk.post(ADD, FORM)
        row = Webinar.objects.get()
        page = desk.get(deed(row, "change")).content.decode()
        assert "12:30 Cómo funciona" in page

        desk.post(deed(row, "change"), FORM | {"title": "Otro", "places": "1:00 Una", "clock": ""})

        row.refresh_from_db()
        assert (row.title, row.length) == ("Otro", None)
        assert [str(one) for one in Chapter.objects.all()] == ["1:00 Una"]

    @pytest.mark.parametrize(
        ("wrong", "words"),
        [
            ({"join_url": "javascript:alert(1)"}, "URL"),
            ({"join_url": "http://reuniones.acme.example/"}, "https://"),
            ({"join_url": "https://ana:clave@reuniones.acme.example/"}, "https://"),
            ({"join_url": "https://a.example/" + "x" * 10_240}, "500"),
            ({"embed_url": "https://videos.example/1"}, "suba el archivo"),
            ({"minutes": "NaN"}, "entero"),
            ({"minutes": "-5"}, "mayor o igual"),
            ({"minutes": "1e9"}, "entero"),
            ({"starts_at_0": "NaN"}, "válida"),
            ({"starts_at_0": "2027-03-28", "starts_at_1": "02:30"}, "horaria"),
            ({"clock": "NaN"}, "45:30"),
            ({"clock": "99:99:99"}, "45:30"),
            ({"clock": "٤٥:٣٠"}, "45:30"),
            ({"places": "45:30 Final"}, "después del final del vídeo"),
            ({"places": "pronto Final"}, "no empieza por un momento"),
            ({"places": "1:00 Una\n1:00 Otra"}, "en el mismo punto"),
            ({"places": "1:00"}, "necesita un título"),
            ({"places": "1:00 " + "x" * 10_240}, "necesita un título"),
            ({"places": "\n".join(f"{n}:00 x" for n in range(101)), "clock": ""}, "Como mucho, 100"),
            ({"title": "x" * 10_240}, "150"),
            ({"text": "x" * 20_001}, "20000"),
            ({"slug": "../admin"}, "slug"),
        ],
    )
    def test_what_is_hostile_is_refused_in_words(self, desk, wrong, words):
        answer = desk.post(ADD, FORM | wrong)

        assert answer.status_code == 200
        assert words in errors(answer)
        assert not Webinar.objects.exists()

    @pytest.mark.parametrize(
        "address",
        [
            "https://player.vimeo.com.evil.example/1", "https://evil.example/?player.vimeo.com", "http://player.vimeo.com/1",
            "https://player.vimeo.com@evil.example/", "https://player.vimeo.com:8443/1",
            "https://evil.example\\@player.vimeo.com/", "data:text/html,<script>", "javascript://player.vimeo.com/%0aalert(1)",
        ],
    )  # fmt: skip
    def test_a_video_comes_from_a_host_of_the_list_alone(self, desk, settings, address):
        settings.VIDEO_HOSTS = ["player.vimeo.com"]

        answer = desk.post(ADD, FORM | {"embed_url": address})

        assert answer.status_code == 200
        assert not Webinar.objects.exists()
        desk.post(ADD, FORM | {"embed_url": "https://player.vimeo.com/video/1?h=2"})
        assert Webinar.objects.get().embed_url == "https://player.vimeo.com/video/1?h=2"

    def test_markup_in_titles_and_descriptions_is_text(self, desk, browse, ana):
        hostile = "<script>alert(1)</script>"
        row = planned(hostile, speaker=hostile, text=f"{hostile} [x](javascript:alert(1))")
        row.set_chapters([(1, hostile)])

        for path in ("/webinars/", row.get_absolute_url(), "/inicio/"):
            page = browse(ana).get(path).content.decode()
            assert "<script>alert" not in page
            assert 'href="javascript:' not in page
        assert "<script>alert" not in desk.get(deed(row, "change")).content.decode()

    def test_an_address_of_a_video_takes_the_place_of_the_file(self, desk, settings):
        settings.VIDEO_HOSTS = ["player.vimeo.com"]
        row = recorded()
        file = row.video_id

        desk.post(deed(row, "change"), FORM | {"embed_url": "https://player.vimeo.com/video/1"})

        row.refresh_from_db()
        assert (row.video_id, row.embed_url) == (None, "https://player.vimeo.com/video/1")
        assert not StoredFile.objects.filter(pk=file).exists()
        answer = desk.post(deed(row, "change"), FORM | {"embed_url": ""})
        assert "necesita un vídeo" in errors(answer)

    def test_once_announced_its_time_and_address_are_not_fields(self, desk):
        row = planned()

        desk.post(deed(row, "change"), FORM | {"title": "Otro"})

        row.refresh_from_db()
        assert row.title == "Otro"
        assert row.slug != FORM["slug"]
        assert row.starts_at.year != 2027 or row.starts_at.month != 2


class TestDeeds:
    def test_announcing_says_how_many_are_told_and_tells_them_if_ticked(self, browse, editor, ibarra):
        for _n in range(3):
            UserFactory(company=ibarra, receives_general_mail=True)
        row, browser = webinar(), browse(editor)

        page = browser.get(deed(row, "anunciar")).content.decode()
        browser.post(deed(row, "anunciar"), {"tell": "on"})

        assert "correo a 3 personas" in page
        row.refresh_from_db()
        assert row.is_planned
        assert row.announced_at
        Telling.objects.tell_due(at=timezone.now())
        assert OutgoingMail.objects.count() == 3
        assert "3 personas" in browser.get(deed(row, "change")).content.decode()

    def test_announcing_twice_or_too_late_is_refused_in_words(self, desk):
        row, late = planned(), webinar(begins=timezone.now() - timedelta(hours=1))

        twice, past = (desk.post(deed(one, "anunciar"), {}) for one in (row, late))

        assert "Otra persona lo ha cambiado" in twice.content.decode()
        assert "Su fecha ya ha pasado" in past.content.decode()

    def test_another_time_is_kept_and_those_registered_are_counted(self, browse, editor, ana):
        row, browser = planned(), browse(editor)
        planned_at = row.starts_at
        row.register(by=ana, at=timezone.now())
        page = browser.get(deed(row, "fecha")).content.decode()
        later = timezone.localtime(row.starts_at) + timedelta(days=2)

        form = {"starts_at_0": f"{later:%Y-%m-%d}", "starts_at_1": f"{later:%H:%M:%S}", "minutes": "30"}
        browser.post(deed(row, "fecha"), form)

        assert "1 persona inscrita" in page
        local = timezone.localtime(planned_at)
        assert f'value="{local:%Y-%m-%d}"' in page
        assert f'value="{local:%H:%M}"' in page
        row.refresh_from_db()
        assert (row.starts_at, row.minutes, row.sequence) == (later, 30, 1)
        Registration.objects.tell_due(at=timezone.now())
        assert OutgoingMail.objects.get().kind == "webinar_moved"

    def test_a_time_that_has_passed_is_refused_in_words(self, desk):
        row = planned()

        answer = desk.post(deed(row, "fecha"), {"starts_at_0": "2020-01-01", "starts_at_1": "10:00", "minutes": "30"})

        assert "Ese momento ya ha pasado" in answer.content.decode()

    def test_cancelling_twice_is_one_cancelling(self, desk):
        row = planned()

        desk.post(deed(row, "cancelar"))
        answer = desk.post(deed(row, "cancelar"), follow=True)

        row.refresh_from_db()
        assert (row.state, row.sequence) == ("cancelled", 1)
        assert "Otra persona lo ha cambiado" in answer.content.decode()

    def test_the_recording_is_uploaded_and_published(self, browse, editor, ana):
        row = planned(begins=timezone.now() - timedelta(hours=3))
        browser = browse(editor)
        assert "Publicar la grabación" not in browser.get(deed(row, "change")).content.decode()

        video = SimpleUploadedFile("grabacion.webm", film())
        answer = browser.post(deed(row, "archivo"), {"what": "video", "file": video}, follow=True)
        assert "grabacion.webm" in answer.content.decode()
        assert "Publicar la grabación" in browser.get(deed(row, "change")).content.decode()
        browser.post(deed(row, "grabacion"))

        row.refresh_from_db()
        assert row.is_recorded
        assert browse(ana).get(f"/webinars/{row.slug}/video/").status_code == 200
        assert LogEntry.objects.filter(object_id=row.pk).count() == 2

    @pytest.mark.parametrize(
        ("what", "name", "content", "words"),
        [
            ("video", "a.avi", b"RIFF\x00\x00\x00\x00AVI LIST", "MP4 o WebM"),
            ("video", "a.mp4", b"hola", "MP4 o WebM"),
            ("poster", "a.webm", b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm" + b"\0" * 40, "imagen"),
            ("material", "a.exe", b"MZ" + b"\0" * 100, "programa"),
            ("nada", "a.pdf", b"%PDF-1.4", "opciones"),
            ("video", "vacio.webm", b"", "vac"),
        ],
    )
    def test_another_kind_of_file_is_refused_in_words_and_stays_nowhere(self, desk, what, name, content, words):
        row = webinar()

        answer = desk.post(deed(row, "archivo"), {"what": what, "file": SimpleUploadedFile(name, content)})

        assert answer.status_code == 200
        assert words in answer.content.decode()
        assert not StoredFile.objects.exists()
        assert not [path for path in disk.temporaries().glob("*") if path.is_file()]

    def test_a_material_is_taken_out(self, desk):
        row = webinar()
        desk.post(deed(row, "archivo"), {"what": "material", "file": SimpleUploadedFile("a.pdf", b"%PDF-1.4\n%%EOF")})
        material = row.materials.get()

        desk.post(deed(row, "quitar"), {"file": material.token})
        desk.post(deed(row, "quitar"), {"file": "nada"})

        assert not row.materials.exists()
        assert not StoredFile.objects.exists()

    def test_a_draft_is_deleted_with_its_files_and_nothing_else_is(self, desk):
        draft, known = webinar(), planned()
        draft.put_video(receive(SimpleUploadedFile("a.webm", film(10))))

        desk.post(deed(draft, "delete"), {"post": "yes"})
        refused = desk.post(deed(known, "delete"), {"post": "yes"})

        assert refused.status_code == 403
        assert list(Webinar.objects.all()) == [known]
        assert not StoredFile.objects.exists()

    def test_who_may_only_look_does_nothing(self, browse, agent):
        row, browser = planned(), browse(agent)

        assert browser.get(deed(row, "change")).status_code == 200
        assert browser.get(deed(row, "archivos")).status_code == 200
        for name in ("anunciar", "fecha", "cancelar", "grabacion", "archivo", "quitar"):
            assert browser.post(deed(row, name)).status_code == 403

    def test_the_list_of_who_takes_part_costs_the_same_however_many(self, desk, ibarra, django_assert_max_num_queries):
        row = planned()
        for _n in range(12):
            row.register(by=UserFactory(company=ibarra, can_use_webinars=True), at=timezone.now())

        with django_assert_max_num_queries(9):
            page = desk.get(f"/admin/webinars/registration/?webinar__id__exact={row.pk}").content.decode()

        assert page.count("Talleres Ibarra") == 12


@pytest.mark.parametrize(
    ("written", "seconds"), [("0:00", 0), ("4:05", 245), ("75:00", 4_500), ("1:02:30", 3_750), ("23:59:59", 86_399)]
)
def test_places_of_a_video_are_read_as_they_are_written(written, seconds):
    assert lengths.seconds_of(written) == seconds
    assert lengths.seconds_of(lengths.clock(seconds)) == seconds


@pytest.mark.parametrize(
    "written", ["", "5", "1:5", "1:60", "1:60:00", "24:00:00", "-1:00", "nan", "1:00:00:00", "1:00\n"]
)
def test_anything_else_is_no_place(written):
    with pytest.raises(ValueError) as refusal:
        lengths.seconds_of(written)
    assert refusal.value.args == (written,)
