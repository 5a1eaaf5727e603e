import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def no_attempt_is_remembered():
    """The limits on attempts are counted in the cache, for all tests together."""
    cache.clear()
