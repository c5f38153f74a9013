"""The only way to the rows of reveals, and to the reason why a secrecy was dropped."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from uuid import UUID

from sqlalchemy import Select, select
from sqlmodel import col

from services.accommodation.case.schemas import Remark
from services.accommodation.facilities import repository as facilities
from services.accommodation.facilities import visibility as who
from services.accommodation.facilities.models import Facility
from services.accommodation.facilities.queries import FACILITY_ID
from services.accommodation.secrecy.models import Reveal
from shared.contract.codes import Purpose
from shared.data import sealed
from shared.data.positions import newest_first, page
from shared.data.unit_of_work import UnitOfWork


async def keep_reveal(work: UnitOfWork, facility: Facility, purpose: Purpose, *, until: datetime) -> None:
    """Put on the facility's record that the actor was shown its secret address."""
    actor = work.actor
    reveal = Reveal(
        facility_id=facility.id,
        org=actor.org,
        actor=actor.subject,
        roles=sorted(actor.roles),
        purpose=purpose,
        revealed_at=work.now,
        until=until,
    )
    work.session.add(reveal)
    await work.session.flush()
    work.audit(operation="facility.reveal", object_ids=[facility.id], fields=["address", "contact"], purpose=purpose)


@cache
def _reveals(*, goes_on: bool) -> Select[Reveal]:
    query = select(Reveal).where(col(Reveal.facility_id) == FACILITY_ID)
    return newest_first(query, col(Reveal.revealed_at), col(Reveal.id), goes_on=goes_on)


async def list_reveals(
    work: UnitOfWork, facility_id: UUID, *, after: Sequence[str | int] | None, limit: int
) -> list[Reveal]:
    """To whom the facility's secret address was shown, the last first, up to one more than `limit`: for its operator and CMM.
    Raises FacilityNotFound."""
    facility = await facilities.known_facility(work, facility_id)
    if not who.runs(work.actor, facility):
        raise facilities.FacilityNotFound
    work.audit(operation="facility.reveals", object_ids=[facility_id])
    asked = page(after, limit) | {"facility_id": facility_id}
    return await work.session.scalars(_reveals(goes_on=bool(after)), asked)


async def note_unveiling(work: UnitOfWork, facility: Facility, reason: Remark) -> None:
    """Seal why the facility's address is a secret no more."""
    key = await sealed.key_of(work, facility.id)
    facility.unveiling = key.seal(reason, table="facility", column="unveiling", row=facility.id)
    work.audit(operation="facility.unveil", object_ids=[facility.id])
