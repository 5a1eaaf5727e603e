from django.db import migrations

from text.search_index import PostgresSQL

# Words are runs of letters and digits: punctuation becomes spaces first, else the parser keeps e-mail addresses, paths,
# file names and `IBA-12` as single words. Of a very long text the beginning is searched (a vector holds 1 MB at most).
FORWARDS = r"""
CREATE EXTENSION IF NOT EXISTS unaccent;
CREATE EXTENSION IF NOT EXISTS btree_gin;
CREATE TEXT SEARCH CONFIGURATION simple_unaccent (COPY = simple);
ALTER TEXT SEARCH CONFIGURATION simple_unaccent
    ALTER MAPPING FOR word, numword, hword, numhword, hword_part, hword_numpart WITH unaccent, simple;
CREATE TEXT SEARCH CONFIGURATION es_unaccent (COPY = spanish);
ALTER TEXT SEARCH CONFIGURATION es_unaccent
    ALTER MAPPING FOR word, numword, hword, numhword, hword_part, hword_numpart WITH unaccent, spanish_stem;
CREATE FUNCTION portal_tsv(typed text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT to_tsvector('simple_unaccent', words) || to_tsvector('es_unaccent', words)
    FROM translate(
        normalize(left(typed, 200000), NFC), '!"#$%&''()*+,-./:;<=>?@[\]^_`{|}~', repeat(' ', 32)
    ) AS words
$$;
"""
BACKWARDS = """
DROP FUNCTION portal_tsv(text);
DROP TEXT SEARCH CONFIGURATION es_unaccent;
DROP TEXT SEARCH CONFIGURATION simple_unaccent;
"""


class Migration(migrations.Migration):
    """The extensions stay when it is undone: others may use them."""

    initial = True
    dependencies = []
    operations = [PostgresSQL(FORWARDS, BACKWARDS)]
