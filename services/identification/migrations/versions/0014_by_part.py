"""Event history, numbers and wrapped keys are seen by part; whoever records an event needs to see none of them."""

from shared.data.migrations import apply
from shared.data.outbox import RECORD_SQL
from shared.data.row_security import plumbing_by_part

revision = "0014"
down_revision = "0013"

# Where a reader of the feed stands says nothing of anybody, and stays when its part in the last case that it read of has ended.
PLACES = """DO $do$ BEGIN
CREATE FUNCTION position_of_event(of_event uuid) RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
    RETURN (SELECT position FROM event_history WHERE event_id = of_event);
CREATE FUNCTION last_position() RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
    RETURN (SELECT max(position) FROM event_history);
END $do$"""
# CMM has a part in every case.
HISTORY = (
    "havn_org() IN ('havn', 'cmm') OR EXISTS"
    " (SELECT FROM case_party p WHERE p.case_id = event_history.key::uuid AND p.org = havn_org() OFFSET 0)"
)
KEYS = (
    "havn_org() = 'havn' OR EXISTS (SELECT FROM case_party p WHERE p.case_id = owner_id AND p.org = havn_org() OFFSET 0)"
    " OR EXISTS (SELECT FROM draft d WHERE d.id = owner_id AND d.org = havn_org())"
)


def upgrade() -> None:
    apply(
        RECORD_SQL,
        PLACES,
        *plumbing_by_part(history=HISTORY, keys=KEYS),
    )
