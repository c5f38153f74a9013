"""SC08 as far as identification goes: a Hungarian woman in clarification, who then declines everything."""

from tests.identification.builders import name_of, open_case
from tests.world import World

POLICE = "politi-koebenhavn"
PERSON = {
    "stated_age": 33, "age_basis": "stated", "gender": "woman", "citizenships": ["HUN"],
    "residence_basis": "eu_right_of_residence", "suspected_forms": ["SEXUAL"],
}  # fmt: skip


async def test_sc08_from_the_hotline_to_a_declined_identification(havn: World) -> None:
    await havn.set_clock("2026-06-08T10:00:00+02:00")
    hotline = {"channel": "hotline", "occurred_at": "2026-06-08T09:40:00+02:00"}
    case = await open_case(havn, PERSON, sender="cmm", **hotline)
    assert (await case.details())["routing"]["rule"] == "R4"
    await havn.set_clock("2026-06-10T10:00:00+02:00")
    await case.interview("2026-06-10T09:00:00+02:00", language="hun", interpreter=True)
    assert (await case.details())["status"] == "clarification"
    for org in (POLICE, "us", "hopenow"):
        answer = await case.get("/status", by=org, purpose="investigation")
        assert name_of(answer) == (404, "NotFound"), "whom nothing was shared with, for them there is no case"

    await havn.set_clock("2026-06-19T10:00:00+02:00")
    declined = await case.try_deciding("CMM", "declined", decided_on="2026-06-19", if_match=await case.etag())
    assert declined.status_code == 201, declined.text
    told = await case.details()
    assert (told["status"], told["identification_pending"]) == ("decided", False)
    assert [(each["outcome"], each["exploitation_forms"]) for each in told["decisions"]] == [("declined", [])]
    refused = await case.post("/periods", {"requested_on": "2026-06-19"})
    assert name_of(refused) == (409, "NothingGrantsAPeriod")
