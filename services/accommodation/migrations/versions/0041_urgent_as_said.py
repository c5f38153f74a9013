"""Who may not know whether somebody is a minor is not told it by the waiting list: where a request stands is counted by what its
reader may know of it."""

from shared.data.migrations import apply

revision = "0041"
down_revision = "0040"

COLUMN = """
ALTER TABLE placement_request ADD COLUMN urgent_as_said varchar[] NOT NULL DEFAULT '{}';
UPDATE placement_request SET urgent_as_said = array_remove(urgent_because, 'minor');
"""
# In place of `waiting_line`, which the last release goes on with while it is replaced, and a later one drops. It gives what is
# counted for everybody, nothing of who they are.
RANKS = """DO $do$ BEGIN
CREATE FUNCTION waiting_ranks(today date, at timestamptz, names varchar[], points integer[])
    RETURNS TABLE (is_parked boolean, worth bigint, requested_at timestamptz, request_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $fn$
    SELECT coalesce(r.parked_until > today, false),
        (SELECT coalesce(sum(w.worth), 0) FROM unnest(names, points) AS w (name, worth) WHERE w.name = ANY (r.urgent_because)),
        r.requested_at, r.id
    FROM placement_request r WHERE r.status = 'open' AND NOT EXISTS (
        SELECT FROM offer o WHERE o.request_id = r.id AND o.status = 'held' AND o.expires_at > at)
$fn$;
END $do$"""


def upgrade() -> None:
    apply(COLUMN, RANKS)
