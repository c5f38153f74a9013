"""A person is counted in the age group of the day on which it was decided: a birthday since then changes nothing of it, what
becomes known of the age does (docs/rules.md, statistics-13)."""

import importlib
from datetime import date
from typing import Any

import pytest

from tests.identification.builders import CMM_DECIDES, Opened, open_case
from tests.identification.finding.people import meet
from tests.identification.life import done, put
from tests.stats.story import exact, victims
from tests.world import World

PROSECUTION = "anklagemyndigheden"
BORN = {"birth_date": "2008-06-01", "stated_age": None}
"""Of age on 1 June 2026: a minor when CMM decides, on 9 March."""
GROWN_UP = "2026-06-01T12:00:00+02:00"
GIRL = CMM_DECIDES | BORN


async def opened(havn: World, **said: Any) -> Opened:
    await havn.set_clock("2026-03-09T12:00:00+01:00")
    return await open_case(havn, GIRL | said, municipality="0751")


async def decided(havn: World, **said: Any) -> Opened:
    case = await opened(havn, **said)
    await case.decide()
    await havn.settled()
    return case


async def grown_up(havn: World, **said: Any) -> Opened:
    """A girl who was decided about, and has come of age since."""
    case = await decided(havn, **said)
    await havn.set_clock(GROWN_UP)
    await havn.settled()
    assert (await case.details())["age_group"] == "adult"
    return case


async def counted(havn: World, **asked: Any) -> str:
    """The age group of the one person who is counted."""
    await havn.settled()
    (row,) = await victims(havn, "year,age_group", **asked)
    assert row == exact(1, year=row["year"], age_group=row["age_group"])
    return str(row["age_group"])


async def last_description(havn: World) -> dict[str, Any]:
    return (await havn.events("identification", "person-described"))[-1]


@pytest.mark.parametrize(
    ("said", "group"),
    [
        ({}, "presumed_minor"),
        ({"age_basis": "documented"}, "minor"),
        ({"birth_date": None, "stated_age": 17}, "presumed_minor"),
    ],
)
async def test_who_comes_of_age_stays_in_the_group_of_the_day_of_the_decision(
    havn: World, said: dict[str, Any], group: str
) -> None:
    await decided(havn, **said)
    assert await counted(havn) == group
    await havn.set_clock("2027-03-10T12:00:00+01:00")
    assert await counted(havn) == group
    told = await last_description(havn)
    assert (told["age_group"], told["age_group_at_decision"]) == ("adult", group)


async def test_nothing_else_that_is_described_after_the_birthday_makes_an_adult_of_them(havn: World) -> None:
    case = await grown_up(havn)
    await done(put(case, "/person", GIRL | {"citizenships": ["THA"]}))
    assert await counted(havn) == "presumed_minor"


async def test_what_an_assessment_says_later_of_an_adult_counts_and_not_as_of_a_day_before(havn: World) -> None:
    case = await grown_up(havn)
    await havn.set_clock("2026-09-01T12:00:00+02:00")
    await done(put(case, "/person", GIRL | {"birth_date": "2001-06-01", "age_basis": "assessed"}))
    assert await counted(havn) == "adult"
    assert await counted(havn, as_of="2026-08-31") == "presumed_minor"


async def test_what_an_assessment_says_later_of_who_was_a_minor_all_the_same_counts(havn: World) -> None:
    case = await decided(havn, birth_date="2001-06-01")
    assert await counted(havn) == "adult"
    await havn.set_clock(GROWN_UP)
    await done(put(case, "/person", GIRL | {"age_basis": "assessed"}))
    told = await last_description(havn)
    assert (told["age_group"], told["age_group_at_decision"]) == ("adult", "minor")
    assert await counted(havn) == "minor"
    assert await counted(havn, as_of="2026-05-31") == "adult"


async def test_an_age_that_is_stated_later_is_counted_back_to_the_day_of_the_decision(havn: World) -> None:
    case = await decided(havn, birth_date=None)
    assert await counted(havn) == "unknown"
    await havn.set_clock("2028-09-01T12:00:00+02:00")
    await done(put(case, "/person", GIRL | {"birth_date": None, "stated_age": 19}))
    assert await counted(havn) == "presumed_minor"
    await done(put(case, "/person", GIRL | {"birth_date": None, "stated_age": 20}))
    assert await counted(havn) == "adult"


async def test_how_old_a_court_found_somebody_years_before_is_counted(havn: World) -> None:
    case = await opened(havn, birth_date="2006-06-01")
    assert (await case.try_deciding("COURT", by=PROSECUTION, decided_on="2024-05-31")).status_code == 201
    assert await counted(havn) == "presumed_minor"
    told = await last_description(havn)
    assert (told["age_group"], told["age_group_at_decision"]) == ("adult", "presumed_minor")


async def test_an_earlier_decision_of_a_court_that_becomes_known_moves_the_day(havn: World) -> None:
    case = await decided(havn, birth_date="2006-06-01")
    assert await counted(havn) == "adult"
    assert (await case.try_deciding("COURT", by=PROSECUTION, decided_on="2024-05-31")).status_code == 201
    assert await counted(havn) == "presumed_minor"


async def test_a_later_decision_of_a_court_changes_nothing_though_the_prosecution_does_not_see_the_first(
    havn: World,
) -> None:
    case = await grown_up(havn)
    assert (await case.try_deciding("COURT", by=PROSECUTION, decided_on="2026-06-01")).status_code == 201
    assert await counted(havn) == "presumed_minor"


async def test_who_is_decided_about_anew_after_a_decision_was_taken_back_counts_as_old_as_then(havn: World) -> None:
    case = await grown_up(havn)
    for outcome, on in (("not_trafficked", "2026-06-01"), ("assessed_trafficked", "2026-07-01")):
        await havn.set_clock(f"{on}T12:00:00+02:00")
        last = (await case.details())["decisions"][-1]["decision_id"]
        answer = await case.try_deciding(outcome=outcome, decided_on=on, replaces=last)
        assert answer.status_code == 201, answer.text
    assert await counted(havn) == "adult"


async def test_who_is_decided_about_on_their_birthday_is_an_adult(havn: World) -> None:
    case = await opened(havn)
    await case.recommend()
    await havn.set_clock(GROWN_UP)
    assert (await case.try_deciding(decided_on="2026-06-01")).status_code == 201
    assert await counted(havn) == "adult"


async def test_a_child_of_a_merged_case_keeps_its_group(havn: World) -> None:
    await havn.set_clock("2026-03-09T12:00:00+01:00")
    first, second = [await meet(havn, given_name=name, **BORN) for name in ("Malee", "Ngozi")]
    await first.decide("CMM")
    await first.merge(second)
    await havn.set_clock(GROWN_UP)
    assert await counted(havn) == "presumed_minor"


async def test_cases_that_were_decided_before_this_was_kept_have_it_from_the_migration(havn: World) -> None:
    confirmed, taken_back = await decided(havn), await decided(havn)
    for case, outcome in ((confirmed, "assessed_trafficked"), (taken_back, "not_trafficked")):
        last = (await case.details())["decisions"][-1]["decision_id"]
        assert (await case.try_deciding(outcome=outcome, replaces=last)).status_code == 201
    asked = "SELECT id, first_positive_on, age_group_at_decision FROM case_file ORDER BY id"
    kept = await havn.sql("identification", asked)
    assert {(row["first_positive_on"], row["age_group_at_decision"]) for row in kept} == {
        (date(2026, 3, 9), "presumed_minor"),
        (None, None),
    }
    await havn.sql("identification", "UPDATE case_file SET first_positive_on = NULL, age_group_at_decision = NULL")
    migration = importlib.import_module("services.identification.migrations.versions.0040_age_at_decision")
    await havn.sql("identification", migration.DECIDED)
    assert await havn.sql("identification", asked) == kept
