"""Truths of publicity, contract, delivery and money, kept by the database whoever writes."""

from django.db import migrations

GUARDS = r"""
-- What was published never changes: its digest is on record (domain 2.12).
CREATE FUNCTION keep_published_notice() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'notice % was published and never changes', OLD.number USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER keep_published BEFORE UPDATE ON projects_publicnotice FOR EACH ROW
    WHEN (OLD.content_sha256 <> '' AND
          (OLD.number, OLD.title, OLD.body, OLD.rows, OLD.starts_on, OLD.ends_on, OLD.content_sha256)
          IS DISTINCT FROM
          (NEW.number, NEW.title, NEW.body, NEW.rows, NEW.starts_on, NEW.ends_on, NEW.content_sha256))
    EXECUTE FUNCTION keep_published_notice();

-- A task book that carries a signature never changes; a change makes a new edition (domain 2.11).
CREATE FUNCTION keep_signed_task_book() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (OLD.signed_by_pi_at IS NOT NULL AND
        (TG_OP = 'DELETE' OR (OLD.project_id, OLD.edition, OLD.indicators, OLD.budget_yuan, OLD.commitment)
            IS DISTINCT FROM (NEW.project_id, NEW.edition, NEW.indicators, NEW.budget_yuan, NEW.commitment)))
       OR (TG_OP = 'UPDATE' AND (
            (OLD.signed_by_pi_at IS NOT NULL AND NEW.signed_by_pi_at IS DISTINCT FROM OLD.signed_by_pi_at)
         OR (OLD.signed_by_unit_at IS NOT NULL AND NEW.signed_by_unit_at IS DISTINCT FROM OLD.signed_by_unit_at)
         OR (OLD.signed_by_agency_at IS NOT NULL AND NEW.signed_by_agency_at IS DISTINCT FROM OLD.signed_by_agency_at)))
    THEN
        RAISE EXCEPTION 'task book edition % of project % is signed and never changes', OLD.edition, OLD.project_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER keep_signed BEFORE UPDATE OR DELETE ON projects_taskbook
    FOR EACH ROW EXECUTE FUNCTION keep_signed_task_book();

-- Measured values change only while a report is asked for; the node's target never does (domain 2.7).
CREATE FUNCTION keep_measured_values() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    node_state text;
BEGIN
    SELECT state INTO node_state FROM projects_milestone WHERE id = OLD.milestone_id;
    IF node_state NOT IN ('PLANNED', 'DUE_SOON', 'OVERDUE', 'RECTIFY')
       OR (TG_OP = 'UPDATE' AND (OLD.milestone_id, OLD.indicator_id, OLD.target)
           IS DISTINCT FROM (NEW.milestone_id, NEW.indicator_id, NEW.target)) THEN
        RAISE EXCEPTION 'measured values of milestone % never change in state %', OLD.milestone_id, node_state
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER keep_measured BEFORE UPDATE OR DELETE ON projects_milestoneindicator
    FOR EACH ROW EXECUTE FUNCTION keep_measured_values();

-- A missed must-indicator can never pass, whatever the score (domain 2.7).
CREATE FUNCTION refuse_pass_on_missed_must() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM projects_milestoneindicator mi JOIN projects_indicator i ON i.id = mi.indicator_id
        WHERE mi.milestone_id = NEW.id AND i.is_must AND NOT coalesce(
            CASE i.comparator WHEN '>=' THEN mi.actual >= mi.target
                              WHEN '<=' THEN mi.actual <= mi.target
                              ELSE mi.actual = mi.target END, false)) THEN
        RAISE EXCEPTION 'milestone % cannot pass: a must-indicator is missed', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER pass_needs_must_indicators BEFORE INSERT OR UPDATE OF state ON projects_milestone FOR EACH ROW
    WHEN (NEW.state IN ('PASSED', 'PASSED_PARTIAL')) EXECUTE FUNCTION refuse_pass_on_missed_must();

-- Money moves only when what releases it has happened. Judged at COMMIT, when the milestone's own
-- change is stored as well.
CREATE FUNCTION keep_money_on_release() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT (CASE NEW.released_by
        WHEN 'CONTRACT' THEN EXISTS (
            SELECT 1 FROM projects_taskbook WHERE project_id = NEW.project_id AND signed_by_agency_at IS NOT NULL)
        WHEN 'ACCEPTANCE' THEN EXISTS (
            SELECT 1 FROM projects_acceptance WHERE project_id = NEW.project_id AND state = 'PASSED')
        ELSE EXISTS (
            SELECT 1 FROM projects_milestone
            WHERE id = NEW.milestone_id AND state IN ('PASSED', 'PASSED_PARTIAL')) END)
       -- What was cancelled or held again later in the same transaction does not count.
       AND EXISTS (SELECT 1 FROM projects_tranche WHERE id = NEW.id AND state = NEW.state) THEN
        RAISE EXCEPTION 'tranche % cannot be %: its condition % is not met', NEW.id, NEW.state, NEW.released_by
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER money_follows_its_condition AFTER INSERT OR UPDATE OF state ON projects_tranche
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.state IN ('CONDITION_MET', 'REQUESTED', 'APPROVED', 'PAID'))
    EXECUTE FUNCTION keep_money_on_release();

-- Nobody who is out is paid, and what a challenge paid stays within its cap. Not deferred: the lock on
-- the challenge must not be waited for while the audit chain is held.
CREATE FUNCTION keep_payment() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    project_state text;
    lane_state text;
    challenge bigint;
    cap numeric;
    paid numeric;
BEGIN
    SELECT p.state, l.state, b.challenge_id INTO project_state, lane_state, challenge
        FROM projects_project p JOIN projects_bid b ON b.id = p.bid_id
        LEFT JOIN projects_racelane l ON l.project_id = p.id
        WHERE p.id = NEW.project_id;
    IF lane_state IN ('ELIMINATED', 'WITHDRAWN', 'DISQUALIFIED') THEN
        RAISE EXCEPTION 'tranche % cannot be paid: its lane is %', NEW.id, lane_state
            USING ERRCODE = 'check_violation';
    END IF;
    IF project_state NOT IN ('ACTIVE', 'CLOSING', 'ACCEPTED') THEN
        RAISE EXCEPTION 'tranche % cannot be paid: its project is %', NEW.id, project_state
            USING ERRCODE = 'check_violation';
    END IF;
    SELECT cap_yuan INTO cap FROM projects_challenge WHERE id = challenge FOR NO KEY UPDATE;
    SELECT sum(t.amount_yuan) INTO paid FROM projects_tranche t
        JOIN projects_project p ON p.id = t.project_id JOIN projects_bid b ON b.id = p.bid_id
        WHERE b.challenge_id = challenge AND t.state = 'PAID';
    IF paid > cap THEN
        RAISE EXCEPTION 'payments of challenge % sum to % yuan, above its cap of % yuan', challenge, paid, cap
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER payment_is_due AFTER UPDATE OF state ON projects_tranche FOR EACH ROW
    WHEN (NEW.state = 'PAID' AND OLD.state <> 'PAID') EXECUTE FUNCTION keep_payment();
CREATE TRIGGER payment_is_due_insert AFTER INSERT ON projects_tranche FOR EACH ROW
    WHEN (NEW.state = 'PAID') EXECUTE FUNCTION keep_payment();

-- What was paid is history.
CREATE FUNCTION keep_paid() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'tranche % was paid and never changes', OLD.id USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER keep_paid BEFORE UPDATE ON projects_tranche FOR EACH ROW
    WHEN (OLD.state = 'PAID' AND (OLD.state, OLD.amount_yuan, OLD.paid_on, OLD.project_id)
          IS DISTINCT FROM (NEW.state, NEW.amount_yuan, NEW.paid_on, NEW.project_id))
    EXECUTE FUNCTION keep_paid();
CREATE TRIGGER keep_paid_row BEFORE DELETE ON projects_tranche FOR EACH ROW
    WHEN (OLD.state = 'PAID') EXECUTE FUNCTION keep_paid();

-- What an issued certificate says never changes; only its PDF is added and its state moves.
CREATE FUNCTION keep_issued_certificate() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'certificate % was issued and never changes', OLD.number USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER keep_issued BEFORE UPDATE ON projects_certificate FOR EACH ROW
    WHEN (OLD.state <> 'PREPARED' AND
          (OLD.number, OLD.kind, OLD.project_id, OLD.content, OLD.issued_on, OLD.token)
          IS DISTINCT FROM (NEW.number, NEW.kind, NEW.project_id, NEW.content, NEW.issued_on, NEW.token))
    EXECUTE FUNCTION keep_issued_certificate();
"""

DROP = """
DROP FUNCTION IF EXISTS keep_published_notice(), keep_signed_task_book(), keep_measured_values(),
    refuse_pass_on_missed_must(), keep_money_on_release(), keep_payment(), keep_paid(),
    keep_issued_certificate() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0003_guards"), ("projects", "0001_initial")]
    operations = [migrations.RunSQL(GUARDS, DROP)]
