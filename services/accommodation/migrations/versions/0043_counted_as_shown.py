"""An event under a merged case is numbered after what was shown before it, and not after what the other case was told besides:
how much went on there would tell of it."""

from shared.data.migrations import apply

revision = "0043"
down_revision = "0042"

# What anybody was given keeps its number: all that has been counted until now is kept as shown.
AS_COUNTED = """DO $do$ BEGIN
PERFORM set_config('havn.org', 'havn', true);
INSERT INTO shown_event (org, case_id, position)
SELECT DISTINCT reader.org, r.alias, h.position
FROM (SELECT DISTINCT org FROM case_party WHERE part = 'referrer') reader,
    LATERAL cases_shown_through_merges(reader.org) r
    JOIN event_history h ON h.key = r.other::text AND h.occurred_at > r.since AND h.occurred_at < r.until
ON CONFLICT DO NOTHING;
END $do$"""
SHOWN = """DO $do$ BEGIN
CREATE FUNCTION shown_through_merges(of_org varchar) RETURNS TABLE (alias uuid, other uuid, "position" bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $fn$
    SELECT r.alias, r.other, h.position
    FROM cases_shown_through_merges(of_org) r
    JOIN placement p ON p.case_id = r.other AND p.booked_at >= r.since
    JOIN event_history h ON h.key = r.other::text AND h.payload ->> 'placement_id' = p.id::text AND h.occurred_at < r.until
    WHERE h.type IN ('dk.havn.accommodation.person-arrived.v1', 'dk.havn.accommodation.person-left.v1')
      AND p.requested_by <> of_org
      AND NOT EXISTS (SELECT FROM facility f WHERE f.id = p.facility_id AND f.operator = of_org)
$fn$;
CREATE OR REPLACE FUNCTION number_through_merges(of_case uuid, at bigint) RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $fn$
    SELECT coalesce(max(e.sequence), 0) + (
        SELECT count(*) FROM (
            SELECT r.position FROM shown_through_merges(havn_org()) r WHERE r.alias = of_case
            UNION
            SELECT s.position FROM shown_event s WHERE s.case_id = of_case AND s.org = havn_org()) others
        WHERE others.position <= at)
    FROM event_history e WHERE e.key = of_case::text AND e.position <= at
        AND EXISTS (SELECT FROM case_party p WHERE p.case_id = of_case AND p.org = havn_org() AND p.part = 'referrer')
$fn$;
CREATE OR REPLACE FUNCTION events_through_merges(after bigint, settled bigint, most integer) RETURNS TABLE
    (event_id uuid, "position" bigint, key varchar, sequence bigint, type varchar, occurred_at timestamptz,
     actor_org varchar, payload jsonb, alias uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $fn$
    SELECT h.event_id, h.position, h.key, number_through_merges(r.alias, h.position), h.type, h.occurred_at, h.actor_org,
        h.payload, r.alias
    FROM shown_through_merges(havn_org()) r JOIN event_history h ON h.position = r.position
    WHERE h.position > after AND h.position <= settled
    ORDER BY h.position LIMIT most
$fn$;
CREATE OR REPLACE FUNCTION go_on_counting(the_case uuid) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public AS $fn$
    WITH RECURSIVE above AS (
        SELECT m.into_id AS id FROM case_merge m WHERE m.case_id = the_case
        UNION SELECT m.into_id FROM above a JOIN case_merge m ON m.case_id = a.id),
    below AS (
        SELECT the_case AS id UNION SELECT m.case_id FROM below b JOIN case_merge m ON m.into_id = b.id),
    pairs AS (
        SELECT b.id AS one, a.id AS other FROM above a CROSS JOIN below b
        UNION ALL SELECT a.id, b.id FROM above a CROSS JOIN below b),
    reader AS (
        SELECT DISTINCT p.org FROM case_party p JOIN pairs ON pairs.one = p.case_id
        WHERE p.part = 'referrer' AND havn_org() = 'havn')
    INSERT INTO shown_event (org, case_id, position)
    SELECT reader.org, r.alias, r.position
    FROM reader, LATERAL shown_through_merges(reader.org) r
    JOIN pairs ON pairs.one = r.alias AND pairs.other = r.other
    ON CONFLICT DO NOTHING
$fn$;
END $do$"""


def upgrade() -> None:
    apply(AS_COUNTED, SHOWN)
