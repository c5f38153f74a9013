"""Whether a minor came alone decides who houses them: a coded fact, as their age is. Of cases that are there it is known once
their person is described anew."""

from shared.data.migrations import apply

revision = "0035"
down_revision = "0034"


def upgrade() -> None:
    apply("ALTER TABLE case_file ADD COLUMN unaccompanied boolean")
