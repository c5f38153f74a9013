"""The rows of requests for access."""

from collections.abc import Sequence
from functools import cache
from uuid import UUID

from sqlalchemy import Select
from sqlmodel import col

from services.identification.access_requests.models import AccessRequest
from services.identification.access_requests.schemas import AccessAccount
from services.identification.case import repository as cases
from services.identification.case.models import Case
from services.identification.case.schemas import SealedText
from services.identification.records import repository as records
from shared.data.columns import any_asked
from shared.data.positions import page
from shared.data.unit_of_work import UnitOfWork


async def add(work: UnitOfWork, request: AccessRequest, account: AccessAccount) -> None:
    """Store a request of a locked case."""
    await records.add(work, request, operation="access_request.add", account=account)


async def request_in(work: UnitOfWork, case: Case, request_id: UUID) -> tuple[AccessRequest, AccessAccount]:
    """A request in a locked case, or in one that was merged into it, with who asks; raises RecordNotFound."""
    found = await work.session.get(AccessRequest, request_id, with_for_update=True)
    if found is None or found.case_id not in await cases.family_of(work, case.id):
        raise records.RecordNotFound
    return found, (await records.opened(work, [found], "account", AccessAccount))[found.id]


@cache
def _requests(*, goes_on: bool) -> Select[AccessRequest]:
    return records.page_of(AccessRequest, any_asked(col(AccessRequest.case_id), "family"), goes_on=goes_on)


async def requests_of(
    work: UnitOfWork, case: Case, *, after: Sequence[str | int] | None, limit: int
) -> list[tuple[AccessRequest, AccessAccount, SealedText | None]]:
    """The requests in a case already read and in those that were merged into it, oldest first, up to one more than `limit`."""
    asked = page(after, limit) | {"family": await cases.family_of(work, case.id)}
    found = await work.session.scalars(_requests(goes_on=bool(after)), asked)
    rows = [row for row in found if row.account is not None]
    accounts = await records.opened(work, rows, "account", AccessAccount)
    reviews = await records.opened(work, rows, "review", SealedText)
    return [(row, accounts[row.id], reviews.get(row.id)) for row in rows]
