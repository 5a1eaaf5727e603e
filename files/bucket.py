"""The bucket of an installation that keeps its files in S3-compatible storage (decision 41): what is asked of it.

Every function raises `Unreachable` when it does not answer or refuses, and FileNotFoundError for what is not there.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from django.conf import settings
from django.core.files import File
from django.core.files.storage import storages

STORAGE = "bucket"
SECONDS_TO_BEGIN = 60


class Unreachable(OSError):
    """The bucket does not answer, or refuses."""


def is_configured() -> bool:
    return STORAGE in settings.STORAGES


def put(path: Path) -> None:
    """Copy a file under its own name. Done again it changes nothing."""
    with answering(), path.open("rb") as file:
        storage().save(path.name, File(file))
    if size(path.name) != path.stat().st_size:
        raise Unreachable("a file did not arrive whole")


def size(name: str) -> int:
    """In bytes."""
    with answering():
        return storage().size(name)


def opened(name: str) -> BinaryIO:
    """What lies there, read as it comes."""
    with answering():
        return storage().bucket.Object(name).get()["Body"]


def address(name: str, *, content_type: str, disposition: str) -> str:
    """Where a browser gets it for a minute, as what we say it is."""
    parameters = {
        "ResponseContentType": content_type,
        "ResponseContentDisposition": disposition,
        "ResponseCacheControl": "private, no-store",
    }
    return storage().url(name, parameters=parameters, expire=SECONDS_TO_BEGIN)


def names_before(at: datetime) -> Iterator[list[str]]:
    """What has lain there since before `at`, a thousand at a time."""
    with answering():
        for page in storage().bucket.objects.pages():
            yield [item.key for item in page if item.last_modified < at]


def remove(name: str) -> None:
    with answering():
        storage().delete(name)


def storage() -> Any:
    return storages[STORAGE]


@contextmanager
def answering() -> Iterator[None]:
    """The library's errors as those of a disk."""
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415 - of an extra

    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        raise FileNotFoundError("not in the bucket") if code in ("404", "NoSuchKey") else Unreachable(code) from error
    except BotoCoreError as error:
        raise Unreachable(type(error).__name__) from error
