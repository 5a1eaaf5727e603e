"""Releases on the desk: written as drafts with their notes, published by a deed, taken back while nobody has read."""

from datetime import timedelta
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from releases.models import AlreadyOut, Release, ReleaseNote, Telling
from releases.versions import sort_key
from tests.factories import ProductFactory, ReleaseFactory, UserFactory, new_note, published

pytestmark = pytest.mark.django_db

ADD = reverse("admin:releases_release_add")


def form_of(version: str, *notes: dict, title: str = "", initial: int = 0) -> dict:
    """What the page of a release posts; each note as its fields."""
    data = {"version": version, "title": title, "notes-TOTAL_FORMS": len(notes), "notes-INITIAL_FORMS": initial}
    for place, note in enumerate(notes):
        fields = {"kind": "enhancement", "product": "", "text": "", "is_public": "on", "position": ""} | note
        data |= {f"notes-{place}-{name}": value for name, value in fields.items() if value is not None}
    return data


def change(release) -> str:
    return reverse("admin:releases_release_change", args=[release.pk])


def publish(release) -> str:
    return reverse("admin:releases_release_publicar", args=[release.pk])


def words(answer) -> str:
    return " ".join(unescape(answer.content.decode()).split())


# --- writing ---


def test_a_release_is_written_with_its_notes_in_one_form(browse, boss):
    epis, cae = ProductFactory(name="EPIs"), ProductFactory(name="CAE")
    notes = (
        {"product": epis.pk, "text": "Lectura **con la cámara**"},
        {"product": cae.pk, "text": "Avisaba dos veces", "kind": "fix"},
        {"product": cae.pk, "text": "Índice nuevo", "is_public": None},
        {},
    )

    answer = browse(boss).post(ADD, form_of("2026.11", *notes, title="Otoño"))

    release = Release.objects.get()
    assert answer.status_code == 302
    assert (release.version, release.version_key, release.title) == ("2026.11", sort_key("2026.11"), "Otoño")
    assert (release.state, release.published_at) == ("draft", None)
    written = release.notes.values_list("product__name", "kind", "text", "is_public", "position")
    assert list(written) == [
        ("EPIs", "enhancement", "Lectura **con la cámara**", True, 1),
        ("CAE", "fix", "Avisaba dos veces", True, 2),
        ("CAE", "enhancement", "Índice nuevo", False, 3),
    ]
    assert release.notes.first().html == "<p>Lectura <strong>con la cámara</strong></p>\n"


def test_a_version_that_is_there_is_refused_in_words_and_nothing_is_lost(browse, boss):
    ReleaseFactory(version="2026.11")
    note = {"product": ProductFactory().pk, "text": "Lo escrito"}

    answer = browse(boss).post(ADD, form_of("2026.11", note))

    assert "Ya hay una versión con este número." in words(answer)
    assert "Lo escrito" in words(answer)
    assert Release.objects.count() == 1
    assert not ReleaseNote.objects.exists()


def test_a_note_without_module_is_refused_in_words_and_no_half_is_written(browse, boss):
    answer = browse(boss).post(ADD, form_of("2026.11", {"text": "De ningún módulo"}))

    assert "Elija el módulo del que trata esta novedad." in words(answer)
    assert "De ningún módulo" in words(answer)
    assert not Release.objects.exists()


def test_a_note_without_text_is_refused_in_words(browse, boss):
    answer = browse(boss).post(ADD, form_of("2026.11", {"product": ProductFactory().pk}))

    assert "Escriba lo que trae la versión." in words(answer)
    assert not Release.objects.exists()


@pytest.mark.parametrize("version", ["2026/11", "última", "", "-1", "a" * 41, "1..\0"])
def test_what_is_no_version_is_refused(browse, boss, version):
    assert browse(boss).post(ADD, form_of(version)).status_code == 200
    assert not Release.objects.exists()


def test_a_change_of_the_text_changes_what_is_shown(browse, boss):
    release = ReleaseFactory(version="2026.11")
    note = new_note(release, "Antes")
    changed = {"id": note.pk, "release": release.pk, "product": note.product_id, "text": "*Después*", "position": 1}

    browse(boss).post(change(release), form_of("2026.12", changed, initial=1))

    release.refresh_from_db()
    note.refresh_from_db()
    assert (release.version, release.version_key) == ("2026.12", sort_key("2026.12"))
    assert note.html == "<p><em>Después</em></p>\n"


def test_the_version_of_a_release_that_is_out_stays(browse, boss):
    release = published("2026.11")

    browse(boss).post(change(release), form_of("9.9", title="Nuevo título"))

    release.refresh_from_db()
    assert (release.version, release.title) == ("2026.11", "Nuevo título")


def test_a_release_with_very_many_notes_is_still_saved(browse, boss, monkeypatch):
    monkeypatch.setattr("releases.admin.INLINE_NOTES", 3)
    release = ReleaseFactory(version="2026.11")
    for n in range(4):
        new_note(release, f"Número {n}")

    page = browse(boss).get(change(release))
    answer = browse(boss).post(change(release), {"version": "2026.12", "title": ""})

    assert 'name="notes-' not in page.content.decode()
    assert f"releasenote/?release__id__exact={release.pk}" in page.content.decode()
    assert answer.status_code == 302
    assert Release.objects.get().version == "2026.12"


def test_the_form_costs_the_same_with_one_note_and_with_thirty(browse, boss):
    release = ReleaseFactory(version="2026.11")
    browser, costs = browse(boss), []
    browser.get(change(release))
    for count in (1, 29):
        for n in range(count):
            new_note(release, product=ProductFactory(name=f"Módulo {n}"))
        with CaptureQueriesContext(connection) as queries:
            browser.get(change(release))
        costs.append(len(queries))

    assert costs[0] == costs[1]


def test_what_is_out_is_not_deleted(browse, boss):
    out, draft = published("2026.11"), ReleaseFactory(version="2026.12")

    pages = [browse(boss).get(reverse("admin:releases_release_delete", args=[row.pk])) for row in (out, draft)]

    assert [page.status_code for page in pages] == [403, 200]


# --- publishing ---


def test_the_form_says_how_many_are_told_and_the_tick_tells_them(browse, boss, ibarra):
    release = ReleaseFactory(version="2026.11")
    for n in range(3):
        UserFactory(company=ibarra, first_name=f"P{n}", can_use_downloads=bool(n))
    page = browse(boss).get(publish(release))

    answer = browse(boss).post(publish(release), {"at_0": "", "at_1": "", "tell": "on"})

    release.refresh_from_db()
    assert "Se avisará por correo a 2 personas" in words(page)
    assert answer.status_code == 302
    assert release.is_out(at=timezone.now())
    assert Telling.objects.get().release == release


def test_without_the_tick_nobody_is_told(browse, boss):
    release = ReleaseFactory()

    browse(boss).post(publish(release), {"at_0": "", "at_1": ""})

    release.refresh_from_db()
    assert release.is_out(at=timezone.now())
    assert not Telling.objects.exists()


def test_a_time_to_come_keeps_it_out_of_sight_and_can_be_changed_and_taken_back(browse, boss):
    release = ReleaseFactory()
    later = timezone.localtime() + timedelta(days=3)
    when = {"at_0": later.strftime("%Y-%m-%d"), "at_1": "09:30"}
    browse(boss).post(publish(release), {**when, "tell": "on"})
    release.refresh_from_db()
    first = timezone.localtime(release.published_at)

    browse(boss).post(publish(release), {**when, "at_1": "11:00"})
    release.refresh_from_db()
    second = timezone.localtime(release.published_at)
    untold = not Telling.objects.exists()
    browse(boss).post(reverse("admin:releases_release_retirar", args=[release.pk]))

    release.refresh_from_db()
    assert (f"{first:%H:%M}", f"{second:%H:%M}", untold) == ("09:30", "11:00", True)
    assert (release.state, release.published_at) == ("draft", None)


@pytest.mark.parametrize(
    ("at", "said"),
    [
        ({"at_0": "2020-01-01", "at_1": "09:00"}, "Ese momento ya ha pasado."),
        ({"at_0": "2030-01-01", "at_1": ""}, "hora"),
        ({"at_0": "ayer", "at_1": "09:00"}, "fecha"),
    ],
)
def test_a_time_that_is_none_is_refused_in_words(browse, boss, at, said):
    release = ReleaseFactory()

    answer = browse(boss).post(publish(release), at)

    release.refresh_from_db()
    assert answer.status_code == 200
    assert said in words(answer)
    assert release.state == "draft"


def test_what_is_out_is_neither_published_again_nor_taken_back(browse, boss):
    release = published("2026.11")
    before = release.published_at

    again = browse(boss).post(publish(release), {"at_0": "", "at_1": "", "tell": "on"})
    back = browse(boss).post(reverse("admin:releases_release_retirar", args=[release.pk]), follow=True)

    release.refresh_from_db()
    assert "Esta versión ya está publicada." in words(again)
    assert "Esta versión ya está publicada." in words(back)
    assert (release.state, release.published_at) == ("published", before)
    assert not Telling.objects.exists()


def test_of_two_who_publish_the_second_is_refused(db):
    release, other = ReleaseFactory(version="2026.11"), Release.objects.get()
    now = timezone.now()
    release.publish(at=now, tell=True, now=now)

    with pytest.raises(AlreadyOut):
        other.publish(at=now, tell=True, now=now)

    assert Telling.objects.count() == 1


def test_who_only_answers_tickets_neither_writes_nor_publishes(browse, agent):
    release = ReleaseFactory()

    assert browse(agent).get(change(release)).status_code == 200
    assert browse(agent).post(change(release), form_of("9.9")).status_code == 403
    assert browse(agent).post(publish(release), {}).status_code == 403
    assert "Publicar" not in words(browse(agent).get(change(release)))
