"""The first tables: facilities and their places, the cases that are known, requests, offers, stays and placements."""

from shared.data.migrations import apply, plumbing
from shared.data.row_security import guarded

revision = "0001"
down_revision = None

REGISTER = """
CREATE TABLE facility (
    id uuid PRIMARY KEY,
    kind varchar NOT NULL,
    operator varchar NOT NULL,
    region varchar NOT NULL,
    municipality varchar NOT NULL,
    secret_address boolean NOT NULL,
    languages varchar[] NOT NULL,
    genders varchar[] NOT NULL,
    minors boolean NOT NULL,
    families boolean NOT NULL,
    wheelchair boolean NOT NULL,
    lgbt_safe boolean NOT NULL,
    security varchar NOT NULL,
    version integer NOT NULL,
    particulars bytea NOT NULL);
CREATE TABLE place (
    id uuid PRIMARY KEY,
    facility_id uuid NOT NULL REFERENCES facility (id),
    kind varchar NOT NULL,
    available_from date,
    available_until date,
    label bytea NOT NULL);
CREATE INDEX ix_place_facility ON place (facility_id, id);
CREATE TABLE out_of_service (
    id uuid PRIMARY KEY,
    place_id uuid NOT NULL REFERENCES place (id),
    during daterange NOT NULL CHECK (NOT isempty(during)),
    reason bytea NOT NULL);
CREATE INDEX ix_out_of_service ON out_of_service USING gist (place_id, during);
CREATE TABLE approval (
    id uuid PRIMARY KEY,
    facility_id uuid NOT NULL REFERENCES facility (id),
    supervision varchar NOT NULL,
    during daterange NOT NULL CHECK (NOT isempty(during)),
    recorded_by varchar NOT NULL,
    recorded_at timestamptz NOT NULL,
    reference bytea NOT NULL);
CREATE INDEX ix_approval_facility ON approval (facility_id);
"""
CASES = """
CREATE TABLE known_case (
    case_id uuid PRIMARY KEY,
    gender varchar NOT NULL,
    age_group varchar NOT NULL,
    residence_basis varchar NOT NULL,
    authority varchar,
    positive_decisions uuid[] NOT NULL);
CREATE TABLE case_party (
    case_id uuid NOT NULL REFERENCES known_case (case_id),
    org varchar NOT NULL,
    part varchar NOT NULL,
    PRIMARY KEY (case_id, org, part));
"""
# The last wall against double booking: whatever the code believes, no two stays share a place and a night.
STAYS = """
CREATE TABLE placement_request (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL REFERENCES known_case (case_id),
    requested_by varchar NOT NULL,
    requested_at timestamptz NOT NULL,
    from_on date NOT NULL,
    to_on date CHECK (to_on > from_on),
    status varchar NOT NULL,
    row varchar NOT NULL,
    authority varchar NOT NULL,
    payer varchar NOT NULL,
    options varchar[] NOT NULL,
    why varchar NOT NULL,
    why_da varchar NOT NULL,
    needs_review boolean NOT NULL,
    table_version varchar NOT NULL,
    version integer NOT NULL,
    needs bytea NOT NULL);
CREATE INDEX ix_placement_request_case ON placement_request (case_id);
CREATE TABLE stay (
    id uuid PRIMARY KEY,
    place_id uuid NOT NULL REFERENCES place (id),
    case_id uuid NOT NULL REFERENCES known_case (case_id),
    during daterange NOT NULL CHECK (NOT isempty(during) AND NOT lower_inf(during)),
    state varchar NOT NULL CHECK (state IN ('held', 'booked', 'ended')),
    held_until timestamptz,
    CONSTRAINT one_stay_a_night EXCLUDE USING gist (place_id WITH =, during WITH &&) WHERE (state <> 'ended'));
CREATE TABLE offer (
    id uuid PRIMARY KEY,
    request_id uuid NOT NULL REFERENCES placement_request (id),
    case_id uuid NOT NULL,
    facility_id uuid NOT NULL REFERENCES facility (id),
    place_id uuid NOT NULL,
    stay_id uuid NOT NULL UNIQUE REFERENCES stay (id),
    requested_by varchar NOT NULL,
    payer varchar NOT NULL,
    offered_by varchar NOT NULL,
    offered_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    status varchar NOT NULL,
    placement_id uuid,
    version integer NOT NULL,
    reason bytea);
CREATE INDEX ix_offer_request ON offer (request_id);
CREATE INDEX ix_offer_due ON offer (expires_at) WHERE status = 'held';
CREATE TABLE placement (
    id uuid PRIMARY KEY,
    case_id uuid NOT NULL,
    request_id uuid NOT NULL REFERENCES placement_request (id),
    facility_id uuid NOT NULL REFERENCES facility (id),
    place_id uuid NOT NULL,
    stay_id uuid NOT NULL UNIQUE REFERENCES stay (id),
    requested_by varchar NOT NULL,
    payer varchar NOT NULL,
    status varchar NOT NULL,
    from_on date NOT NULL,
    to_on date,
    booked_at timestamptz NOT NULL,
    arrived_at timestamptz,
    left_at timestamptz,
    disappeared boolean NOT NULL,
    version integer NOT NULL,
    leaving bytea);
CREATE INDEX ix_placement_case ON placement (case_id, from_on, id);
"""

ANYONE_ASKING = "havn_org() IS NOT NULL"
# Socialtilsynet approves a facility whose address is secret without being shown it; the repository sees to that.
KNOWS_FACILITY = (
    f"{ANYONE_ASKING} AND (NOT secret_address OR havn_org() IN (operator, 'cmm', 'us', 'havn')"
    " OR havn_org() LIKE 'socialtilsyn-%')"
)
KNOWS_ITS_FACILITY = "EXISTS (SELECT FROM facility f WHERE f.id = facility_id)"
RUNS_ITS_FACILITY = (
    "EXISTS (SELECT FROM facility f WHERE f.id = facility_id AND havn_org() IN (f.operator, 'cmm', 'havn'))"
)
KNOWS_ITS_PLACE = "EXISTS (SELECT FROM place p WHERE p.id = place_id)"
RUNS_ITS_PLACE = (
    "EXISTS (SELECT FROM place p JOIN facility f ON f.id = p.facility_id"
    " WHERE p.id = place_id AND havn_org() IN (f.operator, 'cmm', 'havn'))"
)
HAVN = "havn_org() = 'havn'"
US_PAYS = "(havn_org() = 'us' AND payer = 'US')"


def party_of(table: str) -> str:
    """The actor is a party of the case that a row of `table` is about."""
    return f"{HAVN} OR EXISTS (SELECT FROM case_party c WHERE c.case_id = {table}.case_id AND c.org = havn_org())"


REQUEST = (
    f"{party_of('placement_request')} OR {US_PAYS}"
    f" OR EXISTS (SELECT FROM offer o WHERE o.request_id = placement_request.id AND {RUNS_ITS_FACILITY})"
)
# Who may see a place sees when it is taken, and frees it of a hold that has expired; by whom it is taken the repository
# does not tell.
STAY = f"{KNOWS_ITS_PLACE} OR {party_of('stay')}"
OFFER = f"{party_of('offer')} OR {US_PAYS} OR {RUNS_ITS_FACILITY}"
PLACEMENT = f"{party_of('placement')} OR {US_PAYS} OR {RUNS_ITS_FACILITY}"


def upgrade() -> None:
    apply(
        "CREATE EXTENSION IF NOT EXISTS btree_gist",
        *plumbing(),
        REGISTER,
        CASES,
        STAYS,
        *guarded(
            "facility",
            "SELECT, INSERT, UPDATE",
            visible=KNOWS_FACILITY,
            writable="havn_org() IN (operator, 'cmm', 'havn')",
        ),
        *guarded("place", "SELECT, INSERT, UPDATE", visible=KNOWS_ITS_FACILITY, writable=RUNS_ITS_FACILITY),
        *guarded("out_of_service", "SELECT, INSERT", visible=KNOWS_ITS_PLACE, writable=RUNS_ITS_PLACE),
        *guarded(
            "approval",
            "SELECT, INSERT",
            visible=KNOWS_ITS_FACILITY,
            writable="havn_org() IN (supervision, 'cmm', 'havn')",
        ),
        *guarded("known_case", "SELECT, INSERT, UPDATE", visible=party_of("known_case"), writable=HAVN),
        *guarded("case_party", "SELECT, INSERT, DELETE", visible="havn_org() IN (org, 'havn')", writable=HAVN),
        *guarded("placement_request", "SELECT, INSERT, UPDATE", visible=REQUEST, writable=REQUEST),
        *guarded("stay", "SELECT, INSERT, UPDATE", visible=STAY, writable=STAY),
        *guarded("offer", "SELECT, INSERT, UPDATE", visible=OFFER, writable=OFFER),
        *guarded("placement", "SELECT, INSERT, UPDATE", visible=PLACEMENT, writable=PLACEMENT),
    )
