"""The staff's door: queue and conversation, through the same verbs."""

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from downloads.models import Installation
from tests.factories import ComponentFactory, DeliveryFactory, ProductFactory, TopicFactory, open_ticket, release_file
from tickets.models import Ticket, Topic

pytestmark = pytest.mark.django_db

QUEUE = reverse("admin:tickets_ticket_changelist")


def conversation(ticket, deed=""):
    if deed:
        return reverse(f"admin:tickets_ticket_{deed}", args=[ticket.pk])
    return reverse("admin:tickets_ticket_change", args=[ticket.pk])


def queue(answer):
    return [ticket.subject for ticket in answer.context["cl"].result_list]


def test_what_waits_for_support_comes_first_by_priority_and_age(browse, ana, agent):
    open_ticket(ana, subject="media")
    open_ticket(ana, subject="alta", priority=3)
    open_ticket(ana, subject="media más nueva")
    open_ticket(ana, subject="espera al cliente").reply(by=agent, body="¿Qué versión?")
    desk = browse(agent)

    assert queue(desk.get(QUEUE)) == ["alta", "media", "media más nueva"]
    assert queue(desk.get(QUEUE, {"cola": "cliente"})) == ["espera al cliente"]


def test_what_is_resolved_comes_by_its_date_and_all_by_their_last_message(browse, ana, agent):
    first, second, third = (open_ticket(ana, subject=subject) for subject in ("uno", "dos", "tres"))
    second.close(by=ana)
    first.close(by=ana)
    third.reply(by=agent, body="¿Qué versión?")
    first.reply(by=ana, body="Sigue igual.")
    first.close(by=agent)
    desk = browse(agent)

    assert queue(desk.get(QUEUE, {"cola": "resueltos"})) == ["uno", "dos"]
    assert queue(desk.get(QUEUE, {"cola": "todos"})) == ["uno", "tres", "dos"]


def test_the_queue_keeps_its_order_whatever_the_address_asks(browse, ana, agent):
    open_ticket(ana, subject="media")
    open_ticket(ana, subject="alta", priority=3)

    assert queue(browse(agent).get(QUEUE, {"o": "3.-6"})) == ["alta", "media"]


def test_a_demonstration_never_reaches_the_queue(browse, ibarra, ana, agent):
    ibarra.is_demo = True
    ibarra.save()
    open_ticket(ana)

    assert queue(browse(agent).get(QUEUE)) == []


@pytest.mark.parametrize("words", ["IBA-1", "informacion", "grafico"])
def test_the_queue_is_searched_as_the_list_is(browse, ana, agent, words):
    open_ticket(ana, subject="Falta información", body="El gráfico sale vacío.")
    open_ticket(ana, subject="Otra cosa", body="Nada.")

    assert queue(browse(agent).get(QUEUE, {"q": words})) == ["Falta información"]


def test_the_queue_counts_nothing_and_costs_the_same_with_many_rows(browse, ana, agent):
    desk = browse(agent)
    open_ticket(ana)
    desk.get(QUEUE)

    def cost():
        with CaptureQueriesContext(connection) as queries:
            assert desk.get(QUEUE).status_code == 200
        assert not [query for query in queries if "COUNT(" in query["sql"] and "tickets_ticket" in query["sql"]]
        return len(queries)

    with_one = cost()
    for _number in range(30):
        open_ticket(ana, product=ProductFactory()).assign(by=agent, to=agent)

    assert cost() == with_one


def test_support_answers_and_chooses_what_follows(browse, ana, agent):
    ticket = open_ticket(ana)

    answer = browse(agent).post(
        conversation(ticket), {"key": "k" * 20, "body": "Hecho en la 4.3.", "then": "closed"}, follow=True
    )

    assert "Hecho en la 4.3." in answer.content.decode()
    ticket.refresh_from_db()
    assert (ticket.status, ticket.messages.last().from_support) == ("closed", True)


def test_an_answer_with_an_error_keeps_text_and_choice(browse, ana, agent):
    ticket = open_ticket(ana)
    ticket.set_status("enhancement", by=agent)

    answer = browse(agent).post(
        conversation(ticket),
        {"key": "k" * 20, "body": "x" * 50_001, "then": "open", "files": SimpleUploadedFile("parche.exe", b"MZ\x90\0")},
    )

    text = answer.content.decode()
    assert "caben 50.000" in text and "x" * 50_001 in text and "parche.exe" in text
    assert '<option value="open" selected>' in text


def test_staff_may_attach_a_program(browse, ana, agent):
    ticket = open_ticket(ana)
    desk = browse(agent)

    sent = desk.post(
        conversation(ticket, "archivos"), {"key": "k" * 20, "files": SimpleUploadedFile("parche.exe", b"MZ\x90\0")}
    )

    assert sent.status_code == 200
    assert "parche.exe" in desk.get(conversation(ticket)).content.decode()


def test_an_internal_note_stays_on_the_desk(browse, ana, agent):
    ticket = open_ticket(ana)
    desk = browse(agent)

    desk.post(conversation(ticket, "nota"), {"body": "Es el **caso** de siempre."})

    assert "<strong>caso</strong>" in desk.get(conversation(ticket)).content.decode()
    assert "caso" not in browse(ana).get(ticket.get_absolute_url()).content.decode()


def test_assigning_taking_moving_and_classifying(browse, ana, agent, boss):
    ticket, desk = open_ticket(ana), browse(agent)
    topic, module = TopicFactory(name="Facturación"), ProductFactory()

    desk.post(conversation(ticket, "asignar"), {"assignee": boss.pk})
    ticket.refresh_from_db()
    assert ticket.assignee == boss
    desk.post(conversation(ticket, "tomar"))
    desk.post(conversation(ticket, "estado"), {"status": "scheduled"})
    desk.post(conversation(ticket, "clasificar"), {"topic": topic.pk, "product": module.pk, "priority": 4})

    ticket.refresh_from_db()
    assert (ticket.assignee, ticket.status) == (agent, "scheduled")
    assert (ticket.topic, ticket.product, ticket.priority) == (topic, module, 4)


def test_topics_stand_below_their_parent_wherever_all_are_offered(browse, ana, agent, boss):
    Topic.objects.exclude(parent=None).delete()
    Topic.objects.all().delete()
    ticket = open_ticket(ana)
    parent, last = TopicFactory(name="Altas", position=2), TopicFactory(name="Urgencia", position=3)
    below = [TopicFactory(name=name, position=position, parent=parent) for name, position in (("B", 1), ("C", 3))]

    classified = browse(agent).get(conversation(ticket)).context["classify_form"].fields["topic"].queryset
    filters = browse(ana).get(reverse("tickets:filters")).content.decode()
    listed = browse(boss).get(reverse("admin:tickets_topic_changelist")).context["cl"].result_list

    assert list(classified) == [ticket.topic, *below, last]
    assert list(listed) == [ticket.topic, parent, *below, last]
    assert re.findall(rf">({'|'.join(map(str, listed))})</option>", filters) == list(map(str, listed))


def test_a_customer_is_never_assigned(browse, ana, agent):
    ticket = open_ticket(ana)

    answer = browse(agent).post(conversation(ticket, "asignar"), {"assignee": ana.pk}, follow=True)

    assert "Escoja una opción válida" in answer.content.decode()
    ticket.refresh_from_db()
    assert ticket.assignee is None


def test_support_puts_people_of_the_company_in_copy(browse, ana, bruno, carla, agent):
    ticket, desk = open_ticket(ana), browse(agent)

    desk.post(conversation(ticket, "copia"), {"person": bruno.public_id})
    desk.post(conversation(ticket, "copia"), {"person": carla.public_id})

    assert [follower.user for follower in ticket.followers.all()] == [ana, bruno]


# --- what the company runs ---


@pytest.fixture
def updates(settings, tmp_path):
    """Two updates that are out, and one to come."""
    settings.FILES_ROOT = tmp_path / "files"
    old, last = (DeliveryFactory(version=f"2026.{n}", published_at=timezone.now() - timedelta(9 - n)) for n in (1, 2))
    for release in (old, last, DeliveryFactory(version="2026.3", state="draft", published_at=None)):
        release_file(release)
    return old, last


def what_runs(page):
    """Version, its components, whether a newer one is out."""
    return [(str(row.release), str(row.component), row.is_behind) for row in page.context["installed"]]


def test_the_desk_shows_what_the_company_runs_and_what_of_it_is_old(browse, ana, carla, agent, updates):
    old, last = updates
    server, web, app = (ComponentFactory(slug=slug) for slug in ("servidor", "web", "movil"))
    Installation.objects.say({server: old, web: last, app: None}, by=ana, at=timezone.now())
    desk = browse(agent)

    hers = desk.get(conversation(open_ticket(ana)))
    theirs = desk.get(conversation(open_ticket(carla)))

    assert what_runs(hers) == [("2026.2", "Web", False), ("2026.1", "Servidor", True)]
    assert hers.content.decode().count("hay una más nueva, la 2026.2") == 1
    assert what_runs(theirs) == []
    assert "La empresa no ha indicado qué tiene instalado." in theirs.content.decode()


def test_the_conversation_costs_the_same_with_one_component_and_with_ten(browse, ana, agent, updates):
    desk, ticket, (old, _last) = browse(agent), open_ticket(ana), updates
    desk.get(conversation(ticket))

    def cost(*components):
        Installation.objects.say({ComponentFactory(slug=slug): old for slug in components}, by=ana, at=timezone.now())
        with CaptureQueriesContext(connection) as queries:
            desk.get(conversation(ticket))
        return len(queries)

    assert cost("servidor") == cost(*(f"parte-{number}" for number in range(10)))


@pytest.mark.parametrize("pk", ["999999", "abc", "1e3", "-1"])
def test_an_absent_ticket_is_not_found(browse, agent, pk):
    assert browse(agent).get(f"{QUEUE}{pk}/change/").status_code == 404


def test_the_conversation_costs_the_same_with_one_message_and_with_thirty(browse, ana, agent, attach):
    desk = browse(agent)
    small, large = open_ticket(ana), open_ticket(ana)
    for number in range(30):
        large.reply(by=agent, body=f"Respuesta {number}.", files=attach(agent, f"{number}.txt"))
        large.note(by=agent, body="Nota.")
    small.reply(by=agent, body="Una.", files=attach(agent, "una.txt"))
    small.note(by=agent, body="Nota.")
    desk.get(conversation(small))

    def cost(ticket):
        with CaptureQueriesContext(connection) as queries:
            assert desk.get(conversation(ticket)).status_code == 200
        return len(queries)

    assert cost(large) == cost(small)


def test_the_desk_offers_no_way_to_delete_a_ticket(browse, ana, boss):
    ticket = open_ticket(ana)

    assert (
        browse(boss).post(reverse("admin:tickets_ticket_delete", args=[ticket.pk]), {"post": "yes"}).status_code == 403
    )
    assert Ticket.objects.filter(pk=ticket.pk).exists()
