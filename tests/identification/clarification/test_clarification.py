"""Clarification: interviews are recorded and counted, and CMM recommends."""

from tests.identification.builders import CMM_DECIDES, NEEDS_REVIEW, US_DECIDES, open_case
from tests.world import World

HELD = "2026-03-03T10:00:00+01:00"


async def test_the_first_interview_begins_the_clarification(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    told = await case.interview(
        HELD, language="tha", interpreter=True, companion="her sister", summary="She fears him."
    )
    assert (told["number"], told["held_in_detention"]) == (1, 0)
    assert (await case.details())["status"] == "clarification"
    (event,) = await havn.events("identification", "interview-held")
    assert (event["with_interpreter"], event["in_detention"]) == (True, False)
    (row,) = await havn.sql("identification", "SELECT * FROM interview")
    assert (row["with_interpreter"], row["with_companion"], row["language"]) == (True, True, "tha")
    assert b"fears" not in row["account"]
    assert b"sister" not in row["account"]


async def test_interviews_are_counted_and_those_in_detention_apart(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    other = await open_case(havn, CMM_DECIDES)
    await other.interview(HELD, in_detention=True)
    for number, (detained, held_so_far) in enumerate([(True, 1), (False, 1), (True, 2)], 1):
        told = await case.interview(HELD, in_detention=detained)
        assert (told["number"], told["held_in_detention"]) == (number, held_so_far)


async def test_an_interview_is_recorded_after_the_decision_too(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    await case.decide()
    assert (await case.interview(HELD))["number"] == 1
    assert (await case.details())["status"] == "decided"


async def test_the_authority_may_hold_an_interview_and_a_referrer_may_not(havn: World) -> None:
    case = await open_case(havn, US_DECIDES)
    for org, status in {"us": 201, "politi-oestjylland": 403, "anklagemyndigheden": 404}.items():
        assert (await case.post("/interviews", {"held_at": HELD}, by=org)).status_code == status, org
    for body in ({}, {"held_at": "yesterday"}, {"held_at": HELD, "interpreter": 1}, {"held_at": HELD, "mood": "low"}):
        assert (await case.post("/interviews", body)).status_code == 422


async def test_cmm_recommends_and_needs_no_interview_for_it(havn: World) -> None:
    case = await open_case(havn, US_DECIDES)
    await case.recommend("insufficient_basis")
    assert (await case.details())["status"] == "recommended"
    (event,) = await havn.events("identification", "recommendation-made")
    assert event["outcome"] == "insufficient_basis"
    (row,) = await havn.sql("identification", "SELECT reasons FROM recommendation")
    assert b"whole picture" not in row["reasons"]


async def test_nobody_else_recommends(havn: World) -> None:
    case = await open_case(havn, US_DECIDES)
    refused = await case.post("/recommendation", {"outcome": "not_trafficked", "reasons": "None."}, by="us")
    assert refused.status_code == 403
    assert refused.json()["type"].endswith("/OnlyTheCentreRecommends")


async def test_nothing_is_recommended_to_an_authority_that_is_not_known(havn: World) -> None:
    case = await open_case(havn, NEEDS_REVIEW)
    body = {"outcome": "assessed_trafficked", "reasons": "The whole picture."}
    assert (await case.post("/recommendation", body)).status_code == 409
    await case.settle("CMM")
    assert (await case.post("/recommendation", body)).status_code == 201


async def test_interviews_are_read_with_what_was_said_and_who_helped(havn: World) -> None:
    case = await open_case(havn, US_DECIDES)
    said = {"interpreter": "Mrs Suda", "companion": True, "representative": "Jens Holm", "summary": "She fears him."}
    await case.interview(HELD, language="tha", in_detention=True, **said)
    await case.interview("2026-03-04T10:00:00+01:00", anonymous=True)
    page = (await case.get("/interviews", purpose="identification")).json()
    assert (page["number"], page["held_in_detention"], page["next_cursor"]) == (2, 1, None)
    first, second = page["items"]
    assert {name: first[name] for name in said} == said | {"companion": None}
    assert (first["with_interpreter"], first["with_companion"], first["with_representative"]) == (True, True, True)
    assert (first["held_by"], first["language"], first["held_at"]) == ("cmm", "tha", "2026-03-03T09:00:00Z")
    assert (second["summary"], second["anonymous"], second["with_representative"]) == (None, True, False)
    short = (await case.get("/interviews", purpose="identification", limit=1)).json()
    assert (len(short["items"]), short["number"]) == (1, 2)
    rest = (await case.get("/interviews", purpose="identification", limit=1, cursor=short["next_cursor"])).json()
    assert [item["interview_id"] for item in rest["items"]] == [second["interview_id"]]


async def test_what_was_said_is_read_for_a_purpose_by_those_who_work_on_the_case(havn: World) -> None:
    case = await open_case(havn, US_DECIDES)
    await case.interview(HELD, summary="She fears him.", representative="Jens Holm")
    (row,) = await havn.sql("identification", "SELECT account FROM interview")
    assert b"Holm" not in row["account"]
    assert (await case.get("/interviews")).status_code == 400
    for org, status in {"us": 200, "politi-oestjylland": 404, "reden": 404, "anklagemyndigheden": 404}.items():
        assert (await case.get("/interviews", by=org, purpose="identification")).status_code == status, org
    rows = await havn.sql("identification", "SELECT org, purpose FROM audit WHERE operation = 'interviews.list'")
    assert [(row["org"], row["purpose"]) for row in rows] == [("us", "identification")]


async def test_if_match_is_honoured(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    seen = await case.etag()
    await case.interview(HELD)
    body = {"outcome": "assessed_trafficked", "reasons": "The whole picture."}
    assert (await case.post("/interviews", {"held_at": HELD}, if_match=seen)).status_code == 412
    assert (await case.post("/recommendation", body, if_match=seen)).status_code == 412
    assert (await case.post("/recommendation", body, if_match=await case.etag())).status_code == 201
