"""A day's list is found among the placements of years: by who is there, and by when the others leave."""

from shared.data.migrations import apply

revision = "0026"
down_revision = "0025"

INDEXES = """
CREATE INDEX ix_placement_until ON placement (to_on);
CREATE INDEX ix_placement_there ON placement (facility_id) WHERE status = 'arrived';
"""


def upgrade() -> None:
    apply(INDEXES)
