from django.db import migrations

from text.search_index import InstallSearch


class Migration(migrations.Migration):
    dependencies = [
        ("knowledge", "0001_articles"),
        ("text", "0004_words_of_a_title"),
    ]

    operations = [InstallSearch("article")]
