from django.contrib import admin

from worktime.models import Holiday


@admin.register(Holiday)
class HolidayAdmin(admin.ModelAdmin):
    """The public holidays, filled in year by year and corrected here."""

    list_display = ["day", "name", "region"]
    list_filter = ["region"]
    search_fields = ["name"]
    show_full_result_count = False
