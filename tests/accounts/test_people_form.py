"""Creating and editing a contact: one form, one deed, everything or nothing."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import logins
from accounts.forms.people import ContactForm
from accounts.models import AuditEntry, User
from accounts.permissions import MAIL_MARKS, NEW_CONTACT_FLAGS, PERMISSIONS
from mail.models import OutgoingMail
from tests.factories import PASSWORD, CompanyFactory, UserFactory

pytestmark = pytest.mark.django_db

NEW = "/gestion/usuarios/nuevo/"
TYPED = "Primera-2027"


def page_of(person):
    return reverse("people:edit", args=[person.public_id])


def on(person):
    return {name for name in PERMISSIONS if getattr(person, name)}


def jon(**changes):
    """A new contact as the form sends it."""
    data = {
        "first_name": "Jon", "last_name": "Ibarra Etxeberria", "email": "jon@iba.example", "language": "es",
        "login": "", "password_choice": "link", "must_change": "on", **dict.fromkeys(NEW_CONTACT_FLAGS, "on"),
    }  # fmt: skip
    return {name: value for name, value in (data | changes).items() if value is not None}


def shown(browser, person, **changes):
    """The form of a person as it was opened, with `changes`; None leaves a switch off."""
    form = browser.get(page_of(person)).context["form"]
    data = {name: form[name].value() for name in form.fields}
    data |= changes
    return {name: value for name, value in data.items() if value not in (None, False)}


def logged_in(browse, person):
    """A fresh session: the password was just given."""
    browser = browse()
    browser.post("/acceso/", {"login": person.login, "password": PASSWORD})
    return browser


def errors_of(answer):
    return set(answer.context["form"].errors)


# --- creating ---


def test_a_login_is_not_asked_for_at_will(browse, bruno):
    """Beyond twenty names that were not free nothing is told of any name; what was typed stays (A77)."""
    manager, theirs = browse(bruno), UserFactory(company=CompanyFactory(), login="zoe.rival")
    for _time in range(3):
        manager.post(NEW, jon(login="libre", first_name=""))
    for name in ("soporte", theirs.login) * 10:
        assert "login" in errors_of(manager.post(NEW, jon(login=name)))

    answers = [manager.post(NEW, jon(login=name)) for name in (theirs.login, "soporte", "nadie.mas")]

    assert [answer.status_code for answer in answers] == [429] * 3
    assert len({str(answer.context["form"].errors["login"]) for answer in answers}) == 1
    assert 'value="nadie.mas"' in answers[-1].content.decode()


def test_whose_address_opens_an_account_is_not_asked_at_will(browse, bruno, carla):
    manager = browse(bruno)
    for number in range(20):
        assert "email" in errors_of(manager.post(NEW, jon(email=carla.email))), number

    answers = [manager.post(NEW, jon(email=email)) for email in (carla.email, "libre@iba.example")]

    assert [answer.status_code for answer in answers] == [429, 429]
    assert len({str(answer.context["form"].errors["email"]) for answer in answers}) == 1


def test_the_usual_new_contact_gets_the_usual_areas_and_a_link(browse, bruno, ibarra, mails):
    answer = browse(bruno).post(NEW, jon(), follow=True)

    person = User.objects.get(email="jon@iba.example")
    assert (person.company, person.login, on(person)) == (ibarra, "jon.ibarra", set(NEW_CONTACT_FLAGS))
    assert (person.has_usable_password(), person.is_staff) == (False, False)
    assert mails() == {("invited", "jon@iba.example")}
    text = answer.content.decode()
    assert "jon.ibarra" in text and "Jon Ibarra Etxeberria" in text
    kinds = set(AuditEntry.objects.filter(target_id=person.pk).values_list("kind", "actor_id"))
    assert kinds == {(kind, bruno.pk) for kind in ("person_created", "permissions_changed", "invitation_sent")}


def test_the_form_of_a_new_contact_begins_with_the_usual_areas(browse, bruno):
    form = browse(bruno).get(NEW).context["form"]

    assert {name for name in PERMISSIONS if form[name].value()} == set(NEW_CONTACT_FLAGS)
    assert form["password_choice"].value() == "link"
    assert form["must_change"].value() is True


def test_a_typed_password_opens_the_account_and_is_changed_first(browse, bruno, mails):
    browse(bruno).post(NEW, jon(password_choice="typed", password1=TYPED, password2=TYPED))

    browser = browse()
    assert browser.post("/acceso/", {"login": "jon.ibarra", "password": TYPED}).status_code == 302
    assert browser.get("/tickets/").url == "/cuenta/contrasena/"
    assert mails() == set()


def test_must_change_may_be_switched_off(browse, bruno):
    browse(bruno).post(NEW, jon(password_choice="typed", password1=TYPED, password2=TYPED, must_change=None))

    assert not User.objects.get(login="jon.ibarra").must_change_password


def test_that_a_colleague_has_the_same_address_is_said(browse, bruno, ana, carla):
    for email, said in ((ana.email, True), (carla.email, False)):
        answer = browse(bruno).post(NEW, jon(email=email, has_portal_access=None), follow=True)

        assert ("Ana Ruiz tiene la misma dirección" in answer.content.decode()) is said


def test_a_contact_without_access_has_marks_and_neither_login_nor_link(browse, bruno, mails):
    browse(bruno).post(NEW, jon(has_portal_access=None, receives_general_mail="on", is_technical_contact="on"))

    person = User.objects.get(email="jon@iba.example")
    assert on(person) == {"receives_general_mail", "is_technical_contact"}
    assert (person.login, person.access_until, mails()) == (None, None, set())


@pytest.mark.parametrize(
    ("password", "again", "field"),
    [
        ("corta1!", "corta1!", "password1"),
        ("x1!" * 11, "x1!" * 11, "password1"),
        ("12345678!", "12345678!", "password1"),
        ("abcdefgh!", "abcdefgh!", "password1"),
        ("abcdefgh1", "abcdefgh1", "password1"),
        ("", "", "password1"),
        ("x" * 4097, "x" * 4097, "password1"),
        (TYPED, TYPED + "x", "password2"),
        (TYPED, "", "password2"),
    ],
)
def test_a_password_that_breaks_a_rule_is_refused_at_its_field(browse, bruno, password, again, field):
    answer = browse(bruno).post(NEW, jon(password_choice="typed", password1=password, password2=again))

    assert field in errors_of(answer)
    assert not User.objects.filter(email="jon@iba.example").exists()
    assert password == "" or password not in answer.content.decode()
    assert answer.context["form"]["first_name"].value() == "Jon"


@pytest.mark.parametrize("password", ["Ocho-123", "ñandú-12€", "x" * 30 + "1-", "  dos es-1  ", "clave🙂12"])
def test_a_password_that_keeps_the_rule_is_taken_as_typed(browse, bruno, password):
    browse(bruno).post(NEW, jon(password_choice="typed", password1=password, password2=password))

    assert User.objects.get(login="jon.ibarra").check_password(password)


@pytest.mark.parametrize("taken", ["ana", "ANA", "carla", "root", "Soporte", "administración"])
def test_a_login_that_is_taken_or_reserved_is_refused_in_the_same_words_with_one_that_is_free(
    browse, bruno, ana, carla, taken
):
    answer = browse(bruno).post(NEW, jon(login=taken))

    assert answer.context["form"].errors["login"] == [
        "Este nombre de usuario no está disponible. Uno que sí lo está: jon.ibarra"
    ]
    assert answer.context["form"]["login"].value() == taken


@pytest.mark.parametrize("login", ["a b", "ab", "x" * 61, "a@b", "a/b", "\x00abc"])
def test_a_login_that_cannot_be_one_is_refused(browse, bruno, login):
    assert "login" in errors_of(browse(bruno).post(NEW, jon(login=login)))


def test_whoever_has_the_same_name_gets_the_next_number(browse, bruno, norte):
    UserFactory(company=norte, login="jon.ibarra")
    UserFactory(company=norte, login="jon.ibarra2")

    browse(bruno).post(NEW, jon())

    assert User.objects.get(email="jon@iba.example").login == "jon.ibarra3"


@pytest.mark.parametrize(
    ("first", "last", "email", "login"),
    [
        ("José María", "Núñez Gil", "", "jose.nunez"),
        ("Iñaki", "", "", "inaki"),
        ("X", "", "equipo@iba.example", "equipo"),
        ("-", "-", "a@iba.example", "usuario"),
        ("Ana", "O'Neil", "", "ana.oneil"),
        ("Soporte", "", "", "soporte"),
    ],
)
def test_a_name_makes_a_login(first, last, email, login):
    assert logins.base(first, last, email) == login


def test_a_reserved_name_is_never_made(db):
    assert logins.free("Soporte", "") == "soporte2"


@pytest.mark.parametrize("address", ["ana", "carla", "agent"])
def test_an_address_with_which_somebody_logs_in_is_refused_at_its_field(browse, bruno, address, request):
    email = request.getfixturevalue(address).email

    answer = browse(bruno).post(NEW, jon(email=email.upper()))

    assert answer.context["form"].errors["email"] == ["Otra persona ya entra con este correo electrónico."]


def test_an_address_may_be_shared_by_contacts_without_access(browse, bruno, ana):
    browse(bruno).post(NEW, jon(email=ana.email, has_portal_access=None))

    assert User.objects.filter(email=ana.email).count() == 2


@pytest.mark.parametrize("days", [-1, -400])
def test_the_last_day_is_not_in_the_past(browse, bruno, days):
    day = (timezone.localdate() + timedelta(days=days)).isoformat()

    assert errors_of(browse(bruno).post(NEW, jon(access_until=day))) == {"access_until"}


def test_the_last_day_is_kept(browse, bruno):
    day = timezone.localdate() + timedelta(days=30)

    browse(bruno).post(NEW, jon(access_until=day.isoformat()))

    assert User.objects.get(login="jon.ibarra").access_until == day


def test_a_child_without_its_parent_is_off_and_that_is_said(browse, bruno):
    answer = browse(bruno).post(NEW, jon(can_book_training="on", can_use_training=None), follow=True)

    assert not User.objects.get(login="jon.ibarra").can_book_training
    assert "«reservar formación»" in answer.content.decode()


# --- only what the form declares ---


def test_nothing_changes_that_the_form_does_not_show(browse, bruno, ana, norte):
    extra = {
        "is_staff": "on", "is_superuser": "on", "company": norte.pk, "company_id": norte.pk, "password": "x",
        "is_active": "", "groups": "1", "unread_from": "2000-01-01", "public_id": "x", "theme": "dark", "pk": "1",
        "session_nonce": "x", "declines_general_mail": "on", "erased_at": "2000-01-01", "hours": "9", "unknown": "on",
    }  # fmt: skip
    browser = browse(bruno)
    before = User.objects.filter(pk=ana.pk).values().get()

    browser.post(page_of(ana), shown(browser, ana, phone="600") | extra)
    browser.post(NEW, jon() | extra)

    assert User.objects.filter(pk=ana.pk).values().get() == before | {"phone": "600"}
    made = User.objects.get(login="jon.ibarra")
    assert (made.is_staff, made.is_superuser, made.company, made.is_active, made.theme) == (
        False, False, bruno.company, True, "auto",
    )  # fmt: skip


FIELDS = ("first_name", "email", "login", "language", "access_until", "password_choice", "shown", "has_portal_access")
HOSTILE = ("\x00", "x" * 10_000, ["a", "b"], "None", "=1+1", "<script>alert(1)</script>", "\u202egpj")


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("value", HOSTILE, ids=ascii)
def test_hostile_values_are_refused_in_words_or_kept_as_text(browse, bruno, field, value):
    answer = browse(bruno).post(NEW, jon(**{field: value}))

    assert answer.status_code in (200, 302)
    assert "<script>alert" not in answer.content.decode()


@pytest.mark.parametrize("public_id", ["nadie", "x" * 300, "None", "0", "1"])
def test_who_is_not_of_the_company_is_not_there(browse, bruno, carla, agent, public_id):
    for wanted in (public_id, carla.public_id, agent.public_id):
        for method in ("get", "post"):
            assert getattr(browse(bruno), method)(f"/gestion/usuarios/{wanted}/", jon()).status_code == 404
    carla.refresh_from_db()
    assert carla.first_name == "Carla"


# --- editing ---


def test_an_edit_changes_what_was_changed_and_the_logbook_says_what(browse, bruno, ana):
    browser = browse(bruno)

    browser.post(page_of(ana), shown(browser, ana, phone="600 123", can_use_webinars="on", receives_general_mail="on"))

    ana.refresh_from_db()
    assert (ana.phone, ana.can_use_webinars, ana.receives_general_mail) == ("600 123", True, True)
    data, flags = AuditEntry.objects.filter(target_id=ana.pk).order_by("kind")[::-1]
    assert (data.kind, data.changes) == ("person_changed", {"phone": [None, None]})
    assert flags.changes == {"can_use_webinars": [False, True], "receives_general_mail": [False, True]}


def test_saving_without_a_change_writes_nothing(browse, bruno, ana, mails):
    browser = browse(bruno)
    before = User.objects.filter(pk=ana.pk).values().get()

    assert browser.post(page_of(ana), shown(browser, ana)).status_code == 302

    assert User.objects.filter(pk=ana.pk).values().get() == before
    assert (AuditEntry.objects.count(), mails()) == (0, set())


def test_the_two_edits_of_two_managers_are_both_kept(browse, bruno, ana, diego):
    eva = UserFactory(company=bruno.company, is_company_manager=True)
    first, second = browse(bruno), browse(eva)
    one, other = shown(first, ana, can_use_training="on", phone="1"), shown(second, ana, last_name="Gil")

    first.post(page_of(ana), one)
    second.post(page_of(ana), other)

    ana.refresh_from_db()
    assert (ana.can_use_training, ana.phone, ana.last_name) == (True, "1", "Gil")


@pytest.mark.parametrize("said", ["", "x", "x:y:z"])
def test_a_form_that_does_not_say_what_it_showed_counts_from_now(browse, bruno, ana, said):
    browser = browse(bruno)

    browser.post(page_of(ana), shown(browser, ana, phone="1") | {"shown": said})

    ana.refresh_from_db()
    assert (ana.phone, AuditEntry.objects.get().changes) == ("1", {"phone": [None, None]})


def test_what_was_shown_of_another_person_does_not_count(browse, bruno, ana, diego):
    browser = browse(bruno)
    data = shown(browser, ana, can_use_webinars="on")

    browser.post(page_of(ana), data | {"shown": shown(browser, diego)["shown"]})

    ana.refresh_from_db()
    assert ana.can_use_webinars


def test_a_given_password_ends_the_sessions_of_before(browse, bruno, ana):
    theirs, browser = browse(ana), browse(bruno)

    browser.post(page_of(ana), shown(browser, ana, password_choice="typed", password1=TYPED, password2=TYPED))

    assert theirs.get("/inicio/").status_code == 302
    ana.refresh_from_db()
    assert ana.check_password(TYPED) and ana.must_change_password


def test_the_link_is_sent_again(browse, bruno, ana, mails):
    browser = browse(bruno)

    browser.post(page_of(ana), shown(browser, ana, password_choice="link"))

    assert mails() == {("invited", ana.email)}


def test_a_new_login_or_address_kills_the_links_of_before(browse, bruno, ana):
    for change in ({"login": "ana.ruiz"}, {"email": "ana.ruiz@iba.example"}):
        ana.refresh_from_db()
        link = f"/cuenta/invitacion/{ana.invitation_token()}/"
        browser = browse(bruno)
        browser.post(page_of(ana), shown(browser, ana, **change))

        assert browse().get(link).status_code == 410


def test_the_next_click_of_a_person_feels_what_was_taken(browse, bruno, ana):
    theirs, browser = browse(ana), browse(bruno)
    assert theirs.get("/tickets/").status_code == 200

    browser.post(page_of(ana), shown(browser, ana, can_use_tickets=None))
    assert theirs.get("/tickets/").status_code == 403

    browser.post(page_of(ana), shown(browser, ana, has_portal_access=None))
    assert theirs.get("/inicio/").status_code == 302


def test_an_access_that_comes_back_does_not_bring_the_old_session_back(browse, bruno, ana):
    theirs, browser = browse(ana), browse(bruno)
    link = f"/cuenta/invitacion/{ana.invitation_token()}/"

    browser.post(page_of(ana), shown(browser, ana, has_portal_access=None))
    browser.post(page_of(ana), shown(browser, ana, has_portal_access="on"))

    ana.refresh_from_db()
    assert ana.has_portal_access
    assert theirs.get("/inicio/").status_code == 302
    assert browse().get(link).status_code == 410


def test_withdrawing_the_access_takes_every_area_and_leaves_the_marks(browse, bruno, ana):
    User.objects.filter(pk=ana.pk).update(receives_general_mail=True, access_until=timezone.localdate())
    browser = browse(bruno)

    browser.post(page_of(ana), shown(browser, ana, has_portal_access=None))

    ana.refresh_from_db()
    assert on(ana) == {"receives_general_mail"}
    assert (ana.login, ana.access_until) == ("ana", None)


def test_the_usual_areas_wait_for_a_contact_who_gets_access_and_come_to_nobody_else(browse, bruno, ibarra, mails):
    flags = {"has_portal_access": False, "can_use_tickets": False}
    contact = UserFactory(company=ibarra, first_name="Eva", login=None, email="eva@x.example", password=None, **flags)
    browser = browse(bruno)

    browser.post(page_of(contact), shown(browser, contact, phone="1"))
    contact.refresh_from_db()
    assert on(contact) == set()

    browser.post(page_of(contact), shown(browser, contact, has_portal_access="on"))
    contact.refresh_from_db()
    assert (on(contact), contact.login) == (set(NEW_CONTACT_FLAGS), "eva.prueba")
    assert mails() == {("invited", "eva@x.example")}


# --- the last manager ---


@pytest.mark.parametrize("switch", ["is_company_manager", "has_portal_access"])
def test_the_last_manager_stays_with_an_error_at_the_switch_and_everything_typed(browse, bruno, switch):
    browser = browse(bruno)
    before = User.objects.filter(pk=bruno.pk).values().get()

    answer = browser.post(page_of(bruno), shown(browser, bruno, phone="600", last_name="Otro", **{switch: None}))

    assert errors_of(answer) == {switch}
    assert answer.context["form"]["phone"].value() == "600"
    assert answer.context["name"] == "Bruno Etxeberria"
    assert User.objects.filter(pk=bruno.pk).values().get() == before
    assert not AuditEntry.objects.exists()


def test_the_access_of_the_only_manager_has_no_last_day(browse, bruno):
    browser = browse(bruno)
    day = (timezone.localdate() + timedelta(days=9)).isoformat()

    assert errors_of(browser.post(page_of(bruno), shown(browser, bruno, access_until=day))) == {"access_until"}

    UserFactory(company=bruno.company, is_company_manager=True)
    assert browser.post(page_of(bruno), shown(browser, bruno, access_until=day)).status_code == 302


def test_a_manager_for_good_does_not_leave_it_to_one_whose_access_ends(browse, bruno, ibarra):
    UserFactory(company=ibarra, is_company_manager=True, access_until=timezone.localdate() + timedelta(days=9))
    browser = browse(bruno)

    assert errors_of(browser.post(page_of(bruno), shown(browser, bruno, is_company_manager=None))) == {
        "is_company_manager"
    }


def test_who_steps_down_lands_where_they_still_may_be(browse, bruno, ibarra):
    UserFactory(company=ibarra, is_company_manager=True)
    browser = browse(bruno)

    answer = browser.post(page_of(bruno), shown(browser, bruno, is_company_manager=None), follow=True)

    assert answer.redirect_chain == [("/gestion/", 302)]
    assert browser.get("/gestion/usuarios/").status_code == 403


# --- appointing a manager asks who is there ---


def test_a_manager_is_not_appointed_without_ones_password_and_nothing_typed_is_lost(browse, bruno, ana):
    browser = browse(bruno)

    answer = browser.post(page_of(ana), shown(browser, ana, is_company_manager="on", phone="600"))

    assert errors_of(answer) == {"own_password"}
    assert answer.context["form"]["phone"].value() == "600"
    ana.refresh_from_db()
    assert (ana.is_company_manager, ana.phone) == (False, "")


def test_a_wrong_password_appoints_nobody_and_is_in_the_logbook(browse, bruno, ana):
    browser = browse(bruno)

    answer = browser.post(page_of(ana), shown(browser, ana, is_company_manager="on", own_password="Otra-2027"))

    assert errors_of(answer) == {"own_password"}
    assert AuditEntry.objects.get().kind == "login_refused"
    assert "Otra-2027" not in answer.content.decode()


def test_with_ones_password_a_manager_is_appointed(browse, bruno, ana):
    browser = browse(bruno)

    browser.post(page_of(ana), shown(browser, ana, is_company_manager="on", own_password=PASSWORD))

    ana.refresh_from_db()
    assert ana.is_company_manager


def test_a_fresh_session_is_not_asked_again(browse, bruno, ana):
    browser = logged_in(browse, bruno)

    assert not browser.get(page_of(ana)).context["form"].asks_own_password()
    browser.post(page_of(ana), shown(browser, ana, is_company_manager="on"))

    ana.refresh_from_db()
    assert ana.is_company_manager


def test_a_new_manager_asks_it_too(browse, bruno):
    assert errors_of(browse(bruno).post(NEW, jon(is_company_manager="on"))) == {"own_password"}
    assert not User.objects.filter(email="jon@iba.example").exists()


# --- how another manager logs in, and one oneself ---


@pytest.mark.parametrize(
    "change",
    [
        {"email": "otra@iba.example"},
        {"login": "otra.persona"},
        {"password_choice": "typed", "password1": TYPED, "password2": TYPED},
    ],
)
def test_another_managers_way_in_is_changed_with_ones_password_alone(browse, bruno, ibarra, change):
    nerea = UserFactory(company=ibarra, is_company_manager=True)
    browser = browse(bruno)

    assert errors_of(browser.post(page_of(nerea), shown(browser, nerea, **change))) == {"own_password"}
    answer = browser.post(page_of(nerea), shown(browser, nerea, own_password=PASSWORD, **change))

    assert answer.status_code == 302


def test_what_is_harmless_asks_no_password(browse, bruno, ibarra):
    nerea = UserFactory(company=ibarra, is_company_manager=True)
    browser = browse(bruno)

    assert browser.post(page_of(nerea), shown(browser, nerea, phone="600")).status_code == 302


def test_ones_own_address_is_not_changed_here(browse, bruno):
    browser = logged_in(browse, bruno)

    browser.post(page_of(bruno), shown(browser, bruno, email="otra@iba.example", phone="600"))

    before = bruno.email
    bruno.refresh_from_db()
    assert (bruno.email, bruno.phone) == (before, "600")


def test_whose_address_or_password_becomes_another_hears_of_it(browse, bruno, ana, mails):
    before = ana.email
    browser = browse(bruno)
    browser.post(page_of(ana), shown(browser, ana, email="nueva@iba.example"))
    browser.post(page_of(ana), shown(browser, ana, password_choice="typed", password1=TYPED, password2=TYPED))

    assert mails() == {("email_changed", before), ("password_given", "nueva@iba.example")}


# --- copying ---


def test_permissions_are_copied_from_a_colleague_without_the_profile(browse, bruno, ana, diego):
    User.objects.filter(pk=ana.pk).update(can_use_training=True, receives_licence_files=True, is_technical_contact=True)

    form = browse(bruno).get(page_of(diego), {"como": ana.public_id}).context["form"]

    assert {name for name in PERMISSIONS if form[name].value()} == {
        "has_portal_access", "can_use_tickets", "can_use_training", "receives_licence_files",
    }  # fmt: skip


def test_whether_somebody_manages_the_users_is_not_copied(browse, bruno, diego, ibarra):
    manager = UserFactory(company=ibarra, is_company_manager=True)
    browser = browse(bruno)

    from_manager = browser.get(page_of(diego), {"como": bruno.public_id}).context["form"]
    to_manager = browser.get(page_of(manager), {"como": diego.public_id}).context["form"]

    assert (from_manager["can_see_company_tickets"].value(), from_manager["is_company_manager"].value()) == (
        True,
        False,
    )
    assert to_manager["is_company_manager"].value() is True


def test_nobody_is_copied_into_themselves(browse, bruno, ana, diego):
    offered = browse(bruno).get(page_of(ana)).context["colleagues"]

    assert offered == [bruno, diego]


@pytest.mark.parametrize("who", ["carla", "agent"])
def test_nothing_is_copied_from_outside_the_company(browse, bruno, who, request):
    stranger = request.getfixturevalue(who)

    form = browse(bruno).get(NEW, {"como": stranger.public_id}).context["form"]

    assert {name for name in PERMISSIONS if form[name].value()} == set(NEW_CONTACT_FLAGS)


# --- the rest ---


def test_a_deactivated_person_comes_back(browse, bruno, ana):
    ana.deactivate(by=bruno)
    browser = browse(bruno)

    assert "Reactivar" in browser.get(page_of(ana)).content.decode()
    browser.post(reverse("people:reactivate", args=[ana.public_id]))

    ana.refresh_from_db()
    assert ana.is_active
    assert AuditEntry.objects.filter(kind="person_reactivated", target_id=ana.pk).count() == 1


def test_ones_own_password_is_not_given_here(browse, bruno):
    browser = browse(bruno)

    browser.post(page_of(bruno), shown(browser, bruno, password_choice="typed", password1=TYPED, password2=TYPED))

    bruno.refresh_from_db()
    assert bruno.check_password(PASSWORD)


def test_somebody_who_was_quicker_is_an_error_at_the_field(browse, bruno, ana, monkeypatch):
    """The check found the login free, and the next moment it was not."""
    monkeypatch.setattr(logins, "free", lambda *names, **more: "ana")

    answer = browse(bruno).post(NEW, jon())

    assert errors_of(answer) == {"login"}
    assert not User.objects.filter(email="jon@iba.example").exists()


def test_the_manager_reads_who_declined_general_mail(browse, bruno, ana):
    User.objects.filter(pk=ana.pk).update(declines_general_mail=True)

    assert "ha pedido no recibirlos" in browse(bruno).get(page_of(ana)).content.decode()


def test_the_form_costs_the_same_with_few_colleagues_and_with_thirty(browse, bruno, ana, ibarra):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            browse(bruno).get(page_of(ana))
        return len(queries)

    with_few = cost()
    for _person in range(30):
        UserFactory(company=ibarra)

    assert cost() == with_few


def test_every_switch_says_what_it_does(browse, bruno, ana):
    page = browse(bruno).get(page_of(ana)).content.decode()

    for name in PERMISSIONS:
        described = re.search(rf'<input[^>]*name="{name}"[^>]*aria-describedby="([^" ]+)', page)
        assert described and f'id="{described[1]}"' in page, name


def test_the_mail_marks_are_those_of_the_table(browse, bruno):
    form = browse(bruno).get(NEW).context["form"]

    assert isinstance(form, ContactForm)
    assert [field.name for field in form.mails()] == list(MAIL_MARKS)
    assert OutgoingMail.objects.count() == 0
