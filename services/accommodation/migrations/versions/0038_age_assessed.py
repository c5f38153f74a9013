"""Whether the age of a person is assessed: it holds against what is said of it by whoever asks for a place."""

from shared.data.migrations import apply

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    apply("ALTER TABLE known_case ADD COLUMN age_assessed boolean NOT NULL DEFAULT false")
