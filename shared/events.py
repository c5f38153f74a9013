"""THE contract: every fact that crosses the bus.

An event is past tense, has one subject, and speaks of ids, codes, dates and counts. It cannot carry personal data: a field
that is `Personal`, or text that is not a code, is refused when the class is made (and by mypy, see shared/mypy_plugin.py).
Events change by addition only, consumers first; anything else is a new version.
"""

import re
import types
from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Union, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shared.codes import (
    AgeGroup,
    Authority,
    Channel,
    ExploitationForm,
    Gender,
    Outcome,
    PeriodKind,
    ReferralKind,
    ResidenceBasis,
    Urgency,
)

OrganisationId = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64), Field(examples=["cmm"])
]
CountryCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$"), Field(examples=["THA"])]
MunicipalityCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{4}$"), Field(examples=["0751"])]
RuleId = Annotated[str, StringConstraints(pattern=r"^[A-Z][0-9]?$"), Field(examples=["R6"])]
TableVersion = Annotated[str, StringConstraints(pattern=r"^[a-z0-9.\-]{1,40}$"), Field(examples=["routing-2021"])]

_NAMES = ("Anna", "Anna Jensen", "anna jensen")
"""What the pattern of a text field must refuse, lest it be a pattern in name only (`.*`)."""
_PLAIN = (UUID, StrEnum, date, datetime, int, bool, type(None))


class EventCarriesPersonalData(TypeError):
    """An event class has a field that could carry a name, an identifier or free text."""


class Event(BaseModel):
    """A fact. `key` is the case (or referral, where there is no case yet) that its order is kept for."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    service: ClassVar[str]
    name: ClassVar[str]
    type: ClassVar[str]

    occurred_at: datetime

    def __init_subclass__(cls, *, service: str | None = None, name: str | None = None, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if service and name:
            cls.service, cls.name, cls.type = service, name, f"dk.havn.{service}.{name}.v1"

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        for field, found in cls.model_fields.items():
            annotation = Annotated[found.annotation, *found.metadata] if found.metadata else found.annotation
            if not _is_impersonal(annotation):
                raise EventCarriesPersonalData(
                    f"{cls.__name__}.{field} could carry personal data; events hold ids, codes, dates and counts only."
                )
        if "type" in cls.__dict__:
            EVENTS[cls.type] = cls

    @property
    def key(self) -> str:
        raise TypeError(f"{type(self).__name__} is not an event of a case or a referral.")


EVENTS: dict[str, type[Event]] = {}
"""Every event by its CloudEvents type."""


def _is_impersonal(annotation: Any) -> bool:
    origin = get_origin(annotation)
    if origin is Annotated:
        base, *constraints = get_args(annotation)
        if base is str:
            return any(_refuses_names(getattr(constraint, "pattern", None)) for constraint in constraints)
        return _is_impersonal(base)
    if origin in (tuple, Union, types.UnionType):
        return all(_is_impersonal(part) for part in get_args(annotation) if part is not Ellipsis)
    return isinstance(annotation, type) and issubclass(annotation, _PLAIN)


def _refuses_names(pattern: str | re.Pattern[str] | None) -> bool:
    return pattern is not None and not any(re.search(pattern, name) for name in _NAMES)


class ReferralEvent(Event):
    """About a referral; kept in order per referral."""

    referral_id: UUID
    sender: OrganisationId
    recipient: OrganisationId
    kind: ReferralKind

    @property
    def key(self) -> str:
        return str(self.referral_id)


class CaseEvent(Event):
    """About a case; kept in order per case."""

    case_id: UUID

    @property
    def key(self) -> str:
        return str(self.case_id)


class ReferralSubmitted(ReferralEvent, service="referrals", name="referral-submitted"):
    """A partner has referred one or more people. Who they are is fetched over HTTP by those who may know it."""

    channel: Channel
    urgency: Urgency
    referred_at: datetime
    municipality: MunicipalityCode | None
    in_custody: bool
    custody_since: datetime | None
    case_id: UUID | None
    subject_ids: tuple[UUID, ...]


class ReferralAcknowledged(ReferralEvent, service="referrals", name="referral-acknowledged"):
    """The recipient has received it."""


class ReferralAccepted(ReferralEvent, service="referrals", name="referral-accepted"):
    """The recipient has taken it on."""


class ReferralDeclined(ReferralEvent, service="referrals", name="referral-declined"):
    """The recipient has declined it; the reason stays with the referral."""


class ReferralForwarded(ReferralEvent, service="referrals", name="referral-forwarded"):
    """The recipient has passed it on: `recipient` is the new one."""

    forwarded_by: OrganisationId


class ReferralCompleted(ReferralEvent, service="referrals", name="referral-completed"):
    """What was asked for is done."""


class ReferralWithdrawn(ReferralEvent, service="referrals", name="referral-withdrawn"):
    """The sender has taken it back; the recipient's access has ended."""


class CaseOpened(CaseEvent, service="identification", name="case-opened"):
    """A person who may be a victim has a case."""

    opened_on: date
    channel: Channel
    referral_id: UUID | None
    subject_id: UUID | None
    referred_by: OrganisationId | None
    municipality: MunicipalityCode | None
    gender: Gender
    age_group: AgeGroup
    citizenships: tuple[CountryCode, ...]
    residence_basis: ResidenceBasis


class CaseReferred(CaseEvent, service="identification", name="case-referred"):
    """A further referral was found to be about the person of an open case."""

    referral_id: UUID
    subject_id: UUID
    referred_by: OrganisationId


class CaseRouted(CaseEvent, service="identification", name="case-routed"):
    """The deciding authority was found by the table, or settled by a lawyer (`settled_by`)."""

    authority: Authority
    rule: RuleId
    table_version: TableVersion
    settled_by: OrganisationId | None


class InterviewHeld(CaseEvent, service="identification", name="interview-held"):
    """An interview of the clarification was held; what was said stays in the case."""

    interview_id: UUID
    held_at: datetime
    in_detention: bool
    with_interpreter: bool


class RecommendationMade(CaseEvent, service="identification", name="recommendation-made"):
    """CMM has recommended an outcome to the deciding authority."""

    outcome: Outcome


class DecisionMade(CaseEvent, service="identification", name="decision-made"):
    """An authority has decided. A person counts once, in the year of the first positive decision."""

    decision_id: UUID
    authority: Authority
    outcome: Outcome
    exploitation_forms: tuple[ExploitationForm, ...]
    decided_on: date
    legal_status: ResidenceBasis


class DecisionReplaced(CaseEvent, service="identification", name="decision-replaced"):
    """A later decision stands in an earlier one's place; both stay readable."""

    decision_id: UUID
    replaced_by: UUID


class PeriodGranted(CaseEvent, service="identification", name="period-granted"):
    """A reflection or restitution period runs; days are Danish calendar days, the end day is the last."""

    period_id: UUID
    kind: PeriodKind
    starts_on: date
    ends_on: date
    cap_on: date
    departure_deadline_suspended: bool


class PeriodExtended(CaseEvent, service="identification", name="period-extended"):
    """The period's end was moved, at most to its cap."""

    period_id: UUID
    ends_on: date


class PlacementRequested(CaseEvent, service="accommodation", name="placement-requested"):
    """Somebody asks for a place for the person."""

    request_id: UUID
    requested_by: OrganisationId
    row: RuleId


class PlaceOffered(CaseEvent, service="accommodation", name="place-offered"):
    """A place is held for the person until `expires_at`; which place is never told here."""

    request_id: UUID
    offer_id: UUID
    expires_at: datetime


class OfferAccepted(CaseEvent, service="accommodation", name="offer-accepted"):
    """The place is booked."""

    offer_id: UUID
    placement_id: UUID


class OfferDeclined(CaseEvent, service="accommodation", name="offer-declined"):
    """The place is free again."""

    offer_id: UUID


class OfferExpired(CaseEvent, service="accommodation", name="offer-expired"):
    """Nobody answered in time; the place is free again."""

    offer_id: UUID


class PersonArrived(CaseEvent, service="accommodation", name="person-arrived"):
    """The person is at the place."""

    placement_id: UUID
    arrived_at: datetime


class PersonLeft(CaseEvent, service="accommodation", name="person-left"):
    """The person has left the place."""

    placement_id: UUID
    left_at: datetime
    disappeared: bool


def cloud_event(
    *,
    service: str,
    event_id: UUID,
    type_: str,
    key: str,
    sequence: int,
    occurred_at: datetime,
    payload: Mapping[str, Any],
) -> dict[str, Any]:
    """The CloudEvents 1.0 envelope (structured mode); the same bytes for the same event, however often it is sent."""
    return {
        "specversion": "1.0",
        "id": str(event_id),
        "source": f"/{service}",
        "type": type_,
        "subject": key,
        "time": occurred_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "sequence": str(sequence),
        "data": dict(payload),
    }
