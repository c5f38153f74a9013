"""To whom a secret address is shown, and how its secrecy is dropped (docs/rules.md, privacy-4 and housing-19)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.accommodation.case.schemas import Remark
from services.accommodation.case.terms import terms_on
from services.accommodation.facilities import domain as register
from services.accommodation.facilities import repository as facilities
from services.accommodation.facilities import visibility as who
from services.accommodation.facilities.models import Facility
from services.accommodation.facilities.schemas import Particulars
from services.accommodation.secrecy import repository
from shared.contract.codes import Purpose
from shared.contract.personal import PersonalText
from shared.contract.visibility import ASSURANCES, Aspect
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.kernel.clock import on_date
from shared.kernel.errors import AssuranceTooLow, Conflict


class NothingToConfirm(Conflict):
    """Nobody has asked to drop the secrecy of this facility's address."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A facility as the actor may see it: whether with its address, and until when that may be used where it is a secret."""

    facility: Facility
    particulars: Particulars
    with_address: bool
    until: datetime | None


async def read_facility(work: UnitOfWork, *, facility_id: UUID, purpose: Purpose | None) -> Shown:
    """The facility, with its address for its operator, its supervision and CMM, when they say why it is read. A secret one is
    shown after a login of the highest assurance alone, for some minutes, and stands on the facility's record."""
    facility, particulars, with_address = await facilities.read_facility(work, facility_id, purpose=purpose)
    if not (with_address and purpose and facility.secret_address):
        return Shown(facility, particulars, with_address, None)
    needed = ASSURANCES[Aspect.ADDRESS]
    if not work.actor.assurance.at_least(needed):
        raise AssuranceTooLow(
            f"A secret address is shown only after a login with assurance level {needed}; without a purpose it is left out.",
            danish=(
                f"En hemmelig adresse vises kun efter login på sikringsniveauet {needed}; uden formål udelades den."
            ),
            needed=needed,
        )
    until = work.now + terms_on(on_date(work.now)).revealed_for
    await repository.keep_reveal(work, facility, purpose, until=until)
    return Shown(facility, particulars, with_address, until)


async def confirm_unveiling(
    work: UnitOfWork, *, facility_id: UUID, reason: PersonalText, expected: ExpectedVersion
) -> Facility:
    """A second person, of the operator or CMM, agrees that the address is a secret no more. Raises NothingToConfirm."""
    facility = await facilities.lock_facility(work, facility_id)
    if not who.runs(work.actor, facility):
        raise register.NotYourFacility("Only the facility's operator and CMM may drop its secrecy.")
    expected.check(facility)
    if facility.unveiling_asked_by is None:
        raise NothingToConfirm(
            "Ask first: PUT the facility with `secret_address` false; then another person confirms.",
            danish="Bed først om det: PUT stedet med `secret_address` false; derefter bekræfter en anden person.",
        )
    register.check_is_person(work.actor)
    if facility.unveiling_asked_by == register.person_of(work.actor):
        raise register.NotASecondPerson(
            "Dropping the secrecy takes two people: another one than who asked has to confirm it.",
            danish="At ophæve hemmeligheden kræver to: en anden end den, der bad om det, skal bekræfte.",
        )
    facility.secret_address, facility.unveiling_asked_by = False, None
    facility.version += 1
    await repository.note_unveiling(work, facility, Remark(text=reason))
    register.changed(work, facility)
    return facility
