from django.db import migrations

from text.search_index import PostgresSQL

# Texts and vectors move to where PostgreSQL keeps long values. What is left of an article is short, so that a search
# finds the numbers of thousands on a hundred pages, not on a thousand.
APART = "ALTER TABLE knowledge_article SET (toast_tuple_target = 128)"
MOVE = "UPDATE knowledge_article SET id = id"
TOGETHER = "ALTER TABLE knowledge_article RESET (toast_tuple_target)"


class Migration(migrations.Migration):
    dependencies = [("knowledge", "0003_few_articles_hold_a_word")]

    operations = [PostgresSQL([APART, MOVE], [TOGETHER])]
