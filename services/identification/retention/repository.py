"""Which cases are no longer to be kept, the one way in which they are erased, and the holds that prevent it."""

from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, TextClause, bindparam, select, text
from sqlmodel import col

from services.identification.case.models import Case, LegalHold
from services.identification.case.repository import CASE_ID, seal
from services.identification.case.schemas import SealedText
from services.identification.retention.models import ErasedKey, RetentionRun
from shared.contract.codes import Channel
from shared.data.columns import any_asked
from shared.data.positions import newest_first, page
from shared.data.unit_of_work import UnitOfWork
from shared.data.vault import StoredKey

# A case with all that was merged into it, directly or through others: they are about one person, and erased together.
_FROM = """
    FROM case_file f CROSS JOIN LATERAL (
        WITH RECURSIVE family AS (
            SELECT f.id UNION SELECT g.id FROM case_file g JOIN family ON g.merged_into = family.id)
        SELECT array_agg(family.id) AS case_ids FROM family) AS person
"""
# Never: one that goes on in another case, or is held, or whose person lives in a place, or in which a deadline of the person's
# runs: an appeal, a period, the follow-up of a return, the search for a child; nor while somebody waits for what is held.
_KEPT = """
    f.erased_at IS NULL AND f.merged_into IS NULL AND f.source_withdrawn_at IS NULL AND NOT f.removal_hold
    AND NOT (f.missing AND f.age_group IN ('minor', 'presumed_minor') AND coalesce(f.adult_on > :on, true))
    AND f.missing_asked_since IS NULL
    AND NOT EXISTS (SELECT FROM case_file g WHERE g.id = ANY (person.case_ids) AND g.is_housed)
    AND NOT EXISTS (SELECT FROM legal_hold h WHERE h.case_id = ANY (person.case_ids) AND h.ended_at IS NULL)
    AND NOT EXISTS (SELECT FROM access_request q WHERE q.case_id = ANY (person.case_ids) AND q.ended_at IS NULL)
    AND NOT EXISTS (SELECT FROM appeal a WHERE a.case_id = ANY (person.case_ids) AND a.outcome IS NULL)
    AND NOT EXISTS (SELECT FROM period p WHERE p.case_id = ANY (person.case_ids) AND p.ends_on >= :on)
    AND NOT EXISTS (SELECT FROM return_plan r WHERE r.case_id = ANY (person.case_ids)
                    AND (r.reintegration_until >= :on OR (r.departed_on IS NULL AND f.status <> 'closed')))
"""
_LAST_RECORDED = """
    (SELECT max(e.occurred_at) FROM event_history e
     WHERE e.key = f.id::text AND e.type NOT LIKE '%.deadline-approaching.%' AND e.type NOT LIKE '%.on-call-%'
       AND NOT (e.type LIKE '%.case-routed.%' AND e.actor_org = 'havn'))
"""
_IS_POSITIVE = """
    EXISTS (SELECT FROM decision d WHERE d.case_id = ANY (person.case_ids) AND d.outcome = 'assessed_trafficked')
"""
_LAST_DECIDED = "(SELECT max(d.decided_on) FROM decision d WHERE d.case_id = ANY (person.case_ids))"
_LAST_FOLLOWED_UP = "(SELECT max(g.last_follow_up_on) FROM case_file g WHERE g.id = ANY (person.case_ids))"
_WORK = (
    *("interview", "rights_explanation", "indicator_observation", "recommendation", "evidence", "risk_assessment"),
    *("support_measure", "health_needs", "suspect", "criminal_step", "absence", "disappearance"),
)
"""What is only recorded of somebody on whose case work has begun."""
_IS_WORKED_ON = " OR ".join(f"EXISTS (SELECT FROM {table} w WHERE w.case_id = f.id)" for table in _WORK)
_ANY_BEGUN: Final = text(f"""
    SELECT EXISTS (SELECT FROM case_file f WHERE f.id = ANY (:case_ids)
        AND (f.status <> 'referred' OR f.placement_asked_at IS NOT NULL OR {_IS_WORKED_ON}
             OR EXISTS (SELECT FROM child_note n WHERE n.case_id = f.id)
             OR EXISTS (SELECT FROM consent c WHERE c.case_id = f.id AND c.method IS NOT NULL)
             OR EXISTS (SELECT FROM access_request q WHERE q.case_id = f.id AND q.ended_at IS NULL)))
""")  # noqa: S608  (made of constants)
_IS_LINKED = """
    EXISTS (SELECT FROM case_link l WHERE l.case_id = f.id) OR EXISTS (SELECT FROM case_file g WHERE g.merged_into = f.id)
"""
_IS_CHILD = """
    (f.age_group IN ('minor', 'presumed_minor') AND coalesce(f.adult_on > :on, true))
    OR EXISTS (SELECT FROM event_history e WHERE e.key = f.id::text AND e.type LIKE '%.municipality-notified.%')
    OR EXISTS (SELECT FROM child_referral c WHERE c.case_id = f.id)
"""
# Only of whom nothing but the contact is known: whatever somebody has begun for a person ends with a decision, not with time.
_UNLINKED: Final = text(f"""
    SELECT f.id {_FROM}
    WHERE {_KEPT} AND f.status = 'referred' AND f.channel = ANY (:channels)
      AND f.opened_on <= :until AND {_LAST_RECORDED} < :until + interval '1 day'
      AND f.placement_asked_at IS NULL
      AND NOT EXISTS (SELECT FROM known_identifier k WHERE k.case_id = f.id)
      AND NOT ({_IS_CHILD}) AND NOT ({_IS_LINKED}) AND NOT ({_IS_WORKED_ON})
      AND NOT EXISTS (SELECT FROM consent c WHERE c.case_id = f.id AND c.method IS NOT NULL)
      AND coalesce(f.opened_by, '') <> 'us'
      AND NOT EXISTS (SELECT FROM case_referral r WHERE r.case_id = f.id AND r.referred_by ~
          '^(us|anklagemyndigheden|arbejdstilsynet|skattestyrelsen|(politi|kommune|socialtilsyn)-.*)$')
    ORDER BY f.opened_at, f.id LIMIT :most
""")  # noqa: S608  (made of constants)
_NOT_IDENTIFIED: Final = text(f"""
    SELECT f.id {_FROM}
    WHERE {_KEPT} AND f.status IN ('decided', 'closed') AND NOT {_IS_POSITIVE}
      AND {_LAST_DECIDED} IS NOT NULL AND greatest(f.closed_on, {_LAST_DECIDED}) <= :until
    ORDER BY f.opened_at, f.id LIMIT :most
""")
_CLOSED_VICTIMS: Final = text(f"""
    SELECT f.id {_FROM}
    WHERE {_KEPT} AND f.status = 'closed' AND {_IS_POSITIVE}
      AND greatest(f.closed_on, {_LAST_FOLLOWED_UP}) <= :until
    ORDER BY f.opened_at, f.id LIMIT :most
""")
_UNLIMITED = 1_000_000
_ERASE: Final = text("SELECT erase_case(:case_id, :now, :rule)")
_WITH_KEY: Final = select(StoredKey.owner_id).where(any_asked(StoredKey.owner_id, "case_ids"))
_ERASED: Final = (
    select(col(Case.id))
    .where(any_asked(col(Case.id), "case_ids"), col(Case.erased_at).is_not(None))
    .order_by(col(Case.id))
)
_LEDGER: Final = select(col(ErasedKey.owner_id)).order_by(col(ErasedKey.erased_at))
_DONE: Final = (
    select(col(RetentionRun.id))
    .where(col(RetentionRun.day) == bindparam("day"), col(RetentionRun.is_complete))
    .limit(1)
)
_HOLD: Final = select(LegalHold).where(col(LegalHold.case_id) == CASE_ID, col(LegalHold.ended_at).is_(None))


@cache
def _runs(*, goes_on: bool) -> Select[RetentionRun]:
    return newest_first(select(RetentionRun), col(RetentionRun.ran_at), col(RetentionRun.id), goes_on=goes_on)


async def unlinked_contacts(
    work: UnitOfWork, *, until: date, channels: Sequence[Channel], on: date, limit: int | None
) -> list[UUID]:
    """Contacts that came to nothing: opened, and last heard of, on that day or before."""
    return await _ids(work, _UNLINKED, until=until, on=on, most=limit, channels=list(channels))


async def not_identified(work: UnitOfWork, *, until: date, on: date, limit: int | None) -> list[UUID]:
    """Cases decided, and never as a victim's, whose decision and closure lie on that day or before."""
    return await _ids(work, _NOT_IDENTIFIED, until=until, on=on, most=limit)


async def closed_victims(work: UnitOfWork, *, until: date, on: date, limit: int | None) -> list[UUID]:
    """Victims' files that are closed, last followed up on that day or before."""
    return await _ids(work, _CLOSED_VICTIMS, until=until, on=on, most=limit)


async def any_begun(work: UnitOfWork, case_ids: Sequence[UUID]) -> bool:
    """Whether anybody has begun anything for the person of one of these cases, or waits for what is held of them."""
    return bool(await work.session.scalar(_ANY_BEGUN, {"case_ids": list(case_ids)}))


async def _ids(work: UnitOfWork, query: TextClause, *, most: int | None, **values: Any) -> list[UUID]:
    return await work.session.scalars(query, values | {"most": most or _UNLIMITED})


async def erase(work: UnitOfWork, case_id: UUID, *, rule: str) -> None:
    """Destroy the case's key and all that was sealed under it, by what it is known, and who else had to do with it."""
    await work.session.flush()
    await work.session.execute(_ERASE, {"case_id": case_id, "now": work.now, "rule": rule})
    work.audit(operation="case.erase", subject_id=case_id)


async def with_key(work: UnitOfWork, case_ids: Sequence[UUID]) -> list[UUID]:
    """Those of these cases that have a key."""
    return await work.session.scalars(_WITH_KEY, {"case_ids": list(case_ids)})


async def erased_among(work: UnitOfWork, case_ids: Sequence[UUID]) -> list[UUID]:
    """Those of these cases that are erased."""
    return await work.session.scalars(_ERASED, {"case_ids": list(case_ids)})


async def erased_keys(work: UnitOfWork) -> list[UUID]:
    """The ledger: all cases whose key was destroyed."""
    return await work.session.scalars(_LEDGER)


async def has_run(work: UnitOfWork, day: date) -> bool:
    """Whether everything due on that day was erased already."""
    return await work.session.scalar(_DONE, {"day": day}) is not None


async def add_run(work: UnitOfWork, done: RetentionRun) -> None:
    work.session.add(done)
    await work.session.flush()
    work.audit(operation="retention.run", object_ids=done.case_ids)


async def runs(work: UnitOfWork, *, after: Sequence[str | int] | None, limit: int) -> list[RetentionRun]:
    """The reports, newest first, up to one more than `limit`."""
    return await work.session.scalars(_runs(goes_on=bool(after)), page(after, limit))


async def hold_on(work: UnitOfWork, case: Case) -> LegalHold | None:
    """The hold that stands on a locked case."""
    return await work.session.scalar(_HOLD, {"case_id": case.id})


async def add_hold(work: UnitOfWork, placed: LegalHold, reason: SealedText) -> None:
    await seal(work, placed, {"reason": reason})
    work.session.add(placed)
    await work.session.flush()
    work.audit(operation="legal_hold.add", subject_id=placed.case_id)
