"""The language of an error's title and detail: Danish for who asks for it (`Accept-Language: da`), English otherwise.

Names, codes and what stands beside them never change with it."""

import json
from contextvars import ContextVar
from functools import cache
from importlib.resources import files
from typing import Final

ENGLISH: Final = "en"
DANISH: Final = "da"
_accepted: ContextVar[str] = ContextVar("accept_language", default="")


def preferred(accepted: str) -> str:
    """Of our two languages the one that an Accept-Language header (RFC 9110, 12.5.4) would rather have; of two that are as
    welcome the one it names first. English where it names neither."""
    weights: dict[str, float] = {}
    for each in accepted.lower().split(","):
        name, _, parameters = each.partition(";")
        weights.setdefault(name.strip().partition("-")[0], _weight(parameters))
    best = max((name for name in weights if name in (DANISH, ENGLISH)), key=lambda name: weights[name], default=ENGLISH)
    return best if weights.get(best) else ENGLISH


def _weight(parameters: str) -> float:
    """Of what is written otherwise than RFC 9110 has it, nothing."""
    if not parameters.strip():
        return 1.0
    name, _, value = parameters.strip().partition("=")
    try:
        weight = float(value) if name == "q" else 0.0
    except ValueError:
        return 0.0
    return weight if 0.0 <= weight <= 1.0 else 0.0


def ask_for(accepted: str) -> None:
    """From here on errors of this request are in the language that its Accept-Language header would rather have; it is read when
    there is one."""
    _accepted.set(accepted)


def spoken(name: str, *, title: str, detail: str, danish: str | None = None) -> tuple[str, str]:
    """Title and detail of the error of that name in the language that was asked for; `danish` is the detail's own Danish, where
    that of its name is not true of it."""
    if preferred(_accepted.get()) != DANISH:
        return title, detail
    title, of_its_name = in_danish().get(name, (title, detail))
    return title, danish or of_its_name


@cache
def in_danish() -> dict[str, tuple[str, str]]:
    """Title and detail in Danish of each error, by its name; this detail has no values: those stand in members of their own."""
    said = json.loads(files("shared.http").joinpath("problems-da.json").read_text(encoding="utf-8"))
    return {name: (title, detail) for name, (title, detail) in said.items()}
