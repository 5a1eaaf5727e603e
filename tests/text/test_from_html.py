import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.text.reading import Seen, lost_words, unsafe_marks, words_of
from text.from_html import HTML_LIMIT, to_message
from text.rendering import message_html


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("<p>Hola <b>Ana</b>,</p><p>uno<br>dos</p>", "Hola **Ana**,\n\nuno\ndos"),
        ("<div>uno</div><div>dos</div><div><br></div><div>tres</div>", "uno\ndos\n\ntres"),
        ("<p>uno<p>dos", "uno\n\ndos"),
        ("hola&nbsp;&nbsp;mundo &lt;b&gt; &amp;amp;\n   adi&oacute;s", "hola mundo <b> &amp; adiós"),
        ("<h2>Título</h2>texto<hr>fin", "**Título**\n\ntexto\n\n---\n\nfin"),
        ("<i> uno </i>dos <em>tres</em>. <s>120</s> <b><i>x</i></b>", "*uno* dos *tres*. ~~120~~ ***x***"),
        ("<b>uno<br>dos</b>", "**uno**\n**dos**"),
        ("<b>Hola</b>mundo <b>2*3</b>", "Holamundo 2*3"),
        ("<ul><li>uno<ul><li>x</ul><li><p>dos</p><p>tres</p></ul>fin", "- uno\n  - x\n- dos\n  tres\n\nfin"),
        ("<ol start=3><li>a<li value=7>b<ol><li>c</ol><li>d</ol>", "3. a\n7. b\n   1. c\n8. d"),
        ("<blockquote><p>a</p><p>b</p><blockquote>c</blockquote></blockquote>d", "> a\n>\n> b\n>\n> > c\n\nd"),
        ("<pre>  a\n\n   b ```</pre><p><code>x`y</code>", "````\n  a\n\n   b ```\n````\n\n`` x`y ``"),
        ("<ul><li><pre>x\ny</pre>z</ul>", "- ```\n  x\n  y\n  ```\n  z"),
        ("<table><tr><td>a<td>b<tr><td><p>c</p><td><p>d</p></table>", "a | b\nc\nd"),
        ('<img alt="captura" src=x><img src=y>', "[captura]"),
        ("<o:p>x</o:p><!-- no --><![if !mso]>y<![endif]><title>no</title>", "xy"),
        ("<style>p{}</style><script>alert('<b>')</script><svg><text>no</text></svg>sí", "sí"),
        ("porta\u00adbicis\u200b", "portabicis"),
        ("", ""),
    ],
)
def test_html_becomes_what_a_person_would_have_typed(source, message):
    assert to_message(source) == message


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("<a href='https://x.example/a(b)'>ver <b>esto</b> ya</a>.", "[ver **esto** ya](https://x.example/a%28b%29)."),
        ("<a href='https://x.example'>uno </a>dos", "[uno](https://x.example) dos"),
        ("<a href='https://x.example/'>https://x.example</a>", "https://x.example/"),
        ("<a href='mailto:ana@x.example'>ana@x.example</a>", "ana@x.example"),
        ("<a href='https://x.example'><img alt='logo'></a>", "[logo] (https://x.example)"),
        ("<a href='https://x.example'><img></a>", ""),
        ("<a href='javascript:alert(1)'>no</a> <a href='/x'>tampoco</a> <a>nada</a>", "no tampoco nada"),
    ],
)
def test_links_keep_their_text_and_address(source, message):
    assert to_message(source) == message


def test_what_becomes_markup_is_read_as_markup():
    source = "<p>Hola <b>Ana</b></p><ul><li>uno<ul><li>dos</ul></ul><blockquote>a<br>b</blockquote><pre>x\n y</pre>fin"
    assert message_html(to_message(source)).replace("\n", "") == (
        "<p>Hola <strong>Ana</strong></p><ul><li>uno<ul><li>dos</li></ul></li></ul>"
        "<blockquote><p>a<br>b</p></blockquote><pre><code>x y</code></pre><p>fin</p>"
    )


def test_the_source_words_are_taken_as_typed():
    assert to_message("<p>*.txt y 2*3, C:\\x, [x], # y</p>") == "*.txt y 2*3, C:\\x, [x], # y"


TAGS = ["p", "b", "i", "ul", "ol", "li", "blockquote", "table", "tr", "td", "pre", "code", "div", "h1", "br", "hr", "a"]
PIECES = (
    st.sampled_from([f"<{tag}>" for tag in TAGS])
    | st.sampled_from([f"</{tag}>" for tag in TAGS])
    | st.sampled_from(
        ["<a href='https://x.example/y'>", "<span style='x'>", "<x", "<!--", "-->", "</", "<![", "&nbsp;"]
    )
    | st.sampled_from(["&lt;", "&amp;", "\n", "*", "`", "~~", "- ", "> ", "1. ", ". ", ", "])
)
WORDS = st.text(st.characters(categories=("Lu", "Ll", "Nd"), max_codepoint=0x24F), min_size=1, max_size=6)
WHOLE = st.sampled_from(["<p>", "</p>", "<b>", "</b>", "<ul>", "<li>", "</ul>", "<div>", "</div>", "<br>", "<td>", " "])


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.lists(PIECES | WORDS, max_size=40).map("".join))
def test_any_html_becomes_a_message_that_is_shown_safely(source):
    assert unsafe_marks(message_html(to_message(source))) == []


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.lists(WHOLE | WORDS.map(lambda word: f" {word} "), max_size=40).map("".join))
def test_no_word_between_tags_is_lost(source):
    assert lost_words(Seen(source).text, message_html(to_message(source))) == []


@pytest.mark.parametrize(
    "source",
    [
        "<p>hola &amp; adiós</p>" * 12_000,
        "<div>" * 50_000 + "hola</div>",
        "<blockquote>" * 200 + "hola",
        "hola<!--" * 9_000,
        "<p>hola</p>" * 500_000,
        "<p>hola " + "<a " * 80_000,
        "hola<![x" * 10_000,
        "hola" + "<" * 260_000,
    ],
    ids=["long", "deep", "quotes", "comments", "huge", "open tags", "declarations", "angles"],
)
def test_beyond_the_limits_the_words_are_kept_within_a_second(source):
    started = time.process_time()
    message = to_message(source)
    assert time.process_time() - started < 1
    assert words_of(message)[0] == "hola"


def test_the_words_alone_stand_on_their_lines():
    source = "<p>uno <b>d</b>os<style>no</style></p><table><tr><td>a<td>b</table>&aacute;" + " " * HTML_LIMIT
    assert to_message(source) == "uno dos\na b\ná"


def test_bodies_written_by_citizens_lose_no_word(real_data):
    for file in sorted((real_data / "tickets_es_ciudadania/dev").glob("*.jsonl")):
        for line in file.read_text().split("\n")[:400]:
            if not line:
                continue
            row = json.loads(line)
            for body in [row["body"], *(comment["body"] for comment in row.get("comments", ()))]:
                html = message_html(to_message(body))
                assert lost_words(Seen(body).text, html) == [], row["id"]
                assert unsafe_marks(html) == [], row["id"]


def test_hostile_html_becomes_harmless(real_data):
    for line in (real_data / "texto_hostil/dev/xss_html.jsonl").read_text().strip().split("\n"):
        case = json.loads(line)
        assert unsafe_marks(message_html(to_message(case["payload"]))) == [], case["id"]
