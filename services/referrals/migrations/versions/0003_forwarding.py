"""On what a referral is forwarded: consents as identification has published them, and the basis that is kept with the step."""

from shared.data.migrations import apply
from shared.data.row_security import guarded

revision = "0003"
down_revision = "0002"

TABLES = """
ALTER TABLE status_change ADD COLUMN recipient varchar;
ALTER TABLE status_change ADD COLUMN basis varchar;
ALTER TABLE status_change ADD COLUMN legal_basis varchar;
CREATE TABLE known_consent (
    org varchar NOT NULL,
    case_id uuid NOT NULL,
    purpose varchar NOT NULL,
    is_live boolean NOT NULL,
    PRIMARY KEY (org, case_id, purpose));
"""
# Who forwards asks of another organisation whether the person lets it know, about a case of a referral that is its own.
LETS_KNOW = """DO $do$ BEGIN
CREATE FUNCTION lets_know(the_case uuid, the_org varchar) RETURNS boolean
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public
    RETURN (SELECT bool_or(k.is_live) FROM known_consent k
            WHERE k.case_id = the_case AND k.org = the_org
              AND EXISTS (SELECT FROM referral_subject s JOIN referral r ON r.id = s.referral_id
                          WHERE s.case_id = the_case AND havn_org() IN (r.sender, r.recipient)));
END $do$"""


def upgrade() -> None:
    apply(
        TABLES,
        LETS_KNOW,
        *guarded(
            "known_consent",
            "SELECT, INSERT, UPDATE",
            visible="havn_org() IN (org, 'havn')",
            writable="havn_org() = 'havn'",
        ),
    )
