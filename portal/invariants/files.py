"""Files: what lies on the disk is what the rows say."""

import secrets
import time
from collections.abc import Iterator
from datetime import datetime
from itertools import chain

from django.db.models import Exists, Max, OuterRef
from django.utils.translation import gettext_lazy as _

from files import checks
from files.models import StoredFile
from portal.invariants.looking import Look, Rule, broken, slices


def disk_and_rows_agree(look: Look) -> Iterator[str]:
    return chain(files_have_an_owner(), measured(look.at), read(look.reading_seconds), checks.unnamed(look.at))


def files_have_an_owner() -> Iterator[str]:
    """A stored file that nothing points to is kept for nobody."""
    files = StoredFile.objects.all()
    for owner in StoredFile._meta.get_fields(include_hidden=True):
        if not (owner.auto_created and owner.is_relation):
            continue
        named = owner.related_model._base_manager.filter(**{owner.field.name: OuterRef("pk")})
        files = files.filter(~Exists(named))
    return broken(Rule(_("Nothing points to stored file %(row)s."), files))


def measured(at: datetime) -> Iterator[str]:
    return chain.from_iterable(checks.measured(files, at=at) for files in slices(StoredFile.objects.all()))


def read(seconds: float | None) -> Iterator[str]:
    """Where there is not the time for all, a look begins at any file: night after night each one has its turn."""
    files = StoredFile.objects.order_by("pk")
    if seconds is None:
        yield from chain.from_iterable(checks.read(part) for part in slices(files))
        return
    ends, last = time.monotonic() + seconds, files.aggregate(last=Max("pk"))["last"] or 0
    start = secrets.randbelow(last + 1)
    for part in chain(slices(files.filter(pk__gte=start)), slices(files.filter(pk__lt=start))):
        for stored in part:
            if time.monotonic() > ends:
                return
            yield from checks.read([stored])
