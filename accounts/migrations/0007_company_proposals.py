import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [("accounts", "0006_logbook_seals")]
    operations = [
        migrations.CreateModel(
            name='CompanyProposal',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('company', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='proposals', to='accounts.company', verbose_name='company')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='proposed by')),
                ('at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='proposed')),
                ('data', models.JSONField(help_text='field: [old, new]', verbose_name='changes')),
                ('state', models.CharField(choices=[('pending', 'pending'), ('accepted', 'accepted'), ('rejected', 'rejected'), ('withdrawn', 'withdrawn')], default='pending', max_length=10, verbose_name='state')),
                ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='decided by')),
                ('decided_at', models.DateTimeField(blank=True, null=True, verbose_name='decided')),
                ('answer', models.TextField(blank=True, max_length=500, verbose_name='answer')),
            ],
            options={
                'verbose_name': 'proposal of a company',
                'verbose_name_plural': 'proposals of companies',
                'ordering': ['-at'],
            },
        ),
        migrations.AddConstraint(
            model_name='companyproposal',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'pending')), fields=('company',), name='one_pending_proposal_per_company'),
        ),
        migrations.AddConstraint(
            model_name='companyproposal',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_at', None), ('state', 'pending')), models.Q(models.Q(('state', 'pending'), _negated=True), ('decided_at__isnull', False)), _connector='OR'), name='a_decided_proposal_says_when'),
        ),
    ]
