"""Of one case a reader of the feed gets no number twice, though it was merged and taken out again."""

from shared.data.migrations import apply

revision = "0024"
down_revision = "0023"

# When a merge is undone, what is recorded of the case after `shown_from` is shown with numbers raised by `shown_ahead`, and so
# after all that was shown of it through the merge.
AHEAD = """
ALTER TABLE known_case
    ADD COLUMN shown_ahead bigint NOT NULL DEFAULT 0,
    ADD COLUMN shown_from bigint NOT NULL DEFAULT 0;
"""
# For who has referred the person of a case and learns of no merge: the cases that are about the same person, since when.
RELATED = """DO $do$ BEGIN
CREATE FUNCTION cases_through_merges() RETURNS TABLE (alias uuid, other uuid, since timestamptz)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $fn$
    WITH RECURSIVE own AS (
        SELECT p.case_id, p.since FROM case_party p WHERE p.org = havn_org() AND p.org <> 'us' AND p.part = 'referrer'),
    above AS (
        SELECT o.case_id AS alias, m.into_id AS other, greatest(o.since, m.merged_at) AS since
        FROM own o JOIN case_merge m ON m.case_id = o.case_id
        WHERE NOT EXISTS (SELECT FROM case_party q WHERE q.case_id = m.into_id AND q.org = havn_org())
        UNION ALL
        SELECT a.alias, m.into_id, greatest(a.since, m.merged_at) FROM above a JOIN case_merge m ON m.case_id = a.other),
    below AS (
        SELECT o.case_id AS alias, m.case_id AS other, greatest(o.since, m.merged_at) AS since
        FROM own o JOIN case_merge m ON m.into_id = o.case_id
        WHERE NOT EXISTS (SELECT FROM case_party q WHERE q.case_id = m.case_id AND q.org = havn_org())
        UNION ALL
        SELECT b.alias, m.case_id, greatest(b.since, m.merged_at) FROM below b JOIN case_merge m ON m.into_id = b.other)
    SELECT * FROM above UNION ALL SELECT * FROM below
$fn$;
END $do$"""
# The number of an event under a case: how many were recorded by then, of the case itself and since each merge of the others.
NUMBERS = """DO $do$ BEGIN
CREATE FUNCTION number_through_merges(of_case uuid, at bigint) RETURNS bigint
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $fn$
    SELECT coalesce(max(e.sequence), 0)
        + coalesce((
            SELECT sum((SELECT count(*) FROM event_history o
                        WHERE o.key = r.other::text AND o.occurred_at > r.since AND o.position <= at))
            FROM cases_through_merges() r WHERE r.alias = of_case), 0)::bigint
        + coalesce((SELECT k.shown_ahead FROM known_case k WHERE k.case_id = of_case AND at > k.shown_from), 0)
    FROM event_history e WHERE e.key = of_case::text AND e.position <= at
        AND EXISTS (SELECT FROM case_party p WHERE p.case_id = of_case AND p.org = havn_org() AND p.part = 'referrer')
$fn$;
CREATE FUNCTION numbers_through_merges(keys uuid[], positions bigint[]) RETURNS TABLE ("position" bigint, number bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $fn$
    SELECT asked.position, number_through_merges(asked.key, asked.position)
    FROM unnest(keys, positions) AS asked (key, "position")
    JOIN case_party p ON p.case_id = asked.key AND p.org = havn_org() AND p.part = 'referrer'
    JOIN known_case k ON k.case_id = asked.key
    WHERE k.shown_ahead > 0 OR asked.key IN (SELECT r.alias FROM cases_through_merges() r)
$fn$;
CREATE OR REPLACE FUNCTION events_through_merges(after bigint, settled bigint, most integer) RETURNS TABLE
    (event_id uuid, "position" bigint, key varchar, sequence bigint, type varchar, occurred_at timestamptz,
     actor_org varchar, payload jsonb, alias uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $fn$
    SELECT h.event_id, h.position, h.key, number_through_merges(r.alias, h.position), h.type, h.occurred_at, h.actor_org,
        h.payload, r.alias
    FROM cases_through_merges() r
    JOIN placement p ON p.case_id = r.other AND p.booked_at >= r.since
    JOIN event_history h ON h.key = r.other::text AND h.payload ->> 'placement_id' = p.id::text
    WHERE h.type IN ('dk.havn.accommodation.person-arrived.v1', 'dk.havn.accommodation.person-left.v1')
      AND h.position > after AND h.position <= settled AND p.requested_by <> havn_org()
      AND NOT EXISTS (SELECT FROM facility f WHERE f.id = p.facility_id AND f.operator = havn_org())
      AND NOT EXISTS (SELECT FROM case_party q WHERE q.case_id = r.other AND q.org = havn_org())
    ORDER BY h.position LIMIT most
$fn$;
END $do$"""
# Each case on the one side of a merge was shown what was recorded in those on the other since.
UNDO = """DO $do$ BEGIN
CREATE FUNCTION go_on_counting(the_case uuid) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public AS $fn$
    WITH RECURSIVE above AS (
        SELECT m.into_id AS id, m.merged_at AS since FROM case_merge m WHERE m.case_id = the_case
        UNION ALL
        SELECT m.into_id, greatest(a.since, m.merged_at) FROM above a JOIN case_merge m ON m.case_id = a.id),
    below AS (
        SELECT the_case AS id, '-infinity'::timestamptz AS since
        UNION ALL
        SELECT m.case_id, greatest(b.since, m.merged_at) FROM below b JOIN case_merge m ON m.into_id = b.id),
    pairs AS (
        SELECT b.id AS one, a.id AS other, greatest(a.since, b.since) AS since FROM above a CROSS JOIN below b
        UNION ALL
        SELECT a.id, b.id, greatest(a.since, b.since) FROM above a CROSS JOIN below b),
    shown AS (
        SELECT one, sum((SELECT count(*) FROM event_history h
                         WHERE h.key = other::text AND h.occurred_at > pairs.since)) AS others
        FROM pairs GROUP BY one)
    UPDATE known_case k SET shown_ahead = k.shown_ahead + shown.others, shown_from = last_position()
    FROM shown WHERE k.case_id = shown.one AND shown.others > 0 AND havn_org() = 'havn'
$fn$;
END $do$"""


def upgrade() -> None:
    apply(AHEAD, RELATED, NUMBERS, UNDO)
