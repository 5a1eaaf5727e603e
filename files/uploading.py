"""What the web server puts aside while a file comes in."""

import errno
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import wraps
from typing import cast

from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, TemporaryFileUploadHandler
from django.views.decorators.csrf import csrf_exempt

from files.receiving import NO_ROOM, Intake, Refused, Terms, Upload


class Lost(UploadedFile):
    """A file for which there was no room: whoever reads it learns that, and the rest of its form is there."""

    def chunks(self, chunk_size: int | None = None) -> Iterator[bytes]:
        yield from ()
        raise OSError(errno.ENOSPC, "There was no room for it while it came.")


class UploadHandler(TemporaryFileUploadHandler):
    """Django's lets the whole request fail when the disk of its temporary files is full; here that one file is lost."""

    is_lost = False

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if not self.is_lost:
            try:
                super().receive_data_chunk(raw_data, start)
            except OSError as error:
                self.give_up(error)

    def file_complete(self, file_size: int) -> UploadedFile | None:
        if not self.is_lost:
            try:
                return super().file_complete(file_size)
            except OSError as error:
                self.give_up(error)
        self.is_lost = False
        return Lost(None, self.file_name, self.content_type, file_size)

    def give_up(self, error: OSError) -> None:
        """Leave nothing of the file on the disk. Raises `error` when it is another than want of room."""
        if error.errno not in NO_ROOM:
            raise error
        self.is_lost = True
        with suppress(OSError):  # what the file still held back finds no room either
            self.file.close()


class Received(UploadedFile):
    """A file that was taken in while it came: hashed, synced, or refused."""

    def __init__(self, name: str, size: int, taken: Upload | Refused) -> None:
        super().__init__(None, name, size=size)
        self.taken = taken

    def upload(self) -> Upload:
        """Raises Refused."""
        if isinstance(self.taken, Refused):
            raise self.taken
        return self.taken


class IntakeHandler(FileUploadHandler):
    """Takes files of a page for large ones straight in, so that they are written once and hashed while they come. What
    is refused is read to its end, for its form to say so. Whoever sets it calls `clean_up` at last."""

    def __init__(self, request, *, terms: Terms) -> None:
        super().__init__(request)
        self.terms, self.intakes = terms, list[Intake]()
        self.refusal: Refused | None = None

    def new_file(self, *args, **kwargs) -> None:
        super().new_file(*args, **kwargs)
        self.refusal = None
        try:
            self.intakes.append(Intake(self.file_name or "", self.terms))
        except Refused as refusal:
            self.refusal = refusal

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        if self.refusal is None:
            try:
                self.intakes[-1].take(raw_data)
            except Refused as refusal:
                self.refuse(refusal)

    def file_complete(self, file_size: int) -> UploadedFile:
        name = self.file_name or ""
        if self.refusal is None:
            try:
                return Received(name, file_size, self.intakes[-1].complete())
            except Refused as refusal:
                self.refuse(refusal)
        return Received(name, file_size, cast(Refused, self.refusal))

    def refuse(self, refusal: Refused) -> None:
        self.refusal = refusal
        self.intakes[-1].abandon()

    def clean_up(self) -> None:
        """Nothing stays of what broke off or was not kept."""
        for intake in self.intakes:
            intake.abandon()


def straight_in(view, *, permission: str, terms: Callable[[], Terms]):
    """A page of the desk for large files: they go to their place while they come, once it is known who sends them."""

    @csrf_exempt  # `admin_view`, inside, looks at the token, after the handler is set
    @wraps(view)
    def received(request, *args, **kwargs):
        if not request.user.has_perm(permission):
            raise PermissionDenied
        handler = IntakeHandler(request, terms=terms())
        request.upload_handlers = [handler]
        try:
            return view(request, *args, **kwargs)
        finally:
            handler.clean_up()

    return received
