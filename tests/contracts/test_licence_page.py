"""Licences and modules: all the company reads it, the file is for those with the mark (S0-119, S0-120, A58)."""

import hashlib
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import limits, viewing
from accounts.models import AuditEntry, User
from contracts.models import Licence, LicenceFile, Product, Subscription
from tests.factories import UserFactory, licence_file

pytestmark = pytest.mark.django_db

PAGE = reverse("licences:list")
CONTENT = b"licencia de Ibarra\r\n\xff\x00" * 40
DAY = timedelta(days=1)


@pytest.fixture
def file(ibarra):
    return licence_file(ibarra, name="IBA.lic", content=CONTENT, note="Reinicie el servicio después")


def taken(file):
    lines = AuditEntry.objects.filter(kind=AuditEntry.Kind.LICENCE_DOWNLOADED, target_id=file.pk)
    return list(lines.values_list("actor_id", flat=True))


def body_of(answer) -> bytes:
    return b"".join(answer) if answer.streaming else answer.content


# --- who sees what ---


def test_everybody_of_the_company_reads_what_is_contracted_and_until_when(browse, diego, file):
    today = diego.company.today()
    module = Product.objects.create(name="Planificación", icon="calendar-days")
    Product.objects.create(name="EPIs", text="Entrega y caducidad de equipos.")
    Subscription.objects.create(
        company=diego.company, product=module, starts=date(2020, 1, 1), expires=date(2020, 12, 31)
    )
    Subscription.objects.create(company=diego.company, product=module, starts=date(2021, 1, 1))

    page = browse(diego).get(PAGE)
    text = page.content.decode()

    assert page.context["licence"] == Licence(file.valid_until, (file.valid_until - today).days, file.valid_until)
    ((_kind, (had,), (never,)),) = page.context["kinds"]
    assert (had.product, had.state, [period.is_present for period in had.periods]) == (module, "active", [True, False])
    assert (never.product.name, never.state) == ("EPIs", "not")
    assert "Entrega y caducidad de equipos." in text
    assert "soporte@acme.example" in text


def test_the_file_is_shown_to_those_with_the_mark_alone(browse, marked, diego, bruno, file):
    for person, sees in ((marked, True), (diego, False), (bruno, False)):
        text = browse(person).get(PAGE).content.decode()

        assert ("IBA.lic" in text, file.public_id in text, "Reinicie el servicio" in text) == (sees, sees, sees)
        assert (hashlib.sha256(CONTENT).hexdigest() in text) is sees
        assert browse(person).get(file.get_absolute_url()).status_code == (200 if sees else 404)


def test_whoever_may_not_take_it_reads_who_may(browse, marked, diego, file):
    assert "Ana Ruiz" in browse(diego).get(PAGE).content.decode()


def test_nobody_takes_what_is_over_withdrawn_infected_or_another_companys(browse, marked, carla, boss, ibarra, norte):
    User.objects.filter(pk=carla.pk).update(receives_licence_files=True)
    today = ibarra.today()
    kept = licence_file(ibarra, starts=today - 9 * DAY, until=today)
    over = licence_file(ibarra, starts=today - 9 * DAY, until=today - DAY)
    withdrawn, infected, theirs = licence_file(ibarra), licence_file(ibarra, name="malo.lic"), licence_file(norte)
    withdrawn.withdraw(by=boss)
    infected.stored.found_infected("Eicar-Test-Signature", at=timezone.now())

    codes = {
        file: browse(marked).get(file.get_absolute_url()).status_code
        for file in (kept, over, withdrawn, infected, theirs)
    }

    assert codes == {kept: 200, over: 404, withdrawn: 404, infected: 404, theirs: 404}
    shown = [file for file, _lines, _actions in browse(marked).get(PAGE).context["files"]]
    assert shown == [kept]
    assert browse(carla).get(theirs.get_absolute_url()).status_code == 200


def test_a_mark_that_is_taken_away_closes_the_address(browse, marked, bruno, file):
    browser = browse(marked)
    assert browser.get(file.get_absolute_url()).status_code == 200

    marked.set_permissions(by=bruno, changes={"receives_licence_files": False})

    assert browser.get(file.get_absolute_url()).status_code == 404


def test_staff_go_to_the_desk_instead(browse, boss, file):
    assert browse(boss).get(PAGE).url == reverse("admin:contracts_licencefile_changelist")
    assert browse(boss).get(file.get_absolute_url()).status_code == 404


def test_staff_who_look_as_a_person_take_nothing(browse, marked, boss, file):
    browser = browse(boss)
    session = browser.session
    viewing.begin(session, by=boss, person=marked, reason="Para ver su licencia")
    session.save()

    page = browser.get(PAGE)

    assert page.status_code == 200
    assert "IBA.lic" in page.content.decode()
    assert file.get_absolute_url() not in page.content.decode()
    assert browser.get(file.get_absolute_url()).status_code == 403
    assert browser.post(reverse("licences:apply", args=[file.public_id])).status_code == 403
    assert taken(file) == []


# --- until when ---


@pytest.mark.parametrize(
    ("periods", "expected"),
    [
        ([], (None, None, "none")),
        ([(-10, 0)], (0, 0, "soon")),
        ([(-10, 10)], (10, 10, "soon")),
        ([(-10, 11)], (11, 11, "running")),
        ([(-10, 11), (-5, 40), (12, 400)], (40, 40, "running")),
        ([(-30, -20), (-10, -1)], (-1, -1, "over")),
        ([(-30, -20), (5, 90)], (-20, -20, "over")),
        ([(5, 90)], (None, None, "none")),
    ],
)
def test_the_licence_runs_until_the_latest_last_day_of_the_files_in_force(ibarra, periods, expected):
    today = date(2027, 3, 1)
    for first, last in periods:
        licence_file(ibarra, starts=today + first * DAY, until=today + last * DAY)

    licence = Licence.of(ibarra, on=today)

    until = None if expected[0] is None else today + expected[0] * DAY
    assert (licence.until, licence.days, licence.state) == (until, *expected[1:])


# --- downloading ---


def test_each_download_is_one_line_of_the_logbook_and_is_told_on_the_page(browse, marked, file):
    browser = browse(marked)
    answer = browser.get(file.get_absolute_url())

    assert body_of(answer) == CONTENT
    assert answer["Content-Disposition"] == 'attachment; filename="IBA.lic"'
    assert hashlib.sha256(body_of(browser.get(file.get_absolute_url()))).hexdigest() == file.stored.sha256
    assert taken(file) == [marked.pk, marked.pk]
    ((_file, lines, _actions),) = browser.get(PAGE).context["files"]
    assert [line.who for line in lines] == ["Ana Ruiz", "Ana Ruiz"]
    assert LicenceFile.objects.with_taken().get().taken_at is not None


def test_what_goes_on_from_a_part_is_no_other_download(browse, marked, file):
    browser, address = browse(marked), file.get_absolute_url()
    first = browser.get(address, headers={"Range": "bytes=0-99"})
    rest = browser.get(address, headers={"Range": "bytes=100-", "If-Range": first["ETag"]})

    assert (first.status_code, rest.status_code) == (206, 206)
    assert body_of(first) + body_of(rest) == CONTENT
    assert taken(file) == [marked.pk]


def test_what_brings_no_bytes_is_no_download(browse, marked, file):
    browser, address = browse(marked), file.get_absolute_url()
    tag = browser.head(address)["ETag"]

    assert browser.get(address, headers={"Range": "bytes=99999-"}).status_code == 416
    assert browser.get(address, headers={"If-None-Match": tag}).status_code == 304
    assert taken(file) == []


def test_a_part_without_a_beginning_is_a_download(browse, marked, file):
    """Else the file could be had without its first byte and without a line."""
    answer = browse(marked).get(file.get_absolute_url(), headers={"Range": "bytes=1-"})

    assert answer.status_code == 206
    assert taken(file) == [marked.pk]


def test_a_part_of_a_file_that_is_another_one_now_is_a_download(browse, marked, file):
    browser, address = browse(marked), file.get_absolute_url()
    browser.get(address)

    answer = browser.get(address, headers={"Range": "bytes=10-", "If-Range": '"otro"'})

    assert (answer.status_code, len(taken(file))) == (200, 2)


def test_where_the_web_server_sends_the_file_it_is_one_line_too(browse, marked, file, settings):
    settings.FILES_ACCEL_LOCATION = "/_archivos/"
    browser, address = browse(marked), file.get_absolute_url()

    answers = [browser.get(address, headers={"Range": part}) for part in ("bytes=0-9", "bytes=10-", "bytes=20-30")]

    assert all(answer["X-Accel-Redirect"].startswith("/_archivos/") for answer in answers)
    assert taken(file) == [marked.pk]


def test_too_many_downloads_are_put_off(browse, marked, file, monkeypatch):
    browser = browse(marked)
    monkeypatch.setitem(limits.LIMITS, "download", limits.Limit(2, limits.HOUR, (limits.person,)))

    codes = [browser.get(file.get_absolute_url()).status_code for _time in range(3)]

    assert codes == [200, 200, 429]
    assert len(taken(file)) == 2


def test_a_file_that_the_antivirus_has_yet_to_see_waits_with_words(browse, marked, ibarra, clamd):
    file = licence_file(ibarra)

    answer = browse(marked).get(file.get_absolute_url())

    assert answer.status_code == 403
    assert file.stored.name in answer.content.decode()
    assert taken(file) == []


# --- "I have applied it already" ---


def test_who_applied_a_file_is_noted_once(browse, marked, ibarra, file):
    colleague = UserFactory(company=ibarra, first_name="Eva", receives_licence_files=True)
    address = reverse("licences:apply", args=[file.public_id])

    for person in (marked, colleague):
        assert browse(person).post(address).status_code == 302

    file.refresh_from_db()
    assert file.applied_by == marked
    lines = AuditEntry.objects.filter(kind=AuditEntry.Kind.LICENCE_APPLIED)
    assert [(line.actor_id, line.target_id, line.company) for line in lines] == [(marked.pk, file.pk, ibarra)]
    page = browse(colleague).get(PAGE)
    assert "Aplicado según Ana Ruiz" in page.content.decode()
    assert page.context["files"][0][2] == {"download"}


def test_only_those_with_the_mark_say_that_it_is_applied(browse, marked, diego, bruno, carla, file):
    for person in (diego, bruno, carla):
        assert browse(person).post(reverse("licences:apply", args=[file.public_id])).status_code == 404

    file.refresh_from_db()
    assert file.applied_at is None


def test_the_managers_read_of_it_in_the_logbook(browse, marked, bruno, file):
    browser = browse(marked)
    browser.get(file.get_absolute_url())
    browser.post(reverse("licences:apply", args=[file.public_id]))

    text = browse(bruno).get(reverse("logbook:list")).content.decode()

    for sentence in (
        "Ana Ruiz descargó el archivo de licencia válido hasta el ",
        "Ana Ruiz indicó que el archivo de licencia válido hasta el ",
    ):
        assert sentence in text


# --- nobody receives the files ---


def test_a_company_without_anybody_to_receive_them_shows_it_at_once_to_its_managers(browse, ana, bruno):
    words = "Nadie de su empresa recibe los archivos de licencia"
    pages = (PAGE, reverse("management:index"))

    seen = {person: [words in browse(person).get(page).content.decode() for page in pages] for person in (ana, bruno)}

    assert seen == {ana: [False, False], bruno: [True, True]}
    ana.set_permissions(by=bruno, changes={"receives_licence_files": True})
    assert [words in browse(bruno).get(page).content.decode() for page in pages] == [False, False]


def test_the_card_stands_in_gestion_for_everybody(browse, diego, bruno):
    for person in (diego, bruno):
        assert f'href="{PAGE}"' in browse(person).get(reverse("management:index")).content.decode()


# --- speed ---


def test_thirty_of_everything_cost_the_queries_of_one(browse, marked, ibarra):
    costs = []
    for count in (1, 29):
        for _one in range(count):
            number = LicenceFile.objects.count()
            file = licence_file(ibarra, name=f"{number}.lic")
            file.note_download(by=UserFactory(company=ibarra))
            product = Product.objects.create(name=f"Módulo {number}")
            Subscription.objects.create(company=ibarra, product=product, starts=date(2020, 1, 1))
            Subscription.objects.create(company=ibarra, product=product, starts=date(2021, 1, 1))
            Product.objects.create(name=f"Servicio {number}", kind="service")
        browser = browse(marked)
        browser.get(PAGE)
        with CaptureQueriesContext(connection) as queries:
            browser.get(PAGE)
        costs.append(len(queries))

    assert costs[0] == costs[1] <= 8, [query["sql"] for query in queries]
