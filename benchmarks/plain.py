"""What a first program would be: FastAPI and SQLModel, two tables, nothing of what Havn is for: seal, audit, outbox, roles."""

from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID, uuid4

from fastapi import Depends, FastAPI
from sqlalchemy import URL
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlmodel import Field, Session, SQLModel, create_engine

from shared.data.database import service_url


class ReferralBase(SQLModel):
    kind: str
    channel: str
    urgency: str
    occurred_at: str
    municipality: str
    reason: str


class SubjectBase(SQLModel):
    reference: str
    given_name: str
    stated_age: int


class PlainReferral(ReferralBase, table=True):
    id: UUID = Field(default_factory=uuid4, primary_key=True)


class PlainSubject(SubjectBase, table=True):
    id: UUID = Field(default_factory=uuid4, primary_key=True)
    referral_id: UUID = Field(foreign_key="plainreferral.id")
    citizenships: str


class SubjectCreate(SubjectBase):
    citizenships: list[str]

    def of(self, referral_id: UUID) -> PlainSubject:
        """As it is kept."""
        return PlainSubject(
            referral_id=referral_id,
            **self.model_dump(exclude={"citizenships"}),
            citizenships=",".join(self.citizenships),
        )


class ReferralCreate(ReferralBase):
    subjects: list[SubjectCreate]

    def new(self) -> PlainReferral:
        """As it is kept, but for its subjects."""
        return PlainReferral(**self.model_dump(exclude={"subjects"}))


class ReferralPublic(ReferralBase):
    id: UUID


TABLES: list[Any] = [SQLModel.metadata.tables[str(each.__tablename__)] for each in (PlainReferral, PlainSubject)]


def tutorial(database_url: str, path: str) -> FastAPI:
    """As their tutorials write it: plain functions, a session for each request; add, commit, refresh."""
    engine = create_engine(_address(database_url).set(drivername="postgresql+psycopg"))
    SQLModel.metadata.create_all(engine, TABLES)
    app = FastAPI()

    def get_session() -> Iterator[Session]:
        with Session(engine) as session:
            yield session

    @app.post(path, status_code=201, response_model=ReferralPublic)
    def submit(given: ReferralCreate, session: Session = Depends(get_session)) -> Any:
        referral = given.new()
        session.add(referral)
        for subject in given.subjects:
            session.add(subject.of(referral.id))
        session.commit()
        session.refresh(referral)
        return referral

    return app


def asynchronous(database_url: str, path: str) -> FastAPI:
    """As who knows them well would go on from there: an asynchronous engine on asyncpg, and an answer of what is known."""
    engine = create_async_engine(_address(database_url), pool_size=8, max_overflow=8)
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    app = FastAPI()

    async def get_session() -> AsyncIterator[AsyncSession]:
        async with sessions() as session:
            yield session

    @app.on_event("startup")
    async def make_tables() -> None:
        async with engine.begin() as connection:
            await connection.run_sync(lambda sync: SQLModel.metadata.create_all(sync, TABLES))

    @app.post(path, status_code=201)
    async def submit(given: ReferralCreate, session: AsyncSession = Depends(get_session)) -> dict[str, Any]:
        referral = given.new()
        session.add(referral)
        await session.flush()
        for subject in given.subjects:
            session.add(subject.of(referral.id))
        await session.commit()
        return {"referral_id": str(referral.id), "status": "submitted"}

    return app


def _address(database_url: str) -> URL:
    return service_url(database_url, "referrals")
