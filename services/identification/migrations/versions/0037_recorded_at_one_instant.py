"""What is recorded after a merge is shown through it also where the clock has stood still since."""

from shared.data.migrations import apply

revision = "0037"
down_revision = "0036"

# What is recorded anew where the work goes on, for an organisation that has referred the person and does not work there by then:
# as of its own case. US is shown of no case that it has no part in. A further merge routes again, and would tell of itself; what
# was done in the case itself and carried on (a release from custody) is one event of it. What the merge itself has recorded is of
# one span with it, and at the same instant; what else is of that instant was recorded by a clock that stands still.
THROUGH_MERGES = """DO $do$ BEGIN
CREATE OR REPLACE FUNCTION shown_through_merges(of_org varchar, after bigint, settled bigint) RETURNS TABLE
    (event_id uuid, "position" bigint, key varchar, type varchar, occurred_at timestamptz, payload jsonb, alias uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $fn$
    WITH RECURSIVE chain AS (
        SELECT m.case_id AS alias, m.into_id AS first, m.into_id, m.position AS since, m.merged_at, m.case_id AS merged
        FROM case_party p JOIN case_merge m ON m.case_id = p.case_id
        WHERE p.org = of_org AND p.org <> 'us' AND p.part = 'referrer' AND havn_org() IN (of_org, 'havn')
        UNION ALL
        SELECT c.alias, c.first, m.into_id, m.position, m.merged_at, m.case_id
        FROM chain c JOIN case_merge m ON m.case_id = c.into_id)
    SELECT h.event_id, h.position, h.key, h.type, h.occurred_at, h.payload, c.alias
    FROM chain c JOIN event_history h ON h.key = c.into_id::text
    WHERE h.position > greatest(after, c.since) AND h.position <= settled
      AND (h.occurred_at > c.merged_at OR h.traceparent IS DISTINCT FROM (
          SELECT e.traceparent FROM event_history e WHERE e.key = c.merged::text AND e.position > c.since
            AND e.type = 'dk.havn.identification.case-merged.v1' ORDER BY e.position LIMIT 1))
      AND h.type NOT IN ('dk.havn.identification.case-routed.v1', 'dk.havn.identification.case-merged.v1',
                         'dk.havn.identification.case-unmerged.v1')
      AND NOT EXISTS (SELECT FROM case_party q WHERE q.case_id IN (c.first, c.into_id) AND q.org = of_org
                      AND q.since <= h.occurred_at AND q.part IN ('centre', 'authority'))
      AND NOT EXISTS (SELECT FROM event_history o
                      WHERE o.key = c.alias::text AND o.type = h.type AND o.occurred_at = h.occurred_at)
$fn$;
END $do$"""


def upgrade() -> None:
    apply(THROUGH_MERGES)
