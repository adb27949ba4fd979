"""Decisions: budget, hold, batches with a second person, letters to the teams."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('projects', '0020_avoidances'),
        ('review', '0006_rounds'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='awarddecision',
            name='approved_digest',
            field=models.CharField(blank=True, editable=False, max_length=64),
        ),
        migrations.AddField(
            model_name='awarddecision',
            name='budget_yuan',
            field=models.PositiveBigIntegerField(blank=True, null=True, verbose_name='经费盘子（元）'),
        ),
        migrations.AddField(
            model_name='awarddecision',
            name='release_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='定时发布'),
        ),
        migrations.AddField(
            model_name='bid',
            name='told_at',
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name='告知时间'),
        ),
        migrations.AddField(
            model_name='decisionrow',
            name='decided_by',
            field=models.CharField(blank=True, max_length=16, verbose_name='排序依据'),
        ),
        migrations.AddField(
            model_name='decisionrow',
            name='is_changed',
            field=models.BooleanField(default=False),
        ),
        migrations.AlterField(
            model_name='awarddecision',
            name='state',
            field=models.CharField(choices=[('PROPOSED', '建议方案'), ('JOINT_MEETING', '联席会'), ('OFFICE_MEETING', '厅（局）办公会'), ('PARTY_GROUP', '党组会'), ('NOTICE', '拟立项公示'), ('CLEARED', '公示无异议'), ('HELD', '已审定，待发布'), ('ISSUED', '已下达')], default='PROPOSED', editable=False, max_length=16, verbose_name='状态'),
        ),
        migrations.CreateModel(
            name='DecisionLetter',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('AWARD', '立项告知书'), ('RESERVE', '备选告知书'), ('REJECT', '未立项告知书')], max_length=8, verbose_name='类别')),
                ('content', models.JSONField()),
                ('told_at', models.DateTimeField(verbose_name='告知时间')),
                ('object_key', models.CharField(blank=True, max_length=200)),
                ('pdf_sha256', models.CharField(blank=True, max_length=64)),
                ('bid', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='letters', to='projects.bid')),
                ('decision', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='letters', to='projects.awarddecision')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='LetterOpinion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField(max_length=1000, verbose_name='告知文本')),
                ('names_nobody', models.BooleanField(default=False, verbose_name='已核对，所列词语不指任何专家')),
                ('edited_at', models.DateTimeField()),
                ('decision', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='opinions', to='projects.awarddecision')),
                ('edited_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('sheet', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='letter_opinion', to='review.scoresheet')),
            ],
        ),
        migrations.CreateModel(
            name='LetterRecipient',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('capacity', models.CharField(choices=[('PI', '项目负责人'), ('ORG', '牵头单位'), ('REC', '推荐单位')], max_length=4, verbose_name='身份')),
                ('letter', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='recipients', to='projects.decisionletter')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='DecisionBatch',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(editable=False)),
                ('version', models.PositiveIntegerField(default=0, editable=False)),
                ('kind', models.CharField(choices=[('PUBLICISE', '审定并公示'), ('ISSUE', '下达立项'), ('RELEASE', '发布结果')], max_length=12, verbose_name='事项')),
                ('minutes', models.TextField(blank=True, max_length=5000, verbose_name='会议纪要')),
                ('document_no', models.CharField(blank=True, max_length=40, verbose_name='发文字号')),
                ('is_held', models.BooleanField(default=False, verbose_name='审定后暂不发布')),
                ('release_at', models.DateTimeField(blank=True, null=True, verbose_name='定时发布')),
                ('digest', models.CharField(max_length=64, verbose_name='预览摘要值')),
                ('led_to_version', models.PositiveIntegerField(blank=True, editable=False, null=True)),
                ('state', models.CharField(choices=[('PROPOSED', '待第二人复核'), ('CARRIED_OUT', '已办理'), ('REFUSED', '复核未通过'), ('WITHDRAWN', '已撤回')], default='PROPOSED', editable=False, max_length=12, verbose_name='状态')),
                ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='复核人')),
                ('decision', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='batches', to='projects.awarddecision')),
                ('proposed_by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='提出人')),
            ],
            options={
                'ordering': ['-id'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['CARRIED_OUT', 'REFUSED']), _negated=True), models.Q(('decided_by__isnull', False), models.Q(('decided_by', models.F('proposed_by')), _negated=True)), _connector='OR'), name='batch_has_a_second_person'), models.UniqueConstraint(condition=models.Q(('state', 'PROPOSED')), fields=('decision',), name='one_open_batch_per_decision'), models.CheckConstraint(condition=models.Q(('digest__regex', '^[0-9a-f]{64}$')), name='batch_has_digest'), models.CheckConstraint(condition=models.Q(('release_at__isnull', True), models.Q(('is_held', True), ('kind', 'ISSUE')), _connector='OR'), name='only_held_results_wait')],
            },
        ),
        migrations.AddIndex(
            model_name='decisionletter',
            index=models.Index(condition=models.Q(('object_key', '')), fields=['decision'], name='letter_to_draw'),
        ),
        migrations.AddConstraint(
            model_name='decisionletter',
            constraint=models.UniqueConstraint(fields=('bid', 'kind'), name='letter_once_per_bid_and_kind'),
        ),
        migrations.AddConstraint(
            model_name='decisionletter',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('object_key', ''), ('pdf_sha256', '')), models.Q(models.Q(('object_key', ''), _negated=True), ('pdf_sha256__regex', '^[0-9a-f]{64}$')), _connector='OR'), name='drawn_letter_has_digest'),
        ),
        migrations.AddConstraint(
            model_name='letterrecipient',
            constraint=models.UniqueConstraint(fields=('letter', 'user'), name='told_once_by_each_letter'),
        ),
        # Results of before were told as they were issued.
        migrations.RunSQL(
            """
            UPDATE projects_bid b SET told_at = d.issued_at
            FROM projects_challenge c JOIN projects_awarddecision d ON d.challenge_list_id = c.challenge_list_id
            WHERE c.id = b.challenge_id AND d.issued_at IS NOT NULL
              AND b.state IN ('AWARDED', 'NOT_AWARDED', 'RESERVE')
            """,
            migrations.RunSQL.noop,
        ),
    ]
