"""Consents, withdrawals, disclosures; the access log of a case; a feed of events that passes none by."""

from services.identification.migrations.policies import working
from shared.data.migrations import apply
from shared.data.row_security import guarded

revision = "0007"
down_revision = "0006"

TABLES = """
CREATE TABLE consent (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES case_file (id),
    recipient varchar NOT NULL,
    purpose varchar NOT NULL,
    scope varchar[] NOT NULL,
    method varchar,
    given_at timestamptz NOT NULL,
    with_interpreter boolean NOT NULL,
    recorded_at timestamptz NOT NULL,
    recorded_by varchar NOT NULL,
    withdrawn_at timestamptz,
    withdrawn_by varchar,
    acknowledged_at timestamptz,
    acknowledged_by varchar,
    particulars bytea);
CREATE INDEX ix_consent_case ON consent (case_id, recorded_at);
CREATE INDEX ix_consent_recipient ON consent (recipient, case_id);
CREATE TABLE disclosure (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES case_file (id),
    recipient varchar NOT NULL,
    purpose varchar NOT NULL,
    fields varchar[] NOT NULL,
    basis varchar NOT NULL,
    consent_id uuid REFERENCES consent (id),
    legal_basis varchar,
    made_at timestamptz NOT NULL,
    made_by varchar NOT NULL,
    ended_at timestamptz,
    ended_by varchar,
    particulars bytea,
    CHECK ((basis = 'consent') = (consent_id IS NOT NULL)),
    CHECK ((basis = 'law') = (legal_basis IS NOT NULL)));
CREATE INDEX ix_disclosure_case ON disclosure (case_id, made_at);
CREATE INDEX ix_disclosure_recipient ON disclosure (recipient, case_id);
CREATE INDEX ix_disclosure_by_law ON disclosure (made_at, id) WHERE basis = 'law';
CREATE INDEX ix_audit_objects ON audit USING gin (object_ids);
DROP POLICY case_party_seen ON case_party;
DROP POLICY case_party_changed ON case_party;
DROP POLICY case_party_removed ON case_party;
DROP POLICY audit_seen ON audit;
"""

# Who works on a case gives and takes others their parts in it; a policy of case_party cannot ask case_party itself.
WORKS_ON = """DO $do$ BEGIN
CREATE FUNCTION works_on(the_case uuid) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
    RETURN EXISTS (SELECT FROM case_party p WHERE p.case_id = the_case AND p.org = havn_org()
                   AND p.part IN ('centre', 'authority'));
END $do$"""
# What a leave covers: by consent until it is withdrawn, by law until it is ended; for the cases merged into this one too.
HAS_LEAVE = """DO $do$ BEGIN
CREATE FUNCTION has_leave(the_case uuid, what varchar) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
    RETURN EXISTS (
        WITH RECURSIVE family AS (
            SELECT the_case AS member UNION SELECT f.id FROM family JOIN case_file f ON f.merged_into = family.member)
        SELECT FROM family JOIN consent c ON c.case_id = member
        WHERE c.recipient = havn_org() AND c.withdrawn_at IS NULL AND what = ANY (c.scope)
        UNION ALL
        SELECT FROM family JOIN disclosure d ON d.case_id = member
        WHERE d.recipient = havn_org() AND d.basis = 'law' AND d.ended_at IS NULL AND what = ANY (d.fields));
END $do$"""
# As its own rights go: containment of arrays is not leakproof, so that under row level security no index would serve it.
ACCESSES = """DO $do$ BEGIN
CREATE FUNCTION accesses_of(the_case uuid, after bigint, most integer) RETURNS SETOF audit
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $fn$
    SELECT * FROM audit
    WHERE (subject_id = the_case OR object_ids @> ARRAY[the_case]) AND position > after
      AND (havn_org() IN ('cmm', 'havn') OR works_on(the_case))
    ORDER BY position LIMIT most
$fn$;
END $do$"""
# Positions are drawn before their transactions commit, and one that commits late must not be passed by. Whoever writes
# history says so by a shared lock before the first position is drawn, and until the transaction ends; it waits for nobody.
# A reader looks who is writing, and waits for those (repository/history.py).
WRITERS = """DO $do$ BEGIN
CREATE FUNCTION say_that_history_is_written() RETURNS trigger LANGUAGE plpgsql AS $fn$
BEGIN PERFORM pg_advisory_xact_lock_shared(1751217774, 1); RETURN NULL; END $fn$;
CREATE TRIGGER history_is_written BEFORE INSERT ON event_history
    FOR EACH STATEMENT EXECUTE FUNCTION say_that_history_is_written();
END $do$"""

PARTIES = "havn_org() IN (org, 'cmm', 'havn') OR works_on(case_id)"
OWN_AUDIT = """
CREATE POLICY audit_seen ON audit FOR SELECT USING (havn_org() IN (org, 'cmm', 'havn'));
"""


def _and_its_recipient(table: str) -> str:
    return f"{table}.recipient = havn_org() OR {working(table)}"


def upgrade() -> None:
    consents, disclosures = _and_its_recipient("consent"), _and_its_recipient("disclosure")
    apply(
        TABLES,
        WORKS_ON,
        HAS_LEAVE,
        ACCESSES,
        WRITERS,
        OWN_AUDIT,
        f"CREATE POLICY case_party_seen ON case_party FOR SELECT USING ({PARTIES})",
        f"CREATE POLICY case_party_changed ON case_party FOR UPDATE USING ({PARTIES}) WITH CHECK (havn_org() IS NOT NULL)",
        f"CREATE POLICY case_party_removed ON case_party FOR DELETE USING ({PARTIES})",
        "CREATE POLICY decision_lent ON decision FOR SELECT USING (has_leave(case_id, 'outcome'))",
        # The recipient sees its own rows even after a withdrawal: it must acknowledge that.
        *guarded("consent", "SELECT, INSERT, UPDATE", visible=consents, writable=consents),
        *guarded("disclosure", "SELECT, INSERT, UPDATE", visible=disclosures, writable=working("disclosure")),
    )
