"""Which places somebody has on some of these nights, of the stays of years, is found by indexes."""

from shared.data.migrations import apply

revision = "0031"
down_revision = "0030"

# As `taken_on` says of one night: under row level security PostgreSQL asks of each row of a stay whether it may be seen, and no
# index about ranges. Places alone come of it, and whoever asks counts those that it may. Whoever is there has the place without
# an end.
TAKEN = """DO $do$ BEGIN
CREATE INDEX ix_stay_held ON stay (place_id) WHERE state = 'held';
CREATE FUNCTION taken_between(nights daterange, at timestamptz, but_for uuid) RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $fn$
    SELECT place_id FROM stay WHERE state IN ('booked', 'left') AND during && nights AND NOT shares_bed
        AND id IS DISTINCT FROM but_for
    UNION ALL
    SELECT place_id FROM stay WHERE state = 'held' AND held_until > at AND during && nights AND NOT shares_bed
        AND id IS DISTINCT FROM but_for
    UNION ALL
    SELECT place_id FROM stay WHERE state = 'arrived' AND daterange(lower(during), NULL) && nights AND NOT shares_bed
        AND id IS DISTINCT FROM but_for
$fn$;
END $do$"""


def upgrade() -> None:
    apply(TAKEN)
