"""Pictures pasted into a text: `![…](adjunto:1)` shows the attachment at position 1 of the same message."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from text import rendering

if TYPE_CHECKING:
    from tickets.models.attachment import Attachment


def message_html(body: str, files: Iterable["Attachment"]) -> str:
    """The safe HTML of a message with these files (`stored` is read of each)."""
    return rendering.message_html(body, {file.position: file.picture_url for file in files if file.stored.is_picture})
