"""A case's history: what happened, in order, by whom, without personal data."""

from services.identification.overview import timeline
from shared.contract.events import EVENTS
from tests.identification.builders import NEEDS_REVIEW, open_case
from tests.world import World


async def test_the_timeline_tells_the_life_of_a_case_in_order(havn: World) -> None:
    await havn.set_clock("2026-03-02T10:00:00+01:00")
    person = NEEDS_REVIEW | {"given_name": "Malee", "identifiers": [{"type": "x_ecpr", "value": "1405981AB2"}]}
    case = await open_case(havn, person)
    await case.settle("US")
    await open_case(havn, {"identifiers": person["identifiers"]}, sender="hopenow")  # a case and a history of its own
    await havn.set_clock("2026-03-09T10:00:00+01:00")
    await case.interview("2026-03-09T09:00:00+01:00", summary="Malee told of the bakery.")
    first = await case.decide("US", "insufficient_basis")
    replaced = await case.try_deciding("US", replaces=first)
    assert replaced.status_code == 201
    period = await case.grant(by="us")
    extension = {"until": "2026-04-20", "reason": "special_reasons", "note": "Malee is ill."}
    await case.post(f"/periods/{period['period_id']}/extensions", extension)
    told = await case.get("/timeline")
    items = told.json()["items"]
    assert [(item["kind"], item["actor_org"]) for item in items] == [
        ("case-opened", "havn"),
        ("case-routed", "havn"),
        ("case-routed", "cmm"),
        ("interview-held", "cmm"),
        ("recommendation-made", "cmm"),
        ("decision-made", "us"),
        ("decision-made", "us"),
        ("decision-replaced", "us"),
        ("period-granted", "us"),
        ("period-extended", "cmm"),
    ]
    assert items[0]["at"] == "2026-03-02T09:00:00Z"
    assert items[6]["summary"] == "US decided assessed_trafficked on 2026-03-09."
    assert items[8]["summary"] == (
        "A reflection period was granted from 2026-03-09 to 2026-04-08, at most to 2026-07-07."
    )
    for word in ("Malee", "bakery", "1405981AB2"):
        assert word not in told.text
    assert (await case.get("/timeline", by="us")).json() == told.json()


async def test_reading_the_timeline_is_kept(havn: World) -> None:
    case = await open_case(havn, NEEDS_REVIEW)
    await case.get("/timeline")
    (kept,) = await havn.sql("identification", "SELECT org, subject_id FROM audit WHERE operation = 'case.timeline'")
    assert (kept["org"], str(kept["subject_id"])) == ("cmm", case.id)


def test_every_event_of_a_case_has_a_sentence() -> None:
    told = {event.name for event in EVENTS.values() if event.__module__ == "shared.contract.events.identification"}
    assert told == timeline._SENTENCES.keys()
