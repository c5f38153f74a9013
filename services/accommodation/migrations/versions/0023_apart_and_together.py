"""Who is kept apart, and who belongs to one household: in which facilities that speaks against a place, whoever asks."""

from shared.data.migrations import apply
from shared.data.row_security import guarded

revision = "0023"
down_revision = "0022"

TABLES = """
CREATE TABLE separation (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES known_case (case_id),
    other_case_id uuid NOT NULL REFERENCES known_case (case_id) CHECK (other_case_id <> case_id),
    because varchar NOT NULL,
    noted_by varchar NOT NULL,
    noted_at timestamptz NOT NULL,
    ended_at timestamptz,
    version integer NOT NULL,
    reason bytea NOT NULL);
CREATE INDEX ix_separation_case ON separation (case_id) WHERE ended_at IS NULL;
CREATE INDEX ix_separation_other ON separation (other_case_id) WHERE ended_at IS NULL;
CREATE TABLE case_link (
    case_id uuid NOT NULL,
    other_case_id uuid NOT NULL,
    relation varchar NOT NULL,
    PRIMARY KEY (case_id, other_case_id));
"""
# As for one person's beds: whoever is there is so without an end, and a hold is one until its time is up.
HAS = (
    "(x.during && nights AND (x.state = 'booked' OR x.state = 'held' AND x.held_until > at)"
    " OR x.state = 'arrived' AND daterange(lower(x.during), NULL) && nights)"
)
# They say facilities and nothing of who lives there. Of a household, those alone are asked who know its other members.
WHERE = """DO $do$ BEGIN
CREATE FUNCTION unsafe_in(the_case uuid, nights daterange, at timestamptz) RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $fn$
    WITH me AS MATERIALIZED (SELECT person_of(the_case) AS id),
    apart AS (
        SELECT person_of(s.other_case_id) AS id FROM separation s, me WHERE s.ended_at IS NULL AND person_of(s.case_id) = me.id
        UNION
        SELECT person_of(s.case_id) FROM separation s, me WHERE s.ended_at IS NULL AND person_of(s.other_case_id) = me.id)
    SELECT DISTINCT p.facility_id FROM apart JOIN stay x ON x.person_id = apart.id JOIN place p ON p.id = x.place_id
    WHERE HAS_THE_PLACE
$fn$;
CREATE FUNCTION household_in(the_case uuid, nights daterange, at timestamptz) RETURNS SETOF uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $fn$
    SELECT DISTINCT p.facility_id FROM case_link l JOIN stay x ON x.person_id = person_of(l.other_case_id)
        JOIN place p ON p.id = x.place_id
    WHERE l.case_id = the_case AND l.relation IN ('child', 'parent')
        AND (havn_org() IN ('cmm', 'havn') OR EXISTS (
            SELECT FROM case_party c WHERE c.case_id = l.other_case_id AND c.org = havn_org()))
        AND HAS_THE_PLACE
$fn$;
CREATE FUNCTION forget_separations() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $fn$
BEGIN
    DELETE FROM separation WHERE OLD.owner_id IN (case_id, other_case_id);
    DELETE FROM case_link WHERE OLD.owner_id IN (case_id, other_case_id);
    RETURN NULL;
END $fn$;
CREATE TRIGGER forget_separations AFTER DELETE ON data_key FOR EACH ROW EXECUTE FUNCTION forget_separations();
END $do$""".replace("HAS_THE_PLACE", HAS)
CENTRE = "havn_org() IN ('cmm', 'havn')"
HAVN = "havn_org() = 'havn'"


def upgrade() -> None:
    apply(
        TABLES,
        WHERE,
        *guarded("separation", "SELECT, INSERT, UPDATE", visible=CENTRE, writable=CENTRE),
        *guarded("case_link", "SELECT, INSERT, UPDATE, DELETE", visible=HAVN, writable=HAVN),
    )
