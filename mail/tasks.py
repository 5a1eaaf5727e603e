from celery import shared_task

from files import alone
from mail import delivery


@shared_task
def deliver() -> None:
    """Wake the delivery up; the rows know what is due.

    While a slow mail server keeps one hand of the worker busy, the next ticks of the clock leave the others alone.
    """
    with alone.on_this_machine("delivery") as is_alone:
        if is_alone:
            delivery.deliver_due()
