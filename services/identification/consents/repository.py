"""What a person lets others know, and what was disclosed: who may know now, and who must still acknowledge a withdrawal."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Final
from uuid import UUID

from sqlalchemy import Select, and_, bindparam, exists, func, or_, select, text
from sqlmodel import col

from services.identification.case.models import Case
from services.identification.case.repository import CASE_ID, family_of, seal
from services.identification.consents.models import Consent, Disclosure
from services.identification.consents.schemas import ConsentWords, DisclosureWords
from services.identification.records import repository as records
from shared.contract import visibility
from shared.contract.codes import DisclosureBasis, Purpose, ShareScope
from shared.contract.person import ConsentGiven as ConsentOfReferral
from shared.contract.visibility import Part
from shared.data import sealed
from shared.data.columns import ORGANISATION, any_asked
from shared.data.positions import newest_first, oldest_first, page
from shared.data.unit_of_work import UnitOfWork
from shared.data.vault import DataKey
from shared.kernel.errors import NotFound


class ConsentNotFound(NotFound):
    """No such consent in this case, or not yours."""


class DisclosureNotFound(NotFound):
    """No such disclosure in this case."""


# What was allowed in a case that was merged into another is allowed there once CMM has confirmed it.
_DISCLOSABLE = text("""
    WITH RECURSIVE family AS (
        SELECT id AS asked, id AS member FROM case_file WHERE id = ANY (:case_ids)
        UNION SELECT family.asked, f.id FROM family JOIN case_file f ON f.merged_into = family.member),
    leaves AS (
        SELECT case_id, purpose, unnest(scope) AS scope, confirmed_at IS NOT NULL AS is_carried
        FROM consent WHERE recipient = :org AND withdrawn_at IS NULL
        UNION ALL
        SELECT case_id, purpose, unnest(fields), false FROM disclosure
        WHERE recipient = :org AND basis = 'law' AND ended_at IS NULL)
    SELECT DISTINCT asked, scope FROM family JOIN leaves ON leaves.case_id = family.member
    WHERE (leaves.case_id = asked OR leaves.is_carried)
      AND (CAST(:purpose AS varchar) IS NULL OR leaves.purpose = :purpose)
""")


async def disclosable_to(
    work: UnitOfWork, organisation: str, case_ids: Sequence[UUID], purpose: Purpose | None = None
) -> dict[UUID, frozenset[ShareScope]]:
    """What may be disclosed of each case to the organisation, by consent or by law, for this purpose (without one, for any),
    with one statement."""
    found: dict[UUID, set[ShareScope]] = {case_id: set() for case_id in case_ids}
    if found:
        for case_id, scope in await work.session.execute(
            _DISCLOSABLE, {"case_ids": list(found), "org": organisation, "purpose": purpose}
        ):
            found[case_id].add(ShareScope(scope))
    return {case_id: frozenset(scopes) for case_id, scopes in found.items()}


_OF_FAMILY: Final = any_asked(col(Consent.case_id), "family")
_TO_RECIPIENT: Final = (_OF_FAMILY, col(Consent.recipient) == ORGANISATION)
_FOR_PURPOSE: Final = (*_TO_RECIPIENT, col(Consent.purpose) == bindparam("purpose"))
_NEWEST_FIRST: Final = (col(Consent.recorded_at).desc(), col(Consent.id).desc())
_WAS_TAKEN_BACK: Final = select(exists().where(*_TO_RECIPIENT, col(Consent.withdrawn_at).is_not(None)))
_WAS_SAID: Final = select(exists().where(*_FOR_PURPOSE))
_LAST_TAKEN_BACK: Final = select(func.max(col(Consent.withdrawn_at))).where(*_FOR_PURPOSE)
_STANDS: Final = col(Consent.withdrawn_at).is_(None)
_LIVE: Final = select(Consent).where(*_FOR_PURPOSE, _STANDS).order_by(*_NEWEST_FIRST)
_SAID: Final = (
    select(
        col(Consent.recipient),
        col(Consent.purpose),
        func.bool_or(_STANDS),
        func.bool_or(and_(_STANDS, col(Consent.case_id) == CASE_ID)),
    )
    .where(_OF_FAMILY)
    .group_by(col(Consent.recipient), col(Consent.purpose))
    .order_by(col(Consent.recipient), col(Consent.purpose))
)
_CONFIRMED: Final = select(Consent).where(_OF_FAMILY, col(Consent.confirmed_at).is_not(None)).with_for_update()
_LET_KNOW_BY_OTHERS: Final = select(
    or_(
        exists().where(
            col(Consent.case_id) == CASE_ID,
            col(Consent.recipient) == ORGANISATION,
            _STANDS,
            col(Consent.recorded_by) != ORGANISATION,
        ),
        exists().where(
            col(Disclosure.case_id) == CASE_ID,
            col(Disclosure.recipient) == ORGANISATION,
            col(Disclosure.basis) == DisclosureBasis.LAW,
            col(Disclosure.ended_at).is_(None),
        ),
    )
)


async def is_barred(work: UnitOfWork, case_id: UUID, organisation: str) -> bool:
    """Whether the person has taken consent back from the organisation, and nothing else lets it know."""
    family = await family_of(work, case_id)
    if not await work.session.scalar(_WAS_TAKEN_BACK, {"family": family, "org": organisation}):
        return False
    return not any((await disclosable_to(work, organisation, family)).values())


async def taken_back_at(work: UnitOfWork, case: Case, recipient: str, purpose: Purpose) -> datetime | None:
    """When the person last took back that the recipient knows for the purpose; None where they never did."""
    asked = {"family": await family_of(work, case.id), "org": recipient, "purpose": purpose}
    found: datetime | None = await work.session.scalar(_LAST_TAKEN_BACK, asked)
    return found


async def is_known(work: UnitOfWork, case_id: UUID, recipient: str, purpose: str) -> bool:
    """Whether the person has ever said of this recipient and purpose that it may know, and may since have taken it back."""
    asked = {"family": await family_of(work, case_id), "org": recipient, "purpose": purpose}
    return bool(await work.session.scalar(_WAS_SAID, asked)) or await is_barred(work, case_id, recipient)


async def as_they_stand(
    work: UnitOfWork, case_id: UUID, described: Sequence[ConsentOfReferral]
) -> list[ConsentOfReferral]:
    """The consents that a description of the person names, as they stand: without those that were taken back, and with those of
    the case that it does not name."""
    asked = {"family": await family_of(work, case_id), "case_id": case_id}
    rows = await work.session.execute(_SAID, asked)
    said = {(to, purpose): (stands, is_own) for to, purpose, stands, is_own in rows}
    named = {(each.recipient, each.purpose): each for each in described}
    standing = [each for about, each in named.items() if said.get(about, (True, False))[0]]
    unnamed = [about for about, (_, is_own) in said.items() if is_own and about not in named]
    return standing + [ConsentOfReferral(recipient=to, purpose=purpose) for to, purpose in unnamed]


async def is_let_know_by_others(work: UnitOfWork, case_id: UUID, organisation: str) -> bool:
    """Whether a consent or a law lets the organisation know of the case, which somebody else than itself has recorded."""
    return bool(await work.session.scalar(_LET_KNOW_BY_OTHERS, {"case_id": case_id, "org": organisation}))


async def confirmed_of(work: UnitOfWork, case_ids: Collection[UUID]) -> list[Consent]:
    """The consents of these cases that CMM has confirmed for the case that they were merged into; locked."""
    return await work.session.scalars(_CONFIRMED, {"family": list(case_ids)})


async def take_confirmation_back(work: UnitOfWork, consent: Consent) -> None:
    """The consent gives nothing in the case that its own was merged into any more."""
    consent.confirmed_at = None
    await work.session.flush()


async def live_consents(work: UnitOfWork, case: Case, recipient: str, purpose: str) -> Sequence[Consent]:
    """The consents for this recipient and purpose that were not taken back, newest first; those of merged cases too."""
    asked = {"family": await family_of(work, case.id), "org": recipient, "purpose": purpose}
    return await work.session.scalars(_LIVE, asked)


async def add_consent(work: UnitOfWork, consent: Consent, words: ConsentWords) -> None:
    said_something = words.model_dump(exclude_none=True)
    await records.add(work, consent, operation="consent.add", particulars=words if said_something else None)


async def withdraw(work: UnitOfWork, consent: Consent, *, by: str, said: datetime | None) -> None:
    """Note that the consent was taken back; when the person said so is sealed with it."""
    consent.withdrawn_at, consent.withdrawn_by = work.now, by
    if said:
        words = _open(await sealed.key_of(work, consent.case_id), consent)
        await seal(work, consent, {"particulars": words.model_copy(update={"said_withdrawn_at": said})})
    await work.session.flush()
    work.audit(operation="consent.withdraw", subject_id=consent.case_id, object_ids=[consent.id])


async def consent_in(work: UnitOfWork, case: Case, consent_id: UUID) -> Consent:
    """A consent of a locked case, or of one that was merged into it; raises ConsentNotFound."""
    found = await work.session.get(Consent, consent_id)
    if found is None or found.case_id not in await family_of(work, case.id):
        raise ConsentNotFound
    return found


@cache
def _consents(*, goes_on: bool) -> Select[Consent]:
    return newest_first(select(Consent).where(_OF_FAMILY), col(Consent.recorded_at), col(Consent.id), goes_on=goes_on)


@cache
def _withdrawals(*, with_acknowledged: bool, goes_on: bool) -> Select[Consent]:
    query = select(Consent).where(col(Consent.recipient) == ORGANISATION, col(Consent.withdrawn_at).is_not(None))
    if not with_acknowledged:
        query = query.where(col(Consent.acknowledged_at).is_(None))
    return oldest_first(query, col(Consent.withdrawn_at), col(Consent.id), goes_on=goes_on)


_WITHDRAWAL: Final = select(Consent).where(
    col(Consent.id) == bindparam("consent_id"),
    col(Consent.recipient) == ORGANISATION,
    col(Consent.withdrawn_at).is_not(None),
)
_TO_ACKNOWLEDGE: Final = _WITHDRAWAL.with_for_update()


async def consents_of(
    work: UnitOfWork, case: Case, *, after: Sequence[str | int] | None, limit: int
) -> list[tuple[Consent, ConsentWords]]:
    """The consents of a case already read, newest first, up to one more than `limit`."""
    asked = page(after, limit) | {"family": await family_of(work, case.id)}
    rows = await work.session.scalars(_consents(goes_on=bool(after)), asked)
    keys = await sealed.keys_of(work, {row.case_id for row in rows if row.particulars})
    return [(row, _open(keys[row.case_id], row) if row.particulars else ConsentWords()) for row in rows]


def _open(key: DataKey, consent: Consent) -> ConsentWords:
    if consent.particulars is None:
        return ConsentWords()
    return key.open(consent.particulars, ConsentWords, table="consent", column="particulars", row=consent.id)


# ---------------------------------------------------------------- withdrawals, as the recipient sees them


async def withdrawals_of(
    work: UnitOfWork, *, with_acknowledged: bool, after: Sequence[str | int] | None, limit: int
) -> list[Consent]:
    """The consents that were taken back from the actor's organisation, oldest first, up to one more than `limit`."""
    query = _withdrawals(with_acknowledged=with_acknowledged, goes_on=bool(after))
    found = await work.session.scalars(query, page(after, limit) | {"org": work.actor.org})
    work.audit(operation="withdrawal.list", object_ids=[row.id for row in found[:limit]])
    return found


async def read_withdrawal(work: UnitOfWork, consent_id: UUID) -> Consent:
    """A consent that was taken back from the actor's organisation; raises ConsentNotFound."""
    return await _withdrawal(work, _WITHDRAWAL, consent_id, operation="withdrawal.read")


async def lock_withdrawal(work: UnitOfWork, consent_id: UUID) -> Consent:
    """The same to acknowledge, locked."""
    return await _withdrawal(work, _TO_ACKNOWLEDGE, consent_id, operation="withdrawal.acknowledge")


async def _withdrawal(work: UnitOfWork, query: Select[Consent], consent_id: UUID, *, operation: str) -> Consent:
    found = await work.session.scalar(query, {"consent_id": consent_id, "org": work.actor.org})
    if found is None:
        raise ConsentNotFound
    work.audit(operation=operation, subject_id=found.case_id, object_ids=[found.id])
    return found


@dataclass(frozen=True, slots=True)
class WithdrawalVersion:
    """What its recipient sees of a withdrawal changes once: with the acknowledgement."""

    id: str
    version: int


def as_withdrawal(consent: Consent) -> WithdrawalVersion:
    """The version of the withdrawal that its recipient sees."""
    return WithdrawalVersion(f"withdrawal {consent.id}", 2 if consent.acknowledged_at else 1)


# ---------------------------------------------------------------- disclosures


async def add_disclosure(work: UnitOfWork, disclosure: Disclosure, words: DisclosureWords) -> None:
    await seal(work, disclosure, {"particulars": words if words.model_dump(exclude_none=True) else None})
    work.session.add(disclosure)
    await work.session.flush()
    work.audit(
        operation="disclosure.add",
        subject_id=disclosure.case_id,
        object_ids=[disclosure.id],
        fields=disclosure.fields,
        purpose=disclosure.purpose,
    )


async def disclosure_in(work: UnitOfWork, case: Case, disclosure_id: UUID) -> Disclosure:
    """A disclosure of a locked case, or of one that was merged into it; raises DisclosureNotFound."""
    found = await work.session.get(Disclosure, disclosure_id)
    if found is None or found.case_id not in await family_of(work, case.id):
        raise DisclosureNotFound
    work.audit(operation="disclosure.end", subject_id=found.case_id, object_ids=[found.id])
    return found


async def end_disclosure(work: UnitOfWork, disclosure: Disclosure) -> None:
    """Note that a disclosure no longer lets its recipient know."""
    disclosure.ended_at, disclosure.ended_by = work.now, work.actor.org
    await work.session.flush()


@cache
def _disclosed(*, in_case: bool, basis: bool, since: bool, goes_on: bool) -> Select[Disclosure]:
    """With a condition for each of these that is asked about."""
    query = select(Disclosure)
    if in_case:
        query = query.where(any_asked(col(Disclosure.case_id), "family"))
    if basis:
        query = query.where(col(Disclosure.basis) == bindparam("basis"))
    if since:
        query = query.where(col(Disclosure.made_at) >= bindparam("since"))
    return newest_first(query, col(Disclosure.made_at), col(Disclosure.id), goes_on=goes_on)


async def disclosures(
    work: UnitOfWork,
    *,
    purpose: Purpose,
    case: Case | None = None,
    basis: DisclosureBasis | None = None,
    since: datetime | None = None,
    after: Sequence[str | int] | None,
    limit: int,
) -> list[tuple[Disclosure, DisclosureWords]]:
    """Disclosures of a case already read, or of all that the asker works on, newest first, up to one more than `limit`.
    Words whose key was destroyed are left out. Raises PurposeNotYours."""
    if case is None:
        visibility.judge(work.actor, Part.CENTRE, purpose)
    asked = page(after, limit) | {"basis": basis, "since": since}
    asked["family"] = await family_of(work, case.id) if case else []
    query = _disclosed(in_case=case is not None, basis=basis is not None, since=since is not None, goes_on=bool(after))
    rows = await work.session.scalars(query, asked)
    keys = await sealed.keys_of(work, {row.case_id for row in rows if row.particulars})
    if case is None:  # who reads a case's has been noted with the case
        work.audit(operation="disclosure.list", object_ids={row.case_id for row in rows[:limit]}, purpose=purpose)
    return [(row, _words(keys[row.case_id], row) if row.particulars else DisclosureWords()) for row in rows]


def _words(key: DataKey, row: Disclosure) -> DisclosureWords:
    return key.open(row.particulars or b"", DisclosureWords, table="disclosure", column="particulars", row=row.id)
