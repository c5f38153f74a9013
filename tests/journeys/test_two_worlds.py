"""A number is a claim: nothing that an outsider can send is answered otherwise because somebody is known
(docs/rules.md, identity-3 and identity-7). `HAVN_PROBES=100` makes many more calls; with some 200 so many
cases have one name that the bound of a search leaves some out, by chance."""

import os

import pytest

from tests.journeys.outsiders import OUTSIDERS, PROBED
from tests.journeys.transcript import differences
from tests.journeys.two_worlds import KNOWN, UNPROBED, Known, probe
from tests.world import World

CALLS = int(os.environ.get("HAVN_PROBES", "10"))


def who_probes(known: Known) -> tuple[str, ...]:
    """Half of the kinds of organisation, and of the next in order the other half; US too, where it has no part."""
    half = OUTSIDERS[list(KNOWN.values()).index(known) % 2 :: 2]
    return half if known.authority == "US" else (*half, "us", "us")


@pytest.mark.slow
@pytest.mark.parametrize("name", KNOWN)
async def test_who_has_no_part_learns_nothing(havn: World, name: str) -> None:
    known = KNOWN[name]
    asked = {"organisations": who_probes(known), "seed": sorted(KNOWN).index(name), "calls": CALLS}
    hers, answered = await probe(havn, known, PROBED, **asked)
    somebody_elses, unanswered = await probe(havn, known, UNPROBED, **asked)
    assert answered > 0, "the probes are about her"
    assert unanswered == 0, "and about nobody else"
    found = list(differences(hers, somebody_elses))
    assert not found, f"{len(found)} of {len(hers.answers)} answers tell who is known:\n" + "\n".join(found[:5])
