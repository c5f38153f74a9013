"""What a benchmark found out, beside its goal; and the table on docs/benchmarks.md that all of it stands in."""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
_BEGIN, _END = "<!-- figures: written by python -m benchmarks -->", "<!-- end of figures -->"
_HEAD = "| | what | beside | figure (spread) | goal | on |\n|---|---|---|---|---|---|"


@dataclass(frozen=True)
class Figure:
    """One line of the table."""

    benchmark: str
    what: str
    beside: str
    """The baseline that took turns with it in the same run; empty where there is none."""
    value: str
    goal: str
    is_missed: bool = False
    """Whether the goal is a threshold that was not met: then the benchmarks end with status 1."""

    def line(self, on: date) -> str:
        return f"| {self.benchmark} | {self.what} | {self.beside} | {self.value} | {self.goal} | {on} |"


def ratio(ours: Sequence[float], theirs: Sequence[float], *, places: int = 2) -> str:
    """The median of the rounds' ratios, with the least and the greatest."""
    return spread([mine / other for mine, other in zip(ours, theirs, strict=True)], places=places)


def spread(values: Iterable[float], *, unit: str = "", places: int = 2) -> str:
    """The median, with the least and the greatest."""
    each = sorted(values)
    return f"**{statistics.median(each):.{places}f}**{unit} ({each[0]:.{places}f} to {each[-1]:.{places}f})"


def tell(figures: Sequence[Figure]) -> None:
    """Print them."""
    for each in figures:
        beside = f" / {each.beside}" if each.beside else ""
        print(f"  {each.what}{beside}: {each.value.replace('**', '')}   goal {each.goal}")


def write(figures: Sequence[Figure], page: Path = PAGE) -> None:
    """Put them on the page, in the place of what stood there of the same things; the rest stays."""
    before, rest = page.read_text().split(_BEGIN)
    table, after = rest.split(_END)
    lines = {_name(line): line for line in table.strip().splitlines()[2:]}  # without the head
    lines |= {_name(line): line for line in (each.line(datetime.now(UTC).date()) for each in figures)}
    body = "\n".join(sorted(lines.values(), key=_name))
    page.write_text(f"{before}{_BEGIN}\n{_HEAD}\n{body}\n{_END}{after}")


def write_section(name: str, text: str, page: Path = PAGE) -> None:
    """Put what a benchmark says of itself between the marks of that name on the page."""
    before, rest = page.read_text().split(f"<!-- {name}: written by python -m benchmarks -->")
    _, after = rest.split(f"<!-- end of {name} -->")
    page.write_text(f"{before}<!-- {name}: written by python -m benchmarks -->\n{text}\n<!-- end of {name} -->{after}")


def _name(line: str) -> tuple[str, ...]:
    """What tells a line of the table from the others: the benchmark, what, and beside what."""
    return tuple(part.strip() for part in line.split("|")[1:4])
