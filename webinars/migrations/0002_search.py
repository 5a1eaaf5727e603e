from django.db import migrations

from text.search_index import InstallSearch


class Migration(migrations.Migration):
    dependencies = [
        ("webinars", "0001_webinars_and_who_takes_part"),
        ("text", "0003_words_of_a_company"),
    ]

    operations = [InstallSearch("webinar")]
