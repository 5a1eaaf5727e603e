from django.db import migrations

from text.search_index import PostgresSQL, RenewHolding

# What a search sorts by stays in the row; it had moved away with the texts (0004).
BESIDE = "ALTER TABLE knowledge_article ALTER title SET STORAGE MAIN, ALTER slug SET STORAGE MAIN"
MOVE = "UPDATE knowledge_article SET title = title || '', slug = slug || ''"
APART = "ALTER TABLE knowledge_article ALTER title SET STORAGE EXTENDED, ALTER slug SET STORAGE EXTENDED"


class Migration(migrations.Migration):
    dependencies = [("knowledge", "0004_texts_apart")]

    operations = [PostgresSQL([BESIDE, MOVE], [APART]), RenewHolding("article")]
