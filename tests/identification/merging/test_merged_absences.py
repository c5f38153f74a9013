"""Who is missing, or may be, is so wherever the work on the person goes on; and nobody else is, once a merge is undone."""

from services.identification.overview import history
from shared.identity.actor import Actor
from tests.accommodation.housing import NOW, Housing
from tests.identification.absence.test_disappearances import leave
from tests.identification.builders import CMM_DECIDES, Opened, listed, open_case
from tests.identification.finding.people import Met, meet
from tests.identification.life import done
from tests.world import World

SINCE = {"since": "2026-03-05"}
FOUND = {"on": "2026-03-07", "municipality": "0461"}


async def missing(*cases: Opened) -> list[bool]:
    return [(await case.details())["missing"] for case in cases]


async def absences(case: Opened) -> list[tuple[str, str | None, str | None]]:
    items = (await done(case.get("/absences", purpose="support")))["items"]
    return [(each["since"], each["reported_to_police_on"], each["found_on"]) for each in items]


async def is_consistent(havn: World) -> bool:
    """Whether every case is stored as its own history has it."""
    async with havn.application.databases["identification"].transaction(Actor.system("identification")) as work:
        return (await history.compare(work))[1] == []


async def three(havn: World) -> tuple[Met, Met, Met]:
    return await meet(havn), await meet(havn), await meet(havn)


async def test_who_is_missing_by_one_case_is_missing_where_the_work_goes_on(havn: World) -> None:
    case, into, _ = await three(havn)
    await done(case.post("/missing", SINCE | {"reported_to_police_on": "2026-03-06"}))
    await done(case.merge(into))
    assert await missing(into) == [True]
    assert await absences(into) == [("2026-03-05", "2026-03-06", None)]
    assert into.id in [each["case_id"] for each in await listed(havn, "cmm", missing=True)]
    assert len(await havn.events("identification", "person-missing")) == 2
    assert await is_consistent(havn)


async def test_and_is_missing_by_that_case_alone_when_the_merge_is_undone(havn: World) -> None:
    case, into, _ = await three(havn)
    await done(case.post("/missing", SINCE))
    await done(case.merge(into))
    await done(case.unmerge())
    assert await missing(case, into) == [True, False]
    assert (await absences(case), await absences(into)) == ([("2026-03-05", None, None)], [])
    assert await is_consistent(havn)
    await done(into.post("/missing", SINCE))
    await done(case.post("/found", FOUND))
    assert await missing(case, into) == [False, True]


async def test_who_is_found_is_found_in_every_case_about_them(havn: World) -> None:
    case, into, last = await three(havn)
    await done(case.post("/missing", SINCE))
    await done(case.merge(into))
    await done(into.merge(last))
    assert await missing(case, into, last) == [True, True, True]
    etag = await case.etag()
    await done(last.post("/found", FOUND))
    assert await missing(case, into, last) == [False, False, False]
    assert await listed(havn, "cmm", missing=True) == []
    assert await is_consistent(havn)
    assert etag == await case.etag(), "whoever has a part in the merged case alone learns of no merge"


async def test_through_several_merges_it_goes_back_from_all_of_them(havn: World) -> None:
    case, into, last = await three(havn)
    await done(case.post("/missing", SINCE))
    await done(case.merge(into))
    await done(into.merge(last))
    await done(case.unmerge())
    assert await missing(case, into, last) == [True, False, False]
    assert await is_consistent(havn)


async def test_a_finding_goes_back_with_the_person_who_was_missing(havn: World) -> None:
    case, into, _ = await three(havn)
    await done(case.post("/missing", SINCE))
    await done(case.merge(into))
    await done(into.post("/found", FOUND))
    await done(case.unmerge())
    assert await missing(case, into) == [False, False]
    assert (await absences(case), await absences(into)) == ([("2026-03-05", None, "2026-03-07")], [])


async def test_who_is_missing_by_both_is_missing_once_and_stays_so_by_each(havn: World) -> None:
    case, into, _ = await three(havn)
    await done(case.post("/missing", SINCE))
    await done(into.post("/missing", {"since": "2026-03-04"}))
    await done(case.merge(into))
    assert await absences(into) == [("2026-03-04", None, None)]
    await done(case.unmerge())
    assert await missing(case, into) == [True, True]


async def test_what_is_asked_of_a_disappearance_goes_back_with_the_case_too(havn: World) -> None:
    await havn.set_clock(NOW)
    case = Met(havn, (await open_case(havn, CMM_DECIDES)).id, [])
    into, last = await meet(havn), await meet(havn)
    await leave(Housing(havn), case)
    await done(case.merge(into))
    await done(into.merge(last))
    asked = [(await each.details())["missing_asked_since"] for each in (case, into, last)]
    assert asked == ["2026-03-12"] * 3
    await done(case.unmerge())
    asked = [(await each.details())["missing_asked_since"] for each in (case, into, last)]
    assert asked == ["2026-03-12", None, None]
    assert (await done(into.get("/disappearances", purpose="support")))["items"] == []
    await done(case.post("/not-missing", {"reason": "She has called."}))
