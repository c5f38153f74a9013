"""Gender and age change who is responsible, too; and a move that follows from a change is proposed."""

from shared.data.migrations import apply
from shared.data.row_security import guarded

revision = "0017"
down_revision = "0016"

TABLES = """
ALTER TABLE case_turn ADD COLUMN gender varchar;
ALTER TABLE case_turn ADD COLUMN minor boolean;
CREATE INDEX ix_case_turn_from ON case_turn (from_on);
CREATE TABLE move_proposal (
    id uuid PRIMARY KEY,
    placement_id uuid NOT NULL REFERENCES placement (id),
    case_id uuid NOT NULL,
    from_on date NOT NULL,
    row varchar NOT NULL,
    authority varchar NOT NULL,
    payer varchar NOT NULL,
    options varchar[] NOT NULL,
    because varchar NOT NULL,
    proposed_at timestamptz NOT NULL,
    kept_at timestamptz,
    kept_by varchar,
    withdrawn_at timestamptz,
    version integer NOT NULL,
    reason bytea);
CREATE UNIQUE INDEX one_proposal ON move_proposal (placement_id, row, from_on) WHERE withdrawn_at IS NULL;
CREATE INDEX ix_move_proposal_case ON move_proposal (case_id);
"""
# Whoever erases a case deletes its key: the reason that it opened goes with it.
ERASE = """DO $do$ BEGIN
CREATE FUNCTION forget_proposal_reasons() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $fn$
BEGIN
    UPDATE move_proposal SET reason = NULL WHERE case_id = OLD.owner_id;
    RETURN NULL;
END $fn$;
CREATE TRIGGER forget_proposal_reasons AFTER DELETE ON data_key
    FOR EACH ROW EXECUTE FUNCTION forget_proposal_reasons();
END $do$"""
# Whoever sees the placement may see that another one is proposed; what of it, the repository says.
SEEN = "havn_org() IN ('cmm', 'havn') OR EXISTS (SELECT FROM placement p WHERE p.id = placement_id)"
# Who has come to pay for somebody sees what was asked for then.
PAID = """CREATE POLICY placement_request_paid ON placement_request FOR SELECT USING (havn_org() = 'us' AND EXISTS (
    SELECT FROM placement p WHERE p.request_id = placement_request.id AND p.payer = 'US'))"""


def upgrade() -> None:
    apply(TABLES, ERASE, PAID, *guarded("move_proposal", "SELECT, INSERT, UPDATE", visible=SEEN, writable=SEEN))
