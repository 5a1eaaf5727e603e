"""Who hears of a session, once each, and what stands in the invitation."""

import email
import email.policy
from datetime import timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest

from mail import messages
from mail.models import OutgoingMail
from tests.factories import StaffFactory, UserFactory
from tests.training.scene import NOW, THURSDAY, book, fill, new_module, new_slot
from training import invitations
from training.models import Booking, Recording

pytestmark = pytest.mark.django_db


def calendar_of(kind: str, person) -> icalendar.Calendar:
    """What a calendar makes of the invitation in the last mail of this kind to somebody, from its bytes."""
    row = OutgoingMail.objects.filter(kind=kind, address=person.email).latest("pk")
    mail = email.message_from_bytes(messages.as_bytes(row), policy=email.policy.default)
    (part,) = [part for part in mail.walk() if part.get_content_type() == "text/calendar"]
    (attached,) = mail.iter_attachments()
    calendar = icalendar.Calendar.from_ical(part.get_content())
    assert part["Content-Type"].params["method"] == calendar["METHOD"]
    assert attached.get_filename() == "invite.ics"
    assert attached.get_content() == row.calendar.encode()
    assert icalendar.Calendar.from_ical(attached.get_content()) == calendar
    return calendar


def entry_of(calendar) -> icalendar.Event:
    (event,) = calendar.walk("VEVENT")
    return event


def test_a_booking_is_told_to_its_people_and_to_the_trainer(ana, diego, ibarra, mails):
    fill(ibarra)
    contact = UserFactory(company=ibarra, has_portal_access=False, can_use_tickets=False)
    gone = UserFactory(company=ibarra, is_active=False)
    slot = new_slot()

    book(slot, ana, people=[diego, contact, gone], names=["Luis Gil"])

    assert mails() == {
        ("session_booked", ana.email),
        ("session_booked", diego.email),
        ("session_booked", contact.email),
        ("session_booked_for_trainer", slot.trainer.user.email),
    }


def test_the_confirmation_says_when_with_whom_and_how_to_enter(ana, ibarra):
    fill(ibarra)
    booking = book(new_slot(), ana, module=new_module())

    text = OutgoingMail.objects.get(kind="session_booked").text

    for words in ("10:00–11:30", "19 de noviembre", "Marta Soler", "Planificación", booking.meeting_url):
        assert words in text


def test_the_trainer_hears_what_is_wanted_and_who_comes(ana, diego, ibarra):
    fill(ibarra)
    module = new_module(topics=("Alta de centros", "Informes"))
    high, low = module.topics.all()
    book(new_slot(), ana, module=module, more=[high], less=[low], people=[diego], names=["Luis Gil"], note="Ojo a <b>")

    mail = OutgoingMail.objects.get(kind="session_booked_for_trainer")

    for words in ("Alta de centros", "Informes", "Diego Sanz", "Luis Gil", "Talleres Ibarra"):
        assert words in mail.text and words in mail.html
    assert "Ojo a <b>" in mail.text
    assert "Ojo a &lt;b&gt;" in mail.html


def test_the_invitation_is_read_back_as_it_was_meant(ana, ibarra):
    fill(ibarra)
    booking = book(new_slot(), ana, module=new_module())

    calendar = calendar_of("session_booked", ana)
    event = entry_of(calendar)

    assert (calendar["METHOD"], calendar["VERSION"]) == ("REQUEST", "2.0")
    assert event["UID"] == booking.uid
    assert event["SEQUENCE"] == 0
    assert (event.start, event.end) == (booking.slot.starts, booking.slot.ends)
    assert event["DTSTART"].params["TZID"] == "Europe/Madrid"
    assert [zone["TZID"] for zone in calendar.walk("VTIMEZONE")] == ["Europe/Madrid"]
    assert event["LOCATION"] == event["URL"] == booking.meeting_url
    assert event["SUMMARY"] == "Formación: Planificación"
    assert event["ATTENDEE"] == f"mailto:{ana.email}"
    assert event["STATUS"] == "CONFIRMED"
    assert icalendar.Calendar.from_ical(calendar.to_ical()) == calendar


def test_times_are_those_of_the_companys_clocks_and_the_zone_is_said(ana, ibarra):
    fill(ibarra)
    ibarra.time_zone = "Atlantic/Canary"
    ibarra.save()
    ana.refresh_from_db()
    booking = book(new_slot(), ana)

    event = entry_of(calendar_of("session_booked", ana))

    assert event["DTSTART"].params["TZID"] == "Atlantic/Canary"
    assert event.start == booking.slot.starts
    text = OutgoingMail.objects.get(kind="session_booked").text
    assert "09:00–10:30 (Atlantic/Canary)" in text
    for_trainer = OutgoingMail.objects.get(kind="session_booked_for_trainer").text
    assert "10:00–11:30" in for_trainer and "Canary" not in for_trainer


@pytest.mark.parametrize("starts", ["2026-03-29 09:00", "2026-10-25 09:00", "2027-03-28 09:00", "2026-10-25 02:45"])
@pytest.mark.parametrize("zone", ["Europe/Madrid", "Atlantic/Canary"])
def test_an_entry_on_a_day_on_which_the_clocks_change_is_the_same_instant(ana, ibarra, starts, zone):
    from datetime import datetime

    ibarra.time_zone = zone
    ibarra.save()
    fill(ibarra)
    ana.refresh_from_db()
    moment = datetime.fromisoformat(starts).replace(tzinfo=ZoneInfo("Europe/Madrid"))
    booking = book(new_slot(moment), ana, at=moment - timedelta(days=9))

    event = entry_of(calendar_of("session_booked", ana))

    assert event.start.astimezone(ZoneInfo("UTC")) == booking.slot.starts
    assert event.start.tzinfo.utcoffset(event.start) == booking.slot.starts.astimezone(ZoneInfo(zone)).utcoffset()


def test_a_move_replaces_the_entry_and_a_cancellation_takes_it_away(ana, ibarra, mails):
    fill(ibarra)
    booking = book(new_slot(), ana)
    later = new_slot(THURSDAY + timedelta(days=1), trainer=booking.slot.trainer)
    trainer = later.trainer.user
    mails.clear()

    booking.change(to=later, by=ana, at=NOW)
    assert mails() == {("session_changed", ana.email), ("session_changed", trainer.email)}
    moved = entry_of(calendar_of("session_changed", ana))
    assert (moved["UID"], moved["SEQUENCE"], moved.start) == (booking.uid, 1, later.starts)

    mails.clear()
    booking.cancel(by=ana, at=NOW)
    assert mails() == {("session_cancelled", ana.email), ("session_cancelled", trainer.email)}
    calendar = calendar_of("session_cancelled", trainer)
    gone = entry_of(calendar)
    assert (calendar["METHOD"], gone["UID"], gone["SEQUENCE"], gone["STATUS"]) == (
        "CANCEL",
        booking.uid,
        2,
        "CANCELLED",
    )
    assert booking.meeting_url not in OutgoingMail.objects.filter(address=ana.email).latest("pk").text


def test_when_it_moves_to_another_trainer_the_former_one_is_told_too(ana, ibarra, mails):
    fill(ibarra)
    booking = book(new_slot(), ana)
    former = booking.slot.trainer.user
    later = new_slot(THURSDAY + timedelta(days=1))
    mails.clear()

    booking.change(to=later, by=ana, at=NOW)

    assert mails() == {
        ("session_changed", ana.email),
        ("session_booked_for_trainer", later.trainer.user.email),
        ("session_cancelled", former.email),
    }
    assert calendar_of("session_cancelled", former)["METHOD"] == "CANCEL"


def test_the_file_to_add_by_hand_names_nobody(ana, ibarra):
    fill(ibarra)
    booking = book(new_slot(), ana)

    calendar = icalendar.Calendar.from_ical(invitations.file(booking, at=NOW, language="en"))
    event = entry_of(calendar)

    assert calendar["METHOD"] == "PUBLISH"
    assert "ATTENDEE" not in event
    assert event["SUMMARY"] == "Training: Doubts and review"


# --- reminders ---


def remind(at) -> int:
    return Booking.objects.remind_due(at=at)


def test_people_are_reminded_a_day_and_an_hour_before_once_each(ana, ibarra, mails):
    fill(ibarra)
    booking = book(new_slot(), ana)
    expected = {("session_reminder", ana.email), ("session_reminder", booking.slot.trainer.user.email)}
    mails.clear()

    assert remind(THURSDAY - timedelta(hours=24, minutes=1)) == 0
    for before in (timedelta(hours=24), timedelta(hours=1)):
        assert remind(THURSDAY - before) == 1
        assert mails() == expected
        mails.clear()
        assert remind(THURSDAY - before) == 0
        assert mails() == set()


def test_after_a_long_silence_there_is_one_reminder_and_of_the_past_none(ana, ibarra, mails):
    fill(ibarra)
    book(new_slot(), ana)
    mails.clear()

    assert remind(THURSDAY) == 0
    assert remind(THURSDAY - timedelta(minutes=30)) == 1
    assert len(mails()) == 2
    assert remind(THURSDAY - timedelta(minutes=29)) == 0


def test_whoever_has_just_booked_is_not_reminded_of_it(ana, ibarra, mails):
    fill(ibarra)
    soon = THURSDAY - timedelta(minutes=40)
    book(new_slot(), ana, at=soon)
    mails.clear()

    assert remind(soon + timedelta(minutes=1)) == 0


def test_a_session_that_moved_is_reminded_of_at_its_new_time(ana, ibarra, mails):
    fill(ibarra)
    booking = book(new_slot(), ana)
    remind(THURSDAY - timedelta(hours=24))
    booking.change(to=new_slot(THURSDAY + timedelta(weeks=1)), by=ana, at=THURSDAY - timedelta(hours=24))
    mails.clear()

    assert remind(THURSDAY - timedelta(minutes=30)) == 0
    assert remind(THURSDAY + timedelta(weeks=1) - timedelta(hours=20)) == 1


def test_of_a_cancelled_session_nobody_is_reminded(ana, ibarra, mails):
    fill(ibarra)
    book(new_slot(), ana).cancel(by=ana, at=NOW)

    assert remind(THURSDAY - timedelta(minutes=30)) == 0


# --- recordings ---


def test_a_recording_is_told_of_to_the_people_of_the_session(ana, carla, diego, ibarra, mails):
    fill(ibarra)
    booking = book(new_slot(), ana, people=[diego], may_record=True)
    mails.clear()

    link = "https://video.example/1"
    recording = Recording.objects.add(booking=booking, by=StaffFactory(), title="Primera sesión", link=link)

    assert mails() == {("recording_added", ana.email), ("recording_added", diego.email)}
    assert list(Recording.objects.visible_to(ana)) == [recording]
    assert not Recording.objects.visible_to(carla).exists()


def test_without_consent_nothing_is_recorded(ana, ibarra):
    from django.core.exceptions import ValidationError

    fill(ibarra)
    booking = book(new_slot(), ana)

    with pytest.raises(ValidationError):
        Recording.objects.add(booking=booking, by=StaffFactory(), title="Primera", link="https://video.example/1")
    assert not Recording.objects.exists()
