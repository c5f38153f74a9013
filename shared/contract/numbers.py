"""The numbers and codes that registers and passports know a person by: as they are compared, and what they must look like.

A number is a claim. What fits no shape is kept and compared as written, and says less; modulus 11 is never asked, as CPR
numbers without it are given out since 2007 (docs/rules.md, identity-6).
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from shared.contract.codes import IdentifierType
from shared.contract.countries import read_as
from shared.contract.personal import PersonalCode
from shared.contract.placeholders import DANISH, is_no_number, plain
from shared.contract.types import Body, Country


class Identifier(Body):
    """A number or code that a register knows the person by. `issuing_country` says whose register it is; where it is left out,
    a passport of the same number is weaker evidence."""

    type: IdentifierType
    value: PersonalCode
    issuing_country: Country | None = None


class Register(StrEnum):
    """Within which a number is compared. The Danish numbers are one: a replacement number is often sent as a CPR number. So are
    passports and other foreign documents: what one sender knows as a passport, another may not."""

    DANISH = "danish"
    FOREIGNER_NUMBER = "foreigner_number"
    PASSPORT = "passport"
    OTHER = "other"


class SameNumber(StrEnum):
    """How much it says that two people have one number."""

    FIRM = "firm"
    WEAK = "weak"


_REGISTERS: Final = dict.fromkeys(DANISH, Register.DANISH) | {
    IdentifierType.FOREIGNER_NUMBER: Register.FOREIGNER_NUMBER,
    IdentifierType.PASSPORT: Register.PASSPORT,
    IdentifierType.OTHER: Register.OTHER,
}
_BY_COUNTRY: Final = frozenset({Register.PASSPORT, Register.OTHER})
"""Many countries give out the same numbers: without the country the same number says less."""

_DATE = r"(?:0[1-9]|[12][0-9]|3[01]|[67][0-9]|8[0-9]|9[01])(?:0[1-9]|1[0-2])[0-9]{2}"
"""DDMMYY; the day of a replacement number is 60 more."""
_SHAPES: Final = {
    IdentifierType.CPR: re.compile(rf"{_DATE}[0-9]{{4}}"),
    IdentifierType.REPLACEMENT_CPR: re.compile(r"(?:6[1-9]|[78][0-9]|9[01])(?:0[1-9]|1[0-2])[0-9]{6}"),
    IdentifierType.X_ECPR: re.compile(rf"{_DATE}[0-9][A-Z]{{2}}[0-9]"),
    IdentifierType.D_ECPR: re.compile(rf"{_DATE}(?=[0-9]*[A-Z])[0-9A-Z]{{4}}"),
    IdentifierType.PASSPORT: re.compile(r"[0-9A-Z]{5,15}"),
    IdentifierType.FOREIGNER_NUMBER: re.compile(r"[0-9A-Z]{5,20}"),
}


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it is compared. `country` is None where it is unknown; `fits` says whether it has its type's shape."""

    type: IdentifierType
    register: Register
    value: str
    country: str | None
    fits: bool


def number_of(identifier: Identifier) -> Number | None:
    """The number as it is compared; None for a value that is none, which is shown and never matched."""
    kind, written = identifier.type, identifier.value.value
    if is_no_number(kind, written):
        return None
    country = identifier.issuing_country
    return Number(
        kind, _REGISTERS[kind], plain(written), read_as(country) if country else None, fits_its_type(identifier)
    )


def fits_its_type(identifier: Identifier) -> bool:
    """Whether the value looks as numbers of its type do."""
    shape = _SHAPES.get(identifier.type)
    return shape is None or shape.fullmatch(plain(identifier.value.value)) is not None


def same_number(one: Number, other: Number) -> SameNumber | None:
    """What it says that these two are alike; None where they are not the same number."""
    if one.value != other.value or other.register not in compared_with(one.register):
        return None
    if one.register is Register.DANISH:
        return SameNumber.FIRM if one.fits and other.fits else SameNumber.WEAK
    if one.country and other.country and one.country != other.country:
        return None
    is_of_one_country = bool(one.country and other.country) or one.register not in _BY_COUNTRY
    is_of_one_kind = one.register is other.register and is_of_one_country
    return SameNumber.FIRM if is_of_one_kind and one.fits and other.fits else SameNumber.WEAK


def compared_with(register: Register) -> frozenset[Register]:
    """The registers whose numbers may be this one's."""
    return _BY_COUNTRY if register in _BY_COUNTRY else frozenset({register})
