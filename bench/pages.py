"""What is measured: each page with who asks for it, how, and what must stand in the answer."""

import html
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from itertools import count
from urllib.parse import urlencode

from bench import population, words
from bench.client import Browser, Request, WrongAnswer
from bench.population import LARGEST, MANAGER, OURS, UPDATER, WRITER, WRITERS
from bench.scene import Scene

ROW, MESSAGE = 'class="row-link', '<article class="message'
SLOT = '<a class="slot"'
HIT = "<li><h3>"
NOTE, CARD = '<li class="note"', '<article class="panel file-card'
NEXT_PAGE = re.compile(r'href="([^"]+)" rel="next"')
POLL = re.compile(r'data-live hx-get="([^"]+)"')
TOPIC = re.compile(r'name="topic".*?<option value="(\d+)"', re.DOTALL)
ROWS = 25

# Who asks: (company, person), AGENT, or FLOOR, which is our manager without our log-in.
Person = tuple[int, int] | str
AGENT, FLOOR = "agent", "floor"
OUR_MANAGER, OUR_WRITER, OUR_UPDATER = (OURS, MANAGER), (OURS, WRITER), (OURS, UPDATER)
SOMEBODY_WHO_WRITES = (WRITERS, MANAGER)
LARGEST_MANAGER, LARGEST_UPDATER = (LARGEST, MANAGER), (LARGEST, UPDATER)

# Makes each request; what it must know first it looks up with the person's browser at the beginning.
Asking = Callable[[], Request]
Beginning = Callable[[Scene, Browser], Asking]


@dataclass(frozen=True)
class Page:
    """One line of the table. `begin` prepares a person's browser and gives what makes each request; `unread` means
    that the person has not read the ticket before each of them; `reads` that it changes nothing, so that its queries
    can be counted and explained."""

    name: str
    who: Person
    begin: Beginning
    unread: bool = False
    reads: bool = True


def always(make: Callable[[Scene], Request]) -> Beginning:
    """The same request each time."""

    def begin(scene: Scene, _browser: Browser) -> Asking:
        request = make(scene)
        return lambda: request

    return begin


def get(path: str, *expects: str, least: int = 1, rejects: tuple[str, ...] = ()) -> Beginning:
    return always(lambda _scene: Request(path, expects=expects, least=least, rejects=rejects))


def tickets(tab: str = "actuales", *, least: int = ROWS) -> Beginning:
    return get(f"/tickets/?estado={tab}", ROW, least=least)


def search(words_typed: str, *, found: int) -> Beginning:
    """In all the tickets that the person may see; `found` rows at least, or none."""
    path = f"/tickets/?{urlencode({'estado': 'todos', 'q': words_typed})}"
    return get(path, ROW, least=found) if found else get(path, "No hay resultados", rejects=(ROW,))


def everything(words_typed: str, *, least: int) -> Beginning:
    """In everything that the person may see."""
    return get(f"/buscar/?{urlencode({'q': words_typed})}", HIT, least=least)


def nothing(words_typed: str) -> Beginning:
    return get(f"/buscar/?{urlencode({'q': words_typed})}", "No hay resultados para", rejects=(HIT,))


def second_page(_scene: Scene, browser: Browser) -> Asking:
    """By the link of the first one."""
    found = NEXT_PAGE.search(browser.send(Request("/tickets/?estado=todos")).text)
    if found is None:
        raise WrongAnswer("The list has no second page")
    request = Request(f"/tickets/{html.unescape(found[1])}", expects=(ROW,), least=ROWS - 5)
    return lambda: request


def conversation(scene: Scene) -> Request:
    return Request(f"/tickets/{scene.conversation}/", expects=(MESSAGE, f"#{scene.conversation}"), least=4)


def unread_conversation(scene: Scene) -> Request:
    return Request(f"/tickets/{scene.unread}/", expects=(MESSAGE, f"#{scene.unread}"), least=4)


def news(scene: Scene, browser: Browser) -> Asking:
    """What a page that was left open asks while nothing happens."""
    found = POLL.search(browser.send(conversation(scene)).text)
    if found is None:
        raise WrongAnswer("The ticket does not ask for news")
    request = Request(f"{found[1]}?visto=1", status=HTTPStatus.NO_CONTENT)
    return lambda: request


def file(scene: Scene) -> Request:
    return Request(f"/adjuntos/{scene.file_token}/")


def desk_conversation(scene: Scene) -> Request:
    path = f"/admin/tickets/ticket/{scene.conversation_id}/change/"
    return Request(path, expects=(MESSAGE, "Responder al cliente"), least=4)


def queue(part: str = "") -> Beginning:
    path = "/admin/tickets/ticket/" + (f"?cola={part}" if part else "")
    return get(path, 'class="field-badge"', least=50)


def opened(_scene: Scene, browser: Browser) -> Asking:
    """A new ticket with a form of its own each time."""
    browser.learn_token("/tickets/nuevo/")
    found = TOPIC.search(browser.send(Request("/tickets/nuevo/")).text.replace('value=""', ""))
    if found is None:
        raise WrongAnswer("The form offers no topic")
    typed = {"topic": found[1], "priority": "2", "subject": "No se guarda la ficha", "body": typed_text()}
    return lambda: Request(
        "/tickets/nuevo/",
        fields={**typed, "key": secrets.token_urlsafe(16)},
        status=HTTPStatus.FOUND,
        location="/tickets/",
    )


def answered(scene: Scene, browser: Browser) -> Asking:
    """A reply to the writers' tickets in turn."""
    browser.learn_token("/tickets/nuevo/")
    turn = count(secrets.randbelow(len(scene.answerable)))

    def ask() -> Request:
        path = f"/tickets/{scene.answerable[next(turn) % len(scene.answerable)]}/"
        fields = {"key": secrets.token_urlsafe(16), "body": typed_text()}
        return Request(path, fields=fields, status=HTTPStatus.FOUND, location=f"{path}#mensaje-")

    return ask


def month_of_slots(_scene: Scene) -> Request:
    month = population.slots_begin_at(datetime.now(UTC))
    return Request(f"/formacion/?mes={month:%Y-%m}", expects=(SLOT,), least=20)


def week_of_slots(_scene: Scene) -> Request:
    day = population.slots_begin_at(datetime.now(UTC)).date() + timedelta(weeks=1)
    return Request(f"/formacion/?semana={day}", expects=(SLOT,), least=400)


def typed_text() -> str:
    return "\n\n".join(" ".join(words.sentences("asked")[start : start + 3]) for start in (0, 3))


def floor_ticket(scene: Scene) -> Request:
    return Request(f"/ticket/{scene.conversation}/", expects=("<article>",), least=4)


SESSION_FLOOR = Page("Floor: session page", FLOOR, get("/session/", "Hola, ", least=1))
LIST_FLOOR = Page("Floor: lean list", FLOOR, get("/list/", "<time>", least=ROWS))
TICKET_FLOOR = Page("Floor: lean ticket", FLOOR, always(floor_ticket))

HOME = Page("Home", OUR_MANAGER, get("/inicio/", 'class="tile"', least=4))
HOME_OF_ONE = Page("Home, one's own tickets", OUR_WRITER, get("/inicio/", 'class="tile"', least=4))
LIST = Page("List, the company's", OUR_MANAGER, tickets())
LIST_OF_ONE = Page("List, one's own", OUR_WRITER, tickets(least=15))
LIST_OF_ALL = Page("List, tab of all", OUR_MANAGER, tickets("todos"))
LIST_RESOLVED = Page("List, tab of resolved", OUR_WRITER, tickets("resueltos", least=5))
SECOND_PAGE = Page("List, second page", OUR_MANAGER, second_page)
LARGEST_LIST = Page("List, the largest company's", LARGEST_MANAGER, tickets())
TICKET = Page("Ticket", OUR_MANAGER, always(conversation))
UNREAD_TICKET = Page("Ticket, unread", OUR_MANAGER, always(unread_conversation), unread=True)
NEWS_OF_TICKET = Page("Ticket, is there news", OUR_MANAGER, news)
FILE = Page("File of a ticket", OUR_MANAGER, always(file))
SEARCH_RARE = Page("Search, a rare word", OUR_MANAGER, search(words.RARE, found=3))
SEARCH_ELSEWHERE = Page("Search, a word common elsewhere", OUR_MANAGER, search(words.COMMON_ELSEWHERE, found=2))
SEARCH_NOTHING = Page("Search, a word only elsewhere", OUR_MANAGER, search(words.ONLY_ELSEWHERE, found=0))
SEARCH_COMMON = Page("Search, a word common here", OUR_MANAGER, search(words.COMMON, found=ROWS))
LARGEST_SEARCH = Page("Search, common, the largest company", LARGEST_MANAGER, search(words.COMMON, found=ROWS))
NEW_FORM = Page("New ticket, the form", SOMEBODY_WHO_WRITES, get("/tickets/nuevo/", 'name="subject"'))
NEW_TICKET = Page("New ticket, sent", SOMEBODY_WHO_WRITES, opened, reads=False)
REPLY = Page("Reply, sent", SOMEBODY_WHO_WRITES, answered, reads=False)
QUEUE = Page("Desk: queue", AGENT, queue())
QUEUE_RESOLVED = Page("Desk: queue, resolved", AGENT, queue("resueltos"))
QUEUE_ALL = Page("Desk: queue, all", AGENT, queue("todos"))
DESK_TICKET = Page("Desk: conversation", AGENT, always(desk_conversation))

# Of 10,000 notes in 500 releases: a page of three releases, and the files of the last one.
NEWS = Page("News, 10,000 notes", OUR_UPDATER, get("/novedades/", NOTE, "su ticket #", least=60))
NEWS_OF_MINE = Page(
    "News, fixes of my modules", OUR_UPDATER, get("/novedades/?mios=1&tipo=correcciones", NOTE, least=30)
)
NEWS_SEARCH = Page("News, search", OUR_UPDATER, get("/novedades/?q=evaluacion", NOTE, least=4))
DOWNLOADS = Page("Downloads, 500 releases", OUR_UPDATER, get("/descargas/", CARD, "badge-new", least=12))
PREVIOUS = Page("Downloads, previous versions", OUR_UPDATER, get("/descargas/anteriores/", ROW, least=ROWS))

# The search over everything, of whom every area is open to: besides tickets 5,000 articles, 10,000 notes, 6,000 files
# of updates, 500 announcements and 200 webinars.
EVERYTHING_RARE = Page("Everything, a rare word", OUR_UPDATER, everything(words.RARE, least=6))
EVERYTHING_ELSEWHERE = Page(
    "Everything, a word common elsewhere", OUR_UPDATER, everything(words.COMMON_ELSEWHERE, least=2)
)
EVERYTHING_NOTHING = Page("Everything, a word only elsewhere", OUR_UPDATER, nothing(words.ONLY_ELSEWHERE))
EVERYTHING_COMMON = Page("Everything, a word common here", OUR_UPDATER, everything(words.COMMON, least=20))
EVERYTHING_LONG = Page(
    "Everything, a question", OUR_UPDATER, everything(f"{words.COMMON} de riesgos en blanco al abrirse", least=10)
)
LARGEST_EVERYTHING = Page(
    "Everything, common, the largest company", LARGEST_UPDATER, everything(words.COMMON, least=20)
)

HELP = Page("Help, 5,000 articles", OUR_UPDATER, get("/ayuda/", '<a href="/ayuda/', least=20))
# Tickets that are like it, among the newest thousand, and articles that may answer it.
SUGGESTIONS = Page(
    "Suggestions for a subject",
    SOMEBODY_WHO_WRITES,
    get(f"/tickets/parecidos/?{urlencode({'subject': words.TYPED})}", '<ul class="rows">', least=2),
)

# 100,000 slots of the past, and 2,000 in view.
TRAINING = Page("Training, 2,000 free slots in view", OUR_UPDATER, always(month_of_slots))
TRAINING_WEEK = Page("Training, a week", OUR_UPDATER, always(week_of_slots))

FLOORS = (SESSION_FLOOR, LIST_FLOOR, TICKET_FLOOR)
PAGES = (
    *(HOME, HOME_OF_ONE, LIST, LIST_OF_ONE, LIST_OF_ALL, LIST_RESOLVED, SECOND_PAGE, LARGEST_LIST),
    *(TICKET, UNREAD_TICKET, NEWS_OF_TICKET, FILE),
    *(SEARCH_RARE, SEARCH_ELSEWHERE, SEARCH_NOTHING, SEARCH_COMMON, LARGEST_SEARCH),
    *(NEW_FORM, NEW_TICKET, REPLY, QUEUE, QUEUE_RESOLVED, QUEUE_ALL, DESK_TICKET),
    *(NEWS, NEWS_OF_MINE, NEWS_SEARCH, DOWNLOADS, PREVIOUS),
    *(EVERYTHING_RARE, EVERYTHING_ELSEWHERE, EVERYTHING_NOTHING, EVERYTHING_COMMON, EVERYTHING_LONG),
    *(LARGEST_EVERYTHING, HELP, SUGGESTIONS, TRAINING, TRAINING_WEEK),
)
