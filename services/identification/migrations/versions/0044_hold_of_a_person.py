"""Whether a person may not be removed for an appeal in their case, or in one that was merged into it: for who works on both, as
the case itself says it. Nobody else learns of a merge."""

from shared.data.migrations import apply

revision = "0044"
down_revision = "0043"

# All of the person's cases are walked through, and those counted that the asker works on: who has referred the person in both may
# read both, and learns of no merge.
IS_ON_HOLD = """DO $do$ BEGIN
CREATE FUNCTION is_on_hold(the_case uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $fn$
    WITH RECURSIVE of_person AS (
        SELECT id, removal_hold AS is_held FROM case_file WHERE id = the_case
        UNION
        SELECT f.id, f.removal_hold AND EXISTS (
            SELECT FROM case_party p WHERE p.case_id = f.id AND p.org = havn_org() AND p.part IN ('centre', 'authority'))
        FROM of_person JOIN case_file f ON f.merged_into = of_person.id)
    SELECT coalesce(bool_or(is_held), false) FROM of_person
$fn$;
END $do$"""


def upgrade() -> None:
    apply(IS_ON_HOLD)
