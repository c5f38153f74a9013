"""Who houses whom: each row is needed, children come first, and review is the answer where the rules are silent."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.accommodation import tables
from services.accommodation.case.codes import FacilityKind, HousingAuthority, PlacementRow
from services.accommodation.responsibility.domain import (
    TABLES,
    Responsibility,
    ResponsibilityFacts,
    ResponsibilityTable,
    load_table,
    responsible_for,
)
from shared.contract.codes import Gender, ResidenceBasis
from shared.rules.decision_tables import NoTableInForce, TableInvalid

TODAY = date(2026, 3, 9)
ASYLUM = {"asylum_pending": True, "asylum_registered": True}


def facts(gender: str, basis: str, **more: Any) -> ResponsibilityFacts:
    return ResponsibilityFacts.model_validate(
        {"gender": gender, "residence_basis": basis, "minor": False, "decided": True} | more
    )


def answer(gender: str, basis: str, **more: Any) -> Responsibility:
    return responsible_for(facts(gender, basis, **more), on=TODAY)


def child(basis: str, *, unaccompanied: bool | None, **more: Any) -> ResponsibilityFacts:
    return facts("man", basis, minor=True, unaccompanied=unaccompanied, **more)


def without(rule_id: str) -> ResponsibilityTable:
    table = TABLES.on(TODAY)
    return table.model_copy(update={"rules": tuple(rule for rule in table.rules if rule.id != rule_id)})


any_facts = st.builds(
    ResponsibilityFacts,
    gender=st.sampled_from(Gender),
    minor=st.booleans(),
    unaccompanied=st.none() | st.booleans(),
    residence_basis=st.sampled_from(ResidenceBasis),
    asylum_pending=st.booleans(),
    asylum_registered=st.none() | st.booleans(),
    decided=st.booleans(),
    resident=st.booleans(),
)


@pytest.mark.parametrize(
    ("case", "rule_id", "row", "authority", "payer"),
    [
        (facts("woman", "visa"), "A1", "A1", "CMM", "CMM"),
        (facts("man", "eu_right_of_residence"), "A2", "A2", "CMM", "CMM"),
        (facts("man", "danish_citizen"), "A3", "A3", "municipality", "municipality"),
        (facts("woman", "residence_permit", resident=True), "A3", "A3", "municipality", "municipality"),
        (facts("man", "eu_right_of_residence", resident=True), "A3", "A3", "municipality", "municipality"),
        (facts("woman", "asylum_seeker"), "B1", "B1", "US", "US"),
        (facts("man", "visa", **ASYLUM), "B2", "B2", "US", "US"),
        (facts("woman", "no_legal_stay"), "B3", "B3", "US", "US"),
        (facts("woman", "no_legal_stay", decided=False), "B3", "B3", "US", "US"),
        (facts("man", "asylum_seeker", asylum_registered=False), "B4", "B4", "police", "police"),
        (facts("woman", "asylum_seeker", asylum_registered=False), "B4", "B4", "police", "police"),
        (child("no_legal_stay", unaccompanied=True), "C1", "C1", "US", "US"),
        (child("asylum_seeker", unaccompanied=True), "C1", "C1", "US", "US"),
        (child("visa", unaccompanied=True, **ASYLUM), "C1", "C1", "US", "US"),
        (child("eu_right_of_residence", unaccompanied=True), "C2", "C2", "municipality", "municipality"),
        (child("danish_citizen", unaccompanied=True), "C2", "C2", "municipality", "municipality"),
        (child("danish_citizen", unaccompanied=None), "C2", "C2", "municipality", "municipality"),
        (child("danish_citizen", unaccompanied=False), "C3-danish", "C3", "municipality", "municipality"),
        (child("visa", unaccompanied=False), "C3", "C3", "CMM", "CMM"),
        (child("asylum_seeker", unaccompanied=False), "C3", "C3", "US", "US"),
        (facts("man", "visa", decided=False), "D", "D", "CMM", "CMM"),
        (child("no_legal_stay", unaccompanied=None), "C1", "C1", "US", "US"),
        (child("visa", unaccompanied=None), "C2", "C2", "municipality", "municipality"),
        (child("unknown", unaccompanied=True), "review-child", "C2", "municipality", "municipality"),
        (facts("woman", "danish_citizen", asylum_pending=True), "review-contradiction", "D", "CMM", "CMM"),
    ],
)
def test_each_row_answers_its_cases_and_without_the_row_the_answer_is_another(
    case: ResponsibilityFacts, rule_id: str, row: str, authority: str, payer: str
) -> None:
    found = responsible_for(case, on=TODAY)
    assert (found.row, found.authority, found.payer) == (row, authority, payer)
    if rule_id != "review":
        assert responsible_for(case, on=TODAY, table=without(rule_id)).why != found.why


@pytest.mark.parametrize(
    ("case", "options"),
    [
        (facts("woman", "visa"), ["crisis_centre", "safe_flat"]),
        (facts("man", "visa"), ["mens_crisis_centre", "residential_offer", "safe_flat", "hostel_110"]),
        (facts("woman", "danish_citizen"), ["hostel_110", "crisis_centre"]),
        (facts("man", "danish_citizen"), ["hostel_110", "mens_crisis_centre"]),
        (facts("woman", "asylum_seeker"), ["asylum_centre", "crisis_centre"]),
        (facts("man", "asylum_seeker"), ["asylum_centre"]),
        (facts("woman", "no_legal_stay"), ["asylum_centre", "crisis_centre"]),
        (facts("man", "no_legal_stay"), ["asylum_centre", "mens_crisis_centre"]),
        (facts("man", "asylum_seeker", asylum_registered=False), []),
        (child("no_legal_stay", unaccompanied=True), ["childrens_centre"]),
        (child("visa", unaccompanied=True), ["residential_institution", "foster_family"]),
        (child("danish_citizen", unaccompanied=False), ["crisis_centre", "residential_institution", "foster_family"]),
        (child("unknown", unaccompanied=True), ["residential_institution", "foster_family", "childrens_centre"]),
        (facts("woman", "unknown", decided=False), ["crisis_centre", "safe_flat", "hostel_110"]),
        (
            facts("man", "unknown", decided=False),
            ["mens_crisis_centre", "residential_offer", "safe_flat", "hostel_110"],
        ),
    ],
)
def test_each_row_offers_its_kinds_of_facility(case: ResponsibilityFacts, options: list[str]) -> None:
    assert list(responsible_for(case, on=TODAY).options) == options


@pytest.mark.parametrize("basis", ["unknown", "dublin", "temporary_protection_ua"])
@pytest.mark.parametrize("gender", Gender)
def test_a_status_on_which_the_rules_are_silent_is_reviewed_by_cmm(basis: str, gender: Gender) -> None:
    found = answer(gender, basis)
    assert (found.row, found.authority, found.needs_review) == (PlacementRow.D, HousingAuthority.CMM, True)
    assert found.why.startswith("Review:")


def test_a_child_of_whom_nobody_has_said_whether_it_is_alone_counts_as_one_that_is() -> None:
    for basis in ResidenceBasis:
        alone, unsaid = (responsible_for(child(basis, unaccompanied=said), on=TODAY) for said in (True, None))
        assert alone == unsaid


@pytest.mark.parametrize("minor", [True, False])
def test_a_danish_citizen_with_an_asylum_case_is_a_contradiction_and_never_goes_to_us(*, minor: bool) -> None:
    assert answer("woman", "danish_citizen", minor=minor, **ASYLUM).needs_review


@pytest.mark.parametrize("basis", ResidenceBasis)
@pytest.mark.parametrize("unaccompanied", [True, None, False])
@pytest.mark.parametrize("asylum", [{}, ASYLUM])
def test_a_child_is_housed_as_one_whatever_else_is_said(
    basis: ResidenceBasis, unaccompanied: bool | None, asylum: dict[str, Any]
) -> None:
    found = answer("man", basis, minor=True, unaccompanied=unaccompanied, **asylum)
    assert found.row in (PlacementRow.C1, PlacementRow.C2, PlacementRow.C3)
    if found.row is not PlacementRow.C3:
        assert {"residential_institution", "foster_family", "childrens_centre"} >= set(found.options)


@pytest.mark.parametrize("basis", ["eu_right_of_residence", "residence_permit", "visa", "visa_free"])
def test_every_legal_stay_makes_the_municipality_responsible_for_a_child_alone_and_cmm_for_adults(basis: str) -> None:
    assert responsible_for(child(basis, unaccompanied=True), on=TODAY).row is PlacementRow.C2
    assert answer("woman", basis).row is PlacementRow.A1
    assert answer("man", basis).row is PlacementRow.A2


@pytest.mark.parametrize("basis", ResidenceBasis)
def test_an_adult_who_came_alone_is_housed_as_any_adult(basis: ResidenceBasis) -> None:
    assert answer("man", basis, unaccompanied=True) == answer("man", basis)


def test_an_asylum_seeker_stays_with_us_also_while_the_case_is_clarified() -> None:
    assert answer("man", "asylum_seeker", decided=False).row is PlacementRow.B2
    assert answer("woman", "visa", decided=False, **ASYLUM).row is PlacementRow.B1


def test_without_legal_stay_us_is_responsible_before_the_decision_as_after_it() -> None:
    undecided = answer("woman", "no_legal_stay", decided=False)
    assert undecided == answer("woman", "no_legal_stay")
    assert (undecided.row, undecided.payer, undecided.needs_review) == (PlacementRow.B3, HousingAuthority.US, False)
    assert "§ 34(1) no. 3" in undecided.why


def test_a_childs_row_does_not_wait_for_the_decision() -> None:
    assert (
        responsible_for(child("eu_right_of_residence", unaccompanied=True, decided=False), on=TODAY).row
        is PlacementRow.C2
    )


def test_a_permit_counts_as_residence_only_when_told_so() -> None:
    assert answer("woman", "residence_permit").row is PlacementRow.A1
    assert answer("woman", "residence_permit", resident=True).row is PlacementRow.A3
    assert answer("woman", "visa", resident=True).row is PlacementRow.A1


def test_a_claim_of_which_nobody_says_that_it_is_unregistered_counts_as_registered() -> None:
    assert answer("man", "visa", asylum_pending=True).row is PlacementRow.B2


def test_an_accompanied_child_is_housed_as_the_parent_and_the_municipality_keeps_its_duty() -> None:
    found = responsible_for(child("no_legal_stay", unaccompanied=False), on=TODAY)
    assert (found.row, found.authority, found.payer) == (PlacementRow.C3, HousingAuthority.US, HousingAuthority.US)
    assert {FacilityKind.CRISIS_CENTRE, FacilityKind.MENS_CRISIS_CENTRE} <= set(found.options)
    assert "the municipality has its duty" in found.why


@pytest.mark.parametrize("basis", ["visa", "asylum_seeker", "no_legal_stay", "danish_citizen"])
@pytest.mark.parametrize(("trans", "gender"), [("trans_woman", "woman"), ("trans_man", "man")])
def test_trans_people_are_housed_by_their_own_gender_and_may_always_have_a_flat(
    basis: str, trans: str, gender: str
) -> None:
    theirs, others = answer(trans, basis), answer(gender, basis)
    assert (theirs.row, theirs.authority, theirs.why) == (others.row, others.authority, others.why)
    assert set(theirs.options) == {*others.options, FacilityKind.SAFE_FLAT}


@pytest.mark.parametrize("basis", ["visa", "asylum_seeker", "no_legal_stay", "danish_citizen", "unknown"])
@pytest.mark.parametrize("gender", ["non_binary", "unknown"])
def test_who_is_neither_woman_nor_man_or_has_not_said_is_offered_what_either_is(basis: str, gender: str) -> None:
    found = answer(gender, basis)
    assert {*answer("woman", basis).options, *answer("man", basis).options} <= set(found.options)
    assert "A woman" not in found.why
    assert "woman is" not in found.why


@pytest.mark.parametrize(
    ("story", "found", "row", "authority"),
    [
        ("SC01 P01", answer("woman", "visa"), "A1", "CMM"),
        ("SC01 P03", answer("woman", "no_legal_stay"), "B3", "US"),
        ("SC02", answer("man", "asylum_seeker", **ASYLUM), "B2", "US"),
        (
            "SC03",
            responsible_for(child("eu_right_of_residence", unaccompanied=True, decided=False), on=TODAY),
            "C2",
            "municipality",
        ),
        ("SC04", answer("woman", "danish_citizen", minor=True), "C2", "municipality"),
        ("SC06", answer("trans_woman", "asylum_seeker", **ASYLUM), "B1", "US"),
        ("SC07", answer("man", "eu_right_of_residence"), "A2", "CMM"),
        ("SC10", answer("woman", "no_legal_stay"), "B3", "US"),
    ],
)
def test_the_acceptance_stories_are_housed_as_told(story: str, found: Responsibility, row: str, authority: str) -> None:
    assert (found.row, found.authority) == (row, authority), story


def test_sc01_us_pays_for_the_woman_whose_visa_ran_out() -> None:
    assert answer("woman", "no_legal_stay").payer is HousingAuthority.US


def test_sc06_us_may_accept_reden_or_a_flat_for_the_trans_woman() -> None:
    assert {FacilityKind.CRISIS_CENTRE, FacilityKind.SAFE_FLAT} <= set(answer("trans_woman", "asylum_seeker").options)


def test_sc07_the_builders_may_have_a_hostel() -> None:
    assert FacilityKind.HOSTEL_110 in answer("man", "eu_right_of_residence").options


def test_residential_offers_are_open_whatever_the_basis_while_the_plan_runs() -> None:
    builder = facts("man", "no_legal_stay")
    during = responsible_for(builder, on=date(2025, 12, 31))
    after = responsible_for(builder, on=date(2026, 1, 1))
    before = responsible_for(builder, on=date(2021, 12, 31))
    assert FacilityKind.RESIDENTIAL_OFFER in during.options
    assert FacilityKind.RESIDENTIAL_OFFER not in {*before.options, *after.options}


@given(any_facts)
def test_there_is_always_an_answer_with_an_authority_and_a_reason(case: ResponsibilityFacts) -> None:
    found = responsible_for(case, on=TODAY)
    assert found.why
    assert found.why_da
    assert len(set(found.options)) == len(found.options)


@given(any_facts)
def test_no_danish_citizen_is_ever_housed_by_us_or_the_police(case: ResponsibilityFacts) -> None:
    danish = case.model_copy(update={"residence_basis": ResidenceBasis.DANISH_CITIZEN})
    assert responsible_for(danish, on=TODAY).authority in {HousingAuthority.CMM, HousingAuthority.MUNICIPALITY}


@given(any_facts)
def test_children_get_a_childs_row_or_review_and_adults_never_a_childs_row(case: ResponsibilityFacts) -> None:
    found = responsible_for(case, on=TODAY)
    if case.minor:
        assert found.row.startswith("C") or found.needs_review
    else:
        assert not found.row.startswith("C")


@given(any_facts)
def test_authority_and_row_do_not_depend_on_gender_beyond_women_and_men(case: ResponsibilityFacts) -> None:
    authorities = {responsible_for(case.model_copy(update={"gender": gender}), on=TODAY).authority for gender in Gender}
    assert len(authorities) == 1, "which gender one has never decides who is responsible"


def test_a_day_that_no_table_covers_is_reviewed() -> None:
    with pytest.raises(NoTableInForce):
        TABLES.on(date(2020, 12, 31))
    found = responsible_for(facts("woman", "visa"), on=date(2020, 12, 31))
    assert (found.row, found.needs_review, found.table_version) == (PlacementRow.D, True, "none")


def broken_table(folder: Path, change: dict[str, Any], rule_id: str | None = None) -> Path:
    content = json.loads((tables.FOLDER / "responsibility-2021.json").read_text(encoding="utf-8"))
    target = content if rule_id is None else next(rule for rule in content["rules"] if rule["id"] == rule_id)
    target.update(change)
    path = folder / "responsibility-2027.json"
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_a_row_for_adults_that_names_nobody_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TableInvalid, match="rule B1 must say who is responsible"):
        load_table(broken_table(tmp_path, {"responsible": None}, "B1"))


def test_a_table_that_forgets_a_gender_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TableInvalid, match="housed_with says nothing for trans_woman"):
        load_table(broken_table(tmp_path, {"housed_with": {"woman": ["women"], "man": ["men"]}}))


def test_facts_that_the_contract_does_not_know_are_refused() -> None:
    with pytest.raises(ValidationError):
        facts("woman", "visa", registered_sex="man")
