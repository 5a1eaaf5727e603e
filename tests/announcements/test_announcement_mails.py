"""S0-102: who hears of an announcement by e-mail, in which words, and that it is said once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import User
from announcements.models import Telling
from contracts.models import Subscription
from mail.models import OutgoingMail
from tests.factories import ProductFactory, UserFactory, announcement

pytestmark = pytest.mark.django_db

KIND = "announcement_published"
GENERAL = {"receives_general_mail": True}
DAY = timedelta(days=1)


def publish(row, *, tell=True, at=None):
    now = timezone.now()
    row.publish(at=at or now, tell=tell, now=now)
    for _twice in range(2):
        Telling.objects.tell_due(at=timezone.now())


def told() -> list[str]:
    return sorted(OutgoingMail.objects.filter(kind=KIND).values_list("address", flat=True))


def test_goes_to_those_of_general_mail_who_have_not_declined_it(ibarra):
    flags = {
        "general": GENERAL,
        "sinacceso": GENERAL | {"has_portal_access": False, "can_use_tickets": False},
        "rehusa": GENERAL | {"declines_general_mail": True},
        "inactiva": GENERAL | {"is_active": False},
        "ninguna": {},
    }
    people = {name: UserFactory(company=ibarra, first_name=name, **flag) for name, flag in flags.items()}

    publish(announcement())

    assert told() == sorted(people[name].email for name in ("general", "sinacceso"))
    assert set(OutgoingMail.objects.values_list("lane", flat=True)) == {OutgoingMail.Lane.BULK}


def test_goes_to_nobody_without_the_tick(ibarra):
    UserFactory(company=ibarra, **GENERAL)

    publish(announcement(), tell=False)

    assert told() == []


def test_goes_only_to_whom_it_is_for(ibarra, norte):
    of_ibarra, of_norte = (UserFactory(company=company, **GENERAL) for company in (ibarra, norte))
    module = ProductFactory()
    Subscription.objects.create(company=norte, product=module, starts=norte.today())

    publish(announcement(audience="chosen", companies=[ibarra]))
    assert told() == [of_ibarra.email]
    publish(announcement(audience="chosen", modules=[module]))
    assert told() == sorted([of_ibarra.email, of_norte.email])
    publish(announcement(audience="chosen", modules=[module], companies=[norte]))
    assert told() == sorted([of_ibarra.email, of_norte.email, of_norte.email])


def test_says_what_and_leads_there_or_says_whom_to_ask(ibarra, settings):
    inside = UserFactory(company=ibarra, **GENERAL)
    outside = UserFactory(company=ibarra, **GENERAL, has_portal_access=False, can_use_tickets=False)
    row = announcement("Horario de Navidad", level="warning")

    publish(row)

    mail = OutgoingMail.objects.get(person_id=inside.pk)
    assert mail.subject == "Acme Soporte: Horario de Navidad"
    for part in (mail.text, mail.html):
        assert "El 24 cerramos a las dos." in part
        assert "Atención" in part
        assert settings.PUBLIC_URL + row.get_absolute_url() in part
        assert "/cuenta/" in part  # how to get no more of them
    other = OutgoingMail.objects.get(person_id=outside.pk)
    assert row.get_absolute_url() not in other.text
    assert "pídalo al gestor" in other.text


def test_a_public_one_can_be_opened_by_everybody(ibarra):
    UserFactory(company=ibarra, **GENERAL, has_portal_access=False, can_use_tickets=False)
    row = announcement(audience="public")

    publish(row)

    assert row.get_absolute_url() in OutgoingMail.objects.get().text


def test_waits_for_its_time_and_says_nothing_of_what_was_withdrawn(ibarra):
    UserFactory(company=ibarra, **GENERAL)
    later, gone, ended = (announcement(slug=slug) for slug in ("luego", "retirado", "terminado"))

    publish(later, at=timezone.now() + DAY)
    gone.publish(at=timezone.now(), tell=True)
    gone.withdraw(at=timezone.now())
    ended.publish(at=timezone.now(), tell=True)
    type(ended).objects.filter(pk=ended.pk).update(until=timezone.now())
    Telling.objects.tell_due(at=timezone.now())
    assert told() == []

    Telling.objects.tell_due(at=timezone.now() + 2 * DAY)
    assert len(told()) == 1


def test_a_thousand_people_are_told_in_batches(ibarra, django_assert_max_num_queries):
    User.objects.bulk_create(
        User(company=ibarra, first_name=f"P{n}", email=f"p{n}@iba.example", receives_general_mail=True)
        for n in range(1_000)
    )
    announcement().publish(at=timezone.now(), tell=True)

    with django_assert_max_num_queries(60):
        Telling.objects.tell_due(at=timezone.now())

    assert len(told()) == 1_000


def test_where_it_is_set_so_every_mail_says_what_is_attended(ibarra, settings):
    settings.BRAND = settings.BRAND | {"only_here": "yes"}
    UserFactory(company=ibarra, **GENERAL)

    publish(announcement())

    mail = OutgoingMail.objects.get()
    for part in (mail.text, mail.html):
        assert "Solo se atienden las comunicaciones que entran por este portal." in part
