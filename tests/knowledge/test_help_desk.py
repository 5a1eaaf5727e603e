"""Articles on the desk: written, looked at before they are kept, made of a ticket, and put into answers."""

import io

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from PIL import Image

from accounts.roles import ROLES
from files.models import StoredFile
from knowledge.models import Article, ArticlePicture, ArticleVote, Category
from tests.factories import CategoryFactory, StaffFactory, article_picture, new_article, open_ticket

pytestmark = pytest.mark.django_db

ADD = "/admin/knowledge/article/add/"
INLINE = {"pictures-TOTAL_FORMS": "0", "pictures-INITIAL_FORMS": "0"}


@pytest.fixture
def publisher(browse):
    person = StaffFactory(first_name="Paula")
    person.groups.add(Group.objects.get(name="Publicación"))
    return browse(person)


@pytest.fixture
def supervisor():
    person = StaffFactory(first_name="Sara")
    person.groups.add(Group.objects.get(name="Supervisión"))
    return person


def fields(**changes):
    return INLINE | {
        "title": "Cómo cambiar la contraseña", "category": str(CategoryFactory().pk), "text": "# Paso\n\nUno",
        "audience": "registered", "state": "published", "position": "0", "slug": "",
    } | changes  # fmt: skip


def png(name="Menú.png"):
    content = io.BytesIO()
    Image.new("RGB", (20, 20), "#1d4fd8").save(content, "PNG")
    return SimpleUploadedFile(name, content.getvalue())


def change(article):
    return reverse("admin:knowledge_article_change", args=[article.pk])


def test_an_article_gets_an_address_of_its_title(publisher):
    assert publisher.post(ADD, fields()).status_code == 302

    article = Article.objects.get()
    assert article.slug == "como-cambiar-la-contrasena" and "<h2" in article.html and article.plain == "Paso Uno"


def test_pictures_come_with_the_article_and_are_shown_by_their_name(publisher):
    publisher.post(ADD, fields(text="![Menú](imagen:menu.png)", new_pictures=[png(), png()]))

    article = Article.objects.get()
    assert [picture.name for picture in article.pictures.all()] == ["menu.png", "menu-2.png"]
    assert article.pictures.first().get_absolute_url() in article.html
    assert "imagen:menu-2.png" in publisher.get(change(article)).content.decode()


def test_a_picture_that_is_taken_out_leaves_the_text(publisher):
    article = new_article(text="![Menú](imagen:menu.png)")
    picture = article_picture(article, "menu.png")
    article.render_again()
    inline = {
        "pictures-TOTAL_FORMS": "1", "pictures-INITIAL_FORMS": "1", "pictures-0-id": str(picture.pk),
        "pictures-0-article": str(article.pk), "pictures-0-DELETE": "on",
    }  # fmt: skip

    publisher.post(change(article), fields(text=article.text, slug=article.slug) | inline)

    article.refresh_from_db()
    assert not article.pictures.exists() and article.html.strip() == "<p>[Menú]</p>"


@pytest.mark.parametrize("file", [SimpleUploadedFile("a.pdf", b"%PDF-1.4 x"), SimpleUploadedFile("vacio.png", b"")])
def test_what_is_no_picture_is_refused_and_not_kept(publisher, file):
    answer = publisher.post(ADD, fields(new_pictures=[png(), file]))

    assert answer.status_code == 200 and answer.context["adminform"].form.errors["new_pictures"]
    assert not Article.objects.exists() and not StoredFile.objects.exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"audience": "chosen"}, "audience"),
        ({"slug": "temas"}, "slug"),
        ({"text": " "}, "text"),
        ({"title": ""}, "title"),
        ({"text": "x" * 50_001}, "text"),
        ({"category": ""}, "category"),
    ],
)
def test_what_nobody_could_read_is_refused_in_words(publisher, changes, field):
    answer = publisher.post(ADD, fields(**changes))

    assert field in answer.context["adminform"].form.errors
    assert not Article.objects.exists()


def test_a_link_to_no_article_is_said(publisher):
    new_article("Copias")

    answer = publisher.post(ADD, fields(text="[a](/ayuda/copias/) [b](/ayuda/nada/) [c](/tickets/)"), follow=True)

    assert "Enlaza con artículos que no existen: /ayuda/nada/." in answer.content.decode()


def test_the_date_is_that_of_the_last_change_of_what_is_read(publisher):
    article = new_article()
    before = article.updated_at
    unchanged = fields(title=article.title, text=article.text, slug=article.slug, category=str(article.category_id))

    publisher.post(change(article), unchanged | {"position": "7"})
    article.refresh_from_db()
    assert (article.updated_at, article.position) == (before, 7)
    publisher.post(change(article), unchanged | {"text": "Otra cosa"})
    article.refresh_from_db()
    assert article.updated_at > before


def test_a_preview_keeps_nothing(publisher):
    article = new_article(text="Antes")
    url = reverse("admin:knowledge_article_vista_previa", args=[article.pk])

    answer = publisher.post(url, {"title": "Otro <b>título</b>", "text": "## Ahora\n\n<script>alert(1)</script>"})

    page = answer.content.decode()
    assert '<h2 id="ap-ahora">Ahora</h2>' in page and "Otro &lt;b&gt;título" in page and "<script>alert" not in page
    article.refresh_from_db()
    assert article.text == "Antes"
    assert publisher.post(reverse("admin:knowledge_article_vista_previa", args=[0]), {}).status_code == 200


def test_the_list_says_which_articles_help_least(publisher, ana, bruno):
    good, bad = new_article("Buena"), new_article("Mala")
    ArticleVote.objects.cast(good, by=ana, helps=True)
    ArticleVote.objects.cast(bad, by=ana, helps=False, reason="Falta todo")
    ArticleVote.objects.cast(bad, by=bruno, helps=False)

    rows = publisher.get("/admin/knowledge/article/", {"o": "-7"}).context["cl"].result_list

    assert [row.title for row in rows] == ["Mala", "Buena"]
    assert "Falta todo" in publisher.get("/admin/knowledge/articlevote/", {"helps__exact": "0"}).content.decode()
    assert "Sirvió a 0 y no sirvió a 2." in publisher.get(change(bad)).content.decode()


def test_the_list_is_searched_like_the_help(publisher):
    new_article("Copias de seguridad")
    new_article("Otra")

    rows = publisher.get("/admin/knowledge/article/", {"q": "COPIA"}).context["cl"].result_list

    assert [row.title for row in rows] == ["Copias de seguridad"]


def test_categories_stand_in_one_another_once(publisher):
    top = CategoryFactory(name="Módulos")
    inside = CategoryFactory(name="Salud", parent=top)
    data = {"name": "X", "slug": "x", "icon": "book-open", "position": "0"}
    pages = "/admin/knowledge/category/"

    assert publisher.post(f"{pages}add/", data | {"parent": inside.pk}).context["adminform"].form.errors["parent"]
    moved = publisher.post(f"{pages}{top.pk}/change/", data | {"parent": CategoryFactory(name="Y").pk})
    assert moved.context["adminform"].form.errors["parent"]
    assert publisher.post(f"{pages}add/", data | {"parent": top.pk}).status_code == 302
    assert Category.objects.get(slug="x").parent == top


def test_only_publishers_and_administrators_write(browse, agent):
    writers = {role for role, names in ROLES.items() if "knowledge.change_article" in names}

    assert writers == {"Publicación", "Administración"}
    assert browse(agent).get(change(new_article())).status_code == 200
    assert browse(agent).post(change(new_article()), fields()).status_code == 403


def test_supervisors_only_look(browse, supervisor):
    assert browse(supervisor).get(ADD).status_code == 403
    assert browse(supervisor).get(change(new_article())).status_code == 200


@pytest.mark.parametrize("role", ["Agente", "Coordinación"])
def test_whoever_answers_tickets_writes_drafts_and_publishes_none(browse, role):
    person = StaffFactory()
    person.groups.add(Group.objects.get(name=role))
    writer = browse(person)

    assert "state" not in writer.get(ADD).context["adminform"].form.fields
    assert writer.post(ADD, fields(state="published")).status_code == 302

    article = Article.objects.get()
    assert article.state == "draft"
    assert reverse("knowledge:article", args=[article.slug]) not in browse().get("/ayuda/").content.decode()


@pytest.mark.parametrize("role", ["Agente", "Coordinación"])
def test_a_draft_is_gone_on_with_until_somebody_publishes_it(browse, publisher, role):
    person = StaffFactory()
    person.groups.add(Group.objects.get(name=role))
    writer, article = browse(person), new_article("Copias", text="Antes", state="draft")
    picture = article_picture(article, "menu.png")
    data = fields(title="Copias", category=str(article.category_id), slug=article.slug, text="Mejor")
    taken_out = {"pictures-TOTAL_FORMS": "1", "pictures-INITIAL_FORMS": "1", "pictures-0-id": str(picture.pk)}
    preview = reverse("admin:knowledge_article_vista_previa", args=[article.pk])

    assert "state" not in writer.get(change(article)).context["adminform"].form.fields
    assert writer.post(preview, {"title": "Copias", "text": "Mejor"}).status_code == 200
    changed = writer.post(change(article), data | taken_out | {"pictures-0-article": "", "pictures-0-DELETE": "on"})
    assert changed.status_code == 302
    article.refresh_from_db()
    assert (article.text, article.state, article.pictures.count()) == ("Mejor", "draft", 0)

    publisher.post(change(article), data)
    assert writer.post(change(article), data | {"text": "Otra cosa"}).status_code == 403
    assert writer.post(preview, {"title": "Copias", "text": "Otra cosa"}).status_code == 403
    assert writer.post(reverse("admin:knowledge_article_delete", args=[article.pk])).status_code == 403


# --- beside a conversation ---


def test_articles_for_an_answer_are_those_that_the_customer_may_read(browse, agent, ana, carla, settings):
    new_article("Imprimir de Ibarra", audience="chosen", companies=[ana.company])
    new_article("Imprimir de Norte", audience="chosen", companies=[carla.company])
    new_article("Imprimir [1]")
    url = reverse("admin:knowledge_article_enlaces")

    answer = browse(agent).get(url, {"q": "imprimir", "empresa": ana.company.pk}, headers={"HX-Request": "true"})

    titles = {article.title for article in answer.context["form"].rows}
    assert titles == {"Imprimir de Ibarra", "Imprimir [1]"}
    assert f"[Imprimir (1)]({settings.PUBLIC_URL}/ayuda/imprimir-1/)" in answer.content.decode()
    assert "<html" not in answer.content.decode()
    assert "<html" in browse(agent).get(url, {"q": "imprimir"}).content.decode()


@pytest.mark.parametrize("query", [{}, {"q": ""}, {"q": "x" * 10_000}, {"q": '"', "empresa": "no"}])
def test_a_search_for_nothing_finds_nothing(browse, agent, query):
    new_article()

    assert browse(agent).get(reverse("admin:knowledge_article_enlaces"), query).context["form"].rows == []


def test_an_article_is_begun_with_what_a_ticket_asked_and_support_answered(browse, agent, supervisor, ana):
    ticket = open_ticket(ana, subject="No imprime el informe", body="Sale en blanco, soy Ana.")
    ticket.reply(by=agent, body="Actualice **la impresora**.")
    ticket.reply(by=ana, body="Gracias")
    ticket.note(by=agent, body="Nota interna")

    page = browse(agent).get(ADD, {"ticket": ticket.pk})

    form = page.context["adminform"].form
    assert form.initial["title"] == "No imprime el informe"
    assert form.initial["text"] == (
        "## La pregunta\n\nSale en blanco, soy Ana.\n\n## La respuesta\n\nActualice **la impresora**."
    )
    conversation = reverse("admin:tickets_ticket_change", args=[ticket.pk])
    assert f"{ADD}?ticket={ticket.pk}" in browse(agent).get(conversation).content.decode()
    assert "Hacer un artículo" not in browse(supervisor).get(conversation).content.decode()


GREETINGS = [
    "Buenos días, Jon:", "Hola, Ana,", "Estimado Sr. Ruiz:", "Hola", "¡Hola, Íñigo!", "Buenas tardes, Jon Ander.",
    "Hola a todos:", "Estimada Dña. María del Mar:", "Muy buenas", "Good morning, Ana", "Hi Ana,", "Dear Mr. O'Neill,",
]  # fmt: skip
NO_GREETINGS = [
    "Hola, no imprime.", "Buenos días, Jon: reinicie.", "Holanda no sale en la lista.", "Buenas prácticas",
    "El mensaje dice «Hola, Ana»", "Diario: Hola", "Hi-res fails",
]  # fmt: skip


def begun_with(browse, agent, ticket) -> str:
    return browse(agent).get(ADD, {"ticket": ticket.pk}).context["adminform"].form.initial["text"]


@pytest.mark.parametrize("line", GREETINGS)
def test_nobody_is_greeted_in_an_article(browse, agent, ana, line):
    ticket = open_ticket(ana, body=f"{line}\nNo imprime.")
    ticket.reply(by=agent, body=f"{line}\n\nReinicie.\n\nHola, Ana,\nadiós.")
    ticket.reply(by=agent, body=line)

    assert begun_with(browse, agent, ticket) == (
        "## La pregunta\n\nNo imprime.\n\n## La respuesta\n\nReinicie.\n\nHola, Ana,\nadiós."
    )


def test_a_long_row_of_names_is_read_once(browse, agent, ana):
    line = f"Hola{' Dr. Sra.' * 500} x"

    assert f"{line}\n" in begun_with(browse, agent, open_ticket(ana, body=f"{line}\nNo imprime."))


@pytest.mark.parametrize("line", NO_GREETINGS)
def test_what_says_more_than_a_greeting_stays(browse, agent, ana, line):
    ticket = open_ticket(ana, body=f"{line}\nNo imprime.")

    assert f"{line}\nNo imprime." in begun_with(browse, agent, ticket)


def test_whoever_sees_no_tickets_begins_with_nothing(publisher, ana):
    ticket = open_ticket(ana, subject="Secreto")

    assert "Secreto" not in publisher.get(ADD, {"ticket": ticket.pk}).content.decode()
    assert publisher.get(ADD, {"ticket": "x\u0663"}).status_code == 200


def test_pictures_have_names_of_their_own():
    from knowledge.models.picture import plain_name

    names = ("Menú de Informes.PNG", "..", "ñandú", "a/b.png", ".png", "x" * 300 + ".png")
    assert [plain_name(name) for name in names][:3] == ["menu-de-informes.png", "imagen.", "nandu"]
    assert all(len(plain_name(name)) <= ArticlePicture._meta.get_field("name").max_length for name in names)
