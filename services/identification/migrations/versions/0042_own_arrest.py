"""Of two arrests of one person each ends by itself: a case's own is kept while the hours of another one run there."""

from shared.data.migrations import apply

revision = "0042"
down_revision = "0041"

COLUMNS = """
ALTER TABLE case_file ADD COLUMN custody_own_since timestamptz, ADD COLUMN custody_own_ended_at timestamptz,
    ADD COLUMN custody_own_end_reason varchar
"""
# Until now a release ended the case where the work went on alone: the one whose arrest stood there says so too.
ENDED = """
UPDATE case_file c SET custody_ended_at = f.custody_ended_at, custody_end_reason = f.custody_end_reason
FROM case_file f
WHERE f.custody_from = c.id AND f.custody_ended_at IS NOT NULL
    AND c.custody_from IS NULL AND c.custody_since IS NOT NULL AND c.custody_ended_at IS NULL
"""
# What its own record was, the merge remembers through which the other arrest came; and if another's stood there already, the one
# before that.
REMEMBERED = """
WITH RECURSIVE way AS (
    SELECT f.id AS case_id, c.id AS below, c.merged_into FROM case_file f JOIN case_file c ON c.id = f.custody_from
    UNION
    SELECT w.case_id, c.id, c.merged_into FROM way w JOIN case_file c ON c.id = w.merged_into AND w.merged_into <> w.case_id),
through AS (
    SELECT w.case_id, m.position FROM way w JOIN case_merge m ON m.case_id = w.below AND m.into_id = w.case_id
    WHERE w.merged_into = w.case_id),
remembered AS (
    SELECT DISTINCT ON (t.case_id) t.case_id, m.custody_since, m.custody_ended_at, m.custody_end_reason
    FROM through t JOIN case_merge m ON m.into_id = t.case_id AND m.position <= t.position
    WHERE m.custody_since IS NULL OR NOT EXISTS (
        SELECT FROM case_merge o JOIN case_file c ON c.id = o.case_id
        WHERE o.into_id = t.case_id AND o.position < m.position AND c.custody_since = m.custody_since)
    ORDER BY t.case_id, m.position DESC)
UPDATE case_file f SET custody_own_since = r.custody_since, custody_own_ended_at = r.custody_ended_at,
    custody_own_end_reason = r.custody_end_reason
FROM remembered r WHERE r.case_id = f.id
"""
# Erased like the others.
ERASED = """DO $do$ BEGIN
EXECUTE replace(pg_get_functiondef('erase_case'::regproc), 'custody_from = NULL',
    'custody_from = NULL, custody_own_since = NULL, custody_own_ended_at = NULL, custody_own_end_reason = NULL');
END $do$"""


def upgrade() -> None:
    apply(COLUMNS, ENDED, REMEMBERED, ERASED)
