"""`manage.py demo`: the demonstration and the accounts it prints."""

import io
import re
import zoneinfo
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db.models import Count, DateTimeField, F
from django.test import Client, TestCase, override_settings
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEntry, Company, User
from announcements.models import Announcement, ContactEntry, Incident, RulesOfUse, ServiceComponent
from downloads.models import Delivery, DownloadLog
from downloads.shelf import Shelf
from files.models import StoredFile
from files.receiving import Refused
from knowledge.models import Article, ArticlePicture, ArticleVote, Category
from mail.models import OutgoingMail
from portal.demo import attachments, cast, stories, writer
from portal.demo.moments import moment
from tests.factories import CompanyFactory
from tickets.models import Event, InternalNote, Message, Request, Ticket
from tickets.status import Priority, Status
from webinars.models import Registration, Webinar

ACCOUNT = re.compile(r"^(\S+) / (\S+) +(\S.*)$", re.MULTILINE)
MADRID = zoneinfo.ZoneInfo("Europe/Madrid")


def demo() -> str:
    """Run the command; what it printed. A first run says before the accounts that it takes a while."""
    out = io.StringIO()
    call_command("demo", stdout=out)
    return out.getvalue()


def log_in(login: str, password: str):
    page = Client(REMOTE_ADDR="192.0.2.7")
    return page.post(reverse("account_login"), {"login": login, "password": password}, follow=True)


def everything() -> dict[str, list]:
    """All rows of all tables as values."""
    models = [model for model in apps.get_models() if model._meta.managed and not model._meta.proxy]
    return {model._meta.label: list(model._default_manager.order_by("pk").values()) for model in models}


class TestDemonstration(TestCase):
    @classmethod
    def setUpTestData(cls):
        cls.disk = settings.FILES_ROOT
        cls.began = timezone.now()
        cls.printed = demo().partition("\n")[2]
        cls.lucia = User.objects.get(login="lucia")

    # --- the command ---

    def test_a_second_run_changes_nothing_and_prints_the_same_accounts(self):
        before = everything()

        assert demo() == self.printed
        assert everything() == before

    def test_the_accounts_come_with_the_address_a_manager_first_and_then_support(self):
        heading, first, *lines = self.printed.splitlines()

        assert heading.endswith("http://127.0.0.1:8000/:")
        assert first.startswith("lucia / Demo-2026   gestora de Talleres Ibarra: todas las áreas")
        assert [line.split()[0] for line in lines[:4]] == ["marta", "diego", "olga", "admin"]

    def test_every_printed_account_logs_in_by_the_page(self):
        accounts = ACCOUNT.findall(self.printed)

        landed = {login: log_in(login, password).request["PATH_INFO"] for login, password, _can in accounts}

        customers = dict.fromkeys(("lucia", "amaia", "jon", "nerea", "yaiza", "airam", "emma", "demo"), "/inicio/")
        staff = dict.fromkeys(("marta", "diego", "olga", "admin"), reverse("admin:index"))
        assert landed == customers | staff | {"iker": reverse("account:password")}

    def test_who_left_and_who_never_had_access_are_printed_without_a_password(self):
        lines = {line.split("  ")[0]: line for line in self.printed.splitlines()}

        assert "Demo-2026" not in lines["Pedro Goñi"] + lines["Sistemas"]
        assert log_in("pedro", cast.PASSWORD).request["PATH_INFO"] == reverse("account_login")

    def test_a_password_that_was_changed_is_no_longer_printed(self):
        User.objects.get(login="iker").change_password("Otra-Clave-9")

        accounts = {login: password for login, password, _can in ACCOUNT.findall(demo())}

        assert {login for login, password in accounts.items() if password != cast.PASSWORD} == {"iker"}

    # --- what there is ---

    def test_the_tickets_are_those_of_the_stories_word_for_word(self):
        told = {
            story.subject: [story.text, *(step.value for step in story.steps if step.deed == "reply")]
            for story in stories.read()
        }
        written: dict[str, list[str]] = {}
        for subject, body in Message.objects.order_by("created_at", "pk").values_list("ticket__subject", "body"):
            written.setdefault(subject, []).append(body)

        assert written == told
        assert Ticket.objects.count() == 65

    def test_every_status_priority_module_and_kind_of_event_occurs(self):
        tickets = Ticket.objects.all()

        assert set(tickets.values_list("status", flat=True)) == set(Status)
        assert set(tickets.values_list("priority", flat=True)) == set(Priority)
        assert set(tickets.exclude(product=None).values_list("product__name", flat=True)) == {
            name for name, _icon in cast.MODULES
        }
        kinds = set(Event.objects.values_list("kind", flat=True))
        elsewhere = {Event.Kind.IMPORTED, Event.Kind.FOLLOWER_REMOVED, Event.Kind.QUARANTINED, Event.Kind.CHARGED}
        elsewhere |= {Event.Kind.ADOPTED, Event.Kind.UNLINKED}
        assert kinds == set(Event.Kind) - elsewhere
        assert InternalNote.objects.exists()
        assert tickets.exclude(follows_up=None).exists()

    def test_one_company_is_a_demonstration_and_no_company_sees_another(self):
        assert list(Company.objects.filter(is_demo=True).values_list("code", flat=True)) == ["DEMO"]
        for manager in User.objects.managers():
            seen = Ticket.objects.visible_to(manager)
            assert set(seen.values_list("company", flat=True)) == {manager.company_id}

    def test_the_first_manager_has_unread_answers_and_the_alarm(self):
        unread = Ticket.objects.visible_to(self.lucia).unread_by(self.lucia)
        alarming = Ticket.objects.alarming(self.lucia)

        assert unread.count() == 7
        assert set(alarming.values_list("status", flat=True)) == {Status.WAITING, Status.ENHANCEMENT, Status.CLOSED}
        assert alarming.filter(author=self.lucia).count() == 3

    def test_the_home_page_has_something_in_every_counter(self):
        counts, alarm = Ticket.objects.visible_to(self.lucia).counts(at=timezone.now(), reader=self.lucia)

        assert alarm

        assert counts == {
            "actuales": 25,
            "sin-procesar": 3,
            "abiertos": 14,
            "esperando": 5,
            "ampliaciones": 3,
            "proxima-version": 2,
            "recientes": 8,
        }

    def test_a_request_waits_for_the_first_manager_and_one_was_refused(self):
        states = Request.objects.visible_to(self.lucia).values_list("state", flat=True)

        assert sorted(states) == ["approved", "refused", "waiting"]

    def test_two_companies_are_asked_if_all_is_well_after_the_incident(self):
        incident = Incident.objects.past(at=timezone.now()).get()
        tickets = incident.tickets.select_related("company")

        assert {ticket.company.code for ticket in tickets} == {"IBA", "BAH"}
        assert all(ticket.asks_whether_solved for ticket in tickets)
        for ticket, manager in ((ticket, ticket.company.people.get(is_company_manager=True)) for ticket in tickets):
            page = Client()
            page.force_login(manager)
            shown = page.get(ticket.get_absolute_url()).content.decode()
            assert "La incidencia «Retrasos en la sincronización móvil» está resuelta." in shown
            assert "Un servidor se ha quedado sin espacio." in shown
        desk = Client()
        desk.force_login(User.objects.get(login="marta"))
        listed = desk.get(reverse("admin:announcements_incident_tickets", args=[incident.pk])).content.decode()
        assert all(ticket.reference in listed for ticket in tickets)

    def test_some_resolved_tickets_can_be_reopened_and_old_ones_cannot(self):
        resolved = Ticket.objects.filter(status=Status.CLOSED)

        assert {ticket.can_still_reopen() for ticket in resolved} == {True, False}

    def test_files_are_kept_with_the_copies_that_pages_show(self):
        files = StoredFile.objects.all()
        attached = files.filter(attachment__isnull=False)

        assert set(attached.values_list("kind", flat=True)) == {"picture", "pdf", "text"}
        assert set(files.filter(kind="picture").values_list("display_state", flat=True)) == {"ready"}
        with override_settings(FILES_ROOT=self.disk):
            assert all(file.path.stat().st_size == file.size for file in files)
            assert all(file.display_path.is_file() for file in files.filter(kind="picture"))
        assert Message.objects.filter(html__contains='class="pasted"').count() == 1

    def test_the_help_has_an_article_for_each_kind_of_reader_and_leads_nowhere_astray(self):
        assert set(Article.objects.values_list("audience", "state")) >= {
            *((audience, "published") for audience in Article.Audience.values),
            ("registered", "draft"),
        }
        assert Category.objects.filter(is_faq=True).count() == 1 and ArticleVote.objects.filter(helps=False).exists()
        slugs = set(Article.objects.values_list("slug", flat=True))
        links = {link for article in Article.objects.all() for link in article.links()}
        assert {link.removeprefix("/ayuda/").strip("/") for link in links} <= slugs
        picture = ArticlePicture.objects.get()
        assert picture.stored.has_preview and picture.get_absolute_url() in picture.article.html

    def test_ibarra_is_one_update_behind_and_bahia_has_two(self):
        shelves = {}
        for login in ("lucia", "yaiza"):
            person = User.objects.get(login=login)
            last = Delivery.objects.visible_to(person).newest_first().first()
            shelves[login] = Shelf.of(last, person, at=timezone.now())

        assert {login: shelf.is_mixed for login, shelf in shelves.items()} == {"lucia": False, "yaiza": True}
        assert 0 < shelves["lucia"].needed.count == shelves["lucia"].new.count < shelves["lucia"].everything.count
        assert DownloadLog.objects.count() == 7

    # --- what holds ---

    def test_the_dates_and_counts_of_a_ticket_are_those_of_its_messages(self):
        tickets = Ticket.objects.annotate(attached=Count("attachments"))
        for ticket in tickets.prefetch_related("messages"):
            messages = list(ticket.messages.all())
            answers = [message.created_at for message in messages if message.from_support] or [None]
            assert (ticket.created_at, ticket.last_message_at) == (messages[0].created_at, messages[-1].created_at)
            last_answer = ticket.available_at or ticket.mended_at or answers[-1]
            assert (ticket.first_answer_at, ticket.answered_at) == (answers[0], last_answer)
            assert (ticket.reply_count, ticket.file_count) == (len(messages) - 1, ticket.attached)

    def test_a_ticket_was_closed_and_changed_hands_at_its_last_move(self):
        for ticket in Ticket.objects.prefetch_related("events"):
            moves = [event for event in ticket.events.all() if event.kind in Event.STEPS]
            assert (ticket.closed_at is not None) == (ticket.status == Status.CLOSED)
            assert ticket.turn_since >= ticket.created_at
            if moves:
                assert moves[-1].data["new"] == ticket.status
            if ticket.closed_at:
                assert ticket.closed_at == ticket.turn_since == moves[-1].created_at

    def test_numbers_follow_the_dates_without_gaps(self):
        for company in Company.objects.all():
            numbers = company.tickets.order_by("created_at").values_list("number", flat=True)
            assert list(numbers) == list(range(1, company.ticket_counter + 1))

    def test_nobody_writes_before_joining_or_after_leaving(self):
        pedro = User.objects.get(login="pedro")

        assert not Message.objects.filter(created_at__lt=F("author__created_at")).exists()
        last = Event.objects.filter(actor=pedro).latest("created_at")
        assert last.created_at < moment(cast.LEAVERS["pedro"], now=self.began)
        assert not pedro.is_active

    def test_no_mail_is_left_to_send(self):
        assert set(OutgoingMail.objects.values_list("state", flat=True)) == {OutgoingMail.State.KEPT}

    def test_two_webinars_are_to_come_and_four_can_be_watched(self):
        assert Webinar.objects.upcoming(at=timezone.now()).count() == 2
        library = Webinar.objects.recorded()
        assert library.count() == 4
        assert all(row.has_video and row.has_poster and row.chapters.count() > 2 for row in library)
        assert Registration.objects.in_force().count() == 2

    def test_announcements_and_the_service_have_something_to_say(self):
        now = timezone.now()
        assert Announcement.objects.out(at=now).in_force(at=now).count() == 4
        assert ServiceComponent.objects.count() == 5
        assert [row.stage for row in Incident.objects.past(at=now)] == ["resolved"]
        assert Incident.objects.planned(at=now).count() == 1
        assert ContactEntry.objects.count() == 3
        assert RulesOfUse.objects.current(at=now) is None

    def test_nothing_but_the_logbook_is_dated_when_it_was_written(self):
        meanwhile = (self.began, self.began + timedelta(hours=1))  # what is to come lies further ahead
        for model in apps.get_models():
            dates = [field.name for field in model._meta.fields if isinstance(field, DateTimeField)]
            if model is not AuditEntry:
                rows = model._default_manager
                late = {name for name in dates if rows.filter(**{f"{name}__range": meanwhile}).exists()}
                assert (model, late) == (model, set())


@pytest.mark.django_db
def test_a_production_installation_refuses():
    with override_settings(PRODUCTION=True), pytest.raises(CommandError):
        demo()

    assert not Company.objects.exists()


@pytest.mark.django_db
def test_a_portal_with_companies_of_its_own_refuses():
    CompanyFactory(code="REAL")

    with pytest.raises(CommandError):
        demo()

    assert not User.objects.exists()


@pytest.mark.django_db
def test_a_login_name_that_is_taken_refuses(boss):
    User.objects.filter(pk=boss.pk).update(login="admin")

    with pytest.raises(CommandError, match="admin"):
        demo()

    assert not Company.objects.exists()


@pytest.mark.django_db
def test_a_run_that_is_interrupted_leaves_nothing():
    with override_settings(FILE_MEGABYTES=0), pytest.raises(Refused):
        demo()

    assert not Company.objects.exists()
    assert not writer.is_written()


# --- the stories ---

MOMENTS = [
    datetime(2026, month, day, hour, 30, tzinfo=MADRID)
    for month, day in ((3, 29), (3, 30), (5, 1), (8, 15), (10, 25), (12, 31))
    for hour in (0, 4, 9, 14, 23)
]


@pytest.mark.parametrize("now", MOMENTS, ids=str)
def test_at_any_hour_of_any_day_each_story_is_told_in_order_and_in_the_past(now):
    for story in stories.read():
        told = [moment(at, now=now) for at in (cast.ARRIVAL, story.at, *(step.at for step in story.steps))]
        assert all(earlier <= later for earlier, later in pairwise(told)), story.subject
        assert now - timedelta(days=365) < told[0]
        assert told[-1] < now


def test_what_stories_attach_is_in_the_catalogue_and_nothing_else_is():
    told = [entry for story in stories.read() for entry in (story, *story.steps)]

    assert {name for entry in told for name in entry.files} == set(attachments.catalogue())


def test_a_file_has_the_same_bytes_every_time():
    for name in attachments.catalogue():
        assert attachments.uploaded(name).read() == attachments.uploaded(name).read()


def test_nobody_answers_a_ticket_that_was_closed_for_more_than_thirty_days():
    now = datetime(2026, 11, 20, 12, tzinfo=MADRID)
    for story in stories.read():
        closed = None
        for step in story.steps:
            at = moment(step.at, now=now)
            if step.deed in ("reply", "reopen"):
                assert closed is None or at - closed < timedelta(days=30), story.subject
                closed = None
            if step.deed == "close" or step.then == Status.CLOSED:
                closed = at
