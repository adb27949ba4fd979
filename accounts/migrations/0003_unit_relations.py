import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_profiles'),
    ]

    operations = [
        migrations.CreateModel(
            name='UnitAlias',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('FORMER', '曾用名'), ('SHORT', '简称'), ('FOREIGN', '外文名')], max_length=8, verbose_name='名称类别')),
                ('name', models.CharField(max_length=120, verbose_name='名称')),
                ('normalised', models.CharField(editable=False, max_length=120, unique=True)),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='aliases', to='accounts.organisation', verbose_name='单位')),
            ],
            options={
                'ordering': ['unit', 'name'],
                'constraints': [models.CheckConstraint(condition=models.Q(('normalised', ''), _negated=True), name='alias_says_something')],
            },
        ),
        migrations.CreateModel(
            name='UnitLink',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('BRANCH', '分支机构（同一法人）'), ('SUBSIDIARY', '子公司'), ('AFFILIATE', '关联单位')], max_length=10, verbose_name='关系')),
                ('parent', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='linked', to='accounts.organisation', verbose_name='上级')),
                ('unit', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='links', to='accounts.organisation', verbose_name='单位')),
            ],
            options={
                'ordering': ['unit', 'parent'],
                'constraints': [models.UniqueConstraint(fields=('unit', 'parent'), name='link_once'), models.UniqueConstraint(condition=models.Q(('kind', 'BRANCH')), fields=('unit',), name='branch_of_one_unit'), models.CheckConstraint(condition=models.Q(('unit', models.F('parent')), _negated=True), name='no_unit_is_its_own_parent')],
            },
        ),
    ]
