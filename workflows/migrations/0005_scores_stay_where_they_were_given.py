"""What a review has produced stays as it was produced, whoever writes (domain 2.5, 3.1)."""

from django.db import migrations

GUARDS = r"""
-- Points of a submitted sheet cannot be carried over to an open one: both sheets count.
CREATE OR REPLACE FUNCTION keep_submitted_scores() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    sheet_state text;
BEGIN
    SELECT state INTO sheet_state FROM review_scoresheet
        WHERE id IN (CASE WHEN TG_OP <> 'INSERT' THEN OLD.sheet_id END,
                     CASE WHEN TG_OP <> 'DELETE' THEN NEW.sheet_id END)
          AND state NOT IN ('EMPTY', 'DRAFT', 'RETURNED') LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'scores of a % sheet never change', sheet_state USING ERRCODE = 'check_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;

-- The aggregated score is written while the round is being closed, and by nothing else.
CREATE FUNCTION keep_aggregated_score() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the score of bid % never changes in state %', OLD.id, OLD.state
        USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER keep_score BEFORE UPDATE ON projects_bid FOR EACH ROW
    WHEN (OLD.score IS DISTINCT FROM NEW.score AND OLD.state <> 'IN_ROUND')
    EXECUTE FUNCTION keep_aggregated_score();

-- Criteria that were not in the call may not be used: they are fixed when the draw begins.
CREATE FUNCTION keep_criteria() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the criteria of round % never change in state %', OLD.id, OLD.state
        USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER keep_criteria BEFORE UPDATE ON review_reviewround FOR EACH ROW
    WHEN (OLD.criteria IS DISTINCT FROM NEW.criteria AND OLD.state <> 'PLANNED')
    EXECUTE FUNCTION keep_criteria();
"""

DROP = """
DROP FUNCTION IF EXISTS keep_aggregated_score(), keep_criteria() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0004_delivery_guards"), ("review", "0002_witness_and_seed")]
    operations = [migrations.RunSQL(GUARDS, DROP)]
