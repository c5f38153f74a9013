"""Event history, numbers and wrapped keys are seen by part; whoever records an event needs to see none of them."""

from shared.data.migrations import apply
from shared.data.outbox import RECORD_SQL
from shared.data.row_security import plumbing_by_part

revision = "0010"
down_revision = "0009"

HISTORY = "havn_org() = 'havn'"
KEYS = (
    "havn_org() = 'havn' OR EXISTS (SELECT FROM facility f WHERE f.id = owner_id)"
    " OR EXISTS (SELECT FROM known_case c WHERE c.case_id = owner_id)"
    " OR EXISTS (SELECT FROM placement_request r WHERE r.case_id = owner_id)"
)


def upgrade() -> None:
    apply(
        RECORD_SQL,
        "ALTER POLICY audit_seen ON audit USING (havn_org() IN (org, 'cmm', 'havn'))",
        *plumbing_by_part(history=HISTORY, keys=KEYS),
    )
