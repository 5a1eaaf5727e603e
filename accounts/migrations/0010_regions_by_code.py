"""What stands in the column of the region becomes the code of one; what is none leaves it empty."""

from django.db import migrations, models

from worktime.regions import Region

CODES = {label.casefold(): code for code, label in Region.choices} | {
    "baleares": "IB", "islas baleares": "IB", "cataluña": "CT", "catalunya": "CT", "euskadi": "PV", "madrid": "MD",
    "murcia": "MC", "navarra": "NC", "comunidad valenciana": "VC", "principado de asturias": "AS",
}


def to_codes(apps, schema_editor):
    companies = apps.get_model("accounts", "Company").objects.using(schema_editor.connection.alias)
    for company in companies.exclude(region="").exclude(region__in=Region.values):
        company.region = CODES.get(company.region.strip().casefold(), "")
        company.save(update_fields=["region"])


def to_names(apps, schema_editor):
    companies = apps.get_model("accounts", "Company").objects.using(schema_editor.connection.alias)
    for code, label in Region.choices:
        companies.filter(region=code).update(region=label)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0009_one_name_for_each_permission")]

    operations = [
        migrations.RunPython(to_codes, to_names),
        migrations.AlterField(
            "company",
            "region",
            models.CharField(
                blank=True,
                choices=Region.choices,
                help_text="Decides its public holidays; without one, those of the whole country.",
                max_length=50,
                verbose_name="region",
            ),
        ),
    ]
