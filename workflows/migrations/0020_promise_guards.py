"""What was promised is at least what was asked for, and no later paper lowers it, whoever writes (domain 2.3, 2.6)."""

from django.db import migrations

GUARDS = r"""
-- Whether own values leave room that the asked ones do not: `not_weaker` of projects/indicators.py, the other way
-- round. What cannot be compared (a missing or surplus end, ends in the wrong order, no number) is weaker.
CREATE FUNCTION is_weaker(comparator text, low numeric, high numeric, own_low numeric, own_high numeric)
RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(CASE
        WHEN NOT (abs(own_low) < 'Infinity') OR NOT coalesce(abs(own_high) < 'Infinity', true) THEN true
        WHEN (comparator = 'range') <> (own_high IS NOT NULL) THEN true
        WHEN comparator = '>=' THEN own_low < low
        WHEN comparator = '<=' THEN own_low > low
        WHEN comparator = 'range' THEN own_low < low OR own_high > high OR own_low > own_high
        ELSE own_low <> low END, true)
$$;
-- "30" or "20~40", as `format_target` writes it.
CREATE FUNCTION ends_of(target text) RETURNS numeric[] LANGUAGE sql IMMUTABLE AS $$
    SELECT string_to_array(replace(target, '～', '~'), '~')::numeric[]
$$;

-- What a challenge asks for stands from the moment it is posted: promises were made on it.
CREATE FUNCTION keep_posted_target() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    now_state text;
BEGIN
    SELECT state INTO now_state FROM projects_challenge WHERE id = OLD.challenge_id FOR SHARE;
    IF now_state NOT IN ('DRAFT', 'IN_LIST') THEN
        RAISE EXCEPTION 'indicator % of a posted challenge never changes', OLD.no USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER keep_posted BEFORE UPDATE ON projects_indicator FOR EACH ROW
    WHEN ((OLD.challenge_id, OLD.no, OLD.comparator, OLD.target, OLD.target_high, OLD.unit, OLD.is_must,
           OLD.milestone_values)
          IS DISTINCT FROM (NEW.challenge_id, NEW.no, NEW.comparator, NEW.target, NEW.target_high, NEW.unit,
                            NEW.is_must, NEW.milestone_values))
    EXECUTE FUNCTION keep_posted_target();

-- A bid leaves its team's hands only with a promise for every indicator, none weaker than asked; and a corrected
-- one with none weaker than in the content that was handed in before.
CREATE FUNCTION refuse_weak_promise() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    weak text;
BEGIN
    SELECT i.name INTO weak FROM projects_indicator i
        LEFT JOIN LATERAL (SELECT ends_of(r->>'promised') AS own FROM jsonb_array_elements(NEW.snapshot->'responses') r
                           WHERE r->>'no' = i.no::text) handed_in ON true
        LEFT JOIN LATERAL (SELECT ends_of(r->>'promised') AS was FROM jsonb_array_elements(OLD.snapshot->'responses') r
                           WHERE OLD.state = 'CORRECTION' AND r->>'no' = i.no::text) before ON true
        WHERE i.challenge_id = NEW.challenge_id
          AND (is_weaker(i.comparator, i.target, i.target_high, own[1], own[2])
               OR (was IS NOT NULL AND is_weaker(i.comparator, was[1], was[2], own[1], own[2])))
        LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'bid % promises less than was asked or promised before: %', NEW.id, weak
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER promises_hold BEFORE UPDATE OF state ON projects_bid FOR EACH ROW
    WHEN (OLD.state IN ('DRAFT', 'CORRECTION')
          AND NEW.state IN ('UNIT_REVIEW', 'REC_REVIEW', 'SUBMITTED', 'FORMAL_CHECK'))
    EXECUTE FUNCTION refuse_weak_promise();

-- While nobody may fill the bid in, its promises stay. The bid is held, so that no step of it slips in between.
CREATE FUNCTION keep_promise() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    now_state text;
BEGIN
    FOR now_state IN
        SELECT state FROM projects_bid
            WHERE id IN (CASE WHEN TG_OP <> 'INSERT' THEN OLD.bid_id END, CASE WHEN TG_OP <> 'DELETE' THEN NEW.bid_id END)
            ORDER BY id FOR SHARE
    LOOP
        IF now_state NOT IN ('DRAFT', 'CORRECTION') THEN
            RAISE EXCEPTION 'promises of a % bid never change', now_state USING ERRCODE = 'check_violation';
        END IF;
    END LOOP;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER keep_promised BEFORE INSERT OR UPDATE OR DELETE ON projects_indicatorresponse
    FOR EACH ROW EXECUTE FUNCTION keep_promise();

-- Every edition of a task book, signed or not, holds every promise of the bid, in its unit, and a must stays a must.
CREATE FUNCTION refuse_lowered_task_book() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    lowered text;
BEGIN
    SELECT i.name INTO lowered
        FROM projects_project p
        JOIN projects_indicatorresponse r ON r.bid_id = p.bid_id
        JOIN projects_indicator i ON i.id = r.indicator_id
        WHERE p.id = NEW.project_id AND NOT coalesce((
            SELECT bool_and(coalesce(
                       row->>'comparator' = i.comparator AND row->>'unit' = i.unit
                       AND ((row->>'is_must')::boolean OR NOT i.is_must)
                       AND NOT is_weaker(i.comparator, r.promised, r.promised_high,
                                         (row->>'target')::numeric, (row->>'target_high')::numeric), false))
            FROM jsonb_array_elements(NEW.indicators) row WHERE row->>'no' = i.no::text), false)
        LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'task book edition % of project % is below the promise: %', NEW.edition, NEW.project_id, lowered
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER promises_hold BEFORE INSERT OR UPDATE OF project_id, indicators ON projects_taskbook
    FOR EACH ROW EXECUTE FUNCTION refuse_lowered_task_book();

-- A node asks for what the challenge planned for it; where nothing was planned, for what was promised. Changing it
-- later is refused already (keep_measured).
CREATE FUNCTION refuse_lowered_node() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    lowered text;
BEGIN
    SELECT i.name INTO lowered
        FROM projects_milestone m
        JOIN projects_project p ON p.id = m.project_id
        JOIN projects_indicator i ON i.id = NEW.indicator_id
        LEFT JOIN projects_indicatorresponse r ON r.bid_id = p.bid_id AND r.indicator_id = i.id
        CROSS JOIN LATERAL (SELECT coalesce(ends_of(nullif(i.milestone_values->>(m.no::text), '')),
                                            ARRAY[r.promised, r.promised_high]) AS asked) planned
        WHERE m.id = NEW.milestone_id
          AND is_weaker(i.comparator, asked[1], asked[2], NEW.target, NEW.target_high)
        LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'milestone % asks for less than was planned or promised: %', NEW.milestone_id, lowered
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER promises_hold BEFORE INSERT ON projects_milestoneindicator
    FOR EACH ROW EXECUTE FUNCTION refuse_lowered_node();
"""

DROP = """
DROP FUNCTION IF EXISTS keep_posted_target(), refuse_weak_promise(), keep_promise(), refuse_lowered_task_book(),
    refuse_lowered_node() CASCADE;
DROP FUNCTION IF EXISTS is_weaker(text, numeric, numeric, numeric, numeric), ends_of(text);
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0019_sheet_guards"), ("projects", "0021_decisions")]
    operations = [migrations.RunSQL(GUARDS, DROP)]
