"""Forms that may not be let in: nobody is logged in, or their token is an old one. What was typed is kept."""

from dataclasses import replace

from django.http import HttpRequest, UnreadablePostError

from tickets.forms import typed
from tickets.models import Draft
from tickets.models.draft import AlreadySent, SomebodyElses
from tickets.models.seal import BrokenSeal, Seal


def keep(request: HttpRequest) -> Seal | None:
    """Keep what the form of a conversation holds for the person whom it was shown to; files cannot be kept.

    Returns the form's seal, or None when nothing could be kept: another form, or a seal that is no good.
    """
    try:
        seal = Seal.read(request.POST.get("seal", ""))
        keep_for(seal, request.POST)
    except (BrokenSeal, SomebodyElses, UnreadablePostError):
        return None
    return seal


def keep_for(seal: Seal, data) -> None:
    """Keep the text; under another key when this one was used for another text."""
    try:
        Draft.objects.keep(typed(data), seal=seal)
    except AlreadySent as sent:
        if sent.what.body != data.get("body", "").replace("\r\n", "\n"):
            Draft.objects.keep(typed(data), seal=replace(seal, key=Draft.new_key()))
