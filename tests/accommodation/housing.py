"""What the tests of accommodation tell their stories with: cases that identification told of, shelters, requests, offers."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import httpx

from shared.contract.codes import AgeGroup, Authority, Channel, Gender, Outcome, ResidenceBasis
from shared.contract.directory import supervision_of
from shared.contract.events import CaseEvent, CaseOpened, CaseRouted, DecisionMade, PartyEnded
from shared.contract.municipalities import MUNICIPALITIES
from shared.dev.clock import DevelopmentClock
from shared.messaging.messages import Message
from tests.shared.lone_service import message_of
from tests.world import World

NOW = "2026-03-09T12:00:00+01:00"
LATER = "2026-03-10T12:00:00+01:00"
SHELTER: dict[str, Any] = {
    "name": "Havnehuset",
    "kind": "crisis_centre",
    "region": "1082",
    "municipality": "0751",
    "address": "Opdigtet Vej 7, 8000 Aarhus C",
    "contact": "Vagten, +45 00 00 00 07",
    "secret_address": False,
    "languages": ["dan", "eng", "tha"],
    "accepts": {"genders": ["woman"], "minors": False, "families": True, "wheelchair": True, "lgbt_safe": True},
}
APPROVAL = {
    "supervision": "socialtilsyn-midt",
    "reference": "Godkendelse 17",
    "valid_from": "2026-01-01",
    "valid_until": "2027-01-01",
}


@dataclass(frozen=True)
class Shelter:
    facility_id: str
    place_ids: tuple[str, ...]

    @property
    def place_id(self) -> str:
        return self.place_ids[0]


@dataclass
class Housing:
    """The story's doings; each answers with what the API said, or with ids where it must have gone well."""

    havn: World
    _told: Counter[UUID] = field(default_factory=Counter)
    _labels: int = 0
    _supervisions: dict[str, str] = field(default_factory=dict)

    def next_message(self, event: CaseEvent) -> Message:
        self._told[UUID(event.key)] += 1
        return message_of(event, self._told[UUID(event.key)])

    async def tell(self, *events: CaseEvent) -> None:
        """Identification tells these, in order."""
        messages = [self.next_message(event) for event in events]
        await self.havn.application.workers["accommodation"].consumer.deliver(messages)

    def move_clock(self, moment: str) -> None:
        """Only the clock moves: nothing that is due is done."""
        clock = self.havn.application.platform.clock
        assert isinstance(clock, DevelopmentClock)
        clock.set(datetime.fromisoformat(moment))

    async def case(
        self,
        gender: Gender = Gender.WOMAN,
        basis: ResidenceBasis = ResidenceBasis.VISA,
        *,
        age_group: AgeGroup = AgeGroup.ADULT,
        referred_by: str | None = "politi-oestjylland",
        routed_to: Authority | None = None,
        municipality: str | None = "0751",
    ) -> str:
        """A case of which identification has told."""
        opened = opening(gender, basis, age_group=age_group, referred_by=referred_by, municipality=municipality)
        await self.tell(opened)
        if routed_to:
            await self.tell(routing(opened.case_id, routed_to))
        return str(opened.case_id)

    async def facility(self, operator: str = "reden", **changes: Any) -> str:
        accepts = SHELTER["accepts"] | changes.pop("accepts", {})
        body = SHELTER | {"accepts": accepts, "region": None} | changes
        registered = await self.havn.partner(operator).post("/accommodation/v1/facilities", body)
        assert registered.status_code == 201, registered.text
        facility_id = str(registered.json()["facility_id"])
        self._supervisions[facility_id] = supervision_of(MUNICIPALITIES[body["municipality"]].region)
        return facility_id

    async def place(self, facility_id: str, **changes: Any) -> str:
        self._labels += 1
        added = await self.havn.partner("cmm").post(
            f"/accommodation/v1/facilities/{facility_id}/places",
            {"label": f"Vest {self._labels}", "kind": "ordinary"} | changes,
        )
        assert added.status_code == 201, added.text
        return str(added.json()["place_id"])

    async def approve(self, facility_id: str, **changes: Any) -> None:
        """By the supervision of its region."""
        changes = {"supervision": self._supervisions.get(facility_id, APPROVAL["supervision"])} | changes
        approved = await self.havn.partner("cmm").post(
            f"/accommodation/v1/facilities/{facility_id}/approvals", APPROVAL | changes
        )
        assert approved.status_code == 201, approved.text

    async def shelter(self, places: int = 1, operator: str = "reden", **changes: Any) -> Shelter:
        """An approved facility with that many ordinary places."""
        facility_id = await self.facility(operator, **changes)
        await self.approve(facility_id)
        return Shelter(facility_id, tuple([await self.place(facility_id) for _ in range(places)]))

    async def ask(self, case_id: str, org: str = "cmm", **body: Any) -> httpx.Response:
        """Ask for a place from 2026-03-09 on."""
        return await self.havn.partner(org).post(
            "/accommodation/v1/placement-requests", {"case_id": case_id, "from_on": "2026-03-09"} | body
        )

    async def request(self, case_id: str, org: str = "cmm", **body: Any) -> str:
        asked = await self.ask(case_id, org, **body)
        assert asked.status_code == 201, asked.text
        return str(asked.json()["request_id"])

    async def matches(self, request_id: str, org: str = "cmm") -> dict[str, Any]:
        found = await self.havn.partner(org).get(f"/accommodation/v1/placement-requests/{request_id}/matches")
        assert found.status_code == 200, found.text
        answer: dict[str, Any] = found.json()
        return answer

    async def offer(
        self, request_id: str, place_id: str, org: str = "cmm", expires_at: str = LATER, **more: Any
    ) -> httpx.Response:
        return await self.havn.partner(org, subject=more.pop("subject", None)).post(
            f"/accommodation/v1/placement-requests/{request_id}/offers",
            {"place_id": place_id, "expires_at": expires_at} | more,
        )

    async def held(self, case_id: str, place_id: str, org: str = "cmm", *, asks: str | None = None, **body: Any) -> str:
        """An offer that holds the place for a new request of who `asks`."""
        offered = await self.offer(await self.request(case_id, asks or org, **body), place_id)
        assert offered.status_code == 201, offered.text
        return str(offered.json()["offer_id"])

    async def answer(self, offer_id: str, step: str, org: str = "reden", **headers: str) -> httpx.Response:
        body = {"reason": "The room is being painted."} if step == "decline" else None
        return await self.havn.partner(org).post(f"/accommodation/v1/offers/{offer_id}/{step}", body, **headers)

    async def booked(self, case_id: str, place_id: str, org: str = "cmm", operator: str = "reden", **body: Any) -> str:
        """A placement, booked."""
        accepted = await self.answer(await self.held(case_id, place_id, org, **body), "accept", operator)
        assert accepted.status_code == 200, accepted.text
        return str(accepted.json()["placement_id"])

    async def there(self, case_id: str, place_id: str, *, arrived_at: str | None = None, **body: Any) -> str:
        """A placement whose person has come."""
        placement_id = await self.booked(case_id, place_id, **body)
        came = await self.step(placement_id, "arrive", body={"arrived_at": arrived_at})
        assert came.status_code == 200, came.text
        return placement_id

    async def step(
        self, placement_id: str, step: str, org: str = "reden", body: dict[str, Any] | None = None, **headers: str
    ) -> httpx.Response:
        return await self.havn.partner(org).post(f"/accommodation/v1/placements/{placement_id}/{step}", body, **headers)


def opening(
    gender: Gender = Gender.WOMAN,
    basis: ResidenceBasis = ResidenceBasis.VISA,
    *,
    age_group: AgeGroup = AgeGroup.ADULT,
    referred_by: str | None = "politi-oestjylland",
    municipality: str | None = "0751",
) -> CaseOpened:
    return CaseOpened(
        case_id=uuid4(),
        occurred_at=datetime(2026, 3, 2, 9, 30, tzinfo=UTC),
        opened_on=date(2026, 3, 2),
        channel=Channel.POLICE_OPERATION,
        referral_id=uuid4(),
        subject_id=uuid4(),
        referred_by=referred_by,
        municipality=municipality,
        gender=gender,
        age_group=age_group,
        citizenships=("THA",),
        residence_basis=basis,
    )


def routing(case_id: UUID | str, authority: Authority) -> CaseRouted:
    return CaseRouted(
        case_id=UUID(str(case_id)),
        occurred_at=datetime.now(UTC),
        authority=authority,
        rule="R6",
        table_version="routing-2021",
        settled_by=None,
    )


def decision(
    case_id: UUID | str,
    authority: Authority = Authority.CMM,
    outcome: Outcome = Outcome.ASSESSED_TRAFFICKED,
    legal_status: ResidenceBasis = ResidenceBasis.VISA,
) -> DecisionMade:
    return DecisionMade(
        case_id=UUID(str(case_id)),
        occurred_at=datetime.now(UTC),
        decision_id=uuid4(),
        authority=authority,
        outcome=outcome,
        exploitation_forms=(),
        decided_on=date(2026, 3, 9),
        legal_status=legal_status,
    )


def part_ended(case_id: UUID | str, org: str) -> PartyEnded:
    return PartyEnded(case_id=UUID(str(case_id)), occurred_at=datetime.now(UTC), organisation=org)


def rules_of(refused: httpx.Response) -> list[str]:
    """The rules for which a place was refused."""
    assert (refused.status_code, problem(refused)) == (409, "PlaceDoesNotFit"), refused.text
    assert all(rule["why"] and rule["why_da"] for rule in refused.json()["rules"])
    return [rule["rule"] for rule in refused.json()["rules"]]


def problem(answer: httpx.Response) -> str:
    """The name at the end of the problem's type."""
    return str(answer.json()["type"]).rsplit("/", 1)[-1]
