"""Whom a case is disclosed to: who gains a part in it by consent or by law, and who loses it when that ends."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from services.identification.case import repository as cases
from services.identification.case.models import Case
from services.identification.case.visibility import holds, is_to_represent
from services.identification.consents import repository
from shared.contract.organisations import PROSECUTION
from shared.contract.visibility import Part
from shared.data.itself import as_itself
from shared.data.unit_of_work import UnitOfWork
from shared.kernel.clock import on_date


@asynccontextmanager
async def case_known_to(work: UnitOfWork, case: Case, organisation: str) -> AsyncIterator[UUID]:
    """Under which case the organisation is let know of the person of this one: who has a part in a merged one alone is to learn
    of no merge, and who lets it know may have none there."""
    async with as_itself(work):
        family = await cases.family_of(work, case.id)
        concerning = await cases.concerning_among(work, family, organisation) if len(family) > 1 else family
    known_as = next((member for member in family if member in concerning), case.id)
    if known_as == case.id:
        yield known_as
        return
    async with as_itself(work):
        yield known_as


async def let_know(work: UnitOfWork, case_id: UUID, organisation: str) -> None:
    """Consent or law lets the organisation know of the case; it keeps a part that it has by law."""
    await cases.add_party(work, case_id, organisation, Part.RECIPIENT)


async def let_know_by_consent(work: UnitOfWork, case_id: UUID, organisation: str) -> None:
    """The person lets the organisation know: if it has referred the person, it is the referrer (again)."""
    has_referred = await cases.has_referred(work, case_id, organisation)
    await cases.add_party(work, case_id, organisation, Part.REFERRER if has_referred else Part.RECIPIENT)


async def take_back(work: UnitOfWork, case: Case, organisation: str) -> bool:
    """What let the organisation know has ended. Unless something else still does, it loses what that gave it, and, where the
    person has taken consent back, what its referral gave it; what the law gives it stays. Says whether it may still know."""
    family = await cases.family_of(work, case.id)
    if any((await repository.disclosable_to(work, organisation, family)).values()):
        return True
    ended = {Part.RECIPIENT}
    if await repository.is_barred(work, case.id, organisation):
        ended.add(Part.REFERRER)  # who has referred somebody is no more entitled than who was let know
    remaining = set()
    for case_id in family:
        part = await cases.part_of(work, case_id, organisation)
        if part in ended:
            part = await _part_by_law(work, case, organisation, was=part)
            await cases.set_part(work, case_id, organisation, part)
        remaining.add(part)
    return bool(remaining & {*cases.WORKING, Part.REFERRER})


async def take_back_from(work: UnitOfWork, case: Case, organisation: str) -> None:
    """Nothing of another case lets the organisation know of this one any more: unless its own does, that part ends."""
    if await cases.part_of(work, case.id, organisation) is not Part.RECIPIENT:
        return
    if not (await repository.disclosable_to(work, organisation, [case.id]))[case.id]:
        part = await _part_by_law(work, case, organisation, was=Part.RECIPIENT)
        await cases.set_part(work, case.id, organisation, part)


async def part_without_referral(work: UnitOfWork, case: Case, organisation: str) -> Part | None:
    """What the organisation's part in the case is once its referral is withdrawn: what the law gives it, or a consent or law
    that somebody else than itself has recorded."""
    by_law = await _part_by_law(work, case, organisation, was=None)
    return by_law or (Part.RECIPIENT if await repository.is_let_know_by_others(work, case.id, organisation) else None)


async def _part_by_law(work: UnitOfWork, case: Case, organisation: str, *, was: Part | None) -> Part | None:
    if organisation == PROSECUTION:
        return Part.PROSECUTION
    if await cases.is_acting_municipality(work, case.id, organisation):
        return Part.MUNICIPALITY
    if is_to_represent(organisation, case, on=on_date(work.now)):
        return Part.REPRESENTATION
    # Who says when the person is let go can do so whatever the person lets it know.
    return Part.HOLDER if was is Part.REFERRER and holds(organisation, case) else None
