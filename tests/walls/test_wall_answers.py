"""The headers of every kind of answer, what a broken page tells, and what is not there to be found."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings as project
from django.urls import reverse

from accounts.models import User
from files.receiving import receive
from tests.factories import TopicFactory, new_draft
from tests.walls.broken import SECRET
from tests.walls.forms import ask_for_reset, invitation_url, text_file, ticket_data
from tickets.models import Draft

pytestmark = pytest.mark.django_db

# --- the headers ---

OF_BOTH = {
    "default-src": "'none'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
OF_A_PAGE = OF_BOTH | {"script-src": "'self'", "style-src": "'self'"}
OF_A_FILE = OF_BOTH | {"sandbox": ""}
OF_EVERY_ANSWER = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def directives(response) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in response.headers["Content-Security-Policy"].split(";"))
    return {name: value for name, _space, value in parts}


# --- an answer of every kind; the status is the beginning of its name ---


@pytest.fixture(autouse=True)
def an_address_that_breaks(settings):
    settings.ROOT_URLCONF = "tests.walls.broken"


def to_a_customer(customer, draft_file: str) -> dict:
    upload = {"key": Draft.new_key(), "files": text_file(content=b"")}
    return {
        "200 page": customer.get(reverse("home")),
        "200 HEAD": customer.head(reverse("tickets:list")),
        "302 file removed": customer.post(reverse("thread:draft_file_remove", args=[draft_file])),
        "302": customer.post(reverse("tickets:new"), ticket_data()),
        "400 too much": customer.post(reverse("tickets:new"), {"body": "x" * 3_000_000}),
        "404": customer.get("/nada/"),
        "405": customer.get(reverse("tickets:mark_all_read")),
        "422": customer.post(reverse("tickets:new_files"), upload),
    }


def to_a_visitor(visitor) -> dict:
    return {
        "200 log-in": visitor.get(reverse("account_login")),
        "302 log-in": visitor.get(reverse("home")),
        "400 host": visitor.get(reverse("home"), headers={"Host": "evil.example"}),
        "404 visitor": visitor.get("/nada/"),
        "410": visitor.get(invitation_url("nada")),
        "429": [ask_for_reset(visitor, "nobody@iba.example") for _try in range(4)][-1],
        "500": visitor.get("/rota/"),
        "503": visitor.get(reverse("health_ready")),
        "200 static": visitor.get("/static/css/portal.css"),
        "404 static": visitor.get("/static/nada.css"),
    }


def of_a_file(customer, url: str) -> dict:
    return {
        "200 file": customer.get(url),
        "206 file": customer.get(url, headers={"Range": "bytes=0-2"}),
        "416 file": customer.get(url, headers={"Range": "bytes=100-"}),
    }


def to_support(client, ticket) -> dict:
    return {
        "200 desk": client.get(reverse("admin:index")),
        "200 desk, list": client.get(reverse("admin:tickets_ticket_changelist")),
        "200 desk, ticket": client.get(reverse("admin:tickets_ticket_change", args=[ticket.pk])),
        "403": client.get(reverse("tickets:list")),
    }


@pytest.fixture
def answers(browse, ana, agent):
    draft, waiting = new_draft(ana), new_draft(ana)
    draft.add([receive(text_file())])
    draft_file = waiting.add([receive(text_file())])[0]
    ticket = draft.open_ticket(topic=TopicFactory(), subject="No imprime", body="Nada.")
    customer, forger = browse(ana), browse(ana, enforce_csrf_checks=True)
    return {
        **to_a_customer(customer, draft_file.token),
        **to_a_visitor(browse(raise_request_exception=False)),
        **of_a_file(customer, ticket.attachments.get().get_absolute_url()),
        **to_support(browse(agent), ticket),
        "403 forged": forger.post(reverse("tickets:new"), ticket_data()),
    }


def test_every_kind_of_answer_is_what_it_says(answers):
    assert {kind: answer.status_code for kind, answer in answers.items() if kind[:3] != str(answer.status_code)} == {}


def test_every_kind_of_answer_carries_the_headers(answers):
    missing = {
        (kind, name): answer.headers.get(name)
        for kind, answer in answers.items()
        for name, value in OF_EVERY_ANSWER.items()
        if answer.headers.get(name) != value
    }

    assert missing == {}


def test_every_kind_of_answer_has_a_policy_without_exceptions(answers):
    for kind, answer in answers.items():
        policy, expected = directives(answer), OF_A_FILE if kind.endswith("file") else OF_A_PAGE

        assert {name: policy.get(name) for name in expected} == expected, kind
        assert not any(word in answer.headers["Content-Security-Policy"] for word in ("unsafe", "http:", "*")), kind


def test_no_cache_keeps_what_people_see(answers):
    kept = {kind for kind, answer in answers.items() if "no-store" not in answer.headers.get("Cache-Control", "")}

    assert kept == {"200 static"}


@pytest.mark.parametrize("position", range(len(project.MIDDLEWARE) + 1))
def test_whatever_breaks_the_page_tells_nothing(browse, settings, position):
    settings.MIDDLEWARE = [
        *project.MIDDLEWARE[:position],
        "tests.walls.broken.BrokenMiddleware",
        *project.MIDDLEWARE[position:],
    ]

    answer = browse(raise_request_exception=False).get(reverse("account_login"))

    page = answer.content.decode()
    assert answer.status_code == 500
    assert not any(word in page for word in (SECRET, "Traceback", "RuntimeError", "MIDDLEWARE", str(project.BASE_DIR)))
    if position >= 2:
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "unsafe" not in answer.headers["Content-Security-Policy"]


PRODUCTION = {
    "PORTAL_ENV": "production",
    "PORTAL_SECRET_KEY": "k" * 50,
    "PORTAL_URL": "https://soporte.acme.es",
    "PORTAL_HOSTS": "soporte.acme.es",
    "PORTAL_MAIL_DOMAIN": "acme.es",
    "DATABASE_URL": "postgres://portal@127.0.0.1:1/portal",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "EMAIL_URL": "smtp+tls://user:password@127.0.0.1:1",
}
# The files of the pages are not collected here: any storage that names them will do.
ASK_PRODUCTION = """
import json, django
django.setup()
from django.conf import settings
from django.test import Client
settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
client = Client(HTTP_HOST="soporte.acme.es")
page, plain = client.get("/acceso/recuperar/", secure=True), client.get("/acceso/")
health = client.get("/salud/", secure=True)
print(json.dumps({
    "status": page.status_code,
    "headers": dict(page.headers),
    "health": dict(health.headers),
    "plain": [plain.status_code, plain.headers["Location"]],
    "cookies": {name: {key: cookie[key] for key in ("secure", "httponly", "samesite", "path", "domain")}
                for name, cookie in page.cookies.items()},
    "session": [settings.SESSION_COOKIE_NAME, settings.SESSION_COOKIE_SECURE, settings.SESSION_COOKIE_HTTPONLY,
                settings.SESSION_COOKIE_SAMESITE, settings.SESSION_COOKIE_DOMAIN, settings.SESSION_COOKIE_PATH],
    "debug": settings.DEBUG,
}))
"""


def test_production_speaks_tls_alone_and_its_cookies_are_the_hosts(tmp_path):
    environment = {"PATH": os.environ["PATH"], "PORTAL_VAR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "portal.settings"}
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", ASK_PRODUCTION],
        cwd=project.BASE_DIR, env=environment | PRODUCTION, capture_output=True, text=True, check=False,
    )  # fmt: skip
    seen = json.loads(result.stdout.splitlines()[-1])

    host_cookie = {"secure": True, "httponly": True, "samesite": "Lax", "path": "/", "domain": ""}
    assert (seen["status"], seen["debug"]) == (200, False)
    assert seen["plain"] == [301, "https://soporte.acme.es/acceso/"]
    assert seen["cookies"] == {"__Host-csrf": host_cookie}
    assert seen["session"] == ["__Host-session", True, True, "Lax", None, "/"]
    for headers in (seen["headers"], seen["health"]):
        assert headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"


# --- what is not there to be found ---

NOT_THERE = [
    "/media/", "/media/captura.txt", "/files/", "/var/", "/var/portal.sqlite3", "/portal.sqlite3", "/.git/config",
    "/.env", "/static/", "/static/../portal/settings.py", "/static/..%2f..%2fportal/settings.py", "/static/css/",
    "/interno/", "/adjuntos/", "/adjuntos/..%2f..%2fetc%2fpasswd/", "/adjuntos/../../etc/passwd", "/setup/",
    "/install/", "/__debug__/", "/accounts/login/", "/accounts/signup/", "/acceso/registro/", "/api/", "/metrics",
]  # fmt: skip


@pytest.mark.parametrize("path", NOT_THERE)
def test_there_is_nothing_there(browse, ana, boss, path):
    for client in (browse(), browse(ana), browse(boss)):
        answer = client.get(path)

        assert answer.status_code in (302, 404)
        assert answer.status_code == 404 or answer["Location"].startswith(
            (reverse("account_login"), reverse("admin:login"))
        )


def test_a_fresh_portal_has_no_people(db):
    assert not User.objects.exists()


def test_a_stored_file_is_not_found_by_its_place_on_the_disk(browse, ana):
    draft = new_draft(ana)
    stored = draft.add([receive(text_file())])[0].stored

    for path in (
        f"/files/{stored.key[:2]}/{stored.key}",
        f"/adjuntos/{stored.key}/",
        f"/media/{stored.key}",
        f"/{stored.key}",
    ):
        assert browse(ana).get(path).status_code == 404
