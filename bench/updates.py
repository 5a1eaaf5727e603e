"""What the product brought and brings: releases with their notes, and the files that customers take."""

import random
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from hashlib import sha256

from django.utils import timezone

from accounts.models import User
from bench import population, words
from bench.population import MANAGER, OURS
from contracts.models import Product, Subscription
from downloads.models import Component, Installation, ReleaseFile
from files.models import StoredFile
from files.types import Kind
from releases.models import Release, ReleaseNote
from releases.versions import sort_key
from tickets.models import Ticket
from tickets.status import Status

RELEASES = 500
NOTES = 20  # of each release
COMPONENTS = 12
OF_A_MODULE = 4  # of the components
CHANGED = 3  # components in each release
INSTALLED = 12  # releases ago
SOLVED = 40  # tickets of our company that a note of the last releases names
CONTRACTED = 6  # modules of our company
MEGABYTE = 2**20
BATCH = 1_000


def write(now: datetime) -> None:
    """So many releases, the newest of yesterday, which our company may take and has in part."""
    products = list(Product.objects.modules())
    releases = Release.objects.bulk_create(release(number, now) for number in range(RELEASES))
    notes = ReleaseNote.objects.bulk_create(notes_of(releases, products), batch_size=BATCH)
    components = Component.objects.bulk_create(component(number, products) for number in range(COMPONENTS))
    write_files(releases, components)
    begin = releases[0].published_at.date()
    company = population.company_id(OURS)
    Subscription.objects.bulk_create(
        Subscription(company_id=company, product=product, starts=begin) for product in products[:CONTRACTED]
    )
    by = User.objects.get(login=population.login_of(OURS, MANAGER))
    Installation.objects.bulk_create(
        Installation(company_id=company, component=one, release_id=releases[-1 - INSTALLED].pk, by=by, at=now)
        for one in components
    )
    solve(notes[-SOLVED:], now)


def release(number: int, now: datetime) -> Release:
    """The oldest is number 0; one comes out every six days."""
    at = now - timedelta(days=1 + 6 * (RELEASES - 1 - number))
    version = version_of(number)
    return Release(
        version=version, version_key=sort_key(version), state=Release.State.PUBLISHED, published_at=at, title=""
    )


def version_of(number: int) -> str:
    return f"{4 + number // 50}.{number % 50}"


def notes_of(releases: list[Release], products: list[Product]) -> Iterator[ReleaseNote]:
    """Two of three are fixes. Each is one sentence or two, as support writes them."""
    chance = random.Random("notes")  # noqa: S311 - the same notes each time is the point
    pool = words.sentences("answered")
    for release in releases:
        for position in range(1, NOTES + 1):
            text = " ".join(chance.sample(pool, chance.choice((1, 2))))
            kind = ReleaseNote.Kind.FIX if position % 3 else ReleaseNote.Kind.ENHANCEMENT
            note = ReleaseNote(
                release=release, kind=kind, product=chance.choice(products), text=text, position=position
            )
            note.render()
            yield note


def component(number: int, products: list[Product]) -> Component:
    product = products[number - (COMPONENTS - OF_A_MODULE)] if number >= COMPONENTS - OF_A_MODULE else None
    return Component(
        name=f"Componente {number + 1}",
        slug=f"componente-{number + 1}",
        text="Se instala en el servidor y en cada puesto.",
        product=product,
        position=number,
    )


def write_files(releases: list[Release], components: list[Component]) -> None:
    """In each release some components in turn have a new file; the others' is carried on."""
    current: list[tuple[StoredFile, date]] = []
    files, contents = list[ReleaseFile](), list[StoredFile]()
    for number, one in enumerate(releases):
        day = timezone.localdate(one.published_at)
        for position, part in enumerate(components):
            is_new = number == 0 or (position - number * CHANGED) % COMPONENTS < CHANGED
            if is_new:
                name = f"{part.slug}-{one.version}.zip"
                contents.append(content(name, size=(40 + 5 * position) * MEGABYTE))
                current[position : position + 1] = [(contents[-1], day)]
            stored, date_of_it = current[position]
            files.append(
                ReleaseFile(
                    release_id=one.pk,
                    component=part,
                    stored=stored,
                    name=stored.name,
                    date=date_of_it,
                    is_carried=not is_new,
                )
            )
    largest = files[-COMPONENTS]
    largest.token = population.LARGE_FILE
    largest.stored.size = population.LARGE_FILE_MEGABYTES * MEGABYTE
    StoredFile.objects.bulk_create(contents, batch_size=BATCH)
    ReleaseFile.objects.bulk_create(files, batch_size=BATCH)


def content(name: str, *, size: int) -> StoredFile:
    digest = sha256(name.encode()).hexdigest()
    return StoredFile(
        key=digest[:43], name=name, size=size, sha256=digest, content_type="application/zip", kind=Kind.ARCHIVE
    )


def solve(notes: list[ReleaseNote], now: datetime) -> None:
    """The last resolved tickets of our company were solved by these notes."""
    closed = Ticket.objects.filter(company=population.company_id(OURS), status=Status.CLOSED).order_by("-closed_at")
    tickets = list(closed[: len(notes)])
    for ticket, note in zip(tickets, notes, strict=False):
        ticket.release_note, ticket.available_at = note, now
    Ticket.objects.bulk_update(tickets, ["release_note", "available_at"])


def write_largest() -> None:
    """The bytes of the large file that is downloaded: a hole on the disk, and as many bytes on the line as any."""
    path = ReleaseFile.objects.select_related("stored").get(token=population.LARGE_FILE).stored.path
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.truncate(population.LARGE_FILE_MEGABYTES * MEGABYTE)
