"""F20, F02 and F03: the web server dies while a file of an update comes in or a release is published, the worker while
people hear of it."""

import hashlib
import http.client
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from itertools import count
from typing import NamedTuple

from django.utils import timezone

from accounts.models import Company, User
from contracts.models import Product
from downloads.models import Component, Delivery, ReleaseFile
from faults.case import Case, Outcome, Twin
from faults.cases.mail_kills import PATIENCE, SHORT_LEASE, TIMES, demand_each_once, wait_until_sent
from faults.cases.web_kills import named_files, on_disk
from faults.client import Answer, Browser
from faults.inside import (
    AFTER_COMMIT,
    AFTER_DATA,
    AFTER_TOLD,
    BEFORE_COMMIT,
    BEFORE_MARK,
    BEFORE_TOLD,
    FILE_NAMED,
    MID_UPLOAD,
    TOLD_UNMARKED,
)
from faults.stage import PASSWORD, Portal, Stage
from faults.verdict import demand, demand_equal, demand_invariants, first_difference
from files import disk, janitor
from mail.models import OutgoingMail
from releases.models import Release, ReleaseNote, Telling
from rigs.processes import DidNotHappen, wait_until

numbers = count(1)
MEGABYTES = 48
UPLOAD_POINTS = (MID_UPLOAD, FILE_NAMED, BEFORE_COMMIT, AFTER_COMMIT)
ON_THE_WAY = 6  # kills while the bytes come in
READERS = 60
FLAGS = {"has_portal_access": True, "can_use_downloads": True}
# What a release is when its publisher died there, and what the same form answers then.
STATE_AFTER = {BEFORE_COMMIT: Release.State.DRAFT, AFTER_COMMIT: Release.State.PUBLISHED}
ANSWER_AFTER = {BEFORE_COMMIT: http.client.FOUND, AFTER_COMMIT: http.client.OK}
TOLD_POINTS = (BEFORE_TOLD, AFTER_TOLD, AFTER_DATA, BEFORE_MARK)


class Sent(NamedTuple):
    """A large file on its way into an update that is not out."""

    delivery: Delivery
    component: Component
    content: bytes

    @classmethod
    def prepared(cls) -> "Sent":
        number = next(numbers)
        component, _new = Component.objects.get_or_create(slug="servidor", defaults={"name": "Servidor"})
        Release.objects.draft(version=f"7.{number}")
        content = f"{number:20}".encode() * (MEGABYTES * 2**20 // 20)
        return cls(Delivery.objects.get(version=f"7.{number}"), component, content)

    def send(self, browser: Browser) -> Answer:
        """By the page of the update, as support does."""
        page = f"/admin/downloads/delivery/{self.delivery.pk}/"
        fields = {"component": str(self.component.pk), "sha256": hashlib.sha256(self.content).hexdigest()}
        token = browser.form(f"{page}change/")["csrfmiddlewaretoken"]
        files = [("servidor.bin", self.content)]
        return browser.post(f"{page}archivo/", {"csrfmiddlewaretoken": token} | fields, files, name="file")

    def demand_nothing_or_whole(self, *, is_there: bool | None = None) -> None:
        """The update has the whole file or none."""
        files = list(ReleaseFile.objects.filter(release=self.delivery).select_related("stored"))
        if is_there is not None:
            demand_equal(len(files), int(is_there), "files of the update")
        for file in files:
            demand(file.stored.path.is_file(), "a file of an update is not on the disk")
            demand(file.stored.path.read_bytes() == self.content, "a file of an update is another than was sent")


def support() -> User:
    """Somebody who may do everything on the desk."""
    login = f"jefa-{next(numbers)}"
    return User.objects.create_superuser(
        login=login, email=f"{login}@faults.example", password=PASSWORD, first_name="Marta", last_name="Vega"
    )


# --- F20: the upload ---


def killed_uploads(stage: Stage) -> Outcome:
    kept = on_disk()
    demand(kept >= named_files(), "a file is missing before anything was done")
    killed = 0
    with stage.portal() as portal:
        browser = Browser.of(support(), portal.web.port)
        for point in UPLOAD_POINTS:
            killed += kill_at(stage, browser, point)
        for number in range(ON_THE_WAY):
            killed += kill_on_the_way(portal, browser, (number + 1) / (ON_THE_WAY + 1))
    left = on_disk() - named_files()
    demand(bool(left), "the crashes left nothing behind: nothing was shown")
    now = timezone.now()
    demand_equal(janitor.remove_unnamed(at=now + timedelta(hours=23)), 0, "removed after 23 hours")
    removed = janitor.remove_unnamed(at=now + timedelta(hours=25))
    demand(on_disk() == named_files(), f"the disk differs from the rows: {first_difference(on_disk(), named_files())}")
    demand_invariants("I1", "I2", "I8")
    return Outcome(
        did=f"{killed} kills of the web server while support sends files of {MEGABYTES} MB: {', '.join(UPLOAD_POINTS)},"
        f" and {ON_THE_WAY} times when a seventh to six sevenths of the bytes had come",
        held=f"the update had the whole file or none, never a row without its bytes; the same form again was taken"
        f" each time; {removed} files without a row went after 24 hours, not before; I1, I2, I8",
    )


def kill_at(stage: Stage, browser: Browser, point: str) -> int:
    sent = Sent.prepared()
    stage.arm(point)
    answer = sent.send(browser)
    demand(not stage.is_armed(point), f"nobody came {point}")
    demand_equal(answer.status, 0, "the answer of a process that was killed")
    sent.demand_nothing_or_whole(is_there=point == AFTER_COMMIT)
    send_again(sent, browser)
    return 1


def kill_on_the_way(portal: Portal, browser: Browser, part: float) -> int:
    """Kill whoever receives it once so much of the file has come."""
    sent = Sent.prepared()
    before = on_disk()
    answers: list[Answer] = []
    sender = threading.Thread(target=lambda: answers.append(sent.send(browser)))
    sender.start()
    wait_until(lambda: on_its_way(before) >= part * len(sent.content), what="a file that comes in")
    for process in portal.web.processes():
        os.kill(process, signal.SIGKILL)
    sender.join()
    demand_equal([answer.status for answer in answers], [0], "the answer of a process that was killed")
    sent.demand_nothing_or_whole(is_there=False)
    send_again(sent, browser)
    return 1


def on_its_way(before: set[str]) -> int:
    """Bytes of the file that has come since."""
    sizes = [0]
    for path in disk.temporaries().glob("*"):
        with suppress(FileNotFoundError):
            sizes.append(0 if path.name in before else path.stat().st_size)
    return max(sizes)


def send_again(sent: Sent, browser: Browser) -> None:
    """The same form, once the server is back."""
    status = patiently(lambda: sent.send(browser).status)
    demand_equal(status, http.client.FOUND, "the answer to the same form")
    sent.demand_nothing_or_whole(is_there=True)


def patiently(ask: Callable[[], int]) -> int:
    """The status of the first answer, asked for until somebody answers."""
    ends = time.monotonic() + 30
    status = 0
    while not status and time.monotonic() < ends:
        with suppress(AssertionError):  # nobody answers yet
            status = ask()
    return status


# --- F02: a release comes out ---


def killed_publishing(stage: Stage) -> Outcome:
    readers = people_who_update()
    points = (BEFORE_COMMIT, AFTER_COMMIT) * 5
    ids: list[int] = []
    with stage.postbox, stage.portal(works=True, times=TIMES) as portal:
        browser = Browser.of(support(), portal.web.port)
        for point in points:
            release = draft_with_a_note()
            publish_and_die(stage, browser, release, point)
            ids += mails_of(release, readers)
        wait_until_sent(ids, seconds=60)
    demand_each_once(stage, ids, kills=0)
    demand_invariants("I2", "I3")
    return Outcome(
        did=f"{len(points)} releases published by the form with word to {len(readers)} people; the web server killed in"
        f" each: {BEFORE_COMMIT}, {AFTER_COMMIT}",
        held="before the commit it stayed a draft that nobody heard of, and the same form published it; after it the"
        " release was out and the same form said so; each person had one mail of each; I2, I3",
    )


def publish_and_die(stage: Stage, browser: Browser, release: Release, point: str) -> None:
    """Send the form, whose process dies, and again as a patient person does. Raises Broken."""
    page = f"/admin/releases/release/{release.pk}/publicar/"
    fields = {"csrfmiddlewaretoken": browser.form(page)["csrfmiddlewaretoken"], "tell": "on"}
    stage.arm(point)
    demand_equal(browser.post(page, fields).status, 0, "the answer of a process that was killed")
    demand(not stage.is_armed(point), f"nobody came {point}")
    release.refresh_from_db()
    demand_equal(release.state, STATE_AFTER[point], f"the state of a release whose publisher died {point}")
    status = patiently(lambda: browser.post(page, fields).status)
    demand_equal(status, ANSWER_AFTER[point], "the answer to the same form")
    release.refresh_from_db()
    demand_equal(release.state, Release.State.PUBLISHED, "the state in the end")


def mails_of(release: Release, readers: set[str]) -> list[int]:
    """The mails of a release whose word has come to its end: one for each reader. Raises Broken."""
    demand(Telling.objects.filter(release=release).exists(), "a release is out and nobody is to hear of it")
    try:
        finished = Telling.objects.filter(release=release).exclude(finished_at=None)
        wait_until(finished.exists, what="word to the end", seconds=PATIENCE + SHORT_LEASE)
    except DidNotHappen as late:
        demand(False, f"the word of a release stopped: {late}")
    mails = OutgoingMail.objects.filter(subject__contains=release.version)
    to = sorted(mails.values_list("address", flat=True))
    demand(len(to) == len(set(to)), f"{len(to) - len(set(to))} people were told twice of one release")
    demand_equal(set(to), readers, "who was told")
    return list(mails.values_list("pk", flat=True))


def draft_with_a_note() -> Release:
    release = Release.objects.draft(version=f"8.{next(numbers)}.0")
    product, _new = Product.objects.get_or_create(name="Planificación")
    ReleaseNote.objects.write(release, kind=ReleaseNote.Kind.FIX, product=product, text="Ya se puede imprimir.")
    return release


# --- F03: word of a release ---


def killed_while_telling(stage: Stage) -> Outcome:
    readers = people_who_update()
    kills = 2 * len(TOLD_POINTS)
    ids: list[int] = []
    with stage.postbox, stage.portal(works=True, times=TIMES) as portal:
        for number in range(kills):
            ids += told(stage, portal, readers, TOLD_POINTS[number % len(TOLD_POINTS)], whole=number % 4 == 3)
    doubles = demand_each_once(stage, ids, kills=kills)
    demand_invariants("I3")
    return Outcome(
        did=f"{kills} releases published with word to {READERS} people, ten at a time; the worker killed once in each:"
        f" {', '.join(TOLD_POINTS)}, each fourth time the whole worker",
        held=f"every release told to the end, each person in one mail of it; {len(ids)} mails, 0 lost, {doubles} came"
        f" twice after DATA, under one Message-ID; I3",
    )


def told(stage: Stage, portal: Portal, readers: set[str], point: str, *, whole: bool = False) -> list[int]:
    """The mails of one release, whose worker dies once. Raises Broken."""
    release = draft_with_a_note()
    stage.arm(point)
    release.publish(at=timezone.now(), tell=True)
    stage.wait_for_kill(point)
    if whole:
        portal.worker.kill()
        portal.worker.start()
    ids = mails_of(release, readers)
    wait_until_sent(ids, seconds=60)
    return ids


def people_who_update() -> set[str]:
    """Addresses of all who hear of releases."""
    number = next(numbers)
    company = Company.objects.create(name=f"Empresa U{number}", code=f"U{number}")
    logins = [f"lectora{position}-{company.code.lower()}" for position in range(READERS)]
    User.objects.bulk_create(
        User(company=company, login=login, email=f"{login}@faults.example", first_name="Lectora", **FLAGS)
        for login in logins
    )
    return set(User.objects.receiving_update_mail().values_list("email", flat=True))


# --- twins ---


def late_file(stage: Stage) -> None:
    """The process dies between the commit of a row and the name of its file."""
    sent = Sent.prepared()
    with stage.portal(twin="late_file") as portal:
        stage.arm(AFTER_COMMIT)
        sent.send(Browser.of(support(), portal.web.port))
    sent.demand_nothing_or_whole()


def told_apart(stage: Stage) -> None:
    """How far the word has got is written after its mails, by itself."""
    readers = people_who_update()
    with stage.postbox, stage.portal(works=True, times=TIMES, twin="told_apart") as portal:
        told(stage, portal, readers, TOLD_UNMARKED)


def published_apart(stage: Stage) -> None:
    """That people are to hear of a release is written after it is out, by itself."""
    readers = people_who_update()
    release = draft_with_a_note()
    with stage.postbox, stage.portal(works=True, times=TIMES, twin="published_apart") as portal:
        publish_and_die(stage, Browser.of(support(), portal.web.port), release, AFTER_COMMIT)
        mails_of(release, readers)


CASES = [
    Case("F02", "The web server is killed while a release is published", killed_publishing),
    Case("F20", "The web server is killed while a file of an update comes in", killed_uploads),
    Case("F03", "The worker is killed while people hear of a release", killed_while_telling),
]
TWINS = [
    Twin("F02", "a release and that its people are to hear of it are one transaction", published_apart),
    Twin("F20", "a file of an update has its name before its row is committed", late_file),
    Twin("F03", "mails of a release and how far it has got are one transaction", told_apart),
]
