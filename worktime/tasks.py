from celery import shared_task
from django.utils import timezone

from worktime.models import Holiday


@shared_task
def fill_holidays() -> None:
    """The holidays of this year and the next stand in the table."""
    year = timezone.localdate().year
    for each in (year, year + 1):
        Holiday.objects.fill_year(each)
