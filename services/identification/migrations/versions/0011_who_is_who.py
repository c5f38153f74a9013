"""Who is who: every subject has its own case, a resemblance is a question, a part begins and ends, and a merge gives nobody
a part. What joined cases by a number goes."""

from services.identification.migrations.policies import party, working
from shared.data.migrations import apply
from shared.data.row_security import guarded

revision = "0011"
down_revision = "0010"

CASES = """
ALTER TABLE case_file
    ADD COLUMN is_to_compare boolean NOT NULL DEFAULT true,
    ADD COLUMN source_withdrawn_at timestamptz,
    DROP COLUMN earlier_case_id;
ALTER TABLE case_file ALTER COLUMN is_to_compare DROP DEFAULT;
CREATE INDEX ix_case_file_to_compare ON case_file (position) WHERE is_to_compare;
ALTER TABLE case_party ADD COLUMN since timestamptz;
UPDATE case_party p SET since = f.opened_at FROM case_file f WHERE f.id = p.case_id;
ALTER TABLE case_party ALTER COLUMN since SET NOT NULL;
ALTER TABLE case_referral ADD COLUMN same_as uuid, ADD COLUMN withdrawn_at timestamptz;
CREATE INDEX ix_case_referral_referral ON case_referral (referral_id);
ALTER TABLE consent ADD COLUMN confirmed_at timestamptz;
DROP FUNCTION cases_known_by(bytea[]);
DROP FUNCTION cases_never_the_same(uuid);
DROP TABLE duplicate_question;
DROP TABLE lent_part;
"""
TABLES = """
CREATE TABLE question (
    id uuid PRIMARY KEY,
    newer_id uuid NOT NULL REFERENCES case_file (id),
    older_id uuid NOT NULL REFERENCES case_file (id),
    newer_now uuid NOT NULL REFERENCES case_file (id),
    older_now uuid NOT NULL REFERENCES case_file (id),
    score double precision NOT NULL,
    matched_on varchar[] NOT NULL,
    state varchar NOT NULL,
    asked_at timestamptz NOT NULL,
    answer varchar,
    answered_at timestamptz,
    answered_by varchar,
    version integer NOT NULL,
    reason bytea,
    UNIQUE (newer_id, older_id),
    CHECK (newer_id <> older_id));
CREATE INDEX ix_question_older ON question (older_id);
CREATE INDEX ix_question_newer_now ON question (newer_now);
CREATE INDEX ix_question_older_now ON question (older_now);
CREATE INDEX ix_question_state ON question (state, asked_at, (-score), id);
CREATE TABLE case_merge (
    case_id uuid PRIMARY KEY REFERENCES case_file (id),
    into_id uuid NOT NULL REFERENCES case_file (id),
    merged_at timestamptz NOT NULL,
    question_id uuid REFERENCES question (id),
    status varchar NOT NULL,
    authority varchar NOT NULL,
    position bigint NOT NULL,
    sequence bigint NOT NULL,
    own_sequence bigint NOT NULL,
    child_since timestamptz,
    child_notified_at timestamptz,
    municipality varchar,
    custody_since timestamptz,
    custody_ended_at timestamptz,
    custody_end_reason varchar,
    memory bytea);
CREATE INDEX ix_case_merge_into ON case_merge (into_id);
CREATE TABLE ended_part (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES case_file (id),
    org varchar NOT NULL,
    part varchar NOT NULL,
    ended_at timestamptz NOT NULL,
    ended_by varchar NOT NULL,
    reason bytea);
CREATE INDEX ix_ended_part_case ON ended_part (case_id);
"""
# What was let known in a case that was merged into this one holds here only once CMM has confirmed it.
HAS_LEAVE = """DO $do$ BEGIN
CREATE OR REPLACE FUNCTION has_leave(the_case uuid, what varchar) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
    RETURN EXISTS (
        WITH RECURSIVE family AS (
            SELECT the_case AS member UNION SELECT f.id FROM family JOIN case_file f ON f.merged_into = family.member)
        SELECT FROM family JOIN consent c ON c.case_id = member
        WHERE c.recipient = havn_org() AND c.withdrawn_at IS NULL AND what = ANY (c.scope)
          AND (c.case_id = the_case OR c.confirmed_at IS NOT NULL)
        UNION ALL
        SELECT FROM disclosure d
        WHERE d.case_id = the_case AND d.recipient = havn_org() AND d.basis = 'law' AND d.ended_at IS NULL
          AND what = ANY (d.fields));
END $do$"""
# What is recorded anew where the work goes on, for who has referred the person and has no part there: told as of its own case,
# by numbers that go on from that case's own. US is told of no case that it has no part in.
THROUGH_MERGES = """DO $do$ BEGIN
CREATE FUNCTION events_through_merges(after bigint, settled bigint, most integer) RETURNS TABLE
    (event_id uuid, "position" bigint, key varchar, sequence bigint, type varchar, occurred_at timestamptz, payload jsonb,
     alias uuid, shift bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $fn$
    WITH RECURSIVE chain AS (
        SELECT m.case_id AS alias, m.into_id, m.position AS since, m.merged_at, m.own_sequence - m.sequence AS shift
        FROM case_party p JOIN case_merge m ON m.case_id = p.case_id
        WHERE p.org = havn_org() AND p.org <> 'us' AND p.part = 'referrer'
          AND NOT EXISTS (SELECT FROM case_party q WHERE q.case_id = m.into_id AND q.org = havn_org()
                          AND q.part NOT IN ('municipality', 'prosecution'))
        UNION ALL
        SELECT c.alias, m.into_id, m.position, m.merged_at, c.shift + m.own_sequence - m.sequence
        FROM chain c JOIN case_merge m ON m.case_id = c.into_id)
    SELECT h.event_id, h.position, h.key, h.sequence, h.type, h.occurred_at, h.payload, c.alias, c.shift
    FROM chain c JOIN event_history h ON h.key = c.into_id::text
    WHERE h.position > greatest(after, c.since) AND h.position <= settled AND h.occurred_at > c.merged_at
      AND h.type <> 'dk.havn.identification.case-routed.v1'  -- a further merge routes again, and would tell of itself
    ORDER BY h.position LIMIT most
$fn$;
END $do$"""
NEVER_THE_SAME = """
CREATE FUNCTION cases_never_the_same(as_case uuid) RETURNS SETOF uuid LANGUAGE sql STABLE SET search_path = public AS $$
    WITH RECURSIVE family AS (
        SELECT case_that_goes_on(as_case) AS id
        UNION SELECT f.id FROM family JOIN case_file f ON f.merged_into = family.id),
    said AS (
        SELECT q.older_id AS id FROM question q JOIN family ON family.id = q.newer_id
        WHERE q.state = 'answered' AND q.answer = 'different'
        UNION SELECT q.newer_id FROM question q JOIN family ON family.id = q.older_id
        WHERE q.state = 'answered' AND q.answer = 'different')
    SELECT case_that_goes_on(said.id) FROM said WHERE said.id NOT IN (SELECT family.id FROM family)
$$
"""
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
# Of an equal number alone US is told nothing but what it has decided itself or works on; of the cases that people have said
# to be one person's, those that it has a part in. CMM may know all of them (docs/rules.md, identity-7).
EARLIER = """DO $do$ BEGIN
CREATE OR REPLACE FUNCTION earlier_identifications(asked uuid) RETURNS TABLE
    (case_id uuid, outcome varchar, authority varchar, decided_on date, exploitation_forms varchar[], is_current boolean)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public AS $$
DECLARE
    decided_until date;
BEGIN
    IF NOT EXISTS (
        SELECT FROM case_file f
        WHERE f.id = asked AND ((f.authority = 'US' AND havn_org() = 'us')
                             OR (f.authority IN ('CMM', 'COURT') AND havn_org() = 'cmm')))
    THEN RETURN; END IF;
    SELECT max(own.decided_on) INTO decided_until FROM decision own JOIN case_file f ON f.id = own.case_id
        WHERE f.id = asked AND f.status IN ('decided', 'closed');
    RETURN QUERY
        WITH RECURSIVE same AS (
            SELECT asked AS id, false AS by_number
            UNION
            SELECT next.id, same.by_number OR next.by_number FROM same CROSS JOIN LATERAL (
                SELECT f.merged_into AS id, false AS by_number FROM case_file f WHERE f.id = same.id
                UNION ALL SELECT f.id, false FROM case_file f WHERE f.merged_into = same.id
                UNION ALL SELECT k.case_id, true FROM known_identifier own
                    JOIN known_identifier k ON k.hash = own.hash AND k.case_id <> own.case_id
                    WHERE own.case_id = same.id AND (havn_org() = 'cmm' OR works_on(k.case_id))) next
            WHERE next.id IS NOT NULL
              AND case_that_goes_on(next.id) NOT IN (SELECT cases_never_the_same(asked))
              AND case_that_goes_on(next.id) NOT IN (SELECT cases_never_the_same(same.id))),
        known AS (SELECT same.id, bool_and(same.by_number) AS by_number FROM same GROUP BY same.id)
        SELECT d.case_id, d.outcome, d.authority, d.decided_on, d.exploitation_forms, d.is_current
        FROM decision d JOIN known ON known.id = d.case_id
        WHERE d.case_id <> asked
          AND (havn_org() = 'cmm' OR EXISTS (
               SELECT FROM case_party p WHERE p.case_id = d.case_id AND p.org = havn_org()))
          AND (NOT known.by_number OR decided_until IS NULL OR d.decided_on <= decided_until)
        ORDER BY d.decided_on DESC, d.recorded_at DESC;
END $$;
END $do$"""


CENTRAL = "havn_org() IN ('havn', 'cmm')"
AUTHORITY = "'authority'"


def _works_on_both(table: str, one: str, other: str) -> str:
    of_both = " AND ".join(f"({party(f'{table}.{each}', AUTHORITY)})" for each in (one, other))
    return f"{CENTRAL} OR ({of_both})"


def upgrade() -> None:
    questions = _works_on_both("question", "newer_now", "older_now")
    merges = _works_on_both("case_merge", "case_id", "into_id")
    apply(
        CASES,
        TABLES,
        HAS_LEAVE,
        THROUGH_MERGES,
        NEVER_THE_SAME,
        ERASE,
        EARLIER,
        *guarded("question", "SELECT, INSERT, UPDATE", visible=questions, writable=questions),
        *guarded("case_merge", "SELECT, INSERT, UPDATE, DELETE", visible=merges, writable=merges),
        *guarded("ended_part", "SELECT, INSERT", visible=working("ended_part"), writable=CENTRAL),
        "DO $$ BEGIN EXECUTE format('GRANT UPDATE ON case_referral TO %I', current_database()); END $$",
    )
