import pytest

from tests.factories import UserFactory


@pytest.fixture
def ana(ibarra):
    """Books for Ibarra."""
    return UserFactory(
        company=ibarra, first_name="Ana", last_name="Ruiz", can_use_training=True, can_book_training=True
    )


@pytest.fixture
def diego(ibarra):
    """Sees Ibarra's training, and may not book."""
    return UserFactory(company=ibarra, first_name="Diego", last_name="Sanz", can_use_training=True)


@pytest.fixture
def carla(norte):
    """Books for Norte, and must never see what is Ibarra's."""
    return UserFactory(
        company=norte, first_name="Carla", last_name="Vidal", can_use_training=True, can_book_training=True
    )
