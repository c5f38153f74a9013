"""Of one case a reader of the feed gets no number twice, though it was merged and taken out again."""

from shared.data.migrations import apply

revision = "0022"
down_revision = "0021"

# What was shown of a case through a merge had numbers that go on from the case's own. When the merge is undone, what is recorded
# of the case after `shown_from` is shown with numbers raised by `shown_ahead`, and so after all of those.
AHEAD = """
ALTER TABLE case_file
    ADD COLUMN shown_ahead bigint NOT NULL DEFAULT 0,
    ADD COLUMN shown_from bigint NOT NULL DEFAULT 0;
"""
# As migration 0018 has it, by the numbers that are shown.
THROUGH_MERGES = """DO $do$ BEGIN
CREATE OR REPLACE FUNCTION events_through_merges(after bigint, settled bigint, most integer) RETURNS TABLE
    (event_id uuid, "position" bigint, key varchar, sequence bigint, type varchar, occurred_at timestamptz, payload jsonb,
     alias uuid, shift bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $fn$
    WITH RECURSIVE chain AS (
        SELECT m.case_id AS alias, m.into_id, m.position AS since, m.merged_at, m.own_sequence - m.sequence AS shift
        FROM case_party p JOIN case_merge m ON m.case_id = p.case_id
        WHERE p.org = havn_org() AND p.org <> 'us' AND p.part = 'referrer'
          AND NOT EXISTS (SELECT FROM case_party q WHERE q.case_id = m.into_id AND q.org = havn_org()
                          AND q.part NOT IN ('municipality', 'prosecution', 'representation'))
        UNION ALL
        SELECT c.alias, m.into_id, m.position, m.merged_at, c.shift + m.own_sequence - m.sequence
        FROM chain c JOIN case_merge m ON m.case_id = c.into_id)
    SELECT h.event_id, h.position, h.key, h.sequence, h.type, h.occurred_at, h.payload, c.alias,
           c.shift + CASE WHEN h.position > f.shown_from THEN f.shown_ahead ELSE 0 END
    FROM chain c JOIN event_history h ON h.key = c.into_id::text JOIN case_file f ON f.id = c.into_id
    WHERE h.position > greatest(after, c.since) AND h.position <= settled AND h.occurred_at > c.merged_at
      AND h.type <> 'dk.havn.identification.case-routed.v1'  -- a further merge routes again, and would tell of itself
    ORDER BY h.position LIMIT most
$fn$;
END $do$"""


def upgrade() -> None:
    apply(AHEAD, THROUGH_MERGES)
