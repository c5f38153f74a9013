"""The first tables: the directory, referrals, their subjects, and what became of them."""

import sqlalchemy as sa
from alembic import op

from shared.contract.directory import organisations
from shared.data.migrations import apply, plumbing
from shared.data.row_security import guarded

revision = "0001"
down_revision = None

TABLES = """
CREATE TABLE organisation (
    id varchar PRIMARY KEY,
    kind varchar NOT NULL,
    name varchar NOT NULL,
    region varchar,
    municipality_code varchar,
    version integer NOT NULL);
CREATE TABLE referral (
    id uuid PRIMARY KEY,
    sender varchar NOT NULL,
    recipient varchar NOT NULL,
    forwarded_by varchar,
    kind varchar NOT NULL,
    channel varchar NOT NULL,
    urgency varchar NOT NULL,
    status varchar NOT NULL,
    occurred_at timestamptz NOT NULL,
    municipality varchar,
    in_custody boolean NOT NULL,
    custody_since timestamptz,
    case_id uuid,
    submitted_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version integer NOT NULL,
    narrative bytea NOT NULL);
CREATE INDEX ix_referral_sender ON referral (sender, submitted_at, id);
CREATE INDEX ix_referral_recipient ON referral (recipient, submitted_at, id);
CREATE TABLE referral_subject (
    id uuid PRIMARY KEY,
    referral_id uuid NOT NULL REFERENCES referral (id),
    position integer NOT NULL,
    case_id uuid,
    person bytea NOT NULL);
CREATE INDEX ix_referral_subject_referral ON referral_subject (referral_id, position);
CREATE TABLE status_change (
    id uuid PRIMARY KEY,
    referral_id uuid NOT NULL REFERENCES referral (id),
    at timestamptz NOT NULL,
    org varchar NOT NULL,
    status varchar NOT NULL,
    remark bytea);
CREATE INDEX ix_status_change_referral ON status_change (referral_id, at);
"""
# Who forwarded a referral keeps its row in sight (PostgreSQL wants the changed row visible to whoever changes it);
# the repository does not let them read it.
PARTY = "havn_org() IN (sender, recipient, forwarded_by, 'havn')"
OF_A_REFERRAL = "EXISTS (SELECT FROM referral r WHERE r.id = referral_id)"


def upgrade() -> None:
    apply(
        *plumbing(),
        TABLES,
        *guarded("organisation", "SELECT, UPDATE"),
        *guarded("referral", "SELECT, INSERT, UPDATE", visible=PARTY, writable=PARTY),
        *guarded("referral_subject", "SELECT, INSERT, UPDATE", visible=OF_A_REFERRAL, writable=OF_A_REFERRAL),
        *guarded("status_change", "SELECT, INSERT", visible=OF_A_REFERRAL, writable=OF_A_REFERRAL),
    )
    entries = [
        {
            "id": entry.id,
            "kind": entry.kind,
            "name": entry.name,
            "region": entry.region_name,
            "municipality_code": entry.municipality_code,
            "version": 1,
        }
        for entry in organisations()
    ]
    directory = sa.table(
        "organisation", *(sa.column(name) for name in ("id", "kind", "name", "region", "municipality_code", "version"))
    )
    op.bulk_insert(directory, entries)
