"""Who turns 18 stops being a minor that day: what is read says so at once, and the other services learn of it."""

from datetime import UTC, datetime
from typing import Any

from tests.identification.builders import CMM_DECIDES, Opened, name_of, open_case
from tests.identification.life import done, put
from tests.world import World

BORN = "2008-03-10"
THE_DAY_BEFORE, THE_DAY = "2026-03-09T23:59:00+01:00", "2026-03-10T00:00:30+01:00"


async def girl(havn: World, **said: Any) -> Opened:
    await havn.set_clock("2026-03-09T12:00:00+01:00")
    return await open_case(havn, CMM_DECIDES | {"gender": "woman", "stated_age": None} | said, municipality="0751")


async def group(case: Opened) -> str:
    return str((await case.details())["age_group"])


async def test_who_turns_18_is_a_minor_the_day_before_and_none_on_the_day(havn: World) -> None:
    case = await girl(havn, birth_date=BORN)
    assert await group(case) == "presumed_minor"
    await havn.set_clock(THE_DAY_BEFORE)
    assert await group(case) == "presumed_minor"
    await havn.set_clock(THE_DAY)
    told = await case.details()
    assert told["age_group"] == "adult"
    assert told["child_protection"]["child_assessed_at"] is None, "which its municipality still is to do"
    await havn.settled()
    last = (await havn.events("identification", "person-described"))[-1]
    assert (last["key"], last["age_group"]) == (case.id, "adult")
    (known,) = await havn.sql("stats", "SELECT age_group FROM description WHERE case_id::text = $1", case.id)
    assert known["age_group"] == "adult"


async def test_what_is_read_is_never_stale_even_before_the_sweep_has_come_round(havn: World) -> None:
    case = await girl(havn, birth_date=BORN)
    havn.development.clock.set(datetime(2026, 3, 9, 23, 0, 30, tzinfo=UTC))  # half a minute into the day in Denmark
    (stored,) = await havn.sql("identification", "SELECT age_group FROM case_file")
    assert (stored["age_group"], await group(case)) == ("presumed_minor", "adult")


async def test_who_is_stated_to_be_17_is_a_minor_for_a_year_and_no_longer(havn: World) -> None:
    case = await girl(havn, stated_age=17)
    await havn.set_clock("2026-09-01T12:00:00+02:00")
    await done(put(case, "/person", CMM_DECIDES | {"stated_age": 17, "given_name": "Fon"}))
    await havn.set_clock("2027-03-08T12:00:00+01:00")
    assert await group(case) == "presumed_minor"
    await havn.set_clock("2027-03-09T00:00:30+01:00")
    assert await group(case) == "adult"


async def test_another_stated_age_counts_from_the_day_on_which_it_is_said(havn: World) -> None:
    case = await girl(havn, stated_age=17)
    await havn.set_clock("2026-09-01T12:00:00+02:00")
    await done(put(case, "/person", CMM_DECIDES | {"stated_age": 16}))
    await havn.set_clock("2028-08-31T12:00:00+02:00")
    assert await group(case) == "presumed_minor"
    await havn.set_clock("2028-09-01T12:00:00+02:00")
    assert await group(case) == "adult"


async def test_nobody_is_treated_as_a_minor_who_is_none_any_more_before_the_sweep_has_come_round(havn: World) -> None:
    case = await girl(havn, birth_date=BORN)
    await done(case.post("/missing", {"since": "2026-03-09"}))
    await done(case.post("/found", {"on": "2026-03-09"}))
    alerts = len((await havn.partner("cmm").get("/identification/v1/alerts")).json()["items"])
    havn.development.clock.set(datetime(2026, 3, 9, 23, 0, 30, tzinfo=UTC))
    assert name_of(await case.post("/child-notification", {"municipality": "0101"})) == (409, "NotAChild")
    assert name_of(await case.post("/representative", {"requested_on": "2026-03-09"})) == (409, "NotAChild")
    await done(case.post("/missing", {"since": "2026-03-10"}))
    assert len((await havn.partner("cmm").get("/identification/v1/alerts")).json()["items"]) == alerts
    await done(case.post("/refusal", {"on": "2026-03-10"}))
