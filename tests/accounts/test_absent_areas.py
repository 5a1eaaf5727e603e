"""An installation without an area: what is stored of it stays as it is, and support finds what there is."""

import pytest
from django.apps import apps
from django.conf import settings as project
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts import areas
from accounts.models import User
from accounts.permissions import BY_NAME, FIRST_MANAGER_FLAGS, TABLE
from portal import desk as the_desk

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


def sections(browser) -> set[str]:
    apps = browser.get(reverse("admin:index")).context["app_list"]
    return {model["object_name"] for app in apps for model in app["models"]}


def test_every_section_that_is_named_exists():
    labels = {model._meta.label_lower for model in apps.get_models()} | {app.label for app in apps.get_app_configs()}

    assert the_desk.SECTIONS.keys() <= labels
    assert {name for needed in the_desk.SECTIONS.values() for name in needed} <= set(areas.SWITCHABLE)
