"""Where a child is, for the municipality that assesses what the child needs (docs/rules.md, duty-3): who holds them, and since
when they are missing. Where the child is placed is accommodation's to say."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from services.identification.absence.models import Absence, Disappearance
from services.identification.case.models import Case, is_held
from services.identification.case.schemas import SealedText
from services.identification.merging import repository as merging_repository
from services.identification.overview import repository
from services.identification.records import repository as records
from shared.contract.codes import Purpose
from shared.contract.organisations import OrganisationKind, kind_of
from shared.contract.visibility import Aspect, Part
from shared.data import sealed
from shared.data.itself import as_itself
from shared.data.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Held:
    """The case whose custody it is, which police has to do with it, and where the child is held."""

    case: Case
    police: list[str]
    place: SealedText | None


@dataclass(frozen=True, slots=True)
class Found:
    """What is known of where a child is."""

    case: Case
    missing_since: date | None
    missing_asked_since: date | None
    held: Held | None


async def find(work: UnitOfWork, case_id: UUID, *, purpose: Purpose) -> Found:
    """Where the child of the case is, for who has to assess what it needs, and CMM. Of a case that was merged, also what was
    recorded since where the work goes on, of which the municipality learns nothing else. Raises CaseNotFound and
    PurposeNotYours."""
    case, parts = await records.case_to_know(
        work, case_id, Aspect.WHEREABOUTS, operation="whereabouts.read", purpose=purpose
    )
    if case.erased_at:
        return Found(case, None, None, None)
    async with as_itself(work):
        # Who else has to do with the child, and that another case is about it, is not the reader's to know.
        above = [] if Part.CENTRE in parts else await merging_repository.merges_above(work, [case.id])
        places = [(case, None), *((other, merge.merged_at) for _, merge, other in above)]
        missing = [since for each, anew in places if (since := await _missing_since(work, each, anew))]
        asked = [since for each, anew in places if (since := await _asked_since(work, each, anew))]
        held = [each for each, anew in places if _is_held(each, anew)]
        who_holds = await _who_holds(work, held[0]) if held else None
    return Found(case, min(missing, default=None), min(asked, default=None), who_holds)


async def _missing_since(work: UnitOfWork, case: Case, anew: datetime | None) -> date | None:
    """Since when the person is missing, as the case says; of a case that goes on for another one, as was recorded `anew`."""
    lasting = [each for each in await records.records_of(work, case.id, Absence) if each.found_on is None]
    return next((each.since for each in lasting if _counts(each, anew)), None)


async def _asked_since(work: UnitOfWork, case: Case, anew: datetime | None) -> date | None:
    waiting = [each for each in await records.records_of(work, case.id, Disappearance) if each.answered_at is None]
    return next((each.since for each in waiting if _counts(each, anew)), None)


def _counts(record: Absence | Disappearance, anew: datetime | None) -> bool:
    return anew is None or (record.recorded_at >= anew and record.brought_by is None)


def _is_held(case: Case, anew: datetime | None) -> bool:
    if not is_held(case) or case.custody_since is None:
        return False
    return anew is None or (case.custody_since >= anew and case.custody_from is None)


async def _who_holds(work: UnitOfWork, case: Case) -> Held:
    organisations = await repository.referrers_of(work, case.custody_from or case.id)
    police = [each for each in organisations if kind_of(each) is OrganisationKind.POLICE]
    key = await sealed.key_of(work, case.id)
    place = (
        key.open(case.custody_place, SealedText, table="case_file", column="custody_place", row=case.id)
        if case.custody_place
        else None
    )
    return Held(case, police, place)
