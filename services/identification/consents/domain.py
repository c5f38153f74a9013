"""Consent, per recipient and purpose. Taking it back stops every later disclosure at once, undoes none, and erases no
lawful record (domain, section 7)."""

from collections.abc import Sequence
from datetime import datetime
from itertools import product
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.identification.case import lifecycle
from services.identification.case import repository as cases
from services.identification.case.lifecycle import Step
from services.identification.case.models import Case
from services.identification.consents import repository, sharing
from services.identification.consents.models import Consent
from services.identification.consents.schemas import ConsentReport, ConsentWithdrawal, ConsentWords
from shared.contract.codes import ShareScope
from shared.contract.events import ConsentGiven, ConsentWithdrawn
from shared.contract.person import ConsentGiven as ConsentOfReferral
from shared.contract.personal import Personal, PersonalText
from shared.data import outbox
from shared.http.etag import Match
from shared.identity.actor import Actor
from shared.kernel.errors import Conflict, Unprocessable


class ConsentInTheFuture(Unprocessable):
    """Nobody has agreed to anything yet."""


class ConsentIsWithdrawn(Conflict):
    """The consent was taken back already."""


async def record_consent(
    session: AsyncSession, *, actor: Actor, case_id: UUID, report: ConsentReport, match: Match, now: datetime
) -> tuple[Case, Consent]:
    """The person lets the recipient know. A new consent also ends what an earlier withdrawal closed."""
    case = await cases.lock_case(session, actor, case_id, match)
    lifecycle.check(case, Step.WORK)
    if report.given_at and report.given_at > now:
        raise ConsentInTheFuture("The consent is given in the future; record it when the person has given it.")
    codes, words = read_scope(report.scope)
    consent = Consent(
        case_id=case.id,
        recipient=report.recipient,
        purpose=report.purpose,
        scope=codes,
        method=report.method,
        given_at=report.given_at or now,
        with_interpreter=bool(report.interpreter),
        recorded_at=now,
        recorded_by=actor.org,
    )
    interpreter = report.interpreter if isinstance(report.interpreter, Personal) else None
    await _give(session, consent, ConsentWords(scope=words, interpreter=interpreter), now=now)
    return case, consent


async def take_over(
    session: AsyncSession, *, case_id: UUID, consents: Sequence[ConsentOfReferral], brought_by: str, given_at: datetime,
    now: datetime,
) -> None:  # fmt: skip
    """The consents that came with the person become consents of the case, for the status alone. What the person took back
    is not brought back by whoever refers them again; only CMM records that they have changed their mind."""
    for recipient, purpose in sorted({(each.recipient, each.purpose) for each in consents}):
        if await repository.is_known(session, case_id, recipient, purpose):
            continue
        consent = Consent(
            case_id=case_id,
            recipient=recipient,
            purpose=purpose,
            scope=[ShareScope.STATUS],
            method=None,
            given_at=given_at,
            recorded_at=now,
            recorded_by=brought_by,
        )
        await _give(session, consent, ConsentWords(), now=now)


async def _give(session: AsyncSession, consent: Consent, words: ConsentWords, *, now: datetime) -> None:
    await repository.add_consent(session, consent, words)
    await sharing.let_know_by_consent(session, consent.case_id, consent.recipient)
    outbox.record(
        session,
        ConsentGiven(
            case_id=consent.case_id,
            occurred_at=now,
            consent_id=consent.id,
            recipient=consent.recipient,
            purpose=consent.purpose,
        ),
    )


def read_scope(told: Sequence[ShareScope] | PersonalText | None) -> tuple[list[ShareScope], PersonalText | None]:
    """The codes, and the words. Words that are all codes are codes; other words open nothing beyond the status."""
    if told is None:
        return [ShareScope.STATUS], None
    if not isinstance(told, Personal):
        return sorted({ShareScope.STATUS, *told}), None
    spoken = set(told.value.replace(",", " ").lower().split())
    if spoken and spoken <= set(ShareScope):
        return sorted({ShareScope.STATUS, *(ShareScope(each) for each in spoken)}), None
    return [ShareScope.STATUS], told


async def withdraw(
    session: AsyncSession, *, actor: Actor, case_id: UUID, consent_id: UUID, withdrawal: ConsentWithdrawal, match: Match,
    now: datetime,
) -> tuple[Case, Consent, bool]:  # fmt: skip
    """The person takes the consent back: at once, whenever it was said, and whatever the case's status is. It is taken back
    however often it was recorded: what the person no longer wants is that this recipient knows for this purpose. Says
    whether something else still lets the recipient know of the case."""
    case = await cases.lock_case(session, actor, case_id, match)
    consent = await repository.consent_in(session, case, consent_id)
    if consent.withdrawn_at:
        raise ConsentIsWithdrawn("The consent was withdrawn already; nothing is disclosed on it.")
    same = await repository.live_consents(session, case, consent.recipient, consent.purpose)
    for each in same:
        await repository.withdraw(session, each, by=actor.org, now=now, said=withdrawal.withdrawn_at)
    may_still_know = await sharing.take_back(session, case, consent.recipient)
    # Partners may know the person by a case that was merged into this one.
    for member, each in product(await repository.family_of(session, case.id), same):
        outbox.record(
            session,
            ConsentWithdrawn(
                case_id=member,
                occurred_at=now,
                consent_id=each.id,
                recipient=each.recipient,
                purpose=each.purpose,
                may_still_know=may_still_know,
            ),
        )
    return case, consent, may_still_know


async def acknowledge(session: AsyncSession, *, actor: Actor, consent_id: UUID, now: datetime) -> Consent:
    """The recipient has taken note that it may no longer use the consent; again is the same."""
    consent = await repository.lock_withdrawal(session, actor, consent_id)
    if consent.acknowledged_at is None:
        consent.acknowledged_at, consent.acknowledged_by = now, actor.subject
    return consent
