"""Must-indicators with two ends: inside is met; both ends of a node's target stay what they were."""

from django.db import migrations

GUARDS = r"""
CREATE OR REPLACE FUNCTION refuse_pass_on_missed_must() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM projects_milestoneindicator mi JOIN projects_indicator i ON i.id = mi.indicator_id
        WHERE mi.milestone_id = NEW.id AND i.is_must AND NOT coalesce(
            CASE i.comparator WHEN '>=' THEN mi.actual >= mi.target
                              WHEN '<=' THEN mi.actual <= mi.target
                              WHEN 'range' THEN mi.actual BETWEEN mi.target AND mi.target_high
                              ELSE mi.actual = mi.target END, false)) THEN
        RAISE EXCEPTION 'milestone % cannot pass: a must-indicator is missed', NEW.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION keep_measured_values() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    node_state text;
BEGIN
    SELECT state INTO node_state FROM projects_milestone WHERE id = OLD.milestone_id;
    IF node_state NOT IN ('PLANNED', 'DUE_SOON', 'OVERDUE', 'RECTIFY')
       OR (TG_OP = 'UPDATE' AND (OLD.milestone_id, OLD.indicator_id, OLD.target, OLD.target_high)
           IS DISTINCT FROM (NEW.milestone_id, NEW.indicator_id, NEW.target, NEW.target_high)) THEN
        RAISE EXCEPTION 'measured values of milestone % never change in state %', OLD.milestone_id, node_state
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0006_outbox_pauses_and_gives_up"),
        ("projects", "0003_indicator_ranges"),
    ]
    # Undone together with the columns it names, which leave with the tables' own migration.
    operations = [migrations.RunSQL(GUARDS, migrations.RunSQL.noop)]
