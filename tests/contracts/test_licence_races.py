"""Many sweeps at once tell of each thing once; without the mark's condition they would not."""

from datetime import timedelta

import pytest
from django.utils import timezone

from contracts import radar
from contracts.models import LicenceFile
from mail.models import OutgoingMail
from tests.factories import CompanyFactory, StaffFactory, UserFactory, licence_file
from tests.walls.test_wall_races import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

ROUNDS = 8


def sweeps_at_once() -> list[int]:
    """Several rounds of four sweeps at once; how many mails of each round went out beyond the one of each."""
    staff, surplus = StaffFactory(is_superuser=True), []
    for _round in range(ROUNDS):
        company = CompanyFactory()
        UserFactory(company=company, is_company_manager=True)
        UserFactory(company=company, receives_licence_files=True)
        today = company.today()
        file = licence_file(company, starts=today - timedelta(days=9), until=today + timedelta(days=1), by=staff)
        LicenceFile.objects.filter(pk=file.pk).update(mailed_at=timezone.now() - timedelta(days=2))
        licence_file(company, starts=today - timedelta(days=9), until=today + timedelta(days=1), by=staff, name="b.lic")
        OutgoingMail.objects.all().delete()
        at = timezone.now()
        at_once(*([lambda at=at: radar.sweep(at=at)] * 4))
        surplus.append(OutgoingMail.objects.count() - 3)  # one file sent, one reminder, one warning
    return surplus


def test_sweeps_at_once_tell_of_each_thing_once(db):
    assert sweeps_at_once() == [0] * ROUNDS


def test_marks_that_asked_nothing_would_tell_of_it_again(db, monkeypatch):
    def blindly(file, mark, *, at, **more):
        LicenceFile.objects.filter(pk=file.pk).update(**{mark: at}, **more)
        return True

    monkeypatch.setattr(LicenceFile, "claim", blindly)

    assert any(sweeps_at_once())
