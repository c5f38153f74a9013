"""Who looked at a request, an offer or a placement is found by it."""

from shared.data.migrations import apply

revision = "0045"
down_revision = "0044"

INDEX = "CREATE INDEX ix_audit_objects ON audit USING gin (object_ids)"
# What an array contains is not leakproof: under row level security no index would serve it.
ACCESSES = """DO $do$ BEGIN
CREATE FUNCTION accesses_about(ids uuid[], after bigint, most integer) RETURNS SETOF audit
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $fn$
    SELECT * FROM audit
    WHERE (subject_id = ANY (ids) OR object_ids && ids) AND position > after AND org <> 'havn' AND havn_org() = 'cmm'
    ORDER BY position LIMIT most
$fn$;
END $do$"""


def upgrade() -> None:
    apply(INDEX, ACCESSES)
