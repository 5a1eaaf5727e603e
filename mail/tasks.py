from celery import shared_task

from mail import delivery


@shared_task
def deliver() -> None:
    """Wake the delivery up; the rows know what is due."""
    delivery.deliver_due()
