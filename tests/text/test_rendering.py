import gc
import json
import time
from html import escape, unescape

import nh3
import pytest
from django.utils.html import strip_tags
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.text.reading import Seen, lost_words, unsafe_marks
from text import rendering
from text.rendering import MESSAGE_LIMIT, article_html, article_line, message_html, plain
from text.words import printable

LINK = ' rel="noopener noreferrer nofollow"'


def rendered(body, pictures=None):
    return message_html(body, pictures).replace("\n", "")


@pytest.mark.parametrize(
    "typed",
    [
        r"C:\Users\ana\*temp*\informe.txt y D:\*.log, D:\*.bak",
        r"\\servidor\datos\nuevo \* \[x\] \_",
        "2*3*4 y 5 * 6 * 7",
        "(*) obligatorio, (*) también",
        "DNI ***1234**",
        "**** **** **** 1234",
        "snake_case_name __init__ _x_",
        "#12",
        "# no es un título",
        "---",
        "***",
        "- - -",
        "1) uno",
        "2024. Un año",
        "007. Bond",
        "+ 34 600 100 200",
        "-5 grados",
        "a | b || c",
        "&amp; &lt;b&gt; &copy; &#65;",
        "<b>negrita</b> <Ana>",
        "script.py, main.rs y config.sh",
        "javascript:alert(1) ftp://x.example //x.example",
        "[x](javascript:alert(1)) [y](/tickets/3/) [z](informe.pdf) [w]",
        "[x]: http:/x.example",
        "~/.profile ~5",
    ],
)
def test_what_is_typed_stays_as_typed(typed):
    assert message_html(typed) == f"<p>{escape(typed, quote=False)}</p>\n"


def test_line_breaks_survive():
    assert rendered("uno\ndos\r\ntres\u2028cuatro\n\ncinco") == "<p>uno<br>dos<br>tres<br>cuatro</p><p>cinco</p>"


def test_leading_spaces_are_not_code():
    assert rendered("uno\n\n    dos\n\n\ttres") == "<p>uno</p><p>dos</p><p>tres</p>"


def test_the_marks_of_the_toolbar_are_read():
    assert rendered("**uno** *dos* ***tres*** ~~cuatro~~ `a*b*`") == (
        "<p><strong>uno</strong> <em>dos</em> <em><strong>tres</strong></em> <s>cuatro</s> <code>a*b*</code></p>"
    )
    assert rendered("- uno\n  - dos\n* tres") == "<ul><li>uno<ul><li>dos</li></ul></li></ul><ul><li>tres</li></ul>"
    assert rendered("[aquí](https://x.example/a)") == f'<p><a href="https://x.example/a"{LINK}>aquí</a></p>'
    assert rendered("```\na  <b>\n```") == "<pre><code>a  &lt;b&gt;</code></pre>"


def test_what_stands_after_the_backticks_is_shown_above_the_code():
    assert rendered("```Error al abrir\nx\n```") == "<p>Error al abrir</p><pre><code>x</code></pre>"


def test_numbered_points_keep_their_numbers():
    html = rendered("3. tres\n5. cinco\n\n2024. dos mil")
    assert [given["value"] for tag, given in Seen(html).tags if tag == "li"] == ["3", "5", "2024"]


def test_a_line_below_a_quote_or_a_list_is_no_part_of_it():
    assert rendered("> ¿Funciona?\nSí.") == "<blockquote><p>¿Funciona?</p></blockquote><p>Sí.</p>"
    assert rendered("- uno\n- dos\nGracias") == "<ul><li>uno</li><li>dos</li></ul><p>Gracias</p>"
    assert rendered("- uno\n  sigue") == "<ul><li>uno<br>sigue</li></ul>"


def test_bare_addresses_become_links_that_tell_nothing_to_where_they_lead():
    assert rendered("vea https://x.example/a_b?c=1. Y www.x.example o ana@x.es") == (
        f'<p>vea <a href="https://x.example/a_b?c=1"{LINK}>https://x.example/a_b?c=1</a>. '
        f'Y <a href="https://www.x.example"{LINK}>www.x.example</a> o <a href="mailto:ana@x.es"{LINK}>ana@x.es</a></p>'
    )


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "//x.example",
        "&#106;avascript:alert(1)",
        "java\tscript:alert(1)",
        "\x01javascript:alert(1)",
        "http:x",
        " javascript:x",
        "/x",
        "",
        "http://exampleµ",
    ],
)
def test_links_lead_to_web_and_mail_only(address):
    html = message_html(f"[pulse]({address}) <{address}> [pulse](<{address}>)")
    assert [given for tag, given in Seen(html).tags if tag == "a"] == []


def test_a_pasted_picture_is_shown_where_it_was_typed():
    assert rendered("mire ![captura](adjunto:2) esto", {2: "/adjuntos/abc/"}) == (
        '<p>mire <img src="/adjuntos/abc/" alt="captura" class="pasted" loading="lazy"> esto</p>'
    )


def test_an_unknown_picture_is_text():
    assert rendered("![captura](adjunto:9)", {2: "/adjuntos/abc/"}) == "<p>[captura]</p>"


def test_pictures_from_elsewhere_are_links_at_most():
    html = message_html(
        "![x](https://x.example/a.png) ![x](/adjuntos/abc/) ![x](data:image/png,x)", {2: "/adjuntos/abc/"}
    )
    assert [tag for tag, _given in Seen(html).tags] == ["p", "a"]


def test_control_characters_and_half_characters_go():
    assert rendered("a\x00b\x08c\x1bd\ud800e\x9f") == "<p>abcde</p>"


@pytest.mark.parametrize("nested", [">" * 1_000, "> " * 1_000, "- " * 1_000, "**a " * 1_000 + "b** " * 1_000])
def test_what_is_too_deeply_nested_is_shown_as_typed(nested):
    html = message_html(f"{nested} <b>fin</b>\nadiós")
    assert {tag for tag, _given in Seen(html).tags} == {"p", "br"}
    assert Seen(html).text.split() == f"{nested} <b>fin</b>\nadiós".split()


def test_a_message_over_the_limit_is_shown_as_typed():
    html = message_html("**a** <b>\n\n" + "x" * MESSAGE_LIMIT)
    assert html.startswith("<p>**a** &lt;b&gt;</p>")


@pytest.mark.parametrize(
    "pattern",
    [
        "[",
        "![",
        "*",
        "*a ",
        "`",
        "`` ` ",
        "> ",
        "> a\n",
        "- a\n",
        "~~",
        "[a](",
        "www.a.",
        "https://a.b/(",
        "a@a.",
        "a://",
        "|",
        "https://a.b/'",
        "mailto:",
        "```a\n",
        "[a](http://b) ",
        "<http://a ",
        "*[",
        " " * 7 + "a",
    ],
)
def test_hostile_repetition_costs_in_proportion(pattern):
    body = (pattern * MESSAGE_LIMIT)[:MESSAGE_LIMIT]
    assert growth(message_html, body) < SIZES * 3


def test_a_cost_that_grows_with_the_square_is_noticed():
    def square(text):
        return sum(1 for _once in text for _again in range(len(text) // 100))

    assert growth(square, "a" * MESSAGE_LIMIT) > SIZES * 3


SIZES = 10


def growth(deed, text):
    """How many times as long the whole text takes as a tenth of it: about 10 in proportion, 100 with the square.

    The rest of this process is kept out of the collector's way; a hundredth of a second is what nobody can attack.
    """

    def cost(part):
        started = time.process_time()
        deed(part)
        return time.process_time() - started

    gc.collect()
    gc.freeze()
    try:
        whole, tenth = (min(cost(part) for _time in range(2)) for part in (text, text[: len(text) // SIZES]))
    finally:
        gc.unfreeze()
    return whole / max(tenth, 0.01)


MARKUP = (
    st.sampled_from(["*", "**", "_", "~~", "`", "```", "> ", "- ", "* ", "+ ", "1. ", "12. ", "2024. ", "7) ", "(*)"])
    | st.sampled_from(["# ", "---", "===", "|", "\\", "[", "]", "(", ")", "](", '"', "'", "<", ">", "&amp;", ":", "!"])
    | st.sampled_from(["http://x.example/", "www.x.example", "ana@x.example", "á", "ñ", ".", ",", "\x00"])
    | st.sampled_from(["    ", "\t", "\n", "\n\n", " ", "\r\n"])
)
WORDS = st.text(st.characters(categories=("Lu", "Ll", "Nd"), max_codepoint=0x24F), min_size=1, max_size=6)


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.lists(MARKUP | WORDS, max_size=40).map("".join))
def test_every_typed_word_is_seen_in_its_order_and_the_page_is_clean(body):
    html = message_html(body)
    assert lost_words(printable(body), html) == []
    assert unsafe_marks(html) == []
    assert rendering._clean(html, {}) == html


@pytest.mark.parametrize("file", ["xss_html.jsonl", "cadenas_traviesas.jsonl"])
def test_hostile_texts_are_harmless_text(real_data, file):
    for line in (real_data / "texto_hostil/dev" / file).read_text().strip().split("\n"):
        case = json.loads(line)
        html = message_html(case.get("payload") or case.get("text"))
        assert unsafe_marks(html) == [], case["id"]
        assert rendering._clean(html, {}) == html, case["id"]
        assert nh3.clean(html, tags=rendering.ALLOWED_TAGS, attributes={}) is not None


def test_an_excerpt_is_one_line_without_marks():
    body = "> cita\n\n**Hola** [aquí](https://x.example)\n\n3. tres\n- ![captura](adjunto:1)\n```sql\nSELECT *\n```"
    assert plain(body) == "cita Hola aquí 3. tres [captura] sql SELECT *"


def test_an_excerpt_ends_in_an_ellipsis_when_there_is_more():
    assert plain("una dos tres cuatro", length=12) == "una dos tre…"
    assert plain("una dos", length=12) == "una dos"
    assert len(plain("**palabra** " * 5_000, length=80)) == 80


@pytest.mark.parametrize(
    ("typed", "added"),
    [
        ("[aquí](https://acme.example/a?b=1&c=2)", " (https://acme.example/a?b=1&c=2)"),
        ("[**aquí**](https://acme.example/)", " (https://acme.example/)"),
        ('[<x>](https://acme.example/"><script>)', None),
        ("https://acme.example/año?b=1&c=2", ""),
        ("http://acme.example/a", ""),
        ("www.acme.example/a", ""),
        ("ana@acme.example", ""),
        ("[https://otro.example](https://acme.example/)", " (https://acme.example/)"),
        ("sin enlace", ""),
    ],
)
def test_on_paper_a_link_says_where_it_leads_unless_its_words_do(typed, added):
    on_screen, on_paper = message_html(typed), rendering.on_paper(message_html(typed))

    if added is not None:
        assert unescape(strip_tags(on_paper)).strip() == unescape(strip_tags(on_screen)).strip() + added
    assert "<script" not in on_paper


def test_on_paper_pictures_do_not_wait_to_be_scrolled_to():
    html = message_html('![una](adjunto:1) dice loading="lazy"', {1: "/adjuntos/x/?ver"})

    assert rendering.on_paper(html) == html.replace(' loading="lazy">', ">", 1) != html


# --- what staff write: full Markdown ---


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("# Uno\n\n### Tres", "<h4>Uno</h4><h6>Tres</h6>"),
        ("###### Seis", "<h6>Seis</h6>"),
        ("**a** *b* ~~c~~ `d`", "<p><strong>a</strong> <em>b</em> <s>c</s> <code>d</code></p>"),
        ("- uno\n- dos", "<ul><li>uno</li><li>dos</li></ul>"),
        (
            "|a|\n|-|\n|1|",
            "<table><thead><tr><th>a</th></tr></thead><tbody><tr><td>1</td></tr></tbody></table>",
        ),
        ("uno\ndos", "<p>unodos</p>"),
        ("www.acme.example", f'<p><a href="https://www.acme.example"{LINK}>www.acme.example</a></p>'),
        ("<b onclick=x>no</b>", "<p>&lt;b onclick=x&gt;no&lt;/b&gt;</p>"),
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>"),
        ("![x](https://x.example/a.png)", f'<p>!<a href="https://x.example/a.png"{LINK}>x</a></p>'),
    ],
)
def test_an_article_is_markdown_without_html_and_pictures(typed, shown):
    assert article_html(typed, top=4).replace("\n", "") == shown


def test_the_line_of_an_article_has_its_words_without_marks():
    assert article_line("# Título\n\n**Lectura** de <b> & `código`\n\n- uno\n- dos", 200) == (
        "Título Lectura de <b> & código uno dos"
    )
    assert article_line("palabra " * 50, 20) == "palabra palabra pal…"


@given(st.text(alphabet="#*_`~[]()<>|!-\n 1a:/\"'&\\", max_size=300))
def test_no_article_has_unsafe_marks(typed):
    allowed = {"h2", "h3", "h4", "h5", "h6", "hr", "table", "thead", "tbody", "tr", "th", "td"}

    assert set(unsafe_marks(article_html(typed))) <= allowed


@pytest.mark.parametrize("typed", ["*" * 50_000, "> " * 500 + "x", "[" * 20_000, "a" * 60_000, "- " * 3_000])
def test_a_hostile_article_is_shown_quickly(typed):
    began = time.perf_counter()

    assert article_html(typed)

    assert time.perf_counter() - began < 2
