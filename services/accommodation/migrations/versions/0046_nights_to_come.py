"""Who asked for nights that are all over waits for nothing any more, and stands before nobody in line."""

from shared.data.migrations import apply

revision = "0046"
down_revision = "0045"

RANKS = """DO $do$ BEGIN
CREATE OR REPLACE FUNCTION waiting_ranks(today date, at timestamptz, names varchar[], points integer[])
    RETURNS TABLE (is_parked boolean, worth bigint, requested_at timestamptz, request_id uuid)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $fn$
    SELECT coalesce(r.parked_until > today, false),
        (SELECT coalesce(sum(w.worth), 0) FROM unnest(names, points) AS w (name, worth) WHERE w.name = ANY (r.urgent_because)),
        r.requested_at, r.id
    FROM placement_request r WHERE r.status = 'open' AND (r.to_on IS NULL OR r.to_on >= today) AND NOT EXISTS (
        SELECT FROM offer o WHERE o.request_id = r.id AND o.status = 'held' AND o.expires_at > at)
$fn$;
END $do$"""


def upgrade() -> None:
    apply(RANKS)
