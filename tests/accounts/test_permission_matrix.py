"""Gestión › Permisos: changed in bulk, read before it is saved, undone with one click (A22, A24, S0-9, S0-117)."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation

from accounts.differences import LOST_WITH, difference
from accounts.forms.permissions import field_of
from accounts.models import AuditEntry, User
from accounts.models.logbook import MOST_UNDONE
from accounts.models.refusals import CannotHaveAccess, CannotUndo, LastManager
from accounts.permissions import PARENTS, PERMISSIONS
from tests.accounts.matrix import MATRIX, Matrix, confirm, said, undo, words_of
from tests.factories import PASSWORD, CompanyFactory, UserFactory
from tests.walls.forms import log_in

pytestmark = pytest.mark.django_db

NONE = dict.fromkeys(PERMISSIONS, False)


def flags(person) -> set[str]:
    row = User.objects.get(pk=person.pk)
    return {name for name in PERMISSIONS if getattr(row, name)}


def contact(company, **data):
    """Somebody without login name."""
    return UserFactory(company=company, **(NONE | {"login": None, "email": "contacto@iba.example"} | data))


# --- the page ---


def test_every_active_contact_has_a_box_for_every_permission(browse, bruno, ana, carla, ibarra):
    UserFactory(company=ibarra, is_active=False)
    elena = contact(ibarra, first_name="Elena")

    page = browse(bruno).get(MATRIX)

    assert [row["person"] for row in page.context["rows"]] == [ana, bruno, elena]
    text = page.content.decode()
    assert text.count('type="checkbox"') == 3 * len(PERMISSIONS)
    assert 'aria-label="Ana Ruiz: tickets" checked' in text
    assert 'aria-label="Ana Ruiz: descargas">' in text


def test_whoever_has_no_user_name_cannot_be_given_access_here(browse, bruno, ibarra):
    elena = contact(ibarra, first_name="Elena", last_name="")
    client = browse(bruno)

    text = client.get(MATRIX).content.decode()
    answer = Matrix(client).tick(elena, "has_portal_access", "can_use_tickets").review()

    assert 'aria-label="Elena: acceso al portal" disabled' in text
    assert f'href="/gestion/usuarios/{elena.public_id}/"' in text
    assert answer.context["may_be_confirmed"] is False
    assert "tickets no se da sin acceso al portal" in answer.content.decode().lower()


def test_it_is_for_managers_only(browse, ana, agent):
    for person in (ana, agent):
        assert browse(person).get(MATRIX).status_code == 403
    assert browse().get(MATRIX).status_code == 302


@pytest.mark.parametrize("typed", ["ruiz", "RUÍZ", "ana ru", "ana@iba", "  Ana  ", "rui an"])
def test_people_are_found_by_the_beginnings_of_their_names(browse, bruno, ana, diego, typed):
    page = browse(bruno).get(MATRIX, {"q": typed})

    assert [row["person"] for row in page.context["rows"]] == [ana]


def test_accents_hide_nobody(browse, bruno, ibarra):
    inaki = UserFactory(company=ibarra, first_name="Iñaki", last_name="Muñoz-Peláez")

    for typed in ("inaki", "pelaez", "MUÑOZ"):
        assert [row["person"] for row in browse(bruno).get(MATRIX, {"q": typed}).context["rows"]] == [inaki]


def test_nobody_found_says_what_to_do_next(browse, bruno):
    assert "Pruebe con otra parte del nombre" in browse(bruno).get(MATRIX, {"q": "zzz"}).content.decode()


def test_large_companies_have_pages_and_a_change_is_of_the_page_that_is_shown(browse, bruno, ibarra):
    people = [UserFactory(company=ibarra, first_name=f"Zoe{number:02}") for number in range(40)]
    client = browse(bruno)
    first = client.get(MATRIX)
    second = Matrix(client, pagina=first.context["page"].next)

    second.tick(people[-1], "can_use_downloads").confirm()

    assert len(first.context["rows"]) == 30
    assert flags(people[-1]) == {"has_portal_access", "can_use_tickets", "can_use_downloads"}
    assert AuditEntry.objects.filter(kind="permissions_changed").count() == 1


def test_the_page_costs_the_same_for_one_person_and_for_thirty(browse, bruno, ibarra):
    client = browse(bruno)
    client.get(MATRIX)

    def cost():
        with CaptureQueriesContext(connection) as queries:
            assert client.get(MATRIX).status_code == 200
        return len(queries)

    bruno.set_permissions(by=None, changes={"can_use_downloads": True})
    with_one = cost()
    for number in range(29):
        person = UserFactory(company=ibarra, access_until=timezone.localdate())
        person.set_permissions(by=bruno, changes={"can_use_downloads": bool(number % 2), "can_use_webinars": True})

    assert cost() == with_one <= 8


# --- what would change, in words ---


@pytest.mark.parametrize(
    ("before", "wishes", "words"),
    [
        ([], {"can_use_downloads": True}, "gana descargas"),
        (["can_use_training", "can_book_training"], {"can_use_training": False, "can_use_downloads": True},
         "gana descargas; pierde formación y, con ella, reservar formación"),
        (["can_use_training", "can_book_training"], {"can_book_training": False}, "pierde reservar formación"),
        (["can_see_company_tickets", "can_accept_quotes", "can_use_webinars"],
         {"can_use_tickets": False, "can_use_webinars": False},
         "pierde webinars; pierde tickets y, con ellos, tickets de toda la empresa y aceptar presupuestos"),
        (["can_see_company_tickets", "receives_general_mail"], {"has_portal_access": False},
         "pierde acceso al portal y, con él, tickets y tickets de toda la empresa"),
        ([], {"can_use_invoices": True, "can_use_contracts": True, "can_use_webinars": True},
         "gana webinars, servicios y renovaciones y facturas"),
    ],
)  # fmt: skip
def test_a_difference_is_said_in_words(ibarra, before, wishes, words):
    person = UserFactory(company=ibarra, **dict.fromkeys(before, True))

    with translation.override("es"):
        assert difference(person, wishes).words == words


def test_every_parent_has_words_for_what_is_lost_with_it():
    assert LOST_WITH.keys() == set(PARENTS.values())


def test_the_differences_are_shown_and_nothing_is_saved(browse, bruno, ana, diego):
    page = Matrix(browse(bruno)).tick(ana, "can_use_downloads").clear(diego, "can_use_tickets").review()

    assert words_of(page) == ["Ana Ruiz: gana descargas", "Diego Sanz: pierde tickets"]
    assert "Todavía no se ha guardado nada" in page.content.decode()
    assert flags(ana) == flags(diego) == {"has_portal_access", "can_use_tickets"}
    assert not AuditEntry.objects.filter(kind="permissions_changed").exists()


def test_what_is_confirmed_is_one_deed_with_a_line_for_each_person(browse, bruno, ana, diego, ibarra):
    answer = Matrix(browse(bruno)).tick(ana, "can_use_downloads").clear(diego, "can_use_tickets").confirm()

    assert answer.status_code == 302
    assert flags(ana) == {"has_portal_access", "can_use_tickets", "can_use_downloads"}
    assert flags(diego) == {"has_portal_access"}
    lines = AuditEntry.objects.filter(kind="permissions_changed").order_by("target_id")
    assert [(line.actor_id, line.target_id, line.company, line.changes) for line in lines] == [
        (bruno.pk, ana.pk, ibarra, {"can_use_downloads": [False, True]}),
        (bruno.pk, diego.pk, ibarra, {"can_use_tickets": [True, False]}),
    ]
    assert len({line.batch for line in lines}) == 1


def test_a_child_whose_parent_is_off_is_not_given_and_that_is_said(browse, bruno, ana):
    page = Matrix(browse(bruno)).tick(ana, "can_book_training", "can_use_webinars").review()

    assert words_of(page) == ["Ana Ruiz: gana webinars"]
    assert "Reservar formación no se da sin formación." in page.content.decode()


def test_nothing_ticked_is_nothing_to_confirm(browse, bruno, ana):
    answer = browse(bruno)
    answer = answer.post(reverse("permissions:review"), Matrix(answer).data, follow=True)

    assert answer.redirect_chain == [(MATRIX, 302)]
    assert "No había nada que cambiar" in said(answer)


def test_one_comes_back_to_the_page_and_the_search_from_which_one_came(browse, bruno, ana):
    client = browse(bruno)
    page = client.post(reverse("permissions:review") + "?q=ana", Matrix(client).tick(ana, "can_use_webinars").data)
    confirmed = {"confirmed": page.context["form"]["confirmed"].value()}

    assert f'action="{reverse("permissions:apply")}?q=ana"' in page.content.decode()
    assert client.post(reverse("permissions:apply") + "?q=ana", confirmed).url == f"{MATRIX}?q=ana"


# --- appointing and dismissing managers ---


def test_appointing_a_manager_is_warned_of_and_asks_for_the_password(browse, bruno, ana):
    client = browse(bruno)
    page = Matrix(client).tick(ana, "is_company_manager").review()
    assert "<strong>Ana Ruiz</strong> pasa a ser gestor" in page.content.decode()

    for password, reason in {"": "Su contraseña", "otra": "no es su contraseña"}.items():
        asked = confirm(client, page, password=password)
        assert reason in asked.content.decode()
        assert "is_company_manager" not in flags(ana)

    assert confirm(client, page, password=PASSWORD).status_code == 302
    assert "is_company_manager" in flags(ana)


def test_whoever_has_just_logged_in_is_not_asked_again(browse, bruno, ana):
    client = browse()
    log_in(client, bruno.login)

    page = Matrix(client).tick(ana, "is_company_manager").review()

    assert 'type="password"' not in page.content.decode()
    assert confirm(client, page).status_code == 302
    assert "is_company_manager" in flags(ana)


def test_a_password_that_nobody_could_have_is_an_error_at_its_field(browse, bruno, ana):
    client = browse(bruno)
    page = Matrix(client).tick(ana, "is_company_manager").review()

    asked = confirm(client, page, password="x" * 10_000)

    assert asked.status_code == 200
    assert "password" in asked.context["form"].errors
    assert "is_company_manager" not in flags(ana)


def test_the_last_manager_stays_and_nothing_else_is_saved(browse, bruno, ana):
    client = browse(bruno)
    page = Matrix(client).clear(bruno, "is_company_manager").tick(ana, "can_use_webinars").review()
    assert "Dejará de gestionar los usuarios" in page.content.decode()

    answer = confirm(client, page)

    assert "Nombre antes a otro" in answer.content.decode()
    assert "is_company_manager" in flags(bruno)
    assert "can_use_webinars" not in flags(ana)


@pytest.mark.parametrize("lost", ["is_company_manager", "has_portal_access"])
def test_a_change_that_leaves_nobody_to_manage_cannot_be_confirmed(browse, bruno, ana, lost):
    page = Matrix(browse(bruno)).clear(bruno, lost).review().content.decode()

    assert "Nombre antes a otro" in page
    assert "Confirmar y guardar" not in page


def test_a_manager_may_go_when_another_comes_in_the_same_change(browse, bruno, ana):
    client = browse(bruno)

    page = Matrix(client).clear(bruno, "is_company_manager").tick(ana, "is_company_manager").review().content.decode()

    assert "Nombre antes a otro" not in page
    assert "Confirmar y guardar" in page


def test_a_manager_for_a_time_does_not_stand_in_for_one_for_good(browse, bruno, ana):
    User.objects.filter(pk=ana.pk).update(access_until=timezone.localdate() + timedelta(days=9))

    page = Matrix(browse(bruno)).clear(bruno, "is_company_manager").tick(ana, "is_company_manager").review()

    assert "Confirmar y guardar" not in page.content.decode()


def test_whoever_stops_being_a_manager_lands_where_they_still_may_be(browse, bruno, ibarra):
    UserFactory(company=ibarra, is_company_manager=True)

    answer = Matrix(browse(bruno)).clear(bruno, "is_company_manager").confirm()

    assert answer.url == reverse("management:index")
    assert browse(bruno).get(MATRIX).status_code == 403


# --- while somebody else changes permissions too ---


def test_what_somebody_else_changed_meanwhile_was_not_changed_here(browse, bruno, ana):
    matrix = Matrix(browse(bruno)).tick(ana, "can_use_downloads")
    ana.set_permissions(by=bruno, changes={"can_use_training": True})

    page = matrix.review()

    assert words_of(page) == ["Ana Ruiz: gana descargas"]
    confirm(matrix.client, page)
    assert {"can_use_downloads", "can_use_training"} <= flags(ana)


def test_edits_of_different_flags_are_both_kept(browse, bruno, ana):
    one, other = (Matrix(browse(bruno)) for _manager in range(2))
    pages = [one.tick(ana, "can_use_downloads").review(), other.tick(ana, "can_use_webinars").review()]

    answers = [confirm(browse(bruno), page).status_code for page in pages]

    assert answers == [302, 302]
    assert {"can_use_downloads", "can_use_webinars"} <= flags(ana)


def test_the_same_flag_changed_meanwhile_is_a_conflict_that_names_it(browse, bruno, ana):
    client = browse(bruno)
    page = Matrix(client).tick(ana, "can_use_downloads", "can_use_webinars").review()
    ana.set_permissions(by=bruno, changes={"can_use_downloads": True})

    answer = confirm(client, page)

    assert answer.status_code == 409
    assert "Ana Ruiz, cambiado mientras tanto: descargas" in answer.content.decode()
    assert words_of(answer) == ["Ana Ruiz: gana webinars"]
    assert "can_use_webinars" not in flags(ana)
    assert confirm(client, answer).status_code == 302
    assert "can_use_webinars" in flags(ana)


def test_more_than_was_confirmed_is_never_changed(browse, bruno, ana):
    """Ana was given a flag meanwhile that would go with the one that she loses."""
    client = browse(bruno)
    page = Matrix(client).clear(ana, "can_use_tickets").review()
    ana.set_permissions(by=bruno, changes={"can_accept_quotes": True})

    answer = confirm(client, page)

    assert answer.status_code == 409
    assert words_of(answer) == ["Ana Ruiz: pierde tickets y, con ellos, aceptar presupuestos"]
    assert {"can_use_tickets", "can_accept_quotes"} <= flags(ana)


def test_a_child_whose_parent_went_meanwhile_is_not_given(browse, bruno, ana):
    ana.set_permissions(by=bruno, changes={"can_use_training": True})
    client = browse(bruno)
    page = Matrix(client).tick(ana, "can_book_training").review()
    ana.set_permissions(by=bruno, changes={"can_use_training": False})

    answer = confirm(client, page)

    assert answer.status_code == 302
    assert not flags(ana) & {"can_use_training", "can_book_training"}


def test_somebody_deactivated_meanwhile_is_a_conflict(browse, bruno, ana, diego):
    client = browse(bruno)
    page = Matrix(client).tick(ana, "can_use_downloads").tick(diego, "can_use_downloads").review()
    diego.deactivate(by=bruno)

    answer = confirm(client, page)

    assert answer.status_code == 409
    assert words_of(answer) == ["Ana Ruiz: gana descargas"]
    assert "can_use_downloads" not in flags(ana) | flags(diego)


def test_the_same_confirmation_sent_twice_changes_nothing_more(browse, bruno, ana):
    client = browse(bruno)
    page = Matrix(client).tick(ana, "can_use_downloads").review()

    answers = [confirm(client, page).status_code for _time in range(2)]

    assert answers == [302, 302]
    assert AuditEntry.objects.filter(kind="permissions_changed").count() == 1


# --- what no form of ours asked for ---


def test_nobody_of_another_company_can_be_named(browse, bruno, carla, agent):
    client = browse(bruno)
    matrix = Matrix(client)
    for stranger in (carla, agent):
        matrix.data[field_of(stranger)] = ["can_use_downloads"]
    theirs = Matrix(browse(carla)).tick(carla, "can_use_downloads")

    assert matrix.review().status_code == 302
    page = client.post(reverse("permissions:review"), theirs.data, follow=True)
    stolen = {"confirmed": theirs.review().context["form"]["confirmed"].value()}

    assert "ya no es un contacto activo" in said(page)
    assert client.post(reverse("permissions:apply"), stolen).status_code == 302
    assert "can_use_downloads" not in flags(carla) | flags(agent)


def test_only_permissions_can_be_ticked(browse, bruno, ana):
    matrix = Matrix(browse(bruno)).tick(ana, "is_staff", "is_superuser", "company", "can_use_webinars", "\x00")

    page = matrix.tick(ana, "password" * 2_000).review()

    assert words_of(page) == ["Ana Ruiz: gana webinars"]


HOSTILE = ["", "x", "\x00", "a:b:c", "🙂" * 50, "x" * 60_000, "{}", "null"]


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: f"{value[:8]!a}")
@pytest.mark.parametrize(("page", "field"), [("review", "shown"), ("apply", "confirmed"), ("undo", "batch")])
def test_nonsense_is_refused_in_words(browse, bruno, ana, page, field, value):
    client = browse(bruno)

    for data in ({field: value}, {field: [value, value]}, {field: value, field_of(ana): ["can_use_webinars"]}, {}):
        answer = client.post(reverse(f"permissions:{page}"), data, follow=True)
        assert answer.redirect_chain == [(MATRIX, 302)]
        assert said(answer)
    assert "can_use_webinars" not in flags(ana)


@pytest.mark.parametrize("value", [*HOSTILE, "-x", "[]"], ids=lambda value: f"{value[:8]!a}")
@pytest.mark.parametrize("key", ["q", "pagina"])
def test_a_matrix_that_is_asked_nonsense_is_still_a_page(browse, bruno, key, value):
    assert browse(bruno).get(MATRIX, {key: value}).status_code == 200


def test_access_for_an_address_that_another_person_uses_is_refused_in_words(browse, bruno, ana):
    twin = contact(bruno.company, first_name="Ana", last_name="Otra", login="ana.otra", email=ana.email)

    answer = Matrix(browse(bruno)).tick(twin, "has_portal_access").confirm()

    assert "Ana Otra no puede tener acceso" in answer.content.decode()
    assert flags(twin) == set()


def test_access_without_a_user_name_is_refused_by_the_verb(bruno, ibarra):
    elena = contact(ibarra, first_name="Elena")

    with pytest.raises(CannotHaveAccess, match="Elena"):
        elena.set_permissions(by=bruno, changes={"has_portal_access": True})


# --- undone with one click ---


def test_the_last_change_is_undone_whoever_made_it_and_wherever(browse, bruno, ana, diego, ibarra):
    other = UserFactory(company=ibarra, is_company_manager=True)
    changes = {ana.pk: {"can_use_tickets": False}, diego.pk: {"can_use_downloads": True}}
    before = flags(ana), flags(diego)
    User.objects.set_permissions(by=other, company=ibarra, changes=changes)

    answer = undo(browse(bruno))

    assert answer.url == MATRIX
    assert (flags(ana), flags(diego)) == before
    assert AuditEntry.objects.filter(kind="permissions_changed", actor_id=bruno.pk).count() == 2


def test_the_page_says_who_changed_what_and_when(browse, bruno, ana):
    ana.set_permissions(by=bruno, changes={"can_use_downloads": True})

    text = browse(bruno).get(MATRIX).content.decode()

    assert "Último cambio: por Bruno Etxeberria, ahora mismo" in text
    assert "<strong>Ana Ruiz</strong>: gana descargas" in text


def test_undoing_an_undo_does_it_again(browse, bruno, ana):
    ana.set_permissions(by=bruno, changes={"can_use_training": True, "can_book_training": True})
    ana.set_permissions(by=bruno, changes={"can_use_training": False})
    seen = [flags(ana)]
    for _time in range(2):
        undo(browse(bruno))
        seen.append(flags(ana))

    assert seen[0] == seen[2] == seen[1] - {"can_use_training", "can_book_training"}
    assert len(seen[1]) == len(seen[0]) + 2


def test_another_companys_change_is_not_undone(browse, bruno, carla, ana):
    ana.set_permissions(by=bruno, changes={"can_use_downloads": True})
    batch = AuditEntry.objects.get(kind="permissions_changed").batch

    browse(carla).post(reverse("permissions:undo"), {"batch": batch})

    assert "can_use_downloads" in flags(ana)
    assert browse(carla).get(MATRIX).context["last"] is None


def test_only_the_last_change_is_undone(browse, bruno, ana):
    client = browse(bruno)
    ana.set_permissions(by=bruno, changes={"can_use_downloads": True})
    batch = client.get(MATRIX).context["last"]["batch"]
    ana.set_permissions(by=bruno, changes={"can_use_webinars": True})

    answer = client.post(reverse("permissions:undo"), {"batch": batch}, follow=True)

    assert "mientras tanto" in said(answer)
    assert {"can_use_downloads", "can_use_webinars"} <= flags(ana)


def test_what_is_no_longer_as_it_was_left_is_not_undone_and_the_page_says_why(browse, bruno, ana, ibarra):
    ana.set_permissions(by=bruno, changes={"can_use_downloads": True})
    User.objects.filter(pk=ana.pk).update(can_use_downloads=False)
    client = browse(bruno)
    last = client.get(MATRIX).context["last"]

    answer = client.post(reverse("permissions:undo"), {"batch": last["batch"]}, follow=True)

    assert "Ana Ruiz" in last["obstacle"]
    assert last["obstacle"] in said(answer)
    assert AuditEntry.objects.filter(kind="permissions_changed").count() == 1


def test_a_change_of_somebody_who_has_left_is_not_undone(bruno, ana, ibarra):
    ana.set_permissions(by=bruno, changes={"can_use_downloads": True})
    batch = AuditEntry.objects.get(kind="permissions_changed").batch
    ana.deactivate(by=bruno)

    with pytest.raises(CannotUndo, match="contacto activo"), translation.override("es"):
        User.objects.undo_permissions(by=bruno, company=ibarra, batch=batch)


def test_a_change_of_very_many_is_not_undone_at_once(bruno, ibarra):
    people = [UserFactory(company=ibarra) for _person in range(MOST_UNDONE + 1)]
    changes = {person.pk: {"can_use_webinars": True} for person in people}
    User.objects.set_permissions(by=bruno, company=ibarra, changes=changes)
    batch = AuditEntry.objects.first().batch

    with pytest.raises(CannotUndo, match=str(MOST_UNDONE)):
        User.objects.undo_permissions(by=bruno, company=ibarra, batch=batch)


def test_undoing_an_appointment_keeps_a_manager(bruno, ana, ibarra):
    ana.set_permissions(by=bruno, changes={"is_company_manager": True})
    batch = AuditEntry.objects.get(kind="permissions_changed").batch
    User.objects.filter(pk=bruno.pk).update(is_company_manager=False)

    with pytest.raises(LastManager):
        User.objects.undo_permissions(by=ana, company=ibarra, batch=batch)

    assert "is_company_manager" in flags(ana)


def test_an_undo_that_appoints_a_manager_asks_for_the_password(browse, bruno, ana, ibarra):
    ana.set_permissions(by=bruno, changes={"is_company_manager": True})
    ana.set_permissions(by=bruno, changes={"is_company_manager": False})
    client = browse(bruno)

    page = undo(client)
    assert words_of(page) == ["Ana Ruiz: gana gestión de usuarios"]
    assert 'type="password"' in page.content.decode()
    assert "no es su contraseña" in undo(client, password="otra").content.decode()
    assert "is_company_manager" not in flags(ana)

    assert undo(client, password=PASSWORD).status_code == 302
    assert "is_company_manager" in flags(ana)


def test_whoever_undoes_their_own_appointment_lands_where_they_still_may_be(browse, bruno, ana):
    ana.set_permissions(by=bruno, changes={"is_company_manager": True})

    assert undo(browse(ana)).url == reverse("management:index")


def test_an_undo_that_gives_access_back_needs_the_user_name_still(bruno, ana, ibarra):
    ana.set_permissions(by=bruno, changes={"has_portal_access": False})
    batch = AuditEntry.objects.get(kind="permissions_changed").batch
    User.objects.filter(pk=ana.pk).update(login=None)

    with pytest.raises(CannotHaveAccess):
        User.objects.undo_permissions(by=bruno, company=ibarra, batch=batch)


def test_a_change_by_support_is_told_as_supports(browse, bruno, boss, ibarra):
    company = CompanyFactory()
    User.objects.found_company(
        company, by=boss, manager={"login": "eva", "email": "eva@nueva.example", "first_name": "Eva"}
    )

    assert browse(User.objects.get(login="eva")).get(MATRIX).context["last"]["by"] == "soporte"
