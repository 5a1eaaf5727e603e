"""Threads that real people wrote, through the two documented mappings."""

import html
import json
import re
from collections import Counter

import pytest
from django.urls import reverse
from django.utils import translation

from mail.models import OutgoingMail
from tests.tickets.importing import run, tally
from tickets.models import Message, Ticket
from tickets.status import Status

pytestmark = pytest.mark.django_db

ERP = "tickets_es_erp/dev"
CITIZENS = "tickets_es_ciudadania/dev"


@pytest.fixture(autouse=True)
def source_language():
    """The words of the code, not those of a catalogue."""
    with translation.override("en"):
        yield


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "import"
    path.mkdir()
    return path


def lines_of(path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def every(path, folder, *, step: int):
    """A smaller file with one line of so many."""
    sample = folder / path.name
    sample.write_text("\n".join(path.read_text().splitlines()[::step]))
    return sample


INLINE = re.compile(r"</?(?:a|b|code|em|i|s|span|strong|u)\b[^>]*>")
TAG = re.compile(r"<[^>]*>")


def words(text: str) -> Counter:
    """The visible words of a text or of HTML; numbers before lines become those of lists."""
    return Counter(re.findall(r"[^\W\d]\w*", html.unescape(TAG.sub(" ", INLINE.sub("", text)))))


def nothing_was_told(person) -> bool:
    tickets = Ticket.objects.visible_to(person)
    return not (OutgoingMail.objects.exists() or tickets.unread_by(person).exists())


def test_erp_threads_are_all_there_with_their_roles(real_data, bruno):
    source = lines_of(real_data / ERP / "hilos_soporte_erp.jsonl")

    said = run(real_data / ERP / "hilos_soporte_erp.jsonl", mapping="erp")
    assert said.words == tally(imported=len(source))
    for thread in source:
        ticket = Ticket.objects.get(external_id=thread["id"])
        opening, *replies = ticket.messages.all()
        assert ticket.status == {"cerrado": Status.CLOSED, "abierto": Status.OPEN}[thread["status"]]
        assert opening.body.startswith(thread["body"].strip())
        assert thread["url"] in opening.body
        assert [(m.body, m.from_support) for m in replies] == [
            (comment["body"].strip(), comment["author_role"] == "agente") for comment in thread["comments"]
        ]
        assert (ticket.first_answer_at is not None) == any(m.from_support for m in replies)
    assert nothing_was_told(bruno)


def test_erp_subjects_without_a_number_are_refused_and_the_others_come(real_data, bruno):
    said = run(real_data / ERP / "asuntos_erpya.csv", mapping="erp")

    assert said.words == tally(imported=55, refused=10)
    assert {reason for _line, _number, reason in said.refused} == {"The row links no ticket: “number” is empty."}
    assert Ticket.objects.filter(status=Status.CLOSED).count() == 55


def test_every_request_of_citizens_is_accounted_for(real_data, bruno):
    rows = sum(len(lines_of(path)) for path in (real_data / CITIZENS).glob("*.jsonl"))

    said = run(real_data / CITIZENS, mapping="ciudadania", dry_run=True)
    assert said.words == f"Checked: read {rows} = to import {rows} + already there 0 + refused 0."


def test_a_thread_of_592_comments_is_complete_and_opens(browse, real_data, bruno):
    source = lines_of(real_data / CITIZENS / "decide_madrid_2015_hilos.jsonl")
    longest = max(source, key=lambda request: len(request["comments"]))

    run(real_data / CITIZENS / "decide_madrid_2015_hilos.jsonl", mapping="ciudadania")
    ticket = Ticket.objects.get(external_id=longest["id"])
    _opening, *replies = ticket.messages.all()
    assert ticket.reply_count == len(replies) == 592
    assert [m.author_name for m in replies] == [comment["author"] for comment in longest["comments"]]
    assert all(
        m.body.endswith(comment["body"].strip()) for m, comment in zip(replies, longest["comments"], strict=True)
    )
    assert browse(bruno).get(reverse("thread:ticket", args=[ticket.number])).status_code == 200
    assert Message.objects.count() == sum(1 + len(request["comments"]) for request in source)
    assert nothing_was_told(bruno)


@pytest.mark.parametrize("name", ["decide_madrid_2024_2025.jsonl", "decidim_barcelona_2016_hilos.jsonl"])
def test_html_keeps_its_visible_words_and_nothing_else(real_data, folder, bruno, name):
    sample = every(real_data / CITIZENS / name, folder, step=12)

    run(sample, mapping="ciudadania", create_modules=True)
    for request in lines_of(sample):
        ticket = Ticket.objects.get(external_id=request["id"])
        written = [request["body"], *(comment["body"] for comment in request.get("comments", []))]
        for message, body in zip(ticket.messages.all(), written, strict=True):
            assert words(body) - words(message.html) == Counter()
            assert set(re.findall(r"<(\w+)", message.html)) <= {
                *("p", "br", "strong", "em", "s", "ul", "ol", "li", "a", "code", "pre", "blockquote")
            }
        if request.get("category"):
            assert ticket.product.name == request["category"]
