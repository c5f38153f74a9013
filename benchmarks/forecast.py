"""Row 77: forecasts of beds for fourteen nights, made again for past nights of a seeded history, beside expecting as many as on
the same day of the week before."""

import random
from collections.abc import Sequence
from datetime import date
from statistics import fmean

from benchmarks.figures import Figure, spread
from services.accommodation.forecast import domain

HOUSES, NIGHTS, BACK = 40, 500, 200
TONIGHT = date(2026, 3, 9)
GOAL = 1.0


def history(seed: int, *, nights: int = NIGHTS) -> list[int]:
    """Nights of a made-up facility of 3 to 30 places: people come, more of them on some days of the week and in waves of raids,
    and stay for days or months; whoever finds it full goes elsewhere."""
    chance = random.Random(seed)
    places, stay = chance.randint(3, 30), chance.choice((6, 20, 45))
    usual = 0.8 * places / stay
    of_weekday = [chance.uniform(0.5, 1.5) for _ in range(7)]
    ends: list[int] = []
    counted = []
    for night in range(-100, nights):
        ends = [end for end in ends if end > night]
        rate = usual * of_weekday[night % 7] + (chance.random() < 0.01) * chance.randint(2, 6)
        for _ in range(places * 2):
            if chance.random() < rate / (places * 2) and len(ends) < places:
                ends.append(night + 1 + int(chance.expovariate(1 / stay)))
        if night >= 0:
            counted.append(len(ends))
    return counted


def ratios(seeds: Sequence[int], *, nights: int = NIGHTS, back: int = BACK) -> list[float]:
    """Of each history the mean error of the forecasts, divided by that of the week before."""
    found = []
    for seed in seeds:
        had = history(seed, nights=nights)
        errors = [
            each for end in range(len(had) - back, len(had), 7) if (each := domain.past_errors(had[:end], TONIGHT))
        ]
        ours = fmean(fmean(each.ours) for each in errors)
        found.append(ours / fmean(fmean(each.week_before) for each in errors))
    return found


def main() -> list[Figure]:
    found = ratios(range(HOUSES))
    better = sum(each < 1 for each in found)
    what = f"mean error of forecasts, {HOUSES} seeded histories"
    return [
        Figure("77", what, "the same day a week before", spread(found), f"< {GOAL:.0f}", fmean(found) >= GOAL),
        Figure("77", f"of {HOUSES} histories better", "the same day a week before", f"**{better}**", "most"),
    ]
