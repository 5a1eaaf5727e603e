"""Chromium as people use it. A browser in which anything goes wrong unseen fails its test."""

import os

import pytest
from django.test import Client

from tests.e2e.looks import DESKTOP

REPORT_VIOLATIONS = "addEventListener('securitypolicyviolation', event => console.error('Refused', event.blockedURI))"


@pytest.fixture(scope="session")
def browser_type_launch_args():
    return {
        "executable_path": os.environ.get("PORTAL_CHROMIUM", "/usr/bin/chromium"),
        "args": [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--lang=es-ES",
        ],
    }


@pytest.fixture(scope="session")
def base_url(live_server):
    return live_server.url


@pytest.fixture
def open_browser(new_context, base_url):
    """`open_browser(ana, PHONE)` is a page of a browser of her own in which ana is logged in; `open_browser()` is a
    visitor's. The test fails when a script, the console, the policy or an answer failed; answers of `expecting` may,
    and what the console says that holds `saying`."""
    failures: list[str] = []

    def browser(person=None, look=DESKTOP, *, expecting=(), saying=None, **options):
        context = new_context(locale="es-ES", **look, **options)
        context.set_default_timeout(10_000)
        context.add_init_script(REPORT_VIOLATIONS)
        listen(context, failures, expecting, saying)
        if person is not None:
            context.add_cookies([{"name": "sessionid", "value": session_of(person), "url": base_url}])
        return context.new_page()

    yield browser
    assert failures == []


def listen(context, failures: list[str], expecting, saying: str | None = None) -> None:
    """Note what fails. The console repeats answers of 400 and more as "Failed to load"; the answer itself is noted."""

    def on_console(message):
        is_expected = message.text.startswith("Failed to load resource") or (saying and saying in message.text)
        if message.type == "error" and not is_expected:
            failures.append(f"{message.location['url']}: {message.text}")

    def on_response(response):
        if response.status >= 400 and response.status not in expecting:
            failures.append(f"{response.url}: {response.status}")

    context.on("console", on_console)
    context.on("weberror", lambda error: failures.append(str(error.error.stack)))
    context.on("response", on_response)


def session_of(person) -> str:
    client = Client()
    client.force_login(person)
    return client.cookies["sessionid"].value
