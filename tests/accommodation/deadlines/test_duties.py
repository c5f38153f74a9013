"""For every deadline of every organisation, the one for whom it runs reaches what it is about and is done with it through Havn
(docs/rules.md, duty-1). Of identification's the same is shown in tests/identification/deadlines/test_duties.py."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import httpx

from services.accommodation.deadlines.codes import HousingDeadline
from shared.contract.codes import Authority, ResidenceBasis
from shared.contract.events import CustodyBegan
from tests.accommodation.deadlines.test_deadlines import deadlines
from tests.accommodation.housing import APPROVAL, NOW, Housing
from tests.world import Partner, World

PLACEMENTS, OFFERS = "/accommodation/v1/placements", "/accommodation/v1/offers"
POLICE = "politi-oestjylland"
Item = Mapping[str, Any]
Finish = Callable[[Partner, Item], Awaitable[httpx.Response]]


async def _reached(partner: Partner, path: str, name: str, item: Item) -> None:
    """What the deadline names is among what the organisation reads."""
    page = await partner.get(path, purpose="accommodation", limit=100)
    assert page.status_code == 200, page.text
    assert item[name] in {each[name] for each in page.json()["items"]}, (path, item)


async def _notify(partner: Partner, item: Item) -> httpx.Response:
    await _reached(partner, "/accommodation/v1/notices", "notice_id", item)
    return await partner.post(f"/accommodation/v1/notices/{item['notice_id']}/give")


async def _approve(partner: Partner, item: Item) -> httpx.Response:
    page = await partner.get("/accommodation/v1/facilities", limit=100)
    assert item["facility_id"] in {each["facility_id"] for each in page.json()["items"]}
    anew = APPROVAL | {"valid_from": "2026-03-09", "valid_until": None}
    return await partner.post(f"/accommodation/v1/facilities/{item['facility_id']}/approvals", anew)


async def _accept(partner: Partner, item: Item) -> httpx.Response:
    await _reached(partner, OFFERS, "offer_id", item)
    return await partner.post(f"{OFFERS}/{item['offer_id']}/accept")


async def _withdraw(partner: Partner, item: Item) -> httpx.Response:
    await _reached(partner, "/accommodation/v1/placement-requests", "request_id", item)
    return await partner.post(
        f"/accommodation/v1/placement-requests/{item['request_id']}/withdraw", {"reason": "She has a flat."}
    )


async def _leave(partner: Partner, item: Item) -> httpx.Response:
    await _reached(partner, PLACEMENTS, "placement_id", item)
    return await partner.post(f"{PLACEMENTS}/{item['placement_id']}/leave", {"reason": "A flat of her own."})


async def _did_not_come(partner: Partner, item: Item) -> httpx.Response:
    await _reached(partner, PLACEMENTS, "placement_id", item)
    return await partner.post(f"{PLACEMENTS}/{item['placement_id']}/no-show", {"on": item["due_on"]})


async def _extend(partner: Partner, item: Item) -> httpx.Response:
    return await partner.post(
        f"{PLACEMENTS}/{item['placement_id']}/extend", {"to_on": "2026-03-20", "reason": "She stays."}
    )


FINISH: Final[Mapping[HousingDeadline, Finish]] = {
    HousingDeadline.OFFER_EXPIRY: _accept,
    HousingDeadline.REQUEST_WAITING: _withdraw,
    HousingDeadline.NOTICE_110: _notify,
    HousingDeadline.POLICE_PLACEMENT: _extend,
    HousingDeadline.NOT_ARRIVED: _did_not_come,
    HousingDeadline.UNAPPROVED_STAY: _leave,
    HousingDeadline.STAY_END: _leave,
    HousingDeadline.APPROVAL_EXPIRY: _approve,
}
"""How each is done with, by the one for whom it runs."""


def test_every_kind_of_deadline_is_here() -> None:
    assert set(FINISH) == set(HousingDeadline)


async def _deadlines_of_every_kind(havn: World, housing: Housing) -> None:
    shelter = await housing.shelter(places=5)
    await havn.set_clock("2026-03-08T12:00:00+01:00")
    await housing.booked(await housing.case(), shelter.place_ids[4], from_on="2026-03-08", to_on="2026-03-14")
    await havn.set_clock(NOW)
    await housing.held(await housing.case(), shelter.place_ids[0])
    await housing.request(await housing.case())
    await housing.there(await housing.case(), shelter.place_ids[1], to_on="2026-03-12")
    hostel = await housing.shelter(kind="hostel_110")
    await housing.there(await housing.case(), hostel.place_id, to_on="2026-03-14")
    unapproved = await housing.shelter()
    await housing.there(await housing.case(), unapproved.place_id, to_on="2026-03-14")
    approvals = f"/accommodation/v1/facilities/{unapproved.facility_id}/approvals"
    (approval,) = (await havn.partner("cmm").get(approvals)).json()["items"]
    ended = await havn.partner("cmm").post(
        f"{approvals}/{approval['approval_id']}/end", {"on": "2026-03-09", "reason": "The fire exits are blocked."}
    )
    assert ended.status_code == 200, ended.text
    await housing.approve(await housing.facility(secret_address=True), valid_until="2026-03-31")
    of_us = {"basis": ResidenceBasis.NO_LEGAL_STAY, "routed_to": Authority.US, "referred_by": POLICE}
    held = await housing.case(**of_us)
    since = datetime.fromisoformat("2026-03-09T03:00:00+01:00")
    await housing.tell(CustodyBegan(case_id=UUID(held), occurred_at=since, since=since))
    offered = await housing.offer(await housing.request(held, POLICE), shelter.place_ids[2], POLICE)
    assert offered.status_code == 201, offered.text
    accepted = await housing.answer(offered.json()["offer_id"], "accept")
    assert (await housing.step(accepted.json()["placement_id"], "arrive")).status_code == 200


async def test_whoever_has_a_deadline_reaches_what_it_is_about_and_is_done_with_it(
    havn: World, housing: Housing
) -> None:
    await _deadlines_of_every_kind(havn, housing)
    assert NOW.startswith("2026-03-09")
    organisations = sorted({each["for_org"] for each in await deadlines(havn, "cmm", limit="100")})
    assert organisations == ["cmm", "reden", "socialtilsyn-midt", "us"]

    async def running(org: str) -> list[dict[str, Any]]:
        found = await deadlines(havn, org, limit="100")
        return [each for each in found if each["for_org"] == org and each["state"] != "done"]

    finished = set[str]()
    for kind, finish in FINISH.items():
        for org in organisations:
            for item in [each for each in await running(org) if each["kind"] == kind]:
                answer = await finish(havn.partner(org), item)
                assert answer.status_code in (200, 201), (org, kind, answer.text)
                assert item not in await running(org), (org, kind)
                finished.add(kind)
    assert finished == set(FINISH)
