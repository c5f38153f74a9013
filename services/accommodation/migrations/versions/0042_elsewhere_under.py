"""Who knows a merged case alone learns from its own request of no place that the person has under another one."""

from shared.data.migrations import apply

revision = "0042"
down_revision = "0041"

# As `is_elsewhere`, by the stays of the very case.
UNDER = """DO $do$ BEGIN
CREATE FUNCTION is_elsewhere_under(the_case uuid, nights daterange, at timestamptz, but_for uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $fn$
    SELECT EXISTS (SELECT FROM stay s WHERE s.case_id = the_case
        AND s.id IS DISTINCT FROM but_for AND s.instead_of_id IS NULL
        AND (s.during && nights AND (s.state IN ('booked', 'left') OR s.state = 'held' AND s.held_until > at)
             OR s.state = 'arrived' AND daterange(lower(s.during), NULL) && nights))
$fn$;
END $do$"""


def upgrade() -> None:
    apply(UNDER)
