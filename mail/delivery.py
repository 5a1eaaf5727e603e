"""The way out: claim a due row, hand it to the mail server, write down what became of it."""

import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.conf import settings
from django.utils import timezone

from mail import messages
from mail.models import POISON_AFTER, Delivery, OutgoingMail
from mail.server import ConnectionLost, MailServer, PutOff, Refused, Unavailable

log = structlog.get_logger(__name__)

# Tickets are looked for again after so many mails, so that they pass a long line of bulk mail.
CHUNK = 10
# A round ends after so many seconds; the next tick of the clock goes on.
ROUND_SECONDS = 100
# A round ends when the server hangs up or falls silent so many times in a row.
LOST_IN_A_ROW = 3


@dataclass(slots=True)
class Delivered:
    """What one round did, in mails."""

    sent: int = 0
    put_off: int = 0
    failed: int = 0
    kept: int = 0


def deliver_due(*, at: datetime | None = None, limit: int = 200) -> Delivered:
    """Send what is due, tickets first, at most `limit` mails.

    Call it outside a transaction; any number of workers may run it at once. A try counts only when the server was
    asked about this very mail. While the server cannot be reached, or refuses our log-in, no try is spent and no mail
    grows old: the round ends at the first failure and the next ones wait, seconds when it is out of reach, up to an
    hour when it refuses the log-in. The two days after which a mail is given up begin with its first try.
    """
    now = at or timezone.now()
    if settings.MAIL_SERVER is None:
        return Delivered(kept=0 if Delivery.current().is_held() else OutgoingMail.objects.free(now).keep())
    with MailServer(settings.MAIL_SERVER) as server:
        return Round(server, at=at, limit=limit).run()


class Round:
    """One pass over the due mails on one connection."""

    def __init__(self, server: MailServer, *, at: datetime | None, limit: int) -> None:
        self.server = server
        self.at = at
        self.limit = limit
        self.done = Delivered()
        self.lost_in_a_row = 0
        self.ends = time.monotonic() + ROUND_SECONDS

    def now(self) -> datetime:
        return self.at or timezone.now()

    def run(self) -> Delivered:
        try:
            for mail in self.due():
                self.server.get_ready()
                if mail.claim(at=self.now()):
                    self.deliver(mail)
        except Unavailable as error:
            self.pause(error)
        return self.done

    def due(self) -> Iterator[OutgoingMail]:
        """The due mails, a few at a time: a hold, a new ticket mail or the next of a thread is soon noticed."""
        left = self.limit
        while left > 0:
            delivery = Delivery.current()
            if delivery.is_stopped(at=self.now()):
                return
            chunk = list(OutgoingMail.objects.due(self.now())[: min(CHUNK, left)])
            if not chunk or not delivery.may_knock(at=self.now()):
                return
            for mail in chunk:
                if self.is_over():
                    return
                yield mail
            left -= len(chunk)

    def is_over(self) -> bool:
        return self.lost_in_a_row >= LOST_IN_A_ROW or time.monotonic() > self.ends

    def deliver(self, mail: OutgoingMail) -> None:
        """One try of a claimed mail. Whatever goes wrong is this mail's own, unless it is `Unavailable`."""
        lost = 0
        try:
            if mail.crashes > POISON_AFTER:
                raise Refused("The worker died at each of the last tries.")
            self.server.send(messages.envelope(mail))
        except Unavailable as error:
            mail.give_back(str(error), at=self.now())
            raise
        except (Refused, messages.Unaddressable) as error:
            mail.fail(str(error))
        except ConnectionLost as error:
            lost = self.lost_in_a_row + 1
            mail.put_off(str(error), at=self.now())
        except PutOff as error:
            mail.put_off(str(error), at=self.now())
        except Exception as error:  # a mail that we cannot build must not stop the others
            log.error("mail_stumbled", mail=mail.pk, kind=mail.kind, error=type(error).__name__)
            mail.stumble(f"{type(error).__name__}: {error}", at=self.now())
            self.server.hang_up()
        else:
            mail.sent(at=self.now())
        if not lost:
            Delivery.current().recover()
        self.lost_in_a_row = lost
        self.note(mail)

    def note(self, mail: OutgoingMail) -> None:
        match mail.state:
            case OutgoingMail.State.SENT:
                self.done.sent += 1
            case OutgoingMail.State.QUEUED:
                self.done.put_off += 1
            case OutgoingMail.State.FAILED:
                self.done.failed += 1
                log.warning("mail_failed", mail=mail.pk, kind=mail.kind)
            case OutgoingMail.State.SENDING:
                log.warning("mail_lease_lost", mail=mail.pk, kind=mail.kind)

    def pause(self, error: Unavailable) -> None:
        """Nobody gets through: say so once, loudly, and wait longer each time."""
        delivery = Delivery.current()
        tell = log.info if delivery.failures else log.error
        tell("mail_server_unavailable", reason=type(error).__name__, failures=delivery.failures + 1)
        delivery.pause(str(error), delays=error.delays, at=self.now())
