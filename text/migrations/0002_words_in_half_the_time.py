from django.db import migrations

from text.search_index import PostgresSQL

# The words are the same. translate() compares each letter of a text with each mark; a regular expression does not.
FUNCTION = r"""
CREATE OR REPLACE FUNCTION portal_tsv(typed text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT to_tsvector('simple_unaccent', words) || to_tsvector('es_unaccent', words)
    FROM {without_marks} AS words
$$;
"""
FORWARDS = FUNCTION.replace(
    "{without_marks}",
    r"""regexp_replace(normalize(left(typed, 200000), NFC), '[][!"#$%&''()*+,./:;<=>?@\\^_`{|}~-]', ' ', 'g')""",
)
BACKWARDS = FUNCTION.replace(
    "{without_marks}",
    r"""translate(normalize(left(typed, 200000), NFC), '!"#$%&''()*+,-./:;<=>?@[\]^_`{|}~', repeat(' ', 32))""",
)


class Migration(migrations.Migration):
    dependencies = [("text", "0001_spanish_without_accents")]
    operations = [PostgresSQL(FORWARDS, BACKWARDS)]
