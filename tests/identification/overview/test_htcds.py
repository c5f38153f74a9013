"""Every case in the codes of IOM's standard; what the standard has no code for is listed, never dropped."""

from enum import StrEnum
from typing import Any

import pytest

from services.identification.case.codes import CaseStatus, SupportKind
from services.identification.indicators import domain as indicators
from services.identification.overview import htcds
from shared.contract.codes import AgeGroup, Authority, Channel, ExploitationForm, Gender, Outcome, ResidenceBasis
from tests.identification.builders import CMM_DECIDES, Opened, name_of, open_case
from tests.world import World

STANDARD = htcds.STANDARDS.all[-1]
OURS: dict[str, type[StrEnum]] = {
    "gender": Gender,
    "outcome": Outcome,
    "authority": Authority,
    "exploitation_form": ExploitationForm,
    "status": CaseStatus,
    "support_kind": SupportKind,
    "age_group": AgeGroup,
    "residence_basis": ResidenceBasis,
    "channel": Channel,
}


async def export(case: Opened, **asked: Any) -> dict[str, Any]:
    read = await case.get("/htcds", purpose="statistics", **asked)
    assert read.status_code == 200, read.text
    told: dict[str, Any] = read.json()
    return told


@pytest.mark.row(24)
async def test_a_decided_case_exports_in_the_standards_codes(havn: World) -> None:
    person = CMM_DECIDES | {"gender": "trans_woman", "languages": ["tgl", "eng", "tha"], "given_name": "Malee"}
    case = await open_case(havn, person)
    await case.decide(exploitation_forms=["SEXUAL", "FORCED_CRIMINALITY"])
    told = await export(case)
    assert told["standard"] == "HTCDS 2.0"
    assert "CC BY 4.0" in told["attribution"]
    assert "IOM" in told["attribution"]
    record = told["record"]
    assert record["prs_Gender"] == "TransgenderFeminine"
    assert record["prs_Citizenship"] == ["PHL"]
    assert (record["prs_PrimaryLanguage"], record["prs_SecondaryLanguage"]) == ("tgl", "eng")
    assert record["vic_TraffickingStatus"] == "ActualVictimOfTrafficking"
    assert record["vic_TraffickingStatusDecisionMakingOrg"] == "NonPoliceGovernmentalOrganization"
    assert record["vic_TypeOfExploitation"] == ["SexualExploitation", "Other"]
    assert record["cas_Status"] == "FollowUp"
    unmapped = {(each["field"], each["value"]): each["reason"] for each in told["unmapped"]}
    assert "forced criminality" in unmapped["exploitation_form", "FORCED_CRIMINALITY"]
    assert unmapped["languages", "tha"]
    assert ("residence_basis", "residence_permit") in unmapped
    assert "Malee" not in str(told)


async def test_an_undecided_case_exports_as_a_possible_victim_with_what_is_suspected(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES | {"suspected_forms": ["BEGGING"]})
    record = (await export(case))["record"]
    assert record["vic_TraffickingStatus"] == "PossibleVictimOfTrafficking"
    assert record["vic_TypeOfExploitation"] == ["ForcedBegging"]


async def test_signs_that_are_there_are_means_of_control_or_listed(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    observations = [
        {"item": "papers_held"},
        {"item": "debt_bondage"},
        {"item": "bad_housing"},
        {"item": "trusted_recruiter"},
    ]
    noted = await case.post("/indicators", {"set": "adult_labour", "observations": observations})
    assert noted.status_code in (200, 201), noted.text
    told = await export(case)
    assert told["record"]["vic_MethodsOfControl"] == ["DebtBondage", "WithholdsDocuments"]
    assert told["record"]["vic_MethodOfRecruitment"] == ["ThroughFriendsOrSocialEvents"]
    assert ("indicator", "bad_housing") in {(each["field"], each["value"]) for each in told["unmapped"]}


@pytest.mark.row(24)
@pytest.mark.parametrize(("field", "value"), [(field, code) for field, codes in OURS.items() for code in codes])
def test_every_code_of_ours_is_mapped_or_listed(field: str, value: StrEnum) -> None:
    record = htcds._Record(STANDARD)
    record.several(field, [value])
    mapping = STANDARD.fields[field]
    listed = {(each.field, each.value) for each in record.unmapped}
    mapped = bool(mapping.to and record.fields.get(mapping.to))
    assert mapped or (field, value) in listed
    assert value in mapping.codes or value in mapping.notes, "nothing is left to chance: the table names every code"
    assert set(mapping.codes.values()) <= set(STANDARD.values.get(mapping.to or "", ()))


def test_every_item_the_table_maps_is_an_item_of_an_indicator_set() -> None:
    import json
    from pathlib import Path

    items = {
        item["item"]
        for path in Path(indicators.__file__).parents[1].glob("tables/indicators-*.json")
        for dimension in json.loads(path.read_text())["dimensions"]
        for item in dimension["items"]
    }
    for field in ("indicator", "recruitment"):
        assert STANDARD.fields[field].codes.keys() <= items, field


async def test_the_export_is_for_those_who_work_on_the_case_and_is_kept(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES, sender="hopenow")
    assert name_of(await case.get("/htcds")) == (400, "PurposeMissing")
    for org in ("us", "hopenow", "politi-fyn"):
        assert name_of(await case.get("/htcds", by=org, purpose="statistics")) == (404, "NotFound")
    await export(case)
    kept = await havn.sql("identification", "SELECT purpose FROM audit WHERE operation = 'person.read'")
    assert [row["purpose"] for row in kept] == ["statistics"]
