"""Consent, per recipient and purpose. Taking it back stops every later disclosure at once, undoes none, and erases no
lawful record (docs/rules.md, consent-2)."""

from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import product
from uuid import UUID

from services.identification.case import lifecycle
from services.identification.case import repository as cases
from services.identification.case.lifecycle import Step
from services.identification.case.models import Case
from services.identification.consents import recipients, repository
from services.identification.consents.models import Consent
from services.identification.consents.schemas import ConsentReport, ConsentWithdrawal, ConsentWords
from shared.contract.codes import Purpose, ShareScope
from shared.contract.events import ConsentGiven, ConsentWithdrawn
from shared.contract.organisations import CENTRE
from shared.contract.person import ConsentGiven as ConsentOfReferral
from shared.contract.personal import Personal, PersonalText
from shared.contract.warnings import InputWarning, WarningCode, purpose_not_theirs, warning
from shared.data.unit_of_work import UnitOfWork
from shared.http.etag import ExpectedVersion
from shared.kernel.errors import Conflict, Forbidden


class NothingToConfirm(Conflict):
    """The consent holds here already, or was taken back."""


class NotACentresWorker(Forbidden):
    """Only CMM confirms what came with a merged case."""


class ConsentGivenBefore(Conflict):
    """The consent was given before the person took back that the recipient knows; entered late, it opens nothing anew."""


class ConsentIsWithdrawn(Conflict):
    """The consent was taken back already."""


async def record_consent(
    work: UnitOfWork, *, case_id: UUID, report: ConsentReport, expected: ExpectedVersion
) -> tuple[Case, Consent]:
    """The person lets the recipient know. A new consent also ends what an earlier withdrawal closed; one that was given before it
    does not. Raises ConsentGivenBefore."""
    case = await cases.lock_case(work, case_id, expected)
    lifecycle.check(case, Step.WORK)
    await _check_given_since(work, case, report.recipient, report.purpose, given_at=report.given_at or work.now)
    codes, words = read_scope(report.scope)
    interpreter = report.interpreter if isinstance(report.interpreter, Personal) else None
    async with recipients.case_known_to(work, case, report.recipient) as known_as:
        consent = Consent(
            case_id=known_as,
            recipient=report.recipient,
            purpose=report.purpose,
            scope=codes,
            method=report.method,
            given_at=report.given_at or work.now,
            with_interpreter=bool(report.interpreter),
            recorded_at=work.now,
            recorded_by=work.actor.org,
            confirmed_at=None if known_as == case.id else work.now,
        )
        await _give(work, consent, ConsentWords(scope=words, interpreter=interpreter))
    return case, consent


async def _check_given_since(
    work: UnitOfWork, case: Case, recipient: str, purpose: Purpose, *, given_at: datetime
) -> None:
    """Raises ConsentGivenBefore where the person has taken back since then that the recipient knows for the purpose."""
    taken_back_at = await repository.taken_back_at(work, case, recipient, purpose)
    if taken_back_at and given_at < taken_back_at:
        raise ConsentGivenBefore(
            "The person has taken back since then that this recipient knows for this purpose; who has changed their mind gives a "
            "new consent, and `given_at` says when."
        )


def warnings_of_scope(report: ConsentReport) -> list[InputWarning]:
    """Of a consent in words that are no codes: that they open nothing beyond the status."""
    _, words = read_scope(report.scope)
    return [warning(["body", "scope"], WarningCode.OPENS_STATUS_ALONE)] if words else []


async def warnings_of(
    work: UnitOfWork, case_id: UUID, recipient: str, purpose: Purpose, *, at: Sequence[str | int] = ("body",)
) -> list[InputWarning]:
    """Of a consent or a disclosure that stands there in a request: that its recipient, with the part that it has in the case, may
    not state the purpose (docs/rules.md, consent-7)."""
    part = await cases.part_of(work, case_id, recipient)
    loc = [*at, "purpose"]
    return [*purpose_not_theirs(loc, recipient=recipient, purpose=purpose, parts=[part] if part else [])]


async def warnings_of_described(
    work: UnitOfWork, case_id: UUID, consents: Sequence[ConsentOfReferral], *, at: Sequence[str]
) -> list[InputWarning]:
    """The same of the consents in a description of the person."""
    found = list[InputWarning]()
    for position, each in enumerate(consents):
        place: list[str | int] = [*at, "consents", position]
        found += await warnings_of(work, case_id, each.recipient, each.purpose, at=place)
    return found


async def take_over(
    work: UnitOfWork, *, case_id: UUID, consents: Sequence[ConsentOfReferral], brought_by: str, given_at: datetime
) -> None:
    """The consents that came with the person become consents of the case, for the status alone. What the person took back
    is not brought back by whoever refers them again; only CMM records that they have changed their mind."""
    for recipient, purpose in sorted({(each.recipient, each.purpose) for each in consents}):
        if await repository.is_known(work, case_id, recipient, purpose):
            continue
        consent = Consent(
            case_id=case_id,
            recipient=recipient,
            purpose=purpose,
            scope=[ShareScope.STATUS],
            method=None,
            given_at=given_at,
            recorded_at=work.now,
            recorded_by=brought_by,
        )
        await _give(work, consent, ConsentWords())


async def _give(work: UnitOfWork, consent: Consent, words: ConsentWords) -> None:
    await repository.add_consent(work, consent, words)
    await recipients.let_know_by_consent(work, consent.case_id, consent.recipient)
    work.record(
        ConsentGiven(
            case_id=consent.case_id,
            occurred_at=work.now,
            consent_id=consent.id,
            recipient=consent.recipient,
            purpose=consent.purpose,
        )
    )


def read_scope(scope: Sequence[ShareScope] | PersonalText | None) -> tuple[list[ShareScope], PersonalText | None]:
    """The codes, and the words. Words that are all codes are codes; other words open nothing beyond the status."""
    if scope is None:
        return [ShareScope.STATUS], None
    if not isinstance(scope, Personal):
        return sorted({ShareScope.STATUS, *scope}), None
    spoken = set(scope.value.replace(",", " ").lower().split())
    if spoken and spoken <= set(ShareScope):
        return sorted({ShareScope.STATUS, *(ShareScope(each) for each in spoken)}), None
    return [ShareScope.STATUS], scope


async def withdraw(
    work: UnitOfWork, *, case_id: UUID, consent_id: UUID, withdrawal: ConsentWithdrawal, expected: ExpectedVersion
) -> tuple[Case, Consent, bool]:
    """The person takes the consent back: at once, whenever it was said, and whatever the case's status is. It is taken back
    however often it was recorded: what the person no longer wants is that this recipient knows for this purpose. Says
    whether something else still lets the recipient know of the case."""
    case = await cases.lock_case(work, case_id, expected)
    consent = await repository.consent_in(work, case, consent_id)
    if consent.withdrawn_at:
        raise ConsentIsWithdrawn("The consent was withdrawn already; nothing is disclosed on it.")
    same = await repository.live_consents(work, case, consent.recipient, consent.purpose)
    for each in same:
        await repository.withdraw(work, each, by=work.actor.org, said=withdrawal.withdrawn_at)
    may_still_know = await recipients.take_back(work, case, consent.recipient)
    # Partners may know the person by a case that was merged into this one.
    for member, each in product(await cases.family_of(work, case.id), same):
        work.record(
            ConsentWithdrawn(
                case_id=member,
                occurred_at=work.now,
                consent_id=each.id,
                recipient=each.recipient,
                purpose=each.purpose,
                may_still_know=may_still_know,
            )
        )
    return case, consent, may_still_know


async def confirm(
    work: UnitOfWork, *, case_id: UUID, consent_id: UUID, expected: ExpectedVersion
) -> tuple[Case, Consent]:
    """CMM confirms that a consent which came with a merged case holds for the person of this one. Until then it gives its
    recipient nothing of it (docs/rules.md, consent-5)."""
    case = await cases.lock_case(work, case_id, expected)
    if work.actor.org != CENTRE:
        raise NotACentresWorker("Only CMM confirms a consent that came with a merged case.")
    lifecycle.check(case, Step.WORK)
    consent = await repository.consent_in(work, case, consent_id)
    if consent.withdrawn_at or consent.confirmed_at or consent.case_id == case.id:
        raise NothingToConfirm(
            "This consent holds in the case already, or was taken back; there is nothing to confirm."
        )
    await _check_given_since(work, case, consent.recipient, consent.purpose, given_at=consent.given_at)
    consent.confirmed_at = work.now
    await recipients.let_know_by_consent(work, case.id, consent.recipient)
    work.audit(operation="consent.confirm", subject_id=case.id, object_ids=[consent.id])
    work.record(
        ConsentGiven(
            case_id=case.id,
            occurred_at=work.now,
            consent_id=consent.id,
            recipient=consent.recipient,
            purpose=consent.purpose,
        )
    )
    return case, consent


async def take_out(work: UnitOfWork, case_ids: Collection[UUID], *, out_of: Case) -> None:
    """The cases were merged with `out_of` in error: what CMM had confirmed of their consents gives nothing there any more."""
    for consent in await repository.confirmed_of(work, case_ids):
        await repository.take_confirmation_back(work, consent)
        await recipients.take_back_from(work, out_of, consent.recipient)


async def acknowledge(work: UnitOfWork, *, consent_id: UUID, expected: ExpectedVersion) -> Consent:
    """The recipient has taken note that it may no longer use the consent; again is the same."""
    consent = await repository.lock_withdrawal(work, consent_id)
    expected.check(repository.as_withdrawal(consent))
    if consent.acknowledged_at is None:
        consent.acknowledged_at, consent.acknowledged_by = work.now, work.actor.subject
    return consent
