"""Truths that span rows or versions, kept by the database whoever writes."""

from django.db import migrations

GUARDS = r"""
-- A published rule set never changes: lists that pin it must mean what they meant.
CREATE FUNCTION keep_published_rule_set() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.published_at IS NOT NULL AND (TG_OP = 'DELETE' OR NEW IS DISTINCT FROM OLD) THEN
        RAISE EXCEPTION 'rule set % edition % is published and never changes', OLD.code, OLD.edition
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER keep_published BEFORE UPDATE OR DELETE ON projects_ruleset
    FOR EACH ROW EXECUTE FUNCTION keep_published_rule_set();

-- The draw is evidence.
CREATE TRIGGER draw_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON review_drawrecord
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Scores change only while their sheet is open, and a total only together with the sheet's state.
CREATE FUNCTION keep_submitted_scores() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    sheet_state text;
BEGIN
    SELECT state INTO sheet_state FROM review_scoresheet
        WHERE id = CASE WHEN TG_OP = 'DELETE' THEN OLD.sheet_id ELSE NEW.sheet_id END;
    IF sheet_state NOT IN ('EMPTY', 'DRAFT', 'RETURNED') THEN
        RAISE EXCEPTION 'scores of a % sheet never change', sheet_state USING ERRCODE = 'check_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER keep_submitted BEFORE INSERT OR UPDATE OR DELETE ON review_scoreitem
    FOR EACH ROW EXECUTE FUNCTION keep_submitted_scores();

CREATE FUNCTION keep_total() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the scores of a % sheet never change', OLD.state USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER keep_total BEFORE UPDATE ON review_scoresheet FOR EACH ROW
    WHEN (OLD.state IN ('SUBMITTED', 'LOCKED', 'VOID') AND OLD.state = NEW.state AND
          (OLD.total, OLD.comment, OLD.recommendation, OLD.is_vetoed)
          IS DISTINCT FROM (NEW.total, NEW.comment, NEW.recommendation, NEW.is_vetoed))
    EXECUTE FUNCTION keep_total();

-- A bid's frozen snapshot is replaced only by a transition.
CREATE FUNCTION keep_snapshot() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the snapshot of bid % never changes in state %', OLD.id, OLD.state
        USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER keep_snapshot BEFORE UPDATE ON projects_bid FOR EACH ROW
    WHEN (OLD.snapshot_sha256 <> '' AND OLD.state = NEW.state AND
          (OLD.snapshot, OLD.snapshot_sha256) IS DISTINCT FROM (NEW.snapshot, NEW.snapshot_sha256))
    EXECUTE FUNCTION keep_snapshot();

-- Money never exceeds the award: the sum of live tranches of a project.
CREATE FUNCTION keep_within_award() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    planned numeric;
    award numeric;
BEGIN
    SELECT award_yuan INTO award FROM projects_project WHERE id = NEW.project_id;
    SELECT sum(amount_yuan) INTO planned FROM projects_tranche
        WHERE project_id = NEW.project_id AND state <> 'CANCELLED';
    IF planned > award THEN
        RAISE EXCEPTION 'tranches of project % sum to % yuan, above the award of % yuan',
            NEW.project_id, planned, award USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER tranches_within_award AFTER INSERT OR UPDATE ON projects_tranche
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION keep_within_award();

-- Public money is paid on a condition that was met, never on a missed milestone.
CREATE FUNCTION keep_money_on_milestone() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.milestone_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM projects_milestone
        WHERE id = NEW.milestone_id AND state IN ('PASSED', 'PASSED_PARTIAL')) THEN
        RAISE EXCEPTION 'tranche % cannot be paid: its milestone has not passed', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER paid_on_passed_milestone AFTER INSERT OR UPDATE ON projects_tranche
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.state IN ('REQUESTED', 'APPROVED', 'PAID')) EXECUTE FUNCTION keep_money_on_milestone();
"""

DROP = """
DROP FUNCTION IF EXISTS keep_published_rule_set(), keep_submitted_scores(), keep_total(), keep_snapshot(),
    keep_within_award(), keep_money_on_milestone() CASCADE;
DROP TRIGGER IF EXISTS draw_no_change ON review_drawrecord;
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0002_audit_chain")]
    operations = [migrations.RunSQL(GUARDS, DROP)]
