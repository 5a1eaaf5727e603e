import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models

from accounts.append_only import removals

# What is a person's, of the rows that were written before the database refused to change them.
UNTOLD = {
    "staff_changed": ("login",),
    "company_changed": ("tax_id", "email", "phone", "address"),
}


def forget_personal_values(apps, schema_editor):
    entries = apps.get_model("accounts", "AuditEntry").objects.using(schema_editor.connection.alias)
    for removal in removals(schema_editor.connection.vendor, "accounts_auditentry"):
        schema_editor.execute(removal)
    for entry in entries.filter(kind__in=UNTOLD).order_by("pk").iterator():
        told = entry.changes | {name: [None, None] for name in UNTOLD[entry.kind] if name in entry.changes}
        if told != entry.changes:
            entries.filter(pk=entry.pk).update(changes=told)


class Migration(migrations.Migration):

    dependencies = [("accounts", "0005_manager_replacements")]
    operations = [
        migrations.RunPython(forget_personal_values, migrations.RunPython.noop),
        migrations.CreateModel(
            name='LogbookSeal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField(unique=True, verbose_name='day')),
                ('first_id', models.BigIntegerField(null=True, verbose_name='first line')),
                ('last_id', models.BigIntegerField(null=True, verbose_name='last line')),
                ('count', models.PositiveIntegerField(verbose_name='lines')),
                ('digest', models.CharField(max_length=64, verbose_name='digest')),
                ('sealed_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='sealed')),
            ],
            options={
                'verbose_name': 'seal of the logbook',
                'verbose_name_plural': 'seals of the logbook',
                'ordering': ['day'],
            },
        ),
        migrations.RemoveIndex(
            model_name='auditentry',
            name='logbook_of_company',
        ),
        migrations.AlterField(
            model_name='auditentry',
            name='at',
            field=models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='when'),
        ),
        migrations.AlterField(
            model_name='auditentry',
            name='company',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='logbook', to='accounts.company', verbose_name='company'),
        ),
        migrations.AddIndex(
            model_name='auditentry',
            index=models.Index(fields=['company', '-at', '-batch'], name='logbook_of_company'),
        ),
        migrations.AddIndex(
            model_name='auditentry',
            index=models.Index(fields=['kind', 'company', '-at'], name='logbook_of_kind'),
        ),
        migrations.AddIndex(
            model_name='auditentry',
            index=models.Index(fields=['actor_id', '-at'], name='logbook_by_person'),
        ),
        migrations.AddIndex(
            model_name='auditentry',
            index=models.Index(condition=models.Q(('target', 'user')), fields=['target_id', '-at'], name='logbook_on_person'),
        ),
        migrations.AddIndex(
            model_name='auditentry',
            index=models.Index(fields=['at', 'id'], name='logbook_of_day'),
        ),
    ]
