"""What would point at somebody once their case is erased: no figure asks for the municipality of a person."""

from shared.data.migrations import apply

revision = "0007"
down_revision = "0006"

# What is counted is never changed by the runtime role; this takes away what is not counted, and Havn alone may call it.
ERASE = """DO $do$ BEGIN
CREATE FUNCTION erase_case(the_case uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public AS $fn$
BEGIN
    IF havn_org() IS DISTINCT FROM 'havn' THEN
        RAISE EXCEPTION 'Only Havn itself erases.' USING ERRCODE = 'insufficient_privilege';
    END IF;
    UPDATE person SET municipality = NULL WHERE case_id = the_case;
END $fn$;
END $do$"""


def upgrade() -> None:
    apply(ERASE)
