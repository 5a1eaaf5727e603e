from django.db import migrations

from text.search_index import PostgresSQL

# The planner takes a thousand rows for granted, and then would rather ask of every article who reads it.
FUNCTION = "ALTER FUNCTION knowledge_article_holding(tsquery) ROWS"


class Migration(migrations.Migration):
    dependencies = [("knowledge", "0002_search")]

    operations = [PostgresSQL(f"{FUNCTION} 100", f"{FUNCTION} 1000")]
