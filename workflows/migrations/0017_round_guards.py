"""Rounds in the database: audited states, signatures that stay, and one path by which a score is amended."""

from django.db import migrations

AUDITED = ("defencesession", "defenceslot", "defencequestion")
KEPT = ("panelsignature", "flagdiscussion", "supersededscores", "sheetopening")

_AUDIT = """
CREATE CONSTRAINT TRIGGER state_is_audited_insert AFTER INSERT ON review_{0}
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION require_audit('review.{0}');
CREATE CONSTRAINT TRIGGER state_is_audited_update AFTER UPDATE OF state ON review_{0}
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state)
    EXECUTE FUNCTION require_audit('review.{0}');
"""
_KEEP = """
CREATE TRIGGER no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON review_{0}
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
"""

GUARDS = r"""
-- Points change while a sheet is open, or, once what they were is kept, while its expert is asked about them …
CREATE OR REPLACE FUNCTION keep_submitted_scores() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    sheet_state text;
BEGIN
    SELECT state INTO sheet_state FROM review_scoresheet AS sheet
        WHERE id IN (CASE WHEN TG_OP <> 'INSERT' THEN OLD.sheet_id END,
                     CASE WHEN TG_OP <> 'DELETE' THEN NEW.sheet_id END)
          AND state NOT IN ('EMPTY', 'DRAFT', 'RETURNED')
          AND NOT (state = 'QUERIED' AND EXISTS (SELECT 1 FROM review_supersededscores WHERE sheet_id = sheet.id))
        LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'scores of a % sheet never change', sheet_state USING ERRCODE = 'check_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;

-- … and what they were is kept for an amendment only: by the end of the transaction the sheet is locked again
-- as amended, and its points add up. (The change of state itself is never unaudited.)
CREATE FUNCTION superseded_means_amended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM review_scoresheet AS sheet
                   WHERE id = NEW.sheet_id AND state = 'LOCKED' AND answer = 'AMENDED'
                     AND total = (SELECT sum(value) FROM review_scoreitem WHERE sheet_id = sheet.id)) THEN
        RAISE EXCEPTION 'sheet % was not amended as its superseded scores say', NEW.sheet_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER superseded_means_amended AFTER INSERT ON review_supersededscores
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION superseded_means_amended();

-- A total, once given, changes on exactly one edge: QUERIED to LOCKED, answered as AMENDED.
DROP TRIGGER keep_total ON review_scoresheet;
CREATE TRIGGER keep_total BEFORE UPDATE ON review_scoresheet FOR EACH ROW
    WHEN (OLD.state IN ('SUBMITTED', 'LOCKED', 'QUERIED', 'VOID') AND
          (OLD.total, OLD.comment, OLD.recommendation, OLD.is_vetoed, OLD.submitted_at)
          IS DISTINCT FROM (NEW.total, NEW.comment, NEW.recommendation, NEW.is_vetoed, NEW.submitted_at)
          AND NOT (OLD.state = 'QUERIED' AND NEW.state = 'LOCKED' AND NEW.answer = 'AMENDED'
                   AND NEW.submitted_at = OLD.submitted_at))
    EXECUTE FUNCTION keep_total();

CREATE FUNCTION keep_what_was_superseded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM review_supersededscores
                   WHERE sheet_id = OLD.id AND total = OLD.total AND comment = OLD.comment
                     AND recommendation = OLD.recommendation AND is_vetoed = OLD.is_vetoed) THEN
        RAISE EXCEPTION 'sheet % was amended without keeping what it said before', OLD.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER keep_superseded AFTER UPDATE ON review_scoresheet
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.state = 'QUERIED' AND NEW.answer = 'AMENDED')
    EXECUTE FUNCTION keep_what_was_superseded();

-- One question for each sheet: asked in one step, answered in another, then both stay.
CREATE FUNCTION keep_query() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the question about sheet % and its answer never change in state %', OLD.id, OLD.state
        USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER keep_query BEFORE UPDATE ON review_scoresheet FOR EACH ROW
    WHEN (((OLD.query_flags, OLD.query_reason, OLD.query_until)
            IS DISTINCT FROM (NEW.query_flags, NEW.query_reason, NEW.query_until)
           AND NOT (OLD.state = 'LOCKED' AND NEW.state = 'QUERIED' AND OLD.query_flags = ''))
       OR ((OLD.answer, OLD.answer_reason) IS DISTINCT FROM (NEW.answer, NEW.answer_reason)
           AND NOT (OLD.state = 'QUERIED' AND NEW.state = 'LOCKED')))
    EXECUTE FUNCTION keep_query();

-- The opinion is written while the panel collates.
CREATE FUNCTION keep_opinion() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the opinion of round % never changes in state %', OLD.id, OLD.state
        USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER keep_opinion BEFORE UPDATE ON review_reviewround FOR EACH ROW
    WHEN ((OLD.panel_opinion, OLD.sign_until, OLD.opinion_digest)
          IS DISTINCT FROM (NEW.panel_opinion, NEW.sign_until, NEW.opinion_digest)
          AND OLD.state <> 'COLLATING')
    EXECUTE FUNCTION keep_opinion();

-- The order of a defence is drawn once; a slot's time and its record stay.
CREATE FUNCTION keep_defence() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of defence % never changes in state %', TG_ARGV[0], OLD.id, OLD.state
        USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER keep_order BEFORE UPDATE ON review_defencesession FOR EACH ROW
    WHEN (OLD.record IS DISTINCT FROM NEW.record AND NOT (OLD.state = 'COMMITTED' AND NEW.state = 'ORDERED'))
    EXECUTE FUNCTION keep_defence('the order');
CREATE TRIGGER keep_slot BEFORE UPDATE ON review_defenceslot FOR EACH ROW
    WHEN ((OLD.session_id, OLD.bid_id, OLD.position, OLD.starts_at, OLD.questions_at, OLD.ends_at)
          IS DISTINCT FROM (NEW.session_id, NEW.bid_id, NEW.position, NEW.starts_at, NEW.questions_at, NEW.ends_at)
          OR (OLD.state <> 'SCHEDULED' AND (OLD.team, OLD.substitute, OLD.note)
              IS DISTINCT FROM (NEW.team, NEW.substitute, NEW.note)))
    EXECUTE FUNCTION keep_defence('the slot');

-- A question is passed on as it was written.
CREATE FUNCTION keep_question() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'question % never changes in state %', OLD.id, OLD.state USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER keep_question BEFORE UPDATE ON review_defencequestion FOR EACH ROW
    WHEN ((OLD.assignment_id, OLD.bid_id, OLD.text) IS DISTINCT FROM (NEW.assignment_id, NEW.bid_id, NEW.text)
          OR (OLD.no IS DISTINCT FROM NEW.no AND OLD.state <> 'WRITTEN')
          OR ((OLD.answer, OLD.answered_at) IS DISTINCT FROM (NEW.answer, NEW.answered_at)
              AND OLD.state NOT IN ('RELEASED', 'ANSWERED')))
    EXECUTE FUNCTION keep_question();
"""

DROP = r"""
DROP TRIGGER keep_total ON review_scoresheet;
CREATE TRIGGER keep_total BEFORE UPDATE ON review_scoresheet FOR EACH ROW
    WHEN (OLD.state IN ('SUBMITTED', 'LOCKED', 'VOID') AND OLD.state = NEW.state AND
          (OLD.total, OLD.comment, OLD.recommendation, OLD.is_vetoed)
          IS DISTINCT FROM (NEW.total, NEW.comment, NEW.recommendation, NEW.is_vetoed))
    EXECUTE FUNCTION keep_total();
DROP FUNCTION IF EXISTS superseded_means_amended(), keep_what_was_superseded(), keep_query(), keep_opinion(),
    keep_defence(), keep_question() CASCADE;
"""
UNDO = "".join(
    [f"DROP TRIGGER IF EXISTS state_is_audited_insert ON review_{name};" for name in AUDITED]
    + [f"DROP TRIGGER IF EXISTS state_is_audited_update ON review_{name};" for name in AUDITED]
    + [f"DROP TRIGGER IF EXISTS no_change ON review_{name};" for name in KEPT]
)


class Migration(migrations.Migration):
    dependencies = [("workflows", "0016_conflict_guards"), ("review", "0006_rounds")]
    operations = [
        migrations.RunSQL(GUARDS, DROP),
        migrations.RunSQL(
            "".join([_AUDIT.format(name) for name in AUDITED] + [_KEEP.format(name) for name in KEPT]), UNDO
        ),
    ]
