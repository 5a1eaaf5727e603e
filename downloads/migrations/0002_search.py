from django.db import migrations

import text.search
from text.search_index import InstallSearch


class Migration(migrations.Migration):
    dependencies = [
        ("downloads", "0001_updates_and_their_files"),
        ("text", "0003_words_of_a_company"),
    ]

    operations = [
        migrations.AddField(
            model_name="component",
            name="search",
            field=text.search.SearchColumn("name", editable=False, null=True),
        ),
        migrations.AddField(
            model_name="releasefile",
            name="search",
            field=text.search.SearchColumn("name", editable=False, null=True),
        ),
        InstallSearch("component"),
        InstallSearch("releasefile"),
    ]
