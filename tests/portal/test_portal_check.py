"""`manage.py portal_check` and its nightly task: whatever breaks an invariant is found, and nothing else."""

import io
import os
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection
from django.db.models import F
from django.utils import timezone, translation

from accounts.models import AuditEntry, LogbookSeal, User
from accounts.models.seal import figures_of
from files.models import StoredFile
from files.receiving import receive
from mail.models import LEASE, Delivery, OutgoingMail
from portal import invariants, tasks
from portal.celery import app
from portal.invariants import INVARIANTS, Look, logbook, looking
from portal.invariants.companies import kinships
from tests.factories import new_draft, open_ticket
from tickets.models import Attachment, Draft, Event, Message, Ticket
from tickets.status import Status

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def house(bruno, ana, carla, agent, attach, files_root):
    """Two companies with whatever an invariant speaks of; everything in it is right."""
    draft = new_draft(ana)
    draft.add([receive(ContentFile(b"contenido", name="captura.txt"))])
    ticket = draft.open_ticket(subject="No arranca", body="Desde ayer.", topic=open_ticket(bruno).topic)
    new_draft(agent, ticket).reply(body="Reinicie.")
    ticket.close(by=ana)
    open_ticket(carla)
    OutgoingMail.objects.update(state="sent", attempts=1, due_at=None, sent_at=timezone.now())
    return ticket


@pytest.fixture
def files_root(settings, tmp_path):
    settings.FILES_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def without_check():
    """Take a constraint away, for what it keeps out to be written; SQLite takes all of them."""

    def take(model, name):
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute("PRAGMA ignore_check_constraints = ON")
            else:
                cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
                cursor.execute(f"ALTER TABLE {model._meta.db_table} DROP CONSTRAINT {name}")

    yield take
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA ignore_check_constraints = OFF")


def found(*ids: str, at=None, **look) -> dict[str, list[str]]:
    """What breaks each invariant that something breaks."""
    chosen = [invariant for invariant in INVARIANTS if not ids or invariant.id in ids]
    results = invariants.check(Look(at=at or timezone.now(), **look), chosen)
    return {result.invariant.id: result.told for result in results if result.count}


def test_what_the_verbs_write_breaks_nothing(house):
    assert found() == {}


def test_the_demonstration_breaks_nothing(db, files_root):
    call_command("demo", stdout=io.StringIO())
    out = io.StringIO()

    call_command("portal_check", stdout=out)

    assert out.getvalue().count("holds") == len(INVARIANTS)
    assert Ticket.objects.exists()


def sent_draft() -> Draft:
    return Draft.objects.get(ticket=None, sent_message__isnull=False)


def reply_draft() -> Draft:
    return Draft.objects.get(ticket__isnull=False)


def first_message(ticket: Ticket) -> Message:
    return ticket.messages.earliest("pk")


def a_mail() -> OutgoingMail:
    return OutgoingMail.objects.filter(thread="IBA-2", company_id__isnull=False).earliest("pk")


def change_mail(mail: OutgoingMail, **columns) -> int:
    OutgoingMail.objects.filter(pk=mail.pk).update(**columns)
    return mail.pk


# Each takes something away, and returns what is said then. The house has the tickets IBA-1, IBA-2 and NOR-1.


def a_form_sent_twice(house):
    draft = new_draft(house.author)
    Draft.objects.filter(pk=draft.pk).update(sent_message=sent_draft().sent_message)
    return [f"Draft {number} led to the message of another draft." for number in (sent_draft_pks())]


def sent_draft_pks():
    return Draft.objects.filter(ticket=None, sent_message__isnull=False).order_by("pk").values_list("pk", flat=True)


def a_message_of_somebody_else(house):
    draft = sent_draft()
    Message.objects.filter(pk=draft.sent_message_id).update(author=User.objects.get(first_name="Bruno"))
    return [f"Draft {draft.pk} led to a message of somebody else."]


def a_reply_in_another_ticket(house):
    draft = reply_draft()
    Draft.objects.filter(pk=draft.pk).update(ticket=Ticket.objects.get(company=house.company, number=1))
    return [f"Draft {draft.pk} led to a message of another ticket."]


def a_draft_that_opened_nothing(house):
    draft = reply_draft()
    Draft.objects.filter(pk=draft.pk).update(ticket=None)
    return [f"Draft {draft.pk} did not open its ticket."]


def a_file_left_in_the_draft(house):
    draft = sent_draft()
    house.attachments.update(draft=draft, message=None, ticket=None, company=None)
    Ticket.objects.filter(pk=house.pk).update(file_count=0)
    return [f"Draft {draft.pk} was sent and kept files."]


def a_counter_that_went_back(house):
    type(house.company).objects.filter(pk=house.company_id).update(ticket_counter=1)
    return [f"Company {house.company_id} has a ticket whose number is still to be given."]


def a_ticket_without_its_opening(house):
    Draft.objects.all().delete()
    house.attachments.all().delete()
    StoredFile.objects.all().delete()
    Message.objects.filter(ticket=house).delete()
    return [
        "Ticket IBA-2 has no message.",
        "Ticket IBA-2 has more or fewer messages than it says.",
        "Ticket IBA-2 has more or fewer files than it says.",
        "The last answer in ticket IBA-2 has another date than it says.",
    ]


def an_author_who_does_not_follow(house):
    house.followers.all().delete()
    return ["The author of ticket IBA-2 does not follow it."]


def a_ticket_opened_twice(house):
    house.record("opened", by=house.author, at=house.created_at)
    return ["Ticket IBA-2 was not opened or imported exactly once."]


def a_ticket_never_opened(house):
    house.events.filter(kind=Event.Kind.OPENED).delete()
    return ["Ticket IBA-2 was not opened or imported exactly once."]


def a_message_not_counted(house):
    Ticket.objects.filter(pk=house.pk).update(reply_count=F("reply_count") - 1)
    return ["Ticket IBA-2 has more or fewer messages than it says."]


def a_file_not_counted(house):
    Ticket.objects.filter(pk=house.pk).update(file_count=0)
    return ["Ticket IBA-2 has more or fewer files than it says."]


def an_answer_not_counted(house):
    house.answers.create(company=house.company, label="¿Dónde?", kind="text", value="Aquí")
    return ["Ticket IBA-2 has more or fewer answers to what was asked than it says."]


def a_last_message_of_another_day(house):
    Ticket.objects.filter(pk=house.pk).update(last_message_at=house.created_at - timedelta(days=1))
    return ["The last message of ticket IBA-2 has another date than it says."]


def an_answer_that_nobody_gave(house):
    Ticket.objects.filter(number=1, company=house.company).update(answered_at=timezone.now())
    return ["The last answer in ticket IBA-1 has another date than it says."]


def an_answer_that_is_not_said(house):
    Ticket.objects.filter(pk=house.pk).update(answered_at=None)
    return ["The last answer in ticket IBA-2 has another date than it says."]


def a_state_without_a_step(house):
    Ticket.objects.filter(number=1, company=house.company).update(status=Status.OPEN)
    return ["Ticket IBA-1 is in another state than its last step says."]


def a_step_without_its_state(house):
    Ticket.objects.filter(pk=house.pk).update(status=Status.OPEN, closed_at=None)
    return ["Ticket IBA-2 is in another state than its last step says."]


def a_resolution_of_another_day(house):
    Ticket.objects.filter(pk=house.pk).update(closed_at=house.created_at - timedelta(days=1))
    return ["Ticket IBA-2 was resolved at another date than its last step says."]


def a_mail_about_nothing(house):
    number = change_mail(a_mail(), thread="IBA-99")
    return [f"E-mail {number} tells of a ticket that does not exist."]


def a_mail_in_no_state(house):
    return [f"E-mail {change_mail(a_mail(), state='lost')} is in a state that does not exist."]


def a_mail_that_waits_for_nothing(house):
    number = change_mail(a_mail(), state="queued")
    return [f"E-mail {number} waits without a date, or has one and does not wait."]


def a_mail_sent_without_a_try(house):
    return [f"E-mail {change_mail(a_mail(), attempts=0)} was sent without a try or a date."]


def a_mail_that_failed_silently(house):
    return [f"E-mail {change_mail(a_mail(), state='failed')} failed without a reason."]


def a_secret_that_stayed(house):
    number = change_mail(a_mail(), is_secret=True, text="https://…")
    return [f"E-mail {number} was sent and its secret text is still there."]


def a_worker_that_never_came_back(house):
    now = timezone.now()
    number = change_mail(a_mail(), state="sending", due_at=now, lease_until=now - LEASE - timedelta(seconds=1))
    return [f"A worker has held e-mail {number} for more than two leases."]


def a_company_without_a_manager(house):
    User.objects.filter(first_name="Bruno").update(is_company_manager=False)
    return [f"Company {house.company_id} has no active manager with access."]


def a_manager_who_left(house):
    User.objects.filter(first_name="Bruno").update(is_active=False)
    return [f"Company {house.company_id} has no active manager with access."]


def a_file_of_nobody(house):
    number = StoredFile.objects.get().pk
    Attachment.objects.all().delete()
    Ticket.objects.filter(pk=house.pk).update(file_count=0)
    return [f"Nothing points to stored file {number}."]


def a_missing_file(house):
    stored = StoredFile.objects.get()
    stored.path.unlink()
    return [f"Stored file {stored.pk} is missing."]


def an_infected_file_among_those_that_are_served(house):
    stored = StoredFile.objects.get()
    stored.found_infected("Eicar", at=timezone.now())
    return [f"Stored file {stored.pk} is infected and lies among those that are served."]


def a_file_with_another_content(house):
    stored = StoredFile.objects.get()
    stored.path.write_bytes(b"contenida")
    return [f"Stored file {stored.pk} has another content."]


def a_file_that_no_row_names(house):
    path = StoredFile.objects.get().path.with_name("perdido")
    path.write_bytes(b"x")
    long_ago = (timezone.now() - timedelta(hours=25)).timestamp()
    os.utime(path, (long_ago, long_ago))
    return [f"No row names the file {path.parent.name}/perdido."]


def a_message_of_another_company(house):
    stranger = Ticket.objects.get(company__code="NOR").company
    message = first_message(house)
    Message.objects.filter(pk=message.pk).update(company=stranger)
    said = "In the table “{}” row {} belongs to another company than what it hangs from."
    return [said.format("attachment", house.attachments.get().pk), said.format("message", message.pk)]


def a_ticket_that_follows_a_strangers(house):
    Ticket.objects.filter(pk=house.pk).update(follows_up=Ticket.objects.get(company__code="NOR"))
    return ["In the table “ticket” row IBA-2 belongs to another company than what it hangs from."]


def a_mail_of_another_company(house):
    number = change_mail(a_mail(), company_id=Ticket.objects.get(company__code="NOR").company_id)
    return [f"E-mail {number} names another company than that of its ticket."]


# --- the logbook: three days with a line each, sealed; today's is not ---


@pytest.fixture
def sealed_days(ibarra, bruno, unguarded):
    """Their seals, oldest first. What refuses changes is taken away, for each test to change something."""
    noon = timezone.now().replace(hour=12)
    for days in (4, 3, 2, 0):
        AuditEntry.objects.create(kind="logged_in", company=ibarra, actor_id=bruno.pk, at=noon - timedelta(days=days))
    list(LogbookSeal.objects.seal(at=timezone.now()))
    unguarded("accounts_auditentry")
    unguarded("accounts_logbookseal")
    return list(LogbookSeal.objects.order_by("day")[:3])


def told_of(seal, words):
    return f"The logbook of {seal.day} (lines {seal.first_id} to {seal.last_id}) {words}"


def a_line_that_is_gone(seals):
    AuditEntry.objects.filter(pk=seals[1].first_id).delete()
    return [told_of(seals[1], "lacks 1 line.")]


def a_line_that_was_altered(seals):
    AuditEntry.objects.filter(pk=seals[1].first_id).update(actor_id=None)
    return [told_of(seals[1], "or its seal was altered.")]


def a_line_that_was_moved_to_another_day(seals):
    moved = AuditEntry.objects.filter(pk=seals[1].first_id)
    moved.update(at=F("at") - timedelta(days=1))
    return [told_of(seals[0], "has 1 line that came later."), told_of(seals[1], "lacks 1 line.")]


def a_line_put_in_later(seals):
    entry = AuditEntry.objects.get(pk=seals[2].first_id)
    AuditEntry.objects.create(kind="logged_out", at=entry.at)
    return [told_of(seals[2], "has 1 line that came later.")]


def a_line_before_the_first_day(seals):
    entry = AuditEntry.objects.get(pk=seals[0].first_id)
    earlier = AuditEntry.objects.create(kind="logged_out", at=entry.at - timedelta(days=1))
    return [f"Line {earlier.pk} of the logbook is dated before its first day."]


def a_day_that_was_sealed_anew(seals):
    AuditEntry.objects.filter(pk=seals[0].first_id).update(actor_id=None)
    figures = figures_of(seals[0].day, after="")
    LogbookSeal.objects.filter(pk=seals[0].pk).update(digest=figures.digest)
    return [told_of(seals[1], "or its seal was altered.")]


def a_seal_that_is_gone(seals):
    LogbookSeal.objects.filter(pk=seals[1].pk).delete()
    return [
        f"The logbook has no seal between {seals[0].day} and {seals[2].day}.",
        told_of(seals[2], "or its seal was altered."),
    ]


def seals_that_were_never_made(seals):
    LogbookSeal.objects.all().delete()
    return [f"The logbook has not been sealed since {seals[0].day}."]


@pytest.mark.parametrize(
    "breaking",
    [
        a_line_that_is_gone,
        a_line_that_was_altered,
        a_line_that_was_moved_to_another_day,
        a_line_put_in_later,
        a_line_before_the_first_day,
        a_day_that_was_sealed_anew,
        a_seal_that_is_gone,
        seals_that_were_never_made,
    ],
    ids=lambda breaking: breaking.__name__,
)
def test_a_logbook_that_is_not_as_it_was_sealed_is_found(breaking, house, sealed_days):
    assert found() == {}

    said = breaking(sealed_days)

    assert found() == {"I10": said}


def test_a_short_look_at_the_logbook_reads_the_newest_days_and_begins_anywhere_in_the_others(
    house, sealed_days, monkeypatch
):
    monkeypatch.setattr(logbook, "ALWAYS", 2)
    said = a_line_that_is_gone(sealed_days[:1] * 2)
    assert found(reading_seconds=0) == {}
    assert found(reading_seconds=60) == {"I10": said}

    monkeypatch.setattr(logbook, "ALWAYS", 7)
    assert found(reading_seconds=0) == {"I10": said}


BREAKAGES = {
    "I1": [
        a_form_sent_twice,
        a_message_of_somebody_else,
        a_reply_in_another_ticket,
        a_draft_that_opened_nothing,
        a_file_left_in_the_draft,
        a_counter_that_went_back,
    ],
    "I2": [
        a_ticket_without_its_opening,
        an_author_who_does_not_follow,
        a_ticket_opened_twice,
        a_ticket_never_opened,
        a_message_not_counted,
        a_file_not_counted,
        an_answer_not_counted,
        a_last_message_of_another_day,
        an_answer_that_nobody_gave,
        an_answer_that_is_not_said,
        a_state_without_a_step,
        a_step_without_its_state,
        a_resolution_of_another_day,
        a_mail_about_nothing,
    ],
    "I3": [
        a_mail_sent_without_a_try,
        a_mail_that_failed_silently,
        a_secret_that_stayed,
        a_worker_that_never_came_back,
    ],
    "I7": [a_company_without_a_manager, a_manager_who_left],
    "I8": [
        a_file_of_nobody,
        a_missing_file,
        an_infected_file_among_those_that_are_served,
        a_file_with_another_content,
        a_file_that_no_row_names,
    ],
    "I9": [a_message_of_another_company, a_ticket_that_follows_a_strangers, a_mail_of_another_company],
}


@pytest.mark.parametrize(
    ("invariant", "breaking"),
    [(name, breaking) for name, breakages in BREAKAGES.items() for breaking in breakages],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_what_breaks_an_invariant_is_found(invariant, breaking, house):
    said = breaking(house)

    assert found() == {invariant: said}


@pytest.mark.parametrize("breaking", [a_mail_in_no_state, a_mail_that_waits_for_nothing])
def test_what_a_constraint_keeps_out_is_found_where_the_constraint_is_gone(breaking, house, without_check):
    without_check(OutgoingMail, "mail_is_due_while_it_waits")
    said = breaking(house)

    assert found() == {"I3": said}


def test_a_held_outbox_may_hold_old_leases(house):
    a_worker_that_never_came_back(house)
    Delivery.current().hold(by_id=None, at=timezone.now())

    assert found() == {}


def test_a_suspended_company_needs_no_manager(house):
    a_company_without_a_manager(house)
    type(house.company).objects.filter(pk=house.company_id).update(is_active=False)

    assert found() == {}


def test_an_imported_ticket_counts_as_complete(house):
    """It has a state without steps and support's answers without a date."""
    house.events.filter(kind=Event.Kind.MOVED).delete()
    house.events.update(kind=Event.Kind.IMPORTED)
    Ticket.objects.filter(pk=house.pk).update(answered_at=None)

    assert found() == {}


def test_files_that_wait_for_their_row_are_left_24_hours(house, files_root):
    (files_root / "tmp").mkdir(exist_ok=True)
    (files_root / "tmp" / "on-the-way").write_bytes(b"x")

    assert found() == {}
    assert found(at=timezone.now() + timedelta(hours=25)) == {"I8": ["No row names the file tmp/on-the-way."]}


def test_every_kinship_of_companies_is_looked_at():
    """A new table with a company and a parent that has one is looked at without being named."""
    assert sorted((child.__name__, column.name) for child, column in kinships()) == [
        ("Answer", "attachment"),
        ("Answer", "request"),
        ("Answer", "ticket"),
        ("Attachment", "message"),
        ("Attachment", "request"),
        ("Attachment", "ticket"),
        ("Message", "ticket"),
        ("Request", "ticket"),
        ("Ticket", "follows_up"),
    ]


# --- size and time ---


def test_a_table_is_looked_at_in_slices(house, monkeypatch):
    monkeypatch.setattr(looking, "SLICE", 1)
    a_missing_file(house)
    Ticket.objects.update(reply_count=F("reply_count") + 1)

    assert found() == {
        "I2": [f"Ticket {name} has more or fewer messages than it says." for name in ("IBA-1", "IBA-2", "NOR-1")],
        "I8": [f"Stored file {StoredFile.objects.get().pk} is missing."],
    }


def test_the_first_are_told_and_all_are_counted(house, monkeypatch):
    monkeypatch.setattr(invariants, "TOLD", 2)
    Ticket.objects.update(reply_count=F("reply_count") + 1)
    out = io.StringIO()

    with pytest.raises(CommandError, match=r"^3 faults\.$"):
        call_command("portal_check", "I2", stdout=out)

    assert out.getvalue().splitlines() == [
        "I2  Every ticket is complete. does not hold",
        "    Ticket IBA-1 has more or fewer messages than it says.",
        "    Ticket IBA-2 has more or fewer messages than it says.",
        "    … and 1 more.",
    ]


def test_a_look_without_time_reads_no_file_and_still_measures_all(house):
    a_file_with_another_content(house)
    assert found(reading_seconds=0) == {}

    StoredFile.objects.get().path.write_bytes(b"otro")
    assert found(reading_seconds=0) == {"I8": [f"Stored file {StoredFile.objects.get().pk} has another size."]}


def test_a_short_look_begins_anywhere_so_that_every_file_has_its_turn(house, monkeypatch):
    for start in (0, StoredFile.objects.get().pk):
        monkeypatch.setattr("portal.invariants.files.secrets.randbelow", lambda _end, start=start: start)
        said = a_file_with_another_content(house)

        assert found(reading_seconds=60) == {"I8": said}


def test_an_invariant_that_cannot_be_looked_at_counts_as_broken_and_hides_no_other(house):
    def failing(look):
        raise DatabaseError

    (i1, i2, *_others) = INVARIANTS
    an_author_who_does_not_follow(house)

    results = list(invariants.check(Look(at=timezone.now()), [i1._replace(findings=failing), i2]))

    assert [result.told for result in results] == [
        ["It could not be checked: DatabaseError."],
        ["The author of ticket IBA-2 does not follow it."],
    ]


# --- by hand and by night ---


def test_by_hand_it_looks_at_what_it_is_told(house):
    a_company_without_a_manager(house)
    out = io.StringIO()

    call_command("portal_check", "I1", "I8", stdout=out)

    assert out.getvalue().splitlines() == [
        "I1  What was sent is there once. holds",
        "I8  Files and their rows say the same. holds",
    ]


def test_an_invariant_that_does_not_exist_is_refused():
    with pytest.raises(CommandError, match="There is no invariant “I99”"):
        call_command("portal_check", "I99")


def test_a_quiet_night_tells_nobody(house, boss, mails):
    mails.clear()

    tasks.check_invariants()

    assert mails() == set()


def test_a_bad_night_is_one_mail_to_each_superuser_and_one_error_for_each_invariant(house, boss, mails, caplog):
    mails.clear()
    a_company_without_a_manager(house)
    an_author_who_does_not_follow(house)

    tasks.check_invariants()

    mail = OutgoingMail.objects.get()
    assert (mail.kind, mail.address) == ("invariants_broken", boss.email)
    for words in ("The author of ticket IBA-2 does not follow it.", "has no active manager with access."):
        assert words in mail.text
        assert words in mail.html
    errors = [record.msg for record in caplog.records if record.levelname == "ERROR"]
    assert [(error["event"], error["invariant"], error["count"]) for error in errors] == [
        ("invariant_broken", "I2", 1),
        ("invariant_broken", "I7", 1),
    ]


def test_without_a_superuser_the_contact_address_is_told(house, mails, settings):
    mails.clear()
    a_company_without_a_manager(house)

    tasks.check_invariants()

    assert mails() == {("invariants_broken", settings.BRAND["email"])}


def test_the_clock_wakes_the_look_up_at_night():
    entry = app.conf.beat_schedule["check-invariants"]

    assert entry["task"] == tasks.check_invariants.name
    assert entry["schedule"].hour == {4}
