"""The e-mails that this app sends. Each function decides who hears of it, and nothing else.

Nobody is told of their own action; one mail per person and event, whatever the number of reasons.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils.safestring import mark_safe

from accounts.areas import is_there
from accounts.emails import recipient
from accounts.models import User
from accounts.permissions import within_the_installation
from announcements.emails import CHARACTERS
from downloads.models import ReleaseFile
from mail.outbox import Recipient, queue
from text import rendering
from tickets.status import TRYING_OUT

if TYPE_CHECKING:
    from announcements.models import IncidentUpdate
    from tickets.models import Attachment, Follower, Guest, Message, Request, Ticket

# A mail about many tickets names so many.
HANDED_OVER_NAMED = 10


def ticket_opened(ticket: "Ticket", *, approved_by: User | None = None) -> None:
    """To support; to the author as a confirmation, which says who agreed to a request; to whom the author put in
    copy."""
    message = ticket.messages.get()
    words: dict[str, Any] = {"message": message, "answers": list(ticket.all_answers()), "approved_by": approved_by}
    tell_support("ticket_opened_for_support", ticket, **words)
    if ticket.author is None or ticket.author.is_active:
        tell_customers("ticket_received", ticket, [ticket.opener], **words)
    if ticket.is_of_guest:
        return
    others = ticket.followers.exclude(user=ticket.author).select_related("user__company")
    for follower in others:
        if approved_by and follower.user_id == approved_by.pk:
            continue
        follower_added(ticket, follower, by=ticket.author)  # type: ignore[arg-type]  # a company's has one


def guest_verify(guest: "Guest", token: str) -> None:
    """Somebody began a ticket with this address: a link shows that it is theirs.

    Nothing that was typed stands in it, else anybody could have us write anything to anybody.
    """
    link = settings.PUBLIC_URL + reverse("guests:verify", args=[token])
    to = Recipient(address=guest.email, language=guest.language)
    queue("guest_verify", [to], context={"email": guest.email, "link": link}, thread=guest.thread, is_secret=True)


def request_asked(asked: "Request") -> None:
    """To the managers of the company, who decide."""
    managers = User.objects.managers().filter(company=asked.company_id).exclude(pk=asked.author_id)
    words = {"asked": asked, "answers": list(asked.all_answers()), "link": link_to("approvals:detail", asked)}
    queue("request_asked", map(recipient, managers), context=words | text_as_typed(asked.body))


def request_refused(asked: "Request") -> None:
    """To whoever asked for it, while they are there."""
    if asked.author.is_active and asked.author_id != asked.decided_by_id:
        words = {"asked": asked, "link": link_to("requests:asked", asked)}
        queue("request_refused", [recipient(asked.author)], context=words)


def ticket_replied(message: "Message") -> None:
    """Support's answer: author, followers, and contacts with the copy mark. A customer's: support and the followers."""
    ticket = message.ticket
    by = message.author or ticket.opener
    if message.from_support:
        tell_customers("ticket_replied", ticket, audience(ticket, by=by, copied=True), message=message, by=by)
    else:
        tell_support("ticket_replied_for_support", ticket, message=message)
        tell_customers("ticket_replied", ticket, audience(ticket, by=by), message=message, by=by)


def ticket_closed(ticket: "Ticket", *, by: "User | Guest") -> None:
    """To author and followers; contacts with the copy mark hear of it when support closes."""
    tell_customers("ticket_closed", ticket, audience(ticket, by=by, copied=by.is_staff), by=by)


def ticket_reopened(ticket: "Ticket", *, by: "User | Guest") -> None:
    """To support when a customer reopens; to author and followers in any case."""
    if not by.is_staff:
        tell_support("ticket_reopened_for_support", ticket, by=by)
    tell_customers("ticket_reopened", ticket, audience(ticket, by=by), by=by)


def ticket_available(ticket: "Ticket") -> None:
    """The release that solves it is out: to author, followers and contacts with the copy mark."""
    note = ticket.release_note
    words = {"version": note.release.version, "note": note.text if note.is_public else "", "days": TRYING_OUT.days}
    people = list(audience(ticket, by=None, copied=True))
    takers = [person for person in people if isinstance(person, User) and person.can_use_downloads]
    takers = takers if is_there("downloads") else []
    files = ReleaseFile.objects.visible_to(takers[0]).of(note.release).in_cards() if takers else []
    others = [person for person in people if person not in takers]
    link = settings.PUBLIC_URL + reverse("downloads:release", args=[note.release.version])
    tell_customers("ticket_available", ticket, takers, **words, downloads=[str(file) for file in files], files_at=link)
    tell_customers("ticket_available", ticket, others, **words)


def incident_told(ticket: "Ticket", news: Sequence["IncidentUpdate"]) -> None:
    """What was said of its incident, as an answer by support: to author, followers and contacts with the copy mark."""
    said = [(update.get_stage_display, rendering.article_line(update.text, CHARACTERS)) for update in news]
    words = {"incident": ticket.incident, "said": said, "asks": ticket.asks_whether_solved, "days": TRYING_OUT.days}
    tell_customers("ticket_incident_told", ticket, audience(ticket, by=None, copied=True), **words)


def ticket_closed_without_verdict(ticket: "Ticket") -> None:
    """Nobody said whether what should have solved it did: to author and followers."""
    words = {"incident": ticket.incident if ticket.was_mended_last else None, "days": TRYING_OUT.days}
    tell_customers("ticket_closed_without_verdict", ticket, audience(ticket, by=None), **words)


def ticket_assigned(ticket: "Ticket") -> None:
    """To the person of support who has it now."""
    tell_support("ticket_assigned", ticket)


def follower_added(ticket: "Ticket", follower: "Follower", *, by: User) -> None:
    """To whoever was put in copy by somebody else."""
    if follower.user_id and (follower.user_id == by.pk or not follower.user.is_active):
        return
    person = follower.user if follower.user_id else follower.email
    tell_customers("follower_added", ticket, [person], by=by)


def tickets_handed_over(tickets: Sequence["Ticket"], heir: User, *, person: User, by: User) -> None:
    """To the colleague who follows from now on what somebody leaves behind."""
    link = f"{settings.PUBLIC_URL}{reverse('tickets:list')}?ver=mios"
    words = {"tickets": tickets[:HANDED_OVER_NAMED], "count": len(tickets), "person": person, "by": by, "link": link}
    queue("tickets_handed_over", [recipient(heir)], context=words)


def files_quarantined(message: "Message", files: Sequence["Attachment"]) -> None:
    """To support, and to whoever sent the files."""
    words = {"sender": message.writer, "found": files}
    senders: list[Any] = [message.author] if message.author and message.author.is_active else []
    if message.ticket.is_of_guest and not message.from_support:
        senders = [message.ticket.guest]
    colleagues = [sender for sender in senders if sender.is_staff]
    tell_support("files_quarantined_for_support", message.ticket, also=colleagues, **words)
    if not colleagues:
        tell_customers("files_quarantined", message.ticket, senders, **words)


# --- who ---


def audience(ticket: "Ticket", *, by: "User | Guest | None", copied: bool = False) -> Iterator["User | Guest | str"]:
    """Author and followers, with `copied` also the contacts with the copy mark; not `by`, nobody twice. Of a guest's
    ticket the guest."""
    if ticket.is_of_guest:
        yield from [ticket.guest] if by != ticket.guest else []
        return
    reasons = Q(follows__ticket=ticket)
    if copied:
        reasons |= Q(copied_on_company_tickets=True)
    people = User.objects.active().filter(reasons, company=ticket.company_id).select_related("company").distinct()
    yield from people.exclude(pk=by.pk if isinstance(by, User) else None)
    yield from ticket.followers.filter(user=None).values_list("email", flat=True)


def tell_customers(template: str, ticket: "Ticket", people: Any, **context: Any) -> None:
    """Queue one mail for each address; those who cannot open the ticket get no link but whom to ask."""
    if ticket.is_of_guest:
        return tell_guest(template, ticket, people, **context)
    following = set(ticket.followers.values_list("user", flat=True))
    seen: set[str] = set()
    groups: dict[bool, list[Recipient]] = {True: [], False: []}
    for person in sorted(people, key=lambda who: not can_open(ticket, who, following)):
        to = recipient(person) if isinstance(person, User) else Recipient(address=person, company_id=ticket.company_id)
        if to.address not in seen:
            seen.add(to.address)
            groups[can_open(ticket, person, following)].append(to)
    link = settings.PUBLIC_URL + ticket.get_absolute_url()
    for opens, recipients in groups.items():
        words = {"ticket": ticket, "link": link if opens else "", "can_open": opens} | text_of(context.get("message"))
        queue(template, recipients, context=words | context, thread=ticket.thread)
    return None


def tell_guest(template: str, ticket: "Ticket", guests: "Iterable[Guest]", **context: Any) -> None:
    """Queue the mail, with the link that opens the ticket without an account; it is gone once it was sent."""
    for guest in guests:
        to = Recipient(address=guest.email, name=guest.name, language=guest.language)
        words = {"ticket": ticket, "link": guest.link, "can_open": True} | text_of(context.get("message"))
        queue(template, [to], context=words | context, thread=ticket.thread, is_secret=True)


def can_open(ticket: "Ticket", person: User | str, following: set[int]) -> bool:
    return isinstance(person, User) and ticket.opens_for(
        within_the_installation(person), follows=person.pk in following
    )


def tell_support(template: str, ticket: "Ticket", *, also: Iterable[User] = (), **context: Any) -> None:
    """Queue a mail to the assignee, or to the department while nobody is assigned, and to others of support.
    Demonstrations are not attended."""
    if ticket.is_demo:
        return
    department = ticket.topic.department
    to = (
        recipient(ticket.assignee)
        if ticket.assignee_id and ticket.assignee.is_active
        else Recipient(address=department.email, name=department.name)
    )
    link = settings.PUBLIC_URL + reverse("admin:tickets_ticket_change", args=[ticket.pk])
    words = {"ticket": ticket, "link": link} | text_of(context.get("message"))
    queue(template, [to, *map(recipient, also)], context=words | context, thread=ticket.thread)


def text_of(message: "Message | None") -> dict[str, Any]:
    """The message as both parts of a mail show it: without pictures, which a mail cannot fetch."""
    if message is None:
        return {}
    return text_as_typed(message.body) | {"files": [attachment.name for attachment in message.attachments.all()]}


def text_as_typed(body: str) -> dict[str, Any]:
    return {"body": body, "html": mark_safe(rendering.message_html(body))}  # noqa: S308 - sanitised there


def link_to(page: str, asked: "Request") -> str:
    return settings.PUBLIC_URL + reverse(page, args=[asked.public_id])
