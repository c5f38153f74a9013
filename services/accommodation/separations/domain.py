"""Two people are kept apart: no place is given to one in a facility where the other lives (docs/rules.md, housing-28)."""

from uuid import UUID

from services.accommodation.case import repository as cases
from services.accommodation.case.schemas import Remark
from services.accommodation.separations import repository
from services.accommodation.separations.models import Separation
from services.accommodation.separations.repository import Apart
from services.accommodation.separations.schemas import SeparationReport
from shared.contract.organisations import OrganisationKind
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.kernel.errors import Conflict, Forbidden, Unprocessable


class NotYoursToSeparate(Forbidden):
    """Who is kept apart from whom is CMM's to say and to know."""


class OnePerson(Unprocessable):
    """Nobody is kept apart from themselves."""


class SeparationIsEnded(Conflict):
    """There is nothing to end."""


async def keep_apart(work: UnitOfWork, *, report: SeparationReport) -> Apart:
    """The two live in no facility together from now on; who does already stays until somebody moves them. Raises
    NotYoursToSeparate for everybody but CMM."""
    if work.actor.kind is not OrganisationKind.NATIONAL_CENTRE:
        raise NotYoursToSeparate("Who is kept apart from whom is CMM's to say; tell CMM what you know.")
    if report.case_id == report.other_case_id:
        raise OnePerson("Nobody is kept apart from themselves; name the other person's case.")
    await cases.check_known(work, report.case_id, report.other_case_id)
    separation = Separation(
        case_id=report.case_id,
        other_case_id=report.other_case_id,
        because=report.because,
        noted_by=work.actor.org,
        noted_at=work.now,
    )
    return await repository.add(work, separation, Remark(text=report.reason))


async def end(work: UnitOfWork, *, separation_id: UUID, expected: ExpectedVersion) -> Apart:
    """Nothing speaks against the two living together any more. Raises SeparationNotFound for everybody but CMM."""
    separation, reason = await repository.lock(work, separation_id)
    expected.check(separation)
    if separation.ended_at:
        raise SeparationIsEnded("The two are not kept apart any more.")
    separation.ended_at = work.now
    separation.version += 1
    return Apart(separation, reason, together_in=[])
