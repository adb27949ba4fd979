"""The party objected to is told and heard; refusals can be reconsidered."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.migrations.state import StateApps as Apps


def name_the_verdicts(apps: Apps, schema_editor: object) -> None:
    """Upheld or not becomes a word, since an objection can also be upheld in part."""
    objections = apps.get_model("projects", "Objection").objects
    objections.filter(is_upheld=True).update(verdict="UPHELD")
    objections.filter(is_upheld=False).update(verdict="NOT_UPHELD")


def answer_yes_or_no(apps: Apps, schema_editor: object) -> None:
    """A part that held did not change the decision, so going back it reads as not upheld."""
    objections = apps.get_model("projects", "Objection").objects
    objections.filter(verdict="UPHELD").update(is_upheld=True)
    objections.filter(verdict__in=["PARTLY", "NOT_UPHELD"]).update(is_upheld=False)


class Migration(migrations.Migration):

    dependencies = [
        ('projects', '0013_correction_sections'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='formalcheck',
            name='overruled',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='objection',
            name='reply_is_extended',
            field=models.BooleanField(default=False, verbose_name='答复期限已延长'),
        ),
        migrations.AddField(
            model_name='objection',
            name='shown_grounds',
            field=models.TextField(blank=True, max_length=3000, verbose_name='告知被异议方的内容'),
        ),
        migrations.AddField(
            model_name='objection',
            name='verdict',
            field=models.CharField(blank=True, choices=[('UPHELD', '成立'), ('PARTLY', '部分成立'), ('NOT_UPHELD', '不成立')], max_length=10, verbose_name='认定'),
        ),
        migrations.RunPython(name_the_verdicts, answer_yes_or_no, elidable=True),
        migrations.RemoveField(
            model_name='objection',
            name='is_upheld',
        ),
        migrations.AlterField(
            model_name='objection',
            name='state',
            field=models.CharField(choices=[('RECEIVED', '已收到'), ('REGISTERED', '已登记'), ('REJECTED_FORM', '不予受理'), ('ACCEPTED', '已受理'), ('INVESTIGATING', '调查中'), ('HEARD', '已听取意见'), ('UPHELD', '成立'), ('PARTLY', '部分成立'), ('NOT_UPHELD', '不成立'), ('REPLIED', '已答复'), ('CLOSED', '已办结'), ('WITHDRAWN', '已撤回')], default='RECEIVED', editable=False, max_length=16, verbose_name='状态'),
        ),
        migrations.CreateModel(
            name='Reconsideration',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(editable=False)),
                ('version', models.PositiveIntegerField(default=0, editable=False)),
                ('number', models.CharField(max_length=48, unique=True, verbose_name='复审编号')),
                ('grounds', models.TextField(max_length=3000, verbose_name='复审理由')),
                ('refused_at', models.DateTimeField(verbose_name='不予受理时间')),
                ('sealed_at', models.DateTimeField(blank=True, null=True, verbose_name='单位盖章时间')),
                ('decide_by', models.DateField(blank=True, null=True, verbose_name='决定期限')),
                ('conclusion', models.TextField(blank=True, verbose_name='复审结论')),
                ('state', models.CharField(choices=[('FILED', '待单位盖章'), ('SEALED', '已提出'), ('UNDER_REVIEW', '复审中'), ('UPHELD', '撤销原决定'), ('KEPT', '维持原决定'), ('REJECTED_FORM', '不予受理'), ('WITHDRAWN', '已撤回')], default='FILED', editable=False, max_length=16, verbose_name='状态')),
                ('bid', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reconsiderations', to='projects.bid')),
                ('reviewer', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['-id'],
                'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'WITHDRAWN'), _negated=True), fields=('bid', 'refused_at'), name='one_reconsideration_per_refusal'), models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['UPHELD', 'KEPT']), _negated=True), models.Q(models.Q(('conclusion', ''), _negated=True), ('reviewer__isnull', False)), _connector='OR'), name='reconsideration_is_decided_with_reasons')],
            },
        ),
    ]
