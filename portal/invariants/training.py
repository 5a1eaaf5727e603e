"""Hours and sessions: the balance is what the lines say, and no trainer is in two places."""

from collections.abc import Iterator

from django.db.models import Exists, F, OuterRef, Q, Sum
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from contracts.models import HourBag, HourEntry
from portal.invariants.looking import Look, Rule, broken
from training.models import Booking


def balances_are_the_sum_of_their_lines(look: Look) -> Iterator[str]:
    bags = HourBag.objects.annotate(total=Coalesce(Sum("entries__minutes"), 0))
    debits = HourEntry.objects.filter(kind=HourEntry.Kind.BOOKING, reference=OuterRef("public_id"))
    refunds = HourEntry.objects.filter(kind=HourEntry.Kind.REFUND)
    return broken(
        Rule(
            _("The balance of hour bag %(row)s is not the sum of its lines, or is below zero."),
            bags.filter(~Q(balance=F("total")) | Q(balance__lt=0)),
        ),
        Rule(_("Session %(row)s has no debit."), Booking.objects.live().filter(~Exists(debits))),
        Rule(
            _("Refund %(row)s belongs to no debit."),
            refunds.filter(
                ~Exists(
                    HourEntry.objects.filter(
                        kind=HourEntry.Kind.BOOKING, reference=OuterRef("reference"), bag=OuterRef("bag")
                    )
                )
            ),
        ),
    )


def trainers_are_in_one_place(look: Look) -> Iterator[str]:
    live = Booking.objects.live()
    others = live.filter(
        slot__trainer=OuterRef("slot__trainer"),
        slot__starts__lt=OuterRef("slot__ends"),
        slot__ends__gt=OuterRef("slot__starts"),
    ).exclude(pk=OuterRef("pk"))
    return broken(Rule(_("Session %(row)s overlaps another one of its trainer."), live.filter(Exists(others))))
