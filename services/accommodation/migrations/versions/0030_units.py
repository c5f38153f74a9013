"""A place belongs to a unit of its facility, which may accept fewer people and is open for its own days."""

from shared.data.migrations import apply
from shared.data.row_security import guarded

revision = "0030"
down_revision = "0029"

# What a unit says nothing of is as its facility has it. A place that named its unit before bears the name alone, sealed in its
# label, until somebody names that unit again.
UNIT = """
CREATE TABLE unit (
    id uuid PRIMARY KEY,
    facility_id uuid NOT NULL REFERENCES facility (id),
    genders varchar[] CHECK (cardinality(genders) > 0),
    minors boolean,
    families boolean,
    wheelchair boolean,
    lgbt_safe boolean,
    security varchar,
    available_from date,
    available_until date CHECK (available_until >= available_from),
    version integer NOT NULL,
    name bytea NOT NULL,
    UNIQUE (id, facility_id));
CREATE INDEX ix_unit_facility ON unit (facility_id, id);
ALTER TABLE place ADD COLUMN unit_id uuid;
ALTER TABLE place ADD CONSTRAINT place_in_unit_of_its_facility
    FOREIGN KEY (unit_id, facility_id) REFERENCES unit (id, facility_id);
CREATE INDEX ix_place_unit ON place (unit_id) WHERE unit_id IS NOT NULL;
"""

# As before, and what is new: the days of the unit. It is locked like the place, so that nobody closes it meanwhile.
WITHIN = """DO $do$ BEGIN
CREATE OR REPLACE FUNCTION keep_stay() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $fn$
DECLARE
    planned daterange := NEW.during;
    the_place place;
    the_unit unit;
    approved datemultirange;
BEGIN
    IF NEW.case_id IS NOT NULL THEN NEW.person_id := person_of(NEW.case_id); END IF;
    IF NEW.state IN ('left', 'ended') THEN RETURN NEW; END IF;
    IF TG_OP = 'UPDATE' THEN
        IF NEW.during = OLD.during AND NEW.place_id = OLD.place_id AND OLD.state <> 'ended'
            AND NOT (OLD.state = 'held' AND NEW.state = 'booked')
            AND NEW.instead_of_id IS NOT DISTINCT FROM OLD.instead_of_id THEN RETURN NEW; END IF;
    END IF;
    IF NEW.instead_of_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM stay s WHERE s.id = NEW.instead_of_id AND s.state = 'arrived' AND s.person_id = NEW.person_id) THEN
        RAISE EXCEPTION 'It takes the place of no stay of this person.'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'stay_instead_of';
    END IF;
    IF NOT NEW.is_double AND NEW.instead_of_id IS NULL AND EXISTS (
        SELECT FROM stay s WHERE s.person_id = NEW.person_id AND s.is_double AND s.state <> 'ended' AND s.id <> NEW.id
            AND s.during && NEW.during) THEN
        RAISE EXCEPTION 'The person has another place on some of these nights.'
            USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'one_place_a_night';
    END IF;
    IF NEW.state = 'arrived' THEN planned := daterange(lower(NEW.during), lower(NEW.during) + 1); END IF;
    SELECT * INTO the_place FROM place WHERE id = NEW.place_id FOR SHARE;
    SELECT * INTO the_unit FROM unit WHERE id = the_place.unit_id FOR SHARE;
    IF NOT planned <@ daterange(the_place.available_from, the_place.available_until, '[]')
        OR NOT planned <@ daterange(the_unit.available_from, the_unit.available_until, '[]') THEN
        RAISE EXCEPTION 'The facility does not have the place on all of these nights.'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'stay_within_place_dates';
    END IF;
    IF EXISTS (SELECT FROM out_of_service o WHERE o.place_id = NEW.place_id AND o.during && planned) THEN
        RAISE EXCEPTION 'The place is out of service on some of these nights.'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'stay_in_service';
    END IF;
    IF upper_inf(planned) THEN planned := daterange(lower(planned), lower(planned) + 60); END IF;
    SELECT coalesce(range_agg(a.during), '{}') INTO approved FROM approval a WHERE a.facility_id = the_place.facility_id;
    IF NOT approved @> planned THEN
        RAISE EXCEPTION 'The facility is not approved on all of these nights.'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'stay_within_approval';
    END IF;
    RETURN NEW;
END $fn$;
CREATE FUNCTION keep_unit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $fn$
DECLARE
    given_up datemultirange := datemultirange(daterange(OLD.available_from, OLD.available_until, '[]'))
        - datemultirange(daterange(NEW.available_from, NEW.available_until, '[]'));
BEGIN
    IF EXISTS (SELECT FROM stay s JOIN place p ON p.id = s.place_id WHERE p.unit_id = NEW.id
               AND (s.state IN ('held', 'booked') AND s.during && given_up
                    OR s.state = 'arrived' AND daterange(lower(s.during), NULL) && given_up)) THEN
        RAISE EXCEPTION 'Somebody has a place of the unit on nights that it would give up.'
            USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'unit_open_while_somebody_is_there';
    END IF;
    RETURN NEW;
END $fn$;
CREATE TRIGGER keep_unit BEFORE UPDATE ON unit FOR EACH ROW EXECUTE FUNCTION keep_unit();
END $do$"""

KNOWS_ITS_FACILITY = "EXISTS (SELECT FROM facility f WHERE f.id = facility_id)"
RUNS_ITS_FACILITY = (
    "EXISTS (SELECT FROM facility f WHERE f.id = facility_id AND havn_org() IN (f.operator, 'cmm', 'havn'))"
)


def upgrade() -> None:
    apply(
        UNIT,
        WITHIN,
        *guarded("unit", "SELECT, INSERT, UPDATE", visible=KNOWS_ITS_FACILITY, writable=RUNS_ITS_FACILITY),
    )
