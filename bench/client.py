"""A browser for measurements: one connection that stays open, cookies, and an answer that is looked at."""

import html
import http.client
import re
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlencode

from rigs.processes import HOST
from rigs.web import PROXY_HEADERS

KEPT_OPEN = 1.0  # seconds
HIDDEN_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class WrongAnswer(AssertionError):
    """The answer is not the page that was asked for: a quick error is no result."""


@dataclass(frozen=True)
class Answer:
    status: int
    location: str
    text: str
    seconds: float


@dataclass(frozen=True)
class Request:
    """What is asked, and what the answer must be: its status, texts in it, and how its Location begins."""

    path: str
    fields: Mapping[str, str] | None = None  # of a POST
    status: int = HTTPStatus.OK
    expects: tuple[str, ...] = ()
    rejects: tuple[str, ...] = ()
    least: int = 1  # how often the first of `expects` stands there
    location: str = ""

    def check(self, answer: Answer) -> None:
        """Raises WrongAnswer."""
        if answer.status != self.status:
            raise WrongAnswer(f"{self.path}: status {answer.status} instead of {self.status} ({answer.location})")
        if not answer.location.startswith(self.location):
            raise WrongAnswer(f"{self.path}: leads to {answer.location} instead of {self.location}…")
        for position, text in enumerate(self.expects):
            least, found = (1, self.least)[position == 0], answer.text.count(text)
            if found < least:
                raise WrongAnswer(f"{self.path}: “{text}” stands there {found} times, not {least}")
        for text in self.rejects:
            if text in answer.text:
                raise WrongAnswer(f"{self.path}: “{text}” stands there")


def trusting(certificate: Path) -> ssl.SSLContext:
    """This certificate alone, which bears another name than the address of this machine."""
    context = ssl.create_default_context(cafile=certificate)
    context.check_hostname = False
    return context


@dataclass
class Browser:
    """Talks to one server of this machine as if the proxy did, or to the proxy."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    csrf_token: str = ""
    trust: ssl.SSLContext | None = None  # of a server that is reached by TLS

    def __post_init__(self) -> None:
        self.connection = (
            http.client.HTTPSConnection(HOST, self.port, timeout=60, context=self.trust)
            if self.trust
            else http.client.HTTPConnection(HOST, self.port, timeout=60)
        )
        self.used_at = 0.0

    def another(self) -> "Browser":
        """A second connection of the same person."""
        return Browser(self.port, dict(self.cookies), self.csrf_token, self.trust)

    def ask(self, request: Request) -> float:
        """Seconds until the whole answer was there. Raises WrongAnswer."""
        answer = self.send(request)
        request.check(answer)
        return answer.seconds

    def send(self, request: Request) -> Answer:
        method, body, headers = "GET", None, dict(PROXY_HEADERS)
        if request.fields is not None:
            method, body = "POST", urlencode({"csrfmiddlewaretoken": self.csrf_token, **request.fields})
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Origin": f"https://{HOST}:{self.port}"}
        headers |= self.cookie_header()
        self.connect()
        begin = time.perf_counter()
        self.connection.request(method, request.path, body=body, headers=headers)
        response = self.connection.getresponse()
        content = response.read()
        self.used_at = time.perf_counter()
        seconds = self.used_at - begin
        self.keep_cookies(response)
        return Answer(response.status, response.headers.get("Location", ""), content.decode(errors="replace"), seconds)

    def open(self, path: str) -> http.client.HTTPResponse:
        """The answer, of which nothing is read yet."""
        self.connect()
        self.connection.request("GET", path, headers=PROXY_HEADERS | self.cookie_header())
        return self.connection.getresponse()

    def cookie_header(self) -> dict[str, str]:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {"Cookie": cookies} if cookies else {}

    def connect(self) -> None:
        """A server ends a connection on which nothing is asked for two seconds: do so before it."""
        if time.perf_counter() - self.used_at > KEPT_OPEN:
            self.connection.close()
        if self.connection.sock is None:
            self.connection.connect()

    def keep_cookies(self, response: http.client.HTTPResponse) -> None:
        for header in response.headers.get_all("Set-Cookie", []):
            name, _equals, value = header.partition(";")[0].partition("=")
            self.cookies[name] = value

    def learn_token(self, path: str) -> None:
        """Take the token for forms from a page that has one."""
        found = HIDDEN_TOKEN.search(self.send(Request(path)).text)
        if found is None:
            raise WrongAnswer(f"{path}: no form")
        self.csrf_token = html.unescape(found[1])

    def log_in(self, login: str, password: str) -> None:
        """By the page, as people do. Raises WrongAnswer."""
        self.learn_token("/acceso/")
        fields = {"login": login, "password": password}
        self.ask(Request("/acceso/", fields=fields, status=HTTPStatus.FOUND, location="/"))
        self.learn_token("/cuenta/perfil/")
