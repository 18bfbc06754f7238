"""How often the words and intervals of a study are right, in worlds whose truth is known.

    python benchmarks/deciding/worlds.py [--studies 1000]

Differences of losses are drawn, not trained: a point's effect (normal, exponential, or carried by
2% of the points), a replica's, and noise, in three repetitions of five folds. First table: by
number of points, tail and weight of the replicas, how often a 95% interval holds the truth, its
length as a multiple of the one with a known standard error, and how often an arm without effect is
given a chance above 95%. Second: in worlds of six arms, how often any arm without effect is called
better, and the regret of the arm handed over, in standard errors, beside two other rules. A regret
is the true loss of the choice less that of the best arm there is.
"""

import argparse
from collections.abc import Callable, Sequence

import numpy as np

from steadfit.analysis.comparison import PointLosses, mean_change
from steadfit.analysis.deciding import Decision, Looks, best, decide
from steadfit.analysis.terms import Verdict

FOLDS, LOOKS = 5, Looks((1, 2, 3))
SIZES = (125, 359, 1_000, 10_000)
TAILS: dict[str, Callable[[np.random.Generator, int], np.ndarray]] = {
    "normal": lambda rng, n: rng.normal(size=n),
    "exponential": lambda rng, n: rng.exponential(size=n) - 1,
    "few": lambda rng, n: ((rng.random(n) < 0.02) * rng.exponential(size=n) * 5 - 0.1) / 0.995,
}
WORLDS = {  # effects in standard errors of the points' part; five arms beside the baseline
    "nothing helps": (0.0, 0.0, 0.0, 0.0, 0.0),
    "one helps": (-3.0, 0.0, 0.0, 0.0, 0.0),
    "all help a little": (-1.0, -1.0, -1.0, -1.0, -1.0),
    "all harm": (2.0, 2.0, 3.0, 4.0, 5.0),
    "mixed": (-4.0, -2.0, 0.0, 2.0, 4.0),
}


def folds_of(rng: np.random.Generator, points: int, repetitions: int) -> np.ndarray:
    return np.stack([rng.permutation(np.arange(points) % FOLDS) for _ in range(repetitions)])


def spread(rng: np.random.Generator, folds: np.ndarray, tail: str, of_replicas: float):
    """Differences around 0. of_replicas: their part of the variance, over the points'."""
    repetitions, points = folds.shape
    replica = rng.normal(size=(repetitions, FOLDS)) * np.sqrt(of_replicas * FOLDS / points)
    noise = np.sqrt(0.3) * rng.normal(size=folds.shape)
    return TAILS[tail](rng, points) + np.take_along_axis(replica, folds, 1) + noise


def intervals(studies: int) -> None:
    print("| points | tail | replicas' part | repetitions | coverage | length | chance > 95% |")
    print("| ---: | --- | ---: | ---: | ---: | ---: | ---: |")
    for points in SIZES:
        for tail in TAILS:
            for weight in (0.3, 3.0):
                for repetitions in (1, 2, 3):
                    rng = np.random.default_rng(0)
                    found = []
                    for _ in range(studies):
                        folds = folds_of(rng, points, repetitions)
                        found.append(mean_change(spread(rng, folds, tail, weight), folds))
                    held = np.mean([one.low <= 0 <= one.high for one in found])
                    known = (1 + 0.3 / repetitions + weight / repetitions) / points
                    length = np.mean([one.high - one.low for one in found])
                    false = np.mean([one.chance_better > 0.95 for one in found])
                    print(
                        f"| {points:,} | {tail} | {weight:g} | {repetitions} | {held:.1%} | "
                        f"{length / (2 * 1.96 * np.sqrt(known)):.2f} | {false:.1%} |",
                        flush=True,
                    )


def study(rng: np.random.Generator, effects: Sequence[float], points: int = 359):
    """A pair of losses for each arm, with the same baseline."""
    folds = folds_of(rng, points, LOOKS.repetitions[-1])
    base = 0.5 * spread(rng, folds, "normal", 1.0)
    return [
        (
            PointLosses(base + spread(rng, folds, "normal", 1.0) + e / np.sqrt(points), folds),
            PointLosses(base, folds),
        )
        for e in effects
    ]


def as_studied(pairs: Sequence[tuple[PointLosses, PointLosses]]) -> tuple[list[Decision], int]:
    """The decisions look by look, and the repetitions that took, without the baseline's."""
    trained = [LOOKS.repetitions[0]] * len(pairs)
    while True:
        seen = [(arm.first(n), base) for n, (arm, base) in zip(trained, pairs, strict=True)]
        found = decide(seen, LOOKS)
        if not any(one.goes_on for one in found):
            return list(found), sum(trained)
        trained = [n + one.goes_on for one, n in zip(found, trained, strict=True)]


def words(studies: int) -> None:
    print("\n| world | any false better | found better | repetitions | regret | Holm | baseline |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, effects in WORLDS.items():
        rng = np.random.default_rng(1)
        false, right, taken = [], [], []
        regrets: dict[str, list[float]] = {"rule": [], "Holm": [], "baseline": []}
        least = min(0.0, *effects)
        for _ in range(studies):
            found, repetitions = as_studied(study(rng, effects))
            better = [one.word is Verdict.BETTER for one in found]
            false.append(any(b and e >= 0 for b, e in zip(better, effects, strict=True)))
            helping = [b for b, e in zip(better, effects, strict=True) if e < 0]
            right.append(np.mean(helping) if helping else np.nan)
            taken.append(repetitions / len(effects))
            chosen = best([one.change for one in found])
            gated = [i for i, b in enumerate(better) if b]
            gate = min(gated, key=lambda i: found[i].change.value) if gated else None
            for rule, place in (("rule", chosen), ("Holm", gate), ("baseline", None)):
                regrets[rule].append((0.0 if place is None else effects[place]) - least)
        power = "–" if np.isnan(right).all() else f"{np.mean(right):.0%}"
        means = " | ".join(f"{np.mean(values):.2f}" for values in regrets.values())
        print(
            f"| {name} | {np.mean(false):.1%} | {power} | {np.mean(taken):.2f} | {means} |",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--studies", type=int, default=1000, help="a line")
    studies = parser.parse_args().studies
    intervals(studies)
    words(studies)


if __name__ == "__main__":
    main()
