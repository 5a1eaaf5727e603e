"""The shell scripts of the proxy's container."""

import shutil
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

FOLDER = settings.BASE_DIR / "deploy" / "nginx"
SCRIPTS = sorted(FOLDER.glob("*.sh"))


def run(*command: object, **variables: str) -> subprocess.CompletedProcess:
    environment = {"PATH": "/usr/sbin:/usr/bin:/bin"} | variables
    return subprocess.run(list(map(str, command)), env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_is_one_that_any_shell_reads(script):
    assert run("sh", "-n", script).returncode == 0
    assert script.stat().st_mode & 0o111


@pytest.mark.skipif(not shutil.which("shellcheck"), reason="needs shellcheck")
def test_shellcheck_has_nothing_to_say():
    result = run("shellcheck", *SCRIPTS)

    assert result.returncode == 0, result.stdout


needs_openssl = pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl")


def certificate(folder: Path) -> subprocess.CompletedProcess:
    return run(FOLDER / "certificate.sh", folder, "soporte.acme.es")


@needs_openssl
def test_the_first_start_makes_a_certificate_for_the_public_host_whose_key_only_its_owner_reads(tmp_path):
    assert certificate(tmp_path).returncode == 0

    made = tmp_path / "fullchain.pem"
    said = run("openssl", "x509", "-in", made, "-noout", "-ext", "subjectAltName", "-checkend", 9 * 365 * 86400)
    assert "DNS:soporte.acme.es" in said.stdout and said.returncode == 0
    assert (tmp_path / "privkey.pem").stat().st_mode & 0o777 == 0o600
    assert {path.name for path in tmp_path.iterdir()} == {"fullchain.pem", "privkey.pem"}


@needs_openssl
def test_a_certificate_that_is_there_is_kept(tmp_path):
    certificate(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    result = certificate(tmp_path)

    assert (result.returncode, result.stderr) == (0, "")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize("alone", ["fullchain.pem", "privkey.pem"])
def test_half_a_certificate_is_refused_in_words_and_left_alone(tmp_path, alone):
    (tmp_path / alone).write_text("mounted")

    result = certificate(tmp_path)

    assert result.returncode == 1
    assert "both fullchain.pem and privkey.pem" in result.stderr
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mounted"]


def test_a_folder_without_certificate_that_cannot_be_written_is_said_in_words(tmp_path):
    result = certificate(tmp_path / "absent")

    assert result.returncode == 1
    assert "not writable" in result.stderr


def rendered(template: str, **variables: str) -> str:
    names = {"PORTAL_URL": "https://soporte.acme.es/", "NGINX_UPSTREAM": "web:8000", "NGINX_RESOLVER": "127.0.0.11"}
    result = run(FOLDER / "render.sh", FOLDER / template, **names, **variables)
    assert result.returncode == 0, result.stderr
    return result.stdout


needs_envsubst = pytest.mark.skipif(not shutil.which("envsubst"), reason="needs envsubst")


@needs_envsubst
@pytest.mark.parametrize(
    ("limits", "size"),
    [({}, "502m"), ({"PORTAL_FILES_PER_MESSAGE": "3", "PORTAL_FILE_MEGABYTES": "40"}, "122m")],
)
def test_the_proxy_takes_as_much_as_the_largest_message(limits, size):
    assert f"client_max_body_size {size};" in rendered("portal.conf.template", **limits)


@needs_envsubst
def test_names_are_filled_in_and_nginxs_own_variables_stay():
    text = rendered("portal.conf.template")

    assert "return 301 https://soporte.acme.es$request_uri;" in text
    assert "set $portal http://web:8000;" in text
    assert "NGINX_" not in text
