"""The countries there are codes for, as registers and passports write them, and what each code is read as.

What was written is kept; what is judged by it (routing, comparing documents) asks `read_as`.
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Final

from iso3166 import countries_by_alpha3

_PASSPORTS: Final[Mapping[str, str | None]] = MappingProxyType(
    {
        "D": "DEU",
        "RKS": "XKX",
        "XKX": "XKX",
        # British, without the right of stay of a citizen of the United Kingdom: each stays a code of its own.
        **{code: code for code in ("GBD", "GBN", "GBO", "GBP", "GBS")},
        # Stateless (XXA), a refugee (XXB, XXC), of no stated nationality (XXX), unknown (UNK): no country.
        **dict.fromkeys(("XXA", "XXB", "XXC", "XXX", "UNK")),
        # Citizens of the Realm: a passport of Greenland or the Faroe Islands is a Danish citizen's.
        "GRL": "DNK",
        "FRO": "DNK",
    }
)
"""The codes of passports (ICAO 9303) that ISO 3166-1 does not have or that mean another country (docs/rules.md, identity-10)."""

_UNKNOWN: Final = frozenset({"XXX", "UNK"})

COUNTRIES: Final = frozenset(countries_by_alpha3) | _PASSPORTS.keys()
"""What may be written."""


def read_as(code: str) -> str | None:
    """The country that a code means; None where it says that there is none, or that it is unknown."""
    return _PASSPORTS.get(code, code)


def citizenships_read(codes: Iterable[str]) -> tuple[str, ...]:
    """What these codes say of somebody's citizenships, each once: countries, and that the person is stateless or a refugee.
    That a citizenship is unknown says nothing."""
    return tuple(dict.fromkeys(read_as(code) or code for code in codes if code not in _UNKNOWN))


def is_danish_citizen(codes: Iterable[str]) -> bool:
    """Whether one of these citizenships is Denmark's."""
    return "DNK" in citizenships_read(codes)
