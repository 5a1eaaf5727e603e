"""`make demo LIKE=…`: other portals, by settings and by what support would write."""

import io
import re
import subprocess
import sys
from datetime import timedelta

import pytest
from django.conf import settings as project
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from announcements.models import Announcement, RulesOfUse
from mail.models import OutgoingMail
from portal.demo import cast, like
from tests.e2e.portals import settings_of
from tests.factories import CompanyFactory
from tickets.models import Department, Guest, Ticket, Topic

pytestmark = pytest.mark.django_db

every_portal = pytest.mark.parametrize("name", like.NAMES)


def prepare(name) -> str:
    out = io.StringIO()
    call_command("demo", "--like", name, stdout=out)
    return out.getvalue()


def test_there_are_three():
    assert like.NAMES == ("s1", "s3", "s4")


@every_portal
def test_its_settings_are_sound(name, tmp_path):
    environment = {"PATH": "", "PORTAL_VAR": str(tmp_path)} | settings_of(name)
    result = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=project.BASE_DIR, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert result.returncode == 0, result.stderr


@every_portal
def test_the_departments_are_its_own_and_twice_is_once(name):
    printed = prepare(name)
    told = like.read(name)["departments"]
    before = list(Topic.objects.values_list("pk", "name"))

    assert {row.name for row in Department.objects.all()} == {department["name"] for department in told}
    assert [str(topic) for topic in Topic.objects.offered()] == [
        " / ".join([head, topic]) if topic else head
        for department in told
        for head, *below in department["topics"]
        for topic in (below or [""])
    ]
    assert prepare(name) == printed
    assert list(Topic.objects.values_list("pk", "name")) == before
    assert Ticket.objects.count() == ("guest" in like.read(name))
    assert set(OutgoingMail.objects.values_list("state", flat=True)) <= {"kept"}


@every_portal
def test_the_accounts_that_it_prints_log_in(name):
    prepare(name)
    for login, _can in like.accounts(name):
        answer = Client().post(reverse("account_login"), {"login": login, "password": cast.PASSWORD})
        assert answer.status_code == 302, login


def test_the_hosting_company_has_six_departments_and_one_that_costs():
    prepare("s3")

    departments = Department.objects.all()
    assert departments.count() == 6
    assert [row.name for row in departments if row.surcharge] == ["Soporte 24 Horas"]
    assert all(row.hours for row in departments)


def test_the_ticket_centre_has_its_rules_in_force(browse):
    prepare("s1")

    assert "No se habla de dinero con el experto." in browse().get(reverse("rules:rules")).content.decode()
    assert RulesOfUse.objects.exclude(in_force_since=None).exists() and Announcement.objects.exists()


def test_the_help_desk_without_accounts_has_a_guest_with_an_answer_who_gets_in_as_printed(client, settings):
    settings.GUESTS = True
    *_accounts, how, link = prepare("s4").splitlines()

    code, email = re.search(r"código (\S+), correo (\S+)\)", how).groups()
    by_link = client.get(link.removeprefix(settings.PUBLIC_URL), follow=True)
    by_code = Client().post(reverse("guests:lookup"), {"code": code, "email": email}, follow=True)

    for page in (by_link, by_code):
        assert page.context["ticket"].subject == "Al descargar la factura se abre una pestaña en blanco"
        assert page.context["turn"].whose == "company"
        assert "<strong>ventanas emergentes</strong>" in page.content.decode()
    ticket = Ticket.objects.get()
    assert ticket.created_at < ticket.first_answer_at < timezone.now() - timedelta(hours=2)
    assert set(OutgoingMail.objects.values_list("state", flat=True)) == {"kept"}


@pytest.mark.parametrize("name", ["s1", "s3"])
def test_where_accounts_are_needed_there_is_no_guest(name):
    assert "código" not in prepare(name) and not Guest.objects.exists()


def test_it_is_not_written_beside_real_companies(db):
    CompanyFactory()

    with pytest.raises(CommandError):
        prepare("s1")
    assert not Department.objects.filter(name="Secretaría").exists()
