"""The licence radar, day by day: each thing is told of once, to the right people, where the day is the company's."""

import random
from collections import Counter
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import Group
from django.db import OperationalError, connection
from django.urls import reverse
from django.utils import timezone

from accounts.models import Company, User
from contracts import radar
from contracts.models import LicenceFile, Product, Subscription
from contracts.tasks import sweep_licences
from mail.models import OutgoingMail
from tests.factories import CompanyFactory, StaffFactory, UserFactory, licence_file

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
TODAY = date(2027, 3, 1)
NOON = datetime(2027, 3, 1, 11, tzinfo=UTC)


def at(days, hour=11):
    return NOON.replace(hour=hour) + days * DAY


def file_of(company, first, last, **details):
    """A licence file whose days are counted from TODAY."""
    return licence_file(company, starts=TODAY + first * DAY, until=TODAY + last * DAY, **details)


def told():
    """{(kind, address): how many}, and the outbox is read."""
    mails = Counter(OutgoingMail.objects.values_list("kind", "address"))
    OutgoingMail.objects.all().delete()
    return mails


# --- one rule at a time ---


def test_the_file_leaves_ten_days_before_the_licence_ends(marked, bruno, diego, ibarra):
    file_of(ibarra, -300, 30, applied=True)
    following = file_of(ibarra, 31, 400)

    days = [day for day in range(40) if radar.sweep(at=at(day)).mailed]

    assert days == [20]
    (mail,) = OutgoingMail.objects.filter(kind="licence_file_sent")
    assert (mail.address, [file.stored for file in mail.attachments.all()]) == (marked.email, [following.stored])
    following.refresh_from_db()
    assert following.mailed_at == at(20)


def test_the_days_are_a_setting(marked, ibarra, settings):
    settings.LICENCE_DAYS = 5
    file_of(ibarra, -300, 30, applied=True)
    file_of(ibarra, 31, 400)

    assert [day for day in range(40) if radar.sweep(at=at(day)).mailed] == [25]


def test_contacts_without_access_get_it_too_and_managers_without_the_mark_do_not(bruno, ibarra):
    contact = UserFactory(company=ibarra, has_portal_access=False, can_use_tickets=False, receives_licence_files=True)
    gone = UserFactory(company=ibarra, is_active=False, receives_licence_files=True)
    file_of(ibarra, 5, 400)

    radar.sweep(at=at(0))

    assert told() == {("licence_file_sent", contact.email): 1}
    assert gone.email not in told()


def test_what_is_applied_withdrawn_or_over_leaves_nobodys_desk(marked, boss, ibarra):
    file_of(ibarra, -10, 3, applied=True)
    file_of(ibarra, -10, 4).withdraw(by=boss)
    file_of(ibarra, -10, -1)

    swept = radar.sweep(at=at(0))

    assert (swept.mailed, swept.reminded) == (0, 0)


def test_a_file_in_which_something_was_found_is_not_sent_and_support_hears_of_it_once(marked, boss, ibarra):
    file = file_of(ibarra, -1, 5)
    file.stored.found_infected("Eicar-Test-Signature", at=timezone.now())

    swept = [radar.sweep(at=at(day)) for day in (0, 0, 1)]

    assert [(one.mailed, one.warned) for one in swept] == [(0, 1), (0, 0), (0, 0)]
    mail = OutgoingMail.objects.get()
    assert (mail.kind, mail.address) == ("licences_need_staff", boss.email)
    assert "Eicar-Test-Signature" in mail.text


def test_a_file_at_which_the_antivirus_has_yet_to_look_waits(marked, ibarra, clamd):
    file = file_of(ibarra, -1, 5)
    assert radar.sweep(at=at(0)).mailed == 0

    file.stored.found_clean(at=timezone.now())

    assert radar.sweep(at=at(0)).mailed == 1


def test_managers_are_reminded_without_the_file_when_nobody_takes_it(marked, bruno, ibarra):
    file_of(ibarra, -300, 30, applied=True)
    file = file_of(ibarra, 31, 400)

    days = [day for day in range(40) if radar.sweep(at=at(day)).reminded]

    assert days == [27]
    mail = OutgoingMail.objects.get(kind="licence_waiting")
    assert (mail.address, mail.attachments.count()) == (bruno.email, 0)
    assert "Ana Ruiz" in mail.text
    assert file.stored.name not in mail.text


@pytest.mark.parametrize("deed", ["note_download", "apply"])
def test_nobody_is_reminded_of_what_was_taken_or_applied(marked, bruno, ibarra, deed):
    file_of(ibarra, -300, 30, applied=True)
    file = file_of(ibarra, 31, 400)
    radar.sweep(at=at(20))
    getattr(file, deed)(by=marked, at=at(21))

    assert sum(radar.sweep(at=at(day)).reminded for day in range(21, 40)) == 0


def test_a_look_by_support_is_no_download_of_the_company(marked, bruno, boss, ibarra):
    file = file_of(ibarra, -5, 3)
    radar.sweep(at=at(0))
    file.note_download(by=boss, at=at(0))

    assert radar.sweep(at=at(1)).reminded == 1


def test_support_is_told_twice_as_early_when_there_is_no_other_file(marked, boss, ibarra):
    uploader = StaffFactory(first_name="Lola")
    uploader.groups.add(Group.objects.get(name="Publicación"))
    file_of(ibarra, -300, 30, by=boss, applied=True)

    days = [day for day in range(60) if radar.sweep(at=at(day)).warned]

    assert days == [10]
    assert told() == {("licences_need_staff", boss.email): 1, ("licences_need_staff", uploader.email): 1}


def test_companies_whose_licences_end_together_are_one_mail(boss):
    for code in ("AAA", "BBB", "CCC"):
        file_of(CompanyFactory(code=code), -300, 15, by=boss, applied=True)
    file_of(CompanyFactory(code="DDD", is_active=False), -300, 15, by=boss, applied=True)
    file_of(CompanyFactory(code="EEE", is_demo=True), -300, 15, by=boss, applied=True)

    assert radar.sweep(at=at(0)).warned == 3

    mail = OutgoingMail.objects.get()
    assert [code for code in ("AAA", "BBB", "CCC", "DDD", "EEE") if f"- {code}," in mail.text] == ["AAA", "BBB", "CCC"]


def test_nobody_is_told_when_the_next_file_is_there(boss, ibarra):
    file_of(ibarra, -300, 15, by=boss, applied=True)
    file_of(ibarra, 16, 300, by=boss)

    assert sum(radar.sweep(at=at(day)).warned for day in range(30)) == 0


def test_while_nobody_uploads_licence_files_the_contact_address_hears_of_it(ibarra):
    file_of(ibarra, -300, 15, by=StaffFactory(), applied=True)

    radar.sweep(at=at(0))

    assert told() == {("licences_need_staff", "soporte@acme.example"): 1}


def test_whoever_gets_the_mark_later_gets_the_file_then(ana, bruno, ibarra):
    file_of(ibarra, 5, 400)
    assert radar.sweep(at=at(0)).mailed == 0

    ana.set_permissions(by=bruno, changes={"receives_licence_files": True})

    assert [radar.sweep(at=at(1)).mailed for _time in range(2)] == [1, 0]


@pytest.mark.parametrize(("zone", "hour", "day"), [("Pacific/Auckland", 12, 19), ("America/Lima", 2, 21)])
def test_a_day_begins_where_the_company_is(zone, hour, day):
    """At noon in Greenwich it is tomorrow in Auckland; at two in the morning, yesterday in Lima."""
    company = CompanyFactory(time_zone=zone)
    UserFactory(company=company, receives_licence_files=True)
    file_of(company, -300, 30, applied=True)
    file_of(company, 31, 400)

    assert [day for day in range(40) if radar.sweep(at=at(day, hour)).mailed] == [day]


def test_the_task_takes_the_present_moment(marked, ibarra):
    licence_file(ibarra)

    sweep_licences()
    sweep_licences()

    assert told()[("licence_file_sent", marked.email)] == 1


@contextmanager
def dying_at(number):
    """The worker dies before its write of this number."""
    writes = count()

    def guard(execute, sql, params, many, context):
        if sql.startswith(("INSERT", "UPDATE")) and next(writes) == number:
            raise OperationalError("The worker died.")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(guard):
        yield


def test_a_sweep_that_dies_anywhere_is_completed_by_the_next(boss):
    for number in count():
        company = CompanyFactory()
        manager = UserFactory(company=company, is_company_manager=True)
        reader = UserFactory(company=company, receives_licence_files=True)
        waiting = file_of(company, -9, 1, by=boss, name="a.lic")
        LicenceFile.objects.filter(pk=waiting.pk).update(mailed_at=at(-2))
        file_of(company, -9, 1, by=boss, name="b.lic")
        OutgoingMail.objects.all().delete()
        has_died = True
        with suppress(OperationalError), dying_at(number):
            radar.sweep(at=at(0))
            has_died = False

        radar.sweep(at=at(0))

        expected = {"licence_file_sent": reader, "licence_waiting": manager, "licences_need_staff": boss}
        assert told() == {(kind, person.email): 1 for kind, person in expected.items()}, number
        if not has_died:
            break
    assert number >= 6  # three marks and three mails at least


# --- all rules together, against an oracle that only counts ---


class Oracle:
    """What one company must be told, day by day, by the plainest reading of the rules."""

    def __init__(self, zone, days):
        self.zone, self.days = ZoneInfo(zone), days
        self.files, self.mailed, self.reminded, self.warned = [], {}, set(), set()

    def sweep(self, moment, *, has_recipient):
        today, said = moment.astimezone(self.zone).date(), Counter()
        for file in self.files:
            before = [other["until"] for other in self.files if other["until"] < file["until"]]
            due = max(before) if before else file["from"]
            name = file["name"]
            in_time = due - self.days * DAY <= today <= file["until"] and not file["applied"]
            if in_time and has_recipient and name not in self.mailed:
                self.mailed[name] = moment
                said["licence_file_sent"] += 1
            is_late = in_time and today >= due - (self.days // 3) * DAY and not file["taken"]
            had_a_day = name not in self.mailed or moment - self.mailed[name] >= DAY
            if is_late and had_a_day and name not in self.reminded:
                self.reminded.add(name)
                said["licence_waiting"] += 1
        if self.files:
            last = max(file["until"] for file in self.files)
            if abs((last - today).days) <= 2 * self.days and last not in self.warned:
                self.warned.add(last)
                said["licences_need_staff"] += 1
        return said


@pytest.mark.parametrize("seed", range(30))
def test_day_by_day_the_radar_does_what_counting_on_the_fingers_says(seed, settings, boss):
    chance = random.Random(seed)
    settings.LICENCE_DAYS = days = chance.choice([1, 2, 3, 7, 10])
    zone = chance.choice(["Europe/Madrid", "Atlantic/Canary", "Pacific/Auckland", "America/Lima"])
    company = CompanyFactory(time_zone=zone)
    manager = UserFactory(company=company, is_company_manager=True)
    reader = UserFactory(company=company)
    oracle, rows, hour = Oracle(zone, days), {}, chance.randrange(24)
    marked_from = chance.choice([0, 0, 5, 15, 99])
    for day in range(45):
        if day == marked_from:
            User.objects.filter(pk=reader.pk).update(receives_licence_files=True)
        if chance.random() < 0.12:
            add_a_file(chance, company, day, oracle, rows, boss)
        for told_of in oracle.files:
            if chance.random() < 0.03 and not told_of["applied"]:
                rows[told_of["name"]].apply(by=reader, at=at(day, hour))
                told_of["applied"] = True
            if chance.random() < 0.03:
                rows[told_of["name"]].note_download(by=reader, at=at(day, hour))
                told_of["taken"] = True
        expected = oracle.sweep(at(day, hour), has_recipient=day >= marked_from)

        for _time in range(chance.choice([1, 2])):
            radar.sweep(at=at(day, hour))

        to = {"licence_file_sent": reader, "licence_waiting": manager, "licences_need_staff": boss}
        assert told() == {(kind, to[kind].email): count for kind, count in expected.items()}, (day, oracle.files)


def add_a_file(chance, company, day, oracle, rows, boss):
    first = day + chance.randrange(-20, 10)
    last = first + chance.randrange(40)
    name, applied = f"{len(rows)}.lic", chance.random() < 0.2
    rows[name] = file_of(company, first, last, name=name, applied=applied, by=boss)
    period = {"from": TODAY + first * DAY, "until": TODAY + last * DAY}
    oracle.files.append({"name": name, "applied": applied, "taken": False, **period})


# --- what the desk sees ---


def test_the_desk_sees_who_needs_somebody(browse, agent, marked, ibarra, norte, boss):
    today = ibarra.today()
    late = licence_file(ibarra, starts=today - 9 * DAY, until=today + 2 * DAY, by=boss)
    Subscription.objects.create(company=norte, product=Product.objects.create(name="EPIs"), starts=today)
    CompanyFactory(name="Sin nada")

    seen = browse(agent).get(reverse("admin:contracts_licencefile_radar")).context["seen"]

    assert (list(seen.missing), list(seen.neglected), list(seen.unreceived)) == ([late], [late], [norte])


def test_nothing_is_late_without_reason(browse, agent, marked, ibarra, boss):
    licence_file(ibarra, by=boss, applied=True)

    page = browse(agent).get(reverse("admin:contracts_licencefile_radar"))

    assert page.context["seen"].is_empty
    assert "Ninguna empresa necesita nada" in page.content.decode()


def test_the_radar_costs_the_same_for_many_companies(django_assert_max_num_queries, boss):
    for number in range(30):
        company = CompanyFactory(code=f"Z{number}")
        licence_file(company, starts=company.today() - 9 * DAY, until=company.today() + DAY, by=boss)

    with django_assert_max_num_queries(8):
        seen = radar.look(at=timezone.now())
        rows = [list(part) for part in (seen.missing, seen.neglected, seen.infected, seen.unreceived)]

    assert [len(part) for part in rows] == [30, 30, 0, 30]
    assert Company.objects.count() == LicenceFile.objects.count() == 30
