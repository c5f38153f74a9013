"""Cases that turned out to be about one person count as one, as it was known at any moment; and as two when that was an error."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.contract.codes import AgeGroup, Authority, Gender, Outcome
from shared.contract.events import PersonDeparted
from tests.identification.finding.people import meet
from tests.stats.story import EARLY, JUNE, Story, deliver, exact, victims
from tests.world import World


@pytest.mark.row(14)
@pytest.mark.parametrize("first_survives", [True, False])
async def test_a_merged_pair_is_one_person_in_the_year_of_the_first_decision_of_both(
    havn: World, first_survives: bool
) -> None:
    story = Story()
    first, second = story.case(), story.case()
    story.decided(first, date(2024, 5, 2), authority=Authority.US)
    story.decided(second, date(2025, 3, 9))
    story.merged(*((second, first) if first_survives else (first, second)))
    await story.reaches(havn)
    assert await victims(havn, "year,authority") == [exact(1, year=2024, authority="US")]


@pytest.mark.row(14)
async def test_undoing_a_merge_restores_the_counts(havn: World) -> None:
    story = Story()
    first, second = story.case(gender=Gender.WOMAN), story.case(gender=Gender.MAN)
    story.decided(first, date(2024, 5, 2))
    story.decided(second, date(2025, 3, 9))
    await story.reaches(havn)
    before = await victims(havn, "year,gender")
    story.merged(first, second)
    await story.reaches(havn)
    assert sum(row["count"] or 0 for row in await victims(havn, "year,gender")) == 1
    story.unmerged(first, second)
    await story.reaches(havn)
    assert await victims(havn, "year,gender") == before


@pytest.mark.row(14)
async def test_a_merge_counts_from_the_moment_it_was_known(havn: World) -> None:
    story = Story()
    first, second = story.case(), story.case()
    story.decided(first, date(2024, 5, 2))
    story.decided(second, date(2025, 3, 9))
    story.merged(first, second, at=JUNE)
    story.unmerged(first, second, at=JUNE + timedelta(days=10))
    await story.reaches(havn)

    async def counted(on: str) -> int:
        return sum(row["count"] or 0 for row in await victims(havn, as_of=on))

    assert [await counted(on) for on in ("2026-05-31", "2026-06-01", "2026-06-10", "2026-06-11")] == [2, 1, 1, 2]


@pytest.mark.row(14)
async def test_a_chain_of_merges_is_one_person(havn: World) -> None:
    story = Story()
    a, b, c = story.case(), story.case(), story.case()
    for year, case_id in ((2025, a), (2024, b), (2023, c)):
        story.decided(case_id, date(year, 3, 9))
    story.merged(a, b)
    story.merged(b, c)
    await story.reaches(havn)
    assert [row for row in await victims(havn, to="2025") if row["count"]] == [exact(1, year=2023)]
    story.unmerged(b, c)
    await story.reaches(havn)
    assert [row for row in await victims(havn, to="2025") if row["count"]] == [
        exact(1, year=2023),
        exact(1, year=2024),
    ]


async def test_who_is_found_again_under_another_case_counts_once_in_the_first_year_and_by_whom_she_was_first_referred(
    havn: World,
) -> None:
    story = Story()
    first = story.case(referred_by="politi-oestjylland")
    story.decided(first, date(2025, 5, 2))
    again = story.case(referred_by="politi-fyn", at=EARLY + timedelta(days=90))
    story.decided(again, date(2026, 6, 9))
    two_people = [exact(1, referred_by="politi-fyn"), exact(1, referred_by="politi-oestjylland")]
    await story.reaches(havn)
    assert await victims(havn, "referred_by") == two_people
    story.merged(again, first, at=JUNE + timedelta(days=9))
    await story.reaches(havn)
    assert await victims(havn, "year,referred_by", to="2026") == [exact(1, year=2025, referred_by="politi-oestjylland")]


async def test_whom_only_a_merged_case_was_referred_by_has_referred_the_person_first_of_several_the_earliest(
    havn: World,
) -> None:
    story = Story()
    met_in_the_street = story.case()
    story.decided(met_in_the_street, date(2026, 3, 9))
    story.referred_again(met_in_the_street, "reden", at=EARLY + timedelta(days=30))
    earlier = story.referred_again(met_in_the_street, "us", at=EARLY + timedelta(days=20))
    story.referred_again(met_in_the_street, None, at=EARLY + timedelta(days=10))
    await story.reaches(havn)
    assert await victims(havn, "referred_by") == [exact(1, referred_by="us")]
    story.unmerged(earlier, met_in_the_street)
    await story.reaches(havn)
    assert await victims(havn, "referred_by") == [exact(1, referred_by="reden")]


async def test_a_person_interviewed_in_two_merged_cases_was_interviewed_once(havn: World) -> None:
    story = Story()
    first, second = story.case(), story.case()
    story.interviewed(first)
    story.interviewed(second)
    await story.reaches(havn)

    async def interviewed() -> int:
        flow = await havn.partner("cmm", "statistician").get("/stats/v1/flow")
        assert flow.status_code == 200, flow.text
        return int(flow.json()["interviewed"])

    assert await interviewed() == 2
    story.merged(first, second)
    await story.reaches(havn)
    assert await interviewed() == 1


async def test_a_person_who_left_by_a_prepared_return_in_two_merged_cases_left_once(havn: World) -> None:
    story = Story()
    first, second = story.case(), story.case()
    for case_id in (first, second):
        on = JUNE.date()
        story.tell(PersonDeparted(case_id=case_id, departed_on=on, reintegration_until=on, occurred_at=JUNE))
    await story.reaches(havn)

    async def departed() -> int:
        flow = await havn.partner("cmm", "statistician").get("/stats/v1/flow")
        return int(flow.json()["prepared_returns"])

    assert await departed() == 2
    story.merged(first, second)
    await story.reaches(havn)
    assert await departed() == 1


async def test_a_merge_told_twice_or_before_the_other_case_is_one_merge(havn: World) -> None:
    story = Story()
    first = story.case()
    story.decided(first, date(2024, 5, 2))
    second = story.case()
    story.decided(second, date(2025, 3, 9))
    story.merged(first, second)
    last = story.messages.pop()
    story.messages.insert(2, last)
    await story.reaches(havn)
    await deliver(havn, story.messages)
    assert sum(row["count"] or 0 for row in await victims(havn, to="2025")) == 1


CASES = 5
moves = st.lists(st.tuples(st.integers(0, CASES - 1), st.integers(0, CASES - 1)), max_size=10)
years = st.lists(st.sampled_from([None, 2021, 2022, 2023]), min_size=CASES, max_size=CASES)


@pytest.mark.row(14)
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moves=moves, years=years)
async def test_whatever_is_merged_and_undone_the_counts_are_those_of_the_people_there_are(
    havn: World, moves: Sequence[tuple[int, int]], years: Sequence[int | None]
) -> None:
    """A move merges two cases that stand for themselves, and undoes the merge of one that does not."""
    await havn.forget_everything()
    story = Story()
    cases = [story.case() for _ in range(CASES)]
    for case_id, year in zip(cases, years, strict=True):
        if year:
            story.decided(case_id, date(year, 3, 9))
        else:
            story.decided(case_id, date(2022, 3, 9), outcome=Outcome.NOT_TRAFFICKED)
    into: dict[int, int] = {}
    expected = [_people(into, years)]
    for step, (one, other) in enumerate(moves):
        at = JUNE + timedelta(days=step)
        if one in into:
            story.unmerged(cases[one], cases[into.pop(one)], at=at)
        elif other not in into and one != other:
            into[one] = other
            story.merged(cases[one], cases[other], at=at)
        expected.append(_people(into, years))
    await story.reaches(havn)
    for step in {0, len(moves) // 2, len(moves)}:
        as_of = (JUNE + timedelta(days=step - 1)).date().isoformat()
        rows = await victims(havn, to="2023", as_of=as_of)
        assert {row["year"]: row["count"] for row in rows if row["count"]} == expected[step]


def _people(into: dict[int, int], years: Sequence[int | None]) -> Counter[int]:
    """How many people count in each year: each in that of the earliest positive decision in any of their cases."""
    firsts: dict[int, int] = {}
    for number, year in enumerate(years):
        person = number
        while person in into:
            person = into[person]
        if year:
            firsts[person] = min(year, firsts.get(person, year))
    return Counter(firsts.values())


@pytest.mark.row(14)
async def test_two_cases_merged_by_a_caseworker_are_one_victim_and_two_when_it_is_undone(havn: World) -> None:
    first, second = [await meet(havn, given_name=name) for name in ("Malee", "Ngozi")]
    for case in (first, second):
        await case.decide("CMM")

    async def counted() -> int:
        await havn.settled()
        return sum(row["count"] or 0 for row in await victims(havn))

    assert await counted() == 2
    await first.merge(second)
    assert await counted() == 1
    await first.unmerge()
    assert await counted() == 2


async def test_who_was_decided_about_in_a_case_that_was_merged_is_counted_as_described_where_the_work_goes_on(
    havn: World,
) -> None:
    story = Story()
    decided, outreach, goes_on = story.case(citizenships=("THA",)), story.case(citizenships=()), story.case()
    story.decided(decided, date(2026, 3, 9))
    story.merged(decided, outreach)
    await story.reaches(havn)
    assert await victims(havn, "year,gender,citizenship") == [exact(1, year=2026, gender="woman", citizenship="THA")], (
        "what nobody has said there is as it was"
    )
    story.merged(outreach, goes_on, at=JUNE + timedelta(hours=1))
    later = JUNE + timedelta(days=2)
    story.described(
        goes_on, at=later, gender=Gender.TRANS_MAN, citizenships=("VNM",), age_group_at_exploitation=AgeGroup.MINOR
    )
    await story.reaches(havn)
    changed = exact(1, gender="trans_man", citizenship="VNM", age_group="minor")
    assert await victims(havn, "gender,citizenship,age_group") == [changed]
    before = await victims(havn, "gender", as_of=JUNE.date())
    assert before == [exact(1, gender="woman")]


async def test_the_age_on_the_day_of_the_decision_stays_that_of_its_case_after_a_merge(havn: World) -> None:
    story = Story()
    decided, goes_on = story.case(age_group=AgeGroup.MINOR), story.case(age_group=AgeGroup.ADULT)
    story.decided(decided, date(2026, 1, 20))
    story.described(decided, at=EARLY + timedelta(days=60), age_group_at_decision=AgeGroup.MINOR)
    story.merged(decided, goes_on)
    await story.reaches(havn)
    assert await victims(havn, "age_group") == [exact(1, age_group="minor")]
