"""Where the table says `needs_review`, a lawyer of CMM settles who decides, with a reason."""

from tests.identification.builders import CMM_DECIDES, NEEDS_REVIEW, US_DECIDES, open_case
from tests.world import World

TO_US = {"authority": "US", "reason": "The special act ended for her in January."}


async def test_a_lawyers_answer_is_kept_beside_the_rule(havn: World) -> None:
    case = await open_case(havn, NEEDS_REVIEW)
    told = await case.details()
    assert (told["routing"]["authority"], told["routing"]["rule"], told["deciding_authority"]) == (
        "needs_review",
        "R7",
        None,
    )
    settled = await case.post("/route", TO_US, role="lawyer")
    assert settled.status_code == 200, settled.text
    told = await case.details()
    assert told["routing"] == settled.json()
    assert (told["routing"]["authority"], told["routing"]["rule"], told["routing"]["settled_by"]) == ("US", "R7", "cmm")
    assert told["routing"]["why"] == "The table leaves it open; a lawyer of CMM has settled that US decides."
    assert told["deciding_authority"] == "US"
    assert (await case.get(by="us")).json() == told, "US decides now, and sees the case"
    _, last = await havn.events("identification", "case-routed")
    assert (last["authority"], last["settled_by"]) == ("US", "cmm")


async def test_the_reason_is_sealed(havn: World) -> None:
    case = await open_case(havn, NEEDS_REVIEW)
    await case.post("/route", TO_US, role="lawyer")
    (row,) = await havn.sql("identification", "SELECT settlement FROM case_file")
    assert row["settlement"] is not None
    assert b"special act" not in row["settlement"]


async def test_only_a_lawyer_and_only_cmms_settles(havn: World) -> None:
    case = await open_case(havn, NEEDS_REVIEW)
    for role in ("caseworker", "decider"):
        assert (await case.post("/route", TO_US, role=role)).status_code == 403
    assert (await case.post("/route", TO_US, by="politi-oestjylland", role="lawyer")).status_code == 403
    await case.settle("US")
    refused = await case.post("/route", {"authority": "CMM", "reason": "Theirs."}, by="us", role="lawyer")
    assert refused.status_code == 403
    assert refused.json()["type"].endswith("/NotACentresLawyer")


async def test_what_the_table_has_found_is_not_settled(havn: World) -> None:
    for person in (CMM_DECIDES, US_DECIDES):
        refused = await (await open_case(havn, person)).post("/route", TO_US, role="lawyer")
        assert refused.status_code == 409
        assert refused.json()["type"].endswith("/NothingToSettle")


async def test_it_is_settled_for_cmm_or_us_with_a_reason(havn: World) -> None:
    case = await open_case(havn, NEEDS_REVIEW)
    for body in (
        {"authority": "COURT", "reason": "?"},
        {"authority": "needs_review", "reason": "?"},
        {"authority": "US"},
    ):
        assert (await case.post("/route", body, role="lawyer")).status_code == 422


async def test_a_settlement_may_be_changed_until_the_decision(havn: World) -> None:
    case = await open_case(havn, NEEDS_REVIEW)
    await case.settle("US")
    await case.settle("CMM")
    assert (await case.get(by="us")).status_code == 404, "US no longer decides, and has no part in it"
    await case.decide("CMM")
    refused = await case.post("/route", TO_US, role="lawyer")
    assert refused.status_code == 409
    assert refused.json()["type"].endswith("/CaseIsDecided")


async def test_settling_a_stale_copy_is_refused(havn: World) -> None:
    case = await open_case(havn, NEEDS_REVIEW)
    seen = await case.etag()
    assert (await case.post("/route", TO_US, role="lawyer", if_match=seen)).status_code == 200
    assert (await case.post("/route", TO_US, role="lawyer", if_match=seen)).status_code == 412
