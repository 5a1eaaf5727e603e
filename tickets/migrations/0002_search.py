from django.db import migrations

from text.search_index import InstallSearch


class Migration(migrations.Migration):
    """Subjects, messages and names of files are searched."""

    dependencies = [("tickets", "0001_tickets"), ("text", "0001_spanish_without_accents")]

    operations = [InstallSearch("ticket"), InstallSearch("message"), InstallSearch("attachment")]
