"""Who counts as a victim of trafficking: once, in the year of the first positive decision that stands."""

from datetime import date, datetime

import pytest

from services.stats.schemas import Dimension
from shared.contract.codes import AgeGroup, Authority, ExploitationForm, Gender, Outcome
from shared.kernel.clock import COPENHAGEN
from tests.stats.story import Story, exact, unknown, victims
from tests.world import World


async def test_a_person_assessed_as_trafficked_counts_in_the_year_of_the_decision(havn: World) -> None:
    story = Story()
    story.decided(story.case(), date(2026, 3, 9))
    await story.reaches(havn)
    assert await victims(havn) == [exact(1, year=2026)]


@pytest.mark.parametrize("outcome", [outcome for outcome in Outcome if outcome is not Outcome.ASSESSED_TRAFFICKED])
async def test_no_other_outcome_is_counted(havn: World, outcome: Outcome) -> None:
    story = Story()
    story.decided(story.case(), date(2026, 3, 9), outcome=outcome)
    await story.reaches(havn)
    assert await victims(havn) == []


async def test_the_year_is_that_of_the_decision_not_of_the_day_it_was_recorded(havn: World) -> None:
    story = Story()
    story.decided(story.case(), date(2025, 12, 30), recorded_at=datetime(2026, 1, 6, 10, tzinfo=COPENHAGEN))
    await story.reaches(havn)
    assert await victims(havn, to="2025") == [exact(1, year=2025)]


async def test_court_and_a_later_cmm_decision_are_one_person_in_the_year_of_the_first(havn: World) -> None:
    story = Story()
    case_id = story.case()
    story.decided(case_id, date(2025, 11, 20), authority=Authority.COURT, forms=[ExploitationForm.FORCED_LABOUR])
    story.decided(case_id, date(2026, 2, 3), authority=Authority.CMM)
    await story.reaches(havn)
    assert await victims(havn, "year,authority,exploitation_form") == [
        exact(1, year=2025, authority="COURT", exploitation_form="FORCED_LABOUR")
    ]


async def test_an_earlier_court_decision_that_becomes_known_later_is_the_first(havn: World) -> None:
    story = Story()
    case_id = story.case()
    story.decided(case_id, date(2026, 2, 3), authority=Authority.CMM)
    story.decided(
        case_id,
        date(2025, 11, 20),
        authority=Authority.COURT,
        recorded_at=datetime(2026, 4, 1, 10, tzinfo=COPENHAGEN),
    )
    await story.reaches(havn)
    assert await victims(havn, "year,authority") == [exact(1, year=2025, authority="COURT")]


async def test_a_positive_decision_that_was_replaced_by_a_negative_one_no_longer_counts(havn: World) -> None:
    story = Story()
    case_id = story.case()
    first = story.decided(case_id, date(2026, 3, 9))
    story.decided(case_id, date(2026, 5, 4), outcome=Outcome.NOT_TRAFFICKED, replaces=first)
    await story.reaches(havn)
    assert await victims(havn) == []


async def test_a_reassessment_that_is_positive_counts_in_its_own_year(havn: World) -> None:
    story = Story()
    case_id = story.case()
    first = story.decided(case_id, date(2025, 6, 20), outcome=Outcome.INSUFFICIENT_BASIS)
    story.decided(case_id, date(2026, 7, 1), replaces=first)
    await story.reaches(havn)
    assert await victims(havn) == [exact(1, year=2026)]


async def test_a_positive_decision_that_a_later_one_confirms_keeps_its_year(havn: World) -> None:
    story = Story()
    case_id = story.case()
    first = story.decided(case_id, date(2025, 6, 20))
    story.decided(case_id, date(2026, 7, 1), replaces=first)
    await story.reaches(havn)
    assert await victims(havn) == [exact(1, year=2025), exact(0, year=2026)]


async def test_a_replaced_decision_keeps_its_year_and_the_one_in_its_place_says_the_form(havn: World) -> None:
    story = Story()
    case_id = story.case()
    first = story.decided(case_id, date(2025, 6, 20), forms=[ExploitationForm.SEXUAL])
    second = story.decided(case_id, date(2026, 2, 2), forms=[ExploitationForm.BEGGING], replaces=first)
    story.decided(case_id, date(2026, 5, 4), forms=[ExploitationForm.FORCED_LABOUR], replaces=second)
    await story.reaches(havn)
    by = "year,exploitation_form"
    for as_of, form in (("2026-02-01", "SEXUAL"), ("2026-02-02", "BEGGING"), ("2026-05-04", "FORCED_LABOUR")):
        assert await victims(havn, by, as_of=as_of) == [exact(1, year=2025, exploitation_form=form)]
    assert await victims(havn, by) == [exact(1, year=2025, exploitation_form="FORCED_LABOUR")]
    figure = await havn.partner("cmm", "statistician").get("/stats/v1/figures/6")
    assert figure.json()["rows"] == [exact(1, year=2025, exploitation_form="FORCED_LABOUR")]


async def test_a_form_that_is_unknown_after_all_is_unknown(havn: World) -> None:
    story = Story()
    case_id = story.case()
    story.decided(case_id, date(2026, 5, 4), forms=[], replaces=story.decided(case_id, date(2026, 3, 9)))
    await story.reaches(havn)
    assert await victims(havn, "exploitation_form") == [exact(1, exploitation_form="UNKNOWN")]


async def test_what_cmm_corrects_changes_nothing_of_the_courts_earlier_decision(havn: World) -> None:
    story = Story()
    case_id = story.case()
    story.decided(case_id, date(2025, 11, 20), authority=Authority.COURT, forms=[ExploitationForm.FORCED_LABOUR])
    replaced = story.decided(case_id, date(2026, 2, 3), forms=[ExploitationForm.SEXUAL])
    story.decided(case_id, date(2026, 5, 4), forms=[ExploitationForm.BEGGING], replaces=replaced)
    await story.reaches(havn)
    assert await victims(havn, "year,authority,exploitation_form") == [
        exact(1, year=2025, authority="COURT", exploitation_form="FORCED_LABOUR")
    ]


async def test_a_confirmed_decision_that_is_taken_back_in_the_end_does_not_count(havn: World) -> None:
    story = Story()
    case_id = story.case()
    first = story.decided(case_id, date(2025, 6, 20))
    second = story.decided(case_id, date(2026, 1, 5), replaces=first)
    third = story.decided(case_id, date(2026, 2, 2), outcome=Outcome.NOT_TRAFFICKED, replaces=second)
    await story.reaches(havn)
    assert await victims(havn) == []
    story.decided(case_id, date(2026, 7, 1), replaces=third)
    await story.reaches(havn)
    assert await victims(havn) == [exact(1, year=2026)]


async def test_a_replaced_positive_decision_leaves_the_courts_standing(havn: World) -> None:
    story = Story()
    case_id = story.case()
    replaced = story.decided(case_id, date(2025, 6, 20))
    story.decided(case_id, date(2026, 1, 15), authority=Authority.COURT)
    story.decided(case_id, date(2026, 2, 2), outcome=Outcome.NOT_TRAFFICKED, replaces=replaced)
    await story.reaches(havn)
    assert await victims(havn, "year,authority") == [exact(1, year=2026, authority="COURT")]


async def test_a_second_positive_decision_is_not_a_second_person(havn: World) -> None:
    story = Story()
    case_id = story.case()
    for month in (2, 3, 4):
        story.decided(case_id, date(2026, month, 1))
    story.interviewed(case_id)
    story.interviewed(case_id)
    story.referred_again(case_id, "reden")
    story.referred_again(case_id, "3f")
    await story.reaches(havn)
    assert await victims(havn) == [exact(1, year=2026)]


async def test_the_first_citizenship_and_the_first_form_are_the_cell(havn: World) -> None:
    story = Story()
    story.decided(
        story.case(citizenships=["ROU", "MDA"]),
        date(2026, 5, 18),
        forms=[ExploitationForm.FORCED_CRIMINALITY, ExploitationForm.BEGGING],
    )
    await story.reaches(havn)
    assert await victims(havn, "exploitation_form,citizenship") == [
        exact(1, exploitation_form="FORCED_CRIMINALITY", citizenship="ROU")
    ]


async def test_the_region_is_named_after_the_municipality(havn: World) -> None:
    story = Story()
    story.decided(story.case(municipality="0751"), date(2026, 3, 9))
    story.decided(story.case(municipality="0360"), date(2026, 3, 9))
    await story.reaches(havn)
    assert await victims(havn, "region") == [exact(1, region="Midtjylland"), exact(1, region="Sjælland")]


async def test_a_code_that_is_no_municipality_loses_the_region_not_the_person(havn: World) -> None:
    story = Story()
    story.decided(story.case(municipality="0411"), date(2026, 3, 9))
    await story.reaches(havn)
    assert await victims(havn, "region") == [exact(1, region="unknown")]


async def test_the_case_takes_sender_and_municipality_from_its_referral_where_it_has_none(havn: World) -> None:
    story = Story()
    referral_id = story.referral("reden", municipality="0461")
    story.decided(story.case(municipality=None, referral_id=referral_id), date(2026, 3, 9))
    await story.reaches(havn)
    assert await victims(havn, "region,referred_by") == [exact(1, region="Syddanmark", referred_by="reden")]


async def test_a_case_opened_without_a_referral_counts_under_the_first_who_referred_later(havn: World) -> None:
    story = Story()
    case_id = story.case()
    story.referred_again(case_id, "us", at=datetime(2026, 2, 1, 9, tzinfo=COPENHAGEN))
    story.referred_again(case_id, "3f", at=datetime(2026, 2, 2, 9, tzinfo=COPENHAGEN))
    story.decided(case_id, date(2026, 3, 9))
    await story.reaches(havn)
    assert await victims(havn, "referred_by") == [exact(1, referred_by="us")]


async def test_who_referred_first_stays_the_sender(havn: World) -> None:
    story = Story()
    case_id = story.case(referred_by="politi-fyn")
    story.referred_again(case_id, "us")
    story.decided(case_id, date(2026, 3, 9))
    await story.reaches(havn)
    assert await victims(havn, "referred_by") == [exact(1, referred_by="politi-fyn")]


async def test_what_nobody_has_told_is_unknown_and_still_counted(havn: World) -> None:
    story = Story()
    story.decided(
        story.case(gender=Gender.UNKNOWN, age_group=AgeGroup.UNKNOWN, citizenships=[], municipality=None),
        date(2026, 3, 9),
        forms=[],
    )
    await story.reaches(havn)
    by = "gender,exploitation_form,citizenship,age_group,region,referred_by"
    assert await victims(havn, by) == [
        exact(
            1,
            gender="unknown",
            exploitation_form="UNKNOWN",
            citizenship="unknown",
            age_group="unknown",
            region="unknown",
            referred_by="unknown",
        )
    ]


async def test_told_as_unknown_and_never_told_are_one_cell(havn: World) -> None:
    story = Story()
    story.decided(story.case(), date(2026, 3, 9), forms=[])
    story.decided(story.case(), date(2026, 3, 9), forms=[ExploitationForm.UNKNOWN])
    await story.reaches(havn)
    assert await victims(havn, "exploitation_form") == [exact(2, exploitation_form="UNKNOWN")]


async def test_everybody_is_counted_by_their_own_gender(havn: World) -> None:
    story = Story()
    for gender in Gender:
        story.decided(story.case(gender=gender), date(2026, 7, 1))
    await story.reaches(havn)
    assert await victims(havn, "gender") == [exact(1, gender=gender) for gender in sorted(Gender)]


async def test_a_year_of_which_nothing_is_recorded_stands_as_unknown_in_every_table_of_years(havn: World) -> None:
    """To leave it out would say that there was nobody; a year that is recorded, and has nobody, has no such row."""
    story = Story()
    story.decided(story.case(gender=Gender.WOMAN), date(2026, 3, 9))
    await story.reaches(havn)
    woman = exact(1, year=2026, gender="woman")
    before = [unknown(year=year, gender="unknown") for year in (2024, 2025)]
    assert await victims(havn, "year,gender", **{"from": "2024", "to": "2026"}) == [*before, woman]
    by_gender = [unknown(gender="unknown", year=year) for year in (2024, 2025)]
    told = await victims(havn, "gender,year", **{"from": "2024", "to": "2026"})
    assert sorted(told, key=lambda each: each["year"]) == [*by_gender, woman]
    assert await victims(havn, "year,gender", to="2026") == [woman]
    assert await victims(havn, "year,gender", **{"from": "2026", "to": "2026"}) == [woman]


@pytest.mark.parametrize("dimension", [each for each in Dimension if each is not Dimension.YEAR])
async def test_so_it_does_whatever_people_are_counted_by_beside_the_year(havn: World, dimension: Dimension) -> None:
    story = Story()
    story.decided(story.case(), date(2026, 3, 9))
    await story.reaches(havn)
    for by in (f"year,{dimension}", f"{dimension},year"):
        told = await victims(havn, by, **{"from": "2025", "to": "2027"})
        rows = [(each["year"], each["count"], each["status"]) for each in told]
        assert sorted(rows, key=lambda row: row[0]) == [
            (2025, None, "unknown"),
            (2026, 1, "exact"),
            (2027, None, "unknown"),
        ]
        assert {str(each[dimension]).lower() for each in told if each["count"] is None} == {"unknown"}
