"""Solicitudes: the catalogue, the form, what a manager approves, and who sees it (S0-12)."""

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.template import engines
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from mail.models import OutgoingMail
from tests.factories import RequestTypeFactory, StaffFactory, TopicFactory, UserFactory, open_ticket
from tickets.models import Attachment, Draft, IllegalStep, Request, RequestType, Ticket

pytestmark = pytest.mark.django_db

LIST = "/solicitudes/"
KEY = "clave-de-este-formulario"


@pytest.fixture
def idea():
    """A kind of request that needs nobody's yes, with one question."""
    kind = RequestTypeFactory()
    kind.topic.form_fields.create(label="¿Dónde?", is_required=True)
    return kind


@pytest.fixture
def hours():
    """One that a manager has to approve."""
    kind = RequestTypeFactory(slug="horas", needs_approval=True, price="60 € la hora")
    kind.topic.form_fields.create(label="¿Cuántas horas?", kind="number", is_required=True)
    return kind


@pytest.fixture
def eva(ibarra):
    """Has Solicitudes and nothing else."""
    return UserFactory(company=ibarra, first_name="Eva", can_use_tickets=False, can_use_requests=True)


def answer_to(kind, value, **changes):
    """The form of a kind with one question, filled in."""
    question = kind.topic.form_fields.get()
    return {"key": KEY, "subject": str(kind), "body": "", question.name: value} | changes


def asked_by(person, kind, **content) -> Request:
    return Request.objects.ask(by=person, kind=kind, subject="Más horas", body="Cinco.", **content)


# --- the catalogue ---


def test_a_fresh_installation_offers_examples_once(db):
    slugs = list(RequestType.objects.offered().values_list("slug", flat=True))

    RequestType.objects.make_first()
    RequestType.objects.all().delete()  # as when its migration is taken back: the topics stay
    RequestType.objects.make_first()

    assert slugs == [
        "ampliacion", "alta-de-centro", "presupuesto", "horas-de-formacion", "baja", "administracion", "sugerencia",
    ]  # fmt: skip
    assert RequestType.objects.count() == len(slugs)
    assert RequestType.objects.get(slug="baja").topic.form_fields.count() == 4


def test_the_catalogue_shows_each_kind_in_its_group_with_price_and_approval(browse, eva, hours):
    text = browse(eva).get(LIST).content.decode()

    assert "Hable con nosotros" in text and hours.get_absolute_url() in text
    assert "60 € la hora" in text and "Antes la aprueba un gestor de su empresa." in text


def test_an_icon_that_is_not_there_is_refused_on_the_desk_and_the_catalogue_stands(browse, boss, eva, idea):
    entry = {"id": idea.pk, "slug": idea.slug, "group": idea.group, "text": idea.text, "position": 0, "icon": "lapiz"}
    form = {"department": idea.topic.department_id, "name": idea.topic.name, "position": 0, "is_active": "on"}
    form |= {f"request_type-0-{name}": value for name, value in entry.items()} | {"form_fields-TOTAL_FORMS": 0}
    form |= {"request_type-TOTAL_FORMS": 1, "request_type-INITIAL_FORMS": 1, "form_fields-INITIAL_FORMS": 0}

    answer = browse(boss).post(reverse("admin:tickets_topic_change", args=[idea.topic.pk]), form)

    assert answer.status_code == 200 and "No hay ningún icono con este nombre." in answer.content.decode()
    assert browse(eva).get(LIST).status_code == 200


def test_a_group_stands_once_whatever_the_order_of_its_kinds(browse, eva, idea):
    groups = [group for group, _kinds in browse(eva).get(LIST).context["groups"]]

    assert idea.group == "Hable con nosotros" and groups == ["El producto", "Contrato y servicios", idea.group]


def test_a_kind_that_is_no_longer_offered_is_gone_for_everybody(browse, eva, idea):
    idea.topic.is_active = False
    idea.topic.save(update_fields=["is_active"])

    assert idea.get_absolute_url() not in browse(eva).get(LIST).content.decode()
    assert browse(eva).get(idea.get_absolute_url()).status_code == 404


def test_a_request_is_no_topic_of_a_new_ticket(browse, ana, idea):
    assert str(idea.topic) not in browse(ana).get(reverse("tickets:new")).content.decode()


# --- what becomes of it ---


def test_a_request_becomes_a_ticket_with_its_answers_which_its_author_opens(browse, eva, agent, idea):
    answer = browse(eva).post(idea.get_absolute_url(), answer_to(idea, "En la lista"))

    ticket = Ticket.objects.get()
    assert answer.url == ticket.get_absolute_url()
    assert (ticket.author, ticket.topic, ticket.request_type, ticket.answer_count) == (eva, idea.topic, idea, 1)
    text = browse(eva).get(answer.url).content.decode()
    assert "¿Dónde?" in text and "En la lista" in text
    assert f'href="{reverse("tickets:list")}"' not in text
    desk = browse(agent).get(reverse("admin:tickets_ticket_change", args=[ticket.pk])).content.decode()
    assert "¿Dónde?" in desk and "En la lista" in desk


def test_the_answers_are_in_the_mails_on_paper_and_in_the_export(browse, ana, idea):
    ana.can_use_requests = True
    ana.save(update_fields=["can_use_requests"])
    browse(ana).post(idea.get_absolute_url(), answer_to(idea, "En la <lista>"))

    mails = {mail.kind: mail for mail in OutgoingMail.objects.all()}
    assert mails.keys() == {"ticket_received", "ticket_opened_for_support"}
    assert all("¿Dónde?: En la <lista>" in mail.text for mail in mails.values())
    assert all("En la &lt;lista&gt;" in mail.html for mail in mails.values())
    assert "En la &lt;lista&gt;" in browse(ana).get("/tickets/1/imprimir/").content.decode()
    table = b"".join(browse(ana).get(reverse("tickets:export"))).decode("utf-8-sig")
    assert "¿Dónde?: En la <lista>" in table


def test_the_list_of_tickets_shows_requests_to_who_has_that_area(browse, ana, idea):
    ana.can_use_requests = True
    ana.save(update_fields=["can_use_requests"])
    browse(ana).post(idea.get_absolute_url(), answer_to(idea, "Aquí"))

    assert list(browse(ana).get(reverse("tickets:list")).context["page"].rows) == [Ticket.objects.get()]


def test_with_the_area_alone_one_sees_the_requests_that_one_made_and_no_ticket(ana, eva, idea):
    open_ticket(ana, followers=[eva])
    open_ticket(eva)
    theirs = open_ticket(ana, topic=idea.topic, request_type=idea)
    mine = open_ticket(eva, topic=idea.topic, request_type=idea)
    mine.classify(by=StaffFactory(), topic=TopicFactory(), product=None, priority=2)

    assert list(Ticket.objects.visible_to(eva)) == [mine]
    assert theirs not in Ticket.objects.visible_to(eva)


def test_an_answer_lights_the_alarm_at_solicitudes(browse, eva, agent, idea):
    ticket = open_ticket(eva, topic=idea.topic, request_type=idea)
    ticket.reply(by=agent, body="Lo miramos.")

    text = browse(eva).get(LIST).content.decode()

    assert text.count("Tiene respuestas sin leer") == 1 and 'class="row-link unread"' in text
    browse(eva).get(ticket.get_absolute_url())
    assert "Tiene respuestas sin leer" not in browse(eva).get(LIST).content.decode()


def test_a_request_is_sent_once_and_another_text_is_kept(browse, eva, idea):
    page, address = browse(eva), idea.get_absolute_url()

    for _time in range(2):
        assert page.post(address, answer_to(idea, "Aquí")).url == "/tickets/1/"
    answer = page.post(address, answer_to(idea, "Allí"))

    assert "Ya había enviado este formulario: vea el ticket #1." in answer.content.decode()
    assert "Allí" in answer.content.decode()
    assert Ticket.objects.count() == 1


def test_what_was_begun_is_there_again_and_only_there(browse, eva, idea, hours):
    eva.can_use_tickets = True
    eva.save(update_fields=["can_use_tickets"])
    page = browse(eva)
    page.post(idea.get_absolute_url(), answer_to(idea, "", body="A medias"))

    assert "A medias" in page.get(idea.get_absolute_url()).content.decode()
    assert "A medias" not in page.get(hours.get_absolute_url()).content.decode()
    assert "A medias" not in page.get(reverse("tickets:new")).content.decode()


def test_the_key_of_a_request_serves_no_ticket(browse, eva, idea):
    eva.can_use_tickets = True
    eva.save(update_fields=["can_use_tickets"])
    page = browse(eva)
    page.post(idea.get_absolute_url(), answer_to(idea, "", body="A medias"))

    data = {"key": KEY, "topic": TopicFactory().pk, "priority": 2, "subject": "Otra cosa", "body": "Nada."}
    answer = page.post(reverse("tickets:new"), data)

    assert "había caducado" in answer.content.decode()
    assert not Ticket.objects.exists()


def test_what_is_typed_is_saved_by_the_seal_with_its_answers(browse, eva, idea):
    page = browse(eva)
    form = page.get(idea.get_absolute_url()).context["form"]
    data = answer_to(idea, "Aquí", key=form["key"].value(), seal=str(form.seal))

    assert page.post("/borradores/guardar/", data).status_code == 204

    assert "Aquí" in page.get(idea.get_absolute_url()).content.decode()


def test_clearing_leads_back_to_the_form(browse, eva, idea):
    page = browse(eva)
    form = page.get(idea.get_absolute_url()).context["form"]
    page.post(idea.get_absolute_url(), answer_to(idea, "", body="A medias"))

    assert page.post(f"/borradores/{KEY}/vaciar/").url == idea.get_absolute_url()
    assert page.post("/borradores/nada/vaciar/", {"seal": str(form.seal)}).url == idea.get_absolute_url()
    assert not Draft.objects.exists()


def test_a_broken_cursor_gives_the_first_page(browse, eva, idea):
    open_ticket(eva, topic=idea.topic, request_type=idea)

    for part in ("", "por-aprobar", "pasadas", "nada", "\0"):
        assert browse(eva).get(LIST, {"pagina": "x" * 5_000, "ver": part}).status_code == 200


# --- approval ---


def test_until_a_manager_approves_it_is_no_ticket_and_in_no_counter(browse, eva, bruno, hours, mails):
    answer = browse(eva).post(hours.get_absolute_url(), answer_to(hours, "5"))

    asked = Request.objects.get()
    assert answer.url == asked.get_absolute_url()
    assert not Ticket.objects.exists() and eva.company.ticket_counter == 0
    assert mails() == {("request_asked", bruno.email)}
    assert browse(eva).get(asked.get_absolute_url()).status_code == 200
    assert "horas" in browse(eva).get(f"{LIST}?ver=por-aprobar").content.decode()
    assert browse(bruno).get(reverse("home")).context["panel"].tiles[0]["count"] == 0
    assert "Una solicitud de su empresa espera su aprobación." in browse(bruno).get(reverse("home")).content.decode()


def test_the_kind_is_named_beside_a_subject_that_does_not_say_it(browse, eva, bruno, hours):
    for subject in (str(hours), "Para los nuevos"):
        Request.objects.ask(by=eva, kind=hours, subject=subject, body="Cinco.")

    rows = browse(bruno).get(reverse("approvals:list")).content.decode()
    first, second = (mail.text for mail in OutgoingMail.objects.filter(kind="request_asked").order_by("pk"))

    assert rows.count(f"<span>{hours}</span>") == 1
    assert f"pide «{hours}». No llega" in first and f"pide «Para los nuevos» ({hours}). No llega" in second


def test_a_manager_sees_what_is_asked_and_its_price_and_no_thread(browse, eva, bruno, hours):
    browse(eva).post(hours.get_absolute_url(), answer_to(hours, "5", body="Para los **nuevos**."))
    asked = Request.objects.get()
    hours.price = "Otro precio"
    hours.save(update_fields=["price"])

    text = browse(bruno).get(reverse("approvals:detail", args=[asked.public_id])).content.decode()

    assert "¿Cuántas horas?" in text and "60 € la hora" in text and eva.get_full_name() in text
    assert "<strong>nuevos</strong>" in text and 'class="thread"' not in text


def test_approving_opens_the_ticket_of_its_author_with_the_same_content(browse, eva, bruno, hours, mails, attach):
    asked = asked_by(eva, hours, files=attach(eva, "plan.txt"))
    mails.clear()

    answer = browse(bruno).post(reverse("approvals:approve", args=[asked.public_id]))

    ticket = Ticket.objects.get()
    asked.refresh_from_db()
    assert answer.url == reverse("approvals:list")
    assert (asked.state, asked.ticket, asked.decided_by) == ("approved", ticket, bruno)
    assert (ticket.author, ticket.subject, ticket.request_type) == (eva, "Más horas", hours)
    assert [file.name for file in ticket.messages.get().attachments.all()] == ["plan.txt"]
    assert {kind for kind, _address in mails()} == {"ticket_received", "ticket_opened_for_support"}
    assert "La ha aprobado Bruno Etxeberria." in OutgoingMail.objects.get(kind="ticket_received").text
    assert "Aprobada por Bruno Etxeberria" in browse(eva).get(ticket.get_absolute_url()).content.decode()
    assert browse(eva).get(asked.get_absolute_url()).url == ticket.get_absolute_url()


def test_the_answers_go_over_to_the_ticket_and_stay_to_be_seen(browse, eva, bruno, hours):
    browse(eva).post(hours.get_absolute_url(), answer_to(hours, "7.5"))
    asked = Request.objects.get()

    asked.approve(by=bruno)

    assert [str(answer) for answer in asked.ticket.all_answers()] == ["¿Cuántas horas?: 7,5"]
    assert "7,5" in browse(bruno).get(reverse("approvals:detail", args=[asked.public_id])).content.decode()


def test_a_refusal_says_why(browse, eva, bruno, hours, mails):
    asked = asked_by(eva, hours)
    mails.clear()
    address = reverse("approvals:refuse", args=[asked.public_id])

    assert "Este campo es obligatorio" in browse(bruno).post(address, {"reason": " "}).content.decode()
    browse(bruno).post(address, {"reason": "Este año no."})

    asked.refresh_from_db()
    assert (asked.state, asked.reason) == ("refused", "Este año no.")
    assert mails() == {("request_refused", eva.email)}
    assert "Este año no." in browse(eva).get(asked.get_absolute_url()).content.decode()
    assert not Ticket.objects.exists()


def test_its_author_may_take_it_back_and_nobody_else(browse, eva, ana, bruno, hours):
    asked = asked_by(eva, hours)
    ana.can_use_requests = True
    ana.save(update_fields=["can_use_requests"])
    address = reverse("requests:withdraw", args=[asked.public_id])

    assert browse(ana).post(address).status_code == 404
    browse(eva).post(address)

    asked.refresh_from_db()
    assert asked.state == "withdrawn"
    assert asked.actions_for(bruno) == asked.actions_for(eva) == set()


def test_a_manager_who_asks_needs_nobody(browse, bruno, hours):
    bruno.can_use_requests = True
    bruno.save(update_fields=["can_use_requests"])

    browse(bruno).post(hours.get_absolute_url(), answer_to(hours, "5"))

    assert Ticket.objects.get().request_type == hours
    assert not Request.objects.exists()


def test_what_awaits_approval_is_sent_once(browse, eva, bruno, hours):
    page, address = browse(eva), hours.get_absolute_url()

    first, second = (page.post(address, answer_to(hours, "5")) for _time in range(2))

    asked = Request.objects.get()
    assert first.url == second.url == asked.get_absolute_url()
    answer = page.post(address, answer_to(hours, "6"))
    assert "Ya había enviado este formulario y espera aprobación." in answer.content.decode()
    asked.approve(by=bruno)
    assert page.post(address, answer_to(hours, "5")).url == asked.ticket.get_absolute_url()


def test_what_was_decided_is_decided(eva, bruno, hours):
    asked = asked_by(eva, hours)
    stale = Request.objects.get(pk=asked.pk)
    asked.approve(by=bruno)

    for deed in (stale.approve, stale.withdraw):
        with pytest.raises(IllegalStep), transaction.atomic():
            deed(by=bruno)
    with pytest.raises(IllegalStep), transaction.atomic():
        stale.refuse(by=bruno, reason="Tarde.")
    assert Ticket.objects.count() == 1


def test_a_second_yes_says_that_it_is_too_late(browse, eva, bruno, hours):
    asked = asked_by(eva, hours)
    asked.withdraw(by=eva)

    answer = browse(bruno).post(reverse("approvals:approve", args=[asked.public_id]), follow=True)

    assert "Ya no es posible" in answer.content.decode()
    assert not Ticket.objects.exists()


def test_support_meets_neither_the_request_nor_its_files(browse, eva, agent, hours, attach):
    asked_by(eva, hours, files=attach(eva, "plan.txt"))
    file = Attachment.objects.get()

    assert not Ticket.objects.for_staff(agent).exists()
    assert browse(agent).get(file.get_absolute_url()).status_code == 404
    assert browse(eva).get(file.get_absolute_url()).status_code == 200


def test_files_of_a_request_open_for_its_author_and_the_managers(browse, eva, ana, bruno, carla, hours, attach):
    asked_by(eva, hours, files=attach(eva, "plan.txt"))
    address = Attachment.objects.get().get_absolute_url()

    seen = {person.first_name: browse(person).get(address).status_code for person in (eva, bruno, ana, carla)}

    assert seen == {"Eva": 200, "Bruno": 200, "Ana": 404, "Carla": 404}
    assert browse(eva).post(f"{address}quitar/").status_code == 404


def test_an_author_who_moved_to_another_company_takes_nothing_along(eva, bruno, norte, hours):
    asked = asked_by(eva, hours)
    eva.company = norte
    eva.save(update_fields=["company"])
    asked.refresh_from_db()

    with pytest.raises(IllegalStep):
        asked.approve(by=bruno)
    assert not Request.objects.visible_to(eva).exists()


def leaves(person, how):
    """Deactivated; without access; without the areas in which one reads answers."""
    changes = {"access": {"has_portal_access": False, "can_use_requests": False}, "areas": {"can_use_requests": False}}
    User.objects.filter(pk=person.pk).update(**changes.get(how, {"is_active": False}))


@pytest.mark.parametrize("how", ["deactivated", "access", "areas"])
def test_whoever_approves_what_somebody_asked_who_has_left_follows_the_ticket(browse, eva, bruno, hours, mails, how):
    asked = asked_by(eva, hours)
    leaves(eva, how)
    mails.clear()
    page = browse(bruno)
    assert "quedará en copia" in page.get(reverse("approvals:detail", args=[asked.public_id])).content.decode()

    page.post(reverse("approvals:approve", args=[asked.public_id]))

    ticket = Ticket.objects.get()
    assert (ticket.author, set(ticket.followers.values_list("user", flat=True))) == (eva, {eva.pk, bruno.pk})
    assert page.get(ticket.get_absolute_url()).status_code == 200
    assert {address for kind, address in mails() if kind == "ticket_received"} == {eva.email} - (
        {eva.email} if how == "deactivated" else set()
    )
    assert bruno.email not in {address for _kind, address in mails()}


def test_what_somebody_asked_who_is_there_is_theirs_alone(browse, eva, bruno, hours):
    asked = asked_by(eva, hours)
    detail = reverse("approvals:detail", args=[asked.public_id])
    assert "quedará en copia" not in browse(bruno).get(detail).content.decode()

    ticket = asked.approve(by=bruno)

    assert list(ticket.followers.values_list("user", flat=True)) == [eva.pk]


def test_what_somebody_asked_who_has_left_is_refused_without_a_mail(browse, eva, bruno, hours, mails):
    asked = asked_by(eva, hours)
    eva.deactivate(by=bruno)
    mails.clear()

    browse(bruno).post(reverse("approvals:refuse", args=[asked.public_id]), {"reason": "Ya no está."})

    asked.refresh_from_db()
    assert (asked.state, mails()) == ("refused", set())


def test_old_drafts_go_and_requests_stay(eva, hours, browse):
    browse(eva).post(hours.get_absolute_url(), answer_to(hours, "5", files=SimpleUploadedFile("a.txt", b"a")))
    Draft.objects.update(updated_at="2020-01-01T00:00Z")

    Draft.objects.remove_old()

    assert not Draft.objects.exists()
    assert Request.objects.get().attachments.get().name == "a.txt"


# --- what it costs ---


@pytest.mark.parametrize("part", ["", "por-aprobar", "pasadas"])
def test_the_list_costs_the_same_with_one_request_and_with_thirty(browse, eva, idea, hours, part):
    page = browse(eva)

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert len(page.get(LIST, {"ver": part}).context["page"].rows)
        return len(asked)

    def more(number: int) -> None:
        for _one in range(number):
            open_ticket(eva, topic=idea.topic, request_type=idea)
            open_ticket(eva, topic=idea.topic, request_type=idea).close(by=eva)
            asked_by(eva, hours)

    more(1)
    queries()  # the first page of a session writes when it was seen
    once = queries()
    more(24)

    assert queries() == once <= 9


def test_the_managers_list_costs_the_same_with_one_request_and_with_thirty(browse, eva, bruno, hours):
    page, address = browse(bruno), reverse("approvals:list")

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert len(page.get(address).context["page"].rows)
        return len(asked)

    asked_by(eva, hours)
    queries()  # the first page of a session writes when it was seen
    once = queries()
    for _one in range(24):
        asked_by(eva, hours)

    assert queries() == once


def test_the_page_of_a_request_costs_one_query_more_than_that_of_a_ticket(browse, eva, idea):
    eva.can_use_tickets = True
    eva.save(update_fields=["can_use_tickets"])
    page = browse(eva)
    plain = open_ticket(eva)
    page.post(idea.get_absolute_url(), answer_to(idea, "Aquí"))

    def queries(address: str) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert page.get(address).status_code == 200
        return len(asked)

    assert queries("/tickets/2/") == queries(plain.get_absolute_url()) + 1


# --- elsewhere ---


def test_a_button_becomes_the_contact_address_without_the_area(ana, eva, idea, settings):
    button = engines["django"].from_string('{% request_button person "idea" "Tengo una idea" %}')

    assert idea.get_absolute_url() in button.render({"person": eva})
    without = button.render({"person": ana})
    assert idea.get_absolute_url() not in without and settings.BRAND["email"] in without


def test_the_roles_of_staff_may_see_or_change_the_catalogue(db):
    def may(role: str) -> set[str]:
        permissions = Group.objects.get(name=role).permissions.filter(content_type__model="requesttype")
        return set(permissions.values_list("codename", flat=True))

    assert may("Agente") == {"view_requesttype"}
    assert "change_requesttype" in may("Coordinación")
