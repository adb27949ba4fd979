"""A handed-in sheet keeps its vetoes, the bands of its points and the time it was read, whoever writes."""

from django.db import migrations

GUARDS = r"""
-- Grounds and reason of a veto, as the other scores (keep_total): bands lie with the points and are kept with them.
CREATE TRIGGER keep_veto BEFORE UPDATE ON review_scoresheet FOR EACH ROW
    WHEN (OLD.state IN ('SUBMITTED', 'LOCKED', 'VOID') AND OLD.state = NEW.state AND
          (OLD.veto_grounds, OLD.veto_reason) IS DISTINCT FROM (NEW.veto_grounds, NEW.veto_reason))
    EXECUTE FUNCTION keep_total();

-- When the document was opened and how long the sheet was worked on is asked about (D5), so it stays.
CREATE FUNCTION keep_reading() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    sheet_state text;
BEGIN
    SELECT state INTO sheet_state FROM review_scoresheet
        WHERE id IN (CASE WHEN TG_OP <> 'INSERT' THEN OLD.sheet_id END,
                     CASE WHEN TG_OP <> 'DELETE' THEN NEW.sheet_id END)
          AND state NOT IN ('EMPTY', 'DRAFT', 'RETURNED') LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'the reading of a % sheet never changes', sheet_state USING ERRCODE = 'check_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER keep_reading BEFORE INSERT OR UPDATE OR DELETE ON review_sheetreading
    FOR EACH ROW EXECUTE FUNCTION keep_reading();
"""

DROP = """
DROP TRIGGER IF EXISTS keep_veto ON review_scoresheet;
DROP FUNCTION IF EXISTS keep_reading() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0018_decision_guards"), ("review", "0007_sheets")]
    operations = [migrations.RunSQL(GUARDS, DROP)]
