import django.contrib.postgres.indexes
import django.db.models.deletion
from django.contrib.postgres.operations import TrigramExtension
from django.db import migrations, models

class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("projects", "0009_list_signatures"),
    ]
    operations = [
        TrigramExtension(),
        migrations.CreateModel(
            name="ChallengeText",
            fields=[
                (
                    "challenge",
                    models.OneToOneField(
                        editable=False, on_delete=django.db.models.deletion.CASCADE, primary_key=True,
                        related_name="text", serialize=False, to="projects.challenge",
                    ),
                ),
                ("title", models.TextField(editable=False)),
                ("body", models.TextField(editable=False)),
            ],
            options={
                "indexes": [
                    django.contrib.postgres.indexes.GinIndex(
                        django.contrib.postgres.indexes.OpClass(models.F("body"), name="gin_trgm_ops"),
                        name="challenge_text_trigrams",
                    )
                ],
            },
        ),
    ]
