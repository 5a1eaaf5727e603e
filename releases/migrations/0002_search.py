from django.db import migrations

from text.search_index import InstallSearch


class Migration(migrations.Migration):
    dependencies = [
        ("releases", "0001_releases_and_notes"),
        ("text", "0003_words_of_a_company"),
    ]

    operations = [InstallSearch("releasenote")]
