"""Drafts are saved while one types: by the seal of the form, with or without a session, and never over another text."""

import re
import time
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.sessions import SEEN
from tests.factories import PASSWORD, TopicFactory, new_draft, open_ticket
from tests.walls.forms import log_in, text_file, ticket_data
from tickets.models import Draft, Ticket
from tickets.models.seal import VALID_FOR, Seal

pytestmark = pytest.mark.django_db

NEW = "/tickets/nuevo/"
KEEP = "/borradores/guardar/"
FIRST, SECOND = "1-1-1", "2-2-2"


def seal_of(answer) -> str:
    """The seal of the form on a page."""
    return re.search(r'name="seal" value="([^"]+)"', answer.content.decode())[1]


def keep(client, seal, body="Nada ocurre.", *, revision=FIRST, after=(), **fields):
    """What the script sends at a pause."""
    return client.post(KEEP, {"seal": str(seal), "revision": revision, "after": after, "body": body} | fields)


def new_seal(person, ticket=None) -> Seal:
    return Seal(Draft.new_key(), person, ticket)


def kept(person, ticket=None) -> dict:
    return Draft.objects.get(person=person, ticket=ticket, sent_message=None).fields


# --- what is typed is kept ---


def test_what_is_typed_is_on_the_page_when_one_comes_back(browse, ana):
    page = browse(ana)
    topic = TopicFactory().pk
    seal = seal_of(page.get(NEW))

    answer = keep(page, seal, "Nada ocurre.\nNi un aviso.", subject="No imprime", topic=topic, priority=3)

    assert (answer.status_code, answer.content) == (204, b"")
    form = page.get(NEW).context["form"]
    assert [form[name].value() for name in ("subject", "body", "topic", "priority")] == [
        "No imprime",
        "Nada ocurre.\nNi un aviso.",
        str(topic),
        "3",
    ]


def test_an_answer_that_is_being_typed_waits_at_its_ticket_alone(browse, ana):
    first, second = open_ticket(ana), open_ticket(ana)
    page = browse(ana)

    keep(page, seal_of(page.get(first.get_absolute_url())), "Sigue igual.")

    assert "Sigue igual." in page.get(first.get_absolute_url()).content.decode()
    assert "Sigue igual." not in page.get(second.get_absolute_url()).content.decode()
    assert "Sigue igual." not in page.get(NEW).content.decode()


def test_supports_answer_is_kept_with_what_is_to_follow(browse, ana, agent):
    ticket = open_ticket(ana)
    desk, address = browse(agent), reverse("admin:tickets_ticket_change", args=[ticket.pk])

    assert keep(desk, seal_of(desk.get(address)), "Lo miramos.", then="open").status_code == 204

    form = desk.get(address).context["form"]
    assert (form["body"].value(), form["then"].value()) == ("Lo miramos.", "open")
    assert "Lo miramos." not in browse(ana).get(ticket.get_absolute_url()).content.decode()


@pytest.mark.parametrize("fields", [{"body": ""}, {"body": " \n", "subject": "  ", "topic": "1", "priority": "3"}])
def test_an_empty_form_leaves_no_draft_behind(browse, ana, fields):
    assert keep(browse(ana), new_seal(ana), **fields).status_code == 204

    assert not Draft.objects.exists()


def test_a_draft_of_which_everything_was_erased_is_gone(browse, ana):
    page, seal = browse(ana), new_seal(ana)
    keep(page, seal)

    keep(page, seal, "", revision=SECOND, after=[FIRST])

    assert not Draft.objects.exists()


def test_a_draft_with_files_stays_when_its_text_is_erased(browse, ana):
    page, seal = browse(ana), new_seal(ana)
    page.post(f"{NEW}archivos/", {"key": seal.key, "files": text_file()})
    keep(page, seal)

    keep(page, seal, "", revision=SECOND, after=[FIRST])

    draft = Draft.objects.get()
    assert (draft.fields, draft.attachments.count()) == ({"body": ""}, 1)


def test_the_saved_draft_is_the_one_that_is_sent(browse, ana):
    page, data = browse(ana), ticket_data()
    seal = Seal(data["key"], ana, None)
    page.post(f"{NEW}archivos/", {"key": seal.key, "files": text_file("captura.txt")})
    keep(page, seal, "Nada")

    page.post(NEW, data | {"body": "Nada ocurre.", "seal": str(seal)})

    ticket = Ticket.objects.get()
    assert (ticket.messages.get().body, ticket.attachments.get().name) == ("Nada ocurre.", "captura.txt")
    assert page.get(NEW).context["restored"] is False


def test_typing_is_use_of_the_session(browse, ana):
    page = browse(ana)
    session = page.session
    session[SEEN] = long_ago = time.time() - 3600
    session.save()

    keep(page, new_seal(ana))

    assert page.session[SEEN] > long_ago + 3000


def test_saving_costs_few_queries(browse, ana, django_assert_num_queries):
    page, ticket = browse(ana), open_ticket(ana)
    seal = new_seal(ana, ticket)
    keep(page, seal)

    # session and person · the seal's person and ticket · a transaction of two: the draft under its lock, its new text
    with django_assert_num_queries(8):
        keep(page, seal, "Más.", revision=SECOND, after=[FIRST])


# --- never over another text ---


def test_what_was_sent_is_never_begun_again(browse, ana):
    page, data = browse(ana), ticket_data()
    page.post(NEW, data)

    answer = keep(page, Seal(data["key"], ana, None), "Otra cosa.")

    assert answer.status_code == 410
    assert "ya se envió" in answer.content.decode()
    draft = Draft.objects.get()
    assert (draft.fields, draft.sent_message) == ({}, Ticket.objects.get().messages.get())


def test_a_window_does_not_overwrite_what_another_one_saved(browse, ana):
    page, seal = browse(ana), new_seal(ana)
    keep(page, seal, "De la primera ventana.")
    keep(page, seal, "De la segunda ventana.", revision=SECOND, after=[FIRST])

    answer = keep(page, seal, "Otra vez de la primera.", revision="3-3-3", after=["", FIRST])

    assert answer.status_code == 412
    assert "Otra ventana ha guardado este borrador" in answer.content.decode()
    assert kept(ana) == {"body": "De la segunda ventana."}


def test_two_windows_with_the_same_text_do_not_get_in_each_others_way(browse, ana):
    page, seal = browse(ana), new_seal(ana)
    keep(page, seal)

    assert keep(page, seal, revision=SECOND, after=[""]).status_code == 204


def test_a_form_that_was_sent_with_an_error_is_a_change_that_other_windows_see(browse, ana):
    page, data = browse(ana), ticket_data(subject="")
    seal = Seal(data["key"], ana, None)
    keep(page, seal)
    answer = page.post(NEW, data | {"body": "Enviado con prisa."})

    assert keep(page, seal, "De otra ventana.", revision=SECOND, after=[FIRST]).status_code == 412
    seen = re.search('data-revision="([^"]+)"', answer.content.decode())[1]
    assert keep(page, seal, "De esta.", revision=SECOND, after=[seen]).status_code == 204


def test_windows_that_began_apart_keep_a_draft_each_and_the_last_one_is_offered(browse, ana):
    page = browse(ana)
    keep(page, new_seal(ana), "De la primera ventana.")
    keep(page, new_seal(ana), "De la segunda ventana.")

    assert page.get(NEW).context["form"]["body"].value() == "De la segunda ventana."
    page.post(NEW, ticket_data(key=Draft.objects.latest("updated_at").key))
    assert page.get(NEW).context["form"]["body"].value() == "De la primera ventana."


def test_a_late_save_does_not_bring_back_what_was_cleared_by_its_own_window(browse, ana):
    page, seal = browse(ana), new_seal(ana)
    keep(page, seal)
    page.post(f"/borradores/{seal.key}/vaciar/")

    keep(page, seal, "", revision=SECOND, after=[FIRST])

    assert not Draft.objects.exists()


# --- the seal is the authority ---


def test_nobody_writes_in_the_draft_of_another(browse, ana, diego, carla):
    page, seal = browse(ana), new_seal(ana)
    keep(page, seal)

    for thief in (diego, carla):
        assert keep(browse(thief), Seal(seal.key, thief, None), "Mío.", after=[FIRST]).status_code == 403

    assert [draft.fields for draft in Draft.objects.all()] == [{"body": "Nada ocurre."}]


def test_a_seal_opens_nothing_and_sends_nothing(browse, ana):
    ticket, seal = open_ticket(ana), new_seal(ana)
    visitor = browse()

    for address in (ticket.get_absolute_url(), NEW):
        answer = visitor.post(address, {"seal": str(seal), "key": seal.key, "body": "Hola.", "subject": "Hola"})
        assert answer.url.startswith("/acceso/?next=")
    assert (Ticket.objects.count(), ticket.messages.count()) == (1, 1)
    assert visitor.get(NEW).url == "/acceso/?next=/tickets/nuevo/"


BROKEN = {
    "none": lambda seal: "",
    "no person": lambda seal: "nadie." + seal.partition(".")[2],
    "no signature": lambda seal: seal.rpartition(":")[0],
    "another signature": lambda seal: seal[:-1] + ("a" if seal[-1] != "a" else "b"),
    "NUL": lambda seal: f"nadie\0.{seal}",
    "very long": lambda seal: seal + "x" * 100_000,
    "a list": lambda seal: [seal, "otra"],
}


@pytest.mark.parametrize("broken", BROKEN)
def test_a_broken_seal_is_refused_in_words(browse, ana, broken):
    seal = BROKEN[broken](str(new_seal(ana)))

    answer = browse(ana).post(KEEP, {"seal": seal, "body": "Nada ocurre."})

    assert answer.status_code == 403
    assert "ya no se puede guardar solo" in answer.content.decode()
    assert not Draft.objects.exists()


def test_a_seal_ends_with_time_with_its_password_and_with_the_right_to_write(browse, ana, bruno, monkeypatch):
    ticket = open_ticket(bruno)
    follower = ticket.add_follower(by=bruno, person=ana)
    at_ticket, at_new = str(new_seal(ana, ticket)), str(new_seal(ana))
    page = browse()
    assert keep(page, at_ticket).status_code == keep(page, at_new).status_code == 200

    ticket.remove_follower(follower, by=bruno)
    assert keep(page, at_ticket).status_code == 403
    ana.set_permissions(by=bruno, changes={"can_use_tickets": False})
    assert keep(page, at_new).status_code == 403
    ana.set_permissions(by=bruno, changes={"can_use_tickets": True})
    assert keep(page, at_new).status_code == 200
    later = time.time() + VALID_FOR.total_seconds() + 5
    with monkeypatch.context() as month:
        month.setattr(time, "time", lambda: later)
        assert keep(page, at_new).status_code == 403
    ana.change_password("Otra-2027")
    assert keep(page, at_new).status_code == 403
    another = str(new_seal(ana))
    ana.deactivate(by=bruno)
    assert keep(page, another).status_code == 403


@pytest.mark.parametrize(
    "field", ["subject", "body", "topic", "outside", "followers", "revision", "after", "continues"]
)
@pytest.mark.parametrize("value", ["x" * 10_000, "con\0nulo", ["uno", "dos"], "</textarea><script>", "{{ 7*7 }}"])
def test_whatever_a_field_holds_is_kept_as_text_or_not_at_all(browse, ana, field, value):
    page = browse(ana)

    answer = keep(page, new_seal(ana), **{field: value})

    assert answer.status_code in (204, 412)
    again = page.get(NEW)
    assert again.status_code == 200
    assert "</textarea><script>" not in again.content.decode()
    assert Draft.objects.count() == (answer.status_code == 204)


# --- the session has ended ---


def end_session(client: Client) -> None:
    Session.objects.filter(pk=client.session.session_key).update(expire_date=timezone.now() - timedelta(seconds=1))


def test_what_is_typed_after_the_session_ended_is_kept_and_the_writer_told_to_log_in(browse, ana):
    page = browse(ana)
    ticket = open_ticket(ana)
    seal = seal_of(page.get(ticket.get_absolute_url()))
    end_session(page)

    answer = keep(page, seal, "Escrito por la mañana.")

    text = answer.content.decode()
    assert answer.status_code == 200
    assert "Su sesión ha terminado" in text and 'href="/acceso/?next=/tickets/1/"' in text
    assert "X-CSRFToken" not in answer.headers
    log_in(page, ana.login)
    assert "Escrito por la mañana." in page.get("/tickets/1/").content.decode()


def test_the_words_are_in_the_writers_language(browse, ana):
    ana.language = "en"
    ana.save()

    assert "Your session has ended" in keep(browse(), new_seal(ana)).content.decode()


def test_whoever_logs_in_instead_finds_nothing_of_it(browse, ana, diego):
    page = browse(ana)
    seal = seal_of(page.get(NEW))
    end_session(page)
    log_in(page, diego.login)

    answer = keep(page, seal, "De Ana.")

    assert answer.status_code == 200
    assert "De Ana." not in page.get(NEW).content.decode()
    assert kept(ana) == {"body": "De Ana."}


def test_a_form_sent_after_the_session_ended_waits_behind_the_log_in(browse, ana):
    page = browse(ana)
    seal = seal_of(page.get(NEW))
    end_session(page)

    answer = page.post(NEW, ticket_data(key=Seal.read(seal).key, seal=seal, files=text_file()))

    assert answer.url == "/acceso/?next=/tickets/nuevo/"
    assert "Lo que había escrito está guardado" in page.get(answer.url).content.decode()
    page.post(answer.url, {"login": ana.login, "password": PASSWORD, "next": NEW})
    form = page.get(NEW).context["form"]
    assert (form["subject"].value(), form["body"].value()) == ("No imprime", "Nada.")
    assert not Ticket.objects.exists()


def test_so_does_supports_answer_when_the_day_is_over(browse, ana, agent, monkeypatch):
    ticket = open_ticket(ana)
    address = reverse("admin:tickets_ticket_change", args=[ticket.pk])
    desk = browse()
    log_in(desk, agent.login)
    seal = seal_of(desk.get(address))
    session = desk.session
    session["ends_at"] = time.time() - 1
    session.save()

    answer = desk.post(address, {"seal": seal, "key": Seal.read(seal).key, "body": "Lo miramos.", "then": "open"})

    assert answer.url == f"/acceso/?next={address}"
    log_in(desk, agent.login)
    assert desk.get(address).context["form"]["body"].value() == "Lo miramos."
    assert ticket.messages.count() == 1


def test_a_button_inside_the_form_leads_back_to_its_page(browse, ana):
    ticket = open_ticket(ana)
    draft = new_draft(ana, ticket)
    page = browse(ana)
    page.post(f"{ticket.get_absolute_url()}archivos/", {"key": draft.key, "files": text_file()})
    file = draft.attachments.get()
    end_session(page)

    answer = page.post(
        f"{file.get_absolute_url()}quitar/", {"seal": str(Seal(draft.key, ana, ticket)), "body": "Sigue."}
    )

    assert answer.url == "/acceso/?next=/tickets/1/"
    assert kept(ana, ticket) == {"body": "Sigue."}


@pytest.mark.parametrize("is_new", [True, False])
def test_files_chosen_beside_one_that_is_removed_are_kept(browse, ana, is_new):
    """Without the script, which sends each file ahead, they come with the button."""
    ticket, page = None if is_new else open_ticket(ana), browse(ana)
    draft = new_draft(ana, ticket)
    form = {"key": draft.key, "seal": str(Seal(draft.key, ana, ticket)), "body": "Sigue."}
    page.post(f"{NEW if is_new else ticket.get_absolute_url()}archivos/", form | {"files": text_file()})

    def remove_beside(chosen: SimpleUploadedFile) -> str:
        file = draft.attachments.get()
        return page.post(f"{file.get_absolute_url()}quitar/", form | {"files": chosen}, follow=True).content.decode()

    remove_beside(SimpleUploadedFile("otro.log", b"17"))
    assert [file.name for file in draft.attachments.all()] == ["otro.log"]
    assert "programa.exe" in remove_beside(SimpleUploadedFile("programa.exe", b"MZ"))
    assert not draft.attachments.exists()
    assert kept(ana, ticket)["body"] == "Sigue."


def test_what_was_sent_already_is_not_brought_back_by_the_log_in(browse, ana):
    ticket, page, key = open_ticket(ana), browse(ana), Draft.new_key()
    form = {"seal": str(Seal(key, ana, ticket)), "key": key, "body": "Sí.\r\nLa 4.2."}
    page.post(ticket.get_absolute_url(), form)
    end_session(page)

    page.post(ticket.get_absolute_url(), form)
    assert not Draft.objects.visible_to(ana).exists()
    page.post(ticket.get_absolute_url(), form | {"body": "Otra cosa."})

    assert kept(ana, ticket) == {"body": "Otra cosa."}


def test_a_form_of_nobody_is_led_to_the_log_in_as_ever(browse, ana):
    answer = browse().post(NEW, ticket_data(seal="roto"))

    assert answer.url == "/acceso/?next=/tickets/nuevo/"
    assert not Draft.objects.exists()


# --- logged in again, in another window: the token of the form is an old one ---


def strict(person) -> Client:
    client = Client(enforce_csrf_checks=True)
    client.force_login(person)
    return client


def test_a_save_brings_the_token_of_the_new_session(ana):
    page = strict(ana)
    seal = seal_of(page.get(NEW))

    answer = keep(page, seal)

    token = answer.headers["X-CSRFToken"]
    key = Seal.read(seal).key
    assert page.post(NEW, ticket_data(key=key, csrfmiddlewaretoken=token)).url == "/tickets/1/"


def test_a_form_with_an_old_token_loses_nothing(ana):
    page = strict(ana)
    seal = seal_of(page.get(NEW))

    answer = page.post(NEW, ticket_data(key=Seal.read(seal).key, seal=seal, csrfmiddlewaretoken="x" * 64))

    assert (answer.status_code, answer.url) == (302, NEW)
    again = page.get(NEW)
    assert "No se ha perdido nada: envíelo de nuevo." in again.content.decode()
    assert again.context["form"]["body"].value() == "Nada."
    assert not Ticket.objects.exists()


def test_a_form_with_an_old_token_and_no_session_waits_behind_the_log_in(browse, ana):
    answer = Client(enforce_csrf_checks=True).post(NEW, ticket_data(seal=str(new_seal(ana))))

    assert answer.url == "/acceso/?next=/tickets/nuevo/"
    assert kept(ana)["body"] == "Nada."


def test_the_form_of_one_person_is_not_sent_by_another(ana, diego):
    answer = strict(diego).post(NEW, ticket_data(seal=str(new_seal(ana)), body="De Ana."))

    text = answer.content.decode()
    assert answer.status_code == 403
    assert "El formulario lo abrió otra persona" in text and "De Ana." not in text
    assert kept(ana)["body"] == "De Ana."
    assert not Draft.objects.filter(person=diego).exists()


def test_a_page_of_another_site_moves_nothing_of_the_visitor(ana, carla):
    victim = strict(ana)

    for address in (KEEP, NEW):
        victim.post(address, {"seal": str(new_seal(carla)), "body": "De otra web."}, HTTP_ORIGIN="https://evil.example")

    assert not Draft.objects.filter(person=ana).exists()


# --- a new ticket that continues another ---


@pytest.fixture
def resolved(ana):
    ticket = open_ticket(ana, subject="La de siempre")
    ticket.close(by=ana)
    Ticket.objects.filter(pk=ticket.pk).update(closed_at=timezone.now() - timedelta(days=31))
    return ticket


def test_a_continuing_ticket_still_continues_after_a_file_was_removed(browse, ana, resolved):
    page = browse(ana)
    shown = page.get(f"{NEW}?sigue={resolved.number}")
    key = Seal.read(seal_of(shown)).key
    assert 'href="/tickets/1/">#1</a>' in shown.content.decode()
    assert 'name="continues" value="1"' in shown.content.decode()
    page.post(f"{NEW}archivos/", {"key": key, "files": SimpleUploadedFile("uno.txt", b"1")})
    file = Draft.objects.get(key=key).attachments.get()

    back = page.post(f"{file.get_absolute_url()}quitar/", ticket_data(key=key, continues="1"))

    again = page.get(back.url)
    form = again.context["form"]
    assert (form["continues"].value(), form.continued) == ("1", resolved)
    page.post(back.url, ticket_data(key=key, continues=form["continues"].value()))
    assert Ticket.objects.get(number=2).follows_up == resolved


def test_what_was_begun_about_something_else_is_not_mixed_in(browse, ana, resolved):
    page = browse(ana)
    keep(page, new_seal(ana), "De otra cosa.")

    assert not page.get(f"{NEW}?sigue=1").context["form"]["body"].value()
    keep(page, new_seal(ana), "Vuelve a pasar.", continues="1")
    keep(page, new_seal(ana), "De una tercera.")

    assert page.get(f"{NEW}?sigue=1").context["form"]["body"].value() == "Vuelve a pasar."
    assert page.get(NEW).context["form"]["body"].value() == "De una tercera."
