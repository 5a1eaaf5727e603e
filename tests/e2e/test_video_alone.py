"""A stored video in a tab of its own: it plays, and nothing else happens there."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from playwright.sync_api import expect

from files import serving
from files.receiving import receive
from tests.factories import film, new_draft, open_ticket

pytestmark = pytest.mark.e2e

PLAYS = "() => document.querySelector('video')?.readyState >= 3 && document.querySelector('video').duration === 30"
FAILS = "() => document.querySelector('video')?.error || document.querySelector('video')?.networkState === 3"


@pytest.fixture
def video(ana, settings, tmp_path):
    settings.FILES_ROOT = tmp_path / "files"
    files = new_draft(ana).add([receive(SimpleUploadedFile("grabacion.webm", film(30)))])
    return open_ticket(ana, files=files).messages.get().attachments.get()


def test_a_video_plays_in_a_tab_of_its_own(open_browser, ana, video):
    page = open_browser(ana)
    answer = page.goto(f"{video.get_absolute_url()}?ver")

    page.wait_for_function(PLAYS)
    page.evaluate("document.querySelector('video').play()")
    page.wait_for_function("() => document.querySelector('video').currentTime > 0")
    assert "allow-scripts" not in answer.headers["content-security-policy"]


def test_no_script_runs_there(open_browser, ana, video):
    page = open_browser(ana, saying="Blocked script execution")
    refused = []
    page.on("console", lambda message: refused.append(message.text))
    page.goto(f"{video.get_absolute_url()}?ver")

    page.evaluate(
        "() => { const script = document.createElement('script'); script.textContent = 'window.marked = 1';"
        " document.body.append(script); }"
    )

    assert page.evaluate("() => window.marked") is None
    assert any("script" in words.lower() for words in refused)


def test_twin_in_the_sandbox_of_other_files_it_does_not_play(open_browser, ana, video, monkeypatch):
    monkeypatch.setattr(serving, "POLICY_OF_VIDEO", serving.POLICY)
    page = open_browser(ana, saying="blocked by CORS policy")
    page.goto(f"{video.get_absolute_url()}?ver")

    page.wait_for_function(FAILS)
    expect(page.locator("video")).to_have_count(1)
