"""A stay is a fact about a place and a person, and both are exclusive: the database refuses what cannot be."""

from shared.data.migrations import apply

revision = "0012"
down_revision = "0011"

COLUMNS = """
UPDATE place SET available_until = available_until - 1 WHERE available_until IS NOT NULL;
ALTER TABLE known_case ADD COLUMN municipality varchar;
ALTER TABLE known_case ADD COLUMN asylum_pending boolean;
ALTER TABLE facility ADD COLUMN reference uuid;
UPDATE facility SET reference = gen_random_uuid();
ALTER TABLE facility ALTER COLUMN reference SET NOT NULL;
ALTER TABLE placement_request ADD COLUMN differs varchar[] NOT NULL DEFAULT '{}';
ALTER TABLE placement_request ADD COLUMN parked_until date;
ALTER TABLE offer ADD COLUMN exceptions varchar[] NOT NULL DEFAULT '{}';
ALTER TABLE offer ADD COLUMN exceptions_why bytea;
ALTER TABLE offer ADD COLUMN offered_by_person varchar NOT NULL DEFAULT '';
ALTER TABLE offer ADD COLUMN awaits_second_person boolean NOT NULL DEFAULT false;
ALTER TABLE offer ADD COLUMN confirmed_at timestamptz;
ALTER TABLE offer ADD COLUMN declined_because varchar;
ALTER TABLE offer ADD COLUMN answer_by varchar;
UPDATE offer SET answer_by = CASE WHEN offered_by = f.operator THEN requested_by ELSE f.operator END
    FROM facility f WHERE f.id = facility_id;
ALTER TABLE offer ALTER COLUMN answer_by SET NOT NULL;
ALTER TABLE placement ADD COLUMN ending varchar;
ALTER TABLE placement ADD COLUMN moved_because varchar;
ALTER TABLE placement ADD COLUMN moved_to_id uuid;
ALTER TABLE placement ADD COLUMN exceptions varchar[] NOT NULL DEFAULT '{}';
UPDATE placement SET ending = CASE WHEN arrived_at IS NULL THEN 'cancelled' WHEN disappeared THEN 'disappeared' ELSE 'left' END
    WHERE status = 'left';
ALTER TABLE stay ALTER COLUMN case_id DROP NOT NULL;
ALTER TABLE stay ADD COLUMN person_id uuid;
ALTER TABLE stay ADD COLUMN is_double boolean NOT NULL DEFAULT false;
ALTER TABLE stay ADD COLUMN instead_of_id uuid REFERENCES stay (id);
ALTER TABLE stay ADD COLUMN with_stay_id uuid REFERENCES stay (id);
ALTER TABLE stay ADD COLUMN shares_bed boolean NOT NULL DEFAULT false;
ALTER TABLE stay ADD COLUMN joined_as varchar;
ALTER TABLE stay ADD COLUMN joined_at timestamptz;
ALTER TABLE stay DROP CONSTRAINT stay_state_check;
ALTER TABLE stay ADD CONSTRAINT stay_state_check CHECK (state IN ('held', 'booked', 'arrived', 'left', 'ended'));
ALTER TABLE placement ADD CONSTRAINT placement_left_after_arriving CHECK (left_at >= arrived_at);
UPDATE stay SET state = 'left' FROM placement p WHERE p.stay_id = stay.id AND p.status = 'left' AND stay.state = 'booked';
UPDATE stay SET state = 'arrived' FROM placement p WHERE p.stay_id = stay.id AND p.status = 'arrived' AND stay.state = 'booked';
"""

# The case in which the work on the person goes on: cases are merged into one another.
PERSON = """DO $do$ BEGIN
CREATE FUNCTION person_of(the_case uuid) RETURNS uuid
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $fn$
    WITH RECURSIVE up (case_id) AS (
        SELECT the_case UNION SELECT m.into_id FROM case_merge m JOIN up ON m.case_id = up.case_id)
    SELECT coalesce((SELECT case_id FROM up WHERE NOT EXISTS (SELECT FROM case_merge m WHERE m.case_id = up.case_id) LIMIT 1),
                    the_case)
$fn$;
END $do$"""

# 60 days: until then the end of an approval has been announced (docs/rules.md, housing-3), so that a stay without an end is
# watched. The place is locked, so that nobody closes it meanwhile.
WITHIN = """DO $do$ BEGIN
CREATE FUNCTION keep_stay() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $fn$
DECLARE
    planned daterange := NEW.during;
    the_place place;
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
    IF NOT planned <@ daterange(the_place.available_from, the_place.available_until, '[]') THEN
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
CREATE FUNCTION keep_closure() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $fn$
BEGIN
    PERFORM FROM place WHERE id = NEW.place_id FOR UPDATE;
    IF EXISTS (SELECT FROM stay s WHERE s.place_id = NEW.place_id AND s.state IN ('held', 'booked', 'arrived')
               AND s.during && NEW.during) THEN
        RAISE EXCEPTION 'Somebody has the place on some of these nights.'
            USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'closed_while_nobody_is_there';
    END IF;
    RETURN NEW;
END $fn$;
END $do$"""

# Two cases may turn out to be of one person while both have a bed. Nothing is lost then: the second is a double, which bars
# new ones, until somebody has ended it.
MERGES = """DO $do$ BEGIN
CREATE FUNCTION set_person(the_case uuid) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $fn$
DECLARE
    root uuid := person_of(the_case);
    each uuid;
BEGIN
    UPDATE stay SET person_id = root, is_double = true
        WHERE case_id IS NOT NULL AND person_of(case_id) = root AND state <> 'ended';
    FOR each IN SELECT id FROM stay WHERE person_id = root AND state <> 'ended'
                ORDER BY (state = 'arrived') DESC, lower(during), id LOOP
        BEGIN
            UPDATE stay s SET is_double = false WHERE s.id = each AND NOT EXISTS (
                SELECT FROM stay o WHERE o.person_id = root AND NOT o.is_double AND o.state <> 'ended' AND o.id <> each
                    AND o.during && s.during AND o.instead_of_id IS NULL AND s.instead_of_id IS NULL);
        EXCEPTION WHEN exclusion_violation OR unique_violation THEN NULL;
        END;
    END LOOP;
END $fn$;
CREATE FUNCTION keep_person() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $fn$
BEGIN
    IF TG_OP <> 'DELETE' THEN PERFORM set_person(NEW.case_id); END IF;
    IF TG_OP <> 'INSERT' THEN PERFORM set_person(OLD.case_id); PERFORM set_person(OLD.into_id); END IF;
    RETURN NULL;
END $fn$;
END $do$"""

# Holds that nobody has answered in time are in nobody's way, whoever may see them; the sweep records that they expired.
EXPIRE = """DO $do$ BEGIN
CREATE FUNCTION end_expired_holds(the_place uuid, the_case uuid, at timestamptz) RETURNS void
    LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = public AS $fn$
    UPDATE stay SET state = 'ended' WHERE state = 'held' AND held_until <= at
        AND (place_id = the_place OR person_id = person_of(the_case))
$fn$;
CREATE FUNCTION is_elsewhere(the_case uuid, nights daterange, at timestamptz, but_for uuid) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $fn$
    SELECT EXISTS (SELECT FROM stay s WHERE s.person_id = person_of(the_case)
        AND s.id IS DISTINCT FROM but_for AND s.instead_of_id IS NULL
        AND (s.during && nights AND (s.state IN ('booked', 'left') OR s.state = 'held' AND s.held_until > at)
             OR s.state = 'arrived' AND daterange(lower(s.during), NULL) && nights))
$fn$;
CREATE FUNCTION next_stay(the_stay uuid, after date, at timestamptz) RETURNS date
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public AS $fn$
    SELECT min(lower(o.during)) FROM stay s JOIN stay o ON o.id <> s.id AND lower(o.during) > after
        AND (o.place_id = s.place_id AND NOT o.shares_bed OR o.person_id = s.person_id AND o.instead_of_id IS NULL)
        AND (o.state IN ('booked', 'arrived') OR o.state = 'held' AND o.held_until > at)
    WHERE s.id = the_stay
$fn$;
END $do$"""

RULES = """
ALTER TABLE stay DROP CONSTRAINT one_stay_a_night;
UPDATE stay SET person_id = person_of(case_id);
UPDATE stay s SET is_double = true WHERE s.state <> 'ended' AND EXISTS (
    SELECT FROM stay o WHERE o.person_id = s.person_id AND o.state <> 'ended' AND o.id < s.id AND o.during && s.during);
ALTER TABLE stay ADD CONSTRAINT one_stay_a_night
    EXCLUDE USING gist (place_id WITH =, during WITH &&) WHERE (state <> 'ended' AND NOT shares_bed);
ALTER TABLE stay ADD CONSTRAINT one_place_a_night
    EXCLUDE USING gist (person_id WITH =, during WITH &&)
    WHERE (state <> 'ended' AND NOT is_double AND instead_of_id IS NULL);
CREATE UNIQUE INDEX one_is_there ON stay (place_id) WHERE state = 'arrived' AND NOT shares_bed;
CREATE UNIQUE INDEX there_once ON stay (person_id) WHERE state = 'arrived' AND NOT is_double;
CREATE UNIQUE INDEX one_instead ON stay (instead_of_id) WHERE state <> 'ended' AND instead_of_id IS NOT NULL;
CREATE INDEX ix_stay_person ON stay (person_id);
CREATE INDEX ix_stay_with ON stay (with_stay_id) WHERE with_stay_id IS NOT NULL;
CREATE TRIGGER keep_stay BEFORE INSERT OR UPDATE ON stay FOR EACH ROW EXECUTE FUNCTION keep_stay();
CREATE TRIGGER keep_closure BEFORE INSERT OR UPDATE ON out_of_service FOR EACH ROW EXECUTE FUNCTION keep_closure();
CREATE TRIGGER keep_person AFTER INSERT OR UPDATE OR DELETE ON case_merge FOR EACH ROW EXECUTE FUNCTION keep_person();
"""

# As before, and what is new: the reasons of exceptions go with the case's key.
ERASE = """DO $do$ BEGIN
CREATE OR REPLACE FUNCTION erase_case(the_case uuid, is_whole boolean) RETURNS SETOF uuid
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public AS $fn$
BEGIN
    IF havn_org() IS DISTINCT FROM 'havn' THEN
        RAISE EXCEPTION 'Only Havn itself erases.' USING ERRCODE = 'insufficient_privilege';
    END IF;
    UPDATE placement_request SET needs = '' WHERE case_id = the_case AND is_whole;
    UPDATE offer SET reason = NULL, exceptions_why = NULL WHERE case_id = the_case;
    UPDATE placement SET leaving = NULL WHERE case_id = the_case;
    DELETE FROM data_key WHERE owner_id = the_case;
    DELETE FROM case_party WHERE case_id = the_case AND part <> 'centre' AND is_whole;
    DELETE FROM withdrawn_share WHERE case_id = the_case AND is_whole;
    RETURN QUERY SELECT id FROM placement_request WHERE case_id = the_case
        UNION ALL SELECT id FROM offer WHERE case_id = the_case
        UNION ALL SELECT id FROM placement WHERE case_id = the_case;
END $fn$;
END $do$"""


RIGHTS = """DO $$ BEGIN
    EXECUTE format('GRANT UPDATE, DELETE ON out_of_service TO %I', current_database());
END $$"""


def upgrade() -> None:
    apply(COLUMNS, PERSON, WITHIN, MERGES, EXPIRE, RULES, ERASE, RIGHTS)
