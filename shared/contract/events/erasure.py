"""The events by which each service confirms that what it held of a case is erased."""

from uuid import UUID

from shared.contract.events.base import CaseEvent


class ErasureConfirmed(CaseEvent):
    """What this service held sealed of the case is erased, as `case-erased` with this id asked."""

    erasure_id: UUID


class ErasedInReferrals(ErasureConfirmed, service="referrals", name="erasure-confirmed"):
    """Referrals holds nothing personal of the case any more: texts, subjects, stored answers."""


class ErasedInAccommodation(ErasureConfirmed, service="accommodation", name="erasure-confirmed"):
    """Accommodation holds nothing personal of the case any more: needs, reasons, stored answers."""


class ErasedInStats(ErasureConfirmed, service="stats", name="erasure-confirmed"):
    """Stats holds of the case what is counted, and no stored answer that names it."""
