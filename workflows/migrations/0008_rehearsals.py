"""Audit entries of a rehearsal: linked to nothing, seen by nobody, refused at COMMIT."""

from django.db import migrations

#: Far above any sequence number the chain will reach.
REHEARSED = 900_000_000_000_000_000

CREATE = rf"""
CREATE SEQUENCE audit_rehearsal_seq MINVALUE {REHEARSED} START {REHEARSED};

CREATE OR REPLACE FUNCTION audit_link() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    head record;
BEGIN
    IF current_setting('jiebang.rehearsal', true) = 'on' THEN
        -- Without the chain's lock: a rehearsal takes seconds, and nobody may wait for it.
        NEW.seq := nextval('audit_rehearsal_seq');
        NEW.prev_hash := repeat('0', 64);
        NEW.recorded_at := clock_timestamp();
        NEW.txid := pg_current_xact_id()::text::bigint;
        NEW.hash := encode(sha256(convert_to('rehearsal|' || NEW.seq, 'UTF8')), 'hex');
        RETURN NEW;
    END IF;
    -- One writer at a time links; the lock is released at COMMIT, which does not wait for the
    -- disk here (see audit_make_durable and docs/decisions/0002).
    PERFORM pg_advisory_xact_lock(7304011);
    PERFORM set_config('synchronous_commit', 'off', true);
    SELECT seq, hash INTO head FROM workflows_auditentry ORDER BY seq DESC LIMIT 1;
    NEW.seq := coalesce(head.seq, 0) + 1;
    NEW.prev_hash := coalesce(head.hash, repeat('0', 64));
    NEW.recorded_at := clock_timestamp();
    NEW.txid := pg_current_xact_id()::text::bigint;
    NEW.hash := encode(sha256(convert_to(
        NEW.seq || '|' || NEW.prev_hash || '|' || NEW.digest || '|' ||
        to_char(NEW.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US') || '+00:00',
        'UTF8')), 'hex');
    RETURN NEW;
END $$;

CREATE FUNCTION refuse_rehearsed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an entry of a rehearsal cannot be kept' USING ERRCODE = 'check_violation';
END $$;

CREATE CONSTRAINT TRIGGER audit_keeps_no_rehearsal AFTER INSERT ON workflows_auditentry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.seq >= {REHEARSED})
    EXECUTE FUNCTION refuse_rehearsed();
"""

DROP = """
DROP TRIGGER audit_keeps_no_rehearsal ON workflows_auditentry;
DROP FUNCTION refuse_rehearsed();
CREATE OR REPLACE FUNCTION audit_link() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    head record;
BEGIN
    PERFORM pg_advisory_xact_lock(7304011);
    PERFORM set_config('synchronous_commit', 'off', true);
    SELECT seq, hash INTO head FROM workflows_auditentry ORDER BY seq DESC LIMIT 1;
    NEW.seq := coalesce(head.seq, 0) + 1;
    NEW.prev_hash := coalesce(head.hash, repeat('0', 64));
    NEW.recorded_at := clock_timestamp();
    NEW.txid := pg_current_xact_id()::text::bigint;
    NEW.hash := encode(sha256(convert_to(
        NEW.seq || '|' || NEW.prev_hash || '|' || NEW.digest || '|' ||
        to_char(NEW.recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US') || '+00:00',
        'UTF8')), 'hex');
    RETURN NEW;
END $$;
DROP SEQUENCE audit_rehearsal_seq;
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0007_ranges_pass_inside")]
    operations = [migrations.RunSQL(CREATE, DROP)]
