"""How often the intervals hold the truth, in simulations whose truth is known.

    python benchmarks/coverage.py [--runs 300]

Two arms predict on one grid of samples and seeds: f = centre + sample effect + seed effect +
interaction, each effect a random function of the point with 40 directions, larger at some points
than at others. The second arm's centre is 0.9 times the first's, its effects 0.8 times, and their
correlation with the first arm's is 0.6, so that replicas are paired as real ones are. "own seeds"
gives each sample seeds of its own; elsewhere they are crossed, the same on all samples.

Columns, for the change between the two arms: how often the 95% interval covers the truth, its
median length, and that as a multiple of the length it would have were the standard error known, 2
x 1.96 x the standard deviation of the estimates; then how often the arm is called better, and
worse, when both arms are alike.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from steadfit.analysis.decomposition import (
    Decomposition,
    Quantity,
    cross_entropy,
    squared_error,
)
from steadfit.analysis.intervals import Estimate, paired_interval

Floats = NDArray[np.float64]
Arms = tuple[Decomposition, ...]  # two
Grid = tuple[int, int]  # samples, seeds
DIRECTIONS, CORRELATION, POINTS, CLASSES = 40, 0.6, 400, 5
CENTRE, SPREAD = 0.9, 0.8  # the second arm's, as multiples of the first's
QUANTITIES: tuple[Quantity, ...] = ("total", "variance", "bias_noise")


@dataclass(frozen=True)
class Scenario:
    """Shares of the variance that are the samples', the seeds' and the interaction's."""

    name: str
    sample: float
    seed: float
    interaction: float
    grids: tuple[Grid, ...] = ((5, 2), (10, 2), (5, 4))
    crossed: bool = True


SCENARIOS = (
    Scenario("own seeds", 0.4, 0.0, 0.6, ((3, 1), (5, 2), (10, 1), (10, 2)), crossed=False),
    Scenario("samples only", 1.0, 0.0, 0.0),
    Scenario("seeds weak", 0.3, 0.1, 0.6),
    Scenario("seeds strong", 0.3, 0.3, 0.4),
)


def main() -> None:
    """Print one line a loss, scenario and grid."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=300, help="simulated studies a line")
    runs = parser.parse_args().runs
    print("| loss | scenario | samples × seeds | total | variance | bias+noise | called |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for loss, draw, truth in (
        ("squared", _squared, _squared_truth()),
        ("cross-entropy", _cross_entropy, _cross_entropy_truth()),
    ):
        for scenario in SCENARIOS:
            for grid in scenario.grids:
                if loss == "squared" or grid == (5, 2):
                    row = _row(draw, truth, scenario, grid, runs)
                    print(
                        f"| {loss} | {scenario.name} | {grid[0]} × {grid[1]} | {row} |", flush=True
                    )


def _row(
    draw: Callable[..., Arms],
    truth: dict[Quantity, float],
    scenario: Scenario,
    grid: Grid,
    runs: int,
) -> str:
    rng = np.random.default_rng(0)
    studies = [draw(rng, scenario, grid, CENTRE, SPREAD) for _ in range(runs)]
    cells = []
    for quantity in QUANTITIES:
        found = [paired_interval(arm, baseline, quantity) for baseline, arm in studies]
        held = np.mean([e.low <= truth[quantity] <= e.high for e in found])
        length = np.median([e.high - e.low for e in found])
        known = 2 * 1.96 * np.std([e.value for e in found])
        cells.append(f"{100 * held:.1f}% · {length:.3f} ({length / known:.2f})")
    alike = (draw(rng, scenario, grid, 1.0, 1.0) for _ in range(runs))
    nulls: list[Estimate] = [paired_interval(arm, baseline) for baseline, arm in alike]
    better, worse = np.mean([e.high < 0 for e in nulls]), np.mean([e.low > 0 for e in nulls])
    cells.append(f"{100 * better:.1f}%, {100 * worse:.1f}%")
    return " | ".join(cells)


def _squared(
    rng: np.random.Generator,
    scenario: Scenario,
    grid: Grid,
    centre: float,
    spread: float,
) -> Arms:
    """Regression with one output: the targets are the first arm's centre, drawn from N(0, 1)."""
    y = rng.normal(size=(POINTS, 1))
    first, second = _effects(rng, scenario, grid, outputs=1)
    return tuple(
        squared_error(f, y, crossed=scenario.crossed)
        for f in (y + first, centre * y + spread * second)
    )


def _squared_truth() -> dict[Quantity, float]:
    variance, bias = SPREAD**2 - 1, (1 - CENTRE) ** 2
    return {"total": variance + bias, "variance": variance, "bias_noise": bias}


def _cross_entropy(
    rng: np.random.Generator,
    scenario: Scenario,
    grid: Grid,
    centre: float,
    spread: float,
) -> Arms:
    """Classes drawn with the probabilities of the first arm's centre, its logits from N(0, 4)."""
    z = 2 * rng.normal(size=(POINTS, CLASSES))
    y = (z + rng.gumbel(size=z.shape)).argmax(-1)
    first, second = _effects(rng, scenario, grid, outputs=CLASSES)
    return tuple(
        cross_entropy(f, y, crossed=scenario.crossed)
        for f in (z + first, centre * z + spread * second)
    )


def _cross_entropy_truth(draws: int = 500_000) -> dict[Quantity, float]:
    """By simulation: variance E LSE(z) - LSE(E z); bias_noise E_y LSE(E z) - E z_y."""
    rng = np.random.default_rng(1)
    centre, effect = 2 * rng.normal(size=(draws, CLASSES)), rng.normal(size=(draws, CLASSES))
    effect *= _amplitude(rng, draws)[:, None]
    p = np.exp(centre - _log_sum_exp(centre)[:, None])

    def parts(scale: float, spread: float) -> tuple[float, float]:
        at_centre = _log_sum_exp(scale * centre)
        variance = _log_sum_exp(scale * centre + spread * effect) - at_centre
        return variance.mean(), (at_centre - (p * scale * centre).sum(-1)).mean()

    before, after = parts(1.0, 1.0), parts(CENTRE, SPREAD)
    variance, bias = after[0] - before[0], after[1] - before[1]
    return {"total": variance + bias, "variance": variance, "bias_noise": bias}


def _effects(
    rng: np.random.Generator, scenario: Scenario, grid: Grid, outputs: int
) -> tuple[Floats, Floats]:
    """Both arms' deviations from their centres, variance 1, shape (S, J, points, outputs)."""
    samples, seeds = grid
    directions = rng.normal(size=(DIRECTIONS, POINTS * outputs)) / np.sqrt(DIRECTIONS)
    amplitude = _amplitude(rng, POINTS)[:, None]
    shares = (scenario.sample, scenario.seed, scenario.interaction)
    shapes = ((samples, 1), (1, seeds), (samples, seeds))
    first = np.zeros((samples, seeds, DIRECTIONS))
    second = first.copy()
    for share, shape in zip(shares, shapes, strict=True):
        own, other = np.sqrt(share) * rng.normal(size=(2, *shape, DIRECTIONS))
        first += own
        second += CORRELATION * own + np.sqrt(1 - CORRELATION**2) * other

    def at_points(weights: Floats) -> Floats:
        return (weights @ directions).reshape(samples, seeds, POINTS, outputs) * amplitude

    return at_points(first), at_points(second)


def _amplitude(rng: np.random.Generator, count: int) -> Floats:
    """How strongly retrainings differ at a point: log-normal, mean square 1."""
    return np.exp(0.5 * rng.normal(size=count) - 0.25)


def _log_sum_exp(z: Floats) -> Floats:
    return np.log(np.exp(z).sum(-1))


if __name__ == "__main__":
    main()
