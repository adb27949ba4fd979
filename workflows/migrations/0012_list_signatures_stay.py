"""A signature is given once and stays."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("workflows", "0011_amendments_stay"), ("projects", "0009_list_signatures")]
    operations = [
        migrations.RunSQL(
            """
            CREATE TRIGGER list_signature_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON projects_listsignature
                FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
            """,
            "DROP TRIGGER list_signature_no_change ON projects_listsignature",
        ),
    ]
