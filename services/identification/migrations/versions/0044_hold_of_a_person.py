"""Whether a person may not be removed for an appeal in their case, or in one that was merged into it: for who works on both, as
the case itself says it. Nobody else learns of a merge."""

from shared.data.migrations import apply

revision = "0044"
down_revision = "0043"

# With the rights of who asks; the part is asked for as well, as who has referred the person in both may read both.
IS_ON_HOLD = """DO $do$ BEGIN
CREATE FUNCTION is_on_hold(the_case uuid) RETURNS boolean
    LANGUAGE sql STABLE SET search_path = public AS $fn$
    WITH RECURSIVE of_person AS (
        SELECT id, removal_hold FROM case_file WHERE id = the_case
        UNION
        SELECT f.id, f.removal_hold FROM of_person JOIN case_file f ON f.merged_into = of_person.id
            JOIN case_party p ON p.case_id = f.id
        WHERE p.org = havn_org() AND p.part IN ('centre', 'authority'))
    SELECT coalesce(bool_or(removal_hold), false) FROM of_person
$fn$;
END $do$"""


def upgrade() -> None:
    apply(IS_ON_HOLD)
