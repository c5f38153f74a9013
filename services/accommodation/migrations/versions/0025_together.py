"""What the people of several requests are to each other, for places that are looked for at once."""

from shared.data.migrations import apply

revision = "0025"
down_revision = "0024"

# Who is kept apart, and which cases are of one person, CMM alone learns; of a household those who know both of its members.
AMONG = """DO $do$ BEGIN
CREATE FUNCTION related_among(cases uuid[]) RETURNS TABLE (case_id uuid, other_case_id uuid, relation text)
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $fn$
    WITH asked AS MATERIALIZED (SELECT DISTINCT c AS id, person_of(c) AS person FROM unnest(cases) AS c)
    SELECT least(a.id, b.id), greatest(a.id, b.id), 'apart' FROM separation s
        JOIN asked a ON a.person = person_of(s.case_id) JOIN asked b ON b.person = person_of(s.other_case_id)
    WHERE s.ended_at IS NULL AND a.person <> b.person AND havn_org() = 'cmm'
    UNION
    SELECT least(a.id, b.id), greatest(a.id, b.id), 'household' FROM case_link l
        JOIN asked a ON a.id = l.case_id JOIN asked b ON b.id = l.other_case_id
    WHERE l.relation IN ('child', 'parent') AND a.person <> b.person AND (havn_org() = 'cmm' OR (
        EXISTS (SELECT FROM case_party p WHERE p.case_id = a.id AND p.org = havn_org())
        AND EXISTS (SELECT FROM case_party p WHERE p.case_id = b.id AND p.org = havn_org())))
    UNION
    SELECT a.id, b.id, 'same' FROM asked a JOIN asked b ON b.person = a.person AND a.id < b.id WHERE havn_org() = 'cmm'
$fn$;
END $do$"""


def upgrade() -> None:
    apply(AMONG)
