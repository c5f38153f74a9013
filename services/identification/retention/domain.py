"""How long a case is kept, and its erasure (docs/rules.md, retention-3). The lengths are data: `tables/retention-*.json`.

Erasing destroys the case's key: what was sealed under it in this database can no longer be read. A backup made before has the key
too, until it expires. What is counted stays, without what would point at somebody. Every other holder is asked to erase as well.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from pydantic import Field

from services.identification import tables
from services.identification.case import repository as cases
from services.identification.case.models import Case, LegalHold
from services.identification.case.schemas import SealedText
from services.identification.erasure import domain as erasure
from services.identification.erasure import repository as erasure_repository
from services.identification.evidence import repository as evidence_repository
from services.identification.parties import repository as parties_repository
from services.identification.retention import repository
from services.identification.retention.models import RetentionRun
from services.identification.retention.schemas import HoldReport, SlipReport
from shared.contract.codes import Channel, ErasureExtent
from shared.contract.organisations import CENTRE
from shared.data import kept
from shared.data.itself import as_itself
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.kernel.clock import months_after, on_date
from shared.kernel.errors import Conflict, Forbidden
from shared.rules.decision_tables import Dated, Versions


class OnlyTheCentreErases(Forbidden):
    """What is erased before its time is CMM's to say."""


class AlreadyOnHold(Conflict):
    """The case is on hold."""


class NotOnHold(Conflict):
    """There is no hold to end."""


class NotASlip(Conflict):
    """Only what was withdrawn, and on which no work has begun, is erased by hand; all else is closed, and kept its time."""


class Rule(StrEnum):
    """Why a case is no longer kept."""

    UNLINKED_CONTACT = "unlinked_contact"
    """An adult met by hotline or outreach, never identified, whom no authority referred, who is linked to no other case, for
    whom nobody has begun anything or asked for a place, and of whom nothing was heard since."""
    NOT_IDENTIFIED = "not_identified"
    """Decided, and never as a victim; or declined."""
    CLOSED_VICTIM = "closed_victim"
    """A victim's file, closed, since the last follow-up."""


MEASURES: Final = {
    Rule.UNLINKED_CONTACT: "erase",
    Rule.NOT_IDENTIFIED: "pseudonymise",
    Rule.CLOSED_VICTIM: "erase",
}
"""Both destroy the key; after pseudonymising the coded facts are kept for what was decided, after erasing for statistics."""


class Terms(Dated):
    """How long cases are kept."""

    unlinked_contact_months: int = Field(gt=0)
    unlinked_channels: tuple[Channel, ...]
    not_identified_months: int = Field(gt=0)
    closed_victim_months: int = Field(gt=0)
    unfinished_uploads_days: int = Field(gt=0)
    batch: int = Field(gt=0)


TERMS: Final = Versions(tables.FOLDER, "retention", Terms)


async def due_on(work: UnitOfWork, *, on: date, limit: int | None = None) -> dict[Rule, list[UUID]]:
    """The cases that are to be erased on that day, by rule, oldest first; nothing is changed."""
    terms = TERMS.on(on)
    return {
        Rule.UNLINKED_CONTACT: await repository.unlinked_contacts(
            work,
            until=months_after(on, -terms.unlinked_contact_months),
            channels=terms.unlinked_channels,
            on=on,
            limit=limit,
        ),
        Rule.NOT_IDENTIFIED: await repository.not_identified(
            work, until=months_after(on, -terms.not_identified_months), on=on, limit=limit
        ),
        Rule.CLOSED_VICTIM: await repository.closed_victims(
            work, until=months_after(on, -terms.closed_victim_months), on=on, limit=limit
        ),
    }


async def run(work: UnitOfWork) -> None:
    """Once a day: erase what is due, in batches, and leave a report. It runs until a batch was not full."""
    today = on_date(work.now)
    if await repository.has_run(work, today):
        return
    terms = TERMS.on(today)
    due = await due_on(work, on=today, limit=terms.batch + 1)
    left = terms.batch
    erased: dict[Rule, list[UUID]] = {}
    for rule, case_ids in due.items():
        erased[rule] = case_ids[:left]
        left -= len(erased[rule])
        for case_id in erased[rule]:
            await _erase(work, case_id, rule)
    await kept.forget_old(work)
    await evidence_repository.forget_unfinished(work, before=work.now - timedelta(days=terms.unfinished_uploads_days))
    is_complete = all(len(erased[rule]) == len(due[rule]) for rule in due)
    await repository.add_run(
        work,
        RetentionRun(
            ran_at=work.now,
            day=today,
            table_version=terms.version,
            is_complete=is_complete,
            erased={rule.value: len(case_ids) for rule, case_ids in erased.items()},
            case_ids=[case_id for case_ids in erased.values() for case_id in case_ids],
        ),
    )


async def _erase(work: UnitOfWork, case_id: UUID, rule: str) -> None:
    for each in await cases.family_of(work, case_id):
        await repository.erase(work, each, rule=rule)
        await erasure.ask(work, each, extent=ErasureExtent.CASE)


async def erase_slip(work: UnitOfWork, *, case_id: UUID, report: SlipReport, expected: ExpectedVersion) -> Case:
    """CMM erases a case whose only referral was withdrawn because it never should have been sent, with those that were merged
    into it, whose referrals were withdrawn as well. No machine does that (docs/rules.md, identity-3)."""
    case = await cases.lock_case(work, case_id, expected)
    if work.actor.org != CENTRE:
        raise OnlyTheCentreErases("Only a lawyer of CMM erases a case by hand.")
    async with as_itself(work):
        family = [case, *await cases.lock_below(work, case)]
        if not await _is_slip(work, family):
            raise NotASlip(
                "Only a case whose referral was withdrawn and on which no work has begun is erased by hand, and none into which "
                "another was merged of which that is not so; decide and close it, and it is kept its time."
            )
        if await erasure_repository.is_kept(work, [each.id for each in family]):
            raise AlreadyOnHold("The case is on hold: nothing of it is erased until that ends.")
        await _erase(work, case.id, f"slip: {report.reason}")
    return case


async def _is_slip(work: UnitOfWork, family: Sequence[Case]) -> bool:
    """Nobody stands by what was said of the person, in any of the cases, and nobody has begun anything for them."""
    case_ids = [each.id for each in family]
    if any(each.source_withdrawn_at is None for each in family) or await repository.any_begun(work, case_ids):
        return False
    return not await parties_repository.any_source(work, case_ids)


async def note_placement(work: UnitOfWork, *, case_id: UUID, at: datetime, is_housed: bool | None = None) -> None:
    """Somebody asks for a place for the person, who has come to live in one, or has gone from it: the contact has come to
    something, and nobody is erased who lives in a place."""
    case = await cases.case_for_itself(work, case_id)
    if case is None:
        return
    case.version -= 1  # nothing that is shown changes
    case.placement_asked_at = case.placement_asked_at or at
    if is_housed is not None:
        case.is_housed = is_housed


async def reapply(work: UnitOfWork, case_ids: Sequence[UUID]) -> int:
    """After a backup was restored: destroy again the keys of these cases, and ask every other holder to, whose backup may have
    brought back what it had erased. Says how many keys had come back here."""
    returned = await repository.with_key(work, case_ids)
    for case_id in returned:
        await repository.erase(work, case_id, rule="reapplied")
    for case_id in await repository.erased_among(work, case_ids):
        await erasure.ask(work, case_id, extent=ErasureExtent.CASE)
    return len(returned)


async def hold(
    work: UnitOfWork, *, case_id: UUID, report: HoldReport, expected: ExpectedVersion
) -> tuple[Case, LegalHold]:
    """Nothing of the case is erased until the hold ends."""
    case = await cases.lock_case(work, case_id, expected)
    if await repository.hold_on(work, case):
        raise AlreadyOnHold("The case is on hold already; nothing of it is erased until that ends.")
    placed = LegalHold(case_id=case.id, placed_at=work.now, placed_by=work.actor.org)
    await repository.add_hold(work, placed, SealedText(text=report.reason))
    return case, placed


async def end_hold(work: UnitOfWork, *, case_id: UUID, expected: ExpectedVersion) -> tuple[Case, LegalHold]:
    """The case is kept no longer than others."""
    case = await cases.lock_case(work, case_id, expected)
    placed = await repository.hold_on(work, case)
    if placed is None:
        raise NotOnHold("The case is not on hold.")
    placed.ended_at, placed.ended_by = work.now, work.actor.org
    return case, placed
