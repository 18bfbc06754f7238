"""Words where a few points carry the change: by the cross-entropy, and by the Brier score.

    python benchmarks/deciding/tails.py [--studies 400]

Most points are easy; 2% are wrong, and surely so. Five arms multiply the baseline's logits by one
factor, so that sure answers become surer: nearly all points gain a little, and a few lose a lot.
The factor is solved for so that an arm's true change is 0, once of the cross-entropy and once of
the Brier score. Baseline and arms have noise of their own at each point, in each replica and in
each prediction.

A line is 400 studies, with all looks. Any false *better*: by a measure by which the arms are truly
no better; where the cross-entropy always judges, and as studies do it: by the Brier score where
five points carry over a quarter of the change. Then how often it judges, and how often the 95%
interval of the measure that judged holds the truth.
"""

import argparse
from collections.abc import Sequence

import numpy as np
from scipy.optimize import brentq
from worlds import FOLDS, LOOKS, as_studied, folds_of

from steadfit.analysis.analyse import HEAVY
from steadfit.analysis.comparison import PointLosses, change
from steadfit.analysis.jackknife import Floats
from steadfit.analysis.measures import MEASURES, Points
from steadfit.analysis.terms import Verdict

ARMS, WRONG = 5, 0.02
EASY, HARD, SPREAD = 4.0, -2.0, 1.0  # means of the margin: the right class's logit, less the other
OF_POINT, OF_REPLICA, OF_PREDICTION = 0.4, 0.2, 0.4  # deviations, of what an arm has of its own
MEASURED = ("cross_entropy", "brier")


def margins(rng: np.random.Generator, points: int) -> Floats:
    means = np.where(rng.random(points) < WRONG, HARD, EASY)
    return means + SPREAD * rng.normal(size=points)


def logits(rng: np.random.Generator, margin: Floats, folds: np.ndarray, factor: float) -> Floats:
    """Of one arm, in repetitions of folds; the right class is the first."""
    own = OF_POINT * rng.normal(size=margin.shape)
    replica = OF_REPLICA * rng.normal(size=(len(folds), FOLDS))
    noise = OF_PREDICTION * rng.normal(size=folds.shape)
    seen = factor * (margin + own + np.take_along_axis(replica, folds, 1) + noise)
    return np.stack([seen, np.zeros_like(seen)], -1)


def losses(measure: str, found: Floats) -> Floats:
    return MEASURES[measure].of(found, Points(np.zeros(found.shape[1], np.int64)))


def true_change(measure: str, factor: float) -> float:
    """By quadrature: a margin is one of two normal variables."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    deviation = np.sqrt(SPREAD**2 + OF_POINT**2 + OF_REPLICA**2 + OF_PREDICTION**2)
    found = []
    for times in (factor, 1.0):
        of_kind = []
        for mean in (EASY, HARD):
            seen = times * (mean + deviation * nodes)
            values = losses(measure, np.stack([seen, np.zeros_like(seen)], -1)[None])[0]
            of_kind.append(values @ weights / weights.sum())
        found.append((1 - WRONG) * of_kind[0] + WRONG * of_kind[1])
    return found[0] - found[1]


def row(points: int, without: str, studies: int) -> str:
    """A line of the table: the change of the measure `without` is truly 0."""
    factor: float = brentq(lambda times: true_change(without, times), 1.2, 30.0)  # pyright: ignore
    true = {name: 0.0 if name == without else true_change(name, factor) for name in MEASURED}
    rng = np.random.default_rng(1)  # the rule was chosen on 0
    always, studied, by_bounded, held = [], [], [], []
    for _ in range(studies):
        folds = folds_of(rng, points, LOOKS.repetitions[-1])
        margin = margins(rng, points)
        found = [logits(rng, margin, folds, times) for times in (1.0, *[factor] * ARMS)]
        pairs = {
            name: [
                (PointLosses(losses(name, arm), folds), PointLosses(losses(name, found[0]), folds))
                for arm in found[1:]
            ]
            for name in MEASURED
        }
        first = [change(arm.first(1), base) for arm, base in pairs[MEASURED[0]]]
        judges = [MEASURED[int(one.heaviest > HEAVY)] for one in first]
        always.append(false_better([MEASURED[0]] * ARMS, pairs, true))
        studied.append(false_better(judges, pairs, true))
        by_bounded += [name == MEASURED[1] for name in judges]
        last = [change(*pairs[name][place]) for place, name in enumerate(judges)]
        held += [one.low <= true[name] <= one.high for one, name in zip(last, judges, strict=True)]
    changes = " | ".join(f"{true[name]:+.4f}" for name in MEASURED)
    return (
        f"| {points} | {factor:.2f} | {changes} | {np.mean(always):.1%} | {np.mean(studied):.1%} | "
        f"{np.mean(by_bounded):.0%} | {np.mean(held):.1%} |"
    )


def false_better(judges: Sequence[str], pairs, true) -> bool:
    """Whether any arm is called better by a measure by which it is not."""
    chosen = [pairs[name][place] for place, name in enumerate(judges)]
    found, _ = as_studied(chosen)
    return any(
        one.word is Verdict.BETTER and true[name] >= 0
        for one, name in zip(found, judges, strict=True)
    )


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--studies", type=int, default=400, help="a line")
    studies = parser.parse_args().studies
    print("| points | factor | true change: cross-entropy | Brier | any false *better*, "
          "cross-entropy always | as studied | by Brier | coverage |")  # fmt: skip
    print("| ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
    for points in (125, 359, 1_000):
        for without in MEASURED:
            print(row(points, without, studies), flush=True)


if __name__ == "__main__":
    main()
