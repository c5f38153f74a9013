"""Why somebody stays for long is kept, sealed, and goes with the case's key."""

from shared.data.migrations import apply
from shared.data.row_security import guarded

revision = "0018"
down_revision = "0017"

TABLE = """
CREATE TABLE long_stay_note (
    placement_id uuid PRIMARY KEY REFERENCES placement (id),
    case_id uuid NOT NULL,
    noted_by varchar NOT NULL,
    noted_at timestamptz NOT NULL,
    reason bytea NOT NULL);
CREATE INDEX ix_long_stay_note_case ON long_stay_note (case_id);
"""
ERASE = """DO $do$ BEGIN
CREATE FUNCTION forget_long_stay_notes() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $fn$
BEGIN
    DELETE FROM long_stay_note WHERE case_id = OLD.owner_id;
    RETURN NULL;
END $fn$;
CREATE TRIGGER forget_long_stay_notes AFTER DELETE ON data_key
    FOR EACH ROW EXECUTE FUNCTION forget_long_stay_notes();
END $do$"""
# Who runs the facility, and CMM.
SEEN = (
    "havn_org() IN ('cmm', 'havn') OR EXISTS (SELECT FROM placement p JOIN facility f ON f.id = p.facility_id"
    " WHERE p.id = placement_id AND f.operator = havn_org())"
)


def upgrade() -> None:
    apply(TABLE, ERASE, *guarded("long_stay_note", "SELECT, INSERT, UPDATE", visible=SEEN, writable=SEEN))
