"""What of the register an actor may know: its parts in a facility, and what the table of all services lets these know."""

from sqlalchemy import ColumnElement, and_, false, or_, true
from sqlmodel import col

from services.accommodation.case.visibility import Reader
from services.accommodation.facilities.models import Facility
from shared.contract import visibility
from shared.contract.organisations import OrganisationKind
from shared.contract.visibility import PARTS, Aspect, Part
from shared.data.columns import ORGANISATION
from shared.identity.actor import Actor


def runs(actor: Actor, facility: Facility) -> bool:
    """Its operator; and CMM, which coordinates them all."""
    return actor.org == facility.operator or actor.kind is OrganisationKind.NATIONAL_CENTRE


def _parts(reader: Reader) -> dict[Part, ColumnElement[bool]]:
    """The parts that the organisation that asks can have in a facility, and in which it has them."""
    if reader.kind is OrganisationKind.NATIONAL_CENTRE:
        return {Part.CENTRE: true()}
    if reader.kind is OrganisationKind.SUPERVISION:
        return {Part.SUPERVISION: col(Facility.region) == reader.region}
    return {Part.OPERATOR: col(Facility.operator) == ORGANISATION, Part.PARTNER: true()}


def parts_in(actor: Actor, facility: Facility) -> frozenset[Part]:
    """The parts that the actor's organisation has in a facility that it may know of."""
    if actor.kind is OrganisationKind.NATIONAL_CENTRE:
        return frozenset({Part.CENTRE})
    if actor.kind is OrganisationKind.SUPERVISION:
        return frozenset({Part.SUPERVISION})
    return frozenset({Part.PARTNER, Part.OPERATOR} if actor.org == facility.operator else {Part.PARTNER})


def knows(reader: Reader) -> ColumnElement[bool]:
    """Of which facilities the organisation that asks knows: of secret ones those alone to whom the table opens them."""
    known = [
        condition if Aspect.HIDDEN_FACILITY in PARTS[part] else and_(condition, ~col(Facility.secret_address))
        for part, condition in _parts(reader).items()
        if PARTS[part] & {Aspect.FACILITY, Aspect.HIDDEN_FACILITY}
    ]
    return or_(*known)


def watches(reader: Reader) -> ColumnElement[bool]:
    """Whose approvals who asks has to keep in view: its own facilities', those of its region, and for CMM all."""
    lets = [condition for part, condition in _parts(reader).items() if part is not Part.PARTNER]
    return or_(*lets)


def counts(reader: Reader) -> ColumnElement[bool]:
    """In which facilities who asks may count places, in its role."""
    lets = [
        condition
        for part, condition in _parts(reader).items()
        if Aspect.FREE_PLACES in visibility.may_know(reader, part)
    ]
    if reader.kind is OrganisationKind.IMMIGRATION_AUTHORITY and Aspect.FREE_PLACES in visibility.may_know(
        reader, Part.PAYER
    ):
        lets.append(~col(Facility.secret_address))
    return or_(false(), *lets)
