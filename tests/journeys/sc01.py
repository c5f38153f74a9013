"""SC01, a raid on a massage clinic in Aarhus, played through the front door. Everybody in it is made up."""

from dataclasses import dataclass, field
from typing import Any

from tests.world import World

PLANTED = ("Malee", "Sukhumwong", "1405981AB2", "Fourteen hours a day, passports held", "the blue bakery", "Kanok")
"""What must never be found outside a sealed column: names, an identifier, sentences."""

REFERRAL: dict[str, Any] = {
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
            "reference": "P01", "given_name": "Malee", "family_name": "Sukhumwong", "stated_age": 24,
            "age_basis": "stated", "gender": "woman", "citizenships": ["THA"], "languages": ["tha"],
            "identifiers": [{"type": "x_ecpr", "value": "1405981AB2"}], "residence_basis": "visa",
            "residence_valid_until": "2026-04-01", "unpermitted_work": True, "suspected_forms": ["SEXUAL"],
            "consents": [{"recipient": "cmm", "purpose": "identification"}],
        },
        {
            "reference": "P02", "given_name": "Kanok", "stated_age": 31, "gender": "woman", "citizenships": ["THA"],
            "residence_basis": "visa", "residence_valid_until": "2026-05-20", "unpermitted_work": True,
        },
        {
            "reference": "P03", "stated_age": 27, "gender": "woman", "citizenships": ["THA"],
            "residence_basis": "visa", "residence_valid_until": "2026-02-20",
        },
    ],
}  # fmt: skip


@dataclass
class Story:
    """SC01 as far as it has been played."""

    havn: World
    referral_id: str = ""
    cases: dict[str, str] = field(default_factory=dict)

    async def refer(self) -> None:
        await self.havn.set_clock("2026-03-02T10:00:00+01:00")
        politi = self.havn.partner("politi-oestjylland")
        submitted = await politi.post("/referrals/v1/referrals", REFERRAL)
        assert submitted.status_code == 201, submitted.text
        self.referral_id = submitted.json()["referral_id"]
        await self.havn.settled()
        read = await politi.get(f"/referrals/v1/referrals/{self.referral_id}", purpose="investigation")
        assert read.status_code == 200, read.text
        self.cases = {subject["reference"]: subject["case_id"] for subject in read.json()["subjects"]}
        assert None not in self.cases.values()

    async def settle(self) -> None:
        lawyer = self.havn.partner("cmm", "lawyer")
        for reference in ("P01", "P02"):
            settled = await lawyer.post(
                f"{self.case(reference)}/route",
                {"authority": "CMM", "reason": "Visa holders; the work does not change it."},
            )
            assert settled.status_code == 200, settled.text

    async def interview(self) -> None:
        cmm = self.havn.partner("cmm")
        for reference, day in {"P01": "03", "P02": "03", "P03": "04"}.items():
            await self.havn.set_clock(f"2026-03-{day}T11:00:00+01:00")
            held = await cmm.post(
                f"{self.case(reference)}/interviews",
                {"held_at": f"2026-03-{day}T10:00:00+01:00", "language": "tha", "interpreter": True,
                 "summary": "She says that the passports are kept in a safe."},
            )  # fmt: skip
            assert held.status_code == 201, held.text

    async def decide(self) -> None:
        await self.havn.set_clock("2026-03-09T13:00:00+01:00")
        outcomes = {"P01": "assessed_trafficked", "P02": "not_trafficked", "P03": "assessed_trafficked"}
        for reference, outcome in outcomes.items():
            recommended = await self.havn.partner("cmm").post(
                f"{self.case(reference)}/recommendation", {"outcome": outcome, "reasons": "The whole picture."}
            )
            assert recommended.status_code == 201, recommended.text
            authority = "US" if reference == "P03" else "CMM"
            decider = self.havn.partner(authority.lower(), "decider")
            etag = (await decider.get(self.case(reference))).headers["etag"]
            decided = await decider.post(
                f"{self.case(reference)}/decisions",
                {"authority": authority, "outcome": outcome, "decided_on": "2026-03-09", "reasons": "As recommended.",
                 "exploitation_forms": ["SEXUAL"] if outcome == "assessed_trafficked" else [],
                 "legal_status": "no_legal_stay" if reference == "P03" else "visa"},
                if_match=etag,
            )  # fmt: skip
            assert decided.status_code == 201, decided.text

    async def grant(self) -> dict[str, dict[str, Any]]:
        granted = {}
        for reference, org in {"P01": "cmm", "P03": "us"}.items():
            answer = await self.havn.partner(org).post(
                f"{self.case(reference)}/periods", {"requested_on": "2026-03-09"}
            )
            assert answer.status_code == 201, answer.text
            granted[reference] = answer.json()
        await self.havn.settled()
        return granted

    def case(self, reference: str) -> str:
        return f"/identification/v1/cases/{self.cases[reference]}"
