"""How all places stand on some nights: those of a facility that stand alike together."""

from shared.data.migrations import apply

revision = "0033"
down_revision = "0032"

# As whoever asks, under row level security. PostgreSQL takes what that asks of each row for so dear that it does not see what
# else a plan costs, and sorts ten thousand places to group them; to hash them takes two thirds of the time. Which places they are
# is said of those that can be had.
ALIKE = """DO $do$ BEGIN
CREATE FUNCTION places_alike(nights daterange, at timestamptz, but_for uuid, in_facility uuid)
    RETURNS TABLE (facility_id uuid, unit_id uuid, kind varchar, available_from date, available_until date,
                   is_closed boolean, is_taken boolean, number integer, place_ids uuid[])
    LANGUAGE sql STABLE SET search_path = public SET enable_sort = off SET enable_incremental_sort = off AS $fn$
    SELECT each.facility_id, each.unit_id, each.kind, each.available_from, each.available_until, each.is_closed, each.is_taken,
        count(*)::integer, CASE WHEN NOT each.is_closed AND NOT each.is_taken THEN array_agg(each.id) END
    FROM (SELECT p.*, p.id IN (SELECT o.place_id FROM out_of_service o WHERE o.during && nights) AS is_closed,
              p.id IN (SELECT taken_between(nights, at, but_for)) AS is_taken
          FROM place p WHERE in_facility IS NULL OR p.facility_id = in_facility) AS each
    GROUP BY 1, 2, 3, 4, 5, 6, 7
$fn$;
END $do$"""


def upgrade() -> None:
    apply(ALIKE)
