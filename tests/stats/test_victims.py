"""GET /stats/v1/victims: what can be asked, by whom, and what the answer looks like."""

from datetime import date, datetime
from uuid import uuid4

import pytest

from shared.contract.codes import Gender, Outcome
from shared.contract.organisations import Scope
from shared.identity.actor import Role
from shared.kernel.clock import COPENHAGEN
from tests.stats.story import Story, exact, problem_name, unknown, victims
from tests.world import World

VICTIMS = "/stats/v1/victims"
IN_2024 = datetime(2024, 1, 5, 9, tzinfo=COPENHAGEN)


async def test_the_answer_is_exactly_as_the_contract_has_it(havn: World) -> None:
    await havn.set_clock("2026-03-10T09:00:00+01:00")
    story = Story()
    story.decided(story.case(gender=Gender.WOMAN), date(2026, 3, 9))
    story.decided(story.case(gender=Gender.WOMAN), date(2026, 3, 9))
    await story.reaches(havn)
    answer = await havn.partner("cmm", "statistician").get(VICTIMS, by="year,gender")
    assert answer.json() == {
        "as_of": "2026-03-10T08:00:00Z",
        "release": None,
        "recorded_from": 2026,
        "dimensions": ["year", "gender"],
        "rows": [{"year": 2026, "gender": "woman", "count": 2, "status": "exact"}],
    }


async def test_rows_are_sorted_by_the_dimensions_in_the_order_asked_for(havn: World) -> None:
    story = Story()
    for year, gender in ((2026, Gender.MAN), (2025, Gender.WOMAN), (2025, Gender.MAN)):
        story.decided(story.case(gender=gender), date(year, 3, 9))
    await story.reaches(havn)
    assert await victims(havn, "gender,year") == [
        exact(1, gender="man", year=2025),
        exact(1, gender="man", year=2026),
        exact(1, gender="woman", year=2025),
    ]


async def test_by_year_alone_every_year_has_a_row(havn: World) -> None:
    story = Story()
    story.decided(story.case(at=IN_2024), date(2024, 3, 9))
    story.decided(story.case(), date(2026, 3, 9))
    await story.reaches(havn)
    assert await victims(havn, **{"from": "2023", "to": "2027"}) == [
        unknown(year=2023),
        exact(1, year=2024),
        exact(0, year=2025),
        exact(1, year=2026),
        unknown(year=2027),
    ]


async def test_without_from_and_to_the_years_run_from_the_first_person_to_this_year(havn: World) -> None:
    await havn.set_clock("2026-11-22T12:00:00+01:00")
    story = Story()
    story.decided(story.case(at=IN_2024), date(2024, 3, 9))
    await story.reaches(havn)
    assert await victims(havn) == [exact(1, year=2024), exact(0, year=2025), exact(0, year=2026)]


async def test_a_year_before_havn_s_records_begin_is_unknown_and_never_0(havn: World) -> None:
    await havn.set_clock("2026-11-22T12:00:00+01:00")
    years = {"from": "2024", "to": "2026"}
    assert await victims(havn, **years) == [unknown(year=2024), unknown(year=2025), exact(0, year=2026)], "empty"
    story = Story()
    story.case(at=datetime(2025, 6, 2, 9, tzinfo=COPENHAGEN))
    await story.reaches(havn)
    assert await victims(havn, **years) == [unknown(year=2024), exact(0, year=2025), exact(0, year=2026)]
    csv = await havn.partner("cmm").get("/stats/v1/figures/1.csv", **years)
    assert csv.text.splitlines() == ["year,count,status", "2024,,unknown", "2025,0,exact", "2026,0,exact"]


async def test_a_year_that_lies_ahead_is_unknown_and_never_0(havn: World) -> None:
    await havn.set_clock("2026-11-22T12:00:00+01:00")
    story = Story()
    story.case(at=datetime(2025, 6, 2, 9, tzinfo=COPENHAGEN))
    await story.reaches(havn)
    ahead = {"from": "2026", "to": "2028"}
    assert await victims(havn, **ahead) == [exact(0, year=2026), unknown(year=2027), unknown(year=2028)]
    assert await victims(havn, **ahead | {"to": "2026", "as_of": "2025-12-31"}) == [unknown(year=2026)], (
        "as it was then"
    )


async def test_who_was_assessed_before_the_records_begin_counts_and_the_years_beside_are_unknown(havn: World) -> None:
    await havn.set_clock("2026-11-22T12:00:00+01:00")
    story = Story()
    story.decided(story.case(), date(2024, 3, 9))
    await story.reaches(havn)
    assert await victims(havn) == [exact(1, year=2024), unknown(year=2025), exact(0, year=2026)]
    answer = (await havn.partner("cmm").get(VICTIMS, by="gender", to="2025")).json()
    assert (answer["recorded_from"], answer["rows"]) == (2026, [exact(1, gender="woman")])


async def test_from_and_to_choose_the_people_also_where_the_year_is_no_dimension(havn: World) -> None:
    story = Story()
    for year in (2024, 2025, 2026):
        story.decided(story.case(), date(year, 3, 9))
    await story.reaches(havn)
    assert await victims(havn, "gender", **{"from": "2025"}) == [exact(2, gender="woman")]
    assert await victims(havn, "gender", to="2024") == [exact(1, gender="woman")]


async def test_of_a_day_in_from_and_to_the_year_is_used(havn: World) -> None:
    story = Story()
    story.decided(story.case(), date(2025, 3, 9))
    await story.reaches(havn)
    assert await victims(havn, "gender", **{"from": "2025-10-01", "to": "2025-12-01"}) == [exact(1, gender="woman")]


@pytest.mark.parametrize(
    "period",
    [{"from": "twenty"}, {"to": "26"}, {"from": "2026-13-01"}, {"from": "1899"}, {"from": "2026", "to": "2025"}],
)
async def test_a_period_that_is_none_is_refused(havn: World, period: dict[str, str]) -> None:
    answer = await havn.partner("cmm", "statistician").get(VICTIMS, **period)
    assert answer.status_code == 422, answer.text


@pytest.mark.parametrize(
    ("by", "name"),
    [
        ("municipality", "DimensionUnknown"),
        ("", "DimensionUnknown"),
        ("year,", "DimensionUnknown"),
        ("year,gender,year", "DimensionRepeated"),
    ],
)
async def test_a_dimension_that_is_unknown_or_repeated_is_refused_in_a_sentence(
    havn: World, by: str, name: str
) -> None:
    answer = await havn.partner("cmm", "statistician").get(VICTIMS, by=by)
    assert answer.status_code == 422
    assert problem_name(answer) == name
    assert answer.json()["detail"].endswith(".")


# ---------------------------------------------------------------- as of


async def test_a_decision_recorded_after_as_of_is_not_seen(havn: World) -> None:
    story = Story()
    story.decided(story.case(), date(2026, 3, 9), recorded_at=datetime(2026, 3, 12, 10, 0, tzinfo=COPENHAGEN))
    await story.reaches(havn)
    assert await victims(havn, "gender", as_of="2026-03-12T09:59:59+01:00") == []
    assert await victims(havn, "gender", as_of="2026-03-12T10:00:00+01:00") == [exact(1, gender="woman")]


async def test_as_of_a_day_is_as_of_its_end_in_copenhagen(havn: World) -> None:
    story = Story()
    late = datetime(2026, 3, 9, 23, 59, 59, tzinfo=COPENHAGEN)
    story.decided(story.case(), date(2026, 3, 9), recorded_at=late)
    story.decided(story.case(), date(2026, 3, 9), recorded_at=datetime(2026, 3, 10, 0, 0, tzinfo=COPENHAGEN))
    await story.reaches(havn)
    assert await victims(havn, "gender", as_of="2026-03-08") == []
    assert await victims(havn, "gender", as_of="2026-03-09") == [exact(1, gender="woman")]
    assert await victims(havn, "gender", as_of="2026-03-10") == [exact(2, gender="woman")]


async def test_a_decision_counts_as_of_any_time_before_it_was_replaced(havn: World) -> None:
    story = Story()
    case_id = story.case()
    first = story.decided(case_id, date(2026, 3, 9))
    story.decided(case_id, date(2026, 5, 4), outcome=Outcome.NOT_TRAFFICKED, replaces=first)
    await story.reaches(havn)
    assert await victims(havn, "gender", as_of="2026-05-03") == [exact(1, gender="woman")]
    assert await victims(havn, "gender", as_of="2026-05-04") == []


async def test_that_a_further_referral_is_the_same_persons_is_not_seen_as_of_a_day_before_it_was_said(
    havn: World,
) -> None:
    story = Story()
    case_id = story.case()
    story.decided(case_id, date(2026, 3, 9))
    story.referred_again(case_id, "us", at=datetime(2026, 4, 1, 9, tzinfo=COPENHAGEN))
    await story.reaches(havn)
    assert await victims(havn, "referred_by", as_of="2026-03-31") == [exact(1, referred_by="unknown")]
    assert await victims(havn, "referred_by", as_of="2026-04-01") == [exact(1, referred_by="us")]


async def test_the_answer_says_as_of_when_and_never_claims_the_future(havn: World) -> None:
    await havn.set_clock("2026-03-10T09:00:00+01:00")
    statistician = havn.partner("cmm", "statistician")
    then = await statistician.get(VICTIMS, as_of="2026-02-01T12:00:00+01:00")
    assert then.json()["as_of"] == "2026-02-01T11:00:00Z"
    ahead = await statistician.get(VICTIMS, as_of="2030-01-01")
    assert ahead.json()["as_of"] == "2026-03-10T08:00:00Z"


async def test_an_as_of_that_is_no_time_is_refused(havn: World) -> None:
    answer = await havn.partner("cmm", "statistician").get(VICTIMS, as_of="yesterday")
    assert answer.status_code == 422
    assert "yesterday" not in answer.text


# ---------------------------------------------------------------- who may see what


@pytest.mark.parametrize("org", ["reden", "us", "politi-oestjylland", "kommune-0751", "anklagemyndigheden"])
async def test_no_other_organisation_gets_exact_counts(havn: World, org: str) -> None:
    partner = havn.partner(org, "statistician")
    internal = await partner.get(VICTIMS, audience="internal")
    assert (internal.status_code, problem_name(internal)) == (403, "ScopeMissing")
    assert (await partner.get("/stats/v1/flow")).status_code == 403
    assert (await partner.get("/stats/v1/figures/1", audience="internal")).status_code == 403


@pytest.mark.parametrize("org", ["reden", "us", "politi-oestjylland"])
async def test_without_an_audience_others_are_the_public(havn: World, org: str) -> None:
    partner = havn.partner(org)
    for path in (VICTIMS, "/stats/v1/figures/1"):
        answer = await partner.get(path)
        assert (answer.status_code, problem_name(answer)) == (404, "TableNotReleased")


@pytest.mark.parametrize("audience", ["public", "partner"])
@pytest.mark.parametrize("org", ["cmm", "reden"])
async def test_as_long_as_nothing_is_released_public_and_partner_tables_do_not_exist(
    havn: World, org: str, audience: str
) -> None:
    story = Story()
    story.decided(story.case(), date(2026, 3, 9))
    await story.reaches(havn)
    answer = await havn.partner(org, "statistician").get(VICTIMS, audience=audience)
    assert (answer.status_code, problem_name(answer)) == (404, "TableNotReleased")
    assert "count" not in answer.text
    assert "public" not in answer.json()


async def test_a_token_without_the_exact_scope_is_the_public_also_in_the_national_centre(havn: World) -> None:
    narrow = havn.partner("cmm", "statistician", scopes=[Scope.STATS_READ])
    assert (await narrow.get(VICTIMS)).status_code == 404
    assert (await narrow.get(VICTIMS, audience="internal")).status_code == 403


async def test_a_token_without_the_reading_scope_gets_nothing(havn: World) -> None:
    blind = havn.partner("cmm", "statistician", scopes=[Scope.CASES_READ])
    for path in (VICTIMS, "/stats/v1/figures/1", "/stats/v1/flow"):
        assert (await blind.get(path)).status_code == 403


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SYSTEM])
async def test_every_role_of_the_national_centre_reads_statistics(havn: World, role: Role) -> None:
    assert (await havn.partner("cmm", role).get(VICTIMS)).status_code == 200


async def test_exact_counts_are_audited(havn: World) -> None:
    await victims(havn, "gender,citizenship")
    await havn.partner("cmm", "statistician").get("/stats/v1/flow")
    rows = await havn.sql("stats", "SELECT org, operation, purpose, outcome, fields FROM audit ORDER BY position")
    assert [tuple(row) for row in rows] == [
        ("cmm", "stats.victims", "statistics", "allowed", ["gender", "citizenship"]),
        ("cmm", "stats.flow", "statistics", "allowed", []),
    ]


async def test_a_refusal_is_audited(havn: World) -> None:
    await havn.partner("reden", "statistician").get(VICTIMS, audience="internal")
    rows = await havn.sql("stats", "SELECT org, operation, outcome FROM audit")
    assert [tuple(row) for row in rows] == [("reden", "count_victims", "refused")]


@pytest.mark.parametrize("table", ["person", "case_merge", "interview", "decision", "replacement", "referral"])
async def test_the_database_itself_shows_rows_to_the_national_centre_alone(havn: World, table: str) -> None:
    story = Story()
    case_id = story.case(referral_id=story.referral())
    story.interviewed(case_id)
    story.merged(case_id, uuid4())
    story.decided(case_id, date(2026, 6, 1), replaces=story.decided(case_id, date(2026, 3, 9)))
    await story.reaches(havn)
    seen = {
        org: len(await havn.sql_as_runtime("stats", f"SELECT FROM {table}", org=org))
        for org in ("", "reden", "us", "politi-oestjylland", "cmm", "havn")
    }
    expected = 2 if table == "decision" else 1
    assert seen == {"": 0, "reden": 0, "us": 0, "politi-oestjylland": 0, "cmm": expected, "havn": expected}
