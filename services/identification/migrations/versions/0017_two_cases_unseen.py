"""In a case's access log, what others did about it and another case together is not for who has to do with the one alone: it
says that somebody is known (docs/rules.md, identity-3). Questions are CMM's to read."""

from alembic import op

revision = "0017"
down_revision = "0016"

ACCESSES = """
CREATE OR REPLACE FUNCTION accesses_of(the_case uuid, after bigint, most integer) RETURNS SETOF audit
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $fn$
    SELECT * FROM audit
    WHERE (subject_id = the_case OR object_ids @> ARRAY[the_case]) AND position > after
      AND (havn_org() IN ('cmm', 'havn') OR works_on(the_case))
      AND (havn_org() IN ('cmm', 'havn', org)
           OR CASE WHEN starts_with(operation, 'question.') THEN false
                   WHEN operation IN ('case.merge', 'case.unmerge', 'person.take_in')
                   THEN (SELECT bool_and(works_on(each)) FROM unnest(object_ids || subject_id) AS each)
                   ELSE true END)
    ORDER BY position LIMIT most
$fn$
"""


def upgrade() -> None:
    op.execute(ACCESSES)
