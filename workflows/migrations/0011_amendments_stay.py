"""What a call was changed by stays as it was published."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("workflows", "0010_demand_guards"), ("projects", "0008_amendments")]
    operations = [
        migrations.RunSQL(
            """
            CREATE TRIGGER amendment_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON projects_amendment
                FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
            """,
            "DROP TRIGGER amendment_no_change ON projects_amendment",
        ),
    ]
