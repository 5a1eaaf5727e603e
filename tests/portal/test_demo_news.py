"""The demonstration's year of versions: out on second Tuesdays, in modules that there are."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from portal.demo import cast, news

MADRID = ZoneInfo("Europe/Madrid")


@pytest.mark.parametrize(
    "now",
    [
        datetime(2026, 1, 1, 0, 5, tzinfo=MADRID),
        datetime(2026, 11, 10, 9, tzinfo=MADRID),
        datetime(2028, 2, 29, 23, tzinfo=MADRID),
    ],
    ids=str,
)
def test_a_version_each_month_and_the_next_in_preparation(now):
    being_written, *out = news.read(now=now)

    assert being_written.at >= now
    assert len(out) == 12
    assert all(told.at and told.at < now and told.at.weekday() == 1 for told in out)
    assert [told.at for told in out] == sorted((told.at for told in out), reverse=True)
    assert len({told.version for told in (being_written, *out)}) == 13


def test_every_module_has_news_of_both_kinds_and_no_other_has_any():
    told = {
        (module, kind)
        for one in news.read(now=datetime.now(MADRID))
        for kind, is_public, module, _text in one.notes
        if is_public
    }

    assert told == {(name, kind) for name, _icon in cast.MODULES for kind in ("enhancement", "fix")}
