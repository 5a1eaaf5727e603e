"""Dockerfile, composition, units and documents say the same as the code."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.urls import resolve

from deploy import ask_health
from portal.processes import PRODUCTION
from tests.production import files

OURS = ("migrate", "web", "worker", "beat")
NEEDED = {
    "PORTAL_URL": "https://soporte.acme.es",
    "PORTAL_HOSTS": "soporte.acme.es",
    "PORTAL_SECRET_KEY": "k" * 50,
    "POSTGRES_PASSWORD": "abc123",
    "EMAIL_URL": "smtp+tls://user:password@mail.acme.es:587",
    "PORTAL_MAIL_DOMAIN": "acme.es",
}
# Variables of the composition that the portal itself does not read.
OF_THE_COMPOSITION = {"POSTGRES_PASSWORD", "PORTAL_TLS", "PORTAL_VERSION"}


def read_by_settings() -> set[str]:
    asked = re.findall(r"""(?:environment|url)\.\w+\(\s*"([A-Z0-9_]+)\"""", files.read("portal/settings.py"))
    asked_together = re.findall(r'"(PORTAL_[A-Z0-9_]+)"', files.read("portal/environment.py"))
    return {*asked, *asked_together}


def run(command: list[str], folder: Path, **variables: str) -> subprocess.CompletedProcess:
    environment = {"PATH": os.environ["PATH"]} | variables
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


# --- what goes into an image ---


@pytest.fixture(scope="module")
def image(tmp_path_factory) -> Path:
    """The files that the build copies, and nothing else."""
    folder = tmp_path_factory.mktemp("image")
    for path in files.context():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(settings.BASE_DIR / path, folder / path)
    return folder


def test_an_image_holds_no_secret_no_history_no_data_and_no_tests():
    for path in (".env", ".env.example", ".git/config", "var/secret_key", "tests/conftest.py", "docs/rules.md",
                 "portal/.env", "portal/__pycache__/settings.cpython-311.pyc", "requirements-dev.txt"):  # fmt: skip
        assert not files.in_image(path), path
    assert files.in_image("portal/settings.py")


def test_what_an_image_holds_is_enough_to_be_built_and_to_start(image, tmp_path):
    """The last step of the build as the Dockerfile has it, without any variable but the image's, then the checks."""
    build = next(step for step in files.instructions("app", "RUN") if "collectstatic" in step)
    own = files.variables_of_image("app") | {"PORTAL_VAR": str(tmp_path), "PORTAL_STATIC": str(tmp_path / "static")}
    own["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    quick = {"DJANGO_SETTINGS_MODULE": "uncompressed", "PYTHONPATH": str(Path(__file__).parent)}

    built = run(["sh", "-c", build], image, **own, **quick)
    checked = run(["python", "manage.py", "check"], image, **(own | files.environment_of("web", NEEDED)))

    assert built.returncode == 0, built.stderr
    assert (tmp_path / "static" / "staticfiles.json").exists()
    assert checked.returncode == 0, checked.stderr


def test_images_begin_from_a_known_major_version():
    foreign = [service["image"] for service in files.services().values() if not service["image"].startswith("portal-")]
    bases = [rest.split(" AS ")[0] for stage in files.stages() for rest in files.instructions(stage, "FROM")]

    assert bases == ["python:3.11-slim", "python:3.11-slim", "nginx:1.28"]
    assert all(re.fullmatch(r"[a-z]+:\d+(\.\d+)?(-[a-z]+)?", image) for image in foreign + bases)


def test_libraries_come_by_their_hashes_alone():
    (installed,) = [step for step in files.instructions("libraries", "RUN") if "pip install" in step]

    assert "--require-hashes" in installed and installed.endswith("--requirement requirements-s3.txt")


@pytest.mark.parametrize("stage", ["app", "proxy"])
def test_an_image_of_ours_runs_without_privileges_and_says_how_it_is(stage):
    assert files.instructions(stage, "USER")[-1] in ("10001:10001", "nginx:portal")
    assert len(files.instructions(stage, "HEALTHCHECK")) == 1
    assert not re.search(r"secret|password|token", str(files.stages()[stage]), re.IGNORECASE)


def test_the_health_check_asks_for_a_page_that_exists():
    (check,) = files.instructions("app", "HEALTHCHECK")

    assert json.loads(check.partition("CMD ")[2]) == ["python", "deploy/ask_health.py"]
    assert resolve(urlsplit(ask_health.ADDRESS).path).url_name == "health_live"
    assert f":{urlsplit(ask_health.ADDRESS).port}" in files.instructions("app", "CMD")[0]


# --- the commands, in one place ---


def command_of(service: str) -> str:
    listed = files.services()[service].get("command") or json.loads(files.instructions("app", "CMD")[0])
    return " ".join(listed)


def without_address(command: str) -> str:
    return re.sub(r" --bind \S+", "", command)


@pytest.mark.parametrize("service", PRODUCTION)
def test_a_process_is_started_alike_everywhere(service):
    table = re.findall(r"^\| (web|worker|clock) \| `([^`]+)`", files.section("Processes"), re.MULTILINE)
    documented = dict(table)["clock" if service == "beat" else service]
    (unit,) = files.units()[service]["ExecStart"]

    assert without_address(command_of(service)) == PRODUCTION[service]
    assert without_address(unit).removeprefix("/srv/portal/.venv/bin/") == PRODUCTION[service]
    assert documented == PRODUCTION[service]


def test_only_the_proxy_reaches_the_web_server():
    assert "--bind 0.0.0.0:8000" in command_of("web")
    assert "--bind 127.0.0.1:8000" in files.units()["web"]["ExecStart"][0]
    assert files.variables_of_image("proxy")["NGINX_UPSTREAM"] == "web:8000"


# --- variables ---


def test_every_variable_of_the_settings_is_in_the_reference_and_reaches_the_portal():
    names = "".join(re.findall(r"^\|(.*?)\|", files.section("Variables"), re.MULTILINE))
    documented = set(re.findall(r"`([A-Z0-9_]+)`", names))
    passed = set(files.services()["web"]["environment"]) - {"TMPDIR"}
    of_the_image = {name for name in files.variables_of_image("app") if name.startswith("PORTAL_")}

    assert documented == read_by_settings() | OF_THE_COMPOSITION
    assert passed | of_the_image == read_by_settings()


def test_the_example_shows_every_variable_that_the_composition_takes():
    assert files.example().keys() == files.holes().keys()
    assert files.example_needed() == {name for name, sign in files.holes().items() if sign == "?"} == NEEDED.keys()


def test_what_production_needs_is_demanded_or_given():
    needed = set(re.findall(r"^\| `([A-Z0-9_]+)` ●", files.section("Variables"), re.MULTILINE))
    demanded = {name for name, sign in files.holes().items() if sign == "?"}
    given = {name for name, value in files.services()["web"]["environment"].items() if value}

    assert len(needed) > 5
    assert demanded <= needed <= demanded | given


@pytest.mark.parametrize("name", NEEDED)
def test_a_variable_that_is_missing_is_said_in_words(name):
    with pytest.raises(files.Missing, match=rf"^Set {name} in \.env to "):
        files.environment_of("web", NEEDED | {name: ""})


def said_by_settings(folder: Path, variables: dict[str, str]) -> list[str]:
    own = variables | {"PORTAL_VAR": str(folder), "PYTHONHASHSEED": "0", "DJANGO_SETTINGS_MODULE": "portal.settings"}
    result = run([sys.executable, "-m", "django", "diffsettings"], settings.BASE_DIR, **own)
    assert result.returncode == 0, result.stderr
    return [line for line in result.stdout.splitlines() if " at 0x" not in line]


def test_the_values_that_the_example_shows_are_those_without_it(tmp_path):
    shown = {name: value for name, value in files.example().items() if name not in NEEDED}

    alone, with_example = (files.environment_of("web", NEEDED | more) for more in ({}, shown))

    assert len(with_example) > len(alone)
    assert said_by_settings(tmp_path, with_example) == said_by_settings(tmp_path, alone)


def test_migrations_take_the_time_that_they_need():
    assert files.environment_of("migrate", NEEDED)["PORTAL_STATEMENT_SECONDS"] == "0"
    assert "PORTAL_STATEMENT_SECONDS=0" in files.units()["migrate"]["ExecStart"][0]


# --- the composition ---


def test_only_the_proxy_is_published():
    published = {name: service["ports"] for name, service in files.services().items() if "ports" in service}

    assert published == {"nginx": ["80:8080", "443:8443"]}
    exposed = " ".join(files.instructions("proxy", "EXPOSE"))
    assert [port.partition(":")[2] for port in published["nginx"]] == exposed.split()


def test_nothing_but_proxy_and_mail_reaches_the_world_and_the_proxy_not_the_data():
    networks = files.composition()["networks"]
    of = {name: set(service["networks"]) for name, service in files.services().items()}

    assert {name for name, options in networks.items() if not (options or {}).get("internal")} == {"outside"}
    assert {name for name, joined in of.items() if "outside" in joined} == {"nginx", "worker"}
    assert of["nginx"] == {"outside", "pages"}
    assert of["web"] == {"pages", "data"}


@pytest.mark.parametrize("name", files.services())
def test_every_service_is_kept_running_within_limits_and_without_privileges(name):
    service = files.services()[name]
    stage = {"portal-app": "app", "portal-proxy": "proxy"}.get(service["image"].partition(":")[0])

    assert service["restart"] == ("no" if name == "migrate" else "unless-stopped")
    assert service["logging"]["options"].keys() == {"max-size", "max-file"}
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service.get("user") not in ("root", "0") if stage is None else "user" not in service
    assert stage or "user" in service


@pytest.mark.parametrize("name", files.services())
def test_every_service_has_a_health_check_or_the_reason_why_not(name):
    service = files.services()[name]
    check = service.get("healthcheck", {})
    block = re.search(rf"^  {name}:\n((?:    .*\n|\n)+)", files.read("docker-compose.yml"), re.MULTILINE)[1]

    assert (
        check.get("test")
        or (check.get("disable") and re.search(r"disable: true}  # \S+", block))
        or name
        in (
            "web",
            "nginx",  # their images have one
        )
    )


def test_no_process_is_killed_before_it_had_its_time():
    periods = {name: int(service["stop_grace_period"][:-1]) for name, service in files.services().items()
               if "stop_grace_period" in service}  # fmt: skip

    assert periods["web"] > 30  # gunicorn's own
    assert {"web", "worker", "nginx", "db", "redis"} == periods.keys()


@pytest.mark.parametrize("name", ["web", "worker", "beat"])
def test_a_process_waits_for_migrations_database_and_redis(name):
    assert files.services()[name]["depends_on"] == {
        "migrate": {"condition": "service_completed_successfully"},
        "db": {"condition": "service_healthy"},
        "redis": {"condition": "service_healthy"},
    }


def test_what_must_be_kept_lies_in_volumes():
    kept = set(files.composition()["volumes"])
    image = files.variables_of_image("app")

    for name in OURS:
        assert files.services()[name]["volumes"] == [f"data:{image['PORTAL_VAR']}"]
    assert files.services()["db"]["volumes"] == ["database:/var/lib/postgresql/data"]
    assert kept == {"data", "database", "tls", "uploads"}
    assert not image["PORTAL_STATIC"].startswith(image["PORTAL_VAR"]), "a volume would keep the former release's files"


def test_nothing_large_is_written_to_memory():
    """Uploads wait where the janitor looks, in a folder that the image makes with its owner."""
    waiting = files.services()["web"]["environment"]["TMPDIR"]
    proxy = files.variables_of_image("proxy")

    assert waiting == f"{files.variables_of_image('app')['PORTAL_VAR']}/files/tmp"
    assert any("$PORTAL_VAR/files/tmp" in step for step in files.instructions("app", "RUN"))
    assert f"uploads:{proxy['NGINX_CACHE']}" in {v.split("  ")[0] for v in files.services()["nginx"]["volumes"]}
    assert files.units()["web"]["StateDirectory"] == ["portal portal/files portal/files/tmp"]


def test_one_service_builds_each_image():
    built = {name: service["build"]["target"] for name, service in files.services().items() if "build" in service}

    assert built == {"migrate": "app", "nginx": "proxy"}
    assert {files.services()[name]["image"] for name in OURS} == {"portal-app:${PORTAL_VERSION:-latest}"}


# --- nginx ---


def test_the_proxy_serves_files_where_the_portal_says_they_are():
    template = files.read("deploy/nginx/portal.conf.template")
    location = files.services()["web"]["environment"]["PORTAL_ACCEL_LOCATION"]
    served = files.variables_of_image("proxy")["NGINX_FILES"]

    assert re.search(rf"location {location} {{\s+internal;\s+alias \$NGINX_FILES/;", template)
    assert served == f"{files.variables_of_image('app')['PORTAL_VAR']}/files"
    assert "data:/var/lib/portal:ro" in files.services()["nginx"]["volumes"]


def test_every_name_in_the_proxys_templates_is_filled_in():
    folder = settings.BASE_DIR / "deploy" / "nginx"
    templates = "".join(path.read_text() for path in folder.glob("*.template"))
    used = set(re.findall(r"\$\{?((?:NGINX|PORTAL)_\w+)", templates))
    listed = set(re.findall(r"\$((?:NGINX|PORTAL)_\w+)", (folder / "render.sh").read_text().partition("envsubst")[2]))
    image = files.variables_of_image("proxy").keys()

    assert used == listed
    assert used - image == {"NGINX_MEGABYTES", "NGINX_RELEASE_MEGABYTES", "NGINX_RESOLVER", "PORTAL_URL"}


def test_the_proxy_lets_the_largest_message_of_the_defaults_through():
    script = files.read("deploy/nginx/render.sh")
    defaults = re.findall(r"\$\{PORTAL_(FILES_PER_MESSAGE|FILE_MEGABYTES):-(\d+)\}", script)

    assert {name: int(value) for name, value in defaults} == {
        "FILES_PER_MESSAGE": settings.FILES_PER_MESSAGE,
        "FILE_MEGABYTES": settings.FILE_MEGABYTES,
    }
    assert files.services()["nginx"]["environment"].keys() >= {"PORTAL_FILES_PER_MESSAGE", "PORTAL_FILE_MEGABYTES"}
