"""The waiting list: what makes a request urgent stands open beside it, and where each stands is counted by one function."""

from shared.data.migrations import apply

revision = "0019"
down_revision = "0018"

COLUMN = """
ALTER TABLE placement_request ADD COLUMN urgent_because varchar[] NOT NULL DEFAULT '{}';
CREATE INDEX ix_placement_request_open ON placement_request (requested_at) WHERE status = 'open';
"""
# Whoever waits learns how many come first, and nothing of who they are: so it counts what the asker may not see.
LINE = """DO $do$ BEGIN
CREATE FUNCTION waiting_line(today date, at timestamptz, names varchar[], points integer[])
    RETURNS TABLE (request_id uuid, in_line bigint, of_all bigint, more_urgent bigint, asked_earlier bigint)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $fn$
    WITH waits AS (
        SELECT r.id, r.requested_at, coalesce(r.parked_until > today, false) AS is_parked,
            (SELECT coalesce(sum(w.worth), 0) FROM unnest(names, points) AS w (name, worth)
             WHERE w.name = ANY (r.urgent_because)) AS worth
        FROM placement_request r WHERE r.status = 'open' AND NOT EXISTS (
            SELECT FROM offer o WHERE o.request_id = r.id AND o.status = 'held' AND o.expires_at > at)),
    ranked AS (
        SELECT w.*, row_number() OVER (ORDER BY is_parked, worth DESC, requested_at, id) AS in_line,
            rank() OVER (ORDER BY is_parked, worth DESC) - 1 AS more_urgent, count(*) OVER () AS of_all
        FROM waits w)
    SELECT id, in_line, of_all, more_urgent, in_line - 1 - more_urgent FROM ranked
$fn$;
END $do$"""


def upgrade() -> None:
    apply(COLUMN, LINE)
