from django.db import migrations

from text.search_index import InstallSearch


class Migration(migrations.Migration):
    """Tickets are found by what was answered to the questions of their topic."""

    dependencies = [("tickets", "0014_words_of_answers"), ("text", "0003_words_of_a_company")]
    operations = [InstallSearch("answer", by_company=True)]
