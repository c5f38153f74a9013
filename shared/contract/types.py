"""What the bodies of all services have in common: nothing unknown is accepted, nothing is silently converted."""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final, Protocol, Self, TypeVar
from uuid import UUID

from iso3166 import countries_by_alpha3
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PrivateAttr,
    StringConstraints,
    WithJsonSchema,
)

from shared.contract.directory import can_exist
from shared.contract.municipalities import MUNICIPALITIES, is_municipality
from shared.kernel.errors import SpokenValueError
from shared.kernel.text import Written

COUNTRIES: Final = frozenset(countries_by_alpha3) | {"XKX", "XXA", "XXB", "XXC", "XXX"}
"""ISO 3166-1; Kosovo, which has no code in it; and what passports have of who is stateless (XXA), a refugee (XXB, XXC), or of
no stated nationality (XXX; ICAO 9303)."""

# What is written is checked by the very patterns that the published schemas carry, so that the two cannot differ.
_DAY = r"(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_TIME = r"[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,6})?"
_ZONE = r"([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"


class Body(BaseModel):
    """A request: unknown fields are refused (422)."""

    model_config = ConfigDict(extra="forbid", frozen=True)


SUBJECTS: Final = ("case_id", "referral_id")
"""As which parameters paths name what rows about people are about, and the audit log is kept by."""


class Versioned(Protocol):
    """A row whose version grows with every change of it."""

    @property
    def id(self) -> UUID | str: ...

    @property
    def version(self) -> int: ...


class Shown(BaseModel):
    """What an endpoint may answer, as of a version of the resource that it shows."""

    _version_shown: Versioned | None = PrivateAttr(default=None)

    def tagged(self, resource: Versioned) -> Self:
        """This answer, which shows the resource as of its present version: the ETag in its header is that version's."""
        self._version_shown = resource
        return self

    @property
    def version_shown(self) -> Versioned | None:
        """The resource that this answer shows a version of, if it says so."""
        return self._version_shown


SHOWS_VERSION: Final = object()
ShownT = TypeVar("ShownT", bound=Shown)
Tagged = Annotated[ShownT, SHOWS_VERSION]
"""The answer of an endpoint that is `tagged`: it carries an ETag."""


class Answer(Shown):
    """An answer; made from a row or from values."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


def example(**fields: Any) -> ConfigDict:
    """For the `model_config` of a body: a request that the service accepts, as the API's page shows it. A test sends each."""
    return ConfigDict(json_schema_extra={"examples": [fields]})


def _written_day(given: Any) -> Any:
    # Pydantic would also take numbers and times for a day; the contract has YYYY-MM-DD only.
    if isinstance(given, date) and not isinstance(given, datetime):
        return given
    if not isinstance(given, str) or not re.fullmatch(_DAY, given):
        raise SpokenValueError("A day is written YYYY-MM-DD, from 1900 to 2199.")
    return given


def _written_moment(given: Any) -> Any:
    if isinstance(given, datetime):
        return given
    if not isinstance(given, str) or not re.fullmatch(_DAY + _TIME + _ZONE, given):
        raise SpokenValueError("A time is written as in RFC 3339, with its zone: 2026-03-02T09:30:00+01:00.")
    return given


def _in_utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _known_country(code: str) -> str:
    if code not in COUNTRIES:
        raise SpokenValueError(
            "That is not the code of a country: ISO 3166-1 alpha-3, XKX, or XXA, XXB, XXC, XXX of passports."
        )
    return code


def _known_recipient(organisation_id: str) -> str:
    if not can_exist(organisation_id):
        raise SpokenValueError("There is no such organisation; see GET /referrals/v1/organisations.")
    return organisation_id


def _known_municipality(code: str) -> str:
    if not is_municipality(code):
        raise SpokenValueError("That is not the code of a Danish municipality; see GET /referrals/v1/organisations.")
    return code


Day = Annotated[
    date,
    BeforeValidator(_written_day),
    WithJsonSchema({"type": "string", "format": "date", "pattern": f"^{_DAY}$"}),
]
Moment = Annotated[
    AwareDatetime,
    BeforeValidator(_written_moment),
    AfterValidator(lambda moment: moment.astimezone(UTC)),
    PlainSerializer(_in_utc, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time", "pattern": f"^{_DAY}{_TIME}{_ZONE}$"}),
]
Flag = Annotated[bool, Field(strict=True)]
Whole = Annotated[int, Field(strict=True)]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$"), Written(_known_country, {"enum": sorted(COUNTRIES)})]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{3}$")]
Organisation = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
Recipient = Annotated[Organisation, Written(_known_recipient, {"examples": ["hopenow", "kommune-0751"]})]
"""An organisation to which something about a person is disclosed."""
Municipality = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{4}$"),
    AfterValidator(_known_municipality),
    Field(examples=["0751"], json_schema_extra={"enum": sorted(MUNICIPALITIES)}),
]
