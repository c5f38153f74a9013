"""Who takes part: the organisation ids of the contract, the kind each is of, and what a kind may ask for at most."""

import re
from enum import StrEnum
from typing import Final


class OrganisationKind(StrEnum):
    NATIONAL_CENTRE = "national_centre"
    IMMIGRATION_AUTHORITY = "immigration_authority"
    POLICE = "police"
    PROSECUTION = "prosecution"
    NGO = "ngo"
    MUNICIPALITY = "municipality"
    HEALTH = "health"
    LABOUR = "labour"
    SUPERVISION = "supervision"
    RETURN_ORGANISATION = "return_organisation"
    OTHER = "other"
    SYSTEM = "system"
    """Havn's own services, organisation `havn`; never a partner."""


class Scope(StrEnum):
    REFERRALS_READ = "referrals:read"
    REFERRALS_WRITE = "referrals:write"
    CASES_READ = "cases:read"
    CASES_WRITE = "cases:write"
    CASES_DECIDE = "cases:decide"
    CASES_DUTY = "cases:duty"
    """To report done what the organisation has a task for in a case: a municipality's assessment of a child, Familieretshuset's
    appointment of its representative, the police's custody."""
    ACCOMMODATION_READ = "accommodation:read"
    ACCOMMODATION_WRITE = "accommodation:write"
    STATS_READ = "stats:read"
    STATS_RELEASE = "stats:release"
    STATS_EXACT = "stats:exact"
    EVENTS_READ = "events:read"
    AUDIT_READ = "audit:read"
    ADMIN = "admin"


class UnknownOrganisation(ValueError):
    """The id is none that the contract knows, nor of a family (police district, municipality ...) that it knows."""


HAVN: Final = "havn"
"""The organisation of Havn's own services."""
IDENTIFICATION_SERVICE: Final = "havn-identification"
"""The client of the one of them that reads who was referred, to open the cases."""
CENTRE: Final = "cmm"
IMMIGRATION: Final = "us"
PROSECUTION: Final = "anklagemyndigheden"
REPRESENTATION: Final = "familieretshuset"
"""The organisations that the process itself names."""

_KIND_BY_ID: Final = {
    CENTRE: OrganisationKind.NATIONAL_CENTRE,
    IMMIGRATION: OrganisationKind.IMMIGRATION_AUTHORITY,
    PROSECUTION: OrganisationKind.PROSECUTION,
    "reden": OrganisationKind.NGO,
    "amiami": OrganisationKind.NGO,
    "hopenow": OrganisationKind.NGO,
    "newlives": OrganisationKind.NGO,
    "frelsens-haer": OrganisationKind.NGO,
    "lgbt-asyl": OrganisationKind.NGO,
    "roede-kors": OrganisationKind.NGO,
    "3f": OrganisationKind.LABOUR,
    "arbejdstilsynet": OrganisationKind.LABOUR,
    "skattestyrelsen": OrganisationKind.LABOUR,
    REPRESENTATION: OrganisationKind.OTHER,
    "iom": OrganisationKind.RETURN_ORGANISATION,
    HAVN: OrganisationKind.SYSTEM,
}

_WORDS: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
# [0-9], because \d would also take the digits of other scripts.
_FAMILIES: Final = {
    "politi": (_WORDS, OrganisationKind.POLICE),
    "kommune": (re.compile(r"[0-9]{4}"), OrganisationKind.MUNICIPALITY),
    "sygehus": (_WORDS, OrganisationKind.HEALTH),
    "socialtilsyn": (_WORDS, OrganisationKind.SUPERVISION),
}
_MUNICIPALITY: Final = "kommune-"
_LONGEST_ID: Final = 64

EVERY_PARTNER: Final = (
    *(organisation_id for organisation_id, kind in _KIND_BY_ID.items() if kind is not OrganisationKind.SYSTEM),
    *(f"{family}-*" for family in _FAMILIES),
)
"""All partners, as the ids and `family-*` patterns that an issuer may be trusted to speak for."""


def kind_of(organisation_id: str) -> OrganisationKind:
    """The kind of an organisation, from its id alone. Raises UnknownOrganisation for an id outside the contract."""
    if known := _KIND_BY_ID.get(organisation_id):
        return known
    family, _, member = organisation_id.partition("-")
    if family in _FAMILIES and len(organisation_id) <= _LONGEST_ID:
        pattern, kind = _FAMILIES[family]
        if pattern.fullmatch(member):
            return kind
    raise UnknownOrganisation("No organisation of the contract has this id.")


def is_family_pattern(pattern: str) -> bool:
    """Whether `pattern` is the `family-*` of a known family; `*` alone is none."""
    return pattern.endswith("-*") and pattern[:-2] in _FAMILIES


_REFERRALS: Final = frozenset({Scope.REFERRALS_READ, Scope.REFERRALS_WRITE})
_ACCOMMODATION: Final = frozenset({Scope.ACCOMMODATION_READ, Scope.ACCOMMODATION_WRITE})
_EVERY_PARTNERS: Final = _REFERRALS | {Scope.CASES_READ, Scope.STATS_READ, Scope.EVENTS_READ}
_DECIDING: Final = frozenset({Scope.CASES_WRITE, Scope.CASES_DECIDE})
_DUTY: Final = frozenset({Scope.CASES_DUTY})

_SCOPES: Final = {
    # CMM coordinates, publishes, and keeps the directory: it alone audits, releases, sees exact counts, administers.
    OrganisationKind.NATIONAL_CENTRE: frozenset(Scope),
    OrganisationKind.IMMIGRATION_AUTHORITY: _EVERY_PARTNERS | _ACCOMMODATION | _DECIDING | _DUTY,
    # The police refer and may place a person in the hours of assessment; they never decide.
    OrganisationKind.POLICE: _EVERY_PARTNERS | _ACCOMMODATION | _DUTY,
    # The prosecution records what a court has decided.
    OrganisationKind.PROSECUTION: _EVERY_PARTNERS | _DECIDING,
    OrganisationKind.NGO: _EVERY_PARTNERS | _ACCOMMODATION,
    OrganisationKind.MUNICIPALITY: _EVERY_PARTNERS | _ACCOMMODATION | _DUTY,
    OrganisationKind.RETURN_ORGANISATION: _EVERY_PARTNERS | _ACCOMMODATION,
    OrganisationKind.SUPERVISION: _EVERY_PARTNERS | _ACCOMMODATION,
    OrganisationKind.OTHER: _EVERY_PARTNERS | _ACCOMMODATION | _DUTY,
    OrganisationKind.HEALTH: _EVERY_PARTNERS,
    OrganisationKind.LABOUR: _EVERY_PARTNERS,
    OrganisationKind.SYSTEM: frozenset({Scope.REFERRALS_READ, Scope.CASES_READ, Scope.ACCOMMODATION_READ}),
}


def scopes_of(kind: OrganisationKind) -> frozenset[Scope]:
    """The most that an organisation of this kind may be granted, whatever its token says."""
    return _SCOPES[kind]


def organisation_of(municipality: str) -> str:
    """The organisation id of the municipality with this code: `kommune-0751`."""
    return _MUNICIPALITY + municipality


def municipality_of(organisation: str) -> str | None:
    """The code of the municipality that this organisation is; None where it is none."""
    return organisation.removeprefix(_MUNICIPALITY) if organisation.startswith(_MUNICIPALITY) else None
