"""R1 to R7: each rule is needed, the first that holds wins, and where the rules are silent a lawyer is asked."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.identification import tables
from services.identification.routing.domain import (
    TABLES,
    ResidenceValidity,
    RoutingFacts,
    RoutingTable,
    load_table,
    route,
)
from shared.contract.codes import Authority, ResidenceBasis
from shared.rules.decision_tables import NoTableInForce, TableInvalid

TODAY = date(2026, 3, 2)
YESTERDAY = TODAY - timedelta(days=1)
RULES = ("R1", "R2", "R3", "R4", "R5", "R6", "R7")
AUTHORITY_OF_RULE = {"R1": "COURT", "R2": "US", "R3": "CMM", "R4": "CMM", "R5": "CMM", "R6": "US", "R7": "needs_review"}
WHOSE_STAY_RUNS_OUT = (ResidenceBasis.RESIDENCE_PERMIT, ResidenceBasis.VISA, ResidenceBasis.VISA_FREE)


def facts(basis: str, *citizenships: str, **more: Any) -> RoutingFacts:
    return RoutingFacts(residence_basis=ResidenceBasis(basis), citizenships=citizenships, **({"on": TODAY} | more))


def answer(basis: str, *citizenships: str, **more: Any) -> tuple[str, str]:
    routing = route(facts(basis, *citizenships, **more))
    return routing.rule, routing.authority.value


any_facts = st.builds(
    RoutingFacts,
    citizenships=st.lists(st.sampled_from(["DNK", "POL", "NOR", "CHE", "THA", "GBR", "XXA"]), max_size=3).map(tuple),
    residence_basis=st.sampled_from(ResidenceBasis),
    residence_valid_until=st.none() | st.dates(date(2021, 1, 1), date(2035, 1, 1)),
    on=st.dates(date(2021, 1, 1), date(2035, 1, 1)),
    asylum_pending=st.booleans(),
    unpermitted_work=st.booleans(),
    court_recognised=st.booleans(),
)


@pytest.mark.parametrize(
    ("case", "rule"),
    [
        (facts("no_legal_stay", "THA", court_recognised=True), "R1"),
        (facts("residence_permit", "VEN", asylum_pending=True), "R2"),
        (facts("asylum_seeker", "NGA"), "R2"),
        (facts("no_legal_stay", "DNK"), "R3"),
        (facts("unknown", "THA", "DNK"), "R3"),
        (facts("danish_citizen"), "R3"),
        (facts("eu_right_of_residence", "ROU"), "R4"),
        (facts("eu_right_of_residence", "ROU", residence_valid_until=TODAY), "R4"),
        (facts("residence_permit", "UKR"), "R5"),
        (facts("residence_permit", "UKR", residence_valid_until=TODAY), "R5"),
        (facts("residence_permit"), "R5"),
        (facts("visa", "THA", residence_valid_until=TODAY), "R5"),
        (facts("visa_free", "BRA", residence_valid_until=TODAY), "R5"),
        (facts("no_legal_stay", "THA"), "R6"),
        (facts("residence_permit", "THA", residence_valid_until=YESTERDAY), "R6"),
        (facts("visa", "THA", residence_valid_until=YESTERDAY), "R6"),
        (facts("visa", "THA", residence_valid_until=YESTERDAY, unpermitted_work=True), "R6"),
        (facts("visa_free", "BRA", residence_valid_until=YESTERDAY), "R6"),
    ],
)
def test_each_rule_answers_its_cases_and_without_the_rule_the_answer_is_another(case: RoutingFacts, rule: str) -> None:
    table = TABLES.on(TODAY)
    assert route(case).rule == rule
    assert route(case).authority == AUTHORITY_OF_RULE[rule]

    without = table.model_copy(update={"rules": tuple(kept for kept in table.rules if kept.id != rule)})
    assert route(case, without).rule != rule


@pytest.mark.parametrize(
    "case",
    [
        facts("visa", "THA", residence_valid_until=TODAY, unpermitted_work=True),
        facts("residence_permit", "THA", unpermitted_work=True),
        facts("visa", "THA"),
        facts("visa_free", "BRA"),
        facts("unknown", "POL"),
        facts("unknown"),
        facts("visa_free", "POL", residence_valid_until=YESTERDAY),
        facts("eu_right_of_residence", "POL", residence_valid_until=YESTERDAY),
        facts("eu_right_of_residence", "THA"),
        facts("eu_right_of_residence", "GBR"),
        facts("eu_right_of_residence"),
        facts("dublin", "NGA"),
        facts("dublin", "NGA", residence_valid_until=TODAY),
        facts("temporary_protection_ua", "UKR"),
        facts("danish_citizen", "THA"),
    ],
)
def test_where_the_rules_are_silent_or_the_facts_contradict_each_other_a_lawyer_is_asked(case: RoutingFacts) -> None:
    routing = route(case)
    assert (routing.rule, routing.authority) == ("R7", Authority.NEEDS_REVIEW)
    assert set(routing.facts_used) == set(RoutingTable.vocabulary), "all that was known is laid before the lawyer"


def test_a_court_outranks_asylum_and_asylum_outranks_citizenship() -> None:
    assert answer("asylum_seeker", "DNK", asylum_pending=True, court_recognised=True) == ("R1", "COURT")
    assert answer("danish_citizen", "DNK", asylum_pending=True) == ("R2", "US")
    assert answer("dublin", "NGA", asylum_pending=True) == ("R2", "US")


@pytest.mark.parametrize("citizenship", ["ROU", "HRV", "FIN", "SWE", "ISL", "NOR", "LIE", "CHE"])
def test_eu_eea_nordic_and_swiss_citizens_have_free_movement(citizenship: str) -> None:
    assert answer("eu_right_of_residence", citizenship) == ("R4", "CMM")


def test_the_table_knows_all_26_other_members_of_the_union() -> None:
    groups = TABLES.on(TODAY).citizenships.free_movement
    assert len(groups["european_union"]) == 26
    assert not groups["european_union"] & {"DNK", "GBR", "NOR", "CHE"}
    assert groups["nordic"] <= groups["european_union"] | groups["european_economic_area"]


def test_the_last_day_of_a_stay_is_still_valid() -> None:
    assert facts("visa", residence_valid_until=TODAY).residence_validity is ResidenceValidity.VALID
    assert facts("visa", residence_valid_until=YESTERDAY).residence_validity is ResidenceValidity.EXPIRED
    assert facts("visa").residence_validity is ResidenceValidity.NO_END_RECORDED


def test_sc01_valid_visas_with_unpermitted_work_go_to_a_lawyer_and_the_expired_visa_to_us() -> None:
    raid = {"on": date(2026, 3, 2), "unpermitted_work": True}
    assert answer("visa", "THA", residence_valid_until=date(2026, 4, 1), **raid) == ("R7", "needs_review")
    assert answer("visa", "THA", residence_valid_until=date(2026, 2, 20), **raid) == ("R6", "US")


@pytest.mark.parametrize(
    ("story", "basis", "citizenship", "on", "expected"),
    [
        ("SC02", "asylum_seeker", "NGA", date(2026, 1, 12), ("R2", "US")),
        ("SC03", "eu_right_of_residence", "ROU", date(2026, 5, 4), ("R4", "CMM")),
        ("SC04", "danish_citizen", "DNK", date(2026, 3, 16), ("R3", "CMM")),
        ("SC06", "asylum_seeker", "VEN", date(2026, 7, 1), ("R2", "US")),
        ("SC07", "eu_right_of_residence", "POL", date(2026, 4, 7), ("R4", "CMM")),
        ("SC08", "eu_right_of_residence", "HUN", date(2026, 6, 10), ("R4", "CMM")),
        ("SC10", "no_legal_stay", "NGA", date(2026, 8, 10), ("R6", "US")),
        ("SC13", "temporary_protection_ua", "UKR", date(2026, 4, 1), ("R7", "needs_review")),
    ],
)
def test_the_acceptance_stories_are_routed_as_told(
    story: str, basis: str, citizenship: str, on: date, expected: tuple[str, str]
) -> None:
    assert answer(basis, citizenship, on=on) == expected, story


def test_the_answer_says_why_in_both_languages_and_which_facts_spoke() -> None:
    routing = route(facts("visa", "THA", residence_valid_until=YESTERDAY))
    assert routing.table_version == "routing-2021"
    assert "Udlændingestyrelsen decides" in routing.why
    assert "Udlændingestyrelsen afgør" in routing.why_da
    assert routing.facts_used == {
        "residence_basis": "visa",
        "residence_validity": "expired",
        "free_movement_citizen": False,
    }


@given(any_facts)
def test_there_is_always_an_answer_and_it_is_the_rules_own_authority(case: RoutingFacts) -> None:
    routing = route(case)
    assert AUTHORITY_OF_RULE[routing.rule] == routing.authority


@given(any_facts)
def test_a_recognition_by_a_court_beats_all(case: RoutingFacts) -> None:
    recognised = case.model_copy(update={"court_recognised": True})
    assert route(recognised).rule == "R1"


@given(any_facts)
def test_a_danish_citizen_is_never_sent_to_us_without_an_asylum_case(case: RoutingFacts) -> None:
    danish = case.model_copy(
        update={"citizenships": ("DNK", *case.citizenships), "asylum_pending": False, "court_recognised": False}
    )
    if danish.residence_basis is not ResidenceBasis.ASYLUM_SEEKER:
        assert route(danish).authority is Authority.CMM


@given(any_facts)
def test_the_first_rule_that_holds_wins(case: RoutingFacts) -> None:
    """Taking away rules after the one that answered changes nothing; taking it away gives a later one."""
    table = TABLES.on(case.on)
    answered = route(case).rule
    place = RULES.index(answered)
    shorter = table.model_copy(update={"rules": (*table.rules[: place + 1], table.rules[-1])})
    assert route(case, shorter).rule == answered
    if answered != "R7":
        without = table.model_copy(update={"rules": tuple(rule for rule in table.rules if rule.id != answered)})
        assert RULES.index(route(case, without).rule) > place


@given(any_facts)
def test_the_order_of_citizenships_does_not_matter(case: RoutingFacts) -> None:
    assert route(case) == route(case.model_copy(update={"citizenships": case.citizenships[::-1]}))


@given(any_facts)
def test_a_stay_is_not_called_valid_without_a_known_last_day(case: RoutingFacts) -> None:
    endless = case.model_copy(update={"residence_valid_until": None})
    if endless.residence_basis in (ResidenceBasis.VISA, ResidenceBasis.VISA_FREE):
        assert route(endless).rule not in {"R5", "R6"}


@given(any_facts)
def test_a_citizen_with_free_movement_is_sent_to_us_only_for_asylum_or_a_recorded_lack_of_stay(
    case: RoutingFacts,
) -> None:
    european = case.model_copy(update={"citizenships": ("POL",), "asylum_pending": False})
    if european.residence_basis in WHOSE_STAY_RUNS_OUT:
        assert route(european).authority is not Authority.US


def test_a_day_that_no_table_covers_is_left_to_a_lawyer() -> None:
    with pytest.raises(NoTableInForce):
        TABLES.on(date(2020, 12, 31))
    routing = route(facts("danish_citizen", "DNK", on=date(2020, 12, 31)))
    assert (routing.rule, routing.authority, routing.table_version) == ("R7", Authority.NEEDS_REVIEW, "none")


@pytest.mark.parametrize("citizenship", ["dnk", "DK", "Denmark", ""])
def test_a_citizenship_is_three_capital_letters(citizenship: str) -> None:
    with pytest.raises(ValidationError):
        facts("unknown", citizenship)


def test_facts_do_not_change() -> None:
    with pytest.raises(ValidationError):
        facts("unknown").court_recognised = True


def test_a_table_with_an_unknown_authority_is_refused_with_the_place(tmp_path: Path) -> None:
    content = json.loads((tables.FOLDER / "routing-2021.json").read_text(encoding="utf-8"))
    content["rules"][1]["authority"] = "POLICE"
    broken = tmp_path / "routing-2027.json"
    broken.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(TableInvalid, match=r"routing-2027\.json, rules\.1\.authority"):
        load_table(broken)


def test_every_stored_table_has_the_seven_rules_in_order() -> None:
    for path in tables.FOLDER.glob("routing-*.json"):
        assert tuple(rule.id for rule in load_table(path).rules) == RULES
