"""That a person was consulted as another case became one with theirs is in the log of who works on both, as the merge is."""

from shared.data.migrations import apply

revision = "0045"
down_revision = "0044"

ACCESSES = """
CREATE OR REPLACE FUNCTION accesses_of(the_case uuid, after bigint, most integer) RETURNS SETOF audit
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $fn$
    SELECT * FROM audit
    WHERE (subject_id = the_case OR object_ids @> ARRAY[the_case]) AND position > after
      AND (havn_org() IN ('cmm', 'havn') OR works_on(the_case))
      AND (havn_org() IN ('cmm', 'havn', org)
           OR CASE WHEN starts_with(operation, 'question.') THEN false
                   WHEN operation IN ('case.merge', 'case.unmerge', 'person.take_in', 'person.consult')
                   THEN (SELECT bool_and(works_on(each)) FROM unnest(object_ids || subject_id) AS each)
                   ELSE true END)
    ORDER BY position LIMIT most
$fn$
"""


def upgrade() -> None:
    apply(ACCESSES)
