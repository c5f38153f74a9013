"""Since when a person is held by police, and until when a place that police have offered instead is theirs to give."""

from shared.data.migrations import apply

revision = "0021"
down_revision = "0020"

COLUMNS = """
ALTER TABLE known_case ADD COLUMN held_since timestamptz;
ALTER TABLE offer ADD COLUMN police_until timestamptz;
CREATE INDEX ix_offer_police ON offer (police_until) WHERE police_until IS NOT NULL;
"""


def upgrade() -> None:
    apply(COLUMNS)
