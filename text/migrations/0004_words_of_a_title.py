from django.db import migrations

from text.search_index import PostgresSQL

# What stands in a title is kept a second time behind a mark, `tituloxfactura`, as a word and by its stem: it is found
# in the index alone, where a weight would have to be looked for in each row.
FORWARDS = r"""
CREATE FUNCTION portal_tsv_titled(typed text, title text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT portal_tsv(left(typed, 60000) || ' ' || title) || portal_tsv((
        SELECT coalesce(string_agg('titulox' || word, ' '), '')
        FROM unnest(tsvector_to_array(to_tsvector('simple_unaccent', regexp_replace(
            normalize(title, NFC), '[][!"#$%&''()*+,./:;<=>?@\\^_`{|}~-]', ' ', 'g'
        )))) AS word
    ))
$$;
"""
BACKWARDS = "DROP FUNCTION portal_tsv_titled(text, text);"


class Migration(migrations.Migration):
    dependencies = [("text", "0003_words_of_a_company")]
    operations = [PostgresSQL(FORWARDS, BACKWARDS)]
