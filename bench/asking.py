"""Inside the portal's own process: how many queries a page asks, and how PostgreSQL answers each that reads tickets."""

import json
import re
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from bench import population
from bench.client import Answer, Request
from bench.pages import AGENT, PAGES, Page, Person
from bench.scene import Scene

ABOUT_TICKETS = re.compile(r'^SELECT .*"tickets_(ticket|message)"', re.DOTALL)


class InnerBrowser:
    """Asks the portal in this process; a page's `begin` takes it for a browser."""

    def __init__(self, person: Person) -> None:
        login = population.login_of_agent(0) if person == AGENT else population.login_of(*person)
        self.client = Client(headers={"host": settings.ALLOWED_HOSTS[0]})
        self.client.force_login(User.objects.get(login=login))

    def send(self, request: Request) -> Answer:
        response = self.client.get(request.path, secure=True)
        return Answer(response.status_code, "", b"".join(response).decode(errors="replace"), 0)


def explain(size: int, *, plans: Path, numbers: Path) -> None:
    """Write the plans of each page's queries of tickets to `plans`, and {page: number of queries} to `numbers`."""
    scene = Scene(size)
    counted = {page.name: queries_of(page, scene, plans) for page in PAGES if page.reads}
    numbers.write_text(json.dumps(counted))


def queries_of(page: Page, scene: Scene, folder: Path) -> int:
    browser = InnerBrowser(page.who)
    request = page.begin(scene, browser)()  # type: ignore[arg-type]
    request.check(browser.send(request))
    if page.unread:
        User.objects.get(login=population.login_of(*page.who)).read_marks.filter(ticket=scene.unread_id).delete()
    with CaptureQueriesContext(connection) as asked:
        browser.send(request)
    statements = [query["sql"] for query in asked.captured_queries]
    plans = [plan_of(statement) for statement in statements if ABOUT_TICKETS.match(statement)]
    if plans:
        text = "\n\n".join([f"{page.name}: {request.path}", *plans])
        (folder / f"{slug(page.name)}.txt").write_text(text + "\n")
    return len(statements)


def plan_of(statement: str) -> str:
    """The statement, its columns left out, and what PostgreSQL did to answer it."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) {statement}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    return f"{shortened(statement)}\n\n{plan}"


def shortened(statement: str) -> str:
    """Without the columns that it reads; those may hold a SELECT ... FROM of their own in brackets."""
    depth = 0
    for found in re.finditer(r"[()]| FROM ", statement):
        depth += {"(": 1, ")": -1}.get(found[0], 0)
        if found[0] == " FROM " and depth == 0:
            return f"SELECT …{statement[found.start() :]}"
    return statement


def slug(name: str) -> str:
    return "-".join(re.findall(r"[a-z0-9]+", name.lower().replace("'", "")))
