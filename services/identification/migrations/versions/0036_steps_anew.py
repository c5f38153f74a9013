"""How far the work has come under a merged case follows what is recorded anew where it goes on, also where that case had come as
far before."""

from shared.data.migrations import apply

revision = "0036"
down_revision = "0035"

# As `overview/aliases.py` has it. A court's recognition leads no further.
STATUS = """DO $do$ BEGIN
CREATE OR REPLACE FUNCTION status_through_merges(the_case uuid) RETURNS varchar
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $fn$
    WITH RECURSIVE above AS (
        SELECT m.into_id, m.status AS before, m.position FROM case_party p JOIN case_merge m ON m.case_id = p.case_id
        WHERE p.case_id = the_case AND p.org = havn_org() AND p.part = 'referrer'
        UNION ALL SELECT m.into_id, m.status, m.position FROM above a JOIN case_merge m ON m.case_id = a.into_id),
    stands AS (
        SELECT f.status FROM case_file f JOIN case_party p ON p.case_id = f.id
        WHERE f.id = the_case AND p.org = havn_org() AND p.part = 'referrer'
        UNION ALL SELECT f.status FROM above a JOIN case_file f ON f.id = a.into_id WHERE f.status <> a.before
        UNION ALL SELECT CASE split_part(h.type, '.', 4) WHEN 'interview-held' THEN 'clarification'
                              WHEN 'recommendation-made' THEN 'recommended' WHEN 'decision-made' THEN 'decided' END
            FROM above a JOIN event_history h ON h.key = a.into_id::text AND h.position > a.position
            WHERE split_part(h.type, '.', 4) IN ('interview-held', 'recommendation-made', 'decision-made')
              AND h.payload->>'authority' IS DISTINCT FROM 'COURT')
    SELECT status FROM stands
    ORDER BY array_position(ARRAY['referred', 'clarification', 'recommended', 'decided', 'closed'], status::text) DESC LIMIT 1
$fn$;
END $do$"""


def upgrade() -> None:
    apply(STATUS)
