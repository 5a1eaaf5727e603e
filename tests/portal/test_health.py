import time

import pytest
from django.core.cache import cache
from django.urls import reverse

from files import scanning
from portal import health, tasks


@pytest.fixture(autouse=True)
def no_heartbeat():
    cache.delete(health.HEARTBEAT)


def test_the_web_process_says_that_it_lives_without_asking_the_database(client):
    response = client.get(reverse("health_live"))

    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert not response.cookies


@pytest.mark.parametrize("question", ["health_live", "health_ready"])
def test_health_is_only_read(client, question):
    assert client.post(reverse(question)).status_code == 405


def test_head_answers_like_get(client):
    assert client.head(reverse("health_live")).status_code == 200


@pytest.mark.django_db
def test_everything_that_works_is_ready(client):
    tasks.heartbeat()

    response = client.get(reverse("health_ready"))

    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
@pytest.mark.parametrize("age", [None, 91])
def test_a_worker_that_was_not_heard_for_90_seconds_is_named_and_nothing_else_is_said(client, age):
    if age is not None:
        cache.set(health.HEARTBEAT, time.time() - age)

    response = client.get(reverse("health_ready"))

    assert (response.status_code, response.json()) == (503, {"status": "degraded", "parts": ["worker"]})


@pytest.mark.django_db
def test_a_disk_without_room_for_the_largest_message_is_named(client, settings):
    tasks.heartbeat()
    settings.FILE_MEGABYTES = 10**9

    response = client.get(reverse("health_ready"))

    assert (response.status_code, response.json()) == (503, {"status": "degraded", "parts": ["disk"]})


@pytest.mark.django_db
def test_a_scanner_that_does_not_answer_is_named_and_takes_no_page_out_of_traffic(client, clamd):
    tasks.heartbeat()
    cache.set(scanning.SILENT, True)

    response = client.get(reverse("health_ready"))
    assert (response.status_code, response.json()) == (200, {"status": "degraded", "parts": ["scanner"]})

    cache.delete(health.HEARTBEAT)
    response = client.get(reverse("health_ready"))
    assert (response.status_code, response.json()) == (503, {"status": "degraded", "parts": ["worker", "scanner"]})
