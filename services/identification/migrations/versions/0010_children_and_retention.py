"""Since when a person is known to be a child; and what was decided of a person earlier is found by every number they are
known by, in open cases too."""

from shared.data.migrations import apply

revision = "0010"
down_revision = "0009"

# A child whom no municipality was told of got no clock before; it gets CMM's.
CHILDREN = """
ALTER TABLE case_file ADD COLUMN child_since timestamptz;
UPDATE case_file SET child_since = opened_at, is_wound = false
    WHERE age_group IN ('minor', 'presumed_minor') AND child_notified_at IS NULL AND erased_at IS NULL;
"""
# The door of 0008, which takes the new column away too.
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
        child_since = NULL, custody_from = NULL
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
# Neither opens anything to who could not see it: they have the rights of who calls them.
GOES_ON = """
CREATE FUNCTION case_that_goes_on(of_case uuid) RETURNS uuid LANGUAGE sql STABLE SET search_path = public AS $$
    WITH RECURSIVE chain AS (
        SELECT f.id, f.merged_into FROM case_file f WHERE f.id = of_case
        UNION SELECT f.id, f.merged_into FROM chain JOIN case_file f ON f.id = chain.merged_into)
    SELECT chain.id FROM chain WHERE chain.merged_into IS NULL
$$
"""
NEVER_THE_SAME = """
CREATE FUNCTION cases_never_the_same(as_case uuid) RETURNS SETOF uuid LANGUAGE sql STABLE SET search_path = public AS $$
    WITH RECURSIVE family AS (
        SELECT case_that_goes_on(as_case) AS id
        UNION SELECT f.id FROM family JOIN case_file f ON f.merged_into = family.id),
    said AS (
        SELECT q.other_case_id AS id FROM duplicate_question q JOIN family ON family.id = q.case_id
        WHERE q.status = 'overridden'
        UNION SELECT q.case_id FROM duplicate_question q JOIN family ON family.id = q.other_case_id
        WHERE q.status = 'overridden')
    SELECT case_that_goes_on(said.id) FROM said WHERE said.id NOT IN (SELECT family.id FROM family)
$$
"""
# The door of 0002, with another way to it: an equal number, in whatever case, except where somebody has said that the two
# are never the same person. Who has decided sees of those cases what was decided until then: what is decided later is later,
# and may be of no concern to that authority any more.
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
                SELECT f.earlier_case_id AS id, false AS by_number FROM case_file f WHERE f.id = same.id
                UNION ALL SELECT f.merged_into, false FROM case_file f WHERE f.id = same.id
                UNION ALL SELECT f.id, false FROM case_file f WHERE f.merged_into = same.id
                UNION ALL SELECT k.case_id, true FROM known_identifier own
                    JOIN known_identifier k ON k.hash = own.hash AND k.case_id <> own.case_id
                    WHERE own.case_id = same.id) next
            WHERE next.id IS NOT NULL
              AND case_that_goes_on(next.id) NOT IN (SELECT cases_never_the_same(asked))
              AND case_that_goes_on(next.id) NOT IN (SELECT cases_never_the_same(same.id))),
        known AS (SELECT same.id, bool_and(same.by_number) AS by_number FROM same GROUP BY same.id)
        SELECT d.case_id, d.outcome, d.authority, d.decided_on, d.exploitation_forms, d.is_current
        FROM decision d JOIN known ON known.id = d.case_id
        WHERE d.case_id <> asked
          AND (NOT known.by_number OR decided_until IS NULL OR d.decided_on <= decided_until)
        ORDER BY d.decided_on DESC, d.recorded_at DESC;
END $$;
END $do$"""


def upgrade() -> None:
    apply(CHILDREN, ERASE, GOES_ON, NEVER_THE_SAME, EARLIER)
