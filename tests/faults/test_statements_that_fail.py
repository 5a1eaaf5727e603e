"""F01 in short: whatever statement fails, a deed is done wholly or not at all. `make faults` plays all of it."""

import pytest

from faults import statements
from faults.deeds import People, deeds
from faults.verdict import Broken
from tests.factories import TopicFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def swept(ana, bruno, agent, settings, tmp_path):
    """`swept("reply")` lets each of its statements fail once, and its commits; how many that were."""
    settings.FILES_ROOT = tmp_path
    known = {deed.name: deed for deed in deeds(People(ana, bruno, agent, TopicFactory()))}
    return lambda name: statements.sweep(known[name])


@pytest.mark.parametrize(("deed", "more_than"), [("open a ticket", 20), ("reply", 20), ("hear of an incident", 10)])
def test_a_deed_of_which_a_statement_fails_is_done_wholly_or_not_at_all(deed, more_than, swept, monkeypatch):
    monkeypatch.setattr(statements, "CHECKED", ("I1", "I2"))

    assert swept(deed) > more_than


def test_twin_without_transactions_a_deed_is_done_by_halves(swept):
    with statements.without_transactions(), pytest.raises(Broken, match="is neither nothing nor"):
        swept("open a ticket")
