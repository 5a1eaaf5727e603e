"""Many names of companies end in a full stop (S.L., S.A.): no sentence ends in one."""

import re

import pytest
from django.conf import settings

from accounts.models import Company, ManagerReplacement, User
from mail.models import OutgoingMail
from tests.factories import StaffFactory

pytestmark = pytest.mark.django_db


def test_no_sentence_ends_in_the_name_of_a_company():
    for catalogue in settings.LOCALE_PATHS[0].glob("*/LC_MESSAGES/django.po"):
        whole = catalogue.read_text().replace('"\n"', "")

        assert re.findall(r".*%\(company\)s\..*", whole) == []


def test_mails_about_a_company_have_no_double_stop(boss):
    other_boss = StaffFactory(is_superuser=True)
    eva = {"login": "eva", "email": "eva@nueva.example", "first_name": "Eva", "last_name": "Gil"}
    company = User.objects.found_company(Company(name="Nueva, S.L.", code="NUE"), by=boss, manager=eva)
    other = {"login": "iker", "email": "iker@nueva.example", "first_name": "Iker", "last_name": "Zabala"}
    ManagerReplacement.objects.ask(by=boss, company=company, reason="Se ha ido", **other).cancel(by=other_boss)

    texts = dict(OutgoingMail.objects.values_list("kind", "text"))

    assert {"invited", "replacement_cancelled"} <= texts.keys()
    assert all("Nueva, S.L." in text and ".." not in text for text in texts.values())
