"""Where a child is, for the municipality that assesses what it needs: who holds it and since when it is missing, while the task
runs, and for nobody else but CMM (docs/rules.md, duty-3)."""

from typing import Any

import pytest

from tests.identification.builders import DANISH_GIRL, Opened, name_of, open_case
from tests.identification.finding.people import Met
from tests.identification.life import done
from tests.world import World

HOME = "kommune-0461"
POLICE = "politi-fyn"
NOON = "2026-03-16T12:00:00+01:00"
ONE = "2026-03-16T13:00:00+01:00"
TWO = "2026-03-16T14:00:00+01:00"
HELD = {"since": "2026-03-16T11:00:00+01:00", "place": "The station in Odense."}
ASSESSED = {"assessed_at": ONE}
NOWHERE = {"missing_since": None, "missing_asked_since": None, "held": None}
STRANGERS = ("kommune-0751", "us", POLICE, "hopenow", "reden", "familieretshuset", "anklagemyndigheden")


@pytest.fixture
async def noon(havn: World) -> World:
    await havn.set_clock(NOON)
    return havn


async def child(havn: World, *, sender: str = POLICE, municipality: str = "0461") -> Opened:
    case = await open_case(havn, DANISH_GIRL, sender=sender, municipality=municipality)
    await havn.set_clock(ONE)
    return case


async def where(case: Opened, by: str = HOME) -> dict[str, Any]:
    found: dict[str, Any] = await done(case.get("/whereabouts", by=by, purpose="support"))
    assert (found.pop("case_id"), found.pop("as_of")[:11]) == (case.id, "2026-03-16T")
    return found


async def test_the_municipality_knows_who_holds_the_child_and_where(noon: World) -> None:
    case = await child(noon)
    assert await where(case) == await where(case, "cmm") == NOWHERE
    await done(case.post("/custody", HELD, by=POLICE), 201)
    held = {"since": "2026-03-16T10:00:00Z", "police": [POLICE], "place": "The station in Odense."}
    assert await where(case) == NOWHERE | {"held": held}
    await done(case.post("/custody/end", {"ended_at": ONE, "reason": "released"}, by=POLICE))
    assert await where(case) == NOWHERE


async def test_the_municipality_knows_since_when_the_child_is_missing(noon: World) -> None:
    case = await child(noon)
    await done(case.post("/missing", {"since": "2026-03-15"}))
    assert await where(case) == NOWHERE | {"missing_since": "2026-03-15"}
    await done(case.post("/found", {"on": "2026-03-16"}))
    assert await where(case) == NOWHERE


@pytest.mark.parametrize("stranger", STRANGERS)
async def test_for_everybody_else_there_is_nothing_as_where_there_is_no_case(noon: World, stranger: str) -> None:
    case = await child(noon)
    await done(case.post("/custody", HELD, by=POLICE), 201)
    nothing = Opened(noon, "019cadab-2340-7d3e-9a52-3f6f0f0c8e21")
    answers = [await each.get("/whereabouts", by=stranger, purpose="legal") for each in (case, nothing)]
    assert [answer.status_code for answer in answers] == [404, 404]
    hidden = {"instance", "trace_id"}
    first, second = ({name: said for name, said in each.json().items() if name not in hidden} for each in answers)
    assert first == second


async def test_before_the_task_and_after_it_there_is_nothing(noon: World) -> None:
    case = await open_case(noon, DANISH_GIRL, sender=POLICE, municipality=None)
    await noon.set_clock(ONE)
    assert (await case.get("/whereabouts", by=HOME, purpose="support")).status_code == 404
    await done(case.post("/child-notification", {"municipality": "0461"}))
    assert await where(case) == NOWHERE
    await done(case.post("/child-assessment", ASSESSED, by=HOME))
    assert (await case.get("/whereabouts", by=HOME, purpose="support")).status_code == 404


async def test_of_a_merged_case_it_knows_what_was_recorded_since_and_nothing_from_before(noon: World) -> None:
    known = Met(noon, (await child(noon, municipality="0751")).id, [])
    own = Met(noon, (await child(noon, sender="hopenow")).id, [])
    await done(known.post("/custody", HELD, by=POLICE), 201)
    await done(known.post("/missing", {"since": "2026-03-14"}))
    await noon.set_clock(TWO)
    assert (await own.merge(known)).status_code == 200
    assert await where(own) == NOWHERE
    await done(known.post("/found", {"on": "2026-03-16"}))
    await done(known.post("/missing", {"since": "2026-03-16"}))
    await done(known.post("/custody/end", {"ended_at": TWO, "reason": "released"}, by=POLICE))
    await done(known.post("/custody", {"since": TWO, "place": "A car."}, by=POLICE), 201)
    held = {"since": "2026-03-16T13:00:00Z", "police": [POLICE], "place": "A car."}
    assert await where(own) == NOWHERE | {"missing_since": "2026-03-16", "held": held}
    assert known.id not in (await own.get("/whereabouts", by=HOME, purpose="support")).text


async def test_every_read_says_why_and_is_kept(noon: World) -> None:
    case = await child(noon)
    assert name_of(await case.get("/whereabouts", by=HOME)) == (400, "PurposeMissing")
    assert name_of(await case.get("/whereabouts", by=HOME, purpose="legal")) == (403, "PurposeNotYours")
    assert name_of(await case.get("/whereabouts", by=HOME, role="health", purpose="support")) == (403, "RoleMissing")
    await where(case)
    rows = await noon.sql(
        "identification",
        "SELECT org, purpose FROM audit WHERE operation = 'whereabouts.read' AND refusal IS NULL",
    )
    assert [tuple(row) for row in rows] == [(HOME, "support")]
