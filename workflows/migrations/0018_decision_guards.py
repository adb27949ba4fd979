"""Decisions in the database: no result goes out without a second person, and what a team was told stays."""

from django.db import migrations

GUARDS = r"""
CREATE CONSTRAINT TRIGGER state_is_audited_insert AFTER INSERT ON projects_decisionbatch
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION require_audit('projects.decisionbatch');
CREATE CONSTRAINT TRIGGER state_is_audited_update AFTER UPDATE OF state ON projects_decisionbatch
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state)
    EXECUTE FUNCTION require_audit('projects.decisionbatch');

-- What was proposed is what is carried out.
CREATE FUNCTION keep_proposed_batch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'batch % never changes after it was proposed', OLD.id USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER keep_proposed BEFORE UPDATE ON projects_decisionbatch FOR EACH ROW
    WHEN ((OLD.decision_id, OLD.kind, OLD.minutes, OLD.document_no, OLD.is_held, OLD.release_at, OLD.digest,
           OLD.proposed_by_id)
          IS DISTINCT FROM
          (NEW.decision_id, NEW.kind, NEW.minutes, NEW.document_no, NEW.is_held, NEW.release_at, NEW.digest,
           NEW.proposed_by_id)
          OR (OLD.state = NEW.state
              AND (OLD.decided_by_id, OLD.led_to_version) IS DISTINCT FROM (NEW.decided_by_id, NEW.led_to_version)))
    EXECUTE FUNCTION keep_proposed_batch();

-- A decision goes public, is issued or released by a batch that two people carried out in this very step, or
-- was held by such a batch until an instant that has come.
CREATE FUNCTION require_second_person() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state = 'HELD' AND NEW.state = 'ISSUED' AND OLD.release_at IS NOT NULL THEN
        RETURN NULL;
    END IF;
    IF NOT EXISTS (
        SELECT 1 FROM projects_decisionbatch b
        WHERE b.decision_id = NEW.id AND b.led_to_version = NEW.version AND b.state = 'CARRIED_OUT'
          AND b.decided_by_id <> b.proposed_by_id
          AND b.kind = CASE WHEN NEW.state = 'NOTICE' THEN 'PUBLICISE'
                            WHEN OLD.state = 'HELD' THEN 'RELEASE' ELSE 'ISSUE' END
    ) THEN
        RAISE EXCEPTION 'decision % cannot become % without a second person', NEW.id, NEW.state
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER second_person AFTER UPDATE OF state ON projects_awarddecision
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.state IS DISTINCT FROM NEW.state AND NEW.state IN ('NOTICE', 'HELD', 'ISSUED'))
    EXECUTE FUNCTION require_second_person();

-- A letter says for ever what it said; its paper is drawn once.
CREATE FUNCTION keep_told_letter() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'letter % was told and never changes', OLD.id USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER keep_told BEFORE UPDATE ON projects_decisionletter FOR EACH ROW
    WHEN ((OLD.decision_id, OLD.bid_id, OLD.kind, OLD.content, OLD.told_at)
          IS DISTINCT FROM (NEW.decision_id, NEW.bid_id, NEW.kind, NEW.content, NEW.told_at)
          OR (OLD.pdf_sha256 <> '' AND OLD.pdf_sha256 IS DISTINCT FROM NEW.pdf_sha256))
    EXECUTE FUNCTION keep_told_letter();
CREATE TRIGGER keep_told_delete BEFORE DELETE ON projects_decisionletter
    FOR EACH ROW EXECUTE FUNCTION keep_told_letter();
CREATE TRIGGER recipient_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON projects_letterrecipient
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""

DROP = """
DROP TRIGGER IF EXISTS recipient_no_change ON projects_letterrecipient;
DROP TRIGGER IF EXISTS state_is_audited_insert ON projects_decisionbatch;
DROP TRIGGER IF EXISTS state_is_audited_update ON projects_decisionbatch;
DROP FUNCTION IF EXISTS keep_proposed_batch(), require_second_person(), keep_told_letter() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0017_round_guards"), ("projects", "0021_decisions")]
    operations = [migrations.RunSQL(GUARDS, DROP)]
