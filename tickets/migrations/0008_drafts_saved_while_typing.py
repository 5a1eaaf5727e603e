from django.db import migrations, models


class Migration(migrations.Migration):
    """Which state of a draft a window has seen."""

    dependencies = [("tickets", "0007_parts_of_the_queue")]

    operations = [
        migrations.AddField("draft", "revision", models.CharField(blank=True, default="", max_length=40), False),
    ]
