"""What a topic asks besides the message (S1-35), and departments that cost (S3-35, S3-36)."""

from datetime import date
from decimal import Decimal
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from portal.invariants import INVARIANTS, check
from portal.invariants.looking import Look
from tests.factories import (
    DepartmentFactory,
    ProductFactory,
    RequestTypeFactory,
    StaffFactory,
    TopicFactory,
    UserFactory,
    open_ticket,
)
from tests.tickets.test_requests import KEY
from tickets.models import Answer, Attachment, Draft, IllegalStep, Request, Ticket, Topic, TopicField
from tickets.models.question import FIELDS_PER_TOPIC, Kind
from tickets.models.searching import found
from tickets.status import Priority

pytestmark = pytest.mark.django_db

NEW = "/tickets/nuevo/"
OPTIONS = "Planta baja\nPrimera\n\nPrimera\nSegunda"


@pytest.fixture
def topic():
    return TopicFactory(name="Avería con preguntas")


def asks(topic, kind=Kind.TEXT, label="¿Dónde?", **details) -> TopicField:
    options = OPTIONS if kind in (Kind.CHOICE, Kind.SEVERAL) else ""
    return topic.form_fields.create(kind=kind, label=label, options=options, **details)


def data(topic, **answers) -> dict:
    return {"key": KEY, "topic": topic.pk, "priority": 2, "subject": "No imprime", "body": "Nada."} | answers


def answered(ticket: Ticket | None = None) -> list[str]:
    return [str(answer) for answer in (ticket or Ticket.objects.get()).all_answers()]


# --- what is answered ---


@pytest.mark.parametrize(
    ("kind", "given", "words"),
    [
        (Kind.TEXT, " En C:\\Acme\\bin ", "En C:\\Acme\\bin"),
        (Kind.LONG_TEXT, "Una línea\r\ny otra", "Una línea\r\ny otra"),
        (Kind.CHOICE, "Primera", "Primera"),
        (Kind.SEVERAL, ["Segunda", "Primera", "Segunda"], "Primera, Segunda"),
        (Kind.NUMBER, "1200.50", "1200,5"),
        (Kind.DATE, "2026-03-01", "01/03/2026"),
        (Kind.YES_NO, "si", "Sí"),
        (Kind.YES_NO, "no", "No"),
    ],
)
def test_an_answer_is_kept_as_it_was_asked_and_read_in_words(browse, ana, topic, kind, given, words):
    question = asks(topic, kind, is_required=True)

    browse(ana).post(NEW, data(topic, **{question.name: given}))
    question.label = "Otra pregunta"
    question.save(update_fields=["label"])

    assert answered() == [f"¿Dónde?: {words}"]


def test_a_contact_a_module_and_a_file_are_answers_too(browse, ana, diego, topic):
    module = ProductFactory(name="EPIs")
    who, which, what = (asks(topic, kind, kind.label) for kind in (Kind.CONTACT, Kind.MODULE, Kind.FILE))
    file = SimpleUploadedFile("plan.txt", b"Planta 2")

    browse(ana).post(NEW, data(topic, **{who.name: diego.public_id, which.name: module.pk, what.name: file}))

    words = [answer.words for answer in Ticket.objects.get().all_answers()]
    assert words == ["Diego Sanz", "EPIs", "plan.txt"]
    assert Answer.objects.get(kind=Kind.FILE).file == Attachment.objects.get()
    assert Attachment.objects.get().get_absolute_url() in browse(ana).get("/tickets/1/").content.decode()


def test_what_nobody_answered_is_not_kept(browse, ana, topic):
    for kind in Kind:
        asks(topic, kind)

    browse(ana).post(NEW, data(topic))

    assert answered() == []
    assert Ticket.objects.get().answer_count == 0


def test_answers_are_enough_without_a_message(browse, ana, topic):
    question = asks(topic)

    browse(ana).post(NEW, data(topic, body="", **{question.name: "Aquí"}))

    assert answered() == ["¿Dónde?: Aquí"]


# --- what is not ---


REFUSED = [
    (Kind.TEXT, "x" * 10_240, "300 caracteres"),
    (Kind.LONG_TEXT, "x" * 10_240, "5000 caracteres"),
    (Kind.TEXT, "nulo\0", "caracteres nulos"),
    (Kind.CHOICE, "Tercera", "Elija una de las opciones que se ofrecen."),
    (Kind.CHOICE, "x" * 10_240, "Elija una de las opciones que se ofrecen."),
    (Kind.SEVERAL, ["Primera", "Tercera"], "Elija una de las opciones que se ofrecen."),
    (Kind.NUMBER, "NaN", "Introduzca un número"),
    (Kind.NUMBER, "Infinity", "Introduzca un número"),
    (Kind.NUMBER, "-inf", "Introduzca un número"),
    (Kind.NUMBER, "1e400", "dígitos"),
    (Kind.NUMBER, "cinco", "Introduzca un número"),
    (Kind.DATE, "0001-01-01", "mayor o igual"),
    (Kind.DATE, "9999-12-31", "menor o igual"),
    (Kind.DATE, "2026-02-30", "Introduzca una fecha válida"),
    (Kind.YES_NO, "quizá", "Elija una de las opciones que se ofrecen."),
    (Kind.CONTACT, "no-existe", "Elija una de las opciones que se ofrecen."),
    (Kind.MODULE, "99999999999999999999", "Elija una de las opciones que se ofrecen."),
    (Kind.MODULE, "EPIs", "Elija una de las opciones que se ofrecen."),
]


@pytest.mark.parametrize(("kind", "given", "words"), REFUSED, ids=lambda value: f"{value!s:.20}")
def test_what_is_no_answer_is_refused_in_words_and_nothing_typed_is_lost(browse, ana, topic, kind, given, words):
    question = asks(topic, kind)
    ProductFactory()

    answer = browse(ana).post(NEW, data(topic, body="Lo que escribí.", **{question.name: given}))

    text = answer.content.decode()
    assert words in text and "Lo que escribí." in text
    assert not Ticket.objects.exists()


def test_a_contact_of_another_company_is_refused_like_one_that_never_was(browse, ana, carla, topic):
    question = asks(topic, Kind.CONTACT)
    assert carla.get_full_name() not in browse(ana).get(f"{NEW}?tema={topic.pk}").content.decode()

    errors = [
        browse(ana).post(NEW, data(topic, **{question.name: who})).context["form"].errors
        for who in (carla.public_id, "no-existe")
    ]

    assert errors[0] == errors[1] != {}
    assert not Ticket.objects.exists()


def test_the_field_of_another_topic_is_nobodys_answer(browse, ana, topic):
    mine, foreign = asks(topic), asks(TopicFactory(name="Otro"), label="¿Cuánto?", is_required=True)

    browse(ana).post(NEW, data(topic, **{mine.name: "Aquí", foreign.name: "Mucho", "campo_0": "x", "status": "closed"}))

    assert answered() == ["¿Dónde?: Aquí"]


def test_a_compulsory_question_that_was_hidden_is_asked(browse, ana, topic):
    question = asks(topic, is_required=True)

    answer = browse(ana).post(NEW, data(topic))

    text = answer.content.decode()
    assert f'name="{question.name}"' in text and "Este campo es obligatorio" in text
    assert not Ticket.objects.exists()


def test_two_hundred_fields_are_posted_in_vain(browse, ana, topic):
    question = asks(topic)
    many = {f"campo_{question.pk + number}": "x" * 100 for number in range(200)}

    page = browse(ana)
    form = page.get(NEW).context["form"]
    page.post("/borradores/guardar/", data(topic, key=form["key"].value(), seal=str(form.seal), **many))
    page.post(NEW, data(topic, **many))

    kept = Draft.objects.get(key=form["key"].value()).fields
    assert len([name for name in kept if name.startswith("campo_")]) == FIELDS_PER_TOPIC
    assert len(answered()) == 1


def test_a_topic_asks_forty_questions_at_most(browse, ana, boss, topic):
    for _question in range(FIELDS_PER_TOPIC + 160):
        asks(topic)

    page = browse(ana).get(f"{NEW}?tema={topic.pk}")

    assert len(page.context["form"].questions) == FIELDS_PER_TOPIC


def test_the_desk_refuses_a_choice_without_options(topic):
    for options in ("", "Una", "\n".join(f"{number}" for number in range(51)), f"{'x' * 151}\ny"):
        with pytest.raises(ValidationError) as refused:
            TopicField(topic=topic, kind=Kind.CHOICE, label="¿Cuál?", options=options).full_clean()
        assert refused.value.message_dict.keys() == {"options"}


def test_support_defines_questions_with_the_topic(browse, boss, topic):
    address = reverse("admin:tickets_topic_change", args=[topic.pk])
    prefixes = {"form_fields": 1, "request_type": 0}
    counts = {f"{prefix}-TOTAL_FORMS": number for prefix, number in prefixes.items()}
    counts |= {f"{prefix}-INITIAL_FORMS": 0 for prefix in prefixes}
    question = {"kind": "choice", "label": "¿Cuál?", "options": "Una\nOtra", "position": 1}
    form = {"department": topic.department_id, "name": topic.name, "position": 0, "is_active": "on"}

    answer = browse(boss).post(
        address, form | counts | {f"form_fields-0-{name}": value for name, value in question.items()}
    )

    assert answer.status_code == 302
    assert topic.form_fields.get().choices == ["Una", "Otra"]


@pytest.mark.parametrize("value", [None, "", []])
def test_an_empty_value_is_no_answer(topic, value):
    assert TopicField(topic=topic, kind=Kind.TEXT).answer(value) is None


def test_values_are_kept_as_computers_write_them(topic):
    number, day = TopicField(kind=Kind.NUMBER), TopicField(kind=Kind.DATE)

    assert number.answer(Decimal("1E+3")).value == "1000"
    assert number.answer(Decimal("0.00")).value == "0"
    assert day.answer(date(2026, 3, 1)).value == "2026-03-01"


# --- where the vendor has no modules ---


def test_a_module_is_asked_for_only_where_there_is_one_to_choose(browse, ana, topic):
    question = asks(topic, Kind.MODULE, is_required=True)
    page, address = browse(ana), f"{NEW}?tema={topic.pk}"

    def asked() -> list[bool]:
        form = page.get(address).content.decode()
        return [f'name="{name}"' in form for name in ("product", question.name)]

    assert asked() == [False, False]
    module = ProductFactory(name="EPIs", is_active=False)
    ProductFactory(name="Soporte 24 h", kind="service")
    assert asked() == [False, False]
    page.post(NEW, data(topic, product="", **{question.name: module.pk}))
    assert (Ticket.objects.get().product, answered()) == (None, [])

    module.is_active = True
    module.save(update_fields=["is_active"])
    assert asked() == [True, True]
    page.post(NEW, data(topic, key="otra", product=module.pk, **{question.name: module.pk}))
    ticket = Ticket.objects.get(number=2)
    assert (ticket.product, answered(ticket)) == (module, ["¿Dónde?: EPIs"])


def test_a_request_that_asks_for_a_module_is_sent_where_there_is_none(browse, ibarra):
    kind = RequestTypeFactory(slug="por-modulo")
    question = asks(kind.topic, Kind.MODULE, "Módulo", is_required=True)
    page = browse(UserFactory(company=ibarra, can_use_requests=True))

    assert question.name not in page.get(kind.get_absolute_url()).content.decode()
    page.post(kind.get_absolute_url(), {"key": KEY, "subject": "Otro informe", "body": "Por centro."})

    assert Ticket.objects.get().subject == "Otro informe"


def test_the_filters_and_the_desk_do_not_ask_for_a_module_either(browse, ana, agent, topic):
    ticket = open_ticket(ana, topic=topic)
    customer, desk = browse(ana), browse(agent)
    pages = (
        (customer, reverse("tickets:filters"), 'name="modulo"'),
        (desk, reverse("admin:tickets_ticket_add"), 'name="product"'),
        (desk, reverse("admin:tickets_ticket_change", args=[ticket.pk]), 'name="product"'),
    )

    def asked() -> list[bool]:
        return [field in browser.get(address).content.decode() for browser, address, field in pages]

    assert asked() == [False, False, False]
    assert customer.get("/tickets/", {"modulo": "1"}).status_code == 200
    desk.post(reverse("admin:tickets_ticket_clasificar", args=[ticket.pk]), {"topic": topic.pk, "priority": 3})
    ticket.refresh_from_db()
    assert (ticket.priority, ticket.product) == (3, None)
    data = {"author": ana.email, "topic": topic.pk, "priority": 2, "subject": "Por teléfono", "body": "No imprime."}
    desk.post(reverse("admin:tickets_ticket_add"), data)
    assert Ticket.objects.filter(subject="Por teléfono").exists()
    ProductFactory()
    assert asked() == [True, True, True]


# --- files as answers ---


def test_a_compulsory_file_is_chosen_once_and_replaced_by_the_next(browse, ana, topic):
    question = asks(topic, Kind.FILE, is_required=True)
    page = browse(ana)

    assert "Elija un archivo." in page.post(NEW, data(topic)).content.decode()
    first = page.post(NEW, data(topic, subject="", **{question.name: SimpleUploadedFile("uno.txt", b"uno")}))
    assert "«uno.txt» ya está aquí." in first.content.decode()
    page.post(NEW, data(topic, subject="", **{question.name: SimpleUploadedFile("dos.txt", b"dos")}))
    page.post(NEW, data(topic))

    assert answered() == ["¿Dónde?: dos.txt"]
    assert [file.name for file in Attachment.objects.all()] == ["dos.txt"]


@pytest.mark.parametrize("kind", [Kind.TEXT, Kind.FILE])
def test_what_is_compulsory_has_the_same_mark(browse, ana, topic, kind):
    asks(topic, kind, "¿Cuál?", is_required=True)
    asks(topic, kind, "¿Otra?")

    page = browse(ana).get(NEW, {"tema": topic.pk}).content.decode()

    assert '¿Cuál?<span class="asteriskField">*</span>' in page
    assert "¿Otra?" in page and '¿Otra?<span class="asteriskField">' not in page


def test_a_form_with_a_file_as_answer_is_sent_once(browse, ana, topic):
    question = asks(topic, Kind.FILE)
    page = browse(ana)

    def post(content: bytes):
        return page.post(NEW, data(topic, **{question.name: SimpleUploadedFile("uno.txt", content)}))

    assert post(b"uno").url == post(b"uno").url == "/tickets/1/"
    assert "Ya había enviado este formulario" in post(b"otro contenido").content.decode()
    assert Ticket.objects.count() == 1


def test_a_file_that_is_refused_says_why_at_its_question(browse, ana, topic):
    question = asks(topic, Kind.FILE)

    answer = browse(ana).post(NEW, data(topic, **{question.name: SimpleUploadedFile("virus.exe", b"MZ\x90\0")}))

    assert "«virus.exe» es un programa" in answer.content.decode()
    assert not Ticket.objects.exists() and not Attachment.objects.exists()


# --- the form follows the topic ---


def test_the_questions_of_a_topic_come_when_it_is_chosen(browse, ana, topic):
    question = asks(topic)
    page = browse(ana)

    assert question.name not in page.get(NEW).content.decode()
    assert question.name in page.get(f"{NEW}?tema={topic.pk}").content.decode()
    part = page.post(f"{NEW}tema/", data(topic), headers={"HX-Request": "true"}).content.decode()
    assert question.name in part and "<html" not in part


def test_without_the_script_choosing_a_topic_keeps_what_was_typed(browse, ana, topic):
    question = asks(topic)
    page = browse(ana)
    form = page.get(NEW).context["form"]
    typed = data(topic, body="A medias", key=form["key"].value(), seal=str(form.seal))

    answer = page.post(f"{NEW}tema/", typed, follow=True)

    text = answer.content.decode()
    assert "A medias" in text and question.name in text
    assert answer.redirect_chain[0][0] == f"{NEW}?tema={topic.pk}"


def exchange(page, topic, *, script=True, **files):
    """Another topic is chosen in a form that was begun before, with these files in it."""
    headers = {"HX-Request": "true"} if script else {}
    return page.post(f"{NEW}tema/", data(topic, **files), headers=headers, follow=True)


@pytest.mark.parametrize("script", [True, False])
def test_files_chosen_before_another_topic_is_are_kept_and_sent(browse, ana, topic, script):
    question, other, page = asks(topic, Kind.FILE, is_required=True), TopicFactory(name="Otra"), browse(ana)
    files = {question.name: SimpleUploadedFile("plan.txt", b"Planta 2"), "files": SimpleUploadedFile("a.log", b"17")}

    shown = exchange(page, other, script=script, **files).content.decode()
    back = exchange(page, topic, script=script).content.decode()

    assert all(f"Quitar {name}" in shown for name in ("plan.txt", "a.log"))
    assert "«plan.txt» ya está aquí." in back
    page.post(NEW, data(topic))
    assert answered() == ["¿Dónde?: plan.txt"]
    assert sorted(file.name for file in Ticket.objects.get().attachments.all()) == ["a.log", "plan.txt"]


@pytest.mark.parametrize("script", [True, False])
def test_a_file_that_cannot_be_kept_says_why(browse, ana, topic, script):
    question = asks(topic, Kind.FILE)
    program = SimpleUploadedFile("virus.exe", b"MZ\x90\0")

    answer = exchange(browse(ana), TopicFactory(name="Otra"), script=script, **{question.name: program})

    assert "«virus.exe» es un programa" in answer.content.decode()
    assert not Attachment.objects.exists()


def test_only_files_that_an_offered_topic_asks_for_are_kept(browse, ana, topic):
    text, gone = asks(topic), asks(TopicFactory(name="Retirado", is_active=False), Kind.FILE)
    page, other = browse(ana), TopicFactory(name="Otra")
    for name in (text.name, gone.name, "campo_987654", "campo_" + "9" * 9, "campo_x", "otro"):
        assert exchange(page, other, **{name: SimpleUploadedFile("a.txt", b"a")}).status_code == 200
    assert not Attachment.objects.exists()


def test_a_file_goes_into_nobody_elses_draft(browse, ana, carla, topic):
    question = asks(topic, Kind.FILE)
    theirs = Draft.objects.at(key=KEY, person=carla, ticket=None)

    answer = exchange(browse(ana), TopicFactory(name="Otra"), **{question.name: SimpleUploadedFile("a.txt", b"a")})

    assert "Este formulario había caducado." in answer.content.decode()
    assert not theirs.attachments.exists() and not Attachment.objects.exists()


@pytest.mark.parametrize("chosen", ["", "x", "0", "9" * 30, "\0", "²"])
def test_a_topic_that_is_not_offered_asks_nothing(browse, ana, chosen):
    assert browse(ana).get(NEW, {"tema": chosen}).status_code == 200
    assert browse(ana).post(f"{NEW}tema/", {"topic": chosen}, headers={"HX-Request": "true"}).status_code == 200
    assert browse(ana).post(f"{NEW}tema/", {"topic": chosen}).status_code == 302


def test_the_form_costs_the_same_with_one_question_and_with_thirty(browse, ana, topic):
    page = browse(ana)

    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            assert page.get(f"{NEW}?tema={topic.pk}").status_code == 200
        return len(asked)

    asks(topic)
    queries()  # the first page of a session writes when it was seen
    once = queries()
    for _question in range(29):
        asks(topic)

    assert queries() == once


def test_the_table_costs_one_query_however_many_answers(browse, ana, topic):
    ticket = open_ticket(ana, topic=topic, answers=[Answer(label=f"{number}", value="x") for number in range(30)])
    few = open_ticket(ana, topic=topic, answers=[Answer(label="uno", value="x")])
    page = browse(ana)

    def queries(ticket: Ticket) -> int:
        with CaptureQueriesContext(connection) as asked:
            assert page.get(ticket.get_absolute_url()).status_code == 200
        return len(asked)

    queries(few)
    assert queries(few) == queries(ticket)


# --- departments ---


@pytest.fixture
def round_the_clock():
    """The department of every hour, which costs."""
    department = DepartmentFactory(
        name="Soporte 24 horas",
        hours="Todos los días, a todas horas",
        response_hours=1,
        is_always_open=True,
        notice="Solo para urgencias.",
        surcharge="120 € por ticket, salvo avería grave de nuestros servicios.",
        urgency="La continuidad de su negocio depende de que se resuelva ya.",
    )
    return Topic.objects.create(department=department, name="Urgencia")


def test_what_a_department_says_stands_beside_the_topic(browse, ana, round_the_clock):
    text = browse(ana).get(f"{NEW}?tema={round_the_clock.pk}").content.decode()

    for words in ("Todos los días, a todas horas", "Primera respuesta en una hora.", "Solo para urgencias."):
        assert words in text
    assert "120 € por ticket" in text and "La continuidad de su negocio" in text
    assert 'name="priority"' not in text


@pytest.mark.parametrize(
    ("hours", "is_always_open", "words"),
    [
        (1, False, "Primera respuesta en una hora laborable."),
        (8, False, "Primera respuesta en 8 horas laborables."),
        (2, True, "Primera respuesta en 2 horas."),
    ],
)
def test_only_who_is_always_open_counts_every_hour(browse, ana, hours, is_always_open, words):
    department = DepartmentFactory(response_hours=hours, is_always_open=is_always_open)
    topic = Topic.objects.create(department=department, name="Avería")

    assert words in browse(ana).get(f"{NEW}?tema={topic.pk}").content.decode()


def test_without_accepting_the_surcharge_there_is_no_ticket(browse, ana, round_the_clock):
    answer = browse(ana).post(NEW, data(round_the_clock))

    assert "Este departamento no admite tickets sin aceptarlo." in answer.content.decode()
    assert not Ticket.objects.exists()
    with pytest.raises(IllegalStep):
        open_ticket(ana, topic=round_the_clock)


def test_an_accepted_surcharge_makes_the_ticket_urgent_whatever_was_posted(browse, ana, round_the_clock):
    browse(ana).post(NEW, data(round_the_clock, priority=1, accepts_surcharge="on"))

    ticket = Ticket.objects.get()
    department = round_the_clock.department
    department.surcharge = "300 €"
    department.save(update_fields=["surcharge"])
    assert ticket.priority == Priority.URGENT
    assert (ticket.surcharge.accepted_by, ticket.surcharge.is_charged) == (ana, None)
    assert ticket.surcharge.notice.startswith("120 €")
    assert "Aceptado; soporte aún no ha decidido" in browse(ana).get("/tickets/1/").content.decode()


def test_no_other_ticket_becomes_urgent_by_being_accepted(browse, ana, topic):
    browse(ana).post(NEW, data(topic, accepts_surcharge="on"))
    assert Ticket.objects.get().priority == Priority.MEDIUM

    assert browse(ana).post(NEW, data(topic, key="otra", priority=4)).status_code == 200
    assert Ticket.objects.count() == 1


def test_support_says_whether_it_is_charged_and_the_customer_reads_why(browse, ana, agent, round_the_clock):
    ticket = open_ticket(ana, topic=round_the_clock, accepts_surcharge=True)
    address = reverse("admin:tickets_ticket_recargo", args=[ticket.pk])

    browse(agent).post(address, {"is_charged": "0", "reason": ""})
    ticket.surcharge.refresh_from_db()
    assert ticket.surcharge.is_charged is None
    browse(agent).post(address, {"is_charged": "0", "reason": "La avería era nuestra."})

    ticket.surcharge.refresh_from_db()
    assert (ticket.surcharge.is_charged, ticket.surcharge.decided_by) == (False, agent)
    text = browse(ana).get(ticket.get_absolute_url()).content.decode()
    assert "No se cobra el recargo: La avería era nuestra." in text
    assert "La avería era nuestra." in browse(ana).get("/tickets/1/imprimir/").content.decode()


def test_nothing_is_charged_where_nothing_was_accepted(browse, ana, agent):
    ticket = open_ticket(ana)

    browse(agent).post(reverse("admin:tickets_ticket_recargo", args=[ticket.pk]), {"is_charged": "1", "reason": "Sí."})

    assert not ticket.events.filter(kind="charged").exists()


def test_who_only_looks_at_the_desk_charges_nothing(browse, ana, round_the_clock):
    ticket = open_ticket(ana, topic=round_the_clock, accepts_surcharge=True)
    looker = StaffFactory()
    looker.groups.add(Group.objects.get(name="Supervisión"))

    answer = browse(looker).post(
        reverse("admin:tickets_ticket_recargo", args=[ticket.pk]), {"is_charged": "1", "reason": "Sí."}
    )

    assert answer.status_code == 403


def test_a_surcharge_says_what_is_urgent(round_the_clock):
    round_the_clock.department.urgency = ""

    with pytest.raises(ValidationError) as refused:
        round_the_clock.department.full_clean()

    assert "urgency" in refused.value.message_dict


# --- finding ---


def broken():
    return [words for result in check(Look(timezone.now()), INVARIANTS) for words in result.told if "IBA-" in words]


def found_by(person, words):
    return list(found(Ticket.objects.visible_to(person), words, company=person.company_id))


@pytest.mark.parametrize(
    ("kind", "given", "words"),
    [
        (Kind.TEXT, "En la guillotina", "guillotína"),
        (Kind.LONG_TEXT, "Nada.\nSale un recuadro", "recuadro nada"),
        (Kind.SEVERAL, ["Primera", "Segunda"], "ségunda"),
        (Kind.NUMBER, "4711", "4711"),
    ],
)
def test_a_ticket_is_found_by_what_was_answered(browse, ana, carla, boss, topic, kind, given, words):
    question = asks(topic, kind)
    for person in (ana, carla):
        browse(person).post(NEW, data(topic, subject="Otra", body="", key=Draft.new_key(), **{question.name: given}))

    hers, theirs = Ticket.objects.get(author=ana), Ticket.objects.get(author=carla)

    assert (found_by(ana, words), found_by(carla, words)) == ([hers], [theirs])
    assert set(found(Ticket.objects.for_staff(boss), words)) == {hers, theirs}
    assert found_by(ana, f"{words} inexistente") == []
    assert broken() == []


def test_a_request_is_found_by_its_answers_once_it_is_a_ticket(ana, bruno):
    kind = RequestTypeFactory(needs_approval=True)
    question = asks(kind.topic)
    answer = question.answer("En la guillotina")
    asked = Request.objects.ask(by=ana, kind=kind, subject="Otra", body="", answers=[answer])
    assert found_by(ana, "guillotina") == []

    ticket = asked.approve(by=bruno)

    assert found_by(ana, "guillotina") == [ticket]
    assert broken() == []


def test_what_was_answered_before_is_found_after_the_update(ana, topic):
    migrate = import_module("tickets.migrations.0014_words_of_answers").keep_words
    ticket = open_ticket(ana)
    for kind, value in (("text", "guillotina"), ("several", ["prensa"]), ("yes_no", True), ("number", "12.5")):
        ticket.answers.create(label="¿Dónde?", kind=kind, value=value)
    assert found_by(ana, "guillotina") == []

    migrate(apps, SimpleNamespace(connection=connection))

    assert [found_by(ana, word) for word in ("guillotina", "prensa", "12.5")] == [[ticket]] * 3
    assert set(ticket.answers.values_list("said", flat=True)) == {"guillotina", "prensa", "", "12.5"}
    assert set(ticket.answers.values_list("company", flat=True)) == {ana.company_id}
