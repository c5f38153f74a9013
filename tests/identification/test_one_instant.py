"""Records of one instant (the development clock can be stopped) keep the order in which they came."""

from typing import Any

import pytest

from tests.identification.builders import CASES, CMM_DECIDES, listed, open_case, open_cases
from tests.identification.life import close, decided_case, done
from tests.identification.opening.doors import open_door
from tests.world import World

NOON = "2026-07-01T12:00:00+02:00"
MANY = range(6)  # by chance they stand in order once in 720 times


@pytest.mark.parametrize(
    ("part", "body", "field", "said"),
    [
        (
            "/interviews",
            {"held_at": "2026-03-03T10:00:00+01:00"},
            "language",
            ["tha", "eng", "dan", "ron", "vie", "ukr"],
        ),
        (
            "/support-measures",
            {"starts_on": "2026-03-10"},
            "kind",
            ["doctor", "psychologist", "midwife", "legal_aid", "education", "other"],
        ),
        ("/criminal-track", {"kind": "charge"}, "on", [f"2026-04-0{day}" for day in (5, 2, 6, 1, 4, 3)]),
    ],
)
async def test_records_of_a_case(havn: World, part: str, body: dict[str, Any], field: str, said: list[str]) -> None:
    await havn.set_clock(NOON)
    case = await decided_case(havn)
    for each in said:
        await done(case.post(part, body | {field: each}), 201)
    assert [item[field] for item in (await done(case.get(part, purpose="legal")))["items"]] == said


async def test_versions_of_a_decision(havn: World) -> None:
    await havn.set_clock(NOON)
    case = await open_case(havn, CMM_DECIDES)
    made = [await case.decide()]
    for _ in MANY:
        replaced = await case.try_deciding(replaces=made[-1])
        made.append(replaced.json()["decision_id"])
    told = (await case.details())["decisions"]
    assert [each["decision_id"] for each in told] == made
    assert [each["is_current"] for each in told] == [False] * len(MANY) + [True]


async def test_closures(havn: World) -> None:
    await havn.set_clock(NOON)
    case = await decided_case(havn)
    days = [f"2026-06-0{day}" for day in (5, 2, 6, 1, 4, 3)]
    for day in days:
        await close(case, day)
        await done(case.post("/reopening", {"reason": "A question."}))
    items = (await done(case.get("/closures", purpose="supervision")))["items"]
    assert [item["closed_on"] for item in items] == days


async def test_cases_newest_first_page_by_page(havn: World) -> None:
    await havn.set_clock(NOON)
    opened = [(await open_door(havn, CMM_DECIDES)).id for _ in MANY]
    together = [case.id for case in await open_cases(havn, *[CMM_DECIDES | {"given_name": f"P{n}"} for n in MANY])]
    assert [item["case_id"] for item in await listed(havn, "cmm")] == [*reversed(opened + together)]
    cmm, read, cursor = havn.partner("cmm"), [], None
    while True:
        page = (await cmm.get(CASES, limit=5, cursor=cursor)).json()
        read += [item["case_id"] for item in page["items"]]
        if not (cursor := page["next_cursor"]):
            break
    assert read == [*reversed(opened + together)]
