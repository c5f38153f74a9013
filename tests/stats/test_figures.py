"""The reports' figures, as JSON and CSV."""

from datetime import date, datetime

import pytest

from services.stats.formats import csv_of, harmless
from services.stats.schemas import Cell, CountStatus, Dimension, VictimCounts
from shared.contract.codes import ExploitationForm, Gender
from shared.kernel.clock import COPENHAGEN
from tests.stats.story import EARLY, Story, exact, problem_name
from tests.world import World

FIGURES = "/stats/v1/figures"


@pytest.fixture
async def told(havn: World) -> World:
    """Two women and a man in 2026, a woman in 2024."""
    await havn.set_clock("2026-03-10T09:00:00+01:00")
    story = Story()
    begun = datetime(2024, 4, 2, 9, tzinfo=COPENHAGEN)
    story.decided(story.case(gender=Gender.WOMAN, at=begun), date(2024, 5, 2))
    story.decided(story.case(gender=Gender.WOMAN), date(2026, 3, 9))
    story.decided(story.case(gender=Gender.WOMAN), date(2026, 3, 9))
    story.decided(story.case(gender=Gender.MAN), date(2026, 2, 3), forms=[ExploitationForm.FORCED_LABOUR])
    await story.reaches(havn)
    return havn


async def test_figure_1_is_persons_by_year(told: World) -> None:
    answer = await told.partner("cmm", "statistician").get(f"{FIGURES}/1")
    assert answer.json() == {
        "figure": 1,
        "title": "Personer vurderet handlet, efter år",
        "as_of": "2026-03-10T08:00:00Z",
        "release": None,
        "recorded_from": 2024,
        "dimensions": ["year"],
        "rows": [exact(1, year=2024), exact(0, year=2025), exact(3, year=2026)],
    }


async def test_figure_6_is_by_form_and_figure_8_by_gender(told: World) -> None:
    statistician = told.partner("cmm", "statistician")
    forms = (await statistician.get(f"{FIGURES}/6", **{"from": "2026"})).json()
    assert forms["rows"] == [
        exact(1, year=2026, exploitation_form="FORCED_LABOUR"),
        exact(2, year=2026, exploitation_form="SEXUAL"),
    ]
    genders = (await statistician.get(f"{FIGURES}/8.json", **{"from": "2026"})).json()
    assert genders["rows"] == [exact(1, year=2026, gender="man"), exact(2, year=2026, gender="woman")]


@pytest.mark.parametrize("number", [1, 6, 8])
async def test_a_figure_has_a_title_in_danish_and_in_english(told: World, number: int) -> None:
    statistician = told.partner("cmm", "statistician")
    danish = (await statistician.get(f"{FIGURES}/{number}")).json()["title"]
    english = (await statistician.get(f"{FIGURES}/{number}", lang="en")).json()["title"]
    assert danish.startswith("Personer vurderet handlet, efter ")
    assert english.startswith("Persons assessed as trafficked, by ")


GOLDEN = "year,gender,count,status\r\n2024,woman,1,exact\r\n2026,man,1,exact\r\n2026,woman,2,exact\r\n"


async def test_a_figure_as_csv_is_this_file(told: World) -> None:
    answer = await told.partner("cmm", "statistician").get(f"{FIGURES}/8.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert answer.headers["content-disposition"] == 'attachment; filename="havn-figure-8-as-of-2026-03-10.csv"'
    assert answer.content == GOLDEN.encode()


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        ("application/json", "application/json"),
        ("text/csv", "text/csv"),
        ("*/*", "application/json"),
        ("text/*", "text/csv"),
        ("image/svg+xml, text/csv;q=0.5", "text/csv"),
        ("application/json;q=0.2, text/csv;q=0.9", "text/csv"),
        ("application/json;q=0, */*", "text/csv"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "application/json"),
    ],
)
async def test_accept_chooses_the_format(told: World, accept: str, wanted: str) -> None:
    answer = await told.partner("cmm", "statistician").request("GET", f"{FIGURES}/1", headers={"accept": accept})
    assert answer.status_code == 200
    assert answer.headers["content-type"].partition(";")[0] == wanted
    assert answer.headers["vary"] == "accept"


async def test_the_ending_outweighs_accept(told: World) -> None:
    answer = await told.partner("cmm", "statistician").request(
        "GET", f"{FIGURES}/1.csv", headers={"accept": "application/json"}
    )
    assert answer.headers["content-type"].startswith("text/csv")


@pytest.mark.parametrize(
    ("path", "accept"),
    [
        ("1", "image/svg+xml"),
        ("1", "image/png"),
        ("1.svg", "*/*"),
        ("1.png", "*/*"),
        ("1", "text/csv;q=0"),
        ("1", "text/csv;q=much"),
    ],
)
async def test_what_is_not_drawn_yet_is_406_in_a_sentence(told: World, path: str, accept: str) -> None:
    answer = await told.partner("cmm", "statistician").request("GET", f"{FIGURES}/{path}", headers={"accept": accept})
    assert (answer.status_code, problem_name(answer)) == (406, "NotAcceptable")
    assert answer.json()["detail"].endswith(".")


@pytest.mark.parametrize("path", ["2", "01", "one", "1.xlsx", "7.csv"])
async def test_an_unknown_figure_does_not_exist(told: World, path: str) -> None:
    answer = await told.partner("cmm", "statistician").get(f"{FIGURES}/{path}")
    assert (answer.status_code, problem_name(answer)) == (404, "NotFound")


async def test_a_figure_shows_what_was_known_then(told: World) -> None:
    answer = await told.partner("cmm", "statistician").get(f"{FIGURES}/1.csv", as_of="2025-01-01")
    assert answer.text == "year,count,status\r\n2024,1,exact\r\n2025,0,exact\r\n"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_no_text_in_a_csv_file_is_a_formula(text: str) -> None:
    assert harmless(text) == f"'{text}"
    counts = VictimCounts(
        as_of=EARLY,
        release=None,
        recorded_from=2026,
        dimensions=[Dimension.REFERRED_BY],
        rows=[Cell(referred_by=text, count=1, status=CountStatus.EXACT)],
    )
    assert f"'{text}" in csv_of(counts)


def test_numbers_in_a_csv_file_stay_numbers() -> None:
    assert harmless(-1) == -1


def test_a_count_that_is_suppressed_is_empty_not_zero() -> None:
    counts = VictimCounts(
        as_of=EARLY,
        release=None,
        recorded_from=2026,
        dimensions=[Dimension.YEAR],
        rows=[
            Cell(year=2026, count=None, status=CountStatus.SUPPRESSED),
            Cell(year=2027, count=0, status=CountStatus.EXACT),
        ],
    )
    assert csv_of(counts) == "year,count,status\r\n2026,,suppressed\r\n2027,0,exact\r\n"
