import pytest

from accounts.models import User


@pytest.fixture
def marked(ana):
    """Ana receives the licence files of Ibarra."""
    User.objects.filter(pk=ana.pk).update(receives_licence_files=True)
    ana.refresh_from_db()
    return ana
