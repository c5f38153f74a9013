"""Canaries: 200 secret facilities with planted names, addresses and contacts, lived in for a while. None of them is found in an
answer to who may not know, an event, a column, a log line, a span, a metric or an error, however it is written."""

import io
from typing import Any

import httpx
import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from services.everything import SERVICES
from shared.contract.codes import Authority, ResidenceBasis
from shared.contract.roles import Assurance
from shared.messaging.messages import Message
from tests.accommodation.housing import Housing, Shelter
from tests.shared.leaks import leaks, stored_values
from tests.shared.test_leaks import on_the_bus, spans, stderr  # noqa: F401
from tests.world import World

FACILITIES = 200
PLANTED = ("Kanarieborg", "Kanariestien", "Kanarievagten", "Kanariestuen", "Kanariebrevet")
"""Each stands in every planted name, address or contact (or label, or letter), so that whoever finds none of these has found no
canary."""
OUTSIDERS = ("us", "hopenow", "politi-oestjylland", "kommune-0751", "socialtilsyn-syd", "roede-kors")
API = "/accommodation/v1"


async def plant(housing: Housing) -> list[Shelter]:
    """The secret facilities; some have an approval and a place."""
    found = []
    for number in range(FACILITIES):
        planted: dict[str, Any] = {
            "name": f"Kanarieborg {number:03}",
            "address": f"Kanariestien {number:03}, 8000 Aarhus C",
            "contact": f"Kanarievagten {number:03}",
            "secret_address": True,
        }
        found.append(
            await housing.shelter(1, **planted) if number < 6 else Shelter(await housing.facility(**planted), ())
        )
    return found


async def live(housing: Housing, shelters: list[Shelter]) -> list[str]:
    """People come, move, stay longer, do not come, and leave; gives their cases."""
    cases = [
        await housing.case(basis=ResidenceBasis.NO_LEGAL_STAY, routed_to=Authority.US, referred_by="hopenow")
        for _ in range(4)
    ]
    first = await housing.there(cases[0], shelters[0].place_id, to_on="2026-03-20")
    second = await housing.there(cases[1], shelters[1].place_id, to_on="2026-03-20")
    third = await housing.booked(cases[2], shelters[2].place_id)
    await housing.step(third, "no-show")
    await housing.held(cases[3], shelters[3].place_id)
    await housing.step(first, "extend", body={"to_on": "2026-03-25", "reason": "Kanariestien is quiet."})
    reden = housing.havn.partner("reden", subject="Anna")
    closed = {"from_on": "2026-04-01", "reason": "Kanariestuen is being painted."}
    assert (await reden.post(f"{API}/places/{shelters[4].place_id}/out-of-service", closed)).status_code == 201
    await housing.place(shelters[5].facility_id, label="Kanariestuen")
    await housing.approve(shelters[5].facility_id, reference="Kanariebrevet")
    why = {"reason": "Nobody is at Kanarieborg at night."}
    assert (await reden.put(f"{API}/placements/{second}/long-stay", why, if_match="*")).status_code == 200
    await housing.havn.set_clock("2026-03-12T20:00:00+01:00")
    moved = await housing.step(first, "move", body={"reason": "safety"})
    assert moved.status_code == 200, moved.text
    left = await housing.step(second, "leave", body={"reason": "Kanarieborg was not safe.", "disappeared": True})
    assert left.status_code == 200, left.text
    await housing.havn.set_clock("2026-03-25T12:00:00+01:00")
    await housing.havn.settled()
    return cases


async def ask_everything(havn: World, shelters: list[Shelter], cases: list[str]) -> list[httpx.Response]:
    """What those who may not know are answered, wherever they can ask; errors of who may are among it."""
    asked = [f"{API}/facilities/{each.facility_id}" for each in shelters[:12]]
    asked += [f"{each}/{part}" for each in asked[:2] for part in ("places", "approvals", "reveals", "night")]
    asked += [f"{API}/{part}" for part in ("facilities", "offers", "deadlines", "notices", "placement-requests")]
    asked += [f"{API}/{part}" for part in ("waiting-list", "move-proposals", "long-stays?over=0", "placements")]
    asked += [f"{API}/availability?from=2026-03-25", f"{API}/occupancy", f"{API}/forecast"]
    asked += [f"{API}/costs?from=2026-03-01&to=2026-04-01"]
    asked += [f"{API}/placements?case_id={case_id}" for case_id in cases]
    outsiders = [havn.partner(org, assurance=Assurance.HIGH) for org in OUTSIDERS]
    answers = [
        await partner.get(f"{path}{'&' if '?' in path else '?'}purpose=accommodation")
        for partner in outsiders
        for path in asked
    ]
    reden = havn.partner("reden")
    bodies: list[Any] = [
        {"name": "Kanarieborg", "address": "Kanariestien"},
        {"address": ["Kanariestien"]},
        "Kanarieborg",
    ]
    refused = [await reden.post(f"{API}/facilities", body) for body in bodies]
    refused += [
        await reden.get(f"{API}/facilities/Kanarieborg"),
        await reden.get(f"{API}/offers", status="Kanariestien", cursor="Kanariestien"),
    ]
    assert [each.status_code for each in refused if each.status_code < 400] == []
    return answers + refused


@pytest.mark.row(66)
async def test_no_canary_is_found_anywhere(
    havn: World,
    housing: Housing,
    stderr: io.StringIO,  # noqa: F811
    spans: InMemorySpanExporter,  # noqa: F811
    on_the_bus: list[Message],  # noqa: F811
) -> None:
    shelters = await plant(housing)
    cases = await live(housing, shelters)
    answers = await ask_everything(havn, shelters, cases)
    ids = [*(each.facility_id for each in shelters), *(place for each in shelters for place in each.place_ids)]

    told = b"\n".join(answer.content + str(answer.headers).encode() for answer in answers)
    assert leaks(told, PLANTED) == []
    assert [each for each in ids if each.encode() in told] == []

    bus = b"\n".join(message.value + f"|{message.key}|{message.id}|{message.topic}".encode() for message in on_the_bus)
    assert len(on_the_bus) > FACILITIES, "every facility has recorded that it changed"
    assert leaks(bus, PLANTED) == []
    assert [each for each in ids if each.encode() in bus] == []

    for service in (each.name for each in SERVICES):
        values = b"\n".join(value for _, value in await stored_values(havn, service))
        assert leaks(values, PLANTED) == [], f"in the clear in a column of {service}"
        metrics = (await havn.client.get(f"/{service}/metrics")).content
        assert leaks(metrics, PLANTED) == []
        assert [each for each in ids if each.encode() in metrics] == []
    assert leaks(stderr.getvalue().encode(), PLANTED) == []
    assert leaks("\n".join(span.to_json() for span in spans.get_finished_spans()).encode(), PLANTED) == []

    shown = await havn.partner("reden", assurance=Assurance.HIGH).get(
        f"{API}/facilities/{shelters[199].facility_id}", purpose="accommodation"
    )
    assert shown.json()["address"] == "Kanariestien 199, 8000 Aarhus C", "who may know finds it: nothing was forgotten"
