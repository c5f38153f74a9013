"""Who is counted as what, when a person is described anew or had a case before, which CMM has said is the same person's."""

from datetime import date, timedelta

import pytest

from shared.contract.codes import AgeGroup, Authority, Gender
from tests.stats.story import EARLY, Story, exact, victims
from tests.world import World


@pytest.mark.row(2)
async def test_who_was_exploited_as_a_child_is_a_child_victim_however_old_now(havn: World) -> None:
    story = Story()
    for at_exploitation in (AgeGroup.MINOR, AgeGroup.PRESUMED_MINOR, AgeGroup.ADULT, None):
        story.decided(story.case(age_group_at_exploitation=at_exploitation), date(2026, 3, 9))
    story.decided(story.case(age_group=AgeGroup.PRESUMED_MINOR), date(2026, 3, 9))
    await story.reaches(havn)
    assert await victims(havn, "year,age_group") == [
        exact(2, year=2026, age_group="adult"),
        exact(2, year=2026, age_group="minor"),
        exact(1, year=2026, age_group="presumed_minor"),
    ]


async def test_a_person_is_counted_as_last_described(havn: World) -> None:
    story = Story()
    case_id = story.case()
    story.decided(case_id, date(2026, 3, 9))
    story.described(case_id, gender=Gender.TRANS_WOMAN, citizenships=("PHL",))
    story.described(case_id, gender=Gender.TRANS_WOMAN, citizenships=("VNM",))
    await story.reaches(havn)
    assert await victims(havn, "gender,citizenship") == [exact(1, gender="trans_woman", citizenship="VNM")]


async def test_a_figure_as_of_an_earlier_day_knows_no_later_description(havn: World) -> None:
    story = Story()
    case_id = story.case()
    story.decided(case_id, date(2026, 1, 20))
    story.described(case_id, at=EARLY + timedelta(days=60), age_group_at_exploitation=AgeGroup.MINOR)
    await story.reaches(havn)
    assert await victims(havn, "age_group") == [exact(1, age_group="minor")]
    assert await victims(havn, "age_group", as_of="2026-01-31") == [exact(1, age_group="adult")]


@pytest.mark.parametrize("group", [AgeGroup.MINOR, AgeGroup.PRESUMED_MINOR])
async def test_a_birthday_after_the_decision_changes_no_past_year_and_what_is_learnt_of_the_age_does(
    havn: World, group: AgeGroup
) -> None:
    story = Story()
    case_id = story.case(age_group=group)
    story.decided(case_id, date(2026, 1, 20))
    story.described(case_id, at=EARLY + timedelta(days=60), age_group_at_decision=group)
    await story.reaches(havn)
    assert await victims(havn, "year,age_group") == [exact(1, year=2026, age_group=group)]
    story.described(case_id, at=EARLY + timedelta(days=90), age_group_at_decision=AgeGroup.ADULT)
    await story.reaches(havn)
    assert await victims(havn, "age_group") == [exact(1, age_group="adult")]
    assert await victims(havn, "age_group", as_of=(EARLY + timedelta(days=89)).date()) == [exact(1, age_group=group)]


async def test_a_description_that_says_nothing_of_the_day_of_the_decision_is_counted_as_it_is(havn: World) -> None:
    story = Story()
    case_id = story.case(age_group=AgeGroup.MINOR)
    story.decided(case_id, date(2026, 1, 20))
    story.described(case_id, age_group=AgeGroup.ADULT)
    await story.reaches(havn)
    assert await victims(havn, "age_group") == [exact(1, age_group="adult")]


@pytest.mark.row(23)
async def test_a_person_who_is_trafficked_again_counts_once_in_the_first_year(havn: World) -> None:
    story = Story()
    first = story.case(at=EARLY)
    story.decided(first, date(2025, 12, 1))
    second = story.case()
    story.decided(second, date(2026, 3, 9), authority=Authority.US)
    third = story.case()
    story.decided(third, date(2027, 3, 9))
    story.merged(second, first)
    story.merged(third, second)
    story.decided(story.case(), date(2026, 3, 9))
    await story.reaches(havn)
    await havn.set_clock("2027-11-22T12:00:00+01:00")
    assert await victims(havn, to="2027-12-31") == [exact(1, year=2025), exact(1, year=2026), exact(0, year=2027)]


async def test_an_earlier_case_without_a_positive_decision_takes_nothing_away(havn: World) -> None:
    story = Story()
    first, second = story.case(), story.case()
    story.decided(second, date(2026, 3, 9))
    story.merged(second, first)
    await story.reaches(havn)
    assert await victims(havn, "year") == [exact(1, year=2026)]
