from django.db import migrations

from text.search_index import InstallSearch, UninstallSearch

SEARCHED = ("ticket", "message", "attachment")


class Migration(migrations.Migration):
    """The words of a ticket are kept by company; every row is read once more."""

    dependencies = [("tickets", "0005_antivirus"), ("text", "0003_words_of_a_company")]
    operations = [
        *[UninstallSearch(model) for model in SEARCHED],
        *[InstallSearch(model, by_company=True) for model in SEARCHED],
    ]
