"""SC01 as a client plays it: a raid on a massage clinic in Aarhus. Everybody in it is made up; CPR-like codes can't be real.

`havn demo` tells it line by line, and the journeys of the tests play it on every bus."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

import httpx

Ask = Callable[..., Awaitable[httpx.Response]]
"""`await ask(org, role, method, path, body, if_match=..., assurance=...)` as that organisation."""

CASES: Final = "/identification/v1/cases"
HOUSING: Final = "/accommodation/v1"
PATIENCE_SECONDS: Final = 30.0

REFERRAL: Final[dict[str, Any]] = {
    "recipient": "cmm",
    "kind": "identification",
    "channel": "police_operation",
    "urgency": "urgent",
    "occurred_at": "2026-03-02T09:30:00+01:00",
    "municipality": "0751",
    "in_custody": False,
    "reason": "Fourteen hours a day, passports held, a debt of 150,000 DKK.",
    "safe_contact": "Only through the blue bakery, in the morning.",
    "subjects": [
        {
            "reference": "P01",
            "given_name": "Malee",
            "family_name": "Sukhumwong",
            "stated_age": 24,
            "age_basis": "stated",
            "gender": "woman",
            "citizenships": ["THA"],
            "languages": ["tha"],
            "identifiers": [{"type": "x_ecpr", "value": "1405981AB2"}],
            "residence_basis": "visa",
            "residence_valid_until": "2026-04-01",
            "unpermitted_work": True,
            "suspected_forms": ["SEXUAL"],
            "consents": [{"recipient": "cmm", "purpose": "identification"}],
        },
        {
            "reference": "P02",
            "given_name": "Kanok",
            "stated_age": 31,
            "gender": "woman",
            "citizenships": ["THA"],
            "residence_basis": "visa",
            "residence_valid_until": "2026-05-20",
            "unpermitted_work": True,
        },
        {
            "reference": "P03",
            "stated_age": 27,
            "gender": "woman",
            "citizenships": ["THA"],
            "residence_basis": "visa",
            "residence_valid_until": "2026-02-20",
        },
    ],
}

SHELTER: Final[dict[str, Any]] = {
    "name": "reden-j",
    "kind": "crisis_centre",
    "operator": "reden",
    "region": "1082",
    "municipality": "0751",
    "address": "Harbour Lane 5, Aarhus",
    "contact": "The night bell",
    "secret_address": True,
    "languages": ["tha", "eng"],
    "accepts": {
        "genders": ["woman", "trans_woman"],
        "minors": False,
        "families": True,
        "wheelchair": False,
        "lgbt_safe": True,
        "security": "high",
    },
}


class StepFailed(Exception):
    """An answer that the story does not foresee."""


@dataclass
class Raid:
    """SC01 as far as it has been played; `cases` by the police's references. Dates are exact where the clock can be set."""

    ask: Ask
    sets_clock: bool = True
    identifier: str = "1405981AB2"
    """P01's X-eCPR. A person who is known by it already has a case, so a story that is played again takes another."""
    referral_id: str = ""
    facility_id: str = ""
    cases: dict[str, str] = field(default_factory=dict)

    async def call(
        self,
        organisation: str,
        role: str,
        method: str,
        path: str,
        body: Any = None,
        *,
        expect: int = 200,
        **options: Any,
    ) -> dict[str, Any]:
        """The answer's JSON; StepFailed when its status is not the expected one."""
        answer = await self.ask(organisation, role, method, path, body, **options)
        if answer.status_code != expect:
            raise StepFailed(f"{method} {path} as {organisation}/{role}: {answer.status_code} {answer.text}")
        found: dict[str, Any] = answer.json()
        return found

    async def set_clock(self, moment: str) -> None:
        if self.sets_clock:
            await self.call("cmm", "caseworker", "PUT", "/dev/clock", {"now": moment})

    def case(self, reference: str) -> str:
        """The path of a person's case."""
        return f"{CASES}/{self.cases[reference]}"

    async def refer(self) -> dict[str, Any]:
        """Police refer three women with one referral; a case comes to be for each."""
        await self.set_clock("2026-03-02T10:00:00+01:00")
        referral = deepcopy(REFERRAL)
        referral["subjects"][0]["identifiers"][0]["value"] = self.identifier
        receipt = await self.call(
            "politi-oestjylland",
            "caseworker",
            "POST",
            "/referrals/v1/referrals",
            referral,
            expect=201,
            idempotency_key=str(uuid4()),
        )
        self.referral_id = receipt["referral_id"]
        self.cases = await self._cases_of_the_referral()
        return receipt

    async def _cases_of_the_referral(self) -> dict[str, str]:
        path = f"/referrals/v1/referrals/{self.referral_id}?purpose=investigation"
        until = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        while True:
            read = await self.call("politi-oestjylland", "caseworker", "GET", path)
            found = {subject["reference"]: subject["case_id"] for subject in read["subjects"]}
            if all(found.values()):
                return found
            if asyncio.get_running_loop().time() > until:
                raise StepFailed(
                    f"No cases after {PATIENCE_SECONDS:.0f} seconds: is the identification service's worker running?"
                )
            await asyncio.sleep(0.05)

    async def routings(self) -> dict[str, dict[str, Any]]:
        """Who decides for each, by which rule."""
        return {name: (await self.call("cmm", "caseworker", "GET", self.case(name)))["routing"] for name in self.cases}

    async def settle(self) -> None:
        """CMM's lawyer settles the two that need review: CMM decides."""
        for reference in ("P01", "P02"):
            await self.call(
                "cmm",
                "lawyer",
                "POST",
                f"{self.case(reference)}/route",
                {"authority": "CMM", "reason": "Visa holders; the work does not change it."},
            )

    async def interview(self) -> None:
        """CMM interviews all three, with a Thai interpreter."""
        for reference, day in {"P01": "03", "P02": "03", "P03": "04"}.items():
            await self.set_clock(f"2026-03-{day}T11:00:00+01:00")
            report = {
                "held_at": f"2026-03-{day}T10:00:00+01:00",
                "language": "tha",
                "interpreter": True,
                "summary": "She says that the passports are kept in a safe.",
            }
            await self.call("cmm", "caseworker", "POST", f"{self.case(reference)}/interviews", report, expect=201)

    async def decide(self) -> None:
        """CMM recommends; CMM decides P01 positive and P02 negative, US decides P03 positive."""
        await self.set_clock("2026-03-09T13:00:00+01:00")
        outcomes = {"P01": "assessed_trafficked", "P02": "not_trafficked", "P03": "assessed_trafficked"}
        for reference, outcome in outcomes.items():
            await self.call(
                "cmm",
                "caseworker",
                "POST",
                f"{self.case(reference)}/recommendation",
                {"outcome": outcome, "reasons": "The whole picture."},
                expect=201,
            )
            authority = "US" if reference == "P03" else "CMM"
            read = await self.ask(authority.lower(), "decider", "GET", self.case(reference), None)
            report = {
                "authority": authority,
                "outcome": outcome,
                "decided_on": "2026-03-09",
                "reasons": "As recommended.",
                "exploitation_forms": ["SEXUAL"] if outcome == "assessed_trafficked" else [],
                "legal_status": "no_legal_stay" if reference == "P03" else "visa",
            }
            await self.call(
                authority.lower(),
                "decider",
                "POST",
                f"{self.case(reference)}/decisions",
                report,
                expect=201,
                if_match=read.headers["etag"],
            )

    async def grant(self) -> dict[str, dict[str, Any]]:
        """A restitution period for P01, a reflection period for P03."""
        return {
            reference: await self.call(
                organisation,
                "caseworker",
                "POST",
                f"{self.case(reference)}/periods",
                {"requested_on": "2026-03-09"},
                expect=201,
            )
            for reference, organisation in {"P01": "cmm", "P03": "us"}.items()
        }

    async def open_shelter(self) -> str:
        """Reden registers its shelter in Jutland, two places, approved for the year; gives its facility id."""
        places = [{"label": "1"}, {"label": "2"}]
        approval = {"supervision": "socialtilsyn-midt", "valid_until": "2027-01-01"}
        self.facility_id = await self.open_facility(SHELTER, places, approval)
        return self.facility_id

    async def open_facility(
        self, registration: Mapping[str, Any], places: Iterable[Mapping[str, Any]], approval: Mapping[str, str]
    ) -> str:
        """Its operator registers a facility with these places, and CMM that it is approved since the year began; gives its id."""
        manager = (registration["operator"], "facility_manager")
        opened = await self.call(*manager, "POST", f"{HOUSING}/facilities", registration, expect=201)
        path = f"{HOUSING}/facilities/{opened['facility_id']}"
        for place in places:
            await self.call(*manager, "POST", f"{path}/places", place, expect=201)
        approved = {"reference": "made up", "valid_from": "2026-01-01", **approval}
        await self.call("cmm", "caseworker", "POST", f"{path}/approvals", approved, expect=201)
        return str(opened["facility_id"])

    async def request_place(self, organisation: str, reference: str) -> dict[str, Any]:
        """The payer asks for a place; gives the request with what CMM finds: who pays does not know the secret shelters."""
        basis = "no_legal_stay" if reference == "P03" else "visa"
        wanted = {
            "case_id": self.cases[reference],
            "from_on": "2026-03-09",
            "to_on": "2026-04-08",
            "needs": {"gender": "woman", "languages": ["tha"]},
            "responsibility": {
                "gender": "woman",
                "minor": False,
                "residence_basis": basis,
                "asylum_pending": False,
                "decided": True,
            },
        }
        made = await self.call(organisation, "caseworker", "POST", f"{HOUSING}/placement-requests", wanted, expect=201)
        path = f"{HOUSING}/placement-requests/{made['request_id']}/matches"
        return made | {"matches": await self.call("cmm", "caseworker", "GET", path)}

    async def place(self, organisation: str, reference: str) -> dict[str, Any]:
        """Request, offer, accept, arrive: the person is in the shelter that this story opened. Gives the placement."""
        made = await self.request_place(organisation, reference)
        free = self.places_of_the_shelter(made["matches"])
        if not free:
            raise StepFailed(f"{reference} should fit into the shelter, and does not: {made['matches']}")
        offer = await self.call(
            "cmm",
            "caseworker",
            "POST",
            f"{HOUSING}/placement-requests/{made['request_id']}/offers",
            {"place_id": free[0], "expires_at": "2026-03-10T12:00:00+01:00"},
            expect=201,
        )
        accepted = await self.call("reden", "caseworker", "POST", f"{HOUSING}/offers/{offer['offer_id']}/accept", None)
        return await self.call(
            "reden",
            "caseworker",
            "POST",
            f"{HOUSING}/placements/{accepted['placement_id']}/arrive",
            {"arrived_at": "2026-03-09T13:00:00+01:00"},
        )

    async def payer_of(self, organisation: str, placement: dict[str, Any]) -> str:
        """Who pays for this placement now."""
        path = f"{HOUSING}/placements/{placement['placement_id']}/responsibility?purpose=accommodation"
        return str((await self.call(organisation, "caseworker", "GET", path))["items"][-1]["payer"])

    def places_of_the_shelter(self, matches: dict[str, Any]) -> list[str]:
        """Those of the places that fit which are in this story's shelter; elsewhere there may be others."""
        return [found["place_id"] for found in matches["items"] if found["facility_id"] == self.facility_id]

    async def figure(self, *, expected: int = 2, year: int = 2026) -> dict[str, Any]:
        """Persons of that year by gender and form, once the events are through."""
        path = f"/stats/v1/victims?by=year,gender,exploitation_form&from={year}&to={year}&audience=internal"
        until = asyncio.get_running_loop().time() + PATIENCE_SECONDS
        while True:
            table = await self.call("cmm", "statistician", "GET", path)
            if sum(row["count"] for row in table["rows"]) >= expected or asyncio.get_running_loop().time() > until:
                return table
            await asyncio.sleep(0.05)
