"""What HTTP shows of costs and long stays."""

from datetime import date

from services.accommodation.case.codes import FacilityKind
from services.accommodation.case.schemas import Remark
from services.accommodation.costs.domain import Bill
from services.accommodation.costs.schemas import CostOfNights, Costs, LongStay
from services.accommodation.placements.models import Placement


def see_costs(bill: Bill, from_on: date, to_on: date) -> Costs:
    """What nights cost, line by line, and the census beside it."""
    counted, amount = bill.census or (None, None)
    return Costs(
        from_on=from_on,
        to_on=to_on,
        items=[
            CostOfNights(
                payer=line.payer,
                kind=line.kind,
                rates=line.rates,
                rate=line.rate,
                nights=line.nights,
                amount=line.amount,
            )
            for line in bill.lines
        ],
        nights=bill.nights,
        amount=bill.amount,
        secret_nights=bill.hidden_nights,
        secret_amount=bill.hidden_amount,
        census_nights=counted,
        census_amount=amount,
    )


def see_long_stay(
    placement: Placement, kind: FacilityKind, first: date, reason: Remark | None, *, tonight: date
) -> LongStay:
    """Somebody who is still there; the nights are those that were slept before tonight."""
    return LongStay(
        placement_id=placement.id,
        case_id=placement.case_id,
        kind=kind,
        from_on=first,
        to_on=placement.to_on,
        nights=(tonight - first).days,
        reason=reason.text if reason else None,
    )
