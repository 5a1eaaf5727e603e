"""“Acceso hasta”: the last day of somebody's access, where their company is; the last manager stays (S0-85)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation

from accounts.models import AuditEntry, User
from accounts.models.company import zones_by_day
from accounts.permissions import PERMISSIONS
from accounts.tasks import withdraw_overdue_access
from mail.models import OutgoingMail
from portal.celery import app
from tests.accounts.matrix import MATRIX, undo
from tests.factories import CompanyFactory, UserFactory
from tests.walls.forms import log_in

pytestmark = pytest.mark.django_db

YESTERDAY = timezone.localdate() - timedelta(days=1)
TODAY = timezone.localdate()


def until(person, day: date) -> User:
    person.access_until = day
    person.save(update_fields=["access_until"])
    return person


def has_access(person) -> bool:
    return User.objects.get(pk=person.pk).has_portal_access


# --- the day ends where the company is ---

MIDNIGHTS = {
    "Europe/Madrid": datetime(2026, 12, 1, 23, tzinfo=UTC),
    "Atlantic/Canary": datetime(2026, 12, 2, 0, tzinfo=UTC),
    "Pacific/Kiritimati": datetime(2026, 12, 1, 10, tzinfo=UTC),
    "America/Adak": datetime(2026, 12, 2, 10, tzinfo=UTC),
}


@pytest.mark.parametrize(("zone", "midnight"), MIDNIGHTS.items())
def test_the_last_day_is_whole_where_the_company_is(zone, midnight):
    company = CompanyFactory(time_zone=zone)
    person = until(UserFactory(company=company), date(2026, 12, 1))

    for at, is_over in {midnight - timedelta(seconds=1): False, midnight: True}.items():
        assert person.is_over(at=at) is is_over
        assert User.objects.with_access(at=at).filter(pk=person.pk).exists() is not is_over
        assert User.objects.overdue(company, at=at).exists() is is_over


def test_every_time_zone_has_its_day():
    days = zones_by_day(datetime(2026, 12, 1, 10, 30, tzinfo=UTC))

    assert set(days) == {date(2026, 11, 30), date(2026, 12, 1), date(2026, 12, 2)}
    assert "Europe/Madrid" in days[date(2026, 12, 1)]
    assert "Pacific/Pago_Pago" in days[date(2026, 11, 30)]


# --- before the task has run ---


def test_whoever_is_past_the_last_day_cannot_log_in_before_the_task_has_run(browse, ana):
    inside, client = browse(ana), browse()
    until(ana, YESTERDAY)

    assert log_in(client, ana.login).status_code == 200
    assert inside.get("/inicio/").status_code == 302
    assert not User.objects.with_access().filter(pk=ana.pk).exists()
    assert has_access(ana)


def test_on_the_last_day_everything_works(browse, ana):
    until(ana, TODAY)

    assert log_in(browse(), ana.login).url == "/inicio/"
    assert browse(ana).get("/inicio/").status_code == 200
    withdraw_overdue_access()
    assert has_access(ana)


def test_the_last_day_costs_no_query(browse, ana):
    def cost():
        client = browse(ana)
        client.get("/cuenta/perfil/")
        with CaptureQueriesContext(connection) as queries:
            assert client.get("/cuenta/perfil/").status_code == 200
        return len(queries)

    without = cost()
    until(ana, TODAY)

    assert cost() == without


def test_a_link_to_choose_a_password_is_dead_after_the_last_day(browse, ana):
    address = f"/cuenta/invitacion/{ana.invitation_token()}/"
    until(ana, YESTERDAY)

    assert browse().get(address).status_code == 410


# --- the task ---


def test_access_is_withdrawn_with_everything_that_hangs_from_it(bruno, ibarra):
    marks = {"receives_licence_files": True, "is_technical_contact": True}
    person = UserFactory(company=ibarra, access_until=YESTERDAY, can_see_company_tickets=True, **marks)

    withdraw_overdue_access()

    person.refresh_from_db()
    assert {name for name in PERMISSIONS if getattr(person, name)} == set(marks)
    line = AuditEntry.objects.get(kind="permissions_changed")
    assert (line.actor_id, line.target_id, line.company, line.changes) == (
        None,
        person.pk,
        ibarra,
        {name: [True, False] for name in ("has_portal_access", "can_use_tickets", "can_see_company_tickets")},
    )
    assert line.reason_told == "Ha pasado el último día de su acceso."
    with translation.override("en"):
        assert line.reason_told == "The last day of the access has passed."


def test_sessions_and_links_stay_dead_when_access_is_given_back(browse, bruno, ana):
    inside, address = browse(ana), f"/cuenta/invitacion/{ana.invitation_token()}/"
    until(ana, YESTERDAY)
    withdraw_overdue_access()

    ana.set_permissions(by=bruno, changes={"has_portal_access": True})

    assert inside.get("/inicio/").status_code == 302
    assert browse().get(address).status_code == 410
    assert log_in(browse(), ana.login).status_code == 302


def test_a_last_day_that_has_passed_goes_when_access_is_given_back(bruno, ana):
    until(ana, YESTERDAY)
    withdraw_overdue_access()

    ana.set_permissions(by=bruno, changes={"has_portal_access": True})

    withdraw_overdue_access()
    assert (has_access(ana), ana.access_until) == (True, None)
    line = AuditEntry.objects.filter(kind="permissions_changed").first()
    assert line.changes == {"has_portal_access": [False, True], "access_until": [YESTERDAY.isoformat(), None]}


def test_a_last_day_that_is_to_come_stays_when_access_is_given(bruno, ana):
    until(ana, TODAY)
    ana.set_permissions(by=bruno, changes={"has_portal_access": False})

    ana.set_permissions(by=bruno, changes={"has_portal_access": True})

    assert ana.access_until == TODAY


def test_a_withdrawal_by_the_date_can_be_undone(browse, bruno, ana):
    until(ana, YESTERDAY)
    withdraw_overdue_access()

    assert browse(bruno).get(MATRIX).context["last"]["by"] == "el portal"
    undo(browse(bruno))

    withdraw_overdue_access()
    assert has_access(ana)


def test_the_task_run_twice_does_it_once(bruno, ana, mails):
    until(ana, YESTERDAY)

    for _time in range(2):
        withdraw_overdue_access()

    assert AuditEntry.objects.filter(kind="permissions_changed").count() == 1
    assert mails() == {("access_ended", ana.email), ("access_ended_for_managers", bruno.email)}


def test_nobody_whose_day_has_not_passed_is_touched(bruno, ana, diego, carla, mails):
    until(ana, TODAY)
    until(UserFactory(company=carla.company, is_active=False), YESTERDAY)
    until(UserFactory(company=carla.company, has_portal_access=False, can_use_tickets=False), YESTERDAY)

    withdraw_overdue_access()

    assert not AuditEntry.objects.exists()
    assert mails() == set()


def test_the_task_costs_nothing_for_companies_where_nobody_is_overdue(bruno, carla, django_assert_num_queries):
    with django_assert_num_queries(1):
        withdraw_overdue_access()


def test_the_clock_wakes_it():
    assert app.conf.beat_schedule["withdraw-overdue-access"]["task"] == withdraw_overdue_access.name


# --- who is told ---


def test_the_managers_get_one_mail_that_names_everybody(bruno, ana, diego, carla):
    until(ana, YESTERDAY)
    until(diego, YESTERDAY)

    withdraw_overdue_access()

    mail = OutgoingMail.objects.get(kind="access_ended_for_managers")
    assert mail.address == bruno.email
    assert mail.subject == "Ha terminado el acceso de 2 personas de su empresa"
    for part in (mail.text, mail.html):
        assert "Ana Ruiz" in part and "Diego Sanz" in part and MATRIX in part


def test_the_person_is_told_whom_to_ask_in_their_language(bruno, ana):
    ana.language = "en"
    ana.save(update_fields=["language"])
    until(ana, YESTERDAY)

    withdraw_overdue_access()

    mail = OutgoingMail.objects.get(kind="access_ended")
    assert (mail.address, mail.subject) == (ana.email, "Your access to Acme Soporte has ended")
    assert "has ended" in mail.text and f"Bruno Etxeberria · {bruno.email}" in mail.text


def test_a_suspended_company_hears_nothing_and_its_dates_are_kept_all_the_same(bruno, ana, ibarra, mails):
    until(ana, YESTERDAY)
    ibarra.is_active = False
    ibarra.save(update_fields=["is_active"])

    withdraw_overdue_access()

    assert not has_access(ana)
    assert mails() == set()


# --- the last manager ---


def test_the_last_manager_stays_beyond_the_date_and_that_is_said_once(browse, bruno, ana, mails):
    until(bruno, YESTERDAY)

    for _time in range(3):
        withdraw_overdue_access()

    assert has_access(bruno)
    assert log_in(browse(), bruno.login).status_code == 302
    assert list(User.objects.managers()) == [bruno]
    assert mails() == {("access_ended_for_managers", bruno.email)}
    assert "su acceso sigue" in OutgoingMail.objects.get().text
    line = AuditEntry.objects.get(kind="person_changed")
    assert (line.target_id, line.changes["access_until"]) == (bruno.pk, [YESTERDAY.isoformat()] * 2)
    assert "stays while" not in browse(bruno).get(MATRIX).content.decode()
    assert "sigue mientras nadie más gestione" in browse(bruno).get(MATRIX).content.decode()


def test_another_date_that_passes_is_said_again(bruno, mails):
    until(bruno, YESTERDAY - timedelta(days=5))
    withdraw_overdue_access()
    mails.clear()
    until(bruno, YESTERDAY)

    withdraw_overdue_access()

    assert mails() == {("access_ended_for_managers", bruno.email)}


def test_once_there_is_another_manager_the_date_is_carried_out(bruno, ana):
    until(bruno, YESTERDAY)
    withdraw_overdue_access()
    ana.set_permissions(by=bruno, changes={"is_company_manager": True})

    withdraw_overdue_access()

    assert not has_access(bruno)
    assert list(User.objects.managers()) == [ana]


def test_of_managers_who_are_all_past_their_day_the_one_with_most_days_stays(bruno, ana, diego):
    for person, days in ((bruno, 3), (ana, 1), (diego, 2)):
        person.set_permissions(by=None, changes={"is_company_manager": True})
        until(person, TODAY - timedelta(days=days))

    withdraw_overdue_access()

    assert [has_access(person) for person in (bruno, ana, diego)] == [False, True, False]
    assert list(User.objects.managers()) == [ana]


def test_a_manager_who_is_inactive_or_of_another_company_is_no_other_manager(bruno, carla, ibarra):
    UserFactory(company=ibarra, is_company_manager=True, is_active=False)
    until(bruno, YESTERDAY)

    withdraw_overdue_access()

    assert has_access(bruno)
