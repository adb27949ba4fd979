"""Demands in the database: audited states, a text that stays what was handed in, points that stay given."""

from django.db import migrations

GUARDS = r"""
CREATE CONSTRAINT TRIGGER state_is_audited_insert AFTER INSERT ON projects_demand
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION require_audit('projects.demand');
CREATE CONSTRAINT TRIGGER state_is_audited_update AFTER UPDATE OF state ON projects_demand
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state)
    EXECUTE FUNCTION require_audit('projects.demand');

-- What was handed in is what is screened, judged and merged.
CREATE FUNCTION keep_handed_in_demand() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'demand % never changes in state %', OLD.number, OLD.state USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER keep_handed_in BEFORE UPDATE ON projects_demand FOR EACH ROW
    WHEN (OLD.state NOT IN ('DRAFT', 'REC_RETURNED')
          AND (OLD.challenge_list_id, OLD.number, OLD.demander_id, OLD.recommender_id, OLD.demander_is_hidden,
               OLD.title, OLD.field, OLD.problem, OLD.goal, OLD.scenario, OLD.expected_yuan, OLD.own_yuan,
               OLD.solver_cash_yuan, OLD.months, OLD.bidder_conditions, OLD.ip_terms, OLD.contact_name,
               OLD.contact_phone)
          IS DISTINCT FROM
              (NEW.challenge_list_id, NEW.number, NEW.demander_id, NEW.recommender_id, NEW.demander_is_hidden,
               NEW.title, NEW.field, NEW.problem, NEW.goal, NEW.scenario, NEW.expected_yuan, NEW.own_yuan,
               NEW.solver_cash_yuan, NEW.months, NEW.bidder_conditions, NEW.ip_terms, NEW.contact_name,
               NEW.contact_phone))
    EXECUTE FUNCTION keep_handed_in_demand();

-- The panel's result is given once, together with the state.
CREATE TRIGGER keep_result BEFORE UPDATE ON projects_demand FOR EACH ROW
    WHEN ((OLD.result <> '' OR OLD.state = NEW.state)
          AND (OLD.result, OLD.mean_score, OLD.opinion, OLD.appraised_at)
          IS DISTINCT FROM (NEW.result, NEW.mean_score, NEW.opinion, NEW.appraised_at))
    EXECUTE FUNCTION keep_handed_in_demand();

CREATE FUNCTION keep_demand_indicators() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    now_state text;
BEGIN
    SELECT state INTO now_state FROM projects_demand
        WHERE id = CASE WHEN TG_OP = 'INSERT' THEN NEW.demand_id ELSE OLD.demand_id END;
    IF now_state NOT IN ('DRAFT', 'REC_RETURNED') OR (TG_OP = 'UPDATE' AND OLD.demand_id <> NEW.demand_id) THEN
        RAISE EXCEPTION 'indicators of a % demand never change', now_state USING ERRCODE = 'check_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER keep_handed_in BEFORE INSERT OR UPDATE OR DELETE ON projects_demandindicator
    FOR EACH ROW EXECUTE FUNCTION keep_demand_indicators();

-- Points are given while the demand is before the panel, never after its result.
CREATE FUNCTION keep_demand_scores() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    now_state text;
BEGIN
    SELECT state INTO now_state FROM projects_demand
        WHERE id = CASE WHEN TG_OP = 'INSERT' THEN NEW.demand_id ELSE OLD.demand_id END;
    IF now_state <> 'REC_ENDORSED' OR (TG_OP = 'UPDATE' AND OLD.demand_id <> NEW.demand_id) THEN
        RAISE EXCEPTION 'scores of a % demand never change', now_state USING ERRCODE = 'check_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER keep_given BEFORE INSERT OR UPDATE OR DELETE ON review_demandscore
    FOR EACH ROW EXECUTE FUNCTION keep_demand_scores();

-- A demand goes into a challenge of the list that collected it.
CREATE FUNCTION keep_demand_in_its_list() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM projects_challenge
                   WHERE id = NEW.merged_into_id AND challenge_list_id = NEW.challenge_list_id) THEN
        RAISE EXCEPTION 'demand % cannot be merged into another list', NEW.number USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER merged_within_its_list AFTER INSERT OR UPDATE ON projects_demand
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.merged_into_id IS NOT NULL)
    EXECUTE FUNCTION keep_demand_in_its_list();
"""

DROP = """
DROP TRIGGER IF EXISTS state_is_audited_insert ON projects_demand;
DROP TRIGGER IF EXISTS state_is_audited_update ON projects_demand;
DROP FUNCTION IF EXISTS keep_handed_in_demand(), keep_demand_indicators(), keep_demand_scores(),
    keep_demand_in_its_list() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0009_performed_requests"),
        ("projects", "0005_demands"),
        ("review", "0003_demand_scores"),
    ]
    operations = [migrations.RunSQL(GUARDS, DROP)]
