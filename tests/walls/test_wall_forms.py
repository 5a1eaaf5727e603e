"""What people send that no form of ours asked for: others' numbers and keys, other fields, the same form again."""

import pytest
from django.urls import reverse

from accounts.models import Company, User
from accounts.permissions import PARENTS
from files.receiving import receive
from mail.models import OutgoingMail
from tests.factories import PASSWORD, ProductFactory, TopicFactory, new_draft, open_ticket
from tests.walls.forms import text_file, ticket_data
from tickets.models import Attachment, Draft, Message, Ticket

pytestmark = pytest.mark.django_db

NEW_PASSWORD = "Otra-2027"


# --- numbers and keys of others in one's own forms ---


def errors_of(answer) -> str:
    return str(answer.context["form"].errors)


def test_a_new_ticket_copies_nobody_of_another_company(browse, ana, carla, agent):
    answers = {
        number: errors_of(browse(ana).post(reverse("tickets:new"), ticket_data(followers=[number])))
        for number in (carla.public_id, agent.public_id, "nobody")
    }

    assert len({errors.replace(str(number), "·") for number, errors in answers.items()}) == 1
    assert "followers" in answers["nobody"]
    assert not Ticket.objects.exists()


def test_a_new_ticket_is_about_what_is_offered(browse, ana):
    heading = TopicFactory(name="Programa")
    TopicFactory(name="Informes", parent=heading)
    withdrawn = TopicFactory(name="Antiguo", is_active=False)
    ProductFactory(name="EPIs")
    gone = ProductFactory(is_active=False)
    choices = [
        ("topic", heading.pk),
        ("topic", withdrawn.pk),
        ("topic", 987_654),
        ("product", gone.pk),
        ("priority", 4),
    ]

    for field, value in choices:
        assert field in errors_of(browse(ana).post(reverse("tickets:new"), ticket_data(**{field: value}))), field
    assert not Ticket.objects.exists()


def test_a_follower_is_of_the_company_or_nobody(browse, ana, carla, agent):
    ticket = open_ticket(ana)
    url = reverse("thread:follower_add", args=[ticket.number])
    answers = {
        number: errors_of(browse(ana).post(url, {"person": number})).replace(str(number), "·")
        for number in (carla.public_id, agent.public_id, ana.public_id, "987654", "-1", "x", "1 OR 1=1")
    }

    assert len(set(answers.values())) == 1
    assert list(ticket.followers.values_list("user", flat=True)) == [ana.pk]


def test_a_ticket_continues_none_of_another_company(browse, ana, carla):
    Company.objects.filter(pk=carla.company_id).update(ticket_counter=500)
    theirs = open_ticket(Company.objects.get(pk=carla.company_id).people.get())

    browse(ana).post(reverse("tickets:new"), ticket_data(continues=theirs.number))

    assert Ticket.objects.get(company=ana.company_id).follows_up is None


def test_the_desk_hands_a_ticket_to_staff_only_and_copies_only_colleagues(browse, ana, carla, agent):
    ticket = open_ticket(ana)
    client = browse(agent)
    client.post(reverse("admin:tickets_ticket_asignar", args=[ticket.pk]), {"assignee": ana.pk})
    client.post(reverse("admin:tickets_ticket_copia", args=[ticket.pk]), {"person": carla.pk})
    client.post(reverse("admin:tickets_ticket_clasificar", args=[ticket.pk]), {"topic": 987_654, "priority": 9})

    ticket.refresh_from_db()
    assert (ticket.assignee, ticket.priority, ticket.followers.count()) == (None, 2, 1)


@pytest.mark.parametrize("thief", ["diego", "carla"])
def test_a_draft_of_somebody_else_is_not_sent_and_its_files_stay(browse, ana, thief, request):
    draft = new_draft(ana)
    file = draft.add([receive(text_file())])[0]
    draft.keep({"body": "A medias"})
    client = browse(request.getfixturevalue(thief))

    sent = client.post(reverse("tickets:new"), ticket_data(key=draft.key, body="Mío"))
    files = client.post(reverse("tickets:new_files"), {"key": draft.key, "files": text_file("otra.txt")})
    seen = client.post(reverse("thread:preview"), {"key": draft.key, "body": "![x](adjunto:1)"})
    client.post(reverse("thread:draft_discard", args=[draft.key]))

    assert sent.status_code == 200
    assert sent.context["form"].data["key"] != draft.key
    assert sent.context["form"]["body"].value() == "Mío"
    assert files.status_code == 422
    assert file.token not in seen.content.decode()
    assert client.get(file.get_absolute_url()).status_code == 404
    assert client.post(reverse("thread:draft_file_remove", args=[file.token])).status_code == 404
    draft.refresh_from_db()
    assert (draft.person, draft.fields, list(draft.attachments.all())) == (ana, {"body": "A medias"}, [file])
    assert not Ticket.objects.exists()


def test_support_does_not_send_a_customers_draft(browse, ana, agent):
    ticket = open_ticket(ana)
    draft = new_draft(ana, ticket)
    file = draft.add([receive(text_file())])[0]

    answer = browse(agent).post(
        reverse("admin:tickets_ticket_change", args=[ticket.pk]), {"key": draft.key, "body": "Hola"}
    )

    assert answer.status_code == 200
    assert Message.objects.count() == 1
    assert Attachment.objects.get(pk=file.pk).draft == draft


# --- fields that no form declares ---

PROTECTED = {
    "is_staff": "on", "is_superuser": "on", "is_active": "", "company": "1", "company_id": "1", "groups": "1",
    "user_permissions": "1", "password": "x", "login": "root", "email": "root@evil.example", "id": "1", "pk": "1",
    "must_change_password": "on", "unread_from": "2000-01-01", "ticket_counter": "0", "last_login": "2000-01-01",
    "status": "closed", "number": "1", "author": "1", "assignee": "1", "turn": "3", "closed_at": "2000-01-01",
    "from_support": "on", "html": "<script>", "author_name": "Soporte", "created_at": "2000-01-01", "then": "closed",
    **dict.fromkeys(PARENTS, "on"), "receives_licence_files": "on", "copied_on_company_tickets": "on",
}  # fmt: skip
DECLARED = {"first_name", "last_name", "phone", "language", "theme"}


def columns(person: User) -> dict:
    row = User.objects.filter(pk=person.pk).values().get()
    return {name: value for name, value in row.items() if name not in DECLARED | {"password", "last_login"}}


def test_a_form_changes_only_what_it_declares(browse, ana, norte):
    extra = PROTECTED | {"company": norte.pk, "company_id": norte.pk}
    ticket = open_ticket(ana)
    before = columns(ana)
    password = {"current": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    client = browse(ana)

    client.post(reverse("account:profile"), extra | {"first_name": "Ana", "language": "es", "theme": "auto"})
    client.post(reverse("language"), extra | {"language": "en"})
    client.post(reverse("account:password"), extra | password)
    client.post(reverse("tickets:new"), ticket_data() | {name: value for name, value in extra.items() if name != "id"})
    client.post(ticket.get_absolute_url(), extra | {"key": Draft.new_key(), "body": "Sigue."})

    assert columns(ana) == before
    assert Company.objects.get(pk=ana.company_id).ticket_counter == 2
    second = Ticket.objects.get(number=2)
    assert (second.company_id, second.author, second.status, second.assignee) == (ana.company_id, ana, "new", None)
    reply = ticket.messages.last()
    assert (reply.author, reply.from_support, reply.author_name, reply.html) == (ana, False, "", "<p>Sigue.</p>\n")
    ticket.refresh_from_db()
    assert ticket.status == "new"


def test_the_admin_changes_no_flag_of_a_customer(browse, ana, boss):
    before = columns(ana)

    answer = browse(boss).post(reverse("admin:accounts_user_change", args=[ana.pk]), PROTECTED | {"first_name": "Root"})

    assert answer.status_code == 403
    assert columns(ana) == before


# --- the same form, sent again ---


def test_a_form_sent_three_times_is_one_ticket(browse, ana):
    data = ticket_data()
    sent = [browse(ana).post(reverse("tickets:new"), data | {"files": text_file()}) for _time in range(3)]

    ticket = Ticket.objects.get()
    assert [answer["Location"] for answer in sent] == [ticket.get_absolute_url()] * 3
    assert sorted(OutgoingMail.objects.values_list("kind", flat=True)) == [
        "ticket_opened_for_support",
        "ticket_received",
    ]
    assert (Message.objects.count(), Attachment.objects.count(), ticket.company.ticket_counter) == (1, 1, 1)


def test_a_form_sent_again_with_another_text_says_so_and_loses_nothing(browse, ana):
    data = ticket_data()
    client = browse(ana)
    client.post(reverse("tickets:new"), data)

    changed = client.post(reverse("tickets:new"), data | {"body": "Otro asunto", "files": text_file("nueva.txt")})
    form = changed.context["form"]

    assert changed.status_code == 200
    assert "#1" in str(form.non_field_errors())
    assert (form["body"].value(), form["subject"].value()) == ("Otro asunto", "No imprime")
    assert [file.name for file in form.attachments] == ["nueva.txt"]
    assert Ticket.objects.count() == 1

    again = client.post(reverse("tickets:new"), data | {"body": "Otro asunto", "key": form.data["key"]})
    second = Ticket.objects.get(number=2)
    assert again["Location"] == second.get_absolute_url()
    assert [file.name for file in second.attachments.all()] == ["nueva.txt"]


def test_an_answer_sent_three_times_is_one_message(browse, ana, agent):
    ticket = open_ticket(ana)
    OutgoingMail.objects.all().delete()
    data = {"key": Draft.new_key(), "body": "Sigue igual."}
    sent = {browse(ana).post(ticket.get_absolute_url(), data)["Location"] for _time in range(3)}

    assert len(sent) == 1
    assert ticket.messages.count() == 2
    assert OutgoingMail.objects.count() == 1
    changed = browse(ana).post(ticket.get_absolute_url(), data | {"body": "Ya no."})
    assert (changed.status_code, changed.context["form"]["body"].value()) == (200, "Ya no.")
