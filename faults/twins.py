"""Guards taken away inside the portal's processes. Each twin must break what its guard holds, or the case that shows
the guard shows nothing. The product has no switch for any of it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

import mail.models
from accounts.models import User
from faults import inside
from files import alone, disk
from files.models import StoredFile, StoredFileQuerySet
from mail import delivery, messages
from mail.models import OutgoingMail
from releases.models import Release, Telling
from releases.models.telling import modules_of
from tickets.models import Draft


def forgetful_draft() -> None:
    """A draft does not remember that it was sent."""
    replace(Draft, "mark_sent", lambda draft, message, digest: None)


def unlocked_draft() -> None:
    """The lock of a draft locks nothing."""
    replace(Draft, "lock", lambda draft: draft.refresh_from_db())


def late_file() -> None:
    """A file gets its name after the commit of its row."""
    keep = StoredFileQuerySet.keep

    def late(rows: StoredFileQuerySet, upload: Any) -> StoredFile:
        move, moves = disk.move, []
        replace(disk, "move", lambda *paths: moves.append(paths))
        try:
            stored = keep(rows, upload)
        finally:
            replace(disk, "move", move)
        transaction.on_commit(lambda: move(*moves[0]))
        return stored

    replace(StoredFileQuerySet, "keep", late)


def marked_first() -> None:
    """A mail is marked as sent before it is."""

    def deliver(rounds: delivery.Round, mail: OutgoingMail) -> None:
        mail.sent(at=rounds.now())
        rounds.server.send(messages.envelope(mail))

    replace(delivery.Round, "deliver", deliver)


def renamed_mail() -> None:
    """Each try of a mail has a Message-ID of its own."""
    claim = OutgoingMail.claim

    def renaming(mail: OutgoingMail, **when: Any) -> bool:
        mail.message_id = new_message_id()
        mail.save(update_fields=["message_id"])
        return claim(mail, **when)

    new_message_id = OutgoingMail._meta.get_field("message_id").get_default
    replace(OutgoingMail, "claim", renaming)


def endless_lease() -> None:
    """What a worker has claimed is its own for ever."""
    replace(mail.models, "LEASE", timedelta(days=1))


def uncounted_crashes() -> None:
    """A try that kills its worker does not count."""
    claim = OutgoingMail.claim

    def forgetting(mail: OutgoingMail, **when: Any) -> bool:
        is_mine = claim(mail, **when)
        mail.crashes = 0
        mail.save(update_fields=["crashes"])
        return is_mine

    replace(OutgoingMail, "claim", forgetting)


def told_apart() -> None:
    """How far the word of a release has got is written after its mails, in a transaction of its own."""

    def tell_next(telling: Telling, announcement: Any, *, at: Any) -> bool:
        people = list(User.objects.receiving_update_mail().filter(pk__gt=telling.told_to).order_by("pk")[:10])
        with transaction.atomic():
            announcement.tell(people, modules=modules_of(people, at=at))
        if people:
            inside.reach(inside.TOLD_UNMARKED)
        return telling._advance(people, at=at) and bool(people)

    replace(Telling, "tell_next", tell_next)


def published_apart() -> None:
    """A release is out in one transaction, and that its people are to hear of it stands in a second one."""

    def publish(release: Release, *, at: Any, tell: bool, now: Any = None) -> None:
        with transaction.atomic():
            release._move(Release.State.PUBLISHED, at, now=now or timezone.now())
        if tell:
            Telling.objects.get_or_create(release=release)

    replace(Release, "publish", publish)
    inside.mark_verb(Release, "publish")


def many_rounds() -> None:
    """Each tick of the clock begins a round of delivery, however many are under way."""

    @contextmanager
    def together(what: str) -> Iterator[bool]:
        yield True

    replace(alone, "on_this_machine", together)


def replace(owner: Any, name: str, other: Any) -> None:
    """Raises AttributeError when there is no such thing: a guard that moved must be found again."""
    getattr(owner, name)
    setattr(owner, name, other)


INSIDE: dict[str, Callable[[], None]] = {
    twin.__name__: twin
    for twin in (
        forgetful_draft,
        unlocked_draft,
        late_file,
        marked_first,
        renamed_mail,
        endless_lease,
        uncounted_crashes,
        many_rounds,
        told_apart,
        published_apart,
    )
}
