import pytest
from django.core.exceptions import ValidationError

from releases.versions import check_version, sort_key


def test_versions_sort_as_people_count():
    versions = [
        "1.0.0-beta2", "1.0.0-beta10", "1.0.0", "4.3", "4.24", "12.0-rc1", "12.0", "12.0-hotfix1", "12.0.1",
        "2026.9.30", "2026.11.2", "2026.11.10",
    ]  # fmt: skip
    assert sorted(versions[::-1], key=sort_key) == versions


@pytest.mark.parametrize("same", ["4.3.0", "v4.3", "V4.3", "04.3", "4-3"])
def test_one_version_written_in_other_ways_has_one_place(same):
    assert sort_key(same) == sort_key("4.3")


@pytest.mark.parametrize("longest", ["1." * 19 + "1", "1a" * 20, "9" * 40])
def test_the_longest_version_has_room(longest):
    check_version(longest)
    assert len(sort_key(longest)) <= 300


@pytest.mark.parametrize("wrong", ["", ".", "4.3/1", "4 3", "../1", "4.3.", "ñ", "4\n"])
def test_what_would_not_stand_in_an_address_is_refused(wrong):
    with pytest.raises(ValidationError):
        check_version(wrong)
