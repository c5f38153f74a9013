"""Rights explained: what the person was told, when, in which language, and what is still to be told."""

import pytest

from tests.identification.builders import CMM_DECIDES, US_DECIDES, name_of, open_case
from tests.world import World

AT = "2026-03-03T10:00:00+01:00"


async def test_what_was_explained_is_kept_and_what_was_not_is_named(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    told = {
        "explained_at": AT,
        "rights": ["reflection_period", "support"],
        "language": "tha",
        "interpreter": "Mrs Suda",
    }
    first = await case.post("/rights-explained", told | {"method": "both", "note": "She asked about her sister."})
    assert first.status_code == 201, first.text
    assert first.json()["not_yet_explained"] == [
        "legal_aid",
        "interpreter",
        "confidentiality",
        "consent",
        "complaint",
        "return",
        "asylum",
    ]
    second = await case.post("/rights-explained", {"explained_at": AT, "rights": ["return", "support", "other"]})
    assert "support" not in second.json()["not_yet_explained"]
    assert "other" not in second.json()["not_yet_explained"]
    assert "return" not in second.json()["not_yet_explained"]

    page = (await case.get("/rights-explained", purpose="support")).json()
    assert [item["rights"] for item in page["items"]] == [
        ["reflection_period", "support"],
        ["return", "support", "other"],
    ]
    found = page["items"][0]
    assert (found["interpreter"], found["note"]) == ("Mrs Suda", "She asked about her sister.")
    assert (found["with_interpreter"], found["language"], found["method"]) == (True, "tha", "both")
    assert (page["items"][1]["method"], page["items"][1]["with_interpreter"]) == ("oral", False)


async def test_an_explanation_is_an_event_without_words_and_sealed_at_rest(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    said = {"explained_at": AT, "rights": ["support"], "interpreter": "Mrs Suda", "note": "She asked about her sister."}
    assert (await case.post("/rights-explained", said)).status_code == 201
    (event,) = await havn.events("identification", "rights-explained")
    assert event["with_interpreter"] is True
    (row,) = await havn.sql("identification", "SELECT * FROM rights_explanation")
    assert b"Suda" not in row["account"]
    assert b"sister" not in row["account"]
    assert "sister" not in str(event)


async def test_explaining_moves_the_case_nowhere(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    await case.post("/rights-explained", {"explained_at": AT, "rights": ["support"]})
    assert (await case.details())["status"] == "referred"


@pytest.mark.parametrize(
    "wrong",
    [
        {"explained_at": AT},
        {"explained_at": AT, "rights": []},
        {"explained_at": AT, "rights": ["to_silence"]},
        {"explained_at": "today", "rights": ["support"]},
        {"explained_at": AT, "rights": ["support"], "method": "song"},
        {"explained_at": AT, "rights": ["support"], "interpreter": 1},
    ],
)
async def test_an_explanation_that_says_too_little_or_too_much_is_refused(
    havn: World, wrong: dict[str, object]
) -> None:
    case = await open_case(havn, CMM_DECIDES)
    assert (await case.post("/rights-explained", wrong)).status_code == 422
    assert (await case.get("/rights-explained", purpose="support")).json()["items"] == []


async def test_only_those_who_work_on_the_case_record_and_read_it(havn: World) -> None:
    case = await open_case(havn, US_DECIDES)
    said = {"explained_at": AT, "rights": ["support"]}
    for org, status in {"us": 201, "cmm": 201, "politi-oestjylland": 403, "anklagemyndigheden": 404}.items():
        assert (await case.post("/rights-explained", said, by=org)).status_code == status, org
    for org, status in {"us": 200, "politi-oestjylland": 404, "reden": 404}.items():
        assert (await case.get("/rights-explained", by=org, purpose="support")).status_code == status, org
    assert name_of(await case.get("/rights-explained")) == (400, "PurposeMissing")


async def test_nothing_is_explained_in_a_stale_case(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    seen = await case.etag()
    said = {"explained_at": AT, "rights": ["support"]}
    assert (await case.post("/rights-explained", said, if_match=seen)).status_code == 201
    assert (await case.post("/rights-explained", said, if_match=seen)).status_code == 412


async def test_the_read_stands_in_the_audit_with_its_purpose(havn: World) -> None:
    case = await open_case(havn, CMM_DECIDES)
    await case.get("/rights-explained", purpose="legal")
    (row,) = await havn.sql("identification", "SELECT purpose, org FROM audit WHERE operation = 'rights.list'")
    assert (row["purpose"], row["org"]) == ("legal", "cmm")
