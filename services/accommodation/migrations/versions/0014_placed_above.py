"""Who has referred a person and learns of no merge is shown under its own case that they were given a place since, and nothing
else of it."""

from shared.data.migrations import apply

revision = "0014"
down_revision = "0013"

PLACED = """DO $do$ BEGIN
CREATE FUNCTION placed_above(the_case uuid) RETURNS varchar
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $fn$
    WITH RECURSIVE above AS (
        SELECT m.into_id, m.merged_at FROM case_party p JOIN case_merge m ON m.case_id = p.case_id
        WHERE p.case_id = the_case AND p.org = havn_org() AND p.part = 'referrer'
          AND NOT EXISTS (SELECT FROM case_party q WHERE q.case_id = m.into_id AND q.org = havn_org())
        UNION ALL
        SELECT m.into_id, greatest(m.merged_at, a.merged_at) FROM above a JOIN case_merge m ON m.case_id = a.into_id)
    SELECT p.status FROM above a JOIN placement p ON p.case_id = a.into_id AND p.booked_at >= a.merged_at
    WHERE p.status IN ('arrived', 'booked') ORDER BY p.status LIMIT 1
$fn$;
END $do$"""


def upgrade() -> None:
    apply(PLACED)
