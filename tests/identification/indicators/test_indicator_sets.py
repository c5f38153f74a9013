"""Indicator sets: dated data in two languages, and the rule by which a dimension becomes positive."""

import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identification import tables
from services.identification.indicators import scoring
from services.identification.indicators.scoring import IndicatorSet, Strength
from shared.rules.decision_tables import TableInvalid
from tests.world import World

pytestmark = pytest.mark.row(7)

TODAY = date(2026, 3, 2)
SETS = {found.name: found for found in scoring.sets_on(TODAY)}
SIZES = {
    "adult_labour": [10, 10, 16, 9, 15, 7],
    "adult_sexual": [10, 10, 16, 9, 15, 7],
    "child_labour": [8, 8, 8, 9],
    "child_sexual": [8, 8, 8, 9],
    "criminal_exploitation": [7, 8, 10, 7],
    "cmm_traits": [5],
}
every_set = pytest.mark.parametrize("name", sorted(SETS))


def test_each_set_has_its_dimensions_and_items() -> None:
    assert {name: [len(dimension.items) for dimension in found.dimensions] for name, found in SETS.items()} == SIZES
    assert sum(SIZES["adult_labour"]) == 67


@every_set
def test_every_item_has_a_code_of_its_own_and_words_in_both_languages(name: str) -> None:
    items = list(SETS[name].items)
    assert len({item.item for item in items}) == len(items)
    for column in ("text", "text_da"):
        words = [getattr(item, column) for item in items]
        assert len(set(words)) == len(words)
        assert all(text.endswith(".") and len(text) > 15 for text in words)
    assert all(item.text != item.text_da for item in items)
    assert all(dimension.title and dimension.title_da for dimension in SETS[name].dimensions)


def test_a_code_means_the_same_in_every_set() -> None:
    meanings: dict[str, set[tuple[str, str]]] = {}
    for found in SETS.values():
        for item in found.items:
            meanings.setdefault(item.item, set()).add((item.text, item.text_da))
    assert {code: texts for code, texts in meanings.items() if len(texts) > 1} == {}


@every_set
def test_a_dimension_can_become_positive_by_its_own_items(name: str) -> None:
    for dimension, result in zip(
        SETS[name].dimensions, SETS[name].score(item.item for item in SETS[name].items), strict=True
    ):
        assert result.positive is (None if name == "cmm_traits" else True), dimension.id
        assert len(result.items) == len(dimension.items)


# ---------------------------------------------------------------- the rule


def table_of(*strengths: str) -> IndicatorSet:
    """A set with one dimension that has these items, and the rule of the sets in force."""
    items = [
        {"item": f"sign_{number}", "text": "A.", "text_da": "B.", "strength": strength}
        for number, strength in enumerate(strengths)
    ]
    rule = json.loads(SETS["adult_labour"].model_dump_json())["positive_when"]
    return IndicatorSet.model_validate(
        {
            "version": "v1",
            "name": "tried",
            "title": "T",
            "title_da": "T",
            "valid_from": "2026-01-01",
            "positive_when": rule,
            "dimensions": [{"id": "one", "title": "T", "title_da": "T", "items": items}],
        }
    )


def is_positive(*strengths: str) -> bool | None:
    table = table_of(*strengths)
    return table.score(item.item for item in table.items)[0].positive


@pytest.mark.parametrize(
    ("strengths", "positive"),
    [
        ((), False),
        (("strong",), False),
        (("strong", "strong"), True),
        (("strong", "medium"), True),
        (("strong", "weak"), True),
        (("medium", "medium"), False),
        (("medium", "medium", "medium"), True),
        (("medium", "medium", "weak"), True),
        (("medium", "weak", "weak"), False),
        (("weak",) * 9, False),
        (("medium", *("weak",) * 9), False),
    ],
)
def test_two_strong_or_one_with_another_or_three_medium_or_two_with_a_weak(
    strengths: tuple[str, ...], positive: bool
) -> None:
    table = table_of(*(strengths or ("weak",)))
    present = [item.item for item in table.items] if strengths else []
    assert table.score(present)[0].positive is positive


def said_otherwise(strengths: list[str]) -> bool:
    """The rule in other words: with a strong sign any second one is enough; without, it takes three, at most one weak."""
    counts = Counter(strengths)
    if counts["strong"]:
        return len(strengths) >= 2
    return counts["medium"] >= 2 and len(strengths) >= 3


signs = st.lists(st.sampled_from([strength.value for strength in Strength]), min_size=1, max_size=9)


@given(signs)
def test_the_rule_is_what_it_is_in_other_words(strengths: list[str]) -> None:
    assert is_positive(*strengths) is said_otherwise(strengths)


@given(signs, st.sampled_from(list(Strength)))
def test_a_further_sign_never_makes_a_dimension_negative(strengths: list[str], further: Strength) -> None:
    assert is_positive(*strengths, further) or not is_positive(*strengths)


@given(st.sets(st.sampled_from([item.item for item in SETS["adult_labour"].items])))
def test_a_score_counts_every_sign_once_in_its_own_dimension(present: set[str]) -> None:
    table = SETS["adult_labour"]
    score = table.score(present)
    assert {item for result in score for item in result.items} == present
    for dimension, result in zip(table.dimensions, score, strict=True):
        theirs = [item for item in dimension.items if item.item in present]
        assert Counter(item.strength for item in theirs) == result.counts
        assert result.positive is said_otherwise([item.strength for item in theirs])


def test_the_five_traits_are_shown_and_nothing_is_made_of_them() -> None:
    table = SETS["cmm_traits"]
    (result,) = table.score(item.item for item in table.items)
    assert result.positive is None
    assert len(result.items) == 5


# ---------------------------------------------------------------- sets as data


def changed(**what: Any) -> dict[str, Any]:
    return json.loads(table_of("strong", "medium").model_dump_json()) | what


@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        (changed(positive_when=[{}]), "positive_when must ask for something"),
        (changed(dimensions=[]), "at least 1 item"),
        (changed(positive_when=[{"strong": -1}]), "greater than or equal to 0"),
        (changed(dimensions=changed()["dimensions"] * 2), "stands twice"),
        (changed(invented=True), "Extra inputs"),
    ],
)
def test_a_set_that_makes_no_sense_is_not_loaded(what: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        IndicatorSet.model_validate(what)


def test_an_item_that_stands_twice_in_a_set_is_not_loaded() -> None:
    wrong = changed()
    wrong["dimensions"].append(wrong["dimensions"][0] | {"id": "two"})
    with pytest.raises(ValueError, match="sign_0 stands twice"):
        IndicatorSet.model_validate(wrong)


@pytest.fixture
def two_versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an earlier and a later version of one set."""
    earlier = changed(version="tried-1", valid_until="2026-06-01")
    later = changed(version="tried-2", valid_from="2026-06-01")
    for version in (later, earlier):
        (tmp_path / f"indicators-{version['version']}.json").write_text(json.dumps(version), encoding="utf-8")
    monkeypatch.setattr(tables, "FOLDER", tmp_path)
    scoring.versions.cache_clear()
    return tmp_path


@pytest.fixture(autouse=True)
def forget_versions() -> Any:
    yield
    scoring.versions.cache_clear()


def test_the_version_of_the_day_is_found_and_an_earlier_one_by_its_name(two_versions: Path) -> None:
    spring, summer = date(2026, 5, 31), date(2026, 6, 1)
    assert [found.version for found in scoring.sets_on(spring)] == ["tried-1"]
    assert [found.version for found in scoring.sets_on(summer)] == ["tried-2"]
    assert scoring.sets_on(date(2025, 12, 31)) == []
    named = {name: scoring.find_set(name, on=summer) for name in ("tried", "tried@tried-1", "tried@tried-9", "untried")}
    assert {name: found and found.version for name, found in named.items()} == {
        "tried": "tried-2",
        "tried@tried-1": "tried-1",
        "tried@tried-9": None,
        "untried": None,
    }


@pytest.mark.parametrize(
    ("also", "sentence"),
    [
        ({"version": "tried-3", "valid_from": "2026-05-01"}, "both in force on 2026-05-01"),
        ({"version": "tried-2", "valid_from": "2025-01-01", "valid_until": "2025-06-01"}, "tried-2 stands twice"),
    ],
)
def test_two_versions_of_a_set_never_hold_at_once_nor_have_one_name(
    two_versions: Path, also: dict[str, str], sentence: str
) -> None:
    (two_versions / "indicators-tried-3.json").write_text(json.dumps(changed(**also)))
    with pytest.raises(TableInvalid, match=sentence):
        scoring.versions()


# ---------------------------------------------------------------- over HTTP


async def test_the_sets_in_force_are_listed_with_items_and_rule(havn: World) -> None:
    await havn.set_clock("2026-03-02T09:00:00+01:00")
    page = (await havn.partner("us").get("/identification/v1/indicator-sets")).json()
    assert {found["set"] for found in page["items"]} == SIZES.keys()
    assert page["next_cursor"] is None
    labour = next(found for found in page["items"] if found["set"] == "adult_labour")
    assert (labour["version"], labour["in_force_from"], labour["in_force_until"]) == (
        "adult-labour-2007",
        "2007-01-01",
        None,
    )
    assert {"strong": 2, "medium": 0, "weak": 0} in labour["positive_when"]
    item = labour["dimensions"][0]["items"][0]
    assert item == {
        "item": "deceived_about_work",
        "text": "The work is another than the person was promised, or for somebody else.",
        "text_da": "Arbejdet er et andet end lovet, eller det er for en anden.",
        "strength": "strong",
    }


async def test_the_list_is_as_of_a_day(havn: World, two_versions: Path) -> None:
    listed = {}
    for on in ("2025-12-31", "2026-05-31", "2026-06-01"):
        page = (await havn.partner("cmm").get("/identification/v1/indicator-sets", on=on)).json()
        listed[on] = [found["version"] for found in page["items"]]
    assert listed == {"2025-12-31": [], "2026-05-31": ["tried-1"], "2026-06-01": ["tried-2"]}
    await havn.set_clock("2026-06-01T00:30:00+02:00")
    page = (await havn.partner("cmm").get("/identification/v1/indicator-sets")).json()
    assert [found["version"] for found in page["items"]] == ["tried-2"], "the day is Copenhagen's"
    assert (await havn.partner("cmm").get("/identification/v1/indicator-sets", on="soon")).status_code == 422
