from django.db import migrations

from text.search_index import PostgresSQL

# The index reads every row that holds a word with a typed beginning, whoever's it is. So each word is kept a second
# time behind the company's number, `c12xfactura`, and what is typed is sought as the beginning of that.
# A vector holds 1 MB at most: of a very long text the beginning is searched.
FORWARDS = r"""
CREATE FUNCTION portal_tsv(typed text, company bigint) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT plain || to_tsvector('es_unaccent', words) || array_to_tsvector(ARRAY(
        SELECT 'c' || company || 'x' || word FROM unnest(tsvector_to_array(plain)) AS word
        WHERE company IS NOT NULL AND octet_length(word) < 1000
    ))
    FROM
        regexp_replace(
            normalize(left(typed, 60000), NFC), '[][!"#$%&''()*+,./:;<=>?@\\^_`{|}~-]', ' ', 'g'
        ) AS words,
        to_tsvector('simple_unaccent', words) AS plain
$$;
"""
BACKWARDS = "DROP FUNCTION portal_tsv(text, bigint);"


class Migration(migrations.Migration):
    dependencies = [("text", "0002_words_in_half_the_time")]
    operations = [PostgresSQL(FORWARDS, BACKWARDS)]
