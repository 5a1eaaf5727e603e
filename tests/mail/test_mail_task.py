"""F12: a slow mail server keeps one hand of the worker busy, not all of them."""

import os
import threading
import time
from contextlib import contextmanager

import pytest

from files import alone
from mail import delivery, tasks

HANDS = 4


class SlowRounds:
    """Rounds of delivery that last until they are told to end; counts those that are under way."""

    def __init__(self) -> None:
        self.under_way = 0
        self.over = threading.Event()

    def deliver_due(self) -> None:
        self.under_way += 1
        self.over.wait(10)


@pytest.fixture
def rounds(monkeypatch):
    rounds = SlowRounds()
    monkeypatch.setattr(delivery, "deliver_due", rounds.deliver_due)
    yield rounds
    rounds.over.set()


def tick() -> threading.Thread:
    hand = threading.Thread(target=tasks.deliver)
    hand.start()
    return hand


def busy_hands(rounds: SlowRounds) -> int:
    """How many hands of the worker are still busy after each of them was woken up."""
    hands = [tick() for _hand in range(HANDS)]
    deadline = time.monotonic() + 2
    while sum(hand.is_alive() for hand in hands) > 1 and time.monotonic() < deadline:
        time.sleep(0.01)
    busy = sum(hand.is_alive() for hand in hands)
    rounds.over.set()
    for hand in hands:
        hand.join()
    return busy


def test_ticks_during_a_slow_round_leave_the_other_hands_free(rounds):
    assert busy_hands(rounds) == rounds.under_way == 1


def test_twin_without_the_lock_a_slow_round_takes_every_hand(rounds, monkeypatch):
    @contextmanager
    def unlocked(work):
        yield True

    monkeypatch.setattr(alone, "on_this_machine", unlocked)

    assert busy_hands(rounds) == rounds.under_way == HANDS


def test_the_next_round_begins_when_the_last_one_is_over(rounds):
    rounds.over.set()

    for _tick in range(3):
        tick().join()

    assert rounds.under_way == 3


def test_a_round_in_another_process_counts_and_one_that_was_killed_does_not(rounds):
    rounds.over.set()
    ready, let_go = os.pipe(), os.pipe()
    child = os.fork()
    if child == 0:
        with alone.on_this_machine("delivery"):
            os.write(ready[1], b"x")
            os.read(let_go[0], 1)
            os._exit(0)
    os.read(ready[0], 1)
    tick().join()
    assert rounds.under_way == 0

    os.kill(child, 9)
    os.waitpid(child, 0)
    tick().join()

    assert rounds.under_way == 1
