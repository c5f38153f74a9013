"""Of two arrests of one person each ends by itself: a case's own is kept while the hours of another one run there."""

from shared.data.migrations import apply

revision = "0042"
down_revision = "0041"

COLUMNS = """
ALTER TABLE case_file ADD COLUMN custody_own_since timestamptz, ADD COLUMN custody_own_ended_at timestamptz,
    ADD COLUMN custody_own_end_reason varchar
"""
# What it was until now, its merge remembers: of several merges the first.
REMEMBERED = """
UPDATE case_file f SET custody_own_since = m.custody_since, custody_own_ended_at = m.custody_ended_at,
    custody_own_end_reason = m.custody_end_reason
FROM (SELECT DISTINCT ON (into_id) * FROM case_merge ORDER BY into_id, merged_at) m
WHERE m.into_id = f.id AND f.custody_from IS NOT NULL
"""
# Erased like the others.
ERASED = """DO $do$ BEGIN
EXECUTE replace(pg_get_functiondef('erase_case'::regproc), 'custody_from = NULL',
    'custody_from = NULL, custody_own_since = NULL, custody_own_ended_at = NULL, custody_own_end_reason = NULL');
END $do$"""


def upgrade() -> None:
    apply(COLUMNS, REMEMBERED, ERASED)
