"""A blocked pair cannot be assigned, whoever writes (domain 3.5); what was found and asked for stays."""

from django.db import migrations

AUDITED = "\n".join(
    f"""
CREATE CONSTRAINT TRIGGER state_is_audited_insert AFTER INSERT ON {label.replace(".", "_")}
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION require_audit('{label}');
CREATE CONSTRAINT TRIGGER state_is_audited_update AFTER UPDATE OF state ON {label.replace(".", "_")}
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state)
    EXECUTE FUNCTION require_audit('{label}');
"""
    for label in ("review.experttie", "review.conflictruling")
)

GUARDS = r"""
-- A unit and everything above it that is the same legal person. At most sixteen steps: a ring ends, too.
CREATE FUNCTION legal_units(unit bigint) RETURNS SETOF bigint LANGUAGE sql STABLE AS $$
    WITH RECURSIVE up(id, steps) AS (
        SELECT unit, 0 WHERE unit IS NOT NULL
        UNION
        SELECT l.parent_id, up.steps + 1 FROM accounts_unitlink l JOIN up ON l.unit_id = up.id
            WHERE l.kind = 'BRANCH' AND up.steps < 16
    )
    SELECT DISTINCT id FROM up
$$;

-- The rule that forbids a pair, or NULL: what was found, and what the tables say by themselves (C01, C03).
CREATE FUNCTION conflict_of_pair(expert bigint, bid bigint) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT code FROM (
        SELECT f.code FROM review_conflictfinding f
            WHERE f.expert_id = expert AND f.bid_id = bid AND f.severity = 'BLOCK' AND f.gone_at IS NULL
        UNION ALL
        SELECT 'C01' FROM review_expert e JOIN accounts_user u ON u.id = e.user_id
            WHERE e.id = expert AND EXISTS (
                SELECT legal_units(unit) FROM (VALUES (e.organisation_id), (u.organisation_id)) AS own(unit)
                INTERSECT
                SELECT legal_units(unit) FROM (
                    SELECT organisation_id FROM projects_bid WHERE id = bid
                    UNION SELECT organisation_id FROM projects_bidpartner WHERE bid_id = bid) AS bidders(unit))
        UNION ALL
        SELECT 'C03' FROM review_expert e
            WHERE e.id = expert AND e.user_id IN (
                SELECT pi_id FROM projects_bid WHERE id = bid
                UNION SELECT user_id FROM projects_bideditor WHERE bid_id = bid)
    ) AS found(code) ORDER BY code LIMIT 1
$$;

-- At commit: a score sheet that counts is of a pair that no rule forbids.
CREATE FUNCTION refuse_blocked_sheet() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    pair record;
    rule text;
BEGIN
    -- As it stands now: it may have been voided later in the same transaction.
    SELECT a.expert_id, s.bid_id INTO pair
        FROM review_scoresheet s JOIN review_assignment a ON a.id = s.assignment_id
        WHERE s.id = NEW.id AND s.state <> 'VOID';
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    rule := conflict_of_pair(pair.expert_id, pair.bid_id);
    IF rule IS NOT NULL THEN
        RAISE EXCEPTION 'expert % must not judge bid %: rule %', pair.expert_id, pair.bid_id, rule
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER no_blocked_sheet AFTER INSERT OR UPDATE OF state, bid_id, assignment_id ON review_scoresheet
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.state <> 'VOID') EXECUTE FUNCTION refuse_blocked_sheet();

-- A seat is not handed to somebody else: the sheets would go with it.
CREATE FUNCTION keep_seat() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'seat % stays with its expert and its round', OLD.id USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER keep_seat BEFORE UPDATE ON review_assignment FOR EACH ROW
    WHEN ((OLD.expert_id, OLD.round_id) IS DISTINCT FROM (NEW.expert_id, NEW.round_id)) EXECUTE FUNCTION keep_seat();

-- At commit: nobody is found to be blocked while his sheet is live. Locked ones stay, and the finding is evidence.
CREATE FUNCTION refuse_block_beside_sheet() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM review_conflictfinding f
        JOIN review_assignment a ON a.expert_id = f.expert_id
        JOIN review_scoresheet s ON s.assignment_id = a.id AND s.bid_id = f.bid_id
        WHERE f.id = NEW.id AND f.severity = 'BLOCK' AND f.gone_at IS NULL
          AND s.state IN ('EMPTY', 'DRAFT', 'SUBMITTED', 'RETURNED');
    IF FOUND THEN
        RAISE EXCEPTION 'expert % still has a live sheet for bid %: void it together with finding %',
            NEW.expert_id, NEW.bid_id, NEW.code USING ERRCODE = 'check_violation';
    END IF;
    -- What the secretary has confirmed is taken back by a ruling only.
    PERFORM 1 FROM review_conflictfinding f JOIN review_conflictruling r ON r.finding_id = f.id
        WHERE f.id = NEW.id AND r.state = 'CONFIRMED' AND f.severity <> 'BLOCK' AND f.gone_at IS NULL;
    IF FOUND THEN
        RAISE EXCEPTION 'finding % was confirmed and blocks', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER no_block_beside_sheet AFTER INSERT OR UPDATE ON review_conflictfinding
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refuse_block_beside_sheet();

-- Findings are evidence: what no longer holds says so and stays, about the same pair and rule.
CREATE TRIGGER finding_stays BEFORE DELETE OR TRUNCATE ON review_conflictfinding
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE FUNCTION keep_finding() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'finding % stays what it is about', OLD.id USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER keep_finding BEFORE UPDATE ON review_conflictfinding FOR EACH ROW
    WHEN ((OLD.expert_id, OLD.bid_id, OLD.code, OLD.found_at)
          IS DISTINCT FROM (NEW.expert_id, NEW.bid_id, NEW.code, NEW.found_at))
    EXECUTE FUNCTION keep_finding();

-- An avoid list is content of the bid: written while the bid is, decided once.
CREATE FUNCTION keep_avoidance() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.decision <> '' THEN
        RAISE EXCEPTION 'avoidance % was decided and never changes', OLD.id USING ERRCODE = 'check_violation';
    END IF;
    IF TG_OP = 'UPDATE' AND (OLD.bid_id, OLD.place, OLD.person_name, OLD.unit_name, OLD.reason)
       IS NOT DISTINCT FROM (NEW.bid_id, NEW.place, NEW.person_name, NEW.unit_name, NEW.reason) THEN
        RETURN NEW;
    END IF;
    PERFORM 1 FROM projects_bid WHERE id = CASE WHEN TG_OP = 'INSERT' THEN NEW.bid_id ELSE OLD.bid_id END
        AND state IN ('DRAFT', 'CORRECTION');
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the avoid list of a bid that was handed in never changes' USING ERRCODE = 'check_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER keep_avoidance BEFORE INSERT OR UPDATE OR DELETE ON projects_bidavoidance
    FOR EACH ROW EXECUTE FUNCTION keep_avoidance();
"""

DROP = """
DROP TRIGGER IF EXISTS finding_stays ON review_conflictfinding;
DROP TRIGGER IF EXISTS state_is_audited_insert ON review_experttie;
DROP TRIGGER IF EXISTS state_is_audited_update ON review_experttie;
DROP TRIGGER IF EXISTS state_is_audited_insert ON review_conflictruling;
DROP TRIGGER IF EXISTS state_is_audited_update ON review_conflictruling;
DROP FUNCTION IF EXISTS refuse_blocked_sheet(), keep_seat(), refuse_block_beside_sheet(), keep_finding(),
    keep_avoidance() CASCADE;
DROP FUNCTION IF EXISTS conflict_of_pair(bigint, bigint), legal_units(bigint);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0014_extension_guards"),
        ("accounts", "0003_unit_relations"),
        ("projects", "0020_avoidances"),
        ("review", "0005_conflicts"),
    ]
    operations = [migrations.RunSQL(AUDITED + GUARDS, DROP)]
