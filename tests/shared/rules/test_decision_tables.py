"""A table that is wrong is refused with a sentence that says where; the version of the day answers."""

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, ClassVar

import pytest

from shared.rules.decision_tables import Dated, Fact, NoTableInForce, Rule, RuleTable, TableInvalid, Versions, load


class HarbourTable(RuleTable[Rule]):
    vocabulary: ClassVar[Mapping[str, frozenset[Fact]]] = {
        "flag": frozenset({"danish", "other", None}),
        "loaded": frozenset({True, False}),
    }


def rule(rule_id: str, *when: dict[str, list[Fact]]) -> dict[str, Any]:
    return {"id": rule_id, "when": list(when), "why": "Because.", "why_da": "Fordi."}


def table(*rules: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"version": "harbour-1", "valid_from": "2024-01-01", "rules": list(rules)} | more


def written(folder: Path, content: object, name: str = "harbour-1.json") -> Path:
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def test_the_first_rule_that_holds_answers_with_the_facts_it_looked_at(tmp_path: Path) -> None:
    path = written(tmp_path, table(rule("X", {"flag": ["danish"]}, {"loaded": [True]}), rule("Z", {})))
    harbour = load(path, HarbourTable)
    facts: dict[str, Fact] = {"flag": "other", "loaded": True}

    assert harbour.find_rule(facts).rule.id == "X"
    assert harbour.find_rule(facts).facts_used == {"loaded": True}
    assert harbour.find_rule({"flag": "other", "loaded": False}).rule.id == "Z"
    assert harbour.find_rule({"flag": None, "loaded": False}).facts_used == {"flag": None, "loaded": False}


def test_all_facts_of_an_alternative_must_hold(tmp_path: Path) -> None:
    path = written(tmp_path, table(rule("X", {"flag": ["danish"], "loaded": [True]}), rule("Z", {})))
    assert load(path, HarbourTable).find_rule({"flag": "danish", "loaded": False}).rule.id == "Z"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (table(rule("X", {"flga": ["danish"]}), rule("Z", {})), "rule X asks for 'flga'; the facts are flag, loaded"),
        (table(rule("X", {"flag": ["dutch"]}), rule("Z", {})), "rule X expects flag to be 'dutch', which it never is"),
        (table(rule("X", {"flag": []}), rule("Z", {})), "rule X lists no value for flag"),
        (table(rule("X", {"loaded": [True]})), "the last rule must hold for everything"),
        (table(), "the last rule must hold for everything"),
        (table(rule("Z", {}), rule("Z", {})), "rule Z stands twice"),
        (table(rule("Z", {}), valid_until="2024-01-01"), "valid_until must lie after valid_from"),
        (table(rule("Z", {}), surprise=1), "surprise: Extra inputs are not permitted"),
        (table({"id": "Z", "when": [{}], "why": "Because."}), "rules.0.why_da: Field required"),
        ("{not json", "Invalid JSON"),
    ],
)
def test_a_table_that_is_wrong_is_refused_with_its_name_and_the_reason(
    tmp_path: Path, content: object, sentence: str
) -> None:
    with pytest.raises(TableInvalid) as refused:
        load(written(tmp_path, content), HarbourTable)
    assert str(refused.value).startswith("harbour-1.json, ")
    assert sentence in str(refused.value)


def test_a_table_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TableInvalid, match=r"harbour-9\.json cannot be read"):
        load(tmp_path / "harbour-9.json", HarbourTable)


def test_the_version_of_the_day_answers_and_the_day_it_ends_belongs_to_the_next(tmp_path: Path) -> None:
    written(tmp_path, {"version": "v2", "valid_from": "2025-07-01"}, "fee-2025.json")
    written(tmp_path, {"version": "v1", "valid_from": "2024-01-01", "valid_until": "2025-07-01"}, "fee-2024.json")
    versions = Versions(tmp_path, "fee", Dated)

    assert [version.version for version in versions.all] == ["v1", "v2"]
    assert versions.on(date(2025, 6, 30)).version == "v1"
    assert versions.on(date(2025, 7, 1)).version == "v2"
    assert versions.find(date(2023, 12, 31)) is None
    with pytest.raises(NoTableInForce, match="table of fee is in force on 2023-12-31"):
        versions.on(date(2023, 12, 31))


def test_two_versions_for_one_day_are_refused(tmp_path: Path) -> None:
    written(tmp_path, {"version": "v1", "valid_from": "2024-01-01"}, "fee-2024.json")
    written(tmp_path, {"version": "v2", "valid_from": "2025-01-01"}, "fee-2025.json")
    with pytest.raises(TableInvalid, match="v1 and v2 are both in force on 2025-01-01"):
        _ = Versions(tmp_path, "fee", Dated).all
