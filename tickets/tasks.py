from celery import shared_task

from tickets.models import Draft


@shared_task
def remove_old_drafts() -> int:
    """Drafts that nobody touched for 90 days, with their files; of those that were sent only the key goes."""
    return Draft.objects.remove_old()
