from django.contrib import admin

from contracts.models import Product
from tables.admin import UncountedPaginator


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin):
    list_display = ["name", "kind", "position", "is_active"]
    list_filter = ["kind", "is_active"]
    search_fields = ["name"]
    show_full_result_count = False
    paginator = UncountedPaginator
