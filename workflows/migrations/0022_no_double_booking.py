"""One room, one defence at a time; one person, one panel at a time (domain 3.8), whoever writes."""

from django.db import migrations

GUARDS = r"""
-- What the slots of a round clash with: the same room of the agency, or somebody who sits on both panels.
CREATE FUNCTION double_booking_of(of_round bigint) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN same_room THEN 'room ' || own_room ELSE 'user ' || person END FROM (
        SELECT own.room AS own_room, member.user_id AS person,
               l.agency_id = k.agency_id
               AND lower(regexp_replace(own.room, '\s', '', 'g')) = lower(regexp_replace(other.room, '\s', '', 'g'))
               AS same_room
        FROM review_defencesession own
        JOIN review_reviewround r ON r.id = own.round_id
        JOIN projects_challenge c ON c.id = r.challenge_id
        JOIN projects_challengelist l ON l.id = c.challenge_list_id
        JOIN review_defenceslot mine ON mine.session_id = own.id
        JOIN review_defenceslot theirs ON theirs.starts_at < mine.ends_at AND mine.starts_at < theirs.ends_at
        JOIN review_defencesession other ON other.id = theirs.session_id AND other.id <> own.id
             AND other.state <> 'CANCELLED'
        JOIN review_reviewround q ON q.id = other.round_id
        JOIN projects_challenge d ON d.id = q.challenge_id
        JOIN projects_challengelist k ON k.id = d.challenge_list_id
        LEFT JOIN LATERAL (
            SELECT e.user_id FROM review_assignment a JOIN review_expert e ON e.id = a.expert_id
            WHERE a.round_id = own.round_id AND a.state IN ('INVITED', 'ACCEPTED', 'PLEDGED', 'SUBMITTED', 'LOCKED')
            INTERSECT
            SELECT e.user_id FROM review_assignment a JOIN review_expert e ON e.id = a.expert_id
            WHERE a.round_id = other.round_id AND a.state IN ('INVITED', 'ACCEPTED', 'PLEDGED', 'SUBMITTED', 'LOCKED')
        ) member ON true
        WHERE own.round_id = of_round AND own.state NOT IN ('CANCELLED', 'HELD')
    ) clash WHERE same_room OR person IS NOT NULL LIMIT 1
$$;

-- At the end of the statement's row, under one lock: of two who book at once the second sees the first.
CREATE FUNCTION refuse_double_booking() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    booked bigint;
    clash text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('defence booking'));
    IF TG_TABLE_NAME = 'review_assignment' THEN
        booked := NEW.round_id;
    ELSE
        SELECT round_id INTO booked FROM review_defencesession WHERE id = NEW.session_id;
        IF EXISTS (SELECT 1 FROM review_defenceslot other
                   WHERE other.session_id = NEW.session_id AND other.id <> NEW.id
                     AND other.starts_at < NEW.ends_at AND NEW.starts_at < other.ends_at) THEN
            RAISE EXCEPTION 'two teams of defence % speak at a time', NEW.session_id USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    clash := double_booking_of(booked);
    IF clash IS NOT NULL THEN
        RAISE EXCEPTION 'the defence of round % is booked twice: %', booked, clash USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER no_double_booking AFTER INSERT OR UPDATE OF starts_at, ends_at, session_id ON review_defenceslot
    FOR EACH ROW EXECUTE FUNCTION refuse_double_booking();
-- A seat that is taken while its panel already has a defence; without one there is nothing to clash.
CREATE FUNCTION round_has_slots(of_round bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT 1 FROM review_defencesession s JOIN review_defenceslot t ON t.session_id = s.id
                   WHERE s.round_id = of_round AND s.state NOT IN ('CANCELLED', 'HELD'))
$$;
CREATE TRIGGER no_double_booking AFTER INSERT ON review_assignment
    FOR EACH ROW WHEN (round_has_slots(NEW.round_id)) EXECUTE FUNCTION refuse_double_booking();

-- A session whose slots were drawn keeps its room, and one that was cancelled stays so.
CREATE FUNCTION keep_booking() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the booking of defence % never changes in state %', OLD.id, OLD.state
        USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER keep_booking BEFORE UPDATE ON review_defencesession FOR EACH ROW
    WHEN ((OLD.room IS DISTINCT FROM NEW.room AND OLD.state NOT IN ('PLANNED', 'COMMITTED'))
       OR (OLD.state = 'CANCELLED' AND NEW.state <> 'CANCELLED'))
    EXECUTE FUNCTION keep_booking();
"""

DROP = """
DROP FUNCTION IF EXISTS refuse_double_booking(), keep_booking() CASCADE;
DROP FUNCTION IF EXISTS round_has_slots(bigint) CASCADE;
DROP FUNCTION IF EXISTS double_booking_of(bigint);
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0021_late_conflict_guards"), ("review", "0009_scenarios")]
    operations = [migrations.RunSQL(GUARDS, DROP)]
