"""Relations of experts with dates and sources, instead of a list of former units; the conflict matrix."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.utils import timezone

from workflows.audit import Entry, append


def former_units_become_ties(apps, schema_editor):
    """Each is a record with a first entry in the chain, like every record with a state."""
    former = apps.get_model("review", "Expert").former_organisations.through.objects.order_by("pk")
    ties, now = apps.get_model("review", "ExpertTie"), timezone.now()
    entries = []
    for expert, unit in former.values_list("expert_id", "organisation_id"):
        tie = ties.objects.create(
            expert_id=expert, organisation_id=unit, kind="EMPLOYED", source="IMPORTED", state="DECLARED",
            note="原登记为近三年任职单位，起止日期不详", created_at=now,
        )
        entries.append(
            Entry(
                at=now, actor_id=None, actor_name="系统", role="SYSTEM", object_type="review.experttie",
                object_id=str(tie.pk), transition="create", from_state="", to_state="DECLARED",
                reason="由专家登记的近三年任职单位转入",
            )
        )
    if entries:
        append(entries)


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_unit_relations'),
        ('projects', '0020_avoidances'),
        ('review', '0004_pool'),
        # The chain, to which the moved relations are appended.
        ('workflows', '0014_extension_guards'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='ConflictFinding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=3, verbose_name='规则')),
                ('severity', models.CharField(choices=[('BLOCK', '应当回避'), ('WARN', '待核实')], max_length=5, verbose_name='程度')),
                ('evidence', models.TextField(verbose_name='依据')),
                ('found_at', models.DateTimeField(verbose_name='发现时间')),
                ('gone_at', models.DateTimeField(blank=True, null=True, verbose_name='消失时间')),
                ('bid', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='findings', to='projects.bid')),
                ('expert', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='findings', to='review.expert')),
            ],
            options={
                'ordering': ['expert', 'bid', 'code'],
            },
        ),
        migrations.CreateModel(
            name='ConflictRuling',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(editable=False)),
                ('version', models.PositiveIntegerField(default=0, editable=False)),
                ('evidence', models.TextField(verbose_name='依据')),
                ('state', models.CharField(choices=[('OPEN', '待核实'), ('CONFIRMED', '已核实，须回避'), ('CLEARED', '已排除')], default='OPEN', editable=False, max_length=10, verbose_name='状态')),
                ('finding', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='ruling', to='review.conflictfinding')),
            ],
            options={
                'ordering': ['finding'],
            },
        ),
        migrations.CreateModel(
            name='ExpertTie',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(editable=False)),
                ('version', models.PositiveIntegerField(default=0, editable=False)),
                ('kind', models.CharField(choices=[('RELATIVE', '近亲属'), ('EMPLOYED', '任职'), ('DIRECTOR', '担任董事、监事'), ('SHAREHOLDER', '控股股东、实际控制人'), ('OTHER', '其他可能影响公正的关系'), ('ADVISOR_STUDENT', '导师与学生'), ('COAUTHOR', '合作论文、专利或项目'), ('CONSULTANT', '有偿顾问、代写申报材料')], max_length=16, verbose_name='关系')),
                ('person_name', models.CharField(blank=True, max_length=60, verbose_name='对方姓名')),
                ('unit_name', models.CharField(blank=True, max_length=120, verbose_name='单位名称')),
                ('since', models.DateField(blank=True, null=True, verbose_name='开始日')),
                ('until', models.DateField(blank=True, null=True, verbose_name='结束日')),
                ('source', models.CharField(choices=[('DECLARED', '本人申报'), ('IMPORTED', '批量导入'), ('SECRETARY', '评审秘书登记')], editable=False, max_length=10, verbose_name='来源')),
                ('note', models.CharField(blank=True, max_length=300, verbose_name='说明')),
                ('state', models.CharField(choices=[('DECLARED', '未核实'), ('CONFIRMED', '已核实'), ('WITHDRAWN', '已撤销')], default='DECLARED', editable=False, max_length=10, verbose_name='状态')),
                ('expert', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='ties', to='review.expert')),
                ('organisation', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organisation', verbose_name='单位')),
                ('person', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='人员')),
            ],
            options={
                'ordering': ['expert', '-id'],
            },
        ),
        migrations.AddIndex(
            model_name='conflictfinding',
            index=models.Index(condition=models.Q(('gone_at__isnull', True), ('severity', 'BLOCK')), fields=['bid', 'expert'], name='finding_blocks'),
        ),
        migrations.AddConstraint(
            model_name='conflictfinding',
            constraint=models.UniqueConstraint(fields=('expert', 'bid', 'code'), name='finding_once_per_rule'),
        ),
        migrations.AddConstraint(
            model_name='conflictfinding',
            constraint=models.CheckConstraint(condition=models.Q(('code__regex', '^C(0[1-9]|1[0-4])$')), name='finding_names_a_rule'),
        ),
        migrations.AddConstraint(
            model_name='conflictfinding',
            constraint=models.CheckConstraint(condition=models.Q(('evidence', ''), _negated=True), name='finding_has_evidence'),
        ),
        migrations.AddConstraint(
            model_name='experttie',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind__in', ['EMPLOYED', 'DIRECTOR', 'SHAREHOLDER']), ('person__isnull', True), ('person_name', ''), models.Q(models.Q(('organisation__isnull', False), ('unit_name', '')), models.Q(('organisation__isnull', True), models.Q(('unit_name', ''), _negated=True)), _connector='OR')), models.Q(('kind__in', ['RELATIVE', 'ADVISOR_STUDENT', 'COAUTHOR']), ('organisation__isnull', True), models.Q(models.Q(('person__isnull', False), ('person_name', ''), ('unit_name', '')), models.Q(('person__isnull', True), models.Q(('person_name', ''), _negated=True), models.Q(('unit_name', ''), _negated=True)), _connector='OR')), models.Q(('kind__in', ['OTHER', 'CONSULTANT']), models.Q(models.Q(('person__isnull', True), ('person_name', ''), models.Q(models.Q(('organisation__isnull', False), ('unit_name', '')), models.Q(('organisation__isnull', True), models.Q(('unit_name', ''), _negated=True)), _connector='OR')), models.Q(('organisation__isnull', True), models.Q(models.Q(('person__isnull', False), ('person_name', ''), ('unit_name', '')), models.Q(('person__isnull', True), models.Q(('person_name', ''), _negated=True), models.Q(('unit_name', ''), _negated=True)), _connector='OR')), _connector='OR')), _connector='OR'), name='tie_names_one_subject'),
        ),
        migrations.AddConstraint(
            model_name='experttie',
            constraint=models.CheckConstraint(condition=models.Q(('since', None), ('until', None), ('until__gte', models.F('since')), _connector='OR'), name='tie_dates_in_order'),
        ),
        # What was on file stays on file, as employments whose dates nobody knows.
        migrations.RunPython(former_units_become_ties, migrations.RunPython.noop),
        migrations.RemoveField(model_name="expert", name="former_organisations"),
    ]
