"""The first draft of an article: what a ticket asked, and what support answered."""

import re
from itertools import takewhile

from django.utils.translation import gettext as _

from text.rendering import MESSAGE_LIMIT
from tickets.models import Message, Ticket

# Messages of a conversation that are read.
MESSAGES = 40
# A first line that only greets somebody: the words, and perhaps whom, by a title and names with capital letters. What
# was taken for a name stays one (`*+`), else a long row of them would be tried in every way.
GREETING = re.compile(
    r"""\A[ \t¡]*
    (?i:hola(?:[ ]buenas)?|buenos[ ]d[ií]as|(?:muy[ ])?buenas(?:[ ](?:tardes|noches))?
      |(?:estimad|querid|apreciad)[oa]s?(?:/[oa]s?)?|hello|hi|dear|good[ ](?:morning|afternoon|evening))
    (?:,?[ ](?:[A-ZÀ-ÖØ-Þ][\w.'’-]*
      |(?i:a[ ]tod[oa]s|all|everyone|don|doña|dr?a?\.|dña\.|srta\.?|sra?\.?|mrs?\.?|ms\.?|y|and|del|de|la)))*+
    [ \t]*[,.:;!]*[ \t]*(?:\n|\Z)""",
    re.VERBOSE,
)


def article_of(ticket: Ticket) -> str:
    """The question as it was opened, and all that support wrote, in Markdown; who asked is not named or greeted."""
    messages = list(ticket.messages.order_by("created_at", "pk").only("body", "from_support")[:MESSAGES])
    asked = [said(message) for message in takewhile(lambda message: not message.from_support, messages)]
    answered = [said(message) for message in messages if message.from_support]
    question, answer = _("The question"), _("The answer")
    parts = [f"## {question}", *asked[:1], f"## {answer}", *answered]
    return "\n\n".join(part for part in parts if part)[:MESSAGE_LIMIT]


def said(message: Message) -> str:
    return GREETING.sub("", message.body.strip()).strip()
