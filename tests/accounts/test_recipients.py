"""Who gets which mail: exactly the active people with the right mark, of the right company (A27, S0-106, S0-118)."""

from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.models import User
from accounts.permissions import PERMISSIONS, settled
from mail.models import OutgoingMail
from tests.factories import CompanyFactory, StaffFactory, UserFactory, open_ticket

pytestmark = pytest.mark.django_db

ARBITRARY = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
NONE = dict.fromkeys(PERMISSIONS, False)


@dataclass
class Sketch:
    """Somebody as drawn: of the company that asks or of the other one."""

    flags: dict[str, bool]
    is_ours: bool
    is_active: bool
    declines: bool
    follows: bool

    def made(self, ours, theirs) -> User:
        flags = settled(NONE, self.flags)
        company = ours if self.is_ours else theirs
        person = UserFactory(company=company, declines_general_mail=self.declines, **flags)
        if not self.is_active:
            User.objects.filter(pk=person.pk).update(is_active=False)
            person.is_active = False
        return person


PEOPLE = st.lists(
    st.builds(
        Sketch,
        flags=st.dictionaries(st.sampled_from(PERMISSIONS), st.booleans()),
        is_ours=st.booleans(),
        is_active=st.booleans(),
        declines=st.booleans(),
        follows=st.booleans(),
    ),
    max_size=6,
)
ACTIVE_COMPANIES = st.tuples(st.booleans(), st.booleans())


def people_of(querysets) -> set[int]:
    return set(querysets.values_list("pk", flat=True))


@ARBITRARY
@given(sketches=PEOPLE, active=ACTIVE_COMPANIES)
def test_each_kind_of_mail_goes_to_exactly_those_who_are_marked_for_it(db, sketches, active):
    User.objects.all().delete()
    companies = [CompanyFactory(is_active=is_active) for is_active in active]
    StaffFactory()
    people = [sketch.made(*companies) for sketch in sketches]
    reachable = [person for person in people if person.is_active and person.company.is_active]

    def expected(is_marked) -> set[int]:
        return {person.pk for person in reachable if is_marked(person)}

    assert people_of(User.objects.receiving_general_mail()) == expected(
        lambda person: person.receives_general_mail and not person.declines_general_mail
    )
    assert people_of(User.objects.receiving_licence_files()) == expected(lambda person: person.receives_licence_files)
    assert people_of(User.objects.receiving_update_mail()) == expected(
        lambda person: person.receives_licence_files or person.can_use_downloads
    )
    for company in companies:
        of_company = User.objects.filter(company=company)
        assert people_of(of_company.receiving_licence_files()) == expected(
            lambda person, company=company: person.receives_licence_files and person.company_id == company.pk
        )


def told() -> set[int | None]:
    """Whose mail waits; then it is forgotten."""
    rows = list(OutgoingMail.objects.exclude(company_id=None).values_list("person_id", flat=True))
    OutgoingMail.objects.all().delete()
    assert len(rows) == len(set(rows)), "somebody was told twice"
    return set(rows)


@ARBITRARY
@given(sketches=PEOPLE, data=st.data())
def test_what_happens_in_a_ticket_is_told_to_exactly_those_it_concerns(db, ana, carla, agent, sketches, data):
    ours, theirs = ana.company, carla.company
    User.objects.filter(company__in=[ours, theirs]).exclude(pk__in=[ana.pk, carla.pk]).update(is_active=False)
    people = [sketch.made(ours, theirs) for sketch in sketches]
    followers = [
        person
        for person, sketch in zip(people, sketches, strict=True)
        if sketch.follows and sketch.is_ours and sketch.is_active
    ]
    OutgoingMail.objects.all().delete()
    ticket = open_ticket(ana, followers=followers)
    others = data.draw(st.lists(st.sampled_from(followers), unique=True) if followers else st.just([]))
    User.objects.filter(pk__in=[person.pk for person in others]).update(is_active=False)
    gone = {person.pk for person in others}
    told()

    following = ({person.pk for person in followers} | {ana.pk}) - gone
    active = [person for person in people if person.is_active and person.company_id == ours.pk]
    copied = {person.pk for person in active if person.copied_on_company_tickets} - gone

    ticket.reply(by=agent, body="¿Qué versión usa?")
    assert told() == following | copied
    ticket.reply(by=ana, body="La 4.2.")
    assert told() == following - {ana.pk}
    ticket.close(by=agent)
    assert told() == following | copied
    ticket.reopen(by=ana)
    assert told() == following - {ana.pk}
    ticket.close(by=ana)
    assert told() == following - {ana.pk}


def test_whoever_does_not_want_general_mail_still_gets_licences_and_tickets(ibarra):
    marks = {"receives_general_mail": True, "receives_licence_files": True, "copied_on_company_tickets": True}
    person = UserFactory(company=ibarra, declines_general_mail=True, **marks)

    assert person not in User.objects.receiving_general_mail()
    assert person in User.objects.receiving_licence_files()
    assert person in User.objects.receiving_update_mail()


def test_a_manager_without_the_mark_gets_no_licence_file(bruno):
    assert not User.objects.receiving_licence_files().exists()
