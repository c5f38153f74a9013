"""A question between two cases of one authority stays that authority's, also when one of them is merged into a case of which it
knows nothing: that a question goes would say that somebody is known (docs/rules.md, identity-7)."""

from shared.data.migrations import apply

revision = "0029"
down_revision = "0028"

SETTLED = "ALTER TABLE question ADD COLUMN is_settled boolean NOT NULL DEFAULT false;"


def upgrade() -> None:
    apply(SETTLED)
