"""Who learns of a merge works on both cases: who has referred the person in both, and who could have them removed, does not."""

from shared.data.migrations import apply

revision = "0033"
down_revision = "0032"

# What is recorded anew where the work goes on, for an organisation that has referred the person and does not work there by then:
# as of its own case. US is shown of no case that it has no part in. A further merge routes again, and would tell of itself; what
# was done in the case itself and carried on (a release from custody) is one event of it.
THROUGH_MERGES = """DO $do$ BEGIN
CREATE OR REPLACE FUNCTION shown_through_merges(of_org varchar, after bigint, settled bigint) RETURNS TABLE
    (event_id uuid, "position" bigint, key varchar, type varchar, occurred_at timestamptz, payload jsonb, alias uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $fn$
    WITH RECURSIVE chain AS (
        SELECT m.case_id AS alias, m.into_id AS first, m.into_id, m.position AS since, m.merged_at
        FROM case_party p JOIN case_merge m ON m.case_id = p.case_id
        WHERE p.org = of_org AND p.org <> 'us' AND p.part = 'referrer' AND havn_org() IN (of_org, 'havn')
        UNION ALL
        SELECT c.alias, c.first, m.into_id, m.position, m.merged_at FROM chain c JOIN case_merge m ON m.case_id = c.into_id)
    SELECT h.event_id, h.position, h.key, h.type, h.occurred_at, h.payload, c.alias
    FROM chain c JOIN event_history h ON h.key = c.into_id::text
    WHERE h.position > greatest(after, c.since) AND h.position <= settled AND h.occurred_at > c.merged_at
      AND h.type NOT IN ('dk.havn.identification.case-routed.v1', 'dk.havn.identification.case-merged.v1',
                         'dk.havn.identification.case-unmerged.v1')
      AND NOT EXISTS (SELECT FROM case_party q WHERE q.case_id IN (c.first, c.into_id) AND q.org = of_org
                      AND q.since <= h.occurred_at AND q.part IN ('centre', 'authority'))
      AND NOT EXISTS (SELECT FROM event_history o
                      WHERE o.key = c.alias::text AND o.type = h.type AND o.occurred_at = h.occurred_at)
$fn$;
END $do$"""
# The number of each of these events, of cases that have to do with a merge: its place among the case's own, but for merges of
# which the reader learns nothing, and those that it is shown through a merge, or was.
NUMBERS = """DO $do$ BEGIN
CREATE OR REPLACE FUNCTION numbers_as_shown(keys uuid[], positions bigint[]) RETURNS TABLE
    (key uuid, "position" bigint, number bigint) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $fn$
    WITH merged AS (
        SELECT DISTINCT asked.key FROM unnest(keys) AS asked (key)
        WHERE EXISTS (SELECT FROM case_party p WHERE p.case_id = asked.key AND p.org = havn_org())
          AND (EXISTS (SELECT FROM case_merge m WHERE m.case_id = asked.key)
               OR EXISTS (SELECT FROM shown_event s WHERE s.case_id = asked.key AND s.org = havn_org())
               OR EXISTS (SELECT FROM event_history h
                          WHERE h.key = asked.key::text AND h.type = 'dk.havn.identification.case-merged.v1'))),
    shown AS (
        SELECT m.key, h.position FROM merged m JOIN event_history h ON h.key = m.key::text
        WHERE h.type NOT IN ('dk.havn.identification.case-merged.v1', 'dk.havn.identification.case-unmerged.v1')
           OR works_on(m.key) AND works_on((h.payload ->> 'case_id')::uuid)
        UNION
        SELECT s.case_id, s.position FROM merged m JOIN shown_event s ON s.case_id = m.key AND s.org = havn_org()
        UNION
        SELECT t.alias, t.position FROM shown_through_merges(havn_org(), 0, last_position()) t
        WHERE t.alias IN (SELECT m.key FROM merged m)),
    numbered AS (SELECT s.key, s.position, row_number() OVER (PARTITION BY s.key ORDER BY s.position) FROM shown s)
    SELECT n.* FROM numbered n
    WHERE (n.key, n.position) IN (SELECT * FROM unnest(keys, positions))
$fn$;
END $do$"""


def upgrade() -> None:
    apply(THROUGH_MERGES, NUMBERS)
