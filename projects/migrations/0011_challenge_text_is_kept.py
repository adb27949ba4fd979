from django.db import migrations

TRIGGERS = """
-- Rewrites what a challenge is found by. The row is locked first: of two writers the second
-- computes after the first has committed, and so sees what it wrote.
CREATE FUNCTION write_challenge_text(wanted bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM projects_challengetext WHERE challenge_id = wanted FOR UPDATE;
    INSERT INTO projects_challengetext (challenge_id, title, body)
    SELECT c.id,
           lower(normalize(concat_ws(E'\\n', c.title, c.number), NFKC)),
           lower(normalize(concat_ws(E'\\n', c.title, c.number, c.background, c.content, c.scenario,
               (SELECT string_agg(concat_ws(' ', i.name, i.unit, i.check_method), E'\\n' ORDER BY i.no)
                FROM projects_indicator i WHERE i.challenge_id = c.id),
               CASE WHEN NOT c.demander_is_hidden THEN o.name END), NFKC))
    FROM projects_challenge c JOIN accounts_organisation o ON o.id = c.demander_id
    WHERE c.id = wanted
    ON CONFLICT (challenge_id) DO UPDATE SET title = EXCLUDED.title, body = EXCLUDED.body
    WHERE (projects_challengetext.title, projects_challengetext.body) IS DISTINCT FROM (EXCLUDED.title, EXCLUDED.body);
END $$;

CREATE FUNCTION challenge_is_found_by_its_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM write_challenge_text(NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER words_of_new_challenge AFTER INSERT ON projects_challenge
    FOR EACH ROW EXECUTE FUNCTION challenge_is_found_by_its_words();
-- A transition saves every column; only words that changed are written anew.
CREATE TRIGGER words_of_challenge AFTER UPDATE ON projects_challenge FOR EACH ROW WHEN (
    (OLD.title, OLD.number, OLD.background, OLD.content, OLD.scenario, OLD.demander_id, OLD.demander_is_hidden)
    IS DISTINCT FROM
    (NEW.title, NEW.number, NEW.background, NEW.content, NEW.scenario, NEW.demander_id, NEW.demander_is_hidden)
) EXECUTE FUNCTION challenge_is_found_by_its_words();

CREATE FUNCTION challenge_is_found_by_its_indicators() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN PERFORM write_challenge_text(OLD.challenge_id); END IF;
    IF TG_OP <> 'DELETE' THEN PERFORM write_challenge_text(NEW.challenge_id); END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER words_of_indicator AFTER INSERT OR DELETE OR UPDATE OF name, unit, check_method, challenge_id
    ON projects_indicator FOR EACH ROW EXECUTE FUNCTION challenge_is_found_by_its_indicators();

CREATE FUNCTION challenge_is_found_by_its_demander() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM write_challenge_text(c.id) FROM projects_challenge c
        WHERE c.demander_id = NEW.id AND NOT c.demander_is_hidden ORDER BY c.id;
    RETURN NULL;
END $$;
CREATE TRIGGER words_of_demander AFTER UPDATE OF name ON accounts_organisation
    FOR EACH ROW WHEN (OLD.name IS DISTINCT FROM NEW.name) EXECUTE FUNCTION challenge_is_found_by_its_demander();

-- Also for rows that are loaded with triggers off: what is derived is never missing.
ALTER TABLE projects_challenge ENABLE ALWAYS TRIGGER words_of_new_challenge;
ALTER TABLE projects_challenge ENABLE ALWAYS TRIGGER words_of_challenge;
ALTER TABLE projects_indicator ENABLE ALWAYS TRIGGER words_of_indicator;
ALTER TABLE accounts_organisation ENABLE ALWAYS TRIGGER words_of_demander;

SELECT write_challenge_text(id) FROM projects_challenge;
"""

DROP = """
DROP FUNCTION IF EXISTS challenge_is_found_by_its_words(), challenge_is_found_by_its_indicators(),
    challenge_is_found_by_its_demander(), write_challenge_text(bigint) CASCADE;
"""


class Migration(migrations.Migration):
    # Apart from the table's own: rows with pending checks and a new foreign key do not fit in one transaction.
    dependencies = [("accounts", "0001_initial"), ("projects", "0010_challenge_text")]
    operations = [migrations.RunSQL(TRIGGERS, DROP)]
