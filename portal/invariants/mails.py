"""The outbox: every mail is in a state that leads somewhere."""

from collections.abc import Iterator
from itertools import chain

from django.db.models import Case, IntegerField, Q, QuerySet, Value, When
from django.db.models.functions import Cast, StrIndex, Substr
from django.utils.translation import gettext_lazy as _

from mail.models import LEASE, Delivery, OutgoingMail
from portal.invariants.looking import Look, Rule, broken

State = OutgoingMail.State
WAITING = (State.QUEUED, State.SENDING)


def mails_lead_somewhere(look: Look) -> Iterator[str]:
    mails = OutgoingMail.objects.all()
    is_due = Q(due_at__isnull=False)
    findings = broken(
        Rule(
            _("E-mail %(row)s is in a state that does not exist."),
            mails.exclude(state__in=State.values),
        ),
        Rule(
            _("E-mail %(row)s waits without a date, or has one and does not wait."),
            mails.filter(Q(state__in=WAITING) & ~is_due | ~Q(state__in=WAITING) & is_due),
        ),
        Rule(
            _("E-mail %(row)s was sent without a try or a date."),
            mails.filter(Q(attempts=0) | Q(sent_at=None), state=State.SENT),
        ),
        Rule(_("E-mail %(row)s failed without a reason."), mails.filter(state=State.FAILED, last_error="")),
        Rule(
            _("E-mail %(row)s was sent and its secret text is still there."),
            mails.filter(~Q(text="") | ~Q(html=""), is_secret=True, state__in=[State.SENT, State.CANCELLED]),
        ),
    )
    return chain(findings, leases_are_young(look))


def leases_are_young(look: Look) -> Iterator[str]:
    """While mail may leave, whatever a dead worker held is taken up again within two leases."""
    if Delivery.current().is_stopped(at=look.at):
        return iter(())
    old = OutgoingMail.objects.filter(state=State.SENDING, lease_until__lt=look.at - LEASE)
    return broken(Rule(_("A worker has held e-mail %(row)s for more than two leases."), old))


def of_threads() -> QuerySet[OutgoingMail]:
    """The mails about tickets, with the company's `code` and the ticket's `number` that their thread is made of."""
    is_reference = Q(thread__regex=r"^[A-Z][A-Z0-9]*-[0-9]{1,9}$")
    dash = StrIndex("thread", Value("-"))
    number = Cast(Substr("thread", dash + 1), IntegerField())
    return OutgoingMail.objects.filter(is_reference).alias(
        code=Substr("thread", 1, dash - 1), number=Case(When(is_reference, then=number))
    )
