"""A feed of events that passes none by: each organisation sees those of cases and facilities that concern it; and since
when a case does."""

from shared.data.history import FEED_SQL
from shared.data.migrations import apply
from shared.data.row_security import guarded_anew

revision = "0022"
down_revision = "0021"

SINCE = """
ALTER TABLE case_party ADD COLUMN since timestamptz NOT NULL DEFAULT '1900-01-01';
CREATE UNIQUE INDEX ix_facility_reference ON facility (reference);
"""
# What is behind a case that an organisation has to do with; the code cuts each event to what it may know.
HISTORY = (
    "havn_org() IN ('havn', 'cmm')"
    " OR EXISTS (SELECT FROM case_party p WHERE p.case_id = event_history.key::uuid AND p.org = havn_org() OFFSET 0)"
    " OR EXISTS (SELECT FROM placement_request r WHERE r.case_id = event_history.key::uuid OFFSET 0)"
    " OR EXISTS (SELECT FROM placement p WHERE p.case_id = event_history.key::uuid OFFSET 0)"
    " OR EXISTS (SELECT FROM facility f WHERE f.reference = event_history.key::uuid OFFSET 0)"
)
# Who has referred a person and learns of no merge is shown under its own case that they have come or gone, of stays that were
# booked since; its numbers go on where those of its case stood.
THROUGH_MERGES = """DO $do$ BEGIN
CREATE FUNCTION events_through_merges(after bigint, settled bigint, most integer) RETURNS TABLE
    (event_id uuid, "position" bigint, key varchar, sequence bigint, type varchar, occurred_at timestamptz,
     actor_org varchar, payload jsonb, alias uuid)
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
        SELECT b.alias, m.case_id, greatest(b.since, m.merged_at) FROM below b JOIN case_merge m ON m.into_id = b.other),
    related AS (SELECT * FROM above UNION ALL SELECT * FROM below)
    SELECT h.event_id, h.position, h.key, h.sequence
        + coalesce((SELECT max(e.sequence) FROM event_history e WHERE e.key = r.alias::text AND e.occurred_at <= r.since), 0)
        - coalesce((SELECT max(e.sequence) FROM event_history e WHERE e.key = r.other::text AND e.occurred_at <= r.since), 0),
        h.type, h.occurred_at, h.actor_org, h.payload, r.alias
    FROM related r
    JOIN placement p ON p.case_id = r.other AND p.booked_at >= r.since
    JOIN event_history h ON h.key = r.other::text AND h.payload ->> 'placement_id' = p.id::text
    WHERE h.type IN ('dk.havn.accommodation.person-arrived.v1', 'dk.havn.accommodation.person-left.v1')
      AND h.position > after AND h.position <= settled AND p.requested_by <> havn_org()
      AND NOT EXISTS (SELECT FROM facility f WHERE f.id = p.facility_id AND f.operator = havn_org())
      AND NOT EXISTS (SELECT FROM case_party q WHERE q.case_id = r.other AND q.org = havn_org())
    ORDER BY h.position LIMIT most
$fn$;
END $do$"""


def upgrade() -> None:
    apply(
        *FEED_SQL,
        SINCE,
        THROUGH_MERGES,
        *guarded_anew("event_history", visible=HISTORY, writable="actor_org = havn_org()"),
    )
