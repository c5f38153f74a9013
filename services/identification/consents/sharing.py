"""Whom a case is shared with: who gains a part in it by a leave, and who loses it when the leave ends."""

from uuid import UUID

from services.identification.case import repository as cases
from services.identification.case.codes import IMMIGRATION, PROSECUTION
from services.identification.case.models import Case, Part
from services.identification.consents import repository
from services.identification.routing import domain as routing
from shared.data.unit_of_work import UnitOfWork


async def let_know(work: UnitOfWork, case_id: UUID, org: str) -> None:
    """The organisation has leave to know of the case; it keeps a part that it has by law."""
    await cases.add_party(work, case_id, org, Part.RECIPIENT)


async def add_referrer(work: UnitOfWork, case_id: UUID, org: str) -> None:
    """The organisation has referred the person. Where the person took consent back from it, a further referral does not
    bring that back; only a new consent, or the law, does."""
    if not await repository.is_barred(work, case_id, org):
        await cases.add_party(work, case_id, org, Part.REFERRER)


async def let_know_by_consent(work: UnitOfWork, case_id: UUID, org: str) -> None:
    """The person lets the organisation know: if it has referred the person, it is the referrer (again)."""
    has_referred = await cases.has_referred(work, case_id, org)
    await cases.add_party(work, case_id, org, Part.REFERRER if has_referred else Part.RECIPIENT)


async def take_back(work: UnitOfWork, case: Case, org: str) -> bool:
    """A leave has ended. Unless another one still covers the organisation, it loses what the leave gave it, and, where the
    person has taken consent back, what its referral gave it; what the law gives it stays. Says whether it may still know."""
    family = await repository.family_of(work, case.id)
    if any((await repository.leaves_of(work, org, family)).values()):
        return True
    ended = {Part.RECIPIENT}
    if await repository.is_barred(work, case.id, org):
        ended.add(Part.REFERRER)  # who has referred somebody is no more entitled than who was told
    remaining = set()
    for case_id in family:
        part = await cases.part_of(work, case_id, org)
        if part in ended:
            part = await _part_by_law(work, case, org)
            await cases.set_part(work, case_id, org, part)
        remaining.add(part)
    return bool(remaining & {*cases.WORKING, Part.REFERRER})


async def _part_by_law(work: UnitOfWork, case: Case, org: str) -> Part | None:
    if org == IMMIGRATION:
        return routing.part_against_removal(case)
    if org == PROSECUTION:
        return Part.PROSECUTION
    if await cases.is_acting_municipality(work, case.id, org):
        return Part.MUNICIPALITY
    return None
