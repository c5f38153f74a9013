"""Tonight's list of a facility as a page to print: what `placements?on=` says, in Danish and English, with nothing to load."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from html import escape
from string import Template
from typing import Final

from services.accommodation.facilities.codes import CompanionKind
from services.accommodation.placements.codes import Movement
from services.accommodation.stays.day import Moving
from shared.kernel.clock import COPENHAGEN

POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_WORDS: Final = {
    Movement.ARRIVING: "ankommer · arriving",
    Movement.HERE: "er her · here",
    Movement.LEAVING: "rejser · leaving",
    Movement.OVERDUE: "skulle være rejst eller kommet · overdue",
}
_KINDS: Final = {
    (CompanionKind.CHILD, True): "barn i samme seng · child in the same bed",
    (CompanionKind.CHILD, False): "barn · child",
    (CompanionKind.OTHER, True): "anden i samme seng · other in the same bed",
    (CompanionKind.OTHER, False): "anden · other",
}
_COLUMNS: Final = (
    "plads · place",
    "hvad · what",
    "navn · name",
    "følger med · along",
    "ankom · came",
    "til · until",
    "sprog · languages",
    "behov · needs",
    "helbred · health",
    "sikker kontakt · safe contact",
)
_PAGE: Final = Template("""<!doctype html>
<html lang="da"><head><meta charset="utf-8"><title>Natten · the night $on</title>
<style>body{font:12pt sans-serif;margin:1cm}table{border-collapse:collapse;width:100%}
th,td{border:1px solid #000;padding:2mm;text-align:left;vertical-align:top}thead{display:table-header-group}
tr{break-inside:avoid}@page{size:A4 landscape}</style></head>
<body><h1>Natten · the night $on</h1>
<p>$count · Udskrevet · printed $at. Makuleres efter brug · shred after use.</p>
<table><thead><tr>$head</tr></thead><tbody>
$rows
</tbody></table></body></html>
""")


def page(movements: Sequence[Moving], *, on: date, now: datetime) -> str:
    """The page. It holds personal data, and no name or address of the facility."""
    return _PAGE.substitute(
        on=on.isoformat(),
        at=f"{now.astimezone(COPENHAGEN):%Y-%m-%d %H:%M}",
        count=sum(1 + len(each.companions) for each in movements),
        head="".join(f"<th>{escape(each)}</th>" for each in _COLUMNS),
        rows="\n".join(_row(each) for each in sorted(movements, key=lambda each: each.label.label.value)),
    )


def _row(moving: Moving) -> str:
    said, placement = moving.needs.for_the_facility, moving.placement
    cells = (
        moving.label.label.value,
        _WORDS[moving.movement],
        said.given_name.value if said.given_name else "",
        _along(moving),
        f"{placement.arrived_at.astimezone(COPENHAGEN):%Y-%m-%d %H:%M}" if placement.arrived_at else "",
        placement.to_on.isoformat() if placement.to_on else "",
        _listed(moving.needs.languages),
        _listed(_needs_of(moving)),
        _listed(flag.value for flag in said.health_flags),
        said.safe_contact.value if said.safe_contact else "",
    )
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"


def _along(moving: Moving) -> str:
    """How many are there with the person, and of which kind."""
    words = [_KINDS[each.joined_as or CompanionKind.OTHER, each.shares_bed] for each in moving.companions]
    return f"{len(words)}: {_listed(words)}" if words else ""


def _needs_of(moving: Moving) -> list[str]:
    needs = moving.needs.whole()
    said = {
        "barn · minor": needs.minor,
        "med børn · with children": needs.children,
        "gravid · pregnant": needs.pregnant,
        "kørestol · wheelchair": needs.wheelchair,
    }
    return [word for word, holds in said.items() if holds]


def _listed(words: Iterable[str]) -> str:
    return ", ".join(words)
