from django.db import migrations

WITHOUT_WORDS = ("contact", "file", "yes_no")
AT_A_TIME = 500


def keep_words(apps, schema_editor):
    """What was answered before is found too."""
    answers = apps.get_model("tickets", "Answer").objects.using(schema_editor.connection.alias)
    rows = []
    for answer in answers.select_related("ticket", "request").iterator(AT_A_TIME):
        answer.company_id = (answer.ticket or answer.request).company_id
        value = "" if answer.kind in WITHOUT_WORDS else answer.value
        answer.said = ", ".join(map(str, value)) if isinstance(value, list) else str(value or "")
        rows.append(answer)
        if len(rows) == AT_A_TIME:
            answers.bulk_update(rows, ["company", "said"])
            rows = []
    answers.bulk_update(rows, ["company", "said"])


class Migration(migrations.Migration):
    dependencies = [("tickets", "0013_answers_are_searched")]
    operations = [migrations.RunPython(keep_words, migrations.RunPython.noop)]
