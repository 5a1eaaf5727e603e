"""A57, A58: which files exist for whom."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from contracts.models import Subscription
from tests.factories import ComponentFactory, DeliveryFactory, ProductFactory, release_file

pytestmark = pytest.mark.django_db

OUT = datetime(2026, 5, 10, 12, tzinfo=UTC)
LATER = OUT + timedelta(days=100)


@pytest.fixture
def module():
    return ProductFactory(name="Vigilancia")


@pytest.fixture
def files(module):
    """A release with a file of a module and one of none."""
    release = DeliveryFactory(version="2026.5", published_at=OUT)
    of_module = ComponentFactory(slug="vigilancia", product=module)
    return release_file(release, component=of_module, name="modulo.zip"), release_file(release, name="libre.zip")


def contract(company, product, starts, expires):
    return Subscription.objects.create(company=company, product=product, starts=starts, expires=expires)


@pytest.mark.parametrize(
    ("starts", "expires", "is_seen"),
    [
        (date(2026, 1, 1), None, True),
        (date(2026, 1, 1), date(2026, 5, 10), True),
        (date(2026, 1, 1), date(2026, 5, 9), False),
        (date(2026, 6, 1), date(2026, 7, 1), True),  # contracted later: what came out before is theirs too
        (date(2027, 1, 1), None, False),  # has not begun
    ],
)
def test_files_of_a_module_are_of_whoever_had_it_on_the_day_of_the_release_or_later(
    seen, ana, module, files, starts, expires, is_seen
):
    contract(ana.company, module, starts, expires)

    assert seen(ana, at=LATER) == (["libre.zip", "modulo.zip"] if is_seen else ["libre.zip"])


def test_another_companys_contract_opens_nothing(seen, ana, carla, module, files):
    contract(carla.company, module, date(2026, 1, 1), None)

    assert seen(ana) == ["libre.zip"]
    assert seen(carla) == ["libre.zip", "modulo.zip"]


def test_the_day_of_a_release_is_that_of_the_company(seen, ana, module):
    """It came out half an hour into the 11th in Madrid, and on the 10th in the Canary Islands."""
    release = DeliveryFactory(published_at=datetime(2026, 5, 10, 22, 30, tzinfo=UTC))
    release_file(release, component=ComponentFactory(slug="vigilancia", product=module), name="modulo.zip")
    contract(ana.company, module, date(2026, 1, 1), date(2026, 5, 10))

    assert seen(ana) == []
    ana.company.time_zone = "Atlantic/Canary"
    assert seen(ana) == ["modulo.zip"]


def test_what_is_not_out_exists_for_nobody(seen, ana):
    release_file(DeliveryFactory(published_at=LATER), name="futuro.zip")
    release_file(DeliveryFactory(state="draft", published_at=None), name="borrador.zip")

    assert seen(ana, at=LATER - timedelta(seconds=1)) == []
    assert seen(ana, at=LATER) == ["futuro.zip"]


def test_without_the_flag_nothing_exists(seen, diego, agent, files):
    assert seen(diego) == seen(agent) == []


def test_what_one_may_not_have_and_what_is_not_there_give_the_same_page(browse, ana, carla, module, files):
    contract(carla.company, module, date(2026, 1, 1), None)
    of_module, _free = files
    early = release_file(DeliveryFactory(published_at=timezone.now() + timedelta(days=1)), content=b"pronto")

    assert browse(carla).get(of_module.get_absolute_url()).status_code == 200
    for url in (of_module.get_absolute_url(), early.get_absolute_url(), early.release.get_absolute_url(),
                "/descargas/archivo/nada/", "/descargas/2019.1/", "/descargas/2026.5/zip/nada/"):  # fmt: skip
        assert browse(ana).get(url).status_code == 404, url


def test_a_version_of_nothing_but_an_uncontracted_module_is_not_there(browse, ana, module):
    release = DeliveryFactory(version="2026.4")
    release_file(release, component=ComponentFactory(slug="vigilancia", product=module))

    assert browse(ana).get(release.get_absolute_url()).status_code == 404
    assert "2026.4" not in browse(ana).get("/descargas/anteriores/").content.decode()
    assert browse(ana).get("/descargas/2026.4/zip/todos/").status_code == 404


def test_an_archive_holds_what_its_person_may_have(browse, ana, carla, module, files):
    contract(carla.company, module, date(2026, 1, 1), None)

    theirs = b"".join(browse(carla).get("/descargas/2026.5/zip/todos/").streaming_content)
    hers = b"".join(browse(ana).get("/descargas/2026.5/zip/todos/").streaming_content)

    assert b"modulo.zip" in theirs
    assert b"modulo.zip" not in hers and b"libre.zip" in hers


def test_a_withdrawn_permission_closes_the_address_at_once(browse, ana, bruno, files):
    browser, url = browse(ana), files[1].get_absolute_url()
    assert browser.get(url).status_code == 200

    ana.set_permissions(by=bruno, changes={"can_use_downloads": False})

    assert browser.get(url).status_code == 403
    assert browse().get(url).status_code == 302
