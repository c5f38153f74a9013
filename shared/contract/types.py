"""What the bodies of all services have in common: nothing unknown is accepted, nothing is silently converted."""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final, Protocol, Self, TypeVar
from uuid import UUID

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    PlainSerializer,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from shared.contract import as_given
from shared.contract.countries import COUNTRIES
from shared.contract.directory import can_exist
from shared.contract.languages import LANGUAGES
from shared.contract.municipalities import MUNICIPALITIES, is_municipality
from shared.kernel.clock import start_of
from shared.kernel.errors import SpokenValueError
from shared.kernel.text import Written

# What is written is checked by the very patterns that the published schemas carry, so that the two cannot differ.
_DAY = r"(19|20|21)[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
_DAY_IN_UTC = rf"(1899-12-31|{_DAY})"  # the first hour of 1900 in Denmark is the last of 1899 in UTC
_TIME = r"[Tt]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{1,9})?"
_ZONE = r"([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])"
_BEGINNING, _END = start_of(date(1900, 1, 1)), datetime(2200, 1, 1, tzinfo=UTC)


class Body(BaseModel):
    """A request: unknown fields are refused (422), and null means the same as leaving a field out, wherever one may."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _null_is_left_out(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        return {name: value for name, value in given.items() if value is not None or not cls._may_be_left_out(name)}

    @classmethod
    def _may_be_left_out(cls, name: str) -> bool:
        field = cls.model_fields.get(name)
        return field is not None and not field.is_required()

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        published = handler(schema)
        if handler.mode == "validation":
            fields: dict[str, Any] = handler.resolve_ref_schema(published).get("properties", {})
            for name in filter(cls._may_be_left_out, fields):
                fields[name] = _or_null(fields[name])
        return published


SUBJECTS: Final = ("case_id", "referral_id")
"""As which parameters paths name what rows about people are about, and the audit log is kept by."""


def _or_null(published: dict[str, Any]) -> dict[str, Any]:
    """The schema of a field that may be left out: null is one of its values."""
    alternatives = published.get("anyOf", [])
    if {"type": "null"} in alternatives:
        return published
    of_the_field: dict[str, Any] = {
        name: published[name] for name in ("default", "description", "title") if name in published
    }
    of_the_value = {name: value for name, value in published.items() if name not in of_the_field}
    return {"anyOf": [*(alternatives or [of_the_value]), {"type": "null"}], **of_the_field}


class Versioned(Protocol):
    """A row whose version grows with every change of it."""

    @property
    def id(self) -> UUID | str: ...

    @property
    def version(self) -> int: ...


class Shown(BaseModel):
    """What an endpoint may answer, as of a version of the resource that it shows."""

    # A slot, not a private attribute: pydantic would set one up for each answer of a list.
    __slots__ = ("_version_shown",)

    def tagged(self, resource: Versioned) -> Self:
        """This answer, which shows the resource as of its present version: the ETag in its header is that version's."""
        self._version_shown = resource
        return self

    @property
    def version_shown(self) -> Versioned | None:
        """The resource that this answer shows a version of, if it says so."""
        shown: Versioned | None = getattr(self, "_version_shown", None)
        return shown


SHOWS_VERSION: Final = object()
ShownT = TypeVar("ShownT", bound=Shown)
Tagged = Annotated[ShownT, SHOWS_VERSION]
"""The answer of an endpoint that is `tagged`: it carries an ETag."""


class Answer(Shown):
    """An answer; made from a row or from values, of ours. It is checked in tests; a Havn that serves sends what
    it is given (`shared/contract/as_given.py`). What others have sent is validated always: `model_validate` of a dictionary."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    def __init__(self, **given: Any) -> None:
        if not as_given.Checks.are_on:
            as_given.fill(self, given)
            return
        super().__init__(**given)
        as_given.check(self, given)

    # Pydantic's mark of an `__init__` that its own validation need not call: what others have sent goes past the one above.
    vars(__init__)["__pydantic_base_init__"] = True

    @classmethod
    def of_row(cls, row: Any) -> Self:
        """The answer made of the attributes that a row has of its own."""
        return cls(**{name: getattr(row, name) for name in cls.model_fields if hasattr(row, name)})


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
    if not isinstance(given, str) or not re.fullmatch(_DAY_IN_UTC + _TIME + _ZONE, given):
        raise SpokenValueError(
            "A time is written as in RFC 3339, with its zone, from 1900 to 2199: 2026-03-02T09:30:00+01:00."
        )
    return given


def _in_utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _within_the_centuries(moment: datetime) -> datetime:
    """In UTC. What the zone adds or takes may lead into another year."""
    in_utc = moment.astimezone(UTC)
    if not _BEGINNING <= in_utc < _END:
        raise SpokenValueError("A time lies from 1900 to 2199.")
    return in_utc


def _known_country(code: str) -> str:
    if code not in COUNTRIES:
        raise SpokenValueError(
            "That is not the code of a country: ISO 3166-1 alpha-3, or one that passports have (ICAO 9303)."
        )
    return code


def _known_language(code: str) -> str:
    if code not in LANGUAGES:
        raise SpokenValueError("That is not the code of a language: ISO 639-3, three small letters.")
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
    AfterValidator(_within_the_centuries),
    PlainSerializer(_in_utc, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time", "pattern": f"^{_DAY_IN_UTC}{_TIME}{_ZONE}$"}),
]
Flag = Annotated[bool, Field(strict=True)]
Whole = Annotated[int, Field(strict=True)]
Country = Annotated[
    str, StringConstraints(pattern=r"^[A-Z]{1,3}$"), Written(_known_country, {"enum": sorted(COUNTRIES)})
]
"""A country as a register or a passport writes it; `shared/contract/countries.py` says what each code is read as."""
Language = Annotated[
    str, StringConstraints(pattern=r"^[a-z]{3}$"), Written(_known_language, {"examples": ["dan", "tha", "vie"]})
]
Organisation = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=64)]
Recipient = Annotated[Organisation, Written(_known_recipient, {"examples": ["hopenow", "kommune-0751"]})]
"""An organisation to which something about a person is disclosed."""
Municipality = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9]{4}$"),
    AfterValidator(_known_municipality),
    Field(examples=["0751"], json_schema_extra={"enum": sorted(MUNICIPALITIES)}),
]
