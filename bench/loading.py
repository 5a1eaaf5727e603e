"""Fills an empty, migrated PostgreSQL database."""

import os
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from multiprocessing import get_context

from django.db import connection, connections, transaction
from django.db.models import QuerySet
from django.utils import timezone

from bench import people, population, readings, trainings, updates
from bench.conversations import MODELS, Catalogue, Conversation
from bench.copying import copy_rows, set_sequences, without_indexes
from bench.population import Place
from bench.scene import Scene
from tickets.models import Attachment
from tickets.tasks import settle_reading

BATCH = 1_000  # tickets


def load(size: int) -> None:
    """Write companies, people, so many tickets; releases, trainings and what is read are as many whatever the size."""
    now = timezone.now()
    with transaction.atomic():
        people.write(begin=population.begins_at(size, now))
    places = list(population.places(size, now=now))
    catalogue = Catalogue.of_database()
    batches = [(places[start : start + BATCH], catalogue, now) for start in range(0, size, BATCH)]
    with without_indexes(MODELS):
        connections.close_all()
        with get_context("fork").Pool(os.cpu_count()) as pool:
            pool.starmap(write, batches, chunksize=1)
    set_sequences(MODELS)
    people.count_tickets(Counter(place.company for place in places))
    with transaction.atomic():
        updates.write(now)
        trainings.write(now)
        readings.write(now)
    updates.write_largest()
    write_files(Attachment.objects.filter(token=Scene(size).file_token))
    tidy()
    settle_reading()  # as every night does
    tidy()


def tidy() -> None:
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def write_files(attachments: QuerySet[Attachment]) -> None:
    """The bytes of those few files that the measurement asks for."""
    for attachment in attachments.select_related("stored"):
        attachment.stored.path.parent.mkdir(parents=True, exist_ok=True)
        attachment.stored.path.write_bytes(bytes(attachment.stored.size))


def write(places: Sequence[Place], catalogue: Catalogue, now: datetime) -> None:
    """One batch of tickets, in one transaction."""
    with transaction.atomic():
        copy_rows((row for place in places for row in Conversation(place, catalogue, now).rows()), MODELS)
