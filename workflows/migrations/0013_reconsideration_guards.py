"""Reconsiderations and objections in the database: audited states, and words that stay as they were given."""

from django.db import migrations

GUARDS = r"""
CREATE CONSTRAINT TRIGGER state_is_audited_insert AFTER INSERT ON projects_reconsideration
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION require_audit('projects.reconsideration');
CREATE CONSTRAINT TRIGGER state_is_audited_update AFTER UPDATE OF state ON projects_reconsideration
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state)
    EXECUTE FUNCTION require_audit('projects.reconsideration');

CREATE FUNCTION keep_given_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% % never changes in state %', TG_TABLE_NAME, OLD.number, OLD.state
        USING ERRCODE = 'check_violation';
END $$;

-- What the team asked, and about which refusal; what was decided, together with the state.
CREATE TRIGGER keep_given BEFORE UPDATE ON projects_reconsideration FOR EACH ROW
    WHEN ((OLD.number, OLD.bid_id, OLD.grounds, OLD.refused_at)
          IS DISTINCT FROM (NEW.number, NEW.bid_id, NEW.grounds, NEW.refused_at)
          OR (OLD.state = NEW.state AND OLD.conclusion IS DISTINCT FROM NEW.conclusion))
    EXECUTE FUNCTION keep_given_words();

-- What the author wrote; what the party objected to answered, and what was found, once they are given.
CREATE TRIGGER keep_given BEFORE UPDATE ON projects_objection FOR EACH ROW
    WHEN ((OLD.number, OLD.notice_id, OLD.grounds, OLD.author_name, OLD.author_contact, OLD.author_user_id)
          IS DISTINCT FROM
              (NEW.number, NEW.notice_id, NEW.grounds, NEW.author_name, NEW.author_contact, NEW.author_user_id)
          OR (OLD.state = NEW.state
              AND (OLD.shown_grounds, OLD.other_party_reply, OLD.finding, OLD.verdict, OLD.reply)
              IS DISTINCT FROM
                  (NEW.shown_grounds, NEW.other_party_reply, NEW.finding, NEW.verdict, NEW.reply)))
    EXECUTE FUNCTION keep_given_words();
"""

DROP = """
DROP TRIGGER IF EXISTS state_is_audited_insert ON projects_reconsideration;
DROP TRIGGER IF EXISTS state_is_audited_update ON projects_reconsideration;
DROP FUNCTION IF EXISTS keep_given_words() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0012_list_signatures_stay"),
        ("projects", "0014_objections_and_reconsideration"),
    ]
    operations = [migrations.RunSQL(GUARDS, DROP)]
