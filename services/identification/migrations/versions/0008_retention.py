"""How long things are kept: legal holds, the reports of the runs, and erasure by destroying the key."""

from services.identification.migrations.policies import working
from shared.data.migrations import apply
from shared.data.row_security import guarded

revision = "0008"
down_revision = "0007"

TABLES = """
ALTER TABLE case_file ADD COLUMN erased_at timestamptz;
CREATE INDEX ix_case_file_kept ON case_file (closed_on) WHERE erased_at IS NULL;
CREATE TABLE legal_hold (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES case_file (id),
    placed_at timestamptz NOT NULL,
    placed_by varchar NOT NULL,
    ended_at timestamptz,
    ended_by varchar,
    reason bytea);
CREATE UNIQUE INDEX one_legal_hold ON legal_hold (case_id) WHERE ended_at IS NULL;
CREATE TABLE retention_run (
    id uuid PRIMARY KEY,
    ran_at timestamptz NOT NULL,
    day date NOT NULL,
    table_version varchar NOT NULL,
    is_complete boolean NOT NULL,
    erased jsonb NOT NULL,
    case_ids uuid[] NOT NULL);
CREATE INDEX ix_retention_run ON retention_run (ran_at, id);
CREATE TABLE erased_key (owner_id uuid PRIMARY KEY, erased_at timestamptz NOT NULL, rule varchar NOT NULL);
"""
# One door, and Havn alone goes through it: the runtime role may not delete keys or overwrite what is sealed by itself. It
# finds the sealed columns of a case in the catalogue, so that a table added later is not forgotten.
ERASE = """DO $do$ BEGIN
CREATE FUNCTION erase_case(the_case uuid, at timestamptz, by_rule varchar) RETURNS void
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
        representative_requested_on = NULL, representative_appointed_on = NULL
        WHERE id = the_case;
    INSERT INTO erased_key (owner_id, erased_at, rule) VALUES (the_case, at, by_rule) ON CONFLICT DO NOTHING;
    DELETE FROM data_key WHERE owner_id = the_case;
    DELETE FROM known_identifier WHERE case_id = the_case;
    DELETE FROM search_token WHERE case_id = the_case;
    DELETE FROM suspect WHERE case_id = the_case;
    DELETE FROM evidence_part WHERE case_id = the_case;
    DELETE FROM duplicate_question WHERE the_case IN (case_id, other_case_id);
    DELETE FROM case_link WHERE the_case IN (case_id, other_case_id);
    DELETE FROM deadline WHERE case_id = the_case;
    DELETE FROM on_call WHERE case_id = the_case;
    DELETE FROM child_referral WHERE case_id = the_case;
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
# Stored answers to repeated requests: sealed under the caller's own key, and of no use after their time.
FORGET_ANSWERS = """DO $do$ BEGIN
CREATE FUNCTION forget_answers(before timestamptz) RETURNS bigint
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public AS $fn$
DECLARE
    gone bigint;
BEGIN
    IF havn_org() IS DISTINCT FROM 'havn' THEN
        RAISE EXCEPTION 'Only Havn itself erases.' USING ERRCODE = 'insufficient_privilege';
    END IF;
    DELETE FROM idempotency WHERE created_at < before;
    GET DIAGNOSTICS gone = ROW_COUNT;
    RETURN gone;
END $fn$;
END $do$"""
CENTRAL = "havn_org() IN ('havn', 'cmm')"


def upgrade() -> None:
    apply(
        TABLES,
        ERASE,
        FORGET_ANSWERS,
        *guarded("legal_hold", "SELECT, INSERT, UPDATE", visible=working("legal_hold"), writable=working("legal_hold")),
        *guarded("retention_run", "SELECT, INSERT", visible=CENTRAL, writable="havn_org() = 'havn'"),
        *guarded("erased_key", "SELECT", visible=CENTRAL),
    )
