"""S1-8: the rules of use are accepted once for each version, before the portal is used."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import AuditEntry, User
from accounts.sessions import SEEN
from announcements.models import Acceptance, RulesOfUse

pytestmark = pytest.mark.django_db

ACCEPT = "/normas/aceptar/"
MINUTE = timedelta(minutes=1)


def in_force(text: str = "Un problema, **un ticket**.") -> RulesOfUse:
    row = RulesOfUse.objects.draft(text=text)
    now = timezone.now()
    row.put_in_force(since=now, at=now)
    return row


def accept(browser, row, **more):
    return browser.post(ACCEPT, {"version": row.version} | more)


def activity_noted_again(browser):
    session = browser.session
    session[SEEN] -= 3600
    session.save()


def test_without_a_version_in_force_nothing_is_asked(log_in, ana):
    RulesOfUse.objects.draft(text="Todavía no.")

    assert log_in(ana).get("/inicio/").status_code == 200


def test_they_come_before_the_first_use_and_then_what_was_wanted(log_in, ana):
    row = in_force()
    browser = log_in(ana)

    asked = browser.get("/tickets/?estado=todos")
    shown = browser.get(asked["Location"])
    accepted = accept(browser, row, next=shown.context["wanted"])

    assert asked["Location"] == "/normas/aceptar/?next=%2Ftickets%2F%3Festado%3Dtodos"
    assert "<strong>un ticket</strong>" in shown.content.decode()
    assert accepted["Location"] == "/tickets/?estado=todos"
    assert browser.get("/tickets/").status_code == 200


@pytest.mark.parametrize("path", ["/inicio/", "/tickets/nuevo/", "/gestion/", "/cuenta/perfil/", "/empresa/"])
def test_nothing_opens_before(log_in, ana, path):
    in_force()
    browser = log_in(ana)

    for method in (browser.get, browser.post):
        assert method(path)["Location"].startswith(ACCEPT)


def test_public_pages_and_the_way_out_stay_open(log_in, ana):
    in_force()
    browser = log_in(ana)

    for path in ("/normas/", "/contacto/", "/avisos/", "/privacidad/"):
        assert browser.get(path).status_code == 200
    assert browser.post("/acceso/salir/").status_code == 302


def test_a_version_is_accepted_once_and_stands_in_the_logbook(log_in, ana, bruno):
    row = in_force()

    for _twice in range(2):
        accept(log_in(ana), row)

    assert log_in(ana).get("/inicio/").status_code == 200
    assert Acceptance.objects.get().person == ana
    line = AuditEntry.objects.get(kind="rules_accepted")
    assert (line.actor_id, line.changes) == (ana.pk, {"version": [None, row.version]})
    page = log_in(bruno)
    accept(page, row)
    assert "Ana Ruiz aceptó las normas de uso, versión «1»" in page.get("/gestion/registro/").content.decode()


def test_one_persons_yes_is_nobody_elses(log_in, ana, diego):
    accept(log_in(ana), in_force())

    assert log_in(diego).get("/inicio/")["Location"].startswith(ACCEPT)


def test_another_version_is_asked_for_while_the_session_goes_on(log_in, ana):
    browser = log_in(ana)
    browser.get("/inicio/")
    in_force()
    assert browser.get("/inicio/").status_code == 200  # not looked up at every page

    activity_noted_again(browser)

    assert browser.get("/inicio/")["Location"].startswith(ACCEPT)


def test_what_somebody_was_sending_is_not_lost(log_in, ana):
    browser = log_in(ana)
    browser.get("/inicio/")
    in_force()
    activity_noted_again(browser)

    answer = browser.post(
        "/cuenta/perfil/", {"first_name": "Ana", "last_name": "Gil", "language": "es", "theme": "auto"}
    )

    assert not answer["Location"].startswith(ACCEPT)
    assert User.objects.get(pk=ana.pk).last_name == "Gil"
    assert browser.get("/inicio/")["Location"].startswith(ACCEPT)


def test_a_version_that_was_not_shown_is_not_accepted(log_in, ana):
    first = in_force()
    browser = log_in(ana)
    second = in_force("Otras.")

    answer = accept(browser, first)

    assert "Las normas han cambiado entretanto" in answer.content.decode()
    assert "Otras." in answer.content.decode()
    assert not Acceptance.objects.exists()
    accept(browser, second)
    assert browser.get("/inicio/").status_code == 200


@pytest.mark.parametrize("version", ["", "NaN", "-1", "0", "9" * 40, "٣", "1e9", "\0"])
def test_hostile_versions_are_refused(log_in, ana, version):
    in_force()

    assert log_in(ana).post(ACCEPT, {"version": version}).status_code == 200
    assert not Acceptance.objects.exists()


@pytest.mark.parametrize(
    "wanted", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "\\\\evil.example"]
)
def test_nobody_is_sent_elsewhere(log_in, ana, wanted):
    assert accept(log_in(ana), in_force(), next=wanted)["Location"] == "/inicio/"


def test_support_is_not_asked(log_in, agent):
    in_force()

    assert log_in(agent).get("/admin/").status_code == 200


def test_a_given_password_comes_first(log_in, ana):
    in_force()
    User.objects.filter(pk=ana.pk).update(must_change_password=True)
    browser = log_in(ana)

    assert browser.get("/inicio/")["Location"] == "/cuenta/contrasena/"
    assert browser.get("/cuenta/contrasena/").status_code == 200


def test_it_costs_a_page_nothing(log_in, ana, django_assert_num_queries):
    accept_first = in_force()
    browser = log_in(ana)
    accept(browser, accept_first)
    browser.get("/avisos/")
    browser.get("/cuenta/perfil/")
    with django_assert_num_queries(3):  # session, person, alarm
        browser.get("/cuenta/perfil/")


class TestOnTheDesk:
    def url(self, row, deed="change"):
        return f"/admin/announcements/rulesofuse/{row.pk}/{deed}/"

    def test_versions_are_numbered_and_put_in_force_by_a_deed(self, browse, editor):
        browser = browse(editor)
        for text in ("Primera", "Segunda"):
            browser.post("/admin/announcements/rulesofuse/add/", {"text": text})
        first, second = RulesOfUse.objects.order_by("version")
        assert (first.version, second.version, second.html) == (1, 2, "<p>Segunda</p>\n")

        browser.post(self.url(second, "vigencia"), {})

        assert RulesOfUse.objects.current(at=timezone.now()) == second

    def test_the_words_of_one_that_has_been_in_force_stay(self, browse, editor):
        row = in_force("Como se aceptó.")
        browser = browse(editor)

        browser.post(self.url(row), {"text": "Otra cosa"})
        browser.post(self.url(row, "vigencia"), {})
        browser.post(self.url(row, "delete"), {"post": "yes"})

        row.refresh_from_db()
        assert row.text == "Como se aceptó."

    @pytest.mark.parametrize("day", ["2020-01-01", "NaN", "0000-00-00"])
    def test_hostile_moments_are_refused(self, browse, editor, day):
        row = RulesOfUse.objects.draft(text="Una")

        answer = browse(editor).post(self.url(row, "vigencia"), {"since_0": day, "since_1": "10:00"})

        assert answer.status_code == 200
        row.refresh_from_db()
        assert row.in_force_since is None

    def test_a_text_without_end_is_refused(self, browse, editor):
        answer = browse(editor).post("/admin/announcements/rulesofuse/add/", {"text": "x" * 50_001})

        assert answer.status_code == 200
        assert not RulesOfUse.objects.exists()
