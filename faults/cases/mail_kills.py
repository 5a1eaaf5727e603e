"""F03, F08, F10: the worker dies with a mail in its hands, with wake-ups reserved, and of the mail itself."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from faults.case import Case, Outcome, Twin
from faults.inside import AFTER_DATA, BEFORE_SMTP, POISONS, WORKER_POINTS
from faults.stage import Portal, Stage
from faults.verdict import Broken, demand, demand_invariants
from mail.models import LEASE, OutgoingMail
from mail.outbox import Recipient, queue
from portal.celery import app
from portal.invariants import INVARIANTS, Result
from rigs.processes import DidNotHappen, wait_until

# The clock of these cases: the lease of two minutes takes three seconds.
TIMES = 40
SHORT_LEASE = LEASE.total_seconds() / TIMES
# Seconds that a busy machine may need beside the lease.
PATIENCE = 20.0


def queued(number: int) -> list[int]:
    """So many mails, each to somebody else; the numbers of their rows."""
    to = [Recipient(f"persona{position}@faults.example") for position in range(number)]
    results = [Result(INVARIANTS[0], count=1, told=["An example."])]
    return [mail.pk for mail in queue("invariants_broken", to, context={"results": results})]


def wait_until_sent(
    ids: Sequence[int], *, seconds: float = PATIENCE, tend: Callable[[], object] = lambda: None
) -> None:
    """Looks after the portal by `tend` while it waits. Raises Broken."""
    waiting = OutgoingMail.objects.filter(pk__in=ids).exclude(state="sent")

    def all_left() -> bool:
        tend()
        return not waiting.exists()

    try:
        wait_until(all_left, what="mails that leave", seconds=seconds)
    except DidNotHappen as late:
        states = Counter(waiting.values_list("state", flat=True))
        raise Broken(f"after {seconds:.0f} seconds {dict(states)} of {len(ids)} mails have not left") from late


def demand_each_once(stage: Stage, ids: Sequence[int], *, kills: int) -> int:
    """None is lost; copies are at most as many as kills, under the same Message-ID. Returns how many there are."""
    copies = stage.postbox.copies
    known = set(OutgoingMail.objects.values_list("message_id", flat=True))
    strangers = [name for name in copies if name not in known]
    demand(not strangers, f"{len(strangers)} copies came under a Message-ID that no row has")
    names = OutgoingMail.objects.filter(pk__in=ids).values_list("message_id", flat=True)
    lost = [name for name in names if name not in copies]
    demand(not lost, f"{len(lost)} of {len(ids)} mails are lost")
    doubles = sum(copies[name] - 1 for name in names)
    demand(doubles <= kills, f"{doubles} copies too many after {kills} kills")
    return doubles


# --- F03 ---


def killed_at_points(stage: Stage) -> Outcome:
    kills = max(stage.kills // 3, len(WORKER_POINTS))
    ids: list[int] = []
    waits = []
    with stage.postbox, stage.portal(works=True, times=TIMES) as portal:
        for number in range(kills):
            point = WORKER_POINTS[number % len(WORKER_POINTS)]
            mails, wait = kill_at(stage, portal, point, whole=number % 4 == 3)
            ids += mails
            waits.append(wait)
    doubles = demand_each_once(stage, ids, kills=kills)
    demand_invariants("I3")
    points = f"{', '.join(WORKER_POINTS[:-1])} or {WORKER_POINTS[-1]}"
    return Outcome(
        did=f"{kills} times killed {points}, each fourth time the whole worker; {len(ids)} mails",
        held=f"0 lost, {doubles} came twice, under one Message-ID; with a lease of {SHORT_LEASE:.0f} s everything had"
        f" left {max(waits):.0f} s after a kill at the latest; I3",
    )


def kill_at(stage: Stage, portal: Portal, point: str, *, whole: bool = False) -> tuple[list[int], float]:
    """The mails that were on their way, and the seconds until all had left."""
    stage.arm(point)
    ids = queued(3)
    stage.wait_for_kill(point)
    died = time.monotonic()
    if whole:
        portal.worker.kill()
        portal.worker.start()
    wait_until_sent(ids)
    return ids, time.monotonic() - died


def one_kill(stage: Stage, twin: str, point: str) -> None:
    with stage.postbox, stage.portal(works=True, times=TIMES, twin=twin) as portal:
        ids, _wait = kill_at(stage, portal, point)
    demand_each_once(stage, ids, kills=1)


def marked_first(stage: Stage) -> None:
    one_kill(stage, "marked_first", BEFORE_SMTP)


def renamed(stage: Stage) -> None:
    one_kill(stage, "renamed_mail", AFTER_DATA)


def endless_lease(stage: Stage) -> None:
    one_kill(stage, "endless_lease", BEFORE_SMTP)


# --- F08 ---


def wake_ups_are_lost(stage: Stage, *, clock: bool = True) -> Outcome:
    """The worker dies with wake-ups reserved, which the queue gives back after an hour."""
    mails, wake_ups = 50, 50 if clock else 8
    with slow(stage), stage.portal(works=True, times=TIMES) as portal:
        if not clock:
            portal.beat.stop()
        ids = queued(mails)
        names = set(OutgoingMail.objects.filter(pk__in=ids).values_list("message_id", flat=True))
        for _number in range(wake_ups):
            app.send_task("mail.tasks.deliver")
        wait_until(lambda: bool(names & set(stage.postbox.message_ids)), what="a first mail")
        portal.worker.kill()
        portal.worker.start()
        began = time.monotonic()
        wait_until_sent(ids, seconds=PATIENCE + SHORT_LEASE)
        seconds = time.monotonic() - began
    doubles = demand_each_once(stage, ids, kills=1)
    return Outcome(
        did=f"{mails} mails and {wake_ups} wake-ups; the worker killed with those it had reserved, and started again",
        held=f"all had left after {seconds:.0f} s, {doubles} of them twice; nobody waited for the queue's hour",
    )


@contextmanager
def slow(stage: Stage) -> Iterator[None]:
    with stage.postbox:
        stage.postbox.seconds_per_mail = 0.1
        try:
            yield
        finally:
            stage.postbox.seconds_per_mail = 0


def without_clock(stage: Stage) -> None:
    wake_ups_are_lost(stage, clock=False)


# --- F10 ---


def poison(stage: Stage) -> Outcome:
    good = 20
    with stage.postbox, stage.portal(works=True, times=TIMES):
        poisons = poisoned(POISONS)
        ids = queued(good)
        wait_until_sent(ids, seconds=60)
        flowed = OutgoingMail.objects.filter(pk__in=poisons, due_at__isnull=False).exists()
        wait_until_failed(poisons, seconds=120)
    demand(flowed, "the good mails left only after the last poison had failed")
    demand_each_once(stage, ids, kills=0)
    demand_invariants("I3")
    tries = sorted(OutgoingMail.objects.filter(pk__in=poisons).values_list("attempts", flat=True))
    return Outcome(
        did=f"{len(poisons)} poisons ({', '.join(POISONS)}) before {good} good mails",
        held=f"each poison failed for good, with its reason, after {tries[0]} to {tries[-1]} tries; every good mail had"
        " left by then, once; I3",
    )


def poisoned(names: Iterable[str]) -> list[int]:
    """Mails whose subject tells our wrapper what to do to the worker that builds them."""
    ids = queued(len(list(names)))
    for number, name in zip(ids, names, strict=True):
        OutgoingMail.objects.filter(pk=number).update(subject=f"poison {name}")
    return ids


def wait_until_failed(poisons: Sequence[int], *, seconds: float) -> None:
    """Raises Broken."""
    left = OutgoingMail.objects.filter(pk__in=poisons).exclude(state="failed")
    try:
        wait_until(lambda: not left.exists(), what="poison that fails for good", seconds=seconds)
    except DidNotHappen as late:
        tries = list(left.values_list("subject", "attempts"))
        raise Broken(f"after {seconds:.0f} seconds these are still tried: {tries}") from late


def uncounted(stage: Stage) -> None:
    with stage.postbox, stage.portal(works=True, times=3 * TIMES, twin="uncounted_crashes"):
        poisons = poisoned(["exit"])
        try:
            wait_until_failed(poisons, seconds=20)
        finally:
            OutgoingMail.objects.filter(pk__in=poisons).cancel()


CASES = [
    Case("F03", "The mail worker is killed", killed_at_points),
    Case("F08", "Wake-ups are lost with the worker", wake_ups_are_lost),
    Case("F10", "Mails that kill their worker", poison),
]
TWINS = [
    Twin("F03", "a mail is marked after it was sent", marked_first),
    Twin("F03", "a mail keeps its Message-ID", renamed),
    Twin("F03", "a lease ends", endless_lease),
    Twin("F08", "the clock wakes the worker up, again and again", without_clock),
    Twin("F10", "a try counts before it is made", uncounted),
]
