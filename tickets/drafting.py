"""The first draft of an article: what a ticket asked, and what support answered."""

from itertools import takewhile

from django.utils.translation import gettext as _

from text.rendering import MESSAGE_LIMIT
from tickets.models import Ticket

# Messages of a conversation that are read.
MESSAGES = 40


def article_of(ticket: Ticket) -> str:
    """The question as it was opened, and all that support wrote, in Markdown; who asked is not named."""
    messages = list(ticket.messages.order_by("created_at", "pk").only("body", "from_support")[:MESSAGES])
    asked = [message.body.strip() for message in takewhile(lambda message: not message.from_support, messages)]
    answered = [message.body.strip() for message in messages if message.from_support]
    question, answer = _("The question"), _("The answer")
    parts = [f"## {question}", *asked[:1], f"## {answer}", *answered]
    return "\n\n".join(part for part in parts if part)[:MESSAGE_LIMIT]
