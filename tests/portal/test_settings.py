import os
import subprocess
import sys

import pytest
from django.conf import settings as project
from django.core.exceptions import ImproperlyConfigured

from portal import checks, environment

COMPLETE = {
    "PORTAL_ENV": "production",
    "PORTAL_SECRET_KEY": "k" * 50,
    "PORTAL_URL": "https://soporte.acme.es",
    "PORTAL_HOSTS": "soporte.acme.es",
    "DATABASE_URL": "postgres://portal@127.0.0.1:1/portal",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "EMAIL_URL": "smtp+tls://user:password@127.0.0.1:1",
    "PORTAL_MAIL_DOMAIN": "acme.es",
}


def check(folder, **variables) -> subprocess.CompletedProcess:
    """`manage.py check` in an environment of its own."""
    return subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=project.BASE_DIR,
        env={"PATH": os.environ["PATH"], "PORTAL_VAR": str(folder), **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_production_with_everything_set_has_nothing_to_say(tmp_path):
    result = check(tmp_path, **COMPLETE)

    assert result.returncode == 0, result.stderr


def test_production_names_every_variable_that_is_missing(tmp_path):
    result = check(tmp_path, PORTAL_ENV="production")

    assert result.returncode == 1
    for variable in COMPLETE.keys() - {"PORTAL_ENV"}:
        assert variable in result.stderr


def test_production_never_starts_with_a_generated_secret(tmp_path):
    check(tmp_path, PORTAL_ENV="production", PORTAL_SECRET_KEY="")

    assert not (tmp_path / "secret_key").exists()


@pytest.fixture
def production(settings, monkeypatch):
    settings.PRODUCTION = True
    settings.SECRET_KEY = COMPLETE["PORTAL_SECRET_KEY"]
    settings.PUBLIC_URL = COMPLETE["PORTAL_URL"]
    settings.ALLOWED_HOSTS = [COMPLETE["PORTAL_HOSTS"]]
    monkeypatch.setitem(settings.DATABASES["default"], "ENGINE", "django.db.backends.postgresql")
    settings.REDIS_URL = COMPLETE["REDIS_URL"]
    settings.MAIL_SERVER = {"EMAIL_HOST": "127.0.0.1"}
    settings.MAIL_DOMAIN = COMPLETE["PORTAL_MAIL_DOMAIN"]
    return settings


def complaints() -> list[str | None]:
    return [message.id for message in checks.production_is_complete(None)]


def test_the_twin_of_the_refusals_below_has_nothing_to_refuse(production):
    assert complaints() == []


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("SECRET_KEY", "", "portal.E001"),
        ("SECRET_KEY", "k" * 49, "portal.E001"),
        ("PUBLIC_URL", "", "portal.E002"),
        ("PUBLIC_URL", "http://soporte.acme.es", "portal.E002"),
        ("PUBLIC_URL", "https://", "portal.E002"),
        ("ALLOWED_HOSTS", [], "portal.E003"),
        ("ALLOWED_HOSTS", ["*"], "portal.E003"),
        ("REDIS_URL", "", "portal.E005"),
        ("MAIL_SERVER", None, "portal.E006"),
        ("MAIL_DOMAIN", "", "portal.E007"),
        ("MAIL_DOMAIN", "acme.example", "portal.E007"),
        ("MAIL_DOMAIN", "example.com", "portal.E007"),
    ],
)
def test_production_is_refused_without(production, name, value, complaint):
    setattr(production, name, value)

    assert complaints() == [complaint]


def test_production_is_refused_on_sqlite(production, monkeypatch):
    monkeypatch.setitem(production.DATABASES["default"], "ENGINE", "django.db.backends.sqlite3")

    assert complaints() == ["portal.E004"]


def test_an_embedded_installation_needs_nothing(production):
    production.PRODUCTION = False
    production.SECRET_KEY = "short"

    assert complaints() == []


@pytest.mark.parametrize("value", ["maybe", "2", "sí, claro"])
def test_a_flag_is_yes_or_no(monkeypatch, value):
    monkeypatch.setenv("PORTAL_MAIL_HOLD", value)

    with pytest.raises(ImproperlyConfigured, match="PORTAL_MAIL_HOLD"):
        environment.flag("PORTAL_MAIL_HOLD")


@pytest.mark.parametrize(("value", "meaning"), [("Sí", True), ("on", True), ("1", True), ("no", False), ("", False)])
def test_a_flag_is_read_in_both_languages(monkeypatch, value, meaning):
    monkeypatch.setenv("PORTAL_MAIL_HOLD", value)

    assert environment.flag("PORTAL_MAIL_HOLD", default=not meaning) is meaning


@pytest.mark.parametrize("value", ["0", "-1", "1.5", "ten", "٣", "1e3"])
def test_a_number_that_makes_no_sense_stops_the_start(monkeypatch, value):
    monkeypatch.setenv("PORTAL_INVITATION_DAYS", value)

    with pytest.raises(ImproperlyConfigured, match="PORTAL_INVITATION_DAYS"):
        environment.whole("PORTAL_INVITATION_DAYS", 14, least=1)


def test_a_misspelt_environment_stops_the_start(monkeypatch):
    monkeypatch.setenv("PORTAL_ENV", "prodution")

    with pytest.raises(ImproperlyConfigured, match="embedded, production"):
        environment.choice("PORTAL_ENV", ("embedded", "production"))


def test_words_are_separated_by_commas(monkeypatch):
    monkeypatch.setenv("PORTAL_HOSTS", " soporte.acme.es, ,ayuda.acme.es ")

    assert environment.words("PORTAL_HOSTS") == ["soporte.acme.es", "ayuda.acme.es"]


def test_the_generated_secret_is_kept_and_only_its_owner_reads_it(tmp_path):
    path = tmp_path / "var" / "secret_key"

    first = environment.kept_secret(path)

    assert environment.kept_secret(path) == first
    assert len(first) >= checks.SHORTEST_SECRET
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize(
    ("value", "meaning"),
    [
        ("", None),
        (" /run/clamav/clamd.ctl ", "/run/clamav/clamd.ctl"),
        ("clamav:3310", ("clamav", 3310)),
        ("127.0.0.1:3310", ("127.0.0.1", 3310)),
        ("[::1]:3310", ("::1", 3310)),
    ],
)
def test_a_socket_is_a_path_or_host_and_port(monkeypatch, value, meaning):
    monkeypatch.setenv("CLAMAV_SOCKET", value)

    assert environment.socket_address("CLAMAV_SOCKET") == meaning


@pytest.mark.parametrize(
    "value", ["clamav", "yes", "clamav:", ":3310", "clamav:0", "clamav:65536", "tcp://clamav:3310", "::1:3310", "a b:1"]
)
def test_a_socket_that_makes_no_sense_stops_the_start(monkeypatch, value):
    monkeypatch.setenv("CLAMAV_SOCKET", value)

    with pytest.raises(ImproperlyConfigured, match="CLAMAV_SOCKET"):
        environment.socket_address("CLAMAV_SOCKET")
