from django.db import migrations

import text.search
from text.search_index import InstallSearch


class Migration(migrations.Migration):
    dependencies = [
        ("announcements", "0001_announcements_rules_contact_and_service"),
        ("text", "0004_words_of_a_title"),
    ]

    operations = [
        migrations.AddField(
            model_name="announcement",
            name="search",
            field=text.search.SearchColumn("text", editable=False, null=True, title="title"),
        ),
        InstallSearch("announcement"),
    ]
