"""What the measurement knows of one loaded database without asking it: where the tickets are that it looks for."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

from bench import population
from bench.population import OURS, WRITERS


@dataclass(frozen=True)
class Scene:
    """A database of `size` tickets."""

    size: int

    @property
    def database(self) -> str:
        return f"portal_{self.size}"

    @cached_property
    def positions(self) -> dict[int, list[int]]:
        """Company → where its tickets stand among all, oldest first."""
        found: dict[int, list[int]] = defaultdict(list)
        for position, company in enumerate(population.companies_in_turn(self.size)):
            found[company].append(position)
        return found

    def number(self, company: int, rank: int) -> int:
        """A ticket's number in its company, from its rank there, newest first from 0."""
        return len(self.positions[company]) - rank

    def position(self, rank: int) -> int:
        """Where a ticket of our company stands among all."""
        return self.positions[OURS][-1 - rank]

    @cached_property
    def conversation(self) -> int:
        """The number of our ticket with four messages and two files."""
        return self.number(OURS, population.CONVERSATION)

    @property
    def conversation_id(self) -> int:
        return population.ticket_id(self.position(population.CONVERSATION))

    @property
    def file_token(self) -> str:
        """Of a file of that ticket."""
        return population.file_token(self.position(population.CONVERSATION), 0)

    @cached_property
    def unread(self) -> int:
        return self.number(OURS, population.UNREAD)

    @property
    def unread_id(self) -> int:
        return population.ticket_id(self.position(population.UNREAD))

    @cached_property
    def answerable(self) -> list[int]:
        """Numbers of the writers' current tickets."""
        return [self.number(WRITERS, rank) for rank in range(population.CURRENT_TICKETS)]
