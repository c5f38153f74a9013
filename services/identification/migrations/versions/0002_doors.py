"""Opening without a referral, the history of legal status, children, attempts at contact, drafts; a person may have
several cases, one after the other."""

from services.identification.migrations.policies import working
from shared.data.migrations import apply
from shared.data.row_security import guarded

revision = "0002"
down_revision = "0001"

CASES = """
ALTER TABLE case_file
    ADD COLUMN opened_by varchar,
    ADD COLUMN earlier_case_id uuid,
    ADD COLUMN age_group_at_exploitation varchar,
    ADD COLUMN facts_used jsonb NOT NULL DEFAULT '{}',
    ADD COLUMN routing_facts jsonb,
    ADD COLUMN routed_at timestamptz,
    ADD COLUMN child_notified_at timestamptz,
    ADD COLUMN child_assessed_at timestamptz,
    ADD COLUMN representative_requested_on date,
    ADD COLUMN representative_appointed_on date,
    ADD COLUMN refused_on date,
    ADD COLUMN opening bytea,
    ADD COLUMN child bytea,
    ADD COLUMN representative bytea,
    ADD COLUMN refusal bytea;
UPDATE case_file SET routed_at = opened_at;
ALTER TABLE case_file ALTER COLUMN routed_at SET NOT NULL;
ALTER TABLE known_identifier DROP CONSTRAINT known_identifier_pkey, ADD PRIMARY KEY (hash, case_id);
ALTER TABLE interview ADD COLUMN with_representative boolean NOT NULL DEFAULT false;
CREATE INDEX ix_known_identifier_case ON known_identifier (case_id);
"""
TABLES = """
CREATE TABLE legal_status (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES case_file (id),
    residence_basis varchar NOT NULL,
    valid_from date NOT NULL,
    valid_until date,
    unpermitted_work boolean NOT NULL,
    asylum_pending boolean NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by varchar NOT NULL,
    has_taken_effect boolean NOT NULL,
    particulars bytea,
    position bigint GENERATED ALWAYS AS IDENTITY);
CREATE INDEX ix_legal_status_case ON legal_status (case_id, valid_from, position);
CREATE INDEX ix_legal_status_to_come ON legal_status (valid_from) WHERE NOT has_taken_effect;
INSERT INTO legal_status (id, case_id, residence_basis, valid_from, valid_until, unpermitted_work, asylum_pending,
                          recorded_at, recorded_by, has_taken_effect)
    SELECT gen_random_uuid(), id, residence_basis, opened_on,
           residence_valid_until, unpermitted_work, asylum_pending, opened_at, 'havn', true
    FROM case_file;
CREATE TABLE contact_attempt (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES case_file (id),
    channel varchar NOT NULL,
    made_at timestamptz NOT NULL,
    made_by varchar NOT NULL,
    reached boolean NOT NULL,
    note bytea);
CREATE INDEX ix_contact_attempt_case ON contact_attempt (case_id);
CREATE TABLE draft (
    id uuid PRIMARY KEY,
    org varchar NOT NULL,
    subject varchar NOT NULL,
    saved_at timestamptz NOT NULL,
    remind_on date NOT NULL,
    delete_on date NOT NULL,
    reminded_at timestamptz,
    answer_key bytea,
    version integer NOT NULL,
    content bytea NOT NULL);
CREATE INDEX ix_draft_owner ON draft (org, subject, saved_at, id);
CREATE INDEX ix_draft_deletion ON draft (delete_on);
"""

# Who opens a case or keeps one asks whether the person is known. They learn ids and statuses, and nothing of the cases
# that are not theirs. Merged cases lead to the one that survives (its column comes with a later revision).
KNOWN_BY = """
CREATE FUNCTION cases_known_by(hashes bytea[]) RETURNS TABLE (case_id uuid, status varchar, opened_at timestamptz)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public AS $$
BEGIN
    IF coalesce(havn_org() NOT IN ('havn', 'cmm', 'us'), true) THEN RETURN; END IF;
    RETURN QUERY
        WITH RECURSIVE found AS (
            SELECT f.id, f.status, f.opened_at, f.merged_into FROM case_file f
            WHERE f.id IN (SELECT k.case_id FROM known_identifier k WHERE k.hash = ANY (hashes))
            UNION
            SELECT f.id, f.status, f.opened_at, f.merged_into FROM found JOIN case_file f ON f.id = found.merged_into)
        SELECT found.id, found.status, found.opened_at FROM found WHERE found.merged_into IS NULL
        ORDER BY found.opened_at DESC, found.id;
END $$;
"""
# Earlier identifications are told to who decides now, and to nobody else: neither the parts in those cases nor the centre
# as such open this door.
EARLIER = """
CREATE FUNCTION earlier_identifications(asked uuid) RETURNS TABLE
    (case_id uuid, outcome varchar, authority varchar, decided_on date, exploitation_forms varchar[], is_current boolean)
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM case_file f
        WHERE f.id = asked AND ((f.authority = 'US' AND havn_org() = 'us')
                             OR (f.authority IN ('CMM', 'COURT') AND havn_org() = 'cmm')))
    THEN RETURN; END IF;
    RETURN QUERY
        WITH RECURSIVE same AS (
            SELECT f.id, f.earlier_case_id, f.merged_into FROM case_file f WHERE f.id = asked
            UNION
            SELECT f.id, f.earlier_case_id, f.merged_into FROM same
            JOIN case_file f ON f.id IN (same.earlier_case_id, same.merged_into) OR f.merged_into = same.id)
        SELECT d.case_id, d.outcome, d.authority, d.decided_on, d.exploitation_forms, d.is_current
        FROM decision d WHERE d.case_id IN (SELECT same.id FROM same) AND d.case_id <> asked
        ORDER BY d.decided_on DESC, d.recorded_at DESC;
END $$;
"""
# The one way by which a draft goes, and with it its key, its alert and the stored answer that names it. The runtime role
# can delete no key and no answer but through it, so no case can lose its key this way.
FORGET = """
CREATE FUNCTION forget_draft(forgotten uuid) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE gone draft%ROWTYPE;
BEGIN
    DELETE FROM draft WHERE id = forgotten AND havn_org() IN (org, 'havn') RETURNING * INTO gone;
    IF gone.id IS NULL THEN RETURN false; END IF;
    DELETE FROM data_key WHERE owner_id = gone.id;
    DELETE FROM alert WHERE case_id = gone.id;
    DELETE FROM idempotency WHERE org = gone.org AND key_hash = gone.answer_key;
    RETURN true;
END $$;
"""


def upgrade() -> None:
    own = "havn_org() IN (org, 'havn')"
    apply(
        CASES,
        TABLES,
        KNOWN_BY,
        EARLIER,
        FORGET,
        *guarded("legal_status", "SELECT, INSERT, UPDATE", visible=working("legal_status")),
        *guarded("contact_attempt", "SELECT, INSERT", visible=working("contact_attempt")),
        *guarded("draft", "SELECT, INSERT, UPDATE", visible=own, writable=own),
        # Who declines is no longer known by any number; those who work on the case take them away.
        "DROP POLICY known_identifier_removed ON known_identifier",
        "DROP POLICY known_identifier_seen ON known_identifier",
        f"""CREATE POLICY known_identifier_seen ON known_identifier FOR SELECT
            USING (havn_org() = 'cmm' OR {working("known_identifier")})""",
        f"CREATE POLICY known_identifier_removed ON known_identifier FOR DELETE USING ({working('known_identifier')})",
        "DO $$ BEGIN EXECUTE format('GRANT DELETE ON known_identifier TO %I', current_database()); END $$",
    )
