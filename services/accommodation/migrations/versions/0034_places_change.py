"""A place that is described anew keeps the nights on which somebody has it."""

from shared.data.migrations import apply

revision = "0034"
down_revision = "0033"

KEPT = """DO $do$ BEGIN
CREATE FUNCTION keep_place() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $fn$
DECLARE
    given_up datemultirange := datemultirange(daterange(OLD.available_from, OLD.available_until, '[]'))
        - datemultirange(daterange(NEW.available_from, NEW.available_until, '[]'));
BEGIN
    IF EXISTS (SELECT FROM stay s WHERE s.place_id = NEW.id
               AND (s.state IN ('held', 'booked') AND s.during && given_up
                    OR s.state = 'arrived' AND daterange(lower(s.during), NULL) && given_up)) THEN
        RAISE EXCEPTION 'Somebody has the place on nights that it would give up.'
            USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'place_open_while_somebody_is_there';
    END IF;
    RETURN NEW;
END $fn$;
CREATE TRIGGER keep_place BEFORE UPDATE OF available_from, available_until ON place
    FOR EACH ROW EXECUTE FUNCTION keep_place();
END $do$"""


def upgrade() -> None:
    apply(KEPT)
