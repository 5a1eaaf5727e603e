from django.db import migrations

from text.search_index import RenewHolding


class Migration(migrations.Migration):
    dependencies = [("announcements", "0002_search")]

    operations = [RenewHolding("announcement")]
