"""Score sheets: bands, named vetoes, drafts field by field, reading time."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('projects', '0017_bid_editors'),
        ('review', '0006_rounds'),
    ]

    operations = [
        migrations.CreateModel(
            name='SheetCell',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('path', models.CharField(max_length=40)),
                ('text', models.TextField(blank=True)),
                ('fault', models.CharField(blank=True, max_length=300)),
                ('seq', models.PositiveBigIntegerField()),
                ('edited_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['seq', 'id'],
            },
        ),
        migrations.CreateModel(
            name='SheetEdit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('path', models.CharField(max_length=40)),
                ('change_id', models.UUIDField(unique=True)),
                ('client', models.UUIDField()),
                ('text', models.TextField(blank=True)),
                ('outcome', models.CharField(choices=[('SAVED', '已保存'), ('MERGED', '已合并'), ('CONFLICT', '与另一窗口冲突')], max_length=8)),
                ('at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='SheetReading',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('opened_at', models.DateTimeField(blank=True, null=True)),
                ('seconds', models.PositiveIntegerField(default=0)),
                ('beat_at', models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.AddField(
            model_name='scoreitem',
            name='band',
            field=models.CharField(blank=True, db_default='', max_length=40),
        ),
        migrations.AddField(
            model_name='scoresheet',
            name='veto_grounds',
            field=models.JSONField(blank=True, default=list, verbose_name='一票否决事由'),
        ),
        migrations.AddField(
            model_name='scoresheet',
            name='veto_reason',
            field=models.TextField(blank=True, max_length=500, verbose_name='一票否决理由'),
        ),
        # Vetoes from before grounds were asked for one by one.
        migrations.RunSQL(
            """
            UPDATE review_scoresheet SET veto_grounds = '["UNNAMED"]', veto_reason = '评分时尚不分项填写事由' WHERE is_vetoed;
            SET CONSTRAINTS ALL IMMEDIATE;
            """,
            migrations.RunSQL.noop,
        ),
        migrations.AddConstraint(
            model_name='scoresheet',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state__in', ['SUBMITTED', 'LOCKED']), _negated=True), models.Q(('is_vetoed', False), ('veto_grounds', [])), models.Q(('is_vetoed', True), models.Q(('veto_grounds', []), _negated=True), models.Q(('veto_reason', ''), _negated=True)), _connector='OR'), name='veto_names_its_grounds'),
        ),
        migrations.AddField(
            model_name='sheetcell',
            name='sheet',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cells', to='review.scoresheet'),
        ),
        migrations.AddField(
            model_name='sheetedit',
            name='sheet',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='edits', to='review.scoresheet'),
        ),
        migrations.AddField(
            model_name='sheetreading',
            name='sheet',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='reading', to='review.scoresheet'),
        ),
        migrations.AddConstraint(
            model_name='sheetcell',
            constraint=models.UniqueConstraint(fields=('sheet', 'path'), name='sheet_cell_once'),
        ),
        migrations.AddIndex(
            model_name='sheetedit',
            index=models.Index(fields=['sheet', 'path', '-id'], name='sheet_edit_of_cell'),
        ),
    ]
