"""Who may know what: one table for all services, by the part that an organisation has, its kind, what the person lets it
know, and the reader's role, login and purpose. Lists, single reads, filters and events ask it, and so does whatever follows
from a value. What it does not name is shown to nobody.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import lru_cache
from typing import Final, Protocol

from shared.contract.codes import Purpose, ShareScope
from shared.contract.organisations import OrganisationKind
from shared.contract.roles import Assurance, Role
from shared.kernel.errors import Forbidden


class Part(StrEnum):
    """What an organisation has to do with a case, a referral, a stay or a facility; what it may know follows from that."""

    CENTRE = "centre"
    AUTHORITY = "authority"
    REFERRER = "referrer"
    RECIPIENT = "recipient"
    """The person's consent, or the law, lets it know what that covers."""
    MUNICIPALITY = "municipality"
    """The acting municipality of a child, while it has to assess what the child needs: it sees who the child is, how to reach
    them and where they are, what was noted for it, and nothing of the case before or after."""
    REPRESENTATION = "representation"
    """Familieretshuset, while it has a child's representative to appoint: it sees who the child is and how to reach them, and
    nothing of the case before or after."""
    HOLDER = "holder"
    """The police that holds the person, whatever else has ended, until it reports that they were let go: it sees that an
    identification is pending (`KINDS`), and nothing of the case before or after."""
    PROSECUTION = "prosecution"
    """May record what a court has decided in a case whose id it knows; no list shows it the case."""

    # of a referral
    SENDER = "sender"
    ADDRESSEE = "addressee"
    """To whom the referral was sent, or forwarded by consent or law."""
    SERVICE = "service"
    """Havn's identification service, which opens the cases."""

    # of a stay, or of a request for one
    REQUESTER = "requester"
    OPERATOR = "operator"
    PAYER = "payer"
    AUTHORITY_OF_BOTH = "authority_of_both"
    """Decides the case in which the work on the person goes on, since this one was merged into it."""

    # of a facility
    SUPERVISION = "supervision"
    """Socialtilsynet of the facility's region, which approves it."""
    PARTNER = "partner"
    """Every organisation: it knows of facilities that are no secret."""


class Aspect(StrEnum):
    """One thing that may be known of a case, a referral, a stay, a facility, or of all people together."""

    EXISTENCE = "existence"
    """That there is a case or a referral, its id, and when this was said."""
    REFERRAL = "referral"
    """Between whom the referral is, of which kind, and where it stands."""
    PENDING = "pending"
    """That nobody is to be removed while the identification runs, or an appeal (docs/rules.md, privacy-1)."""
    STATUS = "status"
    AUTHORITY = "authority"
    OUTCOME = "outcome"
    FILE = "file"
    """The coded facts of the case, its decisions, periods and deadlines, and its timeline."""
    PERSON = "person"
    """Who the person is, and what was said of them in words."""
    CONTACT = "contact"
    HEALTH = "health"
    NOTES = "notes"
    """What was noted for whoever has a task in the case: notes to the reader's organisation, and those that it wrote."""
    WHEREABOUTS = "whereabouts"
    """Whom to go to for the person now: who houses them, also where the facility is a secret, in which region; who holds them;
    since when they are missing."""
    PLACED = "placed"
    """That the person has a place, and nothing of where."""
    REGION = "region"
    """In which region the person is, also where the facility is a secret."""
    PLACEMENT = "placement"
    """Where the person is, unless the facility is a secret."""
    HIDDEN_PLACEMENT = "hidden_placement"
    NEEDS = "needs"
    """What the person needs of a place, as far as the reader has said it itself."""
    GENDER_AND_AGE = "gender_and_age"
    """What of the needs comes from the case: the house that takes the person in must know it."""
    RESPONSIBILITY = "responsibility"
    """The row of the rules, who pays, the kinds of facility: outcome and legal status follow from them."""
    MERGED = "merged"
    """What follows from the other case of the person, into which this one was merged; who may not know it is shown what follows
    from this one alone."""
    FACILITY = "facility"
    HIDDEN_FACILITY = "hidden_facility"
    ADDRESS = "address"
    FREE_PLACES = "free_places"
    """How many places are free, in which region and facilities; everybody knows whether any is."""
    FIGURES = "figures"
    """Exact counts of people, for who has the scope of them."""


_ALL: Final = frozenset(Aspect)
_SECRET: Final = frozenset(
    {
        Aspect.WHEREABOUTS,
        Aspect.REGION,
        Aspect.HIDDEN_PLACEMENT,
        Aspect.HIDDEN_FACILITY,
        Aspect.ADDRESS,
        Aspect.FREE_PLACES,
        Aspect.FIGURES,
    }
)
_STANDING: Final = frozenset({Aspect.EXISTENCE, Aspect.REFERRAL, Aspect.PENDING, Aspect.STATUS})
_REFERRED: Final = frozenset({Aspect.EXISTENCE, Aspect.REFERRAL, Aspect.PERSON, Aspect.CONTACT, Aspect.HEALTH})
_OF_AN_OPERATOR: Final = frozenset(
    {
        Aspect.PLACED,
        Aspect.REGION,
        Aspect.PLACEMENT,
        Aspect.HIDDEN_PLACEMENT,
        Aspect.NEEDS,
        Aspect.GENDER_AND_AGE,
        Aspect.MERGED,
        Aspect.FACILITY,
        Aspect.HIDDEN_FACILITY,
        Aspect.ADDRESS,
        Aspect.FREE_PLACES,
    }
)

PARTS: Final[Mapping[Part, frozenset[Aspect]]] = {
    Part.CENTRE: _ALL,
    Part.AUTHORITY: _ALL - _SECRET - {Aspect.MERGED},
    Part.AUTHORITY_OF_BOTH: frozenset({Aspect.MERGED}),
    Part.REFERRER: frozenset({Aspect.EXISTENCE, Aspect.STATUS, Aspect.AUTHORITY, Aspect.PLACED, Aspect.NOTES}),
    Part.RECIPIENT: frozenset({Aspect.EXISTENCE}),
    Part.MUNICIPALITY: frozenset(
        {
            Aspect.EXISTENCE,
            Aspect.PERSON,
            Aspect.CONTACT,
            Aspect.NOTES,
            Aspect.WHEREABOUTS,
            Aspect.PLACEMENT,
        }
    ),
    Part.REPRESENTATION: frozenset({Aspect.EXISTENCE, Aspect.PERSON, Aspect.CONTACT}),
    Part.HOLDER: frozenset({Aspect.EXISTENCE}),
    Part.PROSECUTION: frozenset({Aspect.EXISTENCE, Aspect.STATUS, Aspect.AUTHORITY}),
    Part.SENDER: _REFERRED,
    Part.ADDRESSEE: _REFERRED,
    Part.SERVICE: _REFERRED,
    Part.REQUESTER: frozenset({Aspect.PLACED, Aspect.PLACEMENT, Aspect.NEEDS}),
    Part.OPERATOR: _OF_AN_OPERATOR,
    Part.PAYER: frozenset(
        {
            Aspect.PLACED,
            Aspect.REGION,
            Aspect.PLACEMENT,
            Aspect.NEEDS,
            Aspect.GENDER_AND_AGE,
            Aspect.RESPONSIBILITY,
            Aspect.MERGED,
            Aspect.FREE_PLACES,
        }
    ),
    Part.SUPERVISION: frozenset({Aspect.FACILITY, Aspect.HIDDEN_FACILITY, Aspect.ADDRESS}),
    Part.PARTNER: frozenset({Aspect.FACILITY}),
}
"""What a part lets its organisation know."""

KINDS: Final[Mapping[OrganisationKind, frozenset[Aspect]]] = {
    OrganisationKind.POLICE: frozenset({Aspect.PENDING}),
    OrganisationKind.IMMIGRATION_AUTHORITY: frozenset({Aspect.PENDING}),
    OrganisationKind.PROSECUTION: frozenset({Aspect.STATUS, Aspect.AUTHORITY}),
}
"""What is known besides, where there is a part at all: by those who could remove the person; and by the prosecution what it knows
of every case, also where a consent has given it another part."""

SCOPES: Final[Mapping[ShareScope, frozenset[Aspect]]] = {
    ShareScope.STATUS: frozenset({Aspect.STATUS}),
    ShareScope.OUTCOME: frozenset({Aspect.OUTCOME}),
    ShareScope.CONTACT: frozenset({Aspect.CONTACT}),
    ShareScope.PERSON: frozenset({Aspect.PERSON}),
    ShareScope.HEALTH_FLAGS: frozenset({Aspect.HEALTH}),
    ShareScope.PLACEMENT: frozenset({Aspect.PLACED}),
}
"""What the person's consent, or the law, adds."""

_OF_FACILITIES: Final = frozenset({Aspect.FACILITY, Aspect.HIDDEN_FACILITY, Aspect.FREE_PLACES, Aspect.FIGURES})

ROLES: Final[Mapping[Role, frozenset[Aspect]]] = {
    Role.CASEWORKER: _ALL,
    Role.DECIDER: _ALL,
    Role.LAWYER: _ALL,
    Role.SYSTEM: _ALL,
    Role.ADMIN: _STANDING | _OF_FACILITIES | {Aspect.AUTHORITY, Aspect.OUTCOME, Aspect.FILE},
    Role.HEALTH: _STANDING | _OF_FACILITIES | {Aspect.HEALTH, Aspect.CONTACT, Aspect.PLACED},
    Role.FACILITY_MANAGER: _STANDING | _OF_FACILITIES | _OF_AN_OPERATOR | {Aspect.HEALTH},
    Role.DASHBOARD: _STANDING | {Aspect.FIGURES},
    Role.STATISTICIAN: frozenset({Aspect.FIGURES}),
    Role.AUDITOR: frozenset({Aspect.FIGURES}),
}
"""The most that somebody in this role knows of what the organisation may; of several roles, what any of them knows."""

ASSURANCES: Final[Mapping[Aspect, Assurance]] = {Aspect.ADDRESS: Assurance.HIGH}
"""How sure a login must be for an aspect of a facility that is a secret; elsewhere the endpoint's own level is enough."""


# ---------------------------------------------------------------- purposes

_ANY: Final = frozenset(Purpose)
_OF_A_REFERRAL: Final = frozenset({Purpose.IDENTIFICATION, Purpose.SUPPORT})

PURPOSES_OF_PARTS: Final[Mapping[Part, frozenset[Purpose]]] = {
    Part.SENDER: _OF_A_REFERRAL,
    Part.ADDRESSEE: _OF_A_REFERRAL,
    Part.REFERRER: _OF_A_REFERRAL,
}
"""What sender and recipient of a referral may state, whatever their kind."""

PURPOSES_OF_KINDS: Final[Mapping[OrganisationKind, frozenset[Purpose]]] = {
    OrganisationKind.NATIONAL_CENTRE: _ANY,
    OrganisationKind.IMMIGRATION_AUTHORITY: frozenset(
        {Purpose.IDENTIFICATION, Purpose.ACCOMMODATION, Purpose.RETURN, Purpose.LEGAL, Purpose.SUPPORT}
    ),
    OrganisationKind.POLICE: frozenset({Purpose.IDENTIFICATION, Purpose.INVESTIGATION, Purpose.ACCOMMODATION}),
    OrganisationKind.PROSECUTION: frozenset(
        {Purpose.IDENTIFICATION, Purpose.PROSECUTION, Purpose.INVESTIGATION, Purpose.LEGAL}
    ),
    OrganisationKind.NGO: frozenset({Purpose.IDENTIFICATION, Purpose.SUPPORT, Purpose.ACCOMMODATION, Purpose.RETURN}),
    OrganisationKind.MUNICIPALITY: frozenset(
        {Purpose.IDENTIFICATION, Purpose.SUPPORT, Purpose.ACCOMMODATION, Purpose.SUPERVISION}
    ),
    OrganisationKind.HEALTH: frozenset({Purpose.IDENTIFICATION, Purpose.HEALTH, Purpose.SUPPORT}),
    OrganisationKind.LABOUR: frozenset({Purpose.IDENTIFICATION, Purpose.SUPPORT}),
    OrganisationKind.SUPERVISION: frozenset({Purpose.SUPERVISION}),
    OrganisationKind.RETURN_ORGANISATION: frozenset({Purpose.RETURN, Purpose.SUPPORT}),
    # Familieretshuset, the only one of its kind.
    OrganisationKind.OTHER: frozenset({Purpose.LEGAL, Purpose.SUPPORT}),
    OrganisationKind.SYSTEM: frozenset({Purpose.IDENTIFICATION}),
}

PURPOSES_OF_ROLES: Final[Mapping[Role, frozenset[Purpose]]] = {
    Role.CASEWORKER: _ANY,
    Role.DECIDER: _ANY,
    Role.LAWYER: _ANY,
    Role.SYSTEM: _ANY,
    Role.HEALTH: frozenset({Purpose.HEALTH, Purpose.SUPPORT}),
    Role.FACILITY_MANAGER: frozenset({Purpose.ACCOMMODATION}),
    Role.AUDITOR: frozenset({Purpose.SUPERVISION, Purpose.DATA_SUBJECT_REQUEST}),
    Role.STATISTICIAN: frozenset(),
    Role.DASHBOARD: frozenset(),
    Role.ADMIN: frozenset(),
}
"""What a role may state of what part and kind may; of several roles, what any of them may."""

PURPOSES_OF_ASPECTS: Final[Mapping[Aspect, frozenset[Purpose]]] = {Aspect.ADDRESS: _ANY - {Purpose.STATISTICS}}
"""For which purposes alone an aspect is shown, where not every one will do."""


class PurposeNotYours(Forbidden):
    """The organisation's part, its kind, or the reader's role does not let them read for this purpose."""


class Reader(Protocol):
    """Who asks: an Actor."""

    @property
    def kind(self) -> OrganisationKind: ...
    @property
    def roles(self) -> frozenset[Role]: ...


def _each(parts: Part | Iterable[Part]) -> Iterable[Part]:
    return (parts,) if isinstance(parts, Part) else parts


def stated_by(kind: OrganisationKind, parts: Part | Iterable[Part] = ()) -> frozenset[Purpose]:
    """The purposes for which somebody of such an organisation, with this part, or these, may read, if their role lets them."""
    return PURPOSES_OF_KINDS[kind].union(*(PURPOSES_OF_PARTS.get(part, ()) for part in _each(parts)))


def may_state(reader: Reader, parts: Part | Iterable[Part]) -> frozenset[Purpose]:
    """The purposes for which somebody with this part, or these, may read."""
    return stated_by(reader.kind, parts) & frozenset[Purpose]().union(
        *(PURPOSES_OF_ROLES[role] for role in roles_of(reader))
    )


def judge(
    reader: Reader, parts: Part | Iterable[Part], purpose: Purpose | None, *, aspect: Aspect | None = None
) -> None:
    """Raises PurposeNotYours where the part does not let the reader state the purpose, or it does not open the aspect.
    Ask only for who has a part: to others there is nothing."""
    allowed = may_state(reader, parts)
    if aspect:
        allowed &= PURPOSES_OF_ASPECTS.get(aspect, _ANY)
    if purpose is not None and purpose not in allowed:
        stated = ", ".join(sorted(allowed)) or "nothing"
        raise PurposeNotYours(f"You may read this for {stated}, not for {purpose}.", allowed=sorted(allowed))


def roles_of(reader: Reader) -> frozenset[Role]:
    """Who is a system and somebody besides is a person: it knows what that person does."""
    return reader.roles - {Role.SYSTEM} or reader.roles


# ---------------------------------------------------------------- what may be known


def may_know(reader: Reader, parts: Part | Iterable[Part], disclosable: Iterable[ShareScope] = ()) -> frozenset[Aspect]:
    """What somebody with this part, or these, may know, with what is disclosable to the organisation besides."""
    return _may_know(reader.kind, roles_of(reader), frozenset(_each(parts)), frozenset(disclosable))


def known_to(kind: OrganisationKind, part: Part, disclosable: Iterable[ShareScope] = ()) -> frozenset[Aspect]:
    """What an organisation of this kind with this part may know, whoever of it asks."""
    return _may_know(kind, frozenset({Role.SYSTEM}), frozenset({part}), frozenset(disclosable))


@lru_cache(maxsize=5_000)  # of a list each case is asked about, and of most the same
def _may_know(
    kind: OrganisationKind, roles: frozenset[Role], parts: frozenset[Part], disclosable: frozenset[ShareScope]
) -> frozenset[Aspect]:
    of_parts = frozenset[Aspect]().union(*(PARTS[part] for part in parts))
    if not of_parts:
        return frozenset()
    of_organisation = of_parts.union(KINDS.get(kind, frozenset()), *(SCOPES[scope] for scope in disclosable))
    return of_organisation & frozenset[Aspect]().union(*(ROLES[role] for role in roles))


_CONTACT: Final = frozenset({"safe_contact", "contact_channels", "interpreter", "interpreter_language", "languages"})
_FILED: Final = frozenset({"consents", "reference"})


def person_aspect(field: str) -> Aspect:
    """Which aspect a field of a person's description shows."""
    if field in _FILED:
        return Aspect.FILE
    return Aspect.CONTACT if field in _CONTACT else Aspect.PERSON
