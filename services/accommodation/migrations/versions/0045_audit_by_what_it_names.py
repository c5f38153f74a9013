"""Who looked at a request, an offer or a placement is found by it."""

from shared.data.migrations import apply

revision = "0045"
down_revision = "0044"


def upgrade() -> None:
    apply("CREATE INDEX ix_audit_objects ON audit USING gin (object_ids)")
