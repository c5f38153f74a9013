"""What a reader was shown of a case through a merge keeps its number when the merge is undone, or the reader gets a part in the
other case."""

from shared.data.migrations import apply, retire
from shared.data.row_security import guarded

revision = "0032"
down_revision = "0031"

ITSELF = "havn_org() = 'havn'"

SHOWN = """
CREATE TABLE shown_event (
    org varchar NOT NULL,
    case_id uuid NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (org, case_id, position));
"""
# For an organisation that has referred the person of a case and learns of no merge: the cases that are about the same person,
# since when, and until it has a part there itself.
RELATED = """DO $do$ BEGIN
CREATE FUNCTION cases_shown_through_merges(of_org varchar) RETURNS TABLE
    (alias uuid, other uuid, since timestamptz, until timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $fn$
    WITH RECURSIVE own AS (
        SELECT p.case_id, p.since FROM case_party p
        WHERE p.org = of_org AND p.org <> 'us' AND p.part = 'referrer' AND havn_org() IN (of_org, 'havn')),
    above AS (
        SELECT o.case_id AS alias, m.into_id AS first, m.into_id AS other, greatest(o.since, m.merged_at) AS since
        FROM own o JOIN case_merge m ON m.case_id = o.case_id
        UNION ALL
        SELECT a.alias, a.first, m.into_id, greatest(a.since, m.merged_at)
        FROM above a JOIN case_merge m ON m.case_id = a.other),
    below AS (
        SELECT o.case_id AS alias, m.case_id AS first, m.case_id AS other, greatest(o.since, m.merged_at) AS since
        FROM own o JOIN case_merge m ON m.into_id = o.case_id
        UNION ALL
        SELECT b.alias, b.first, m.case_id, greatest(b.since, m.merged_at)
        FROM below b JOIN case_merge m ON m.into_id = b.other),
    related AS (SELECT * FROM above UNION ALL SELECT * FROM below)
    SELECT r.alias, r.other, r.since, coalesce(
        (SELECT min(q.since) FROM case_party q WHERE q.case_id IN (r.first, r.other) AND q.org = of_org), 'infinity')
    FROM related r
$fn$;
END $do$"""
# The number of an event under a case: how many were recorded by then, of the case itself, and of the others while they were about
# the same person.
NUMBERS = """DO $do$ BEGIN
CREATE OR REPLACE FUNCTION number_through_merges(of_case uuid, at bigint) RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $fn$
    SELECT coalesce(max(e.sequence), 0) + (
        SELECT count(*) FROM (
            SELECT o.position FROM cases_shown_through_merges(havn_org()) r JOIN event_history o ON o.key = r.other::text
            WHERE r.alias = of_case AND o.occurred_at > r.since AND o.occurred_at < r.until
            UNION
            SELECT s.position FROM shown_event s WHERE s.case_id = of_case AND s.org = havn_org()) others
        WHERE others.position <= at)
    FROM event_history e WHERE e.key = of_case::text AND e.position <= at
        AND EXISTS (SELECT FROM case_party p WHERE p.case_id = of_case AND p.org = havn_org() AND p.part = 'referrer')
$fn$;
CREATE OR REPLACE FUNCTION numbers_through_merges(keys uuid[], positions bigint[])
    RETURNS TABLE ("position" bigint, number bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $fn$
    SELECT asked.position, number_through_merges(asked.key, asked.position)
    FROM unnest(keys, positions) AS asked (key, "position")
    JOIN case_party p ON p.case_id = asked.key AND p.org = havn_org() AND p.part = 'referrer'
    WHERE EXISTS (SELECT FROM shown_event s WHERE s.case_id = asked.key AND s.org = havn_org())
       OR asked.key IN (SELECT r.alias FROM cases_shown_through_merges(havn_org()) r)
$fn$;
CREATE OR REPLACE FUNCTION events_through_merges(after bigint, settled bigint, most integer) RETURNS TABLE
    (event_id uuid, "position" bigint, key varchar, sequence bigint, type varchar, occurred_at timestamptz,
     actor_org varchar, payload jsonb, alias uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $fn$
    SELECT h.event_id, h.position, h.key, number_through_merges(r.alias, h.position), h.type, h.occurred_at, h.actor_org,
        h.payload, r.alias
    FROM cases_shown_through_merges(havn_org()) r
    JOIN placement p ON p.case_id = r.other AND p.booked_at >= r.since
    JOIN event_history h ON h.key = r.other::text AND h.payload ->> 'placement_id' = p.id::text AND h.occurred_at < r.until
    WHERE h.type IN ('dk.havn.accommodation.person-arrived.v1', 'dk.havn.accommodation.person-left.v1')
      AND h.position > after AND h.position <= settled AND p.requested_by <> havn_org()
      AND NOT EXISTS (SELECT FROM facility f WHERE f.id = p.facility_id AND f.operator = havn_org())
    ORDER BY h.position LIMIT most
$fn$;
END $do$"""
# Each case on the one side of a merge was shown what was recorded in those on the other since.
UNDO = """DO $do$ BEGIN
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
    SELECT reader.org, r.alias, h.position
    FROM reader, LATERAL cases_shown_through_merges(reader.org) r
    JOIN pairs ON pairs.one = r.alias AND pairs.other = r.other
    JOIN event_history h ON h.key = r.other::text AND h.occurred_at > r.since AND h.occurred_at < r.until
    ON CONFLICT DO NOTHING
$fn$;
END $do$"""


def upgrade() -> None:
    apply(
        SHOWN,
        *guarded("shown_event", "SELECT", visible=ITSELF, writable=ITSELF),
        RELATED,
        NUMBERS,
        UNDO,
        *retire("known_case", "shown_ahead", "shown_from"),
    )
