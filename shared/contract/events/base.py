"""What every event is: a fact about one case or referral that cannot carry personal data, in a CloudEvents envelope."""

import re
import types
from collections.abc import Mapping
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Union, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from shared.contract.codes import ReferralKind
from shared.kernel.clock import on_date, start_of

MEDIA_TYPE = "application/cloudevents+json"
SERVICES = ("accommodation", "identification", "referrals", "stats")
TOPICS = tuple(f"havn.{service}" for service in SERVICES)

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
    true_since: ClassVar[str | None] = None
    """The field that says when it became true, as a time or a day; without one it became true when it was recorded."""

    occurred_at: datetime
    """When it was recorded."""

    def __init_subclass__(
        cls, *, service: str | None = None, name: str | None = None, true_since: str | None = None, **kwargs: Any
    ) -> None:
        super().__init_subclass__(**kwargs)
        if service and name:
            cls.service, cls.name, cls.type = service, name, f"dk.havn.{service}.{name}.v1"
            cls.true_since = true_since

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


class FacilityEvent(Event):
    """About a facility; kept in order per `reference`, which says nothing of a facility that is a secret: its id is in no
    event."""

    reference: UUID
    facility_id: UUID | None

    @property
    def key(self) -> str:
        return str(self.reference)


def name_of(type_: str) -> str:
    """`case-opened` of the type `dk.havn.identification.case-opened.v1`."""
    return type_.split(".")[-2]


def became_true_at(type_: str, payload: Mapping[str, Any], *, recorded_at: datetime) -> datetime:
    """When what the event says became true: at the time that its payload says; of a day, when it was recorded if that was on the
    day, and before that with its beginning in Denmark. Never later than it was recorded: a day to come is in the payload."""
    event = EVENTS.get(type_)
    said = payload.get(event.true_since) if event and event.true_since else None
    if said is None:
        return recorded_at
    if "T" in said:
        return min(datetime.fromisoformat(said), recorded_at)
    day = date.fromisoformat(said)
    return recorded_at if day >= on_date(recorded_at) else start_of(day)


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
    time = became_true_at(type_, payload, recorded_at=occurred_at)
    return {
        "specversion": "1.0",
        "id": str(event_id),
        "source": f"/{service}",
        "type": type_,
        "subject": key,
        "time": time.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "datacontenttype": "application/json",
        "sequence": str(sequence),
        "data": dict(payload),
    }
