"""Whoever knows a person by a merged case alone is let know under that one, and learns of no other."""

from typing import Any

import pytest

from tests.identification.builders import CMM_DECIDES, listed, open_case
from tests.identification.finding.people import Met
from tests.world import World

BY_CONSENT = {"recipient": "hopenow", "purpose": "support", "scope": ["status", "outcome", "person"], "method": "oral"}
BY_LAW = {
    "recipient": "hopenow",
    "purpose": "support",
    "fields": ["status"],
    "legal_basis": "danger_to_life",
    "reason": "He has said that he will come.",
}


@pytest.mark.row(14)
@pytest.mark.parametrize(("path", "body"), [("/consents", BY_CONSENT), ("/disclosures", BY_LAW)])
async def test_what_cmm_lets_a_sender_know_is_let_know_under_its_own_case(
    havn: World, path: str, body: dict[str, Any]
) -> None:
    """Side by side with a case of the same sender that nobody has merged."""
    known = Met(havn, (await open_case(havn, CMM_DECIDES, sender="reden")).id, [])
    own, alone = [Met(havn, (await open_case(havn, CMM_DECIDES, sender="hopenow")).id, []) for _ in range(2)]
    assert (await own.merge(known)).status_code == 200
    for case in (known, alone):
        said = await case.post(path, body)
        assert said.status_code == 201, said.text
    assert {each["case_id"] for each in await listed(havn, "hopenow")} == {own.id, alone.id}
    hopenow = havn.partner("hopenow")
    assert (await hopenow.get(known.path)).status_code == 404
    for part in ("", "/status", "/person", "/timeline"):
        seen = [
            (await hopenow.get(f"{case.path}{part}", purpose="support")).text.replace(case.id, "it")
            for case in (own, alone)
        ]
        assert _undated(seen[0]) == _undated(seen[1]), part
    events = (await hopenow.get("/identification/v1/events", limit=100)).json()["items"]
    assert known.id not in str(events)
    listed_by_cmm = (await havn.partner("cmm").get(f"{known.path}{path}", purpose="support")).json()["items"]
    assert [each["recipient"] for each in listed_by_cmm].count("hopenow") >= 1


def _undated(text: str) -> str:
    """Without what was said at another instant, or is counted."""
    return "".join(
        each for each in text.split(",") if "_at" not in each and "as_of" not in each and "trace" not in each
    )
