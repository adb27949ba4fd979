"""The expert pool: the whole record, leaves, credit, sealed numbers, imports; and what the database itself refuses."""

import accounts.models.sealed_field
import django.contrib.postgres.constraints
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import review.models.expert
from django.conf import settings
from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations, models


#: One line of words becomes a list.
KEYWORDS = r"""
ALTER TABLE review_expert ALTER COLUMN keywords DROP DEFAULT,
    ALTER COLUMN keywords TYPE varchar(40)[]
    USING array_remove(regexp_split_to_array(trim(keywords), '\s*[,，、;；]\s*|\s+'), '')::varchar(40)[];
"""
KEYWORDS_BACK = "ALTER TABLE review_expert ALTER COLUMN keywords TYPE varchar(200) USING array_to_string(keywords, '、');"

GUARDS = r"""
ALTER TABLE review_expert ADD CONSTRAINT expert_discipline_shape
    CHECK (array_to_string(discipline_codes, ',') ~ '^(\d{3}(\d{2}){0,2}(,\d{3}(\d{2}){0,2})*)?$');

-- The credit file: what was noted stays.
CREATE TRIGGER credit_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON review_expertcredit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Numbers are sealed (Fernet tokens begin with their version, 0x80) or are not there at all.
ALTER TABLE review_expertidentity ADD CONSTRAINT identity_is_sealed
    CHECK (number LIKE 'gAAAA%' AND account LIKE 'gAAAA%');

CREATE CONSTRAINT TRIGGER state_is_audited_insert AFTER INSERT ON review_expertimport
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION require_audit('review.expertimport');
CREATE CONSTRAINT TRIGGER state_is_audited_update AFTER UPDATE OF state ON review_expertimport
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state)
    EXECUTE FUNCTION require_audit('review.expertimport');
"""
DROP = """
DROP TRIGGER IF EXISTS state_is_audited_update ON review_expertimport;
DROP TRIGGER IF EXISTS state_is_audited_insert ON review_expertimport;
ALTER TABLE review_expertidentity DROP CONSTRAINT IF EXISTS identity_is_sealed;
DROP TRIGGER IF EXISTS credit_no_change ON review_expertcredit;
ALTER TABLE review_expert DROP CONSTRAINT IF EXISTS expert_discipline_shape;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('workflows', '0002_audit_chain'),
        ('accounts', '0002_profiles'),
        ('review', '0003_demand_scores'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        BtreeGistExtension(),
        migrations.CreateModel(
            name='ExpertCredit',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('event', models.CharField(choices=[('ON_TIME', '按时完成'), ('THOROUGH', '意见翔实'), ('LATE', '逾期提交'), ('DECLINED_LATE', '接受后谢绝'), ('RETURNED', '意见退回补充'), ('NO_ANSWER', '未按时答复邀请'), ('UNDECLARED_TIE', '应回避未申报'), ('UNFAIR', '评审不公正'), ('LEAKED', '泄露评审信息')], max_length=16, verbose_name='事项')),
                ('points', models.SmallIntegerField(verbose_name='记分')),
                ('note', models.CharField(blank=True, max_length=300, verbose_name='说明')),
                ('noted_at', models.DateTimeField(verbose_name='记录时间')),
            ],
            options={
                'ordering': ['-noted_at', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='ExpertIdentity',
            fields=[
                ('expert', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='identity', serialize=False, to='review.expert')),
                ('kind', models.CharField(choices=[('ID_CARD', '居民身份证'), ('PASSPORT', '护照'), ('PERMIT', '港澳台或外国人居留证件')], default='ID_CARD', max_length=10, verbose_name='证件类型')),
                ('number', accounts.models.sealed_field.SealedField(verbose_name='证件号')),
                ('bank', models.CharField(max_length=60, verbose_name='开户银行')),
                ('account', accounts.models.sealed_field.SealedField(verbose_name='银行卡号')),
                ('consented_at', models.DateTimeField(verbose_name='同意时间')),
            ],
        ),
        migrations.CreateModel(
            name='ExpertImport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(editable=False)),
                ('version', models.PositiveIntegerField(default=0, editable=False)),
                ('file_name', models.CharField(max_length=120, verbose_name='文件名')),
                ('file_sha256', models.CharField(max_length=64)),
                ('rows', models.JSONField(default=list)),
                ('preview', models.JSONField(default=list)),
                ('preview_sha256', models.CharField(max_length=64)),
                ('previewed_at', models.DateTimeField(verbose_name='核对时间')),
                ('left_out', models.JSONField(default=list)),
                ('new_count', models.PositiveIntegerField(default=0, verbose_name='新增')),
                ('changed_count', models.PositiveIntegerField(default=0, verbose_name='更新')),
                ('same_count', models.PositiveIntegerField(default=0, verbose_name='不变')),
                ('refused_count', models.PositiveIntegerField(default=0, verbose_name='拒绝')),
                ('applied_at', models.DateTimeField(blank=True, null=True, verbose_name='导入时间')),
                ('state', models.CharField(choices=[('UPLOADED', '待核对'), ('APPLIED', '已导入'), ('DISCARDED', '已放弃')], default='UPLOADED', editable=False, max_length=12, verbose_name='状态')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='ExpertLeave',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('starts_on', models.DateField(verbose_name='开始日')),
                ('ends_on', models.DateField(verbose_name='结束日')),
                ('reason', models.CharField(blank=True, max_length=60, verbose_name='事由')),
            ],
            options={
                'ordering': ['starts_on'],
            },
        ),
        migrations.AddField(
            model_name='expert',
            name='achievements',
            field=models.TextField(blank=True, max_length=3000, verbose_name='主要研究成果'),
        ),
        migrations.AddField(
            model_name='expert',
            name='birth_month',
            field=models.CharField(blank=True, help_text='例：1975-08', max_length=7, verbose_name='出生年月'),
        ),
        migrations.AddField(
            model_name='expert',
            name='confirmed_on',
            field=models.DateField(blank=True, null=True, verbose_name='本人确认日'),
        ),
        migrations.AddField(
            model_name='expert',
            name='degree',
            field=models.CharField(blank=True, choices=[('DOCTOR', '博士'), ('MASTER', '硕士'), ('BACHELOR', '学士'), ('NONE', '无')], max_length=10, verbose_name='学位'),
        ),
        migrations.AddField(
            model_name='expert',
            name='discipline_codes',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=7), blank=True, default=list, size=5, verbose_name='学科代码'),
        ),
        migrations.AddField(
            model_name='expert',
            name='education',
            field=models.CharField(blank=True, choices=[('DOCTORAL', '博士研究生'), ('MASTER', '硕士研究生'), ('BACHELOR', '大学本科'), ('COLLEGE', '大学专科'), ('OTHER', '其他')], max_length=10, verbose_name='学历'),
        ),
        migrations.AddField(
            model_name='expert',
            name='employment',
            field=models.CharField(blank=True, choices=[('EMPLOYED', '在职'), ('RETIRED', '退休'), ('REHIRED', '返聘')], max_length=10, verbose_name='在职状态'),
        ),
        migrations.AddField(
            model_name='expert',
            name='gender',
            field=models.CharField(blank=True, choices=[('FEMALE', '女'), ('MALE', '男')], max_length=8, verbose_name='性别'),
        ),
        migrations.AddField(
            model_name='expert',
            name='graduated_from',
            field=models.CharField(blank=True, max_length=60, verbose_name='毕业院校'),
        ),
        migrations.AddField(
            model_name='expert',
            name='honours',
            field=models.CharField(blank=True, max_length=300, verbose_name='学术荣誉称号'),
        ),
        migrations.AddField(
            model_name='expert',
            name='integrity_checked_on',
            field=models.DateField(blank=True, null=True, verbose_name='诚信核查日'),
        ),
        migrations.AddField(
            model_name='expert',
            name='languages',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=20), blank=True, default=list, size=5, verbose_name='外语'),
        ),
        migrations.AddField(
            model_name='expert',
            name='max_bids_per_round',
            field=models.PositiveSmallIntegerField(default=20, verbose_name='每轮评审申请上限'),
        ),
        migrations.AddField(
            model_name='expert',
            name='position',
            field=models.CharField(blank=True, max_length=40, verbose_name='职务'),
        ),
        migrations.AddField(
            model_name='expert',
            name='recommending_unit',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='accounts.organisation', verbose_name='推荐单位'),
        ),
        migrations.AddField(
            model_name='expert',
            name='region',
            field=models.CharField(blank=True, max_length=40, verbose_name='所在地区'),
        ),
        migrations.AddField(
            model_name='expert',
            name='speciality',
            field=models.CharField(blank=True, max_length=60, verbose_name='所学专业'),
        ),
        migrations.AddField(
            model_name='expert',
            name='valid_until',
            field=models.DateField(default=review.models.expert.valid_from_today, verbose_name='有效期至'),
        ),
        migrations.SeparateDatabaseAndState([migrations.RunSQL(KEYWORDS, KEYWORDS_BACK)], [
            migrations.AlterField(
                model_name='expert',
                name='keywords',
                field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), blank=True, default=list, size=20, verbose_name='研究方向'),
            ),
        ]),
        migrations.AddIndex(
            model_name='expert',
            index=django.contrib.postgres.indexes.GinIndex(fields=['keywords'], name='expert_by_keyword'),
        ),
        migrations.AddIndex(
            model_name='expert',
            index=models.Index(fields=['agency', 'valid_until'], name='expert_by_validity'),
        ),
        migrations.AddConstraint(
            model_name='expert',
            constraint=models.CheckConstraint(condition=models.Q(('birth_month', ''), ('birth_month__regex', '^(19|20)\\d{2}-(0[1-9]|1[0-2])$'), _connector='OR'), name='expert_birth_month_shape'),
        ),
        migrations.AddField(
            model_name='expertcredit',
            name='expert',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='credits', to='review.expert'),
        ),
        migrations.AddField(
            model_name='expertcredit',
            name='noted_by',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='expertcredit',
            name='round',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='review.reviewround', verbose_name='评审轮次'),
        ),
        migrations.AddField(
            model_name='expertimport',
            name='agency',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='expert_imports', to='accounts.agency'),
        ),
        migrations.AddField(
            model_name='expertimport',
            name='uploaded_by',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='上传人'),
        ),
        migrations.AddField(
            model_name='expertleave',
            name='expert',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='leaves', to='review.expert'),
        ),
        migrations.AddIndex(
            model_name='expertcredit',
            index=models.Index(fields=['expert', 'noted_at'], name='credit_by_expert'),
        ),
        migrations.AddConstraint(
            model_name='expertcredit',
            constraint=models.UniqueConstraint(condition=models.Q(('noted_by__isnull', True), ('round__isnull', False)), fields=('expert', 'round', 'event'), name='credit_once_per_round'),
        ),
        migrations.AddConstraint(
            model_name='expertimport',
            constraint=models.CheckConstraint(condition=models.Q(('state', 'UPLOADED'), ('rows', []), _connector='OR'), name='applied_import_keeps_no_rows'),
        ),
        migrations.AddConstraint(
            model_name='expertimport',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('state', 'APPLIED'), _negated=True), ('applied_at__isnull', False), _connector='OR'), name='applied_import_has_its_time'),
        ),
        migrations.AddConstraint(
            model_name='expertleave',
            constraint=models.CheckConstraint(condition=models.Q(('ends_on__gte', models.F('starts_on'))), name='leave_in_order'),
        ),
        migrations.AddConstraint(
            model_name='expertleave',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(expressions=[('expert', '='), (models.Func(models.F('starts_on'), models.F('ends_on'), models.Value('[]'), function='daterange'), '&&')], name='leaves_do_not_overlap'),
        ),
        migrations.RunSQL(GUARDS, DROP),
    ]
