"""Arms compared by their scores alone, one a training, as trackers of experiments export them.

Of each data set the difference of the means: in pairs where both arms have the same seeds and the
scores are said to be paired, Student's t on the differences; else Welch's (1947). Over several data
sets the mean of their differences, with the sum of their variances over the square of their number,
and Satterthwaite's degrees of freedom: for these data sets, not for others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from steadfit.errors import SteadfitError

MORE = 5  # seeds an arm, of which it is said what they would bring


@dataclass(frozen=True)
class Score:
    """One training's. seed: by its name; data_set: likewise, "" where there is one."""

    arm: str
    seed: str
    value: float
    data_set: str = ""


@dataclass(frozen=True)
class ScoreChange:
    """What an arm changes of the mean score against the first arm.

    chance_higher: the one-sided confidence level of a change above 0. better: whether Holm's
    correction over all arms (family-wise 5%) lets it be called so. with_more: the length of the
    interval with `MORE` seeds more, as a share of what it is.
    """

    arm: str
    seeds: int
    mean: float
    value: float
    low: float
    high: float
    chance_higher: float
    better: bool
    with_more: float


@dataclass(frozen=True)
class ScoreAnalysis:
    """The first arm's mean and number of seeds, and each other's change. paired: how."""

    baseline: str
    seeds: int
    mean: float
    paired: bool
    higher_is_better: bool
    changes: tuple[ScoreChange, ...]


def analyse_scores(
    scores: Sequence[Score],
    paired: bool = False,
    higher_is_better: bool = True,
    level: float = 0.95,
) -> ScoreAnalysis:
    """Compare each arm with the first.

    paired: whether trainings of one seed belong together, as with the same split.
    Raises SteadfitError for fewer than two arms or two seeds, a score that is not finite, a seed
    that an arm has twice, and seeds that differ where they are to be paired.

    >>> scores = [Score(arm, str(seed), value + seed / 10) for arm, value in
    ...           (("a", 1.0), ("b", 2.0)) for seed in range(5)]
    >>> found = analyse_scores(scores).changes[0]
    >>> round(found.value, 6), found.better
    (1.0, True)
    """
    table = _table(scores)
    first, *others = table
    if not others:
        raise SteadfitError(f"scores must be of two arms or more, got {first} alone.")
    sign = 1.0 if higher_is_better else -1.0
    changes = [_change(name, table[first], table[name], paired, level) for name in others]
    chances = [one.chance_higher if sign > 0 else 1 - one.chance_higher for one in changes]
    better = _holm([1 - chance for chance in chances])
    return ScoreAnalysis(
        first,
        _seeds(table[first]),
        _mean(table[first]),
        paired,
        higher_is_better,
        tuple(
            ScoreChange(**{**vars(one), "better": yes})
            for one, yes in zip(changes, better, strict=True)
        ),
    )


Sets = Mapping[str, Mapping[str, float]]  # by data set and seed


def _table(scores: Sequence[Score]) -> Mapping[str, Sets]:
    table: dict[str, dict[str, dict[str, float]]] = {}
    for one in scores:
        if not np.isfinite(one.value):
            raise SteadfitError(f"Scores must be finite, got {one.value} of {one.arm}.")
        of_set = table.setdefault(one.arm, {}).setdefault(one.data_set, {})
        if one.seed in of_set:
            raise SteadfitError(
                f"Each arm must have each seed once a data set, got seed {one.seed} of {one.arm} "
                "twice. Name the data sets in a column of their own."
            )
        of_set[one.seed] = one.value
    if not table:
        raise SteadfitError("scores must have a row for each training, got none.")
    for name, sets in table.items():
        first = next(iter(table.values()))
        if sets.keys() != first.keys():
            raise SteadfitError(f"Every arm must have the same data sets, and {name} has others.")
        few = [key for key, of_set in sets.items() if len(of_set) < 2]
        if few:
            raise SteadfitError(
                f"{name} must have two seeds or more{f' on {few[0]}' if few[0] else ''}, got one."
            )
    return table


def _change(name: str, first: Sets, arm: Sets, paired: bool, level: float) -> ScoreChange:
    from scipy.special import stdtr, stdtrit

    def spread(more: int) -> tuple[float, float]:
        """The variance of the mean difference and its degrees of freedom, with more seeds."""
        parts: list[tuple[float, float]] = []
        for key in first:
            a, b = first[key], arm[key]
            if paired:
                differences = np.array([b[seed] - a[seed] for seed in a])
                n = len(a) + more
                parts.append((float(differences.var(ddof=1)) / n, n - 1))
            else:
                for values in (a, b):
                    n = len(values) + more
                    parts.append((float(np.var(list(values.values()), ddof=1)) / n, n - 1))
        total = sum(part for part, _ in parts)
        bottom = sum(part**2 / freedom for part, freedom in parts)
        return total / len(first) ** 2, total**2 / bottom if bottom > 0 else 1.0

    if paired and any(first[key].keys() != arm[key].keys() for key in first):
        raise SteadfitError(f"Paired scores must have the same seeds, and {name} has others.")
    value = float(np.mean([_average(arm[key]) - _average(first[key]) for key in first]))
    variance, freedom = spread(0)
    error = float(np.sqrt(variance))
    reach = error * float(stdtrit(freedom, 0.5 + level / 2))
    later, later_freedom = spread(MORE)
    then = float(np.sqrt(later) * stdtrit(later_freedom, 0.5 + level / 2))
    chance = float(stdtr(freedom, value / error)) if error > 0 else float(value > 0)
    share = then / reach if reach > 0 else 1.0
    low, high = value - reach, value + reach
    return ScoreChange(name, _seeds(arm), _mean(arm), value, low, high, chance, False, share)


def _average(scores: Mapping[str, float]) -> float:
    return float(np.mean(list(scores.values())))


def _mean(sets: Sets) -> float:
    return float(np.mean([_average(of_set) for of_set in sets.values()]))


def _seeds(sets: Sets) -> int:
    """Of the data set with the fewest."""
    return min(map(len, sets.values()))


def _holm(levels: Sequence[float], total: float = 0.05) -> list[bool]:
    """Which are significant together, one-sided (Holm 1979)."""
    found = [False] * len(levels)
    for done, place in enumerate(np.argsort(levels)):
        if levels[place] * (len(levels) - done) > total:
            break
        found[place] = True
    return found
