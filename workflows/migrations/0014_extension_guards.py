"""Extensions in the database: audited states, and nothing of one that was granted changes."""

from django.db import migrations

GUARDS = r"""
CREATE CONSTRAINT TRIGGER state_is_audited_insert AFTER INSERT ON projects_bidextension
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION require_audit('projects.bidextension');
CREATE CONSTRAINT TRIGGER state_is_audited_update AFTER UPDATE OF state ON projects_bidextension
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state)
    EXECUTE FUNCTION require_audit('projects.bidextension');

-- What the team asked; the instants, once they are proposed, change only together with the state.
CREATE TRIGGER keep_given BEFORE UPDATE ON projects_bidextension FOR EACH ROW
    WHEN ((OLD.number, OLD.bid_id, OLD.grounds) IS DISTINCT FROM (NEW.number, NEW.bid_id, NEW.grounds)
          OR (OLD.state = NEW.state
              AND (OLD.bid_until, OLD.rec_until, OLD.opinion, OLD.endorsed_by_id, OLD.granted_by_id)
              IS DISTINCT FROM (NEW.bid_until, NEW.rec_until, NEW.opinion, NEW.endorsed_by_id, NEW.granted_by_id)))
    EXECUTE FUNCTION keep_given_words();
"""

DROP = """
DROP TRIGGER IF EXISTS keep_given ON projects_bidextension;
DROP TRIGGER IF EXISTS state_is_audited_insert ON projects_bidextension;
DROP TRIGGER IF EXISTS state_is_audited_update ON projects_bidextension;
"""


class Migration(migrations.Migration):
    dependencies = [("workflows", "0013_reconsideration_guards"), ("projects", "0015_extensions")]
    operations = [migrations.RunSQL(GUARDS, DROP)]
