"""A stay that gives nights up needs nothing anew: not the place's dates, not an approval."""

from shared.data.migrations import apply

revision = "0048"
down_revision = "0047"

KEEP = """DO $do$ BEGIN
EXECUTE replace(pg_get_functiondef('keep_stay'::regproc), 'NEW.during = OLD.during', 'NEW.during <@ OLD.during');
END $do$"""


def upgrade() -> None:
    apply(KEEP)
