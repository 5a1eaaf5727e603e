"""The rows of one ticket: itself, its messages, events, followers, read marks and files, as the verbs leave them."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from bench import population, words
from bench.copying import Row
from bench.population import Place, person_id
from contracts.models import Product
from files.models import StoredFile
from files.types import Kind
from text import rendering
from tickets.models import Attachment, Event, Follower, Message, ReadMark, Ticket, Topic
from tickets.status import TURN_OF, Priority, Status, Turn

# Messages of a ticket in turn: four on average.
LENGTHS = (4, 4, 6, 4, 2, 4)
FILE_KINDS = {
    "png": (Kind.PICTURE, "image/png"),
    "pdf": (Kind.PDF, "application/pdf"),
    "xlsx": (Kind.DOCUMENT, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
}
# In the order in which they can be written: each names only rows of those before it.
MODELS = (StoredFile, Ticket, Message, Attachment, Follower, ReadMark, Event)


@dataclass(frozen=True)
class Catalogue:
    """The numbers of what every installation has beside its tickets."""

    topics: list[int]
    products: list[int]

    @classmethod
    def of_database(cls) -> "Catalogue":
        topics, products = Topic.objects.offered(), Product.objects.offered().modules()
        return cls([topic.pk for topic in topics], [product.pk for product in products])


@dataclass
class Conversation:
    """One ticket being written. `chance` is its own, so that any ticket can be made without those before it."""

    place: Place
    catalogue: Catalogue
    now: datetime
    chance: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.place.position)  # noqa: S311 - the same ticket each time is the point
        self.ticket_id = population.ticket_id(self.place.position)
        self.is_ours = self.place.company == population.OURS
        self.author = self.person(population.WRITER if self.chance.random() < 0.4 else self.chance.randrange(2, 10))
        self.agent = population.agent_id(self.chance.randrange(population.AGENTS))
        self.moments = self.messages_at()
        self.file_names = self.chosen_files()

    # --- what happened ---

    def person(self, number: int) -> int:
        return person_id(self.place.company, number)

    def messages_at(self) -> list[datetime]:
        """When each message was written. Support answers within a day, the company within two."""
        if self.place.status == Status.NEW:
            return [self.place.created_at]
        count = LENGTHS[self.place.position % len(LENGTHS)]
        if self.is_ours and self.place.rank in (population.CONVERSATION, population.UNREAD):
            count = 4
        if self.is_supports(count - 1) == (self.place.status == Status.OPEN):
            count -= 1
        span = min(timedelta(hours=20 * count), self.now - self.place.created_at)
        return [self.place.created_at + span * (step / (count + 1)) for step in range(count)]

    @staticmethod
    def is_supports(step: int) -> bool:
        return step % 2 == 1

    @property
    def answers(self) -> list[datetime]:
        return self.moments[1::2]

    @property
    def closed_at(self) -> datetime | None:
        """The answer that closed it; for what is current the moment moves into the days that still count as recent."""
        if self.place.status != Status.CLOSED:
            return None
        if self.place.is_current:
            return max(self.moments[-1], self.now - timedelta(days=1 + self.place.rank % 12))
        return self.moments[-1]

    @property
    def turn(self) -> Turn:
        return TURN_OF[self.place.status]

    @property
    def turn_since(self) -> datetime:
        return self.closed_at or self.moments[-1]

    def chosen_files(self) -> list[str]:
        if self.is_ours and self.place.rank == population.RARE_IN_FILE:
            return [f"parte de {words.RARE}.pdf"]
        if self.is_ours and self.place.rank == population.CONVERSATION:
            return list(words.FILES[:2])
        return [self.chance.choice(words.FILES)] if self.chance.random() < 0.3 else []

    def is_unread(self) -> bool:
        """Whether its author has not yet seen the last answer; the manager of the company reads likewise."""
        if not self.place.is_current or not self.answers:
            return False
        return self.place.rank % 8 == 2 or (self.is_ours and self.place.rank == population.UNREAD)

    # --- the rows ---

    def rows(self) -> Iterator[Row]:
        yield from self.file_rows()
        yield Ticket, self.ticket_row()
        for step, moment in enumerate(self.moments):
            yield Message, self.message_row(step, moment)
        yield from self.attachment_rows()
        yield from self.people_rows()
        yield from self.event_rows()

    def number(self, step: int) -> int:
        return population.row_number(self.place.position, step)

    def ticket_row(self) -> dict[str, Any]:
        place = self.place
        subject = words.subject(self.chance)
        if self.is_ours and place.rank == population.RARE_IN_SUBJECT:
            subject = f"Consulta sobre {words.RARE}"
        return {
            "id": self.ticket_id,
            "company_id": population.company_id(place.company),
            "number": place.number,
            "author_id": self.author,
            "topic_id": self.chance.choice(self.catalogue.topics),
            "product_id": self.chance.choice(self.catalogue.products),
            "subject": subject,
            "status": place.status,
            "turn": self.turn,
            "turn_since": self.turn_since,
            "priority": self.chance.choice((Priority.LOW, Priority.MEDIUM, Priority.MEDIUM, Priority.HIGH)),
            "assignee_id": self.agent if self.answers else None,
            "created_at": place.created_at,
            "last_message_at": self.moments[-1],
            "first_answer_at": self.answers[0] if self.answers else None,
            "answered_at": self.answers[-1] if self.answers else None,
            "closed_at": self.closed_at,
            "changed_at": self.turn_since,
            "reply_count": len(self.moments) - 1,
            "file_count": len(self.file_names),
        }

    def message_row(self, step: int, moment: datetime) -> dict[str, Any]:
        by_support = self.is_supports(step)
        paragraphs = words.message(self.chance, by_support=by_support, marked=self.is_marked())
        if word := self.planted(step):
            paragraphs.append(f"Se trata de {word}.")
        return {
            "id": self.number(step),
            "ticket_id": self.ticket_id,
            "company_id": population.company_id(self.place.company),
            "author_id": self.agent if by_support else self.author,
            "from_support": by_support,
            "author_name": "",
            "body": words.body_of(paragraphs),
            "html": words.html_of(paragraphs),
            "html_version": rendering.RENDERER_VERSION,
            "created_at": moment,
        }

    def is_marked(self) -> bool:
        return not self.is_ours and self.chance.random() < 0.5

    def planted(self, step: int) -> str:
        """The word that the measurement looks for, if it stands in this message."""
        if not self.is_ours:
            return words.RARE if self.chance.random() < 0.0005 else ""
        if step == 0 and self.place.rank == population.RARE_IN_MESSAGE:
            return words.RARE
        return words.COMMON_ELSEWHERE if step == 0 and self.place.rank in population.COMMON_ELSEWHERE_HERE else ""

    def file_rows(self) -> Iterator[Row]:
        for step, name in enumerate(self.file_names):
            kind, content_type = FILE_KINDS[name.rpartition(".")[2]]
            number = self.number(step)
            is_picture = kind == Kind.PICTURE
            measures = {"display_size": 40_000, "display_width": 800, "display_height": 600} if is_picture else {}
            yield (
                StoredFile,
                {
                    "id": number,
                    "key": f"bench{number:012d}",
                    "name": name,
                    "size": 60_000,
                    "sha256": sha256(str(number).encode()).hexdigest(),
                    "content_type": content_type,
                    "kind": kind,
                    "created_at": self.place.created_at,
                    "display_state": StoredFile.DisplayState.READY if is_picture else StoredFile.DisplayState.NONE,
                    **{name: measures.get(name) for name in ("display_size", "display_width", "display_height")},
                },
            )

    def attachment_rows(self) -> Iterator[Row]:
        for step, name in enumerate(self.file_names):
            number = self.number(step)
            yield (
                Attachment,
                {
                    "id": number,
                    "token": population.file_token(self.place.position, step),
                    "stored_id": number,
                    "message_id": self.number(0),
                    "ticket_id": self.ticket_id,
                    "company_id": population.company_id(self.place.company),
                    "name": name,
                    "position": step + 1,
                },
            )

    def people_rows(self) -> Iterator[Row]:
        """The author follows and often the one who writes most; read marks are theirs and the manager's."""
        writer, manager = self.person(population.WRITER), self.person(population.MANAGER)
        followers = [self.author]
        if writer != self.author and self.chance.random() < 0.5:
            followers.append(writer)
        for step, person in enumerate(followers):
            yield (
                Follower,
                {
                    "id": self.number(step),
                    "token": f"{self.number(step):x}",
                    "ticket_id": self.ticket_id,
                    "user_id": person,
                    "email": "",
                    "added_by_id": self.author,
                    "created_at": self.place.created_at,
                },
            )
        if self.answers and not self.is_unread():
            for step, person in enumerate([*followers, manager]):
                mark = {"id": self.number(step), "user_id": person, "ticket_id": self.ticket_id}
                yield ReadMark, mark | {"read_to": self.answers[-1]}

    def event_rows(self) -> Iterator[Row]:
        happened: list[tuple[Event.Kind, int, datetime, dict]] = [(Event.Kind.OPENED, self.author, self.moments[0], {})]
        if self.answers:
            first = self.answers[0]
            happened.append((Event.Kind.ASSIGNED, self.agent, first, {"name": "Soporte"}))
            happened.append((Event.Kind.MOVED, self.agent, first, {"old": Status.NEW, "new": Status.OPEN}))
            if self.place.status != Status.OPEN:
                moved = {"old": Status.OPEN, "new": self.place.status}
                happened.append((Event.Kind.MOVED, self.agent, self.turn_since, moved))
        for step, (kind, actor, moment, data) in enumerate(happened):
            row = {"id": self.number(step), "ticket_id": self.ticket_id, "kind": kind, "actor_id": actor}
            yield Event, row | {"data": data, "created_at": moment}
