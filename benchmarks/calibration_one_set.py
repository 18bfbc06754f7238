"""What one data set alone says of a change, held against other sets of its size."""

import numpy as np
from calibrate import SCHEMES, STUDIED, Part
from calibration_power import BOTH, Losses
from numpy.typing import NDArray

from steadfit.study.arm_loss import joined
from steadfit.study.intervals import Estimate, Spread, spread, student, verdicts

STUDIES = 200  # drawn from the sets
WAYS = (*SCHEMES, "both")
Floats = NDArray[np.float64]


def judged(schemes: dict[str, Losses], own: Losses) -> dict[tuple[str, str], Floats]:
    """By way and arm, a study of each set: its change, its interval's length, whether that holds
    the true change, and whether the arm is called better; shape (studies, 4).

    Each study sees a fifth of the test images. The truth is the mean over the other sets and
    images.
    """
    first, *others = own
    changes = {name: own[name] - own[first] for name in others}
    points, rng = own[first].shape[-1], np.random.default_rng(0)
    found: dict[tuple[str, str], list[tuple[float, float, bool, bool]]] = {}
    for number in range(STUDIED):
        seen = np.isin(np.arange(points), rng.permutation(points)[: points // 5])
        for way, estimates in from_one_set(schemes, number, seen).items():
            for name, each, word in zip(others, estimates, verdicts(estimates), strict=True):
                true = float(np.delete(changes[name], number, axis=0)[..., ~seen].mean())
                held = each.low <= true <= each.high
                entry = each.value, each.high - each.value, held, word == "better"
                found.setdefault((way, name), []).append(entry)
    return {which: np.array(studies, float) for which, studies in found.items()}


def change_rows(part: Part, found: dict[tuple[str, str], Floats], own: Losses) -> list[str]:
    """The change that one set alone gives, beside the true one; how often its interval holds it."""
    first = next(iter(own))
    rows = []
    for (way, name), studies in found.items():
        value, reach, held, better = studies.T
        rows.append(
            f"| {part.model} | {part.n:,} | {way} | {name} | "
            f"{(own[name] - own[first]).mean():+.4f} | {value.mean():+.4f} | "
            f"± {np.median(reach):.4f} | {held.mean():.0%} | {better.mean():.0%} |"
        )
    return rows


def held_row(part: Part, found: dict[tuple[str, str], Floats]) -> str:
    """How often each way's intervals hold the true change, over all arms."""
    cells = []
    for way in WAYS:
        held = [studies[:, 2].mean() for (its, _), studies in found.items() if its == way]
        cells.append(f" {np.mean(held):.0%} |" if held else " |")
    return f"| {part.model} | {part.n:,} |{''.join(cells)}"


def from_one_set(
    schemes: dict[str, Losses], number: int, seen: NDArray[np.bool_]
) -> dict[str, list[Estimate]]:
    """Each way's estimates of all arms' changes, from one set and the images seen."""
    values: dict[str, list[float]] = {}
    spreads: dict[str, list[Spread]] = {}
    tables: dict[str, list[Floats]] = {}
    for scheme, losses in schemes.items():
        first, *others = [own[number][:, None, seen] for own in losses.values()]
        tables[scheme] = [own - first for own in others]
        values[scheme] = [float(table.mean()) for table in tables[scheme]]
        spreads[scheme] = [spread(table, "total") for table in tables[scheme]]
    if "whole" in tables and "bootstrap" in tables:
        values["both"] = values["whole"]
        spreads["both"] = [
            joined(drawn[:BOTH], whole[:BOTH])
            for drawn, whole in zip(tables["bootstrap"], tables["whole"], strict=True)
        ]
    return {
        way: [student(value, each, 0.95) for value, each in zip(values[way], found, strict=True)]
        for way, found in spreads.items()
    }


def here_row(part: Part, whole: Losses) -> str:
    """How often the interval for training on these data holds the change that other seeds show.

    Of each set's five retrainings a study has three, and three fifths of the images; the truth is
    that of the other two and of the other images, shortened as in `coverage`.
    """
    first, *others = whole
    seeds, points = whole[first].shape[1:]
    rng, held, few = np.random.default_rng(0), [], 3
    for _ in range(STUDIES):
        number, order = rng.integers(STUDIED), rng.permutation(seeds)
        seen = np.isin(np.arange(points), rng.permutation(points)[: points * few // seeds])
        for name in others:
            change = (whole[name] - whole[first])[number][order]
            table = change[:few, None, seen]
            true = float(change[few:, ~seen].mean())
            reach = spread(table, "total").reach(0.95)
            held.append(abs(float(table.mean()) - true) * np.sqrt(1 - few / seeds) <= reach)
    return f"| {part.model} | {part.n:,} | {np.mean(held):.1%} |"


def spread_rows(part: Part, schemes: dict[str, Losses], own: Losses) -> list[str]:
    """The standard deviation of a change between retrainings on the whole, bootstrap samples and
    fresh sets, a seed each."""
    first, *others = own
    each_way = [
        schemes["whole"],
        schemes["bootstrap"],
        {name: own[name][None, :, 0] for name in own},
    ]
    rows = []
    for name in others:
        changes = [(losses[name] - losses[first]).mean(2) for losses in each_way]
        cells = [f" {np.sqrt(change.var(1, ddof=1).mean()):.4f} |" for change in changes]
        rows.append(f"| {part.model} | {part.n:,} | {name} |{''.join(cells)}")
    return rows
