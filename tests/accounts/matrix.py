"""The matrix of permissions as a browser sends it."""

from django.test import Client
from django.urls import reverse

from accounts.forms.permissions import field_of, on

MATRIX = "/gestion/permisos/"


class Matrix:
    """The page as one browser holds it: the boxes as they were shown, until somebody ticks and clears them."""

    def __init__(self, client: Client, **query) -> None:
        self.client, self.query = client, query
        answer = client.get(MATRIX, query)
        assert answer.status_code == 200
        self.data = {"shown": answer.context["form"]["shown"].value()}
        for row in answer.context["rows"]:
            self.data[row["field"]] = on(row["person"])

    def tick(self, person, *names: str) -> "Matrix":
        self.data[field_of(person)] = [*self.data[field_of(person)], *names]
        return self

    def clear(self, person, *names: str) -> "Matrix":
        self.data[field_of(person)] = [name for name in self.data[field_of(person)] if name not in names]
        return self

    def review(self):
        """The page that says what would change, or where there is nothing to say the way back."""
        return self.client.post(reverse("permissions:review"), self.data)

    def confirm(self, **more):
        return confirm(self.client, self.review(), **more)


def confirm(client: Client, page, **more):
    """Confirm what the page says."""
    return client.post(reverse("permissions:apply"), {"confirmed": page.context["form"]["confirmed"].value(), **more})


def undo(client: Client, **more):
    last = client.get(MATRIX).context["last"]
    return client.post(reverse("permissions:undo"), {"batch": last["batch"], **more})


def words_of(page) -> list[str]:
    """What a page of differences says of each person."""
    return [f"{one.person.get_full_name()}: {one.words}" for one in page.context["differences"]]


def said(answer) -> str:
    """What the page says after the redirect, on one line."""
    return " ".join(str(message) for message in answer.context["messages"])
