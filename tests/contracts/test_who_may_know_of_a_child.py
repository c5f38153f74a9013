"""Every role of every kind of organisation reads, for every purpose, what the municipality of a child is given for its task: and
sees what the oracle says. `make test` takes every 37th read, HAVN_MATRIX_STEP=1 all."""

from itertools import product

import pytest

from shared.contract.codes import Purpose
from shared.contract.organisations import Scope, kind_of, scopes_of
from shared.identity.actor import Assurance
from tests.accommodation.housing import Housing
from tests.contracts.oracle import ROLES, WORKERS, Resource, expected
from tests.contracts.test_who_may_know import ORGS, POLICE, START, STEP, Seeded, marks
from tests.identification.builders import CMM_DECIDES, open_case
from tests.world import World

HOME = "kommune-0751"
NOTE, STATION = "She is afraid of her uncle.", "The station in Aarhus."
READERS = WORKERS - {"system"}
TASK = (HOME, "cmm")


@pytest.fixture(scope="module")
async def seeded(house_of_all: World) -> Seeded:
    """Police hold a girl, of whom her municipality is notified; CMM notes something for it and houses her in secret."""
    havn = house_of_all
    await havn.forget_everything()
    await havn.set_clock("2026-03-09T12:00:00+01:00")
    case = await open_case(havn, CMM_DECIDES | {"stated_age": 16, "gender": "woman"}, municipality="0751")
    for part, body, by in (
        ("/child-notes", {"text": NOTE}, "cmm"),
        ("/custody", {"since": "2026-03-09T11:00:00+01:00", "place": STATION}, POLICE),
    ):
        written = await case.post(part, body, by=by)
        assert written.status_code == 201, written.text
    housing = Housing(havn)
    home = await housing.shelter(kind="residential_institution", accepts={"minors": True}, secret_address=True)
    await housing.there(case.id, home.place_id)
    looked_for = {"note": NOTE, "held": STATION, "operator": '"operator":"reden"', "facility": home.facility_id}
    resources = {
        "notes": Resource(
            f"{case.path}/child-notes",
            dict.fromkeys(TASK, marks("note")) | {POLICE: frozenset()},
            {},
            referred=frozenset({POLICE}),
            readers=READERS,
            shows_something_always=True,
        ),
        "whereabouts": Resource(f"{case.path}/whereabouts", dict.fromkeys(TASK, marks("held")), {}, readers=READERS),
        "placed": Resource(
            "/accommodation/v1/whereabouts",
            dict.fromkeys(TASK, marks("operator")),
            {},
            scope="accommodation:read",
            readers=READERS,
            asked={"case_id": case.id},
        ),
    }
    return Seeded(havn, resources, looked_for)


@pytest.mark.row(126, 127)
@pytest.mark.parametrize("name", ["notes", "whereabouts", "placed"])
async def test_each_reads_what_the_oracle_says(seeded: Seeded, name: str) -> None:
    resource = seeded.resources[name]
    every = list(product(ORGS, sorted(ROLES), (None, *sorted(Purpose))))
    always = [(org, "caseworker", "support") for org in ORGS]
    for org, role, purpose in [*always, *every[(START + len(name)) % STEP :: STEP]]:
        has_scope = Scope(resource.scope or "cases:read") in scopes_of(kind_of(org))
        status, sees = expected(resource, org, role, purpose, has_scope=has_scope)
        partner = seeded.havn.partner(org, role, assurance=Assurance.HIGH)
        answer = await partner.get(resource.path, purpose=purpose, **resource.asked)
        found = {mark for mark, words in seeded.looked_for.items() if words in answer.text}
        assert (org, role, purpose, answer.status_code, found) == (org, role, purpose, status, sees), answer.text
