"""The outbox as staff see it."""

import email
import email.policy
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.utils import timezone

from mail.models import Delivery, OutgoingMail
from mail.outbox import Recipient, queue
from tests.factories import StaffFactory

pytestmark = pytest.mark.django_db
State = OutgoingMail.State
LIST = "/admin/mail/outgoingmail/"
HOLD, RESUME = LIST + "hold/", LIST + "resume/"


@pytest.fixture
def staff(browse, boss):
    """A browser in which the desk's administrator, who reads English, is logged in."""
    boss.language = "en"
    boss.save(update_fields=["language"])
    return browse(boss)


@pytest.fixture
def reader(browse):
    """A browser of staff who may read the outbox and nothing else."""
    person = StaffFactory(first_name="Lucía")
    person.user_permissions.add(Permission.objects.get(codename="view_outgoingmail"))
    return browse(person)


@pytest.fixture
def mail(ana):
    (mail,) = queue("greeting", [ana], context={"about": "<b>IBA-12</b>"}, thread="IBA-12")
    return mail


def end(mail, state) -> None:
    OutgoingMail.objects.filter(pk=mail.pk).update(state=state, due_at=None, sent_at=timezone.now())


def text_of(response) -> str:
    assert response.status_code == 200
    return response.content.decode()


# --- Reading -------------------------------------------------------------------------------------------------------


def test_staff_find_a_mail_by_state_kind_address_and_subject(staff, mail, carla):
    (other,) = queue("greeting", [carla], context={"about": "OLM-3"})
    end(other, State.FAILED)

    for query in ("state__exact=queued", "q=ana@ibarra", "q=IBA-12", "kind=greeting&state__exact=queued"):
        page = text_of(staff.get(f"{LIST}?{query}"))
        assert "ana@ibarra.example" in page
        assert "carla@olmo.example" not in page


def test_a_mail_is_read_and_not_edited(staff, mail):
    page = text_of(staff.get(f"{LIST}{mail.pk}/change/"))

    assert mail.message_id.strip("<>") in page
    assert "Auto-Submitted: auto-generated" in page
    assert "&lt;b&gt;IBA-12&lt;/b&gt;" in page
    assert "<b>IBA-12</b>" not in page
    assert 'name="subject"' not in page
    assert 'name="_save"' not in page


@pytest.mark.parametrize("path", ["add/", "{pk}/delete/"])
def test_no_mail_is_added_or_deleted_by_hand(path, staff, mail):
    assert staff.get(LIST + path.format(pk=mail.pk)).status_code == 403


def test_a_posted_form_changes_no_mail(staff, mail):
    assert staff.post(f"{LIST}{mail.pk}/change/", {"subject": "Other", "state": "sent"}).status_code == 403


def test_a_mail_is_downloaded_whole(reader, mail):
    response = reader.get(f"{LIST}{mail.pk}/eml/")

    assert response["Content-Type"] == "message/rfc822"
    assert response["Content-Disposition"].startswith("attachment;")
    message = email.message_from_bytes(response.content, policy=email.policy.default)
    assert (message["To"], message["Message-ID"]) == ("Ana Ruiz <ana@ibarra.example>", mail.message_id)
    assert message.get_body(["html"]) is not None


def test_a_mail_without_a_proper_address_says_so_instead(staff):
    (mail,) = queue("greeting", [Recipient("nobody")], context={"about": "x"})

    page = text_of(staff.get(f"{LIST}{mail.pk}/eml/", follow=True))

    assert "is not an e-mail address" in page


def test_the_list_counts_nothing_and_costs_the_same_with_many_rows(staff, mail, django_assert_max_num_queries):
    queue("greeting", [Recipient(f"person{n}@ibarra.example") for n in range(120)], context={"about": "x"})

    with django_assert_max_num_queries(8) as queries:
        page = text_of(staff.get(LIST))

    assert not [query for query in queries if "COUNT(" in query["sql"]]
    assert "50+ outgoing e-mails" in page
    assert 'href="?p=2"' in page
    assert 'href="?p=3"' not in page


def test_the_pages_lead_to_the_last_row(staff):
    queue("greeting", [Recipient(f"person{n}@ibarra.example") for n in range(101)], context={"about": "x"})

    second = text_of(staff.get(LIST, {"p": 2}))
    third = text_of(staff.get(LIST, {"p": 3}))

    assert "100+ outgoing e-mails" in second
    assert "101 outgoing e-mails" in third
    assert "person0@ibarra.example" in third
    assert 'href="?p=4"' not in third
    assert staff.get(LIST, {"p": 4}).status_code == 302
    assert staff.get(LIST, {"p": 10**30}).status_code == 302


def test_an_empty_outbox_is_a_page(staff):
    assert "0 outgoing e-mails" in text_of(staff.get(LIST))


# --- Sending again and cancelling ----------------------------------------------------------------------------------


def act(browser, action: str, *mails):
    return browser.post(LIST, {"action": action, "_selected_action": [mail.pk for mail in mails]}, follow=True)


@pytest.mark.parametrize("state", [State.FAILED, State.KEPT, State.SENT])
def test_staff_send_a_mail_again_under_the_same_id(state, staff, mail, boss):
    end(mail, state)

    page = text_of(act(staff, "resend", mail))

    again = OutgoingMail.objects.get()
    assert (again.state, again.attempts, again.message_id) == (State.QUEUED, 0, mail.message_id)
    assert "1 e-mail was queued again." in page
    assert LogEntry.objects.get().user_id == boss.pk


def test_staff_take_back_what_waits_and_only_that(staff, mail, carla):
    (sent,) = queue("greeting", [carla], context={"about": "x"})
    end(sent, State.SENT)

    page = text_of(act(staff, "cancel", mail, sent))

    assert "1 e-mail was cancelled." in page
    assert dict(OutgoingMail.objects.values_list("pk", "state")) == {mail.pk: State.CANCELLED, sent.pk: State.SENT}


@pytest.mark.parametrize("action", ["resend", "cancel", "delete_selected"])
def test_who_may_only_read_starts_nothing(action, reader, mail):
    end(mail, State.FAILED)
    act(reader, action, mail)

    assert OutgoingMail.objects.get().state == State.FAILED
    assert not LogEntry.objects.exists()


# --- Holding delivery ----------------------------------------------------------------------------------------------


def test_staff_hold_and_resume_delivery_after_a_question(staff, mail, boss, unstarted_sink):
    assert HOLD in text_of(staff.get(LIST))
    assert "wait in the outbox" in text_of(staff.get(HOLD))
    assert not Delivery.current().held

    page = text_of(staff.post(HOLD, follow=True))
    assert "Delivery is held since" in page
    assert RESUME in page
    assert Delivery.current().held_by_id == boss.pk

    page = text_of(staff.post(RESUME, follow=True))
    assert "Delivery is held since" not in page
    assert not Delivery.current().held


def test_a_pause_is_told_and_can_be_ended(staff, mail, unstarted_sink):
    later = timezone.now() + timedelta(hours=1)
    Delivery.current().pause("535 5.7.8 <b>Bad credentials</b>", delays=(timedelta(hours=1),), at=later)

    page = text_of(staff.get(LIST))
    assert "535 5.7.8 &lt;b&gt;Bad credentials&lt;/b&gt;" in page

    staff.post(RESUME)
    assert Delivery.current().paused_until is None


def test_the_list_says_that_no_server_is_configured(staff, settings):
    settings.MAIL_SERVER = None
    assert "No mail server is configured" in text_of(staff.get(LIST))


def test_the_list_says_that_the_environment_holds_delivery(staff, settings):
    settings.MAIL_HOLD = True
    assert "PORTAL_MAIL_HOLD" in text_of(staff.get(LIST))


@pytest.mark.parametrize("path", [HOLD, RESUME])
def test_who_may_only_read_does_not_hold_delivery(path, reader):
    assert path not in text_of(reader.get(LIST))
    assert reader.get(path).status_code == 403
    assert reader.post(path).status_code == 403


@pytest.mark.parametrize("path", ["", "hold/", "resume/", "{pk}/change/", "{pk}/eml/"])
def test_who_is_not_staff_sees_nothing_of_it(path, client, mail):
    response = client.get(LIST + path.format(pk=mail.pk))

    assert response.status_code == 302
    assert "ana@ibarra.example" not in response.content.decode()


# --- Links that open an account -------------------------------------------------------------------------------------


def test_a_link_to_choose_a_password_is_nobodys_to_read_while_it_waits(staff):
    (secret,) = queue(
        "greeting", [Recipient("ana@ibarra.example", "Ana Ruiz")], context={"about": "IBA-12"}, is_secret=True
    )
    (open_one,) = queue("greeting", [Recipient("ana@ibarra.example", "Ana Ruiz")], context={"about": "IBA-12"})
    greeting = open_one.text.strip().splitlines()[0]

    assert greeting in text_of(staff.get(f"{LIST}{open_one.pk}/change/"))
    assert greeting not in text_of(staff.get(f"{LIST}{secret.pk}/change/"))
    assert staff.get(f"{LIST}{secret.pk}/eml/").status_code == 403


def test_a_link_to_choose_a_password_is_forgotten_once_it_was_sent(mail):
    (secret,) = queue("greeting", [Recipient("ana@ibarra.example")], context={"about": "s3cr3t"}, is_secret=True)
    secret.claim(at=timezone.now())

    secret.sent(at=timezone.now())

    secret.refresh_from_db()
    assert (secret.state, secret.text, secret.html) == ("sent", "", "")
    assert OutgoingMail.objects.filter(pk=secret.pk).resend(at=timezone.now()) == 0
