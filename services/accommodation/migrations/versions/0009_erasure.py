"""Erasing what is known of a case: the key under which needs and reasons are sealed goes, and whom the case concerned."""

from shared.data.migrations import apply

revision = "0009"
down_revision = "0008"

# The one way by which a case's key goes, and Havn alone may take it. It gives all ids of what was touched. The needs of who has
# declined say nothing of who it is, and a bed is still sought by them: they are left to be sealed anew.
ERASE = """DO $do$ BEGIN
CREATE FUNCTION erase_case(the_case uuid, is_whole boolean) RETURNS SETOF uuid
    LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = public AS $fn$
BEGIN
    IF havn_org() IS DISTINCT FROM 'havn' THEN
        RAISE EXCEPTION 'Only Havn itself erases.' USING ERRCODE = 'insufficient_privilege';
    END IF;
    UPDATE placement_request SET needs = '' WHERE case_id = the_case AND is_whole;
    UPDATE offer SET reason = NULL WHERE case_id = the_case;
    UPDATE placement SET leaving = NULL WHERE case_id = the_case;
    DELETE FROM data_key WHERE owner_id = the_case;
    DELETE FROM case_party WHERE case_id = the_case AND part <> 'centre' AND is_whole;
    DELETE FROM withdrawn_share WHERE case_id = the_case AND is_whole;
    RETURN QUERY SELECT id FROM placement_request WHERE case_id = the_case
        UNION ALL SELECT id FROM offer WHERE case_id = the_case
        UNION ALL SELECT id FROM placement WHERE case_id = the_case;
END $fn$;
END $do$"""


def upgrade() -> None:
    apply(ERASE)
