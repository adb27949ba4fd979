"""The audit chain in the database: linking, append-only, and no change of state without an entry."""

from django.db import migrations

CHAIN = r"""
CREATE FUNCTION audit_link() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    head record;
BEGIN
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

CREATE TRIGGER audit_link BEFORE INSERT ON workflows_auditentry
    FOR EACH ROW EXECUTE FUNCTION audit_link();

CREATE FUNCTION audit_append(entries jsonb) RETURNS void LANGUAGE sql AS $$
    INSERT INTO workflows_auditentry
        (seq, recorded_at, prev_hash, hash, txid, at, actor_id, actor_name, role, object_type, object_id,
         transition, from_state, to_state, reason, payload, payload_digest, digest)
    SELECT 0, now(), '', '', 0, e.at, e.actor_id, e.actor_name, e.role, e.object_type, e.object_id,
         e.transition, e.from_state, e.to_state, e.reason, e.payload, e.payload_digest, e.digest
    FROM jsonb_array_elements(entries) WITH ORDINALITY AS a(value, no),
         jsonb_to_record(a.value) AS e(
            at timestamptz, actor_id bigint, actor_name text, role text, object_type text, object_id text,
            transition text, from_state text, to_state text, reason text, payload jsonb,
            payload_digest text, digest text)
    ORDER BY a.no
$$;

-- Waits until every commit so far is on disk; concurrent callers share one flush.
CREATE FUNCTION audit_make_durable() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('server_version_num')::int >= 170000 THEN
        PERFORM pg_logical_emit_message(false, 'jiebang', '', true);
    ELSE
        PERFORM pg_current_xact_id();  -- makes this statement's own commit wait for the disk
    END IF;
END $$;

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'append-only: % on % is refused', TG_OP, TG_TABLE_NAME USING ERRCODE = 'check_violation';
END $$;

CREATE TRIGGER audit_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON workflows_auditentry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

CREATE FUNCTION require_audit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before text := '';
BEGIN
    IF TG_OP = 'UPDATE' THEN
        before := OLD.state;
    END IF;
    PERFORM 1 FROM workflows_auditentry
        WHERE object_type = TG_ARGV[0] AND object_id = NEW.id::text
          AND txid = pg_current_xact_id()::text::bigint
          AND from_state = before AND to_state = NEW.state;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'unaudited change of state of % %: % -> %', TG_ARGV[0], NEW.id, before, NEW.state
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
"""

DROP_CHAIN = """
DROP FUNCTION IF EXISTS audit_append(jsonb), audit_make_durable(), audit_link(), refuse_change(),
    require_audit() CASCADE;
"""

STATEFUL = [
    "projects.challengelist", "projects.challenge", "projects.bid", "projects.formalcheck",
    "projects.awarddecision", "projects.publicnotice", "projects.objection", "projects.project",
    "projects.milestone", "projects.tranche", "projects.race", "projects.racelane",
    "projects.acceptance", "projects.certificate", "review.reviewround", "review.assignment",
    "review.scoresheet",
]  # fmt: skip

TRIGGERS = "\n".join(
    f"""
CREATE CONSTRAINT TRIGGER state_is_audited_insert AFTER INSERT ON {label.replace(".", "_")}
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION require_audit('{label}');
CREATE CONSTRAINT TRIGGER state_is_audited_update AFTER UPDATE OF state ON {label.replace(".", "_")}
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state)
    EXECUTE FUNCTION require_audit('{label}');
"""
    for label in STATEFUL
)


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0001_initial"),
        ("projects", "0001_initial"),
        ("review", "0001_initial"),
    ]
    operations = [
        migrations.RunSQL(CHAIN, DROP_CHAIN),
        migrations.RunSQL(TRIGGERS, migrations.RunSQL.noop),
    ]
