"""A browser over a real connection: cookies, forms with their hidden fields, nothing followed unless asked."""

import re
import ssl
from http.client import HTTPMessage
from http.cookiejar import CookieJar
from typing import NamedTuple
from urllib.error import HTTPError
from urllib.request import HTTPCookieProcessor, HTTPRedirectHandler, HTTPSHandler, Request, build_opener

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


class Answer(NamedTuple):
    status: int
    headers: HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


class NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_redirect):
        return None


class Browser:
    """Trusts nothing but the certificate given."""

    def __init__(self, url: str, certificate, cookies: CookieJar | None = None) -> None:
        self.url = url
        self.cookies = CookieJar() if cookies is None else cookies
        https = HTTPSHandler(context=ssl.create_default_context(cafile=certificate))
        self.opener = build_opener(NoRedirect, https, HTTPCookieProcessor(self.cookies))

    def ask(self, path: str, *, method: str = "GET", data: bytes | None = None, **headers: str) -> Answer:
        """`headers` are given with underscores, as in X_Forwarded_For."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        request = Request(self.url + path, data=data, headers=named, method=method)
        try:
            answer = self.opener.open(request, timeout=20)
        except HTTPError as error:
            answer = error
        with answer:
            return Answer(answer.status, answer.headers, answer.read())

    def send(
        self, path: str, files: dict[str, bytes] | None = None, headers: dict[str, str] | None = None, **fields: object
    ) -> Answer:
        """Fill in the page's form and send it, with the tokens that it holds."""
        filled = dict(HIDDEN.findall(self.ask(path).text)) | fields
        if files:
            filled["files"] = [SimpleUploadedFile(name, content) for name, content in files.items()]
        data = encode_multipart(BOUNDARY, filled)
        own = {"Content_Type": MULTIPART_CONTENT, "Origin": self.url}
        return self.ask(path, method="POST", data=data, **own, **(headers or {}))

    def cookie_names(self) -> set[str]:
        return {cookie.name for cookie in self.cookies}
