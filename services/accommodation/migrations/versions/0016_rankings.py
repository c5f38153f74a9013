"""The ranking from which an offered place was chosen is kept, sealed, and goes with the case's key."""

from shared.data.migrations import apply
from shared.data.row_security import guarded

revision = "0016"
down_revision = "0015"

TABLE = """
CREATE TABLE ranking (
    offer_id uuid PRIMARY KEY REFERENCES offer (id),
    case_id uuid NOT NULL,
    kept_for varchar NOT NULL,
    weights varchar NOT NULL,
    kept_at timestamptz NOT NULL,
    places bytea NOT NULL);
CREATE INDEX ix_ranking_case ON ranking (case_id);
"""
# Whoever erases a case deletes its key: what nobody can open any more is not kept.
ERASE = """DO $do$ BEGIN
CREATE FUNCTION forget_rankings() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $fn$
BEGIN
    DELETE FROM ranking WHERE case_id = OLD.owner_id;
    RETURN NULL;
END $fn$;
CREATE TRIGGER forget_rankings AFTER DELETE ON data_key FOR EACH ROW EXECUTE FUNCTION forget_rankings();
END $do$"""
SEEN = "havn_org() IN (kept_for, 'cmm', 'havn')"


def upgrade() -> None:
    apply(TABLE, ERASE, *guarded("ranking", "SELECT, INSERT", visible=SEEN, writable="havn_org() = kept_for"))
