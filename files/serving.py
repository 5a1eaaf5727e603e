"""The way out: a stored file as an answer. Whoever calls this has asked whether the person may see it."""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header, http_date, parse_http_date_safe

from files import bucket, disk, names, pictures, types
from files.models import StoredFile
from files.types import Kind

logger = logging.getLogger(__name__)

# Nothing that a file holds may run, load, post or be framed, should a browser open it after all.
POLICY = (
    "sandbox; default-src 'none'; img-src 'self'; media-src 'self'; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)
# A browser makes a page of a video in a tab of its own and asks for it once more, as that page: it must be ours, or the
# request comes without cookies and is refused. Scripts and everything else stay forbidden.
POLICY_OF_VIDEO = POLICY.replace("sandbox;", "sandbox allow-same-origin;")


class Withheld(PermissionDenied):
    """Nobody may open the file: the antivirus found something in it, or has yet to look."""


@dataclass(frozen=True)
class Body:
    """What is sent: the file itself or its display copy. `size` in bytes, `modified` in seconds since 1970."""

    path: Path
    size: int
    etag: str
    modified: int
    content_type: str
    disposition: str
    cache_control: str
    policy: str


def respond(
    request: HttpRequest, stored: StoredFile, *, name: str, inline: bool = False, display: bool = False
) -> HttpResponseBase:
    """Send `stored` under `name`, whole or the one range asked for; raises Withheld, and Http404 when it is not on the
    disk.

    `display` sends the display copy of a picture, and Http404 before it is made; to other files it means nothing.
    `inline` shows that copy, a PDF or a video in the browser; everything else stays a download.
    """
    if stored.is_withheld:
        raise Withheld
    body = _body(stored, name=name, inline=inline, display=display)
    if stored.is_in_bucket:
        return _guarded(_sent_on(request, body), "private, no-store", body.policy)
    if settings.FILES_ACCEL_LOCATION:
        response: HttpResponseBase = _handed_over(request, body)
    else:
        response = get_conditional_response(request, body.etag, body.modified) or _sent(request, body)
        response["ETag"] = body.etag
        response["Last-Modified"] = http_date(body.modified)
        response["Accept-Ranges"] = "bytes"
    return _guarded(response, body.cache_control, body.policy)


def stream(request: HttpRequest, chunks: Iterable[bytes], *, size: int, name: str, content_type: str):
    """Send what is put together while it goes, as a download without ranges; `size` in bytes."""
    headers = {
        "Content-Type": content_type,
        "Content-Disposition": content_disposition_header(True, names.canonical(name)) or "attachment",
        "Content-Length": str(size),
        "Accept-Ranges": "none",
        "X-Accel-Buffering": "no",
    }
    is_asked_about = request.method == "HEAD"
    response = HttpResponse(headers=headers) if is_asked_about else StreamingHttpResponse(chunks, headers=headers)
    return _guarded(response, "private, no-store")


def _guarded(response, cache_control: str, policy: str = POLICY):
    response["Content-Security-Policy"] = policy  # the middleware leaves a policy that is there alone
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = cache_control
    return response


def is_download(response: HttpResponseBase) -> bool:
    """Whether the answer carries bytes of the file, or leads to them: neither "you have it already" nor "there is no
    such range"."""
    return response.status_code in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT, HTTPStatus.FOUND)


def goes_on(request: HttpRequest, response: HttpResponseBase) -> bool:
    """Whether the answer is what follows a part that the browser says to have, rather than another download."""
    first = request.headers.get("Range", "").partition("=")[2].partition("-")[0].strip()
    partial = (HTTPStatus.PARTIAL_CONTENT, HTTPStatus.FOUND)
    is_part = response.status_code in partial or "X-Accel-Redirect" in response
    return is_part and _is_position(first) and int(first) > 0


def _body(stored: StoredFile, *, name: str, inline: bool, display: bool) -> Body:
    is_copy = display and stored.kind == Kind.PICTURE
    if is_copy and not stored.has_preview:
        raise Http404("no display copy")
    path, known = (stored.display_path, stored.display_size or 0) if is_copy else (stored.path, stored.size)
    try:
        size = known if stored.is_in_bucket else path.stat().st_size
    except FileNotFoundError as error:
        logger.error("Stored file %s is not on the disk%s", stored.pk, " (display copy)" if is_copy else "")
        raise Http404("not on the disk") from error
    is_inline = inline and (is_copy or stored.kind in (Kind.PDF, Kind.VIDEO))
    sent_name = names.with_extension(name, pictures.COPY_EXTENSION) if is_copy else names.canonical(name)
    return Body(
        path=path,
        size=size,
        etag=f'"{stored.sha256}-display"' if is_copy else f'"{stored.sha256}"',
        modified=int(stored.created_at.timestamp()),
        content_type=pictures.COPY_CONTENT_TYPE if is_copy else types.served_as(stored.content_type),
        disposition=content_disposition_header(not is_inline, sent_name) or "attachment",
        cache_control="private, max-age=3600" if is_inline and is_copy else "private, no-store",
        policy=POLICY_OF_VIDEO if is_inline and stored.kind == Kind.VIDEO else POLICY,
    )


def _sent_on(request: HttpRequest, body: Body) -> HttpResponse:
    """The bucket sends it, with ranges and all, to whoever comes with the signed address. The signature is for GET."""
    if request.method == "HEAD":
        headers = {"Content-Length": str(body.size), "Accept-Ranges": "bytes"}
        return _described(HttpResponse(headers=headers), body)
    content = {"content_type": body.content_type, "disposition": body.disposition}
    return HttpResponseRedirect(bucket.address(body.path.name, **content))


def _handed_over(request: HttpRequest, body: Body) -> HttpResponse:
    """The web server sends the file, with ranges and all, from its internal location over `FILES_ROOT`; whoever asks
    for what lies beyond the file is told so here."""
    wanted = _wanted_range(request, body)
    if request.method == "GET" and wanted and wanted[0] > wanted[1]:
        return _beyond(body)
    location = settings.FILES_ACCEL_LOCATION.rstrip("/")
    response = _described(HttpResponse(), body)
    response["X-Accel-Redirect"] = f"{location}/{body.path.relative_to(disk.root()).as_posix()}"
    return response


def _sent(request: HttpRequest, body: Body) -> HttpResponseBase:
    if request.method == "HEAD":
        response = _described(HttpResponse(), body)
        response["Content-Length"] = str(body.size)
        return response
    wanted = _wanted_range(request, body)
    if wanted is None:
        return _streamed(body, 0, body.size, status=200)
    first, last = wanted
    if first > last:
        return _beyond(body)
    response = _streamed(body, first, last - first + 1, status=206)
    response["Content-Range"] = f"bytes {first}-{last}/{body.size}"
    return response


def _beyond(body: Body) -> HttpResponse:
    return HttpResponse(status=416, headers={"Content-Range": f"bytes */{body.size}"})


def _described(response: HttpResponseBase, body: Body):
    response["Content-Type"] = body.content_type
    response["Content-Disposition"] = body.disposition
    return response


def _streamed(body: Body, first: int, length: int, *, status: int) -> StreamingHttpResponse:
    response = _described(StreamingHttpResponse(Slice(body.path.open("rb"), first, length), status=status), body)
    response["Content-Length"] = str(length)
    return response


class Slice:
    """`length` bytes of an open file from `first` on, chunk by chunk. Django closes it with the answer."""

    def __init__(self, file: BinaryIO, first: int, length: int):
        self.file, self.left = file, length
        file.seek(first)

    def __iter__(self) -> Iterator[bytes]:
        while chunk := self.file.read(min(self.left, disk.CHUNK)):
            self.left -= len(chunk)
            yield chunk

    def close(self) -> None:
        self.file.close()


def _wanted_range(request: HttpRequest, body: Body) -> tuple[int, int] | None:
    """First and last byte asked for; None for the whole; a first after the last when it lies outside the file."""
    unit, _equals, spec = request.headers.get("Range", "").partition("=")
    start, dash, end = (part.strip() for part in spec.partition("-"))
    if unit.strip().lower() != "bytes" or not dash or not _is_still_fresh(request, body):
        return None
    if not all(part == "" or _is_position(part) for part in (start, end)) or not (start or end):
        return None
    last_byte = body.size - 1
    if not start:
        return (max(0, body.size - int(end)), last_byte) if int(end) else (body.size, last_byte)
    if end and int(end) < int(start):
        return None
    return int(start), min(int(end), last_byte) if end else last_byte


def _is_position(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 20


def _is_still_fresh(request: HttpRequest, body: Body) -> bool:
    """Whether If-Range, by tag or by date, speaks of the file as it is; without it a range always counts."""
    condition = request.headers.get("If-Range", "").strip()
    return not condition or condition == body.etag or parse_http_date_safe(condition) == body.modified
