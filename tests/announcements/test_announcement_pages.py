"""S3-34, S3-7, S3-8: who reads which announcements, where, and until when."""

from datetime import timedelta
from xml.etree import ElementTree

import pytest
from django.utils import timezone

from announcements.models import Reading
from contracts.models import Subscription
from tests.factories import ProductFactory, announced, announcement

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
ATOM = "{http://www.w3.org/2005/Atom}"


def titles(answer) -> list[str]:
    return [row.title for row in answer.context["page"].rows]


def on_home(browser) -> list[str]:
    return [row.title for row in browser.get("/inicio/").context["announcements"]]


def contracted(company, product, *, days: int = 0):
    today = company.today()
    Subscription.objects.create(
        company=company, product=product, starts=today - 2 * DAY, expires=today + timedelta(days=days)
    )


class TestWhoReads:
    def test_a_visitor_reads_the_public_ones_alone(self, browse):
        announced("Para todos", audience="public")
        closed = announced("Para registrados")

        assert titles(browse().get("/avisos/")) == ["Para todos"]
        assert browse().get(closed.get_absolute_url()).status_code == 404

    def test_those_of_companies_are_for_them_alone(self, browse, ana, carla):
        row = announced("Solo Ibarra", audience="chosen", companies=[ana.company])

        assert titles(browse(ana).get("/avisos/")) == ["Solo Ibarra"]
        assert browse(ana).get(row.get_absolute_url()).status_code == 200
        assert titles(browse(carla).get("/avisos/")) == []
        assert browse(carla).get(row.get_absolute_url()).status_code == 404
        assert browse(carla).post(f"{row.get_absolute_url()}leido/").status_code == 404

    @pytest.mark.parametrize(("days", "reads"), [(0, True), (-1, False)])
    def test_those_of_modules_are_for_whoever_has_one_today(self, browse, ana, carla, days, reads):
        module = ProductFactory()
        contracted(ana.company, module, days=days)
        announced("De un módulo", audience="chosen", modules=[module])

        assert (titles(browse(ana).get("/avisos/")) == ["De un módulo"]) is reads
        assert titles(browse(carla).get("/avisos/")) == []

    def test_companies_that_were_chosen_for_nothing_change_nothing(self, browse, carla, ana):
        announced("Para todos", audience="registered", companies=[ana.company])

        assert titles(browse(carla).get("/avisos/")) == ["Para todos"]

    def test_drafts_and_those_to_come_are_nobodys(self, browse, ana):
        draft = announcement("Borrador", audience="public")
        soon = announcement("Mañana", audience="public")
        soon.publish(at=timezone.now() + DAY, tell=False)

        for browser in (browse(), browse(ana)):
            assert titles(browser.get("/avisos/")) == []
            assert browser.get(draft.get_absolute_url()).status_code == 404
            assert browser.get(soon.get_absolute_url()).status_code == 404
        assert on_home(browse(ana)) == []

    def test_support_reads_all_that_are_out(self, browse, agent, ana):
        announced("Solo Ibarra", audience="chosen", companies=[ana.company])

        assert titles(browse(agent).get("/avisos/")) == ["Solo Ibarra"]


class TestInTime:
    def test_one_that_has_ended_stands_among_the_previous_and_keeps_its_address(self, browse, ana):
        now = timezone.now()
        row = announced("Terminado", at=now - 2 * DAY, until=now - DAY)
        browser = browse(ana)

        assert titles(browser.get("/avisos/")) == []
        assert on_home(browser) == []
        assert titles(browser.get("/avisos/?ver=anteriores")) == ["Terminado"]
        assert "Sin vigencia desde" in browser.get(row.get_absolute_url()).content.decode()

    def test_pinned_ones_stand_on_top(self, browse, ana):
        now = timezone.now()
        announced("Fijado", at=now - 3 * DAY, is_pinned=True)
        announced("Nuevo", at=now - DAY)

        assert titles(browse(ana).get("/avisos/")) == ["Fijado", "Nuevo"]
        assert on_home(browse(ana)) == ["Fijado", "Nuevo"]

    def test_pages_by_key(self, browse, ana):
        now = timezone.now()
        for number in range(25):
            announced(f"Número {number}", at=now - number * DAY, is_pinned=number == 24, slug=f"aviso-n-{number}")
        browser = browse(ana)

        first = browser.get("/avisos/")
        second = browser.get("/avisos/", {"pagina": first.context["page"].next})
        broken = browser.get("/avisos/?pagina=nada")

        assert titles(first) == titles(broken) == ["Número 24", *(f"Número {number}" for number in range(19))]
        assert titles(second) == [f"Número {number}" for number in range(19, 24)]


class TestReading:
    def test_one_click_takes_it_from_ones_own_home_page_alone(self, browse, ana, bruno):
        row = announced("Horario")
        browser = browse(ana)

        answer = browser.post(f"{row.get_absolute_url()}leido/", {"next": "/inicio/"})

        assert answer["Location"] == "/inicio/"
        assert on_home(browser) == []
        assert on_home(browse(bruno)) == ["Horario"]
        assert titles(browser.get("/avisos/")) == ["Horario"]

    def test_twice_counts_once(self, browse, ana):
        row = announced()
        browser = browse(ana)

        for _twice in range(2):
            assert browser.post(f"{row.get_absolute_url()}leido/").status_code == 302

        assert Reading.objects.count() == 1

    def test_reading_it_is_not_saying_so(self, browse, ana):
        row = announced("Horario")
        browser = browse(ana)

        browser.get(row.get_absolute_url())

        assert on_home(browser) == ["Horario"]

    @pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example", "javascript:alert(1)", ""])
    def test_nobody_is_sent_elsewhere(self, browse, ana, wanted):
        row = announced()

        assert browse(ana).post(f"{row.get_absolute_url()}leido/", {"next": wanted})["Location"] == "/avisos/"

    def test_a_visitor_logs_in_first(self, browse):
        row = announced(audience="public")

        assert browse().post(f"{row.get_absolute_url()}leido/")["Location"].startswith("/acceso/")


class TestTheFeed:
    def entries(self, browser) -> list[ElementTree.Element]:
        answer = browser.get("/avisos/atom.xml")
        assert answer["Content-Type"].startswith("application/atom+xml")
        return ElementTree.fromstring(answer.content).findall(f"{ATOM}entry")

    def test_holds_the_public_ones_whoever_asks(self, browse, ana, settings):
        row = announced("Para todos", audience="public")
        announced("Para registrados")
        announced("Solo Ibarra", audience="chosen", companies=[ana.company])

        for browser in (browse(), browse(ana)):
            (entry,) = self.entries(browser)
            assert entry.find(f"{ATOM}title").text == "Para todos"
            assert entry.find(f"{ATOM}link").get("href") == settings.PUBLIC_URL + row.get_absolute_url()
            assert entry.find(f"{ATOM}summary").text == row.html

    def test_says_nothing_twice_and_nothing_that_has_ended(self, browse):
        now = timezone.now()
        announced("Terminado", audience="public", at=now - 2 * DAY, until=now - DAY)

        assert self.entries(browse()) == []

    def test_markup_in_titles_is_text(self, browse):
        announced("<b>]]>&amp;", audience="public", text="<script>alert(1)</script> ]]>")

        (entry,) = self.entries(browse())

        assert entry.find(f"{ATOM}title").text == "<b>]]>&amp;"
        assert "<script>" not in entry.find(f"{ATOM}summary").text


def test_markup_in_an_announcement_is_text(browse, ana):
    hostile = "<script>alert(1)</script>"
    row = announced(hostile, audience="public", text=f"{hostile} [x](javascript:alert(1)) ![y](https://evil.example/y)")

    for browser in (browse(), browse(ana)):
        for path in ("/avisos/", row.get_absolute_url()):
            page = browser.get(path).content.decode()
            assert "<script>alert" not in page
            assert 'href="javascript:' not in page
            assert "<img" not in page
    assert "<script>alert" not in browse(ana).get("/inicio/").content.decode()


def test_the_list_costs_as_much_with_many_as_with_one(browse, ana, django_assert_num_queries):
    browser = browse(ana)
    browser.get("/avisos/")
    for more in (1, 15):
        for number in range(more):
            announced(slug=f"de-{more}-{number}")
        with django_assert_num_queries(4):  # session, person, alarm, announcements
            browser.get("/avisos/")


@pytest.mark.parametrize("query", ["pagina=" + "x" * 10_000, "ver=%00", "pagina=%00", "ver='%22<b>"])
def test_hostile_questions_get_a_page(browse, query):
    assert browse().get(f"/avisos/?{query}").status_code == 200
