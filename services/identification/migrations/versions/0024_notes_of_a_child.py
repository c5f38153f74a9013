"""Notes for the municipality that assesses a child."""

from services.identification.migrations.policies import party
from shared.data.migrations import apply
from shared.data.row_security import guarded

revision = "0024"
down_revision = "0023"

TABLE = """
CREATE TABLE child_note (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES case_file (id),
    recorded_at timestamptz NOT NULL,
    recorded_by varchar NOT NULL,
    addressed_to varchar,
    words bytea);
CREATE INDEX ix_child_note_case ON child_note (case_id, recorded_at, id);
"""
# As migration 0011 has it, and the notes besides, which name a municipality.
ERASE = """DO $do$ BEGIN
CREATE OR REPLACE FUNCTION erase_case(the_case uuid, at timestamptz, by_rule varchar) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public AS $fn$
DECLARE
    sealed record;
BEGIN
    IF havn_org() IS DISTINCT FROM 'havn' THEN
        RAISE EXCEPTION 'Only Havn itself erases.' USING ERRCODE = 'insufficient_privilege';
    END IF;
    UPDATE case_file SET
        erased_at = coalesce(erased_at, at), municipality = NULL, custody_since = NULL, custody_ended_at = NULL,
        residence_valid_until = NULL, facts_used = '{}', routing_facts = NULL, opened_by = NULL, settled_by = NULL,
        occurred_at = date_trunc('year', occurred_at), child_notified_at = NULL, child_assessed_at = NULL,
        representative_requested_on = NULL, representative_appointed_on = NULL,
        source_withdrawn_at = NULL, is_to_compare = false, child_since = NULL, custody_from = NULL
        WHERE id = the_case;
    INSERT INTO erased_key (owner_id, erased_at, rule) VALUES (the_case, at, by_rule) ON CONFLICT DO NOTHING;
    DELETE FROM data_key WHERE owner_id = the_case;
    DELETE FROM known_identifier WHERE case_id = the_case;
    DELETE FROM search_token WHERE case_id = the_case;
    DELETE FROM suspect WHERE case_id = the_case;
    DELETE FROM evidence_part WHERE case_id = the_case;
    DELETE FROM case_merge WHERE question_id IN (
        SELECT q.id FROM question q WHERE the_case IN (q.newer_id, q.older_id, q.newer_now, q.older_now));
    DELETE FROM question WHERE the_case IN (newer_id, older_id, newer_now, older_now);
    UPDATE case_merge SET memory = NULL WHERE into_id = the_case;
    DELETE FROM case_link WHERE the_case IN (case_id, other_case_id);
    DELETE FROM deadline WHERE case_id = the_case;
    DELETE FROM on_call WHERE case_id = the_case;
    DELETE FROM child_referral WHERE case_id = the_case;
    DELETE FROM child_note WHERE case_id = the_case;
    DELETE FROM case_party WHERE case_id = the_case AND part <> 'centre';
    FOR sealed IN
        SELECT c.table_name, c.column_name, c.is_nullable = 'YES' AS may_be_null,
               CASE c.table_name WHEN 'case_file' THEN 'id' ELSE 'case_id' END AS of_case
        FROM information_schema.columns c
        WHERE c.table_schema = 'public' AND c.data_type = 'bytea'
          AND (c.table_name = 'case_file' OR EXISTS (
               SELECT FROM information_schema.columns o
               WHERE o.table_schema = 'public' AND o.table_name = c.table_name AND o.column_name = 'case_id'))
          AND c.table_name NOT IN ('known_identifier', 'suspect_hash')
    LOOP
        EXECUTE format('UPDATE %I SET %I = %s WHERE %I = $1', sealed.table_name, sealed.column_name,
                       CASE WHEN sealed.may_be_null THEN 'NULL' ELSE quote_literal('') || '::bytea' END, sealed.of_case)
            USING the_case;
    END LOOP;
END $fn$;
END $do$"""
CONCERNS = "havn_org() IN ('havn', 'cmm', child_note.recorded_by, child_note.addressed_to)"
WRITES = "havn_org() IN ('havn', child_note.recorded_by)"
PARTY = party("child_note.case_id")


def upgrade() -> None:
    apply(
        TABLE,
        ERASE,
        *guarded(
            "child_note",
            "SELECT, INSERT",
            visible=f"({CONCERNS}) AND ({PARTY})",
            writable=f"({WRITES}) AND ({PARTY})",
        ),
    )
