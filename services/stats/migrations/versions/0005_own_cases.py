"""Every subject of a referral has its own case: no referral joins one, and no machine says which case came before."""

from shared.data.migrations import apply

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    apply(
        "DROP TABLE further_referral", "DROP INDEX ix_person_earlier", "ALTER TABLE person DROP COLUMN earlier_case_id"
    )
