"""How old the person was when decided stays known after their birthday."""

from shared.data.migrations import apply

revision = "0040"
down_revision = "0039"

COLUMNS = "ALTER TABLE case_file ADD COLUMN first_positive_on date, ADD COLUMN age_group_at_decision varchar"
# Who is a minor still was one when decided. Who is an adult by now may have been: that is known once they are described anew.
DECIDED = """
WITH RECURSIVE taken_back AS (
    SELECT d.replaces AS id FROM decision d WHERE d.replaces IS NOT NULL AND d.outcome <> 'assessed_trafficked'
    UNION
    SELECT d.replaces FROM taken_back t JOIN decision d ON d.id = t.id WHERE d.replaces IS NOT NULL),
first AS (
    SELECT d.case_id, min(d.decided_on) AS decided_on FROM decision d
    WHERE d.outcome = 'assessed_trafficked' AND d.id NOT IN (SELECT t.id FROM taken_back t)
    GROUP BY d.case_id)
UPDATE case_file f SET first_positive_on = first.decided_on,
    age_group_at_decision = CASE WHEN f.age_group IN ('minor', 'presumed_minor') THEN f.age_group END
FROM first WHERE first.case_id = f.id
"""


def upgrade() -> None:
    apply(COLUMNS, DECIDED)
