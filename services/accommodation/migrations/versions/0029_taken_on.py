"""A night is counted among the stays of years: which places somebody has then is found by an index."""

from shared.data.migrations import apply

revision = "0029"
down_revision = "0028"

# Under row level security PostgreSQL asks no index about ranges, whose operators might say something of hidden rows. Places alone
# come of it, and whoever asks counts those that it may. Whoever is there has the place without an end, whatever the plan said.
TAKEN = """DO $do$ BEGIN
CREATE INDEX ix_stay_during ON stay USING gist (during) WHERE state IN ('booked', 'left');
CREATE FUNCTION taken_on(night date, is_ahead boolean) RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $fn$
    SELECT place_id FROM stay WHERE state = 'left' AND during @> night AND NOT shares_bed
    UNION
    SELECT place_id FROM stay WHERE is_ahead AND state = 'booked' AND during @> night AND NOT shares_bed
    UNION
    SELECT place_id FROM stay WHERE state = 'arrived' AND lower(during) <= night AND NOT shares_bed
$fn$;
END $do$"""


def upgrade() -> None:
    apply(TAKEN)
