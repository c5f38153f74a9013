"""Whether the person is a Danish citizen, whatever else is said of the stay; of the cases that are known already the next
description says it."""

from shared.data.migrations import apply

revision = "0044"
down_revision = "0043"


def upgrade() -> None:
    apply("ALTER TABLE known_case ADD COLUMN danish_citizen boolean NOT NULL DEFAULT false")
