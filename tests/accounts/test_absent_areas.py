"""An installation without an area: what is stored of it stays as it is, and support finds what there is."""

import pytest
from django.apps import apps
from django.conf import settings as project
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone

from accounts import areas
from accounts.models import User
from accounts.permissions import BY_NAME, FIRST_MANAGER_FLAGS, TABLE
from announcements import tasks as announcement_tasks
from mail.models import OutgoingMail
from portal import checks
from portal import desk as the_desk
from portal.celery import app
from releases import tasks as release_tasks
from tests.factories import ReleaseFactory, announced, new_note, open_ticket, webinar
from webinars import tasks as webinar_tasks

pytestmark = pytest.mark.django_db

every_area = pytest.mark.parametrize("area", areas.SWITCHABLE)


@pytest.fixture
def without(settings):
    """`without("training")` is an installation that has everything else."""

    def leave_out(*names):
        settings.AREAS = [name for name in project.AREAS if name not in names]

    return leave_out


# --- what is stored stays ---


@pytest.fixture
def manager(ibarra, browse, bruno):
    User.objects.filter(pk=bruno.pk).update(**dict.fromkeys(FIRST_MANAGER_FLAGS, True))
    return browse(bruno)


def flags_of(person) -> dict[str, bool]:
    person = User.objects.get(pk=person.pk)
    return {permission.name: getattr(person, permission.name) for permission in TABLE}


@pytest.fixture
def everything(ana):
    """Ana may do everything but manage."""
    names = {name: True for name in BY_NAME if name not in ("is_company_manager", "has_portal_access")}
    User.objects.filter(pk=ana.pk).update(**names)
    return flags_of(ana)


@every_area
def test_the_form_of_a_contact_leaves_hidden_flags_alone(manager, ana, everything, without, area):
    without(area)
    url = reverse("people:edit", args=[ana.public_id])
    form = manager.get(url).context["form"]
    shown = {name: "on" for name in everything if name in form.fields and everything[name]}
    typed = {name: form[name].value() or "" for name in ("first_name", "last_name", "email", "login", "shown")}
    typed |= {"language": "es", "password_choice": "keep", "phone": "900 000 111"} | shown

    assert manager.post(url, typed).status_code == 302
    assert User.objects.get(pk=ana.pk).phone == "900 000 111"
    assert flags_of(ana) == everything


@every_area
def test_the_matrix_leaves_hidden_flags_alone(manager, ana, everything, without, area):
    without(area)
    page = manager.get(reverse("permissions:matrix"))
    row = next(row for row in page.context["rows"] if row["person"] == ana)
    ticked = [cell["permission"].name for _group, cells in row["groups"] for cell in cells if cell["on"]]
    ticked.remove("receives_general_mail")
    others = {
        other["field"]: [cell["permission"].name for _group, cells in other["groups"] for cell in cells if cell["on"]]
        for other in page.context["rows"]
    }
    shown = page.context["form"].initial["shown"]

    review = manager.post(reverse("permissions:review"), others | {"shown": shown, row["field"]: ticked})
    confirmed = review.context["form"].initial["confirmed"]
    assert manager.post(reverse("permissions:apply"), {"confirmed": confirmed}).status_code == 302

    assert flags_of(ana) == everything | {"receives_general_mail": False}


def test_a_new_contact_gets_nothing_of_what_is_absent(manager, without):
    without("webinars")
    url = reverse("people:new")
    form = manager.get(url).context["form"]
    shown = {name: "on" for name in BY_NAME if name in form.fields and form[name].value()}
    typed = {"first_name": "Jon", "last_name": "Gil", "email": "jon@ibarra.example", "language": "es"}
    typed |= {"password_choice": "link", "shown": form["shown"].value()} | shown

    assert manager.post(url, typed).status_code == 302

    jon = User.objects.get(email="jon@ibarra.example")
    assert (jon.can_use_tickets, jon.can_use_releases, jon.can_use_webinars) == (True, True, False)


def test_ones_own_profile_leaves_hidden_flags_alone(browse, ana, everything, without):
    without("webinars", "downloads")
    typed = {"first_name": "Ana", "last_name": "Otra", "language": "es", "theme": "auto"}

    assert browse(ana).post(reverse("account:profile"), typed).status_code == 302

    assert User.objects.get(pk=ana.pk).last_name == "Otra"
    assert flags_of(ana) == everything


def test_a_column_of_an_absent_area_is_not_read(manager, ana, everything, without):
    without("webinars")
    table = f"Correo;Nombre;Webinars;Tickets\n{ana.email};Ana María;no;sí\n".encode()
    page = manager.post(reverse("people:import"), {"file": SimpleUploadedFile("c.csv", table)})

    assert page.context["unknown"] == ["Webinars"]
    assert [step.permissions for step in page.context["changed"]] == [{}]


# --- the desk ---


def test_the_first_page_of_the_desk_names_what_there_is(browse, boss, without):
    everything = sections(browse(boss))
    assert {"Ticket", "Webinar", "Component", "Article", "Announcement", "Incident", "Booking"} <= everything

    without("webinars", "training", "downloads", "announcements", "status")

    gone = {"Webinar", "Registration", "Booking", "TrainingModule", "PreparationGuide", "Slot", "Trainer", "HourBag"}
    gone |= {"Component", "Installation", "DownloadLog", "Delivery", "Announcement", "ServiceComponent", "Incident"}
    assert everything - sections(browse(boss)) == gone


def test_what_is_gone_from_the_desk_has_no_address_there(browse, boss, without):
    desk, pages = browse(boss), {model: reverse(list_of(model)) for model in admin.site._registry}
    assert 404 not in {desk.get(page).status_code for page in pages.values()}

    without("webinars", "training", "downloads", "announcements", "status")

    gone = {model for model, page in pages.items() if desk.get(page).status_code == 404}
    assert gone == {model for model in pages if not the_desk.is_on_the_desk(model)}
    assert desk.get(reverse("admin:webinars_webinar_add")).status_code == 404


def list_of(model) -> str:
    return f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"


def sections(browser) -> set[str]:
    apps = browser.get(reverse("admin:index")).context["app_list"]
    return {model["object_name"] for app in apps for model in app["models"]}


def test_every_section_that_is_named_exists():
    labels = {model._meta.label_lower for model in apps.get_models()} | {app.label for app in apps.get_app_configs()}

    assert the_desk.SECTIONS.keys() <= labels
    assert {name for needed in the_desk.SECTIONS.values() for name in needed} <= set(areas.SWITCHABLE)


# --- mails and sweeps ---


def announce(now) -> None:
    announced("Cerramos", audience="registered", tell=True)


def plan_a_webinar(now) -> None:
    webinar("Novedades de EPIs").announce(tell=True, at=now)


def publish_a_release(now) -> None:
    release = ReleaseFactory(version="2026.9")
    new_note(release)
    release.publish(at=now, tell=True, now=now)


SWEEPS = [
    (("announcements",), announce, announcement_tasks.tell_of_announcements, "announcement_published"),
    (("webinars",), plan_a_webinar, webinar_tasks.tell_of_webinars, "webinar_announced"),
    (("releases", "downloads"), publish_a_release, release_tasks.tell_of_releases, "release_published"),
]


@pytest.mark.parametrize(("names", "happen", "sweep", "kind"), SWEEPS, ids=lambda given: getattr(given, "__name__", ""))
def test_nobody_hears_of_an_absent_area_until_it_is_back(ana, settings, without, names, happen, sweep, kind):
    User.objects.filter(pk=ana.pk).update(receives_general_mail=True, receives_licence_files=True)
    happen(timezone.now())
    everything = settings.AREAS
    without(*names)

    sweep()
    assert not OutgoingMail.objects.exists()
    settings.AREAS = everything
    sweep()

    assert list(OutgoingMail.objects.values_list("kind", "address")) == [(kind, ana.email)]


def test_word_of_a_release_does_not_lead_to_news_that_are_not_there(ana, without):
    User.objects.filter(pk=ana.pk).update(receives_licence_files=True, can_use_downloads=True, can_use_releases=True)
    publish_a_release(timezone.now())
    without("releases")

    release_tasks.tell_of_releases()

    text = OutgoingMail.objects.get().text
    assert "/novedades/" not in text and "2026.9" in text
    assert "gestor de usuarios de su empresa" not in text


def test_every_task_of_the_clock_that_tells_or_builds_asks_for_its_area(settings):
    """A sweep that has no guard is one that every installation needs."""
    app.loader.import_default_modules()
    guarded = {name for name, task in app.tasks.items() if hasattr(task.run, "__wrapped__")}
    swept = {entry["task"] for entry in app.conf.beat_schedule.values()}
    of_areas = {name for name in swept if name.partition(".")[0] in {"webinars", "training", "downloads", "releases"}}

    assert of_areas <= guarded


# --- what the checks say ---


def test_a_name_that_is_no_area_is_an_error(settings):
    settings.AREAS = ["tickets", "formacion"]

    (error,) = checks.areas_fit_together(None)

    assert error.id == "portal.E020" and "formacion" in error.msg and "training" in error.hint


@pytest.mark.parametrize(("setting", "area"), [("STATUS_PUBLIC", "status"), ("GUESTS", "tickets")])
def test_nothing_that_is_absent_can_be_open_to_visitors(settings, without, setting, area):
    setattr(settings, setting, True)
    assert checks.areas_fit_together(None) == []
    without(area)

    (error,) = checks.areas_fit_together(None)

    assert error.id == "portal.E021" and f"PORTAL_{setting}" in error.msg and area in error.hint


def test_support_inserts_articles_where_there_is_help(browse, ana, boss, without):
    page = reverse("admin:tickets_ticket_change", args=[open_ticket(ana).pk])
    assert 'id="articulo-buscado"' in browse(boss).get(page).content.decode()

    without("knowledge")

    assert 'id="articulo-buscado"' not in browse(boss).get(page).content.decode()
