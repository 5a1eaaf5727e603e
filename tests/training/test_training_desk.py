"""The desk of trainings: what support plans, books, settles and notes, by the same verbs as everybody."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from contracts.models import HourBag, HourEntry
from tests.factories import ProductFactory, StaffFactory, TopicFactory
from tests.training.scene import book, fill, new_module, new_slot, new_trainer
from tickets.models import Ticket
from training.models import Availability, Booking, PreparationGuide, Recording, Slot, Trainer, TrainingModule

pytestmark = pytest.mark.django_db


@pytest.fixture
def marta(db):
    """Of the staff's role Formación."""
    person = StaffFactory(first_name="Marta", last_name="Soler")
    person.groups.add(Group.objects.get(name="Formación"))
    return person


@pytest.fixture
def desk(browse, marta):
    return browse(marta)


def ahead(**more) -> datetime:
    """A whole hour some weeks from now."""
    return timezone.now().replace(minute=0, second=0, microsecond=0) + timedelta(**{"days": 21} | more)


def ago(**more) -> datetime:
    return timezone.now().replace(minute=0, second=0, microsecond=0) - timedelta(**{"hours": 3} | more)


def url(name: str, *args) -> str:
    return reverse(f"admin:training_{name}", args=args)


def words(answer) -> str:
    return answer.content.decode()


def had_session(person, **details) -> Booking:
    """One that began three hours ago."""
    slot = new_slot(ago())
    return book(slot, person, at=ago(days=9), **details)


# --- trainers ---


def formset(prefix: str, *rows: dict, initial: int = 0) -> dict:
    data = {f"{prefix}-TOTAL_FORMS": len(rows), f"{prefix}-INITIAL_FORMS": initial}
    return data | {f"{prefix}-{number}-{name}": value for number, row in enumerate(rows) for name, value in row.items()}


def trainer_data(person, availabilities=(), absences=(), *, kept: int = 0) -> dict:
    data = {"user": person.pk, "time_zone": "Europe/Madrid", "region": "MD", "is_active": "on"}
    return data | formset("availabilities", *availabilities, initial=kept) | formset("absences", *absences)


def test_a_trainer_with_weekly_slots_offers_them_at_once(desk, marta):
    weekly = [{"weekday": 0, "starts": "09:30", "minutes": 90}, {"weekday": 2, "starts": "12:00", "minutes": 60}]

    answer = desk.post(url("trainer_add"), trainer_data(marta, weekly))

    assert answer.status_code == 302, words(answer)
    slots = Trainer.objects.get().slots.all()
    locals_ = {(slot.starts.astimezone(slot.trainer.zone).strftime("%w %H:%M"), slot.minutes) for slot in slots}
    assert locals_ == {("1 09:30", 90), ("3 12:00", 60)}
    assert 10 <= len(slots) <= 18


def test_a_weekly_slot_on_no_quarter_of_an_hour_is_refused(desk, marta):
    for row in ({"starts": "09:05", "minutes": 90}, {"starts": "09:00", "minutes": 50}, {"starts": "x", "minutes": -1}):
        answer = desk.post(url("trainer_add"), trainer_data(marta, [{"weekday": 0} | row]))
        assert answer.status_code == 200
    assert not Availability.objects.exists()


def test_an_absence_on_the_desk_takes_its_free_slots_and_names_the_booked_ones(desk, marta, ana, ibarra):
    fill(ibarra)
    trainer = new_trainer()
    starts = ahead()
    book(new_slot(starts, trainer=trainer), ana, at=timezone.now())
    new_slot(starts + timedelta(hours=4), trainer=trainer)
    day = starts.astimezone(trainer.zone).date()
    absence = {"first_day": day, "last_day": day + timedelta(days=1), "note": "Vacaciones"}

    answer = desk.post(url("trainer_change", trainer.pk), trainer_data(trainer.user, (), [absence]), follow=True)

    assert "muévala o anúlela" in words(answer)
    assert Slot.objects.get().starts == starts


# --- slots ---


def test_a_slot_by_hand_is_told_on_the_trainers_clocks(desk):
    trainer = new_trainer(time_zone="Atlantic/Canary")
    data = {"trainer": trainer.pk, "date": "2027-01-12", "hour": "09:00", "minutes": 60}

    assert desk.post(url("slot_add"), data).status_code == 302

    assert Slot.objects.get().starts == datetime(2027, 1, 12, 9, tzinfo=UTC)


@pytest.mark.parametrize(("day", "hour", "which", "starts"), [
    ("2027-03-28", "02:30", "", None),
    ("2027-03-28", "02:30", "second", None),
    ("2027-10-31", "02:30", "", None),
    ("2027-10-31", "02:30", "first", datetime(2027, 10, 31, 0, 30, tzinfo=UTC)),
    ("2027-10-31", "02:30", "second", datetime(2027, 10, 31, 1, 30, tzinfo=UTC)),
    ("2027-10-31", "02:40", "first", None),
    ("2027-10-32", "02:30", "", None),
])  # fmt: skip
def test_a_time_that_does_not_exist_is_refused_and_a_doubled_one_asked_for(desk, day, hour, which, starts):
    data = {"trainer": new_trainer().pk, "date": day, "hour": hour, "minutes": 60, "which": which}

    answer = desk.post(url("slot_add"), data)

    assert answer.status_code == (302 if starts or hour == "02:40" else 200)
    assert list(Slot.objects.values_list("starts", flat=True)) == ([starts] if starts else [])


def test_a_free_slot_moves_and_a_booked_one_does_not(desk, ana, ibarra):
    fill(ibarra)
    slot = new_slot(ahead())
    data = {"trainer": slot.trainer_id, "date": "2027-01-12", "hour": "16:00", "minutes": 30, "which": ""}

    assert desk.post(url("slot_change", slot.pk), data).status_code == 302
    slot.refresh_from_db()
    assert (slot.starts, slot.minutes) == (datetime(2027, 1, 12, 15, tzinfo=UTC), 30)

    book(slot, ana, at=timezone.now())
    assert desk.post(url("slot_change", slot.pk), data | {"hour": "18:00"}).status_code == 403
    desk.post(url("slot_retirar", slot.pk))
    slot.refresh_from_db()
    assert (slot.starts, slot.withdrawn_at) == (datetime(2027, 1, 12, 15, tzinfo=UTC), None)


def test_a_slot_is_withdrawn_and_offered_again(desk):
    slot = new_slot(ahead())

    desk.post(url("slot_retirar", slot.pk))
    assert not Slot.objects.free(at=timezone.now()).exists()
    assert desk.get(url("slot_change", slot.pk)).status_code == 200
    desk.post(url("slot_reponer", slot.pk))
    assert Slot.objects.free(at=timezone.now()).exists()


# --- sessions ---


def test_support_books_on_behalf_of_a_contact(desk, marta, ana, ibarra, mails):
    fill(ibarra)
    slot = new_slot(ahead())
    mails.clear()

    data = {"slot": slot.pk, "contact": f" {ana.email.upper()} ", "note": "Por teléfono"}
    answer = desk.post(url("booking_add"), data)

    booking = Booking.objects.get()
    assert answer["Location"] == url("booking_change", booking.pk)
    assert (booking.company, booking.contact, booking.booked_by) == (ibarra, ana, marta)
    assert ("session_booked", ana.email) in mails()
    assert HourEntry.objects.filter(kind="booking").get().by == marta


@pytest.mark.parametrize("spoil", [
    {"contact": "nadie@fuera.example"},
    {"contact": "no es una dirección"},
    {"slot": 987_654},
    {"slot": "x"},
    {"own_link": "javascript:alert(1)"},
    {"note": "a" * 1001},
])  # fmt: skip
def test_what_cannot_be_booked_on_behalf_is_told_in_the_form(desk, ana, ibarra, spoil):
    fill(ibarra)
    data = {"slot": new_slot(ahead()).pk, "contact": ana.email} | spoil

    assert desk.post(url("booking_add"), data).status_code == 200
    assert not Booking.objects.exists()


def test_without_hours_support_is_told_so(desk, ana):
    answer = desk.post(url("booking_add"), {"slot": new_slot(ahead()).pk, "contact": ana.email})

    assert answer.status_code == 200
    assert not Booking.objects.exists()


def test_support_moves_a_session_gives_it_a_link_and_calls_it_off(desk, ana, ibarra):
    fill(ibarra)
    booking = book(new_slot(ahead()), ana, at=timezone.now())
    later = new_slot(ahead(days=30))

    desk.post(url("booking_mover", booking.pk), {"slot": later.pk})
    desk.post(url("booking_enlace", booking.pk), {"own_link": "https://teams.example/sala"})
    booking.refresh_from_db()
    assert (booking.slot, booking.own_link) == (later, "https://teams.example/sala")

    refused = desk.post(url("booking_enlace", booking.pk), {"own_link": "javascript:alert(1)"})
    assert refused.status_code == 422
    desk.post(url("booking_anular", booking.pk), {"refunds": "on", "reason": "La formadora está enferma"})
    assert HourBag.objects.of(ibarra).balance == 600
    assert HourEntry.objects.get(kind="refund").reason == "La formadora está enferma"
    again = desk.post(url("booking_anular", booking.pk), {"refunds": "on"})
    assert again.status_code == 422 and HourBag.objects.of(ibarra).balance == 600


def test_after_the_session_attendance_and_minutes_are_noted_and_what_was_not_used_comes_back(desk, ana, diego, ibarra):
    fill(ibarra)
    booking = had_session(ana, people=[ana, diego])
    came = booking.attendees.first()

    for wrong in ({"minutes_used": -1}, {"minutes_used": "NaN"}, {"minutes_used": 60, "attended": [987_654]}, {}):
        assert desk.post(url("booking_cerrar", booking.pk), wrong).status_code == 422
    desk.post(url("booking_cerrar", booking.pk), {"minutes_used": 60, "refunds": "on", "attended": [came.pk]})
    assert desk.post(url("booking_cerrar", booking.pk), {"minutes_used": 0, "refunds": "on"}).status_code == 422

    booking.refresh_from_db()
    assert (booking.state, booking.minutes_used) == ("held", 60)
    assert HourBag.objects.of(ibarra).balance == 540
    assert [attendee.attended for attendee in booking.attendees.all()] == [True, False]


def test_a_recording_is_a_file_or_a_link_and_needs_consent(desk, ana, ibarra):
    fill(ibarra)
    booking = had_session(ana, may_record=True)
    file = SimpleUploadedFile("sesion.mp4", b"\x00\x00\x00\x18ftypmp42" + b"0" * 100)

    desk.post(url("booking_grabacion", booking.pk), {"title": "Primera", "link": "https://video.example/1"})
    desk.post(url("booking_grabacion", booking.pk), {"title": "Segunda", "file": file})
    both = {"title": "Tercera", "file": SimpleUploadedFile("a.mp4", b"1"), "link": "https://video.example/1"}
    assert desk.post(url("booking_grabacion", booking.pk), both).status_code == 422
    assert desk.post(url("booking_grabacion", booking.pk), {"title": "Nada"}).status_code == 422

    recordings = Recording.objects.order_by("pk")
    assert [recording.title for recording in recordings] == ["Primera", "Segunda"]
    page = desk.get(url("booking_change", booking.pk))
    assert all(url("booking_ver", booking.pk, recording.pk) in words(page) for recording in recordings)
    assert desk.get(url("booking_ver", booking.pk, recordings[1].pk)).status_code == 200

    Booking.objects.update(may_record=False)
    link = {"title": "Cuarta", "link": "https://video.example/4"}
    assert desk.post(url("booking_grabacion", booking.pk), link).status_code == 422


def test_a_doubt_becomes_a_ticket_whose_page_is_filled_in(desk, marta, ana, ibarra):
    fill(ibarra)
    module = new_module()
    booking = had_session(ana, module=module)
    page = words(desk.get(url("booking_change", booking.pk)))
    start = page.index(reverse("admin:tickets_ticket_add"))
    address = page[start : page.index('"', start)].replace("&amp;", "&")
    known = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    assert known["author"] == ana.email and known["product"] == str(module.product_id)

    form = words(desk.get(address))
    assert ana.email in form and known["subject"] in form
    topic = TopicFactory()
    data = known | {"topic": topic.pk, "priority": 2, "body": "No queda claro cómo copiar centros."}
    assert desk.post(reverse("admin:tickets_ticket_add"), data).status_code == 302

    ticket = Ticket.objects.get()
    assert (ticket.author, ticket.company, ticket.product) == (ana, ibarra, module.product)
    assert ticket.events.get(kind="opened").actor == marta


@pytest.mark.parametrize(
    "spoil", [{"author": "nadie@fuera.example"}, {"topic": 987_654}, {"subject": ""}, {"body": ""}]
)
def test_a_ticket_for_somebody_needs_somebody_and_something(desk, ana, spoil):
    data = {"author": ana.email, "topic": TopicFactory().pk, "priority": 2, "subject": "Duda", "body": "¿Cómo?"} | spoil

    assert desk.post(reverse("admin:tickets_ticket_add"), data).status_code == 200
    assert not Ticket.objects.exists()


# --- the calendar of all ---


def test_the_calendar_shows_sessions_and_free_slots_of_a_week(desk, ana, ibarra):
    fill(ibarra)
    trainer, starts = new_trainer(), ahead()
    book(new_slot(starts, trainer=trainer), ana, at=timezone.now())
    free = new_slot(starts + timedelta(hours=2), trainer=trainer)
    day = starts.astimezone(trainer.zone).date()

    page = words(desk.get(url("booking_calendario"), {"semana": day.isoformat()}))

    assert "IBA" in page
    assert f"{url('booking_add')}?slot={free.pk}" in page
    assert "IBA" not in words(desk.get(url("booking_calendario")))


@pytest.mark.parametrize("week", ["", "x", "2026-99-99", "0001-01-01", "9999-12-31", "2026-W48", "𝟚026-01-01"])
def test_the_calendar_opens_whatever_week_is_asked_for(desk, week):
    assert desk.get(url("booking_calendario"), {"semana": week}).status_code == 200


def test_lists_and_calendar_cost_the_same_with_many_rows(desk, ana, ibarra):
    fill(ibarra, 90 * 20)
    trainer, starts = new_trainer(), ahead()
    pages = [url("booking_changelist"), url("slot_changelist"), url("booking_calendario") + f"?semana={starts.date()}"]

    def costs() -> list[int]:
        counts = []
        for page in pages:
            with CaptureQueriesContext(connection) as queries:
                desk.get(page)
            counts.append(len(queries))
        return counts

    def add(number: int) -> None:
        book(new_slot(starts + timedelta(hours=2 * number), trainer=trainer), ana, at=timezone.now())
        new_slot(starts + timedelta(hours=2 * number), trainer=trainer, minutes=15)

    add(0)
    costs()
    few = costs()
    for number in range(1, 9):
        add(number)
    assert costs() == few


# --- hours ---


def test_hours_are_bought_and_corrected_with_a_reason(desk, marta, ibarra):
    bag = "admin:contracts_hourbag"
    bought = {"company_code": " iba ", "hours": "7.5", "reason": "Contrato 2026/14"}
    answer = desk.post(reverse(f"{bag}_add"), bought)
    number = HourBag.objects.get().pk
    assert answer["Location"] == reverse(f"{bag}_change", args=[number])

    desk.post(reverse(f"{bag}_comprar", args=[number]), {"hours": "2", "reason": "Ampliación"})
    desk.post(reverse(f"{bag}_corregir", args=[number]), {"hours": "-1.25", "reason": "Sesión más larga"})

    entries = HourEntry.objects.order_by("number")
    assert [(e.kind, e.minutes, e.balance_after, e.reason, e.by) for e in entries] == [
        ("purchase", 450, 450, "Contrato 2026/14", marta),
        ("purchase", 120, 570, "Ampliación", marta),
        ("correction", -75, 495, "Sesión más larga", marta),
    ]
    assert "8:15" in words(desk.get(reverse(f"{bag}_change", args=[number])))


@pytest.mark.parametrize("hours", ["-1", "0", "NaN", "Infinity", "1e9", "0.1", "x", "", "99999999999"])
def test_no_nonsense_is_bought(desk, ibarra, hours):
    number = fill(ibarra).bag.pk

    for address in (reverse("admin:contracts_hourbag_comprar", args=[number]), reverse("admin:contracts_hourbag_add")):
        data = {"hours": hours, "reason": "Prueba", "company_code": "IBA"}
        assert desk.post(address, data).status_code in (200, 422)
    assert HourBag.objects.get().balance == 600


@pytest.mark.parametrize(("hours", "reason"), [("-10.25", "Demasiado"), ("1", " "), ("NaN", "Nada"), ("0", "Nada")])
def test_a_correction_takes_at_most_what_is_left_and_says_why(desk, ibarra, hours, reason):
    number = fill(ibarra).bag.pk

    answer = desk.post(reverse("admin:contracts_hourbag_corregir", args=[number]), {"hours": hours, "reason": reason})

    assert answer.status_code == 422
    assert HourBag.objects.get().balance == 600


# --- plan and guide ---


def test_a_module_has_its_outline_as_a_file_and_in_topics(desk):
    product = ProductFactory()
    data = {"product": product.pk, "sessions": 4, "minutes": 90, "remark": "Conviene un repaso.", "is_active": "on"}
    topics = formset("topics", {"session": 1, "position": 0, "title": "Alta de centros"})
    file = SimpleUploadedFile("guion.pdf", b"%PDF-1.4 guion")

    answer = desk.post(url("trainingmodule_add"), data | topics | {"outline_file": file})

    assert answer.status_code == 302, words(answer)
    module = TrainingModule.objects.get()
    assert (module.outline.name, module.topics.get().title) == ("guion.pdf", "Alta de centros")
    assert desk.get(url("trainingmodule_guion", module.pk)).status_code == 200


def test_the_guide_is_written_in_markdown_and_shown_safe(desk, marta):
    answer = desk.post(url("preparationguide_change", 1), {"text": "## Antes\n\n<script>alert(1)</script> **Pruebe**"})

    assert answer.status_code == 302
    guide = PreparationGuide.current()
    assert guide.changed_by == marta
    assert "<strong>Pruebe</strong>" in guide.html and "<script>" not in guide.html


# --- who may ---


def test_agents_look_and_change_nothing(browse, agent, ana, ibarra):
    fill(ibarra)
    booking, page = book(new_slot(ahead()), ana, at=timezone.now()), browse(agent)

    shown = page.get(url("booking_change", booking.pk))
    assert shown.status_code == 200 and "deeds" not in words(shown)
    for name in ("mover", "anular", "enlace", "cerrar", "grabacion"):
        assert page.post(url(f"booking_{name}", booking.pk), {"refunds": "on"}).status_code == 403
    bag = HourBag.objects.get().pk
    assert page.post(reverse("admin:contracts_hourbag_comprar", args=[bag]), {}).status_code == 403
    assert page.get(url("booking_add")).status_code == 403


def test_the_role_of_trainers_opens_their_desk_and_no_more(desk, ana, ibarra):
    fill(ibarra)
    for name in ("trainer", "slot", "booking", "trainingmodule"):
        assert desk.get(url(f"{name}_changelist")).status_code == 200
        assert desk.get(url(f"{name}_add")).status_code == 200
    assert desk.get(reverse("admin:contracts_hourbag_add")).status_code == 200
    assert desk.get(reverse("admin:mail_outgoingmail_changelist")).status_code == 403
    assert desk.get(reverse("admin:tickets_ticket_changelist")).status_code == 403
