"""Finding the same person, merging, linking."""

from services.identification.migrations.policies import party, working
from shared.data.migrations import apply
from shared.data.row_security import guarded

revision = "0003"
down_revision = "0002"

TABLES = """
ALTER TABLE case_file ADD COLUMN merged_into uuid REFERENCES case_file (id);
CREATE INDEX ix_case_file_merged ON case_file (merged_into) WHERE merged_into IS NOT NULL;
CREATE TABLE search_token (
    token bigint NOT NULL,
    case_id uuid NOT NULL REFERENCES case_file (id) ON DELETE CASCADE,
    PRIMARY KEY (token, case_id));
CREATE INDEX ix_search_token_case ON search_token (case_id);
CREATE TABLE duplicate_question (
    case_id uuid NOT NULL REFERENCES case_file (id),
    other_case_id uuid NOT NULL REFERENCES case_file (id),
    score double precision NOT NULL,
    matched_on varchar[] NOT NULL,
    status varchar NOT NULL,
    asked_at timestamptz NOT NULL,
    overridden_at timestamptz,
    overridden_by varchar,
    reason bytea,
    PRIMARY KEY (case_id, other_case_id),
    CHECK (case_id < other_case_id));
CREATE INDEX ix_duplicate_question_other ON duplicate_question (other_case_id);
CREATE TABLE lent_part (
    case_id uuid NOT NULL REFERENCES case_file (id),
    org varchar NOT NULL,
    part varchar NOT NULL,
    own_part varchar,
    PRIMARY KEY (case_id, org));
CREATE TABLE case_link (
    case_id uuid NOT NULL REFERENCES case_file (id),
    other_case_id uuid NOT NULL REFERENCES case_file (id),
    relation varchar NOT NULL,
    linked_at timestamptz NOT NULL,
    PRIMARY KEY (case_id, other_case_id),
    CHECK (case_id <> other_case_id));
CREATE TABLE suspect (
    case_id uuid NOT NULL REFERENCES case_file (id),
    suspect_id uuid NOT NULL,
    named_at timestamptz NOT NULL,
    named_by varchar NOT NULL,
    description bytea NOT NULL,
    PRIMARY KEY (case_id, suspect_id));
CREATE INDEX ix_suspect_id ON suspect (suspect_id);
CREATE TABLE suspect_hash (
    hash bytea NOT NULL,
    case_id uuid NOT NULL,
    suspect_id uuid NOT NULL,
    PRIMARY KEY (hash, case_id, suspect_id),
    FOREIGN KEY (case_id, suspect_id) REFERENCES suspect (case_id, suspect_id) ON DELETE CASCADE);
CREATE INDEX ix_suspect_hash_case ON suspect_hash (case_id, suspect_id);
"""
CENTRAL = "havn_org() IN ('havn', 'cmm')"
OF_OTHER = party("duplicate_question.other_case_id", "'centre', 'authority'")
OF_PAIR = f"({working('duplicate_question')}) OR ({OF_OTHER})"


def upgrade() -> None:
    apply(
        TABLES,
        # By name a person is found by the centre, and by an authority among the cases it works on.
        *guarded(
            "search_token",
            "SELECT, INSERT, DELETE",
            visible=f"{CENTRAL} OR {working('search_token')}",
            writable=f"{CENTRAL} OR {working('search_token')}",
        ),
        *guarded("duplicate_question", "SELECT, INSERT, UPDATE, DELETE", visible=OF_PAIR, writable=OF_PAIR),
        # Who else has a part in a case is the centre's to know, as in case_party.
        *guarded("lent_part", "SELECT, INSERT, UPDATE, DELETE", visible=CENTRAL, writable=CENTRAL),
        *guarded(
            "case_link", "SELECT, INSERT, UPDATE, DELETE", visible=working("case_link"), writable=working("case_link")
        ),
        *guarded("suspect", "SELECT, INSERT, UPDATE, DELETE", visible=working("suspect"), writable=working("suspect")),
        *guarded(
            "suspect_hash",
            "SELECT, INSERT, DELETE",
            visible=working("suspect_hash"),
            writable=working("suspect_hash"),
        ),
    )
