"""What Havn itself may see, for as long as a rule asks it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from sqlalchemy import text

from shared.contract.organisations import HAVN
from shared.data.unit_of_work import UnitOfWork
from shared.identity.actor import Actor
from shared.kernel.errors import DomainError

_AS: Final = text("SELECT current_setting('havn.org'), set_config('havn.org', :org, true)")


@asynccontextmanager
async def as_itself(work: UnitOfWork) -> AsyncIterator[None]:
    """Row level security lets the transaction see as Havn itself while the block lasts: what a rule asks may be more than who
    acts may know (whoever changed a part of a case, the prosecution, say, may not see the rest). What is read leaves only as
    far as the rule says. A block within another ends with that one, not before."""
    actor: Actor = work.actor
    if actor.org == HAVN:
        yield
        return
    await work.session.flush()
    before = await work.session.scalar(_AS, {"org": HAVN})
    try:
        yield
    except DomainError:  # the transaction goes on for whoever notes or catches it
        await work.session.execute(_AS, {"org": before})
        raise
    await work.session.flush()
    await work.session.execute(_AS, {"org": before})
