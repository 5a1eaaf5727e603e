"""Videos, posters and materials: for whom they exist, and in which parts they are sent."""

import os
import subprocess
import sys
from dataclasses import replace

import pytest
from django.conf import settings as project
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from accounts import limits
from files import display
from files.models import StoredFile
from files.receiving import receive
from tests.factories import film, planned, recorded, webinar
from tests.portal.test_settings import check
from tests.walls.forms import picture_file
from webinars.models import Webinar

pytestmark = pytest.mark.django_db


def upload(name: str, content: bytes):
    return receive(SimpleUploadedFile(name, content))


@pytest.fixture
def bytes_of_film():
    return film()


@pytest.fixture
def row(bytes_of_film):
    found = recorded(content=bytes_of_film)
    found.add_material(upload("Presentación.pdf", b"%PDF-1.4\n%%EOF"))
    return found


@pytest.fixture
def video(row):
    return f"/webinars/{row.slug}/video/"


class TestTheVideo:
    def test_is_sent_whole_and_shown_in_place(self, browse, ana, video, bytes_of_film):
        answer = browse(ana).get(video)

        assert b"".join(answer.streaming_content) == bytes_of_film
        assert (answer["Content-Type"], answer["Accept-Ranges"]) == ("video/webm", "bytes")
        assert answer["Content-Disposition"].startswith("inline")

    def test_is_sent_in_parts(self, browse, ana, video, bytes_of_film):
        answer = browse(ana).get(video, headers={"range": "bytes=100-199"})

        assert answer.status_code == 206
        assert answer["Content-Range"] == f"bytes 100-199/{len(bytes_of_film)}"
        assert b"".join(answer.streaming_content) == bytes_of_film[100:200]

    def test_beyond_its_end_there_is_nothing(self, browse, ana, video):
        assert browse(ana).get(video, headers={"range": "bytes=99999999-"}).status_code == 416

    @pytest.mark.parametrize("whole", [True, False], ids=["whole", "part"])
    def test_is_sent_to_nobody_without_the_area(self, browse, diego, agent, video, whole):
        headers = {} if whole else {"range": "bytes=0-9"}

        assert browse(diego).get(video, headers=headers).status_code == 403
        assert browse(agent).get(video, headers=headers).status_code == 403
        assert browse().get(video, headers=headers).status_code == 302

    def test_is_asked_for_so_often_and_no_more(self, browse, ana, video, monkeypatch):
        monkeypatch.setitem(limits.LIMITS, "watch", replace(limits.LIMITS["watch"], amount=2))
        browser = browse(ana)

        assert [browser.get(video).status_code for _time in range(3)] == [200, 200, 429]
        assert browser.head(video).status_code == 200

    def test_does_not_exist_before_the_webinar_is_in_the_library(self, browse, ana):
        row = planned()
        row.put_video(upload("a.webm", film(10)))

        assert browse(ana).get(f"/webinars/{row.slug}/video/").status_code == 404

    def test_waits_for_the_antivirus_in_words(self, browse, ana, row, video):
        StoredFile.objects.filter(pk=row.video_id).update(scan_state="pending", scan_due_at=timezone.now())
        browser = browse(ana)

        assert browser.get(video).status_code == 403
        assert "en cuanto el antivirus lo analice" in browser.get(row.get_absolute_url()).content.decode()

    def test_of_another_one_takes_its_place_and_the_former_goes(self, row):
        former = row.video_id

        row.put_video(upload("b.webm", film(20)))

        assert not StoredFile.objects.filter(pk=former).exists()
        assert Webinar.objects.get(pk=row.pk).video.name == "b.webm"


class TestThePosterAndTheMaterials:
    def test_the_poster_is_its_display_copy(self, browse, ana, row):
        row.put_poster(receive(picture_file("cartel.png")))
        browser = browse(ana)
        assert "/cartel/" not in browser.get("/webinars/").content.decode()
        display.make_copy(row.poster)
        display.make_copy(row.poster)

        answer = browser.get(f"/webinars/{row.slug}/cartel/")

        assert answer["Content-Type"] == "image/webp"
        assert f"/webinars/{row.slug}/cartel/" in browser.get("/webinars/").content.decode()

    def test_materials_are_downloads_of_whoever_sees_the_webinar(self, browse, ana, diego, row):
        material = row.materials.get()

        answer = browse(ana).get(material.get_absolute_url())

        assert answer["Content-Disposition"].startswith("attachment")
        assert browse(diego).get(material.get_absolute_url()).status_code == 403

    def test_a_material_is_no_other_webinars(self, browse, ana, row):
        other = planned()

        assert browse(ana).get(f"/webinars/{other.slug}/material/{row.materials.get().token}/").status_code == 404

    def test_those_of_a_draft_exist_for_nobody(self, browse, ana):
        row = webinar()
        row.add_material(upload("a.pdf", b"%PDF-1.4\n%%EOF"))

        assert browse(ana).get(row.materials.get().get_absolute_url()).status_code == 404


class TestWhoseVideosAreShown:
    def test_the_policy_follows_the_setting(self, tmp_path):
        script = "from portal import settings as s; print(s.CONTENT_SECURITY_POLICY['DIRECTIVES']['frame-src'])"

        assert printed(script, tmp_path) == "[\"'none'\"]"
        hosts = "player.vimeo.com, www.youtube-nocookie.com"
        expected = "['https://player.vimeo.com', 'https://www.youtube-nocookie.com']"
        assert printed(script, tmp_path, PORTAL_VIDEO_HOSTS=hosts) == expected

    def test_every_page_carries_it(self, browse, ana):
        assert "frame-src 'none'" in browse(ana).get("/webinars/")["Content-Security-Policy"]

    @pytest.mark.parametrize(
        "hosts", ["*", "*.vimeo.com", "https://player.vimeo.com", "vimeo.com/video", "a;b.com", "'self'"]
    )
    def test_a_list_that_would_open_more_stops_the_start(self, tmp_path, hosts):
        result = check(tmp_path, PORTAL_VIDEO_HOSTS=hosts)

        assert result.returncode == 1
        assert "PORTAL_VIDEO_HOSTS" in result.stderr


def printed(script: str, folder, **variables) -> str:
    env = {"PATH": os.environ["PATH"], "PORTAL_VAR": str(folder), **variables}
    command = [sys.executable, "-c", script]
    return subprocess.run(
        command, cwd=project.BASE_DIR, env=env, capture_output=True, text=True, check=True
    ).stdout.strip()
