"""The endpoints of the stats service: translate, call the domain, return."""

from typing import Annotated

from fastapi import Depends, Header, Query, Response

from services.stats import domain, feed, figures, formats
from services.stats.domain import Selection
from services.stats.formats import Format
from services.stats.schemas import Audience, FigureCounts, Flow, FromDay, Language, ToDay, VictimCounts
from shared.contract.organisations import Scope
from shared.contract.types import Day, Moment
from shared.data.unit_of_work import UnitOfWork
from shared.http.feed import FeedEvent, Subscriber
from shared.http.paging import Page, Pages
from shared.http.parameters import NeighboursForCaller
from shared.http.policy import STAFF, Requires
from shared.http.problems import PROBLEM_MEDIA_TYPE
from shared.identity.actor import Role
from shared.runtime.service import service_router

router = service_router()

READERS = (Role.STATISTICIAN, Role.DASHBOARD, Role.AUDITOR, *STAFF)
Reader = Annotated[UnitOfWork, Depends(Requires(Scope.STATS_READ, *READERS))]
ExactReader = Annotated[UnitOfWork, Depends(Requires(Scope.STATS_EXACT, *READERS))]

From = Annotated[FromDay | None, Query(alias="from", description="The first year, or a day in it.")]
To = Annotated[ToDay | None, Query(alias="to", description="The last year, or a day in it.")]


async def _selection(
    from_on: From = None,
    to_on: To = None,
    audience: Annotated[
        Audience | None, Query(description="Left out: internal for whoever may see exact counts, otherwise public.")
    ] = None,
    as_of: Annotated[Day | Moment | None, Query(description="Count what was known then.")] = None,
) -> Selection:
    return Selection(from_on, to_on, audience, as_of)


Selected = Annotated[Selection, Depends(_selection)]


@router.get("/victims", response_model_exclude_unset=True)
async def count_victims(
    work: Reader,
    selection: Selected,
    by: Annotated[str, Query(description="Dimensions, with commas between.", examples=["year,gender"])] = "year",
) -> VictimCounts:
    """How many people were assessed as trafficked. Everybody counts once, in the year of the first positive decision."""
    dimensions = domain.dimensions_of(by)
    return await domain.count_victims(work, dimensions=dimensions, selection=selection)


@router.get(
    "/figures/{figure}",
    response_model=FigureCounts,
    response_model_exclude_unset=True,
    responses={
        200: {"content": {Format.CSV: {"schema": {"type": "string"}}}},
        406: {
            "description": "No figure comes in that format.",
            "content": {PROBLEM_MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        },
    },
)
async def read_figure(
    work: Reader,
    figure: str,
    selection: Selected,
    lang: Language = Language.DANISH,
    accept: Annotated[str | None, Header(include_in_schema=False)] = None,
) -> Response:
    """A figure of the reports: 1 (persons), 6 (forms of exploitation) or 8 (gender), all by year.

    The format is the path's ending (`1.csv`) or what Accept asks for: JSON, CSV."""
    number, _, suffix = figure.partition(".")
    found = figures.figure(number)
    wanted = formats.format_of(suffix, accept)
    counts = await domain.count_victims(work, dimensions=found.dimensions, selection=selection)
    if wanted is Format.CSV:
        return _csv(f"havn-figure-{number}", counts)
    return _json(FigureCounts(**dict(counts), figure=found.number, title=found.titles[lang]))


@router.get("/events")
async def list_events(work: Subscriber, neighbours: NeighboursForCaller, pages: Pages) -> Page[FeedEvent]:
    """One feed over all four services: the events that my organisation may know, in order, each cut to what it may know now:
    `data` is as AsyncAPI has it, without what my organisation may not know.

    A page with events has a `next_cursor`, which also leads on to what is recorded later. Without events it is null: you have
    them all, and ask again later with the cursor you have. None is passed by; while one of the services does not answer there
    is no page at all (503)."""
    found, positions = await feed.read(work, neighbours, after=pages.after, limit=pages.limit)
    return pages.feed(found, positions)


@router.get("/flow")
async def describe_flow(work: ExactReader, from_on: From = None, to_on: To = None) -> Flow:
    """What came in and what was done in a period of days or years: exact, for those who may see exact counts."""
    return await domain.describe_flow(work, from_on=from_on, to_on=to_on)


def _json(counts: FigureCounts) -> Response:
    return Response(counts.model_dump_json(exclude_unset=True), media_type=Format.JSON, headers={"vary": "accept"})


def _csv(name: str, counts: VictimCounts) -> Response:
    # The file's name carries what its rows do not: when this was known.
    disposition = f'attachment; filename="{name}-as-of-{counts.as_of:%Y-%m-%d}.csv"'
    return Response(
        formats.csv_of(counts),
        media_type=f"{Format.CSV}; charset=utf-8; header=present",
        headers={"content-disposition": disposition, "vary": "accept"},
    )
