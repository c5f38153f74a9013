"""US has a part in a case that it decides, has brought or is let know of, and no longer in each whose person it could remove."""

from shared.data.migrations import apply

revision = "0034"
down_revision = "0033"

# While it is rolled out the last release goes on giving that part, by `INSERT ... ON CONFLICT DO UPDATE`: whatever US had ends
# with it, as it does by this release. The next one can do without.
NO_MORE = """DO $do$ BEGIN
CREATE FUNCTION gives_no_part_for_removal() RETURNS trigger LANGUAGE plpgsql SET search_path = public AS $fn$
BEGIN
    DELETE FROM case_party WHERE case_id = NEW.case_id AND org = NEW.org;
    RETURN NULL;
END $fn$;
CREATE TRIGGER gives_no_part_for_removal BEFORE INSERT ON case_party
    FOR EACH ROW WHEN (NEW.part = 'removal') EXECUTE FUNCTION gives_no_part_for_removal();
DELETE FROM case_party WHERE part = 'removal';
END $do$"""


def upgrade() -> None:
    apply(NO_MORE)
