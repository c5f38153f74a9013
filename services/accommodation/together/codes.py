"""Why somebody goes without a place where several are looked for at once."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class WithoutBecause(StrEnum):
    NOTHING_FITS = "nothing_fits"
    TAKEN = "taken"
    """By those who come first, or because more people have a bed that way."""
    SAME_PERSON = "same_person"
    HOUSEHOLD = "household"
    KEPT_APART = "kept_apart"
    """Said to CMM alone, which says who is kept apart."""


REASONS: Final[Mapping[WithoutBecause, tuple[str, str]]] = {
    WithoutBecause.NOTHING_FITS: (
        "No place fits; `excluded` counts why.",
        "Ingen plads passer; `excluded` tæller hvorfor.",
    ),
    WithoutBecause.TAKEN: (
        "There are fewer places than people; those that fit go to people who come first on the waiting list, or more have a bed"
        " that way.",
        "Der er færre pladser end mennesker; de, der passer, går til dem, der står først på ventelisten, eller flere får en seng"
        " på den måde.",
    ),
    WithoutBecause.SAME_PERSON: (
        "Another request is for the same person; one person has one bed.",
        "En anden anmodning er for den samme person; én person har én seng.",
    ),
    WithoutBecause.HOUSEHOLD: (
        "No facility has room for the whole household; place them together elsewhere, or offer them places apart and say why.",
        "Intet sted har plads til hele husstanden; find et sted til dem sammen, eller tilbyd dem hver sit, og sig hvorfor.",
    ),
    WithoutBecause.KEPT_APART: (
        "Where a place is left lives, by this answer, somebody from whom the person is kept apart.",
        "Hvor der er en plads tilbage, bor efter dette svar en, som personen skal holdes adskilt fra.",
    ),
}
"""In English and Danish."""
