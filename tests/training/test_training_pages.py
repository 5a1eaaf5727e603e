"""Formación as the people of a company find it."""

import csv
import io
import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from contracts.models import HourBag, HourEntry
from files.receiving import receive
from tests.factories import UserFactory
from tests.training.scene import book, fill, new_module, new_slot, new_trainer
from training.almanac import Span
from training.models import Booking, NotBooked, Recording, Slot
from worktime.models import Holiday

pytestmark = pytest.mark.django_db

CALENDAR = "/formacion/"
MADRID = ZoneInfo("Europe/Madrid")


@pytest.fixture(autouse=True)
def no_limit_is_near():
    cache.clear()


@pytest.fixture
def marta():
    return new_trainer()


def day_ahead(days=14):
    """A Wednesday, so many days ahead or a little more: everything may still be changed."""
    day = timezone.localdate() + timedelta(days=days)
    return day + timedelta(days=(2 - day.weekday()) % 7)


def at(hour, minute=0, *, days=14, zone=MADRID):
    return datetime.combine(day_ahead(days), time(hour, minute), zone)


def week_of(moment):
    return f"{CALENDAR}?semana={moment.date()}"


def month_of(moment):
    return f"{CALENDAR}?mes={moment:%Y-%m}"


def text_of(answer):
    """What is read of a page, tags aside."""
    return " ".join(re.sub(r"<[^>]+>", " ", answer.content.decode()).split())


def booked(by, starts, trainer, **details):
    return book(new_slot(starts, trainer=trainer), by, at=timezone.now(), **details)


# --- the calendar ---


def test_the_calendar_shows_free_slots_and_the_sessions_of_the_company(browse, ana, ibarra, marta):
    fill(ibarra)
    session = booked(ana, at(10), marta)
    free = new_slot(at(12), trainer=marta)
    page = browse(ana).get(month_of(at(10))).content.decode()
    assert reverse("training:book", args=[free.public_id]) in page
    assert f'href="{session.get_absolute_url()}">10:00' in page


def test_the_sessions_of_others_are_not_shown_in_any_way(browse, ana, carla, norte, marta):
    fill(norte)
    session = booked(carla, at(10), marta, names=["Pepe Gil"], note="Secreto")
    for url in (month_of(at(10)), week_of(at(10))):
        page = browse(ana).get(url).content.decode()
        assert "10:00" not in page
        assert not any(word in page for word in (session.public_id, session.slot.public_id, "Norte", "Carla"))
    assert session.get_absolute_url() in browse(carla).get(month_of(at(10))).content.decode()


def test_slots_that_support_withdrew_are_not_shown(browse, ana, marta):
    slot = new_slot(at(10), trainer=marta)
    slot.withdraw(at=timezone.now())
    assert "10:00" not in browse(ana).get(month_of(at(10))).content.decode()


def test_whoever_may_not_book_sees_when_there_are_slots_and_no_link(browse, diego, marta):
    slot = new_slot(at(10), trainer=marta)
    page = browse(diego).get(month_of(at(10))).content.decode()
    assert "10:00" in page
    assert slot.public_id not in page


def test_times_are_those_of_the_company_and_it_is_said_whose(browse, ana, ibarra, marta):
    new_slot(at(10), trainer=marta)
    assert "Hora de" not in text_of(browse(ana).get(week_of(at(10))))
    ibarra.time_zone = "Atlantic/Canary"
    ibarra.save()
    page = text_of(browse(ana).get(week_of(at(10))))
    assert "Hora de Canarias" in page
    assert "09:00–10:30" in page


def test_bank_holidays_are_named_those_of_the_region_alone(browse, ana, ibarra):
    Holiday.objects.fill_year(2027)
    assert "Día de Canarias" not in text_of(browse(ana).get(f"{CALENDAR}?mes=2027-05"))
    ibarra.region = "CN"
    ibarra.save()
    assert "Día de Canarias" in text_of(browse(ana).get(f"{CALENDAR}?mes=2027-05"))


def test_where_several_begin_at_once_one_chooses_in_the_week(browse, ana, marta):
    one, other = new_slot(at(10), trainer=marta), new_slot(at(10), trainer=new_trainer("Iñaki", "Goñi"))
    month = browse(ana).get(month_of(at(10))).content.decode()
    assert f"?semana={day_ahead()}#dia-{day_ahead()}" in month
    week = browse(ana).get(week_of(at(10))).content.decode()
    for slot in (one, other):
        assert reverse("training:book", args=[slot.public_id]) in week
    assert "Iñaki Goñi" in week


def test_a_day_of_the_month_lists_the_first_times_and_leads_to_the_others(browse, ana, marta):
    for hour in range(8, 16):
        new_slot(at(hour), trainer=marta, minutes=60)
    page = text_of(browse(ana).get(month_of(at(8))))
    assert "11:00 hueco libre 4 más" in page


@pytest.mark.parametrize(
    ("query", "first", "last"),
    [
        ({"month": "2026-11"}, date(2026, 10, 26), date(2026, 12, 6)),
        ({"month": "2027-02"}, date(2027, 2, 1), date(2027, 2, 28)),
        ({"week": "2026-11-26"}, date(2026, 11, 23), date(2026, 11, 29)),
        ({"week": "2026-13-40", "month": "2026-10"}, date(2026, 9, 28), date(2026, 11, 1)),
        ({"month": "9999-12"}, date(2026, 9, 28), date(2026, 11, 1)),
        ({"month": "0001-01", "week": "\x00"}, date(2026, 9, 28), date(2026, 11, 1)),
    ],
)
def test_an_address_names_whole_weeks_and_nonsense_shows_today(query, first, last):
    span = Span.asked_for(**{"month": "", "week": ""} | query, begin=date(2026, 10, 7))
    assert (span.first, span.last) == (first, last)


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25), date(2027, 3, 28)])
def test_the_day_on_which_clocks_change_has_its_slots(browse, ana, marta, day):
    for hour in (0, 5, 23):
        new_slot(datetime.combine(day, time(hour), MADRID), trainer=marta, minutes=15)
    since, until = Span.of_week(day).instants(MADRID)
    found = Slot.objects.visible_to(ana).between(since, until)
    assert [timezone.localtime(slot.starts, MADRID).hour for slot in found] == [0, 5, 23]


def many_slots(trainers, count, *, first):
    """Free slots from a day on, a quarter of an hour each."""
    starts = [first + timedelta(minutes=15 * number) for number in range(count // len(trainers))]
    rows = [
        Slot(trainer=trainer, starts=begin, ends=begin + timedelta(minutes=15))
        for trainer in trainers
        for begin in starts
    ]
    Slot.objects.bulk_create(rows)


def queries_of(client, url):
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


def test_the_calendar_asks_as_often_with_many_slots_as_with_few(browse, ana, ibarra, marta):
    fill(ibarra)
    booked(ana, at(10), marta)
    client, url = browse(ana), month_of(at(10))
    few = queries_of(client, url)
    trainers = [new_trainer(f"T{number}") for number in range(4)]
    many_slots(trainers, 400, first=at(6).replace(day=1) + timedelta(days=32))
    many_slots(trainers, 400, first=at(6))
    many_slots(trainers, 2_000, first=at(6) - timedelta(days=900))
    booked(ana, at(15), marta)
    assert queries_of(client, url) == few <= 10


def test_the_calendar_finds_its_slots_by_an_index(marta):
    many_slots([marta], 500, first=at(6) - timedelta(days=900))
    new_slot(at(10), trainer=marta)
    since, until = Span.of_month(day_ahead()).instants(MADRID)
    plan = Slot.objects.free(at=timezone.now()).between(since, until).order_by("starts", "ends", "pk").explain()
    if connection.vendor == "sqlite":
        assert "slots_in_order" in plan
    else:
        assert "Seq Scan on training_takenquarter" not in plan


# --- booking ---


def ask(client, slot, **data):
    return client.post(reverse("training:book", args=[slot.public_id]), data)


def test_a_session_is_booked_with_what_interests_and_who_attends(browse, ana, ibarra, diego, marta):
    fill(ibarra, 600)
    module, slot = new_module(topics=("Riesgos", "Medidas", "Informes")), new_slot(at(10), trainer=marta)
    first, second, _third = module.topics.all()
    answer = ask(
        browse(ana), slot, module=module.pk,
        people=[ana.public_id, diego.public_id], names="Pepe Gil\r\n\r\n Eva  Sanz ",
        own_link=" https://reunion.example/iba ", note="Somos nuevos", may_record="on",
        **{f"wish_{first.pk}": "more", f"wish_{second.pk}": "less"},
    )  # fmt: skip
    session = Booking.objects.get()
    assert answer.url == session.get_absolute_url()
    assert (session.company, session.module, session.slot, session.booked_by) == (ibarra, module, slot, ana)
    assert [str(attendee) for attendee in session.attendees.all()] == ["Ana Ruiz", "Diego Sanz", "Pepe Gil", "Eva Sanz"]
    assert {(wish.topic, wish.wish) for wish in session.wishes.all()} == {(first, "more"), (second, "less")}
    assert (session.own_link, session.note, session.may_record) == ("https://reunion.example/iba", "Somos nuevos", True)
    page = text_of(browse(diego).get(session.get_absolute_url()))
    for words in ("Pepe Gil", "Riesgos Nos interesa más", "Medidas Dejar fuera", "Somos nuevos", "consiente"):
        assert words in page


def test_choosing_a_module_shows_its_outline_and_keeps_what_was_typed(browse, ana, ibarra, marta):
    fill(ibarra)
    module, slot = new_module(topics=("Riesgos",)), new_slot(at(10), trainer=marta)
    page = ask(browse(ana), slot, module=module.pk, names="Pepe Gil", own_link="ftp://nada", show="1")
    assert "Riesgos" in text_of(page) and "Pepe Gil" in text_of(page)
    assert "invalid-feedback" not in page.content.decode()
    assert not Booking.objects.exists()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"own_link": "javascript:alert(1)"}, "https://"),
        ({"own_link": "http://reunion.example/iba"}, "https://"),
        ({"own_link": "https://ana:clave@reunion.example/"}, "https://"),
        ({"own_link": "https://reunion.example/" + "a" * 10_000}, "500"),
        ({"note": "a" * 1_001}, "1000"),
        ({"module": "999999"}, "Elija uno de los módulos."),
        ({"module": ["x", "y"]}, "Elija uno de los módulos."),
        ({"people": ["no-such-person"]}, "no-such-person"),
        ({"names": "\n".join(f"Persona {number}" for number in range(31))}, "30"),
        ({"wish_999999": "more"}, "módulo"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_booked(browse, ana, ibarra, marta, data, words):
    fill(ibarra)
    answer = ask(browse(ana), new_slot(at(10), trainer=marta), **data)
    assert answer.status_code == 200
    assert words in text_of(answer)
    assert not Booking.objects.exists()
    assert HourBag.objects.of(ibarra).balance == 600


def test_a_topic_of_another_module_is_refused(browse, ana, ibarra, marta):
    fill(ibarra)
    module, other = new_module(topics=("Riesgos",)), new_module("Vigilancia", topics=("Citas",))
    slot, topic = new_slot(at(10), trainer=marta), other.topics.get()
    answer = ask(browse(ana), slot, module=module.pk, **{f"wish_{topic.pk}": "more"})
    assert answer.status_code == 200
    assert "del módulo" in text_of(answer)
    assert not Booking.objects.exists()


@pytest.mark.parametrize("name", ["module", "people", "names", "own_link", "note", "may_record", "wish_1", "show"])
@pytest.mark.parametrize("value", ["\x00", "a\x00b", ["1", "2"], "９", "-1", "NaN", "1e9", "𝕏" * 5_000])
def test_no_field_breaks_the_page(browse, ana, ibarra, marta, name, value):
    fill(ibarra)
    assert ask(browse(ana), new_slot(at(10), trainer=marta), **{name: value}).status_code in (200, 302)


@pytest.mark.parametrize(
    "address", ["reservar/%00/", "reservar/%FF%FE/", "reservas/%00/", "reservar/" + "a" * 2_000 + "/"]
)
def test_no_address_breaks_the_page(browse, ana, address):
    assert browse(ana).get(CALENDAR + address).status_code in (302, 400, 404)


@pytest.mark.parametrize(
    "query", ["mes=%00", "semana=%FF", "mes=2026-11&mes=x", "mes=99999-99", "semana=" + "9" * 9_000]
)
def test_no_query_breaks_the_calendar(browse, ana, query):
    assert browse(ana).get(f"{CALENDAR}?{query}").status_code in (200, 400, 404)


def test_a_slot_that_somebody_took_meanwhile_is_told_in_words(browse, ana, carla, ibarra, norte, marta):
    fill(ibarra), fill(norte)
    slot = new_slot(at(10), trainer=marta)
    book(slot, carla, at=timezone.now())
    answer = ask(browse(ana), slot, names="Pepe Gil")
    assert "ya no está libre" in text_of(answer) and "Pepe Gil" in text_of(answer)
    assert HourBag.objects.of(ibarra).balance == 600
    followed = browse(ana).get(reverse("training:book", args=[slot.public_id]), follow=True)
    assert followed.request["PATH_INFO"] == CALENDAR and "ya no está libre" in text_of(followed)


def test_slots_in_the_past_or_withdrawn_lead_back_to_the_calendar(browse, ana, ibarra, marta):
    fill(ibarra)
    past, withdrawn = new_slot(at(10, days=-21), trainer=marta), new_slot(at(10), trainer=marta)
    withdrawn.withdraw(at=timezone.now())
    for slot in (past, withdrawn):
        assert browse(ana).get(reverse("training:book", args=[slot.public_id])).url == CALENDAR
        ask(browse(ana), slot)
    assert not Booking.objects.exists()


def test_sending_the_form_again_leads_to_the_session_that_it_booked(browse, ana, ibarra, marta):
    fill(ibarra)
    slot = new_slot(at(10), trainer=marta)
    first, again = ask(browse(ana), slot), browse(ana).get(reverse("training:book", args=[slot.public_id]))
    assert first.url == again.url == Booking.objects.get().get_absolute_url()


def test_without_hours_it_is_said_how_to_get_more(browse, ana, ibarra, marta):
    slot = new_slot(at(10), trainer=marta)
    page = browse(ana).get(reverse("training:book", args=[slot.public_id]))
    assert "a su empresa le quedan 0 min" in text_of(page)
    assert "/tickets/nuevo/?asunto=M%C3%A1s%20horas" in page.content.decode()
    assert '<form method="post" class="stack"' not in page.content.decode()


def test_whoever_writes_no_tickets_gets_the_address_of_administration(browse, ibarra, marta, settings):
    settings.BRAND = settings.BRAND | {"administration_email": "administracion@vendor.example"}
    eva = UserFactory(company=ibarra, can_use_tickets=False, can_use_training=True, can_book_training=True)
    for url in (CALENDAR, "/formacion/bolsa/"):
        page = browse(eva).get(url).content.decode()
        assert "mailto:administracion@vendor.example" in page
        assert "/tickets/nuevo/" not in page


def test_the_ticket_for_more_hours_has_its_subject(browse, ana):
    page = browse(ana).get("/tickets/nuevo/?asunto=M%C3%A1s%20horas%20de%20formaci%C3%B3n").content.decode()
    assert 'value="Más horas de formación"' in page


def test_whoever_may_not_book_is_refused(browse, diego, ana, ibarra, marta):
    fill(ibarra)
    session, slot = booked(ana, at(10), marta), new_slot(at(12), trainer=marta)
    pages = [
        reverse("training:book", args=[slot.public_id]),
        reverse("training:move", args=[session.public_id, slot.public_id]),
        *(reverse(f"training:{name}", args=[session.public_id]) for name in ("cancel", "link", "change")),
    ]
    for url in pages:
        assert browse(diego).get(url).status_code == browse(diego).post(url).status_code == 403
        assert url not in browse(diego).get(session.get_absolute_url()).content.decode()


# --- what happens to a session ---


def test_a_session_moves_in_one_step(browse, ana, ibarra, marta):
    fill(ibarra, 600)
    session, to = booked(ana, at(10), marta), new_slot(at(12), trainer=marta, minutes=120)
    change = browse(ana).get(reverse("training:change", args=[session.public_id]) + f"?mes={at(10):%Y-%m}")
    url = reverse("training:move", args=[session.public_id, to.public_id])
    assert url in change.content.decode()
    assert "salen 30 min más" in text_of(browse(ana).get(url))
    done = browse(ana).post(url, follow=True)
    session.refresh_from_db()
    assert session.slot == to
    assert "ha cambiado de fecha" in text_of(done)
    assert HourBag.objects.of(ibarra).balance == 480


def test_a_move_to_a_slot_that_was_taken_leaves_all_as_it_was(browse, ana, carla, ibarra, norte, marta):
    fill(ibarra), fill(norte)
    session, to = booked(ana, at(10), marta), new_slot(at(12), trainer=marta)
    book(to, carla, at=timezone.now())
    done = browse(ana).post(reverse("training:move", args=[session.public_id, to.public_id]), follow=True)
    session.refresh_from_db()
    assert "ya no está libre" in text_of(done)
    assert timezone.localtime(session.slot.starts, MADRID).hour == 10
    assert HourBag.objects.of(ibarra).balance == 510


def cancel(client, session, *, refunds):
    return client.post(reverse("training:cancel", args=[session.public_id]), {"refunds": refunds}, follow=True)


def test_cancelling_in_time_says_that_the_hours_come_back_and_they_do(browse, ana, ibarra, marta):
    fill(ibarra, 600)
    session = booked(ana, at(10), marta)
    assert "vuelven 1 h 30 min a su bolsa" in text_of(
        browse(ana).get(reverse("training:cancel", args=[session.public_id]))
    )
    assert "han vuelto a la bolsa" in text_of(cancel(browse(ana), session, refunds="True"))
    assert HourBag.objects.of(ibarra).balance == 600


def soon():
    """The next quarter of an hour: too late for any change, and the room is open."""
    now = timezone.now().replace(second=0, microsecond=0)
    return now + timedelta(minutes=15 - now.minute % 15)


def booked_soon(ana, marta, **details):
    return book(new_slot(soon(), trainer=marta), ana, at=timezone.now() - timedelta(days=10), **details)


def test_cancelling_late_says_that_the_hours_are_lost_and_they_are(browse, ana, ibarra, marta):
    fill(ibarra, 600)
    session = booked_soon(ana, marta)
    assert "se pierden 1 h 30 min" in text_of(browse(ana).get(reverse("training:cancel", args=[session.public_id])))
    assert "no se han devuelto" in text_of(cancel(browse(ana), session, refunds="False"))
    assert HourBag.objects.of(ibarra).balance == 510


def test_hours_that_were_promised_are_not_lost_without_asking_again(browse, ana, ibarra, marta):
    """The page was open while the time ran out."""
    fill(ibarra, 600)
    session = booked_soon(ana, marta)
    assert "decídalo de nuevo" in text_of(cancel(browse(ana), session, refunds="True"))
    session.refresh_from_db()
    assert session.state == Booking.State.BOOKED


def test_cancelling_twice_gives_the_hours_back_once(browse, ana, ibarra, marta):
    fill(ibarra, 600)
    session = booked(ana, at(10), marta)
    for _time in range(2):
        done = cancel(browse(ana), session, refunds="True")
    assert str(NotBooked().message) in text_of(done)
    assert HourBag.objects.of(ibarra).balance == 600
    assert HourEntry.objects.filter(kind=HourEntry.Kind.REFUND).count() == 1


def test_one_enters_from_a_quarter_of_an_hour_before(browse, ana, ibarra, marta):
    fill(ibarra, 600)
    now, later = booked_soon(ana, marta), booked(ana, at(10), marta)
    assert now.meeting_url in browse(ana).get(CALENDAR).content.decode()
    page = browse(ana).get(later.get_absolute_url()).content.decode()
    assert f'href="{later.meeting_url}"' not in page
    assert "desde las 09:45" in page


def test_the_link_can_be_given_until_the_session_begins(browse, ana, ibarra, marta):
    fill(ibarra, 600)
    session = booked_soon(ana, marta)
    url = reverse("training:link", args=[session.public_id])
    assert "https://" in text_of(browse(ana).post(url, {"own_link": "javascript:alert(1)"}))
    assert browse(ana).post(url, {"own_link": "https://reunion.example/iba"}).status_code == 302
    session.refresh_from_db()
    assert session.meeting_url == "https://reunion.example/iba"


def test_the_session_as_a_calendar_file_says_what_the_page_says(browse, ana, ibarra, marta):
    fill(ibarra, 600)
    session = booked(ana, at(10), marta)
    answer = browse(ana).get(reverse("training:ics", args=[session.public_id]))
    (event,) = icalendar.Calendar.from_ical(answer.content).walk("VEVENT")
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert (event["uid"], event.decoded("dtstart"), event.decoded("dtend")) == (session.uid, at(10), at(11, 30))
    assert session.meeting_url in event["location"]


def test_sessions_of_the_past_stand_year_by_year(browse, ana, ibarra, marta):
    fill(ibarra, 900)
    for year in (2024, 2025):
        starts = datetime(year, 5, 6, 10, tzinfo=MADRID)
        book(new_slot(starts, trainer=marta), ana, at=starts - timedelta(days=30))
    client = browse(ana)
    page = text_of(client.get("/formacion/reservas/"))
    assert "6 de mayo de 2025" in page and "6 de mayo de 2024" not in page
    assert "6 de mayo de 2024" in text_of(client.get("/formacion/reservas/?ano=2024"))
    assert client.get("/formacion/reservas/?ano=%00").status_code == 200


# --- the bag ---


def test_the_statement_tells_who_when_why_and_what_was_left(browse, ana, diego, ibarra, marta):
    fill(ibarra, 600)
    session = booked(ana, at(10), marta)
    session.cancel(by=ana)
    page = text_of(browse(diego).get("/formacion/bolsa/"))
    assert "− 1 h 30 min 8 h 30 min" in page
    assert "+ 1 h 30 min 10 h" in page
    assert "Soporte · Contrato" in page and "Ana Ruiz" in page and "Dudas y repaso" in page


def test_the_statement_pages_by_number_and_shows_no_key_of_the_database(browse, ana, ibarra):
    for number in range(30):
        HourEntry.objects.purchase(by=ana, company=ibarra, minutes=15, reason=f"Compra {number + 1}.")
    client = browse(ana)
    first = client.get("/formacion/bolsa/").content.decode()
    assert "Compra 30." in first and "Compra 5." not in first
    (cursor,) = re.findall(r'pagina=([^"]+)" rel="next"', first)
    second = client.get(f"/formacion/bolsa/?pagina={cursor}").content.decode()
    assert "Compra 5." in second and "Compra 6." not in second
    assert client.get("/formacion/bolsa/?pagina=nada").status_code == 200


def test_the_statement_asks_as_often_with_many_lines_as_with_few(browse, ana, ibarra, marta):
    fill(ibarra, 6_000)
    booked(ana, at(10), marta)
    client = browse(ana)
    few = queries_of(client, "/formacion/bolsa/")
    for hour in range(12, 18, 2):
        booked(ana, at(hour), marta)
    assert queries_of(client, "/formacion/bolsa/") == few


def test_the_statement_as_csv(browse, ana, ibarra, marta):
    fill(ibarra, 600)
    booked(ana, at(10), marta)
    answer = browse(ana).get("/formacion/bolsa/movimientos/")
    rows = list(csv.reader(io.StringIO(b"".join(answer.streaming_content).decode("utf-8-sig")), delimiter=";"))
    assert rows[0] == ["Número", "Fecha", "Movimiento", "Minutos", "Saldo en minutos", "Quién", "Por qué"]
    assert [(row[0], row[3], row[4], row[5]) for row in rows[1:]] == [
        ("2", "-90", "510", "Ana Ruiz"),
        ("1", "600", "600", "Soporte"),
    ]


# --- what there is to learn ---


def test_the_plan_ticks_what_the_company_has_had(browse, ana, carla, ibarra, norte, marta):
    fill(ibarra, 900)
    module = new_module(sessions=2, topics=("Riesgos",), remark="Conviene un repaso.")
    for day in (4, 5):
        starts = datetime(2026, 5, day, 10, tzinfo=MADRID)
        book(new_slot(starts, trainer=marta), ana, module=module, at=starts - timedelta(days=30))
        page = text_of(browse(ana).get("/formacion/plan/"))
        assert ("1 de 2 sesiones recibidas" if day == 4 else "Su empresa ya la ha recibido") in page
    assert "Conviene un repaso." in page and "2 sesiones de 1 h 30 min cada una" in page
    assert "recibid" not in text_of(browse(carla).get("/formacion/plan/"))


def test_the_outline_is_downloaded(browse, ana, settings, tmp_path):
    settings.FILES_ROOT = tmp_path
    module = new_module()
    module.keep(outline=receive(SimpleUploadedFile("guion.txt", b"Primero esto")))
    answer = browse(ana).get(reverse("training:outline", args=[module.public_id]))
    assert b"".join(answer.streaming_content) == b"Primero esto"
    assert "attachment" in answer["Content-Disposition"]


def test_a_recording_is_watched_in_parts_by_its_company_alone(browse, ana, carla, ibarra, marta, settings, tmp_path):
    settings.FILES_ROOT = tmp_path
    fill(ibarra)
    session = booked(ana, at(10), marta, may_record=True)
    film = receive(SimpleUploadedFile("sesion.mp4", b"\x00\x00\x00\x18ftypmp42" + b"\x00" * 500))
    recording = Recording.objects.add(booking=session, by=marta.user, title="Primera parte", upload=film)
    url = reverse("training:recording_file", args=[recording.public_id])
    part = browse(ana).get(url, headers={"Range": "bytes=4-7"})
    assert (part.status_code, b"".join(part.streaming_content)) == (206, b"ftyp")
    assert "<video" in browse(ana).get(recording.get_absolute_url()).content.decode()
    assert "Primera parte" in text_of(browse(ana).get(CALENDAR))
    assert browse(carla).get(url).status_code == 404
    assert "Primera parte" not in text_of(browse(carla).get("/formacion/grabaciones/"))


def test_a_recording_elsewhere_is_a_link(browse, ana, ibarra, marta):
    fill(ibarra)
    session = booked(ana, at(10), marta, may_record=True)
    link = "https://videos.example/iba"
    recording = Recording.objects.add(booking=session, by=marta.user, title="Primera parte", link=link)
    assert f'href="{link}"' in browse(ana).get(recording.get_absolute_url()).content.decode()
    assert browse(ana).get(reverse("training:recording_file", args=[recording.public_id])).status_code == 404


def test_the_preparation_leads_to_a_room_to_try_that_nobody_else_has(browse, ana):
    room = re.compile(rf'"({re.escape(settings.VIDEO_SERVER)}/prueba-[^"]+)"')
    pages = [browse(ana).get("/formacion/preparacion/").content.decode() for _time in range(2)]
    assert len({room.search(page)[1] for page in pages}) == 2
