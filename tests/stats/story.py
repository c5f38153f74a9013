"""What the others would have told the stats service: a story is written event by event, then told on the bus."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from shared.contract.codes import (
    AgeGroup,
    Authority,
    Channel,
    ExploitationForm,
    Gender,
    Outcome,
    ReferralKind,
    ResidenceBasis,
    Urgency,
)
from shared.contract.events import (
    CaseMerged,
    CaseOpened,
    CaseUnmerged,
    DecisionMade,
    DecisionReplaced,
    Event,
    InterviewHeld,
    PersonDescribed,
    ReferralEvent,
    ReferralSubmitted,
)
from shared.kernel.clock import COPENHAGEN
from shared.messaging.messages import Message
from tests.shared.lone_service import message_of
from tests.world import World

EARLY = datetime(2026, 1, 5, 9, tzinfo=COPENHAGEN)
JUNE = datetime(2026, 6, 1, 9, tzinfo=COPENHAGEN)


class Story:
    """Events in the order they became true; each source counts the events of a case, from 1."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self._sequences: Counter[tuple[str, str]] = Counter()
        self._told = 0

    def tell(self, event: Event) -> None:
        """Write an event down as it would travel."""
        self._sequences[event.service, event.key] += 1
        self.messages.append(message_of(event, self._sequences[event.service, event.key]))

    async def reaches(self, havn: World) -> None:
        """Deliver what has been written since the last time."""
        await deliver(havn, self.messages[self._told :])
        self._told = len(self.messages)

    def referral(
        self,
        sender: str = "politi-oestjylland",
        *,
        municipality: str | None = "0751",
        at: datetime = EARLY,
        case_id: UUID | None = None,
    ) -> UUID:
        referral_id = uuid4()
        self.tell(
            ReferralSubmitted(
                referral_id=referral_id,
                sender=sender,
                recipient="cmm",
                kind=ReferralKind.IDENTIFICATION,
                channel=Channel.POLICE_OPERATION,
                urgency=Urgency.ROUTINE,
                referred_at=at,
                municipality=municipality,
                in_custody=False,
                custody_since=None,
                case_id=case_id,
                subject_ids=(uuid4(),),
                occurred_at=at,
            )
        )
        return referral_id

    def step(self, event: type[ReferralEvent], referral_id: UUID, *, at: datetime, **more: Any) -> None:
        """The referral's next status."""
        self.tell(
            event.model_validate(
                {
                    "referral_id": referral_id,
                    "sender": "politi-oestjylland",
                    "recipient": "cmm",
                    "kind": ReferralKind.IDENTIFICATION,
                    "occurred_at": at,
                }
                | more
            )
        )

    def case(
        self,
        *,
        gender: Gender = Gender.WOMAN,
        age_group: AgeGroup = AgeGroup.ADULT,
        citizenships: Sequence[str] = ("THA",),
        municipality: str | None = "0751",
        referral_id: UUID | None = None,
        referred_by: str | None = None,
        at: datetime = EARLY,
        **more: Any,
    ) -> UUID:
        case_id = uuid4()
        self.tell(
            CaseOpened(
                case_id=case_id,
                opened_on=at.date(),
                channel=Channel.POLICE_OPERATION,
                referral_id=referral_id,
                subject_id=None,
                referred_by=referred_by,
                municipality=municipality,
                gender=gender,
                age_group=age_group,
                citizenships=tuple(citizenships),
                residence_basis=ResidenceBasis.UNKNOWN,
                occurred_at=at,
                **more,
            )
        )
        return case_id

    def described(self, case_id: UUID, *, at: datetime = EARLY + timedelta(days=1), **facts: Any) -> None:
        """The person is described anew: an adult Thai woman but for these facts."""
        known = {
            "gender": Gender.WOMAN,
            "age_group": AgeGroup.ADULT,
            "age_group_at_exploitation": None,
            "citizenships": ("THA",),
            "residence_basis": ResidenceBasis.UNKNOWN,
        }
        self.tell(PersonDescribed(case_id=case_id, occurred_at=at, **(known | facts)))

    def referred_again(self, case_id: UUID, referred_by: str | None, *, at: datetime = EARLY) -> UUID:
        """The person is referred once more: that is a case of its own, which CMM says is the same person's."""
        again = self.case(referral_id=uuid4(), referred_by=referred_by, at=at)
        self.merged(again, case_id, at=at)
        return again

    def merged(self, case_id: UUID, into: UUID, *, at: datetime = JUNE) -> None:
        """Two cases turn out to be one person's."""
        self.tell(CaseMerged(case_id=case_id, into=into, occurred_at=at))

    def unmerged(self, case_id: UUID, out_of: UUID, *, at: datetime = JUNE + timedelta(days=1)) -> None:
        """That they are one person was an error."""
        self.tell(CaseUnmerged(case_id=case_id, out_of=out_of, occurred_at=at))

    def interviewed(self, case_id: UUID, *, at: datetime = EARLY + timedelta(days=1)) -> None:
        self.tell(
            InterviewHeld(
                case_id=case_id,
                interview_id=uuid4(),
                held_at=at,
                in_detention=False,
                with_interpreter=True,
                occurred_at=at,
            )
        )

    def decided(
        self,
        case_id: UUID,
        on: date,
        *,
        authority: Authority = Authority.CMM,
        outcome: Outcome = Outcome.ASSESSED_TRAFFICKED,
        forms: Sequence[ExploitationForm] = (ExploitationForm.SEXUAL,),
        recorded_at: datetime | None = None,
        replaces: UUID | None = None,
    ) -> UUID:
        """A decision, known to Havn at noon of its day unless `recorded_at` says otherwise."""
        decision_id = uuid4()
        known_at = recorded_at or datetime(on.year, on.month, on.day, 12, tzinfo=COPENHAGEN)
        self.tell(
            DecisionMade(
                case_id=case_id,
                decision_id=decision_id,
                authority=authority,
                outcome=outcome,
                exploitation_forms=tuple(forms),
                decided_on=on,
                legal_status=ResidenceBasis.UNKNOWN,
                occurred_at=known_at,
            )
        )
        if replaces:
            self.tell(
                DecisionReplaced(case_id=case_id, decision_id=replaces, replaced_by=decision_id, occurred_at=known_at)
            )
        return decision_id


async def deliver(havn: World, messages: Sequence[Message]) -> None:
    await havn.application.workers["stats"].consumer.deliver(messages)


async def victims(havn: World, by: str = "year", **params: Any) -> list[dict[str, Any]]:
    """The rows that the national centre's statistician sees."""
    answer = await havn.partner("cmm", "statistician").get("/stats/v1/victims", by=by, **params)
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()["rows"]
    return rows


def exact(count: int, **values: str | int) -> dict[str, Any]:
    return values | {"count": count, "status": "exact"}


def unknown(**values: str | int) -> dict[str, Any]:
    return values | {"count": None, "status": "unknown"}


def problem_name(answer: Any) -> str:
    return str(answer.json()["type"]).rsplit("/", 1)[1]
