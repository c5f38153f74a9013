"""Who decides in a case: found by the table, settled by a lawyer where the table leaves it open, never changed after the
decision."""

from datetime import datetime
from uuid import UUID

from services.identification.authority import repository
from services.identification.authority.schemas import EarlierIdentification, Settlement
from services.identification.case import changes, lifecycle
from services.identification.case import repository as cases
from services.identification.case.models import Case
from services.identification.case.schemas import SealedText
from services.identification.consents import repository as consents_repository
from services.identification.routing import domain as routing
from services.identification.routing.domain import facts_on
from shared.contract.codes import Authority, Purpose
from shared.contract.events import CaseRouted
from shared.contract.organisations import CENTRE, IMMIGRATION
from shared.contract.visibility import Part
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.kernel.clock import on_date
from shared.kernel.errors import Conflict, Forbidden

_DECIDES = {Authority.CMM: CENTRE, Authority.COURT: CENTRE, Authority.US: IMMIGRATION}
"""The organisation that acts for an authority; after a court, CMM is still asked to open the support offer (R1)."""


class NothingToSettle(Conflict):
    """The table has found the authority; there is nothing for a lawyer to settle."""


class CaseIsDecided(Conflict):
    """After the decision the authority does not change."""


class NotACentresLawyer(Forbidden):
    """Only a lawyer of CMM settles who decides."""


async def route_again(work: UnitOfWork, case: Case) -> None:
    """Find who decides by what is known now, and record it. Do it last: US may lose its part in the case by it."""
    route(case, now=work.now)
    await changes.case_changed(work, case)
    await record_route(work, case)


def route(case: Case, *, now: datetime) -> None:
    """Find who decides, and note it in the case with what was known."""
    facts = facts_on(case, on_date(now))
    found = routing.route(facts)
    case.authority, case.rule = found.authority, found.rule
    case.table_version, case.why, case.settled_by = found.table_version, found.why, None
    case.facts_used, case.routing_facts = dict(found.facts_used), facts.model_dump(mode="json")
    case.routed_at = now


async def record_route(work: UnitOfWork, case: Case, *, part_stands: bool = False) -> None:
    """Record who decides, and what follows from it for US, unless its part is known to stand as it is. A court's recognition
    leaves US the part it had."""
    if case.authority is not Authority.COURT and not part_stands:
        await cases.set_part(work, case.id, IMMIGRATION, await _part_of_immigration(work, case))
    work.record(
        CaseRouted(
            case_id=case.id,
            occurred_at=work.now,
            authority=case.authority,
            rule=case.rule,
            table_version=case.table_version,
            settled_by=case.settled_by,
        )
    )


async def _part_of_immigration(work: UnitOfWork, case: Case) -> Part | None:
    """US decides, or has brought the person in, or is let know; or nothing: it is shown no case that it has no part in, whoever
    the person is (docs/rules.md, identity-7)."""
    if case.authority is Authority.US:
        return Part.AUTHORITY
    has_brought = case.opened_by == IMMIGRATION or await cases.has_referred(work, case.id, IMMIGRATION)
    if has_brought and not await consents_repository.is_barred(work, case.id, IMMIGRATION):
        return Part.REFERRER
    is_let_know = (await consents_repository.disclosable_to(work, IMMIGRATION, [case.id]))[case.id]
    return Part.RECIPIENT if is_let_know else None


async def settle(work: UnitOfWork, *, case_id: UUID, settlement: Settlement, expected: ExpectedVersion) -> Case:
    """A lawyer of CMM says who decides, where the table leaves it open (R7)."""
    case = await cases.lock_case(work, case_id, expected)
    if work.actor.org != CENTRE:
        raise NotACentresLawyer("Only a lawyer of CMM settles who decides.")
    if case.status in lifecycle.DECIDED:
        raise CaseIsDecided("The case is decided; the deciding authority no longer changes.")
    if case.rule != "R7":
        raise NothingToSettle(f"Rule {case.rule} has found {case.authority}; only a case that needs review is settled.")
    case.authority, case.settled_by = settlement.authority, work.actor.org
    case.why = f"The table leaves it open; a lawyer of CMM has settled that {settlement.authority} decides."
    await repository.add_settlement(work, case, SealedText(text=settlement.reason))
    await changes.case_changed(work, case)
    await record_route(work, case)
    return case


async def see_earlier_identifications(
    work: UnitOfWork, *, case_id: UUID, purpose: Purpose
) -> list[EarlierIdentification]:
    """What was decided of the same person before, for the authority that decides now; CaseNotFound for everybody else."""
    case, _ = await cases.find_case(
        work, case_id, operation="case.earlier_identifications", purpose=purpose, parts=cases.WORKING
    )
    if _DECIDES.get(case.authority) != work.actor.org:
        raise cases.CaseNotFound
    return await repository.earlier_identifications(work, case.id)
