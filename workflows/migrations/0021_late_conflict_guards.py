"""A conflict found after the collation: a locked seat and its sheets go void on one edge, and no blocked score closes."""

from django.db import migrations

#: The triggers that change with this, as they are from here on and as they were.
_BLOCK_BESIDE_SHEET = r"""
-- At commit: nobody is found to be blocked beside a sheet on which the result of a round still rests. Once the
-- round has closed its sheets stay, and the finding is evidence; so are locked sheets of a bid that has left.
CREATE OR REPLACE FUNCTION refuse_block_beside_sheet() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM review_conflictfinding f
        JOIN review_assignment a ON a.expert_id = f.expert_id
        JOIN review_scoresheet s ON s.assignment_id = a.id AND s.bid_id = f.bid_id
        JOIN review_reviewround r ON r.id = a.round_id
        JOIN projects_bid b ON b.id = f.bid_id
        WHERE f.id = NEW.id AND f.severity = 'BLOCK' AND f.gone_at IS NULL
          AND (s.state IN ('EMPTY', 'DRAFT', 'SUBMITTED', 'RETURNED') %s);
    IF FOUND THEN
        RAISE EXCEPTION 'expert %% still has a live sheet for bid %%: void it together with finding %%',
            NEW.expert_id, NEW.bid_id, NEW.code USING ERRCODE = 'check_violation';
    END IF;
    -- What the secretary has confirmed is taken back by a ruling only.
    PERFORM 1 FROM review_conflictfinding f JOIN review_conflictruling r ON r.finding_id = f.id
        WHERE f.id = NEW.id AND r.state = 'CONFIRMED' AND f.severity <> 'BLOCK' AND f.gone_at IS NULL;
    IF FOUND THEN
        RAISE EXCEPTION 'finding %% was confirmed and blocks', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
"""
_KEEP_VETO = r"""
DROP TRIGGER keep_veto ON review_scoresheet;
CREATE TRIGGER keep_veto BEFORE UPDATE ON review_scoresheet FOR EACH ROW
    WHEN (%s AND (OLD.veto_grounds, OLD.veto_reason) IS DISTINCT FROM (NEW.veto_grounds, NEW.veto_reason))
    EXECUTE FUNCTION keep_total();
"""

GUARDS = r"""
-- Aliases of the seats whose scores count in a round although a rule forbids the pair.
CREATE FUNCTION blocked_seats_of(of_round bigint) RETURNS SETOF text LANGUAGE sql STABLE AS $$
    SELECT DISTINCT a.alias FROM review_assignment a
        JOIN review_scoresheet s ON s.assignment_id = a.id
        JOIN projects_bid b ON b.id = s.bid_id
        WHERE a.round_id = of_round AND s.state IN ('SUBMITTED', 'LOCKED', 'QUERIED')
          AND b.state IN ('IN_ROUND', 'RECOMMENDED', 'RESERVE', 'NOT_RECOMMENDED')
          AND conflict_of_pair(a.expert_id, s.bid_id) IS NOT NULL
$$;

-- No round closes on the scores of somebody who must not judge.
CREATE FUNCTION refuse_blocked_close() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    blocked text;
BEGIN
    SELECT string_agg(alias, ', ') INTO blocked FROM blocked_seats_of(NEW.id) AS found(alias);
    IF blocked IS NOT NULL THEN
        RAISE EXCEPTION 'round % does not close on the scores of %', NEW.id, blocked USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER no_blocked_close BEFORE UPDATE ON review_reviewround FOR EACH ROW
    WHEN (OLD.state <> 'CLOSED' AND NEW.state = 'CLOSED') EXECUTE FUNCTION refuse_blocked_close();

-- A locked sheet is not opened again, and a void one stays void. It goes void as it is, points and answers
-- included, while the panel collates …
CREATE FUNCTION keep_locked_sheet() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    round_state text;
BEGIN
    SELECT r.state INTO round_state FROM review_assignment a JOIN review_reviewround r ON r.id = a.round_id
        WHERE a.id = OLD.assignment_id;
    IF OLD.state = 'VOID' OR NEW.state <> 'VOID' OR round_state <> 'COLLATING'
       OR to_jsonb(NEW) - 'state' - 'version' IS DISTINCT FROM to_jsonb(OLD) - 'state' - 'version' THEN
        RAISE EXCEPTION 'sheet % is % in a % round and does not become %', OLD.id, OLD.state, round_state, NEW.state
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_locked BEFORE UPDATE ON review_scoresheet FOR EACH ROW
    WHEN (OLD.state <> NEW.state AND (OLD.state = 'VOID'
          OR OLD.state IN ('LOCKED', 'QUERIED') AND NEW.state NOT IN ('LOCKED', 'QUERIED')))
    EXECUTE FUNCTION keep_locked_sheet();

-- … and only together with its seat.
CREATE FUNCTION void_with_its_seat() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM review_assignment WHERE id = NEW.assignment_id AND state IN ('RECUSED', 'VOIDED');
    IF NOT FOUND THEN
        RAISE EXCEPTION 'sheet % does not go void while its seat stays locked', NEW.id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER void_with_its_seat AFTER UPDATE OF state ON review_scoresheet
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.state IN ('LOCKED', 'QUERIED') AND NEW.state = 'VOID') EXECUTE FUNCTION void_with_its_seat();

-- A locked seat is left for a rule that forbids one of its pairs, with the reason on record, or with the whole
-- round; both only while the panel collates. Nobody else makes room, whatever he scored.
CREATE FUNCTION keep_locked_seat() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM review_reviewround WHERE id = OLD.round_id AND state = 'COLLATING')
       OR NEW.state NOT IN ('RECUSED', 'VOIDED')
       OR NEW.state = 'RECUSED' AND (NEW.decline_reason = '' OR NOT EXISTS (
           SELECT 1 FROM review_scoresheet s
           WHERE s.assignment_id = OLD.id AND conflict_of_pair(OLD.expert_id, s.bid_id) IS NOT NULL)) THEN
        RAISE EXCEPTION 'seat % is locked and does not become %', OLD.id, NEW.state USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_locked BEFORE UPDATE ON review_assignment FOR EACH ROW
    WHEN (OLD.state = 'LOCKED' AND NEW.state <> 'LOCKED') EXECUTE FUNCTION keep_locked_seat();

CREATE FUNCTION leave_nothing_behind() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM review_scoresheet WHERE assignment_id = NEW.id AND state <> 'VOID')
       OR NEW.state = 'VOIDED'
          AND NOT EXISTS (SELECT 1 FROM review_reviewround WHERE id = NEW.round_id AND state = 'ABORTED') THEN
        RAISE EXCEPTION 'seat % was left with sheets that count, or with a round that goes on', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER leave_nothing_behind AFTER UPDATE OF state ON review_assignment
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (OLD.state = 'LOCKED' AND NEW.state <> 'LOCKED') EXECUTE FUNCTION leave_nothing_behind();
"""
#: As `keep_total` has it: what was given changes on the edge of an amendment only.
ANY_EDGE = """OLD.state IN ('SUBMITTED', 'LOCKED', 'QUERIED', 'VOID')
          AND NOT (OLD.state = 'QUERIED' AND NEW.state = 'LOCKED' AND NEW.answer = 'AMENDED')"""
SAME_STATE = "OLD.state IN ('SUBMITTED', 'LOCKED', 'VOID') AND OLD.state = NEW.state"
RESTS_ON_IT = "OR s.state <> 'VOID' AND r.state = 'COLLATING' AND b.state = 'IN_ROUND'"

DROP = """
DROP FUNCTION IF EXISTS refuse_blocked_close(), keep_locked_sheet(), void_with_its_seat(), keep_locked_seat(),
    leave_nothing_behind() CASCADE;
DROP FUNCTION IF EXISTS blocked_seats_of(bigint);
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0020_promise_guards")]
    operations = [
        migrations.RunSQL(GUARDS, DROP),
        migrations.RunSQL(_BLOCK_BESIDE_SHEET % RESTS_ON_IT, _BLOCK_BESIDE_SHEET % ""),
        migrations.RunSQL(_KEEP_VETO % ANY_EDGE, _KEEP_VETO % SAME_STATE),
    ]
