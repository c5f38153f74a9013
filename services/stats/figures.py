"""The figures of the yearly reports: what each counts, and what it is called."""

from collections.abc import Mapping
from dataclasses import dataclass

from services.stats.schemas import Dimension, Language
from shared.kernel.errors import NotFound


class FigureNotFound(NotFound):
    """The reports have no such figure."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure by its number in the reports."""

    number: int
    dimensions: tuple[Dimension, ...]
    titles: Mapping[Language, str]


_FIGURES = (
    Figure(
        1,
        (Dimension.YEAR,),
        {
            Language.DANISH: "Personer vurderet handlet, efter år",
            Language.ENGLISH: "Persons assessed as trafficked, by year",
        },
    ),
    Figure(
        6,
        (Dimension.YEAR, Dimension.EXPLOITATION_FORM),
        {
            Language.DANISH: "Personer vurderet handlet, efter år og udnyttelsesform",
            Language.ENGLISH: "Persons assessed as trafficked, by year and form of exploitation",
        },
    ),
    Figure(
        8,
        (Dimension.YEAR, Dimension.GENDER),
        {
            Language.DANISH: "Personer vurderet handlet, efter år og køn",
            Language.ENGLISH: "Persons assessed as trafficked, by year and gender",
        },
    ),
)
_BY_NUMBER = {str(figure.number): figure for figure in _FIGURES}


def figure(number: str) -> Figure:
    """The figure with that number. Raises FigureNotFound."""
    if number not in _BY_NUMBER:
        raise FigureNotFound
    return _BY_NUMBER[number]
