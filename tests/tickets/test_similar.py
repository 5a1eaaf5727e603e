"""While a subject is typed, tickets that are like it are shown, those that one may see alone; one click follows one."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.factories import UserFactory, open_ticket
from tests.walls import payloads
from tickets.models import Ticket

pytestmark = pytest.mark.django_db

SIMILAR = "/tickets/parecidos/"


def shown(client, subject):
    """Numbers of the tickets that are suggested, in their order."""
    return [ticket.number for ticket in client.get(SIMILAR, {"subject": subject}).context["tickets"]]


def text_of(client, subject) -> str:
    return client.get(SIMILAR, {"subject": subject}).content.decode()


def test_those_that_one_may_see_are_suggested(browse, ana, bruno, diego, carla):
    open_ticket(ana, subject="No imprime el informe anual")

    for person, numbers in ((ana, [1]), (bruno, [1]), (diego, []), (carla, [])):
        assert shown(browse(person), "El informe anual no imprime") == numbers, person


def test_the_likest_come_first_then_the_newest_and_five_are_enough(browse, ana):
    for subject in [
        "Informe anual en blanco",
        "El informe anual no imprime",
        *["Informe anual vacío"] * 5,
        "Otra cosa",
    ]:
        open_ticket(ana, subject=subject)

    assert shown(browse(ana), "No imprime el informe anual") == [2, 7, 6, 5, 4]


def test_who_opened_it_and_when_and_what_became_of_it_is_said(browse, ana, bruno, agent):
    hers = open_ticket(ana, subject="No imprime el informe")
    his = open_ticket(bruno, subject="No imprime el informe anual")
    his.reply(by=agent, body="Actualice.", then="closed")
    Ticket.objects.filter(pk=hers.pk).update(created_at=timezone.now() - timedelta(days=1))

    seen_by_bruno = text_of(browse(bruno), "No imprime el informe")

    assert "Lo abrió Ana Ruiz · ayer" in seen_by_bruno and "Lo abrió usted · ahora mismo" in seen_by_bruno
    assert 'href="/tickets/1/"' in seen_by_bruno and 'formaction="/tickets/1/seguir/"' in seen_by_bruno
    assert "Resuelto: vea la respuesta" in seen_by_bruno and "/tickets/2/seguir/" not in seen_by_bruno
    assert "2 tickets parecidos" in seen_by_bruno


def test_whoever_follows_a_ticket_gets_the_link_alone(browse, ana, bruno):
    ticket = open_ticket(ana, subject="No imprime el informe")
    ticket.add_follower(by=ana, person=bruno)

    text = text_of(browse(bruno), "No imprime")

    assert "Ya lo sigue" in text and "seguir/" not in text
    assert "seguir/" not in text_of(browse(ana), "No imprime")


@pytest.mark.parametrize("subject", ["", "de la que", "No", "\x00", "x" * 10_000, *payloads.OWN[:10]])
def test_where_nothing_is_like_it_nothing_is_shown(browse, ana, subject):
    open_ticket(ana)

    answer = browse(ana).get(SIMILAR, {"subject": subject})

    assert answer.status_code == 200
    assert answer.content.decode().split() == ["<p", 'id="similar-count"', 'hx-swap-oob="innerHTML"></p>']


def test_without_a_subject_nothing_is_shown(browse, ana):
    assert browse(ana).get(SIMILAR).context["tickets"] == []


def test_a_hostile_subject_is_shown_as_text(browse, ana):
    open_ticket(ana, subject='informe <script>alert(1)</script> "anual"')

    text = text_of(browse(ana), "informe anual")

    assert "&lt;script&gt;" in text and "<script>" not in text


def test_suggestions_cost_the_same_however_many_there_are(browse, ana, django_assert_num_queries):
    for _ticket in range(30):
        open_ticket(ana, subject="No imprime el informe")
    page = browse(ana)
    page.get(SIMILAR)

    with django_assert_num_queries(4):  # session, person, tickets, and whether an article answers
        assert len(shown(page, "No imprime el informe")) == 5


def test_only_so_many_of_the_newest_are_looked_at(browse, ana, monkeypatch):
    monkeypatch.setattr("tickets.models.searching.LOOKED_AT", 2)
    for subject in ("No imprime el informe", "Otra cosa", "Y otra"):
        open_ticket(ana, subject=subject)

    assert shown(browse(ana), "No imprime el informe") == []


def test_one_click_follows_a_colleagues_ticket_and_leads_to_it(browse, ana, bruno, agent, mails):
    ticket = open_ticket(ana, subject="No imprime el informe")
    mails.clear()

    answer = browse(bruno).post("/tickets/1/seguir/", {"subject": "No imprime", "body": "Tampoco a mí."}, follow=True)

    text = answer.content.decode()
    assert answer.redirect_chain == [("/tickets/1/", 302)]
    assert "Ahora sigue este ticket" in text and "Bruno Etxeberria sigue el ticket" in text
    assert mails() == set()
    ticket.reply(by=agent, body="Lo miramos.")
    assert {address for _kind, address in mails()} == {ana.email, bruno.email}


def test_following_twice_is_following(browse, ana, bruno):
    ticket = open_ticket(ana)
    page = browse(bruno)

    for _time in range(2):
        assert page.post("/tickets/1/seguir/").url == "/tickets/1/"

    assert ticket.followers.filter(user=bruno).count() == 1
    assert ticket.events.filter(kind="follower_added").count() == 1


def test_what_one_does_not_see_one_does_not_follow(browse, ana, diego, carla):
    ticket = open_ticket(ana)

    for person in (diego, carla):
        assert browse(person).post("/tickets/1/seguir/").status_code == 404
    assert ticket.followers.count() == 1


def test_whoever_lost_the_area_is_suggested_nothing(browse, ibarra):
    eva = UserFactory(company=ibarra, first_name="Eva", can_use_tickets=False)

    assert browse(eva).get(SIMILAR, {"subject": "informe"}).status_code == 403
