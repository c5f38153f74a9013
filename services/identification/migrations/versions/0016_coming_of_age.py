"""Whoever turns 18 stops being a minor that day: from when an age is stated, and the first day on which a minor is none."""

from shared.data.migrations import apply

revision = "0016"
down_revision = "0015"

AGES = "ALTER TABLE case_file ADD COLUMN age_stated_on date, ADD COLUMN adult_on date"
INDEX = "CREATE INDEX ix_case_file_adult ON case_file (adult_on) WHERE adult_on IS NOT NULL"


def upgrade() -> None:
    apply(AGES, INDEX)
