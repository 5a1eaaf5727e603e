"""Articles of a former help: three forms, their pictures and links; every file accounted for, and twice is once."""

import csv
import io
import json
from collections import Counter

import pytest
from django.core.management import CommandError, call_command
from PIL import Image

from knowledge.models import Article, ArticlePicture, Category
from tests.text.reading import Seen

pytestmark = pytest.mark.django_db

MARKDOWN = """---
title: "Primera configuración"
audience: public
modified: 2026-03-01
---
# Primera configuración

Antes lea [las copias](../copias.rst#como) y [la web](https://acme.example/x), no [lo perdido](perdido.md).

![Menú](img/menu.png) ![Fuera](https://acme.example/fuera.png)

```
[no es un enlace](nada.md)
```
"""
RST = """Copias de seguridad
===================

.. _copias-nocturnas:

Vea :doc:`guia/primera` y :ref:`la red <red>`; se hacen con `Programa`_ sin destino.

.. note:: Todas las **noches**.

.. raw:: html

   <script>alert(1)</script><b onclick="x()">negrita</b>

.. include:: /etc/passwd

Paso
----

1. Uno
2. Dos
"""
HTML = """<!doctype html><html><head><title>Red &amp; wifi</title><style>p{}</style></head><body><h1>Red &amp; wifi</h1>
<p onclick="x()">Pulse <kbd>Ctrl</kbd><kbd>N</kbd>.<script>alert(1)</script> <a href="javascript:alert(1)">mal</a>
<a href="guia/primera.md">bien</a></p><table><tr><th>a</th></tr><tr><td>1</td></tr></table></body></html>"""


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "ayuda"
    (root / "guia" / "img").mkdir(parents=True)
    (root / "guia" / "primera.md").write_text(MARKDOWN, encoding="utf-8")
    (root / "copias.rst").write_text(RST, encoding="utf-8")
    (root / "red.html").write_text(HTML, encoding="utf-8")
    (root / "README.md").write_text("De dónde viene.")
    (root / "hoja.xls").write_bytes(b"x")
    (root / "vacio.md").write_text("\n")
    for name in ("menu", "suelta"):
        Image.new("RGB", (20, 20), "#1d4fd8").save(root / "guia" / "img" / f"{name}.png")
    return root


def imported(root, **options):
    """What became of each file, and what was said at the end."""
    report, said = root.parent / "informe.csv", io.StringIO()
    call_command("import_articles", str(root), report=report, stdout=said, **options)
    with report.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    return {row["file"] + (f":{row['line']}" if row["line"] else ""): row for row in rows}, said.getvalue()


def outcomes(rows):
    return {name: row["outcome"] for name, row in rows.items()}


ALL = {
    "guia/primera.md": "imported", "copias.rst": "imported", "red.html": "imported", "vacio.md": "refused",
    "README.md": "left aside", "hoja.xls": "left aside",
    "guia/img/menu.png": "stored", "guia/img/suelta.png": "left aside",
}  # fmt: skip


def test_every_file_is_accounted_for_and_twice_is_once(folder):
    first, said = imported(folder)
    pictures = set(ArticlePicture.objects.values_list("token", flat=True))

    again, said_again = imported(folder)

    assert outcomes(first) == ALL
    assert "encontrados 8 = importados 3 + sin cambios 0 + cambiados 0 + rechazados 1" in said
    assert outcomes(again) == {name: "unchanged" if outcome == "imported" else outcome for name, outcome in ALL.items()}
    assert "importados 0 + sin cambios 3" in said_again
    assert set(ArticlePicture.objects.values_list("token", flat=True)) == pictures


def test_markdown_keeps_its_front_matter_links_and_pictures(folder, client):
    imported(folder)

    article = Article.objects.get(slug="primera")
    assert (article.title, article.audience, article.state) == ("Primera configuración", "public", "published")
    assert f"{article.updated_at:%Y-%m-%d}" == "2026-03-01" and article.category.name == "Guia"
    assert "[las copias](/ayuda/copias/)" in article.text and "no lo perdido." in article.text
    assert "![Menú](imagen:menu.png)" in article.text and "[Fuera](https://acme.example/fuera.png)" in article.text
    assert "[no es un enlace](nada.md)" in article.text
    assert article.pictures.get().get_absolute_url() in client.get("/ayuda/primera/").content.decode()


def test_rst_becomes_markdown_and_reads_no_file_of_the_machine(folder):
    imported(folder)

    article = Article.objects.get(slug="copias")
    assert article.title == "Copias de seguridad" and "Todas las **noches**." in article.text
    assert "](/ayuda/primera/)" in article.text and "la red" in article.text and "Programa" in article.text
    assert "**negrita**" in article.text and "1. Uno" in article.text and "Paso" in article.text
    assert "script" not in article.text and "root:" not in article.text and "onclick" not in article.html


def test_html_is_sanitised(folder):
    imported(folder)

    article = Article.objects.get(slug="red")
    assert article.title == "Red & wifi" and "`Ctrl+N`" in article.text and "| a |" in article.text
    assert "[bien](/ayuda/primera/)" in article.text and "alert" not in article.text
    assert {tag for tag, _given in Seen(article.html).tags} <= {
        "p", "code", "a", "table", "thead", "tbody", "tr", "th", "td",
    }  # fmt: skip


def test_what_has_changed_is_written_again_and_keeps_its_address(folder):
    imported(folder)
    (folder / "red.html").write_text("<h1>Red nueva</h1><p>Otra cosa.</p>")

    rows, _said = imported(folder)

    assert outcomes(rows)["red.html"] == "changed"
    article = Article.objects.get(slug="red")
    assert (article.title, article.text) == ("Red nueva", "Otra cosa.")
    assert Article.objects.answering("otra cosa", most=5) == [article]


def test_folders_are_categories_two_deep(tmp_path):
    root = tmp_path / "ayuda"
    (root / "modulos" / "vigilancia-de-la-salud" / "citas").mkdir(parents=True)
    (root / "modulos" / "vigilancia-de-la-salud" / "citas" / "alta.md").write_text("Pulse Alta.")
    (root / "suelto.md").write_text("Sin carpeta.")

    imported(root, category="Varios")

    assert str(Article.objects.get(slug="alta").category) == "Modulos › Vigilancia de la salud"
    assert Article.objects.get(slug="suelto").category == Category.objects.get(name="Varios")


def test_a_table_holds_an_article_on_each_line(tmp_path):
    root = tmp_path / "ayuda"
    root.mkdir()
    lines = [
        {"id": "A-1", "title": "Uno", "slug": "uno", "kind": "guia", "format": "html", "body": "<p>Uno</p>"},
        {"id": "A-2", "title": "Dos", "kind": "reunion", "body": "Vea [uno](https://old.example/uno/)."},
        {"id": "A-1", "title": "Otra vez", "body": "x"},
        {"id": "A-3", "format": "docx", "body": "x"},
        ["no"],
    ]
    lines[0]["url"] = "https://www.old.example/uno"
    text = "\n".join(json.dumps(line) for line in lines) + "\nno es json\n\n"
    (root / "todo.jsonl").write_text(text)

    rows, _said = imported(root)

    assert Counter(outcomes(rows).values()) == Counter(imported=2, refused=4)
    two = Article.objects.get(title="Dos")
    assert two.audience == Article.Audience.STAFF and two.text == "Vea [uno](/ayuda/uno/)."


def test_two_files_of_one_name_have_two_addresses(tmp_path):
    for name in ("uno", "dos"):
        (tmp_path / "ayuda" / name).mkdir(parents=True)
        (tmp_path / "ayuda" / name / "index.md").write_text(f"# Portada\n\n{name}")
        (tmp_path / "ayuda" / name / "alta.md").write_text(f"# Alta\n\n[portada](index.md) de {name}")

    imported(tmp_path / "ayuda")

    assert set(Article.objects.values_list("slug", flat=True)) == {"uno", "dos", "alta", "alta-2"}
    texts = set(Article.objects.filter(title="Alta").values_list("text", flat=True))
    assert texts == {"[portada](/ayuda/uno/) de uno", "[portada](/ayuda/dos/) de dos"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.md", "# " + "x" * 60_000),
        ("a.html", "<div>" * 5_000 + "x"),
        ("a.rst", "\n".join(" " * depth + "- x\n" for depth in range(150))),
        ("a.md", "[[[[[[" * 3_000),
        ("a.html", "<script>alert(1)</script>"),
        ("a.md", "---\ntitle: x\n"),
        ("a.rst", ".. include:: ../../secreto\n"),
    ],
)
def test_what_is_monstrous_breaks_nothing(tmp_path, name, content):
    root = tmp_path / "ayuda"
    root.mkdir()
    (root / name).write_text(content)

    rows, _said = imported(root)

    assert len(rows) == 1
    assert outcomes(rows)[name] in ("imported", "refused")


def test_a_link_out_of_the_folder_is_left_aside(tmp_path):
    (tmp_path / "ayuda").mkdir()
    (tmp_path / "fuera.md").write_text("Secreto")
    (tmp_path / "ayuda" / "dentro.md").symlink_to(tmp_path / "fuera.md")

    rows, _said = imported(tmp_path / "ayuda")

    assert outcomes(rows) == {"dentro.md": "left aside"}


def test_strict_ends_with_a_failure(folder):
    with pytest.raises(CommandError):
        call_command("import_articles", str(folder), strict=True, stdout=io.StringIO(), stderr=io.StringIO())


def test_what_is_no_folder_is_said(tmp_path):
    with pytest.raises(CommandError):
        call_command("import_articles", str(tmp_path / "nada"))
