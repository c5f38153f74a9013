"""What of a case reaches the standard and what is listed: languages, decisions of several authorities, signs, support."""

from typing import Any

import pytest

from tests.identification.builders import CMM_DECIDES, Opened, open_case
from tests.identification.life import close, done
from tests.identification.overview.test_htcds import export
from tests.world import World

MEASURE = {"starts_on": "2026-03-10", "provider": "Karla from the blue house."}


def unmapped(told: dict[str, Any]) -> set[tuple[str, str]]:
    return {(each["field"], each["value"]) for each in told["unmapped"]}


async def observe(case: Opened, **answers: str) -> None:
    observations = [{"item": item, "answer": answer} for item, answer in answers.items()]
    noted = await case.post("/indicators", {"set": "adult_labour", "observations": observations})
    assert noted.status_code in (200, 201), noted.text


async def test_what_every_export_says_of_a_case_nobody_knows_anything_of(havn: World) -> None:
    await havn.set_clock("2026-03-02T23:30:00+01:00")
    case = await open_case(havn, {})
    told = await export(case)
    assert told["record"] == {
        "prs_Gender": "NonSpecifiedUnknown",
        "prs_Citizenship": [],
        "cas_Status": "Active",
        "cas_IncomingReferralDate": "2026-03-02",
        "vic_TraffickingStatus": "PossibleVictimOfTrafficking",
    }
    assert told["case_id"] == case.id
    assert unmapped(told) == {
        ("age_group", "adult"),
        ("residence_basis", "unknown"),
        ("channel", "police_operation"),
        ("status", "referred"),
        ("authority", "needs_review"),
    }


@pytest.mark.parametrize(
    ("languages", "first", "second", "lost"),
    [
        ([], None, None, []),
        (["tha"], "tha", None, []),
        (["tha", "eng"], "tha", "eng", []),
        (["tha", "eng", "tgl", "vie"], "tha", "eng", ["tgl", "vie"]),
    ],
)
async def test_the_standard_has_two_languages_and_the_rest_is_listed(
    havn: World, languages: list[str], first: str | None, second: str | None, lost: list[str]
) -> None:
    told = await export(await open_case(havn, CMM_DECIDES | {"languages": languages}))
    record = told["record"]
    assert (record.get("prs_PrimaryLanguage"), record.get("prs_SecondaryLanguage")) == (first, second)
    assert {value for field, value in unmapped(told) if field == "languages"} == set(lost)


async def test_who_would_decide_is_exported_before_anybody_has(havn: World) -> None:
    record = (await export(await open_case(havn, CMM_DECIDES)))["record"]
    assert record["vic_TraffickingStatusDecisionMakingOrg"] == "NonPoliceGovernmentalOrganization"
    assert record["vic_TraffickingStatus"] == "PossibleVictimOfTrafficking"


async def test_of_several_decisions_the_one_that_recognises_the_person_is_exported(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    await done(case.try_deciding("COURT", by="anklagemyndigheden", exploitation_forms=["BEGGING"]), 201)
    await case.decide(outcome="not_trafficked")
    record = (await export(case))["record"]
    assert record["vic_TraffickingStatus"] == "ActualVictimOfTrafficking"
    assert record["vic_TraffickingStatusDecisionMakingOrg"] == "CourtOrProsecution"
    assert record["vic_TypeOfExploitation"] == ["ForcedBegging"]


async def test_a_decision_that_was_replaced_is_exported_no_more(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    first = await case.decide(exploitation_forms=["SEXUAL"])
    again = {"replaces": first, "decided_on": "2026-05-04"}
    await done(case.try_deciding(outcome="other_offence_262b", **again), 201)
    told = await export(case)
    assert told["record"]["vic_TraffickingStatus"] == "NotAVictimOfTrafficking"
    assert "vic_TypeOfExploitation" not in told["record"]
    assert ("outcome", "other_offence_262b") in unmapped(told), "it has a code, and something is lost in it"


async def test_forms_are_those_of_the_decision_and_only_without_any_those_suspected(havn: World) -> None:
    suspected = CMM_DECIDES | {"suspected_forms": ["FORCED_LABOUR"]}
    found, silent = await open_case(havn, suspected), await open_case(havn, suspected)
    await found.decide(exploitation_forms=["FORCED_CRIMINALITY", "SEXUAL"])
    await silent.decide(outcome="insufficient_basis")
    assert (await export(found))["record"]["vic_TypeOfExploitation"] == ["Other", "SexualExploitation"]
    assert (await export(silent))["record"]["vic_TypeOfExploitation"] == ["ForcedLabour"]


async def test_a_sign_counts_as_it_was_last_answered(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    await observe(case, papers_held="yes", debt_bondage="no", bad_housing="unknown")
    assert (await export(case))["record"]["vic_MethodsOfControl"] == ["WithholdsDocuments"]
    await observe(case, papers_held="no", debt_bondage="yes")
    told = await export(case)
    assert told["record"]["vic_MethodsOfControl"] == ["DebtBondage"]
    assert not {value for field, value in unmapped(told) if field == "indicator"}


async def test_support_is_exported_a_kind_once_and_what_has_no_code_is_listed(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    await case.decide()
    for kind in ("doctor", "midwife", "contact_person", "doctor", "home_country_contact"):
        await done(case.post("/support-measures", MEASURE | {"kind": kind}), 201)
    told = await export(case)
    assert told["record"]["spl_Type"] == ["SocialCare", "Health"]
    assert {value for field, value in unmapped(told) if field == "support_kind"} == {"home_country_contact"}
    assert "Karla" not in str(told)


async def test_a_closed_case_is_a_closed_one_in_the_standard_too(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    await case.decide()
    assert (await export(case))["record"]["cas_Status"] == "FollowUp"
    await close(case)
    told = await export(case)
    assert told["record"]["cas_Status"] == "Closed"
    assert not {value for field, value in unmapped(told) if field == "status"}
