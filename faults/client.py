"""A person's browser, and a journal of what it sent and what was acknowledged."""

import html
import http.client
import re
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.conf import settings
from django.test import Client

from accounts.models import User
from faults.verdict import Broken, demand
from rigs.processes import HOST
from rigs.web import PROXY_HEADERS

INPUT = re.compile(r'<input\b[^>]*\bname="(\w+)"[^>]*\bvalue="([^"]*)"')
FILE = ("captura.txt", b"Planta 2, impresora\n" * 20)
# What a browser makes of an answer that never came.
CUT = 0


@dataclass(frozen=True)
class Answer:
    """`status` is CUT when the connection broke off."""

    status: int
    location: str = ""
    text: str = ""
    seconds: float = 0.0
    after_upload: float = 0.0

    @property
    def is_done(self) -> bool:
        return self.status == http.client.FOUND


@dataclass
class Browser:
    """Talks to the web server as the proxy would, each time on a new connection."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, person: User, port: int) -> "Browser":
        """With a session as log-in begins one, which costs a password's hash."""
        client = Client()
        client.force_login(person)
        return cls(port, {settings.SESSION_COOKIE_NAME: client.cookies[settings.SESSION_COOKIE_NAME].value})

    def get(self, path: str) -> Answer:
        return self.ask("GET", path)

    def form(self, path: str) -> dict[str, str]:
        """The hidden fields of the page's forms: token and key. Raises Broken."""
        answer = self.get(path)
        demand(answer.status == http.client.OK, f"{path} answered {answer.status}")
        return {name: html.unescape(value) for name, value in INPUT.findall(answer.text)}

    def post(
        self, path: str, fields: Mapping[str, str], files: Sequence[tuple[str, bytes]] = (), *, name: str = "files"
    ) -> Answer:
        """`name` is that of the form's field for files."""
        boundary = uuid.uuid4().hex
        body = multipart(boundary, fields, files, name)
        return self.ask("POST", path, body, f"multipart/form-data; boundary={boundary}")

    def ask(self, method: str, path: str, body: bytes | None = None, kind: str = "") -> Answer:
        headers = {**PROXY_HEADERS, "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body is not None:
            headers |= {"Content-Type": kind, "Referer": f"https://{HOST}:{self.port}{path}"}
        connection = http.client.HTTPConnection(HOST, self.port, timeout=60)
        begin = time.perf_counter()
        try:
            connection.request(method, path, body=body, headers=headers)
            uploaded = time.perf_counter()
            response = connection.getresponse()
            text = response.read().decode(errors="replace")
        except (OSError, http.client.HTTPException):
            return Answer(CUT, seconds=time.perf_counter() - begin)
        finally:
            connection.close()
        end = time.perf_counter()
        for header in response.headers.get_all("Set-Cookie", []):
            name, _equals, value = header.partition(";")[0].partition("=")
            self.cookies[name] = value
        return Answer(response.status, response.headers.get("Location", ""), text, end - begin, end - uploaded)

    def log_in(self, login: str, password: str) -> Answer:
        fields = {"login": login, "password": password}
        return self.post("/acceso/", self.form("/acceso/") | fields)


def multipart(boundary: str, fields: Mapping[str, str], files: Sequence[tuple[str, bytes]], of_files: str) -> bytes:
    parts = [f'Content-Disposition: form-data; name="{name}"\r\n\r\n{text}'.encode() for name, text in fields.items()]
    parts += [
        f'Content-Disposition: form-data; name="{of_files}"; filename="{name}"\r\n\r\n'.encode() + content
        for name, content in files
    ]
    line = f"--{boundary}".encode()
    return b"\r\n".join([part for one in parts for part in (line, one)] + [line + b"--", b""])


@dataclass
class Written:
    """One ticket of the journal: what was typed, under which key, and where it went once that was acknowledged."""

    subject: str
    fields: dict[str, str]
    files: Sequence[tuple[str, bytes]] = ()
    answers: list[Answer] = field(default_factory=list)

    @property
    def location(self) -> str:
        """Empty while nobody has acknowledged it."""
        return next((answer.location for answer in self.answers if answer.is_done), "")


@dataclass
class Journal:
    """What a person has tried to write."""

    browser: Browser
    topic: int
    written: list[Written] = field(default_factory=list)

    def begin(self, *, files: Sequence[tuple[str, bytes]] = (FILE,)) -> Written:
        """Open the form and fill it in. Raises Broken."""
        subject = f"Impresora {uuid.uuid4().hex[:12]}"
        hidden = self.browser.form("/tickets/nuevo/")
        typed = {"topic": str(self.topic), "priority": "2", "subject": subject, "body": f"No imprime: {subject}"}
        entry = Written(subject, {name: hidden[name] for name in ("csrfmiddlewaretoken", "key")} | typed, files)
        self.written.append(entry)
        return entry

    def send(self, entry: Written) -> Answer:
        answer = self.browser.post("/tickets/nuevo/", entry.fields, entry.files)
        entry.answers.append(answer)
        return answer

    def send_until_done(self, entry: Written, *, seconds: float = 30) -> None:
        """As a patient person: the same form again and again. Raises Broken."""
        ends = time.monotonic() + seconds
        while not entry.location:
            if self.send(entry).is_done:
                return
            if time.monotonic() > ends:
                raise Broken(f"not acknowledged after {len(entry.answers)} tries: {entry.answers[-1].status}")
            time.sleep(0.1)

    def opened(self, **how: Sequence) -> Written:
        entry = self.begin(**how)
        self.send_until_done(entry)
        return entry
