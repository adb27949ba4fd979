import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('projects', '0018_indicator_evidence'),
    ]

    operations = [
        migrations.CreateModel(
            name='BidAvoidance',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('place', models.PositiveSmallIntegerField()),
                ('person_name', models.CharField(max_length=60, verbose_name='专家姓名')),
                ('unit_name', models.CharField(max_length=120, verbose_name='工作单位')),
                ('reason', models.CharField(max_length=300, verbose_name='申请理由')),
                ('decision', models.CharField(blank=True, choices=[('ACCEPTED', '采纳'), ('REFUSED', '不采纳')], editable=False, max_length=8, verbose_name='决定')),
                ('decision_reason', models.CharField(blank=True, editable=False, max_length=300, verbose_name='决定理由')),
                ('bid', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='avoidances', to='projects.bid')),
            ],
            options={
                'ordering': ['bid', 'place'],
                'constraints': [models.UniqueConstraint(fields=('bid', 'place'), name='avoidance_place_once'), models.UniqueConstraint(fields=('bid', 'person_name', 'unit_name'), name='avoided_once_per_bid'), models.CheckConstraint(condition=models.Q(('place__gte', 1), ('place__lte', 3)), name='at_most_three_avoidances'), models.CheckConstraint(condition=models.Q(models.Q(('decision', ''), ('decision_reason', '')), models.Q(models.Q(('decision', ''), _negated=True), models.Q(('decision_reason', ''), _negated=True)), _connector='OR'), name='avoidance_is_decided_with_a_reason')],
            },
        ),
    ]
