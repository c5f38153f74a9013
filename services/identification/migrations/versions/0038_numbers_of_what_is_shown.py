"""Who does not work on a case numbers the events of it that such a reader is shown, not those beside them: how many there were in
between told of a period, and so of the outcome."""

from shared.data.migrations import apply

revision = "0038"
down_revision = "0037"

# The function of two arguments stays for the processes of the release before. A case is said to be routed where that is news:
# another authority decides than before. For who works on the case all is counted, but for merges of which they learn nothing.
NUMBERS = """DO $do$ BEGIN
CREATE FUNCTION numbers_as_shown(keys uuid[], positions bigint[], counted varchar[]) RETURNS TABLE
    (key uuid, "position" bigint, number bigint) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $fn$
    WITH asked AS (
        SELECT a.key, works_on(a.key) AS works_on_it FROM (SELECT DISTINCT unnest(keys)) AS a (key)
        WHERE EXISTS (SELECT FROM case_party p WHERE p.case_id = a.key AND p.org = havn_org())),
    counting AS (
        SELECT a.* FROM asked a
        WHERE NOT a.works_on_it
           OR EXISTS (SELECT FROM case_merge m WHERE m.case_id = a.key)
           OR EXISTS (SELECT FROM shown_event s WHERE s.case_id = a.key AND s.org = havn_org())
           OR EXISTS (SELECT FROM event_history h
                      WHERE h.key = a.key::text AND h.type = 'dk.havn.identification.case-merged.v1')),
    own AS (
        SELECT c.key, c.works_on_it, h.position, h.type, h.payload, lag(h.payload ->> 'authority')
            OVER (PARTITION BY c.key, h.type ORDER BY h.position) AS authority_before
        FROM counting c JOIN event_history h ON h.key = c.key::text),
    shown AS (
        SELECT o.key, o.position FROM own o
        WHERE CASE WHEN o.works_on_it
            THEN o.type NOT IN ('dk.havn.identification.case-merged.v1', 'dk.havn.identification.case-unmerged.v1')
                 OR works_on((o.payload ->> 'case_id')::uuid)
            ELSE o.type = ANY (counted) AND (o.type <> 'dk.havn.identification.case-routed.v1'
                 OR o.authority_before IS DISTINCT FROM o.payload ->> 'authority') END
        UNION
        SELECT s.case_id, s.position FROM counting c JOIN shown_event s ON s.case_id = c.key AND s.org = havn_org()
        JOIN event_history h ON h.position = s.position WHERE c.works_on_it OR h.type = ANY (counted)
        UNION
        SELECT t.alias, t.position FROM shown_through_merges(havn_org(), 0, last_position()) t
        JOIN counting c ON c.key = t.alias WHERE c.works_on_it OR t.type = ANY (counted)),
    numbered AS (SELECT s.key, s.position, row_number() OVER (PARTITION BY s.key ORDER BY s.position) FROM shown s)
    SELECT n.* FROM numbered n
    WHERE (n.key, n.position) IN (SELECT * FROM unnest(keys, positions))
$fn$;
END $do$"""


def upgrade() -> None:
    apply(NUMBERS)
