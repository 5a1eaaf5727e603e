"""The portal as people reach it: nginx with the real configuration, TLS, and gunicorn with production's settings."""

import http.client
import json
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import quote

import pytest
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.management import call_command
from django.db import connection

from accounts.models import AuditEntry, User
from deploy import ask_health
from rigs import proxy
from rigs.processes import HOST, free_port, temporary_folder, wait_until
from rigs.proxy import Nginx
from rigs.redis import Redis
from rigs.web import PROXY_HEADERS, Web
from tests.factories import PASSWORD, TopicFactory, UserFactory
from tests.production.browser import Browser
from tests.walls.forms import ticket_data

MEGABYTE = 1024 * 1024
CONTENT = bytes(range(256)) * 2000
# Any group that is nobody's: what web writes, the proxy reads by it and by nothing else.
GROUP = 10001 if os.geteuid() == 0 else None

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.xdist_group("proxy"),  # its servers are started once
    pytest.mark.postgres,
    pytest.mark.skipif(not proxy.is_installed(), reason="needs nginx, openssl and envsubst"),
    pytest.mark.skipif(not shutil.which("redis-server"), reason="needs redis-server"),
]


@dataclass
class Portal:
    """The running parts; `plain` is the same portal, sending its files itself."""

    nginx: Nginx
    web: Web
    plain: Web
    folder: Path
    attachment: str = ""

    def visitor(self) -> Browser:
        return Browser(self.nginx.url, self.nginx.certificate)

    def ana(self) -> Browser:
        browser = self.visitor()
        answer = browser.send("/acceso/", login="ana", password=PASSWORD)
        assert answer.status == 302
        return browser


def production(folder: Path, nginx: Nginx, redis: Redis, **more: str) -> dict[str, str]:
    database = connection.settings_dict
    user = f"{quote(database['USER'])}:{quote(database['PASSWORD'])}"
    return {
        "PATH": os.environ["PATH"],
        "PORTAL_ENV": "production",
        "PORTAL_VAR": str(folder / "var"),
        "PORTAL_STATIC": str(folder / "static"),
        "PORTAL_URL": nginx.url,
        "PORTAL_HOSTS": f"localhost,{HOST}",
        "PORTAL_SECRET_KEY": "k" * 50,
        "PORTAL_MAIL_DOMAIN": "acme.es",
        "EMAIL_URL": "smtp://127.0.0.1:9",
        "DATABASE_URL": f"postgres://{user}@{database['HOST']}:{database['PORT'] or 5432}/{database['NAME']}",
        "REDIS_URL": redis.url,
        **nginx.limits,
        **more,
    }


@contextmanager
def running(folder: Path):
    (folder / "var").mkdir()
    with ExitStack() as stack:
        redis = stack.enter_context(Redis(folder))
        port = free_port()
        nginx = Nginx(
            folder,
            upstream=f"{HOST}:{port}",
            files=folder / "var" / "files",
            group=GROUP,
            PORTAL_FILES_PER_MESSAGE="3",
            PORTAL_FILE_MEGABYTES="1",
        )
        environment = production(folder, nginx, redis)
        collect = environment | {"DJANGO_SETTINGS_MODULE": "tests.production.uncompressed"}
        command = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0"]
        subprocess.run(command, cwd=settings.BASE_DIR, env=collect, check=True)
        web = Web(folder, environment=environment | {"PORTAL_ACCEL_LOCATION": "/_stored/"}, group=GROUP)
        web.port = port
        (folder / "plain").mkdir()
        plain = Web(folder / "plain", environment=environment, group=GROUP)
        for server in (web, plain, nginx):
            stack.enter_context(server)
        yield Portal(nginx, web, plain, folder)


@pytest.fixture(scope="module")
def portal(django_db_setup, django_db_blocker):
    """What the servers see must be committed, so the rows are Ana's for the whole module and go at its end."""
    with django_db_blocker.unblock(), temporary_folder() as folder:
        try:
            TopicFactory()
            UserFactory(login="ana", first_name="Ana", company__code="IBA")
            User.objects.update(password=Argon2PasswordHasher().encode(PASSWORD, "a-salt-for-ana"))
            with running(folder) as portal:
                portal.attachment = attached(portal)
                yield portal
        finally:
            call_command("flush", interactive=False, verbosity=0)


def attached(portal: Portal) -> str:
    """Ana opens a ticket with a file; the address at which she finds it again."""
    ana = portal.ana()
    sent = ana.send("/tickets/nuevo/", {"año nuevo.bin": CONTENT}, **ticket_data())
    assert sent.status == 302
    return re.findall(r'"(/adjuntos/[^"?/]+/)', ana.ask(sent.headers["Location"]).text)[0]


def direct(server: Web, path: str, **headers: str) -> tuple[int, dict[str, str]]:
    """The portal's own answer, asked as the proxy asks it."""
    connection = http.client.HTTPConnection(HOST, server.port, timeout=10)
    connection.request("GET", path, headers=PROXY_HEADERS | headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, dict(answer.headers)


def test_who_comes_without_tls_is_sent_to_the_public_address_whatever_host_they_name(portal):
    connection = http.client.HTTPConnection(HOST, portal.nginx.http, timeout=5)
    connection.request("GET", "/tickets/?q=a", headers={"Host": "evil.example"})
    answer = connection.getresponse()

    assert (answer.status, answer.headers["Location"]) == (301, f"{portal.nginx.url}/tickets/?q=a")
    connection.close()


def spoken(portal: Portal, version: ssl.TLSVersion) -> tuple[str | None, str | None]:
    context = ssl.create_default_context(cafile=portal.nginx.certificate)
    context.minimum_version = context.maximum_version = version
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.set_alpn_protocols(["h2", "http/1.1"])
    with (
        socket.create_connection((HOST, portal.nginx.https), timeout=5) as connection,
        context.wrap_socket(connection, server_hostname="localhost") as tls,
    ):
        return tls.version(), tls.selected_alpn_protocol()


@pytest.mark.parametrize(("version", "name"), [("TLSv1_2", "TLSv1.2"), ("TLSv1_3", "TLSv1.3")])
def test_tls_is_new_and_http_is_2(portal, version, name):
    assert spoken(portal, ssl.TLSVersion[version]) == (name, "h2")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("version", ["TLSv1", "TLSv1_1"])
def test_tls_of_the_past_is_refused(portal, version):
    with pytest.raises(ssl.SSLError):
        spoken(portal, ssl.TLSVersion[version])


def test_cookies_belong_to_this_host_alone_and_travel_encrypted(portal):
    ana = portal.ana()

    assert ana.cookie_names() >= {"__Host-session", "__Host-csrf"}
    assert all(cookie.secure and cookie.path == "/" for cookie in ana.cookies)


def test_static_files_are_kept_for_ever_and_pages_travel_uncompressed(portal):
    visitor = portal.visitor()
    page = visitor.ask("/acceso/", Accept_Encoding="gzip")
    style = re.findall(r'href="(/static/[^"]+\.css)"', page.text)[0]

    assert "Content-Encoding" not in page.headers
    assert "immutable" in visitor.ask(style).headers["Cache-Control"]


def test_a_file_comes_back_byte_for_byte_and_in_parts(portal):
    ana = portal.ana()

    whole = ana.ask(portal.attachment)
    part = ana.ask(portal.attachment, Range="bytes=100-299")
    again = ana.ask(portal.attachment, Range="bytes=100-299", If_Range=whole.headers["ETag"])
    other = ana.ask(portal.attachment, Range="bytes=100-299", If_Range='"other"')
    several = ana.ask(portal.attachment, Range="bytes=0-1,5-6")
    outside = ana.ask(portal.attachment, Range=f"bytes={len(CONTENT)}-")
    headed = ana.ask(portal.attachment, method="HEAD")

    assert (whole.status, whole.body) == (200, CONTENT)
    assert (part.status, part.body) == (206, CONTENT[100:300])
    assert part.headers["Content-Range"] == f"bytes 100-299/{len(CONTENT)}"
    assert (again.status, again.body) == (206, CONTENT[100:300])
    assert (other.status, other.body) == (200, CONTENT)
    assert (several.status, several.body) == (200, CONTENT)
    assert (outside.status, outside.headers["Content-Range"]) == (416, f"bytes */{len(CONTENT)}")
    assert (headed.status, headed.body, headed.headers["Content-Length"]) == (200, b"", str(len(CONTENT)))


def test_a_file_has_the_same_headers_whoever_sends_it(portal):
    ana = portal.ana()
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in ana.cookies)

    by_nginx = dict(ana.ask(portal.attachment).headers)
    handed_over, _ = direct(portal.web, portal.attachment, Cookie=cookies)
    status, by_the_portal = direct(portal.plain, portal.attachment, Cookie=cookies)

    # Each names the version of the file and the connection in its own way; the session's cookie is renewed by
    # whichever answer comes first in a minute.
    own = {"Connection", "Date", "ETag", "Last-Modified", "Server", "Set-Cookie", "Transfer-Encoding"}
    assert (status, handed_over) == (200, 200)
    assert without(own, by_nginx) == without(own, by_the_portal)
    assert by_nginx["Content-Security-Policy"].startswith("sandbox")
    assert by_nginx["Content-Disposition"] == "attachment; filename*=utf-8''a%C3%B1o%20nuevo.bin"
    assert by_nginx["Cache-Control"] == "private, no-store"


def without(names: set[str], headers: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name not in names}


def test_a_file_is_sent_by_nginx_and_by_no_thread_of_the_portal(portal):
    cookies = "; ".join(f"{cookie.name}={cookie.value}" for cookie in portal.ana().cookies)

    _, headers = direct(portal.web, portal.attachment, Cookie=cookies)

    assert headers["X-Accel-Redirect"].startswith("/_stored/")
    assert headers["Content-Length"] == "0"


def test_nobody_reaches_stored_files_past_the_portal(portal):
    stored = next(path for path in (portal.folder / "var" / "files").glob("??/*"))
    place = f"{stored.parent.name}/{stored.name}"

    assert portal.visitor().ask(f"/_stored/{place}").status == 404
    assert portal.ana().ask(f"/_stored/{place}").status == 404
    assert portal.ana().ask(f"/_avisos/..%2f..%2f{place}").status in (400, 404)
    assert portal.visitor().ask(portal.attachment).status == 302


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to be two different users")
def test_stored_files_are_read_by_the_group_that_they_are_written_for_and_by_nobody_else(portal):
    stored = next(path for path in (portal.folder / "var" / "files").glob("??/*"))
    (portal.folder / "stranger").mkdir(mode=0o711)
    stranger = Nginx(
        portal.folder / "stranger",
        upstream=portal.nginx.upstream,
        files=portal.nginx.files,
        group="nogroup",
        **portal.nginx.limits,
    )
    with stranger:
        ana = Browser(stranger.url, stranger.certificate, cookies=portal.ana().cookies)
        refused = ana.ask(portal.attachment)

    assert (stored.stat().st_mode & 0o777, stored.parent.stat().st_mode & 0o777) == (0o640, 0o750)
    assert stored.stat().st_gid == GROUP
    assert refused.status == 403


def test_what_a_visitor_says_of_their_own_address_and_protocol_is_not_believed(portal):
    visitor = portal.visitor()
    forged = {"X_Forwarded_For": "203.0.113.9", "X_Forwarded_Proto": "http", "X_Request_ID": "forged"}
    answer = visitor.send("/acceso/", headers=forged, login="ana", password="wrong")

    refusal = AuditEntry.objects.filter(kind=AuditEntry.Kind.LOGIN_REFUSED).latest("pk")
    assert answer.status == 200
    assert refusal.address == HOST


def test_the_largest_message_passes_and_the_portal_judges_each_file(portal):
    ana = portal.ana()
    four = {f"{number}.bin": os.urandom(MEGABYTE * 9 // 10) for number in range(4)}

    answer = ana.send("/tickets/nuevo/", {"grande.bin": b"x" * (MEGABYTE + 1)} | four, **ticket_data())

    assert answer.status == 200
    assert "grande.bin" in answer.text


def test_more_than_the_largest_message_is_refused_in_words(portal):
    answer = portal.ana().send("/tickets/nuevo/", {"enorme.bin": bytes(6 * MEGABYTE)}, **ticket_data())

    assert answer.status == 413
    assert_is_our_page(answer, "Los archivos pesan demasiado")


@pytest.mark.parametrize("length", [3_900, 10_000, 30_000])
def test_a_long_search_is_answered_by_the_portal(portal, length):
    answer = portal.ana().ask(f"/buscar/?q={'a' * length}")

    assert answer.status == 200
    assert "Buscar" in answer.text


def test_an_address_that_is_too_long_is_refused_in_words(portal):
    answer = portal.ana().ask(f"/buscar/?q={'a' * 33_000}")

    assert answer.status == 414
    assert_is_our_page(answer, "La dirección es demasiado larga")


@pytest.fixture
def abandoned():
    """nginx in front of a portal that does not run."""
    with temporary_folder() as folder, Nginx(folder, upstream=f"{HOST}:{free_port()}", files=folder) as nginx:
        yield nginx


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_while_the_portal_is_away_people_read_what_to_do(abandoned, method):
    visitor = Browser(abandoned.url, abandoned.certificate)

    answer = visitor.ask("/tickets/nuevo/", method=method, data=b"body=x" if method == "POST" else None)

    assert (answer.status, answer.headers["Retry-After"]) == (502, "10")
    assert_is_our_page(answer, "Sus textos no se pierden")
    assert visitor.ask("/_avisos/aviso.css").headers["Content-Type"].startswith("text/css")


@contextmanager
def upstream_that_notes(seen: list):
    """A web server, as host:port, that notes the headers of a request when they come and then its body."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            seen.append(dict(self.headers))
            seen.append(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_words):
            pass

    with ThreadingHTTPServer((HOST, 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"{HOST}:{server.server_port}"
        server.shutdown()


@pytest.fixture
def noted():
    """nginx in front of a server that notes what it is asked, and the notes."""
    seen = []
    with (
        upstream_that_notes(seen) as upstream,
        temporary_folder() as folder,
        Nginx(folder, upstream=upstream, files=folder) as nginx,
    ):
        yield nginx, seen


def test_what_the_proxy_says_of_a_request_replaces_what_the_visitor_says(noted):
    nginx, seen = noted
    forged = {"X_Forwarded_For": "203.0.113.9", "X_Forwarded_Proto": "http", "X_Request_ID": "forged"}

    Browser(nginx.url, nginx.certificate).ask("/", method="POST", data=b"a", **forged)

    headers, _body = seen
    named = {name: headers[name] for name in ("Host", "X-Forwarded-For", "X-Forwarded-Proto")}
    assert named == {"Host": f"localhost:{nginx.https}", "X-Forwarded-For": HOST, "X-Forwarded-Proto": "https"}
    assert re.fullmatch(r"[0-9a-f]{32}", headers["X-Request-ID"])


def test_a_request_reaches_the_portal_when_it_is_complete(noted):
    nginx, seen = noted
    context = ssl.create_default_context(cafile=nginx.certificate)
    with (
        socket.create_connection((HOST, nginx.https), timeout=5) as connection,
        context.wrap_socket(connection, server_hostname="localhost") as visitor,
    ):
        visitor.sendall(BEGUN)
        time.sleep(0.3)
        before = list(seen)
        visitor.sendall(b"in=ana")
        visitor.recv(1000)

    assert before == []
    assert seen[1:] == ["login=ana"]


def served_certificate(nginx: Nginx) -> str:
    return ssl.get_server_certificate((HOST, nginx.https))


def test_a_renewed_certificate_is_read_again_without_a_restart(abandoned, tmp_path):
    before = served_certificate(abandoned)
    subprocess.run([proxy.CONFIGURATION / "certificate.sh", tmp_path, "localhost"], check=True, capture_output=True)
    for renewed in tmp_path.iterdir():
        (abandoned.tls / renewed.name).write_bytes(renewed.read_bytes())

    os.kill(abandoned.pid, signal.SIGHUP)

    wait_until(lambda: served_certificate(abandoned) != before, what="the renewed certificate")
    assert abandoned.is_running()


def assert_is_our_page(answer, words: str) -> None:
    assert words in answer.text
    assert 'lang="en"' in answer.text
    assert not re.search(r"nginx|gateway|\b\d{3}\b", answer.text, re.IGNORECASE)
    assert answer.headers["Cache-Control"] == "no-store"
    assert "style-src 'self'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Server"] == "nginx"


# With its cookie the portal reads the form, to compare.
BEGUN = (
    b"POST /acceso/ HTTP/1.1\r\nHost: localhost\r\nX-Forwarded-Proto: https\r\n"
    b"Cookie: __Host-csrf=" + b"k" * 32 + b"\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 9\r\n\r\nlog"
)


def hold(port: int, count: int, stack: ExitStack, wrap=lambda connection: connection) -> None:
    """Connections of visitors who have begun a request and do not go on."""
    for _ in range(count):
        connection = stack.enter_context(socket.create_connection((HOST, port), timeout=5))
        wrap(connection).sendall(BEGUN)


def test_slow_visitors_keep_nobody_waiting(portal):
    context = ssl.create_default_context(cafile=portal.nginx.certificate)
    with ExitStack() as stack:

        def encrypted(connection):
            return stack.enter_context(context.wrap_socket(connection, server_hostname="localhost"))

        hold(portal.nginx.https, 100, stack, encrypted)

        assert portal.visitor().ask("/salud/").status == 200


def keeps_waiting(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=1)
    try:
        connection.request("GET", "/salud/", headers=PROXY_HEADERS)
        connection.getresponse()
    except TimeoutError:
        return True
    finally:
        connection.close()
    return False


def test_the_twin_without_the_proxy_waits_for_the_slow(portal):
    with ExitStack() as stack:

        def hold_more_and_ask() -> bool:
            hold(portal.plain.port, 100, stack)
            return keeps_waiting(portal.plain.port)

        # The kernel shares connections out among the workers as it likes: a busy machine may give one of them none.
        assert any(hold_more_and_ask() for _round in range(8))


def test_the_log_of_the_proxy_names_nobody_and_shares_the_request_with_the_portals(portal):
    def refusals() -> list[dict]:
        lines = [json.loads(line) for line in portal.nginx.log.read_text().splitlines() if line.startswith("{")]
        assert {line["status"][0] for line in lines} <= {"4", "5"}
        return lines

    ana = portal.ana()
    portal.visitor().ask("/adjuntos/token-que-nadie-debe-leer/?q=secreto", X_Request_ID="forged")
    before = len(refusals())
    ana.ask("/tickets/999999/", X_Request_ID="forged")

    # nginx answers first and writes its line then.
    wait_until(lambda: len(refusals()) > before, what="the line in the log")
    last = refusals()[-1]
    assert last | {"request_id": "", "timestamp": "", "seconds": "", "bytes": ""} == {
        "timestamp": "", "event": "proxy_answer", "request_id": "", "method": "GET", "status": "404",
        "upstream_status": "404", "bytes": "", "seconds": "",
    }  # fmt: skip
    assert last["request_id"] in portal.web.log.read_text()
    assert not re.search(
        r"127\.0\.0\.1|forged|secreto|nadie", portal.nginx.log.read_text() + portal.web.log.read_text()
    )


def test_the_health_check_of_the_image_asks_as_one_of_the_portals_hosts(portal, monkeypatch):
    monkeypatch.setenv("PORTAL_HOSTS", "localhost, soporte.acme.es")
    monkeypatch.setattr(sys, "argv", ["ask_health.py", f"http://{HOST}:{portal.web.port}/salud/"])

    ask_health.main()


@pytest.mark.parametrize(("hosts", "where"), [("evil.example", "{port}"), ("localhost", "1")])
def test_the_health_check_fails_where_the_portal_does_not_answer(portal, monkeypatch, hosts, where):
    monkeypatch.setenv("PORTAL_HOSTS", hosts)
    monkeypatch.setattr(sys, "argv", ["ask_health.py", f"http://{HOST}:{where.format(port=portal.web.port)}/salud/"])

    with pytest.raises(OSError):
        ask_health.main()
