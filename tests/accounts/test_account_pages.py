"""What people do with their own account, and what staff do with companies."""

import pytest
from django.contrib.auth.models import Group
from django.core import signing
from django.core.management import CommandError, call_command
from django.urls import reverse

from accounts.models import Company, User
from accounts.models.user import INVITATION_SALT
from mail.models import OutgoingMail
from tests.factories import PASSWORD, StaffFactory

pytestmark = pytest.mark.django_db

NEW = "Otra-Clave-9"


def log_in(browser, login, password=PASSWORD, **more):
    return browser.post("/acceso/", {"login": login, "password": password} | more)


@pytest.mark.parametrize("name", ["login", "email"])
def test_one_logs_in_by_login_or_address_in_any_case(browse, ana, name):
    visitor = browse()

    assert log_in(visitor, getattr(ana, name).upper()).url == "/inicio/"
    assert visitor.get("/inicio/").status_code == 200


def test_staff_land_on_the_desk(browse, agent):
    visitor = browse()

    assert log_in(visitor, agent.login).url == "/admin/"
    assert visitor.get("/inicio/", follow=True).redirect_chain == [("/admin/", 302)]


def test_the_desk_sends_visitors_to_the_one_log_in_page_and_refuses_customers(browse, ana):
    assert browse().get("/admin/", follow=True).redirect_chain[-1] == ("/acceso/?next=/admin/", 302)
    assert browse(ana).get("/admin/").status_code == 403


def test_logging_out_ends_the_session_on_the_server(browse, ana):
    browser = browse(ana)
    key = browser.session.session_key

    browser.post("/acceso/salir/")

    assert not browser.session.exists(key)


def test_a_first_password_from_the_manager_is_changed_before_anything_else(browse, ana):
    ana.must_change_password = True
    ana.save(update_fields=["must_change_password"])
    browser = browse(ana)

    assert browser.get("/tickets/").url == "/cuenta/contrasena/"
    answer = browser.post("/cuenta/contrasena/", {"current": PASSWORD, "password1": NEW, "password2": NEW}, follow=True)

    assert answer.redirect_chain == [("/inicio/", 302)]
    assert browser.get("/tickets/").status_code == 200


@pytest.mark.parametrize(
    ("first", "second", "reason"),
    [
        ("corta1!", "corta1!", "entre 8 y 32"),
        ("x1!" * 11, "x1!" * 11, "entre 8 y 32"),
        ("12345678!", "12345678!", "al menos una letra"),
        ("abcdefgh!", "abcdefgh!", "al menos un número"),
        ("abcdefgh1", "abcdefgh1", "al menos un símbolo"),
        ("abcdefg 1", "abcdefg 1", "al menos un símbolo"),
        (NEW, NEW + "x", "no coinciden"),
        (PASSWORD, PASSWORD, "distinta de la actual"),
    ],
)
def test_a_password_that_breaks_a_rule_is_refused_in_words(browse, ana, first, second, reason):
    answer = browse(ana).post("/cuenta/contrasena/", {"current": PASSWORD, "password1": first, "password2": second})

    assert reason in answer.content.decode()
    ana.refresh_from_db()
    assert ana.check_password(PASSWORD)


@pytest.mark.parametrize("password", ["contraseñ4!", "Ñandú-12", "x" * 30 + "1-", "  clave 1-  ", "пароль-1x"])
def test_a_password_that_keeps_the_rule_is_taken_as_typed(browse, ana, password):
    browse(ana).post("/cuenta/contrasena/", {"current": PASSWORD, "password1": password, "password2": password})

    ana.refresh_from_db()
    assert ana.check_password(password)


def test_changing_the_password_ends_the_other_sessions_and_not_this_one(browse, ana):
    here, elsewhere = browse(ana), browse(ana)

    here.post("/cuenta/contrasena/", {"current": PASSWORD, "password1": NEW, "password2": NEW})

    assert here.get("/inicio/").status_code == 200
    assert elsewhere.get("/inicio/").status_code == 302


def test_the_profile_is_saved_in_the_language_that_was_chosen(browse, ana):
    values = {"first_name": "Ana", "last_name": "Ruiz\nGil", "phone": "600", "language": "en", "theme": "dark"}

    answer = browse(ana).post("/cuenta/perfil/", values, follow=True)

    ana.refresh_from_db()
    assert (ana.last_name, ana.language, ana.theme) == ("Ruiz Gil", "en", "dark")
    text = answer.content.decode()
    assert "Your profile was saved." in text and 'lang="en"' in text and 'data-bs-theme="dark"' in text


def test_a_profile_with_an_error_is_not_half_saved_nor_shown_as_if_it_were(browse, ana):
    answer = browse(ana).post("/cuenta/perfil/", {"first_name": "", "language": "en", "theme": "light"})

    assert 'lang="es"' in answer.content.decode()
    ana.refresh_from_db()
    assert (ana.first_name, ana.language) == ("Ana", "es")


def test_a_visitor_chooses_the_language_and_the_browsers_is_not_asked(browse):
    visitor = browse(headers={"accept-language": "en"})

    assert 'lang="es"' in visitor.get("/acceso/").content.decode()
    visitor.post("/idioma/", {"language": "en", "next": "/acceso/"})

    assert "Log in" in visitor.get("/acceso/").content.decode()


# --- invitations ---


def invited(boss, **company):
    User.objects.found_company(
        Company(name="Nueva", code="NUE", **company),
        by=boss,
        manager={"login": "eva", "email": "eva@nueva.example", "first_name": "Eva", "last_name": "Gil"},
    )
    return User.objects.get(login="eva")


def link(person):
    return reverse("account:invitation", args=[person.invitation_token()])


def test_the_link_of_the_invitation_opens_the_account_once(browse, boss):
    eva, visitor = invited(boss), browse()
    address = link(eva)

    assert visitor.get(address).status_code == 200
    visitor.post(address, {"password1": NEW, "password2": NEW})

    assert visitor.get(address).status_code == 410
    assert log_in(visitor, "eva", NEW).url == "/inicio/"


def test_reading_the_link_does_nothing(browse, boss):
    eva, visitor = invited(boss), browse()

    for _time in range(3):
        visitor.get(link(eva))

    eva.refresh_from_db()
    assert not eva.has_usable_password()


@pytest.mark.parametrize("token", ["x", "None", "a:b:c", "A" * 400, "%00", "WyIxIl0:1xUUZK:xxxx"])
def test_a_token_that_is_not_one_is_refused(browse, db, token):
    assert browse().get(f"/cuenta/invitacion/{token}/").status_code == 410


def test_the_link_dies_after_its_days_with_the_address_and_with_the_account(browse, boss, monkeypatch):
    eva, visitor = invited(boss), browse()
    address = link(eva)
    state = eva.invitation_state()

    with monkeypatch.context() as clock:
        clock.setattr("time.time", lambda: 0)
        old = signing.dumps([eva.pk, state], salt=INVITATION_SALT)
    assert visitor.get(reverse("account:invitation", args=[old])).status_code == 410
    eva.is_active = False
    eva.save(update_fields=["is_active"])
    assert visitor.get(address).status_code == 410


# --- the desk ---


def company_data(**changes):
    return {
        "name": "Bodegas Sur",
        "code": "SUR",
        "time_zone": "Europe/Madrid",
        "is_active": "on",
        "first_name": "Eva",
        "last_name": "Gil",
        "manager_email": "eva@sur.example",
        "login": "eva.gil",
    } | changes


@pytest.fixture
def office(db):
    person = StaffFactory(first_name="Olga")
    person.groups.add(Group.objects.get(name="Administración"))
    return person


def test_one_form_makes_the_company_and_its_first_manager(browse, office):
    answer = browse(office).post(reverse("admin:accounts_company_add"), company_data())

    assert answer.status_code == 302
    manager = Company.objects.get(code="SUR").people.get()
    assert (manager.login, manager.is_company_manager) == ("eva.gil", True)
    assert OutgoingMail.objects.get().kind == "invited"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"code": "sur"}, "code"),
        ({"login": "con espacio"}, "login"),
        ({"login": "ana"}, "login"),
        ({"manager_email": "no"}, "manager_email"),
        ({"manager_email": "ANA@IBA.example"}, "__all__"),
        ({"time_zone": "Marte/Olympus"}, "time_zone"),
        ({"first_name": ""}, "first_name"),
    ],
)
def test_a_mistake_in_the_company_form_makes_nothing(browse, office, ana, change, field):
    answer = browse(office).post(reverse("admin:accounts_company_add"), company_data(**change))

    assert answer.status_code == 200
    assert field in answer.context["adminform"].form.errors
    assert not Company.objects.filter(name="Bodegas Sur").exists()
    assert not OutgoingMail.objects.exists()


def test_a_company_is_changed_and_the_logbook_says_what(browse, office, ibarra):
    page = reverse("admin:accounts_company_change", args=[ibarra.pk])

    changes = {"name": "Ibarra, S.A.", "time_zone": "Atlantic/Canary", "phone": "945 000 000", "is_active": "on"}

    browse(office).post(page, changes | {"reason": "Lo pidió la empresa"})

    ibarra.refresh_from_db()
    assert (ibarra.name, ibarra.code, ibarra.phone) == ("Ibarra, S.A.", "IBA", "945 000 000")
    entry = ibarra.logbook.get()
    assert (entry.kind, entry.reason, entry.changes) == (
        "company_changed",
        "Lo pidió la empresa",
        {
            "name": ["Talleres Ibarra, S.L.", "Ibarra, S.A."],
            "time_zone": ["Europe/Madrid", "Atlantic/Canary"],
            "phone": [None, None],
        },
    )


def test_a_company_is_not_changed_without_a_reason(browse, office, ibarra):
    page = reverse("admin:accounts_company_change", args=[ibarra.pk])

    answer = browse(office).post(page, {"name": "Otra", "time_zone": "Europe/Madrid", "is_active": "on"})

    assert "reason" in answer.context["adminform"].form.errors
    ibarra.refresh_from_db()
    assert ibarra.name == "Talleres Ibarra, S.L."


def test_staff_read_a_customers_flags_and_cannot_set_them(browse, boss, ana):
    page = reverse("admin:accounts_user_change", args=[ana.pk])
    desk = browse(boss)

    assert 'name="can_see_company_tickets"' not in desk.get(page).content.decode()
    assert desk.post(page, {"can_see_company_tickets": "on", "first_name": "Otra"}).status_code == 403

    ana.refresh_from_db()
    assert (ana.can_see_company_tickets, ana.first_name) == (False, "Ana")


def test_a_new_person_of_support_gets_a_role_and_a_link(browse, boss):
    role = Group.objects.get(name="Agente")
    values = {
        "first_name": "Iván",
        "email": "ivan@soporte.example",
        "login": "ivan",
        "language": "es",
        "is_active": "on",
    }

    browse(boss).post(reverse("admin:accounts_user_add"), values | {"groups": [role.pk]})

    ivan = User.objects.get(login="ivan")
    assert (ivan.is_staff, ivan.company, list(ivan.groups.all())) == (True, None, [role])
    assert OutgoingMail.objects.get().kind == "invited"


def test_the_link_is_sent_again_from_the_persons_page(browse, office, ana):
    browse(office).post(reverse("admin:accounts_user_invite", args=[ana.pk]))

    assert OutgoingMail.objects.get().address == ana.email


def test_nobody_is_deleted(browse, boss, ana, ibarra):
    desk = browse(boss)

    for model, pk in (("user", ana.pk), ("company", ibarra.pk)):
        assert desk.post(reverse(f"admin:accounts_{model}_delete", args=[pk]), {"post": "yes"}).status_code == 403


FIRST_SUPERUSER = {"login": "raiz", "email": "raiz@soporte.example", "first_name": "Olga"}


def test_the_first_superuser_is_made_by_command(db, monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)

    call_command("createsuperuser", "--noinput", "--verbosity=0", **FIRST_SUPERUSER)

    assert User.objects.get(login="raiz").check_password(PASSWORD)


def test_the_command_for_the_first_superuser_keeps_the_password_rule(db, monkeypatch):
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "corta")

    with pytest.raises(CommandError, match="8"):
        call_command("createsuperuser", "--noinput", **FIRST_SUPERUSER)

    assert not User.objects.filter(login="raiz").exists()
