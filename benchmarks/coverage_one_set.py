"""How often the default's interval of a change holds its mean over data sets, by its design.

    python benchmarks/coverage_one_set.py [--runs 4000]

One data set D, as in docs/measuring.md: S × J replicas on samples of it, and S on all of it. The
change on D is delta(D), and a seed moves it by N(0, 1); on a sample the seeds move it more, by
twice the variance, as `again` shows in docs/calibration.md. Samples move it as other data sets do.
A column is the variance of delta(D) over data sets; a cell how often the 95% interval holds the
mean, and the interval's median length, as a multiple of what a known standard error would allow.
"""

import argparse

import numpy as np

from steadfit.analysis.arm_loss import joined
from steadfit.analysis.intervals import student

DESIGNS = ((5, 1), (10, 1), (3, 2), (5, 2), (10, 2))  # samples and seeds; on the whole as samples
OF_SETS = (0.0, 0.25, 1.0, 4.0)
ON_SAMPLES = 2.0


def main() -> None:
    """Print one line a design."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=4000, help="simulated studies a cell")
    runs = parser.parse_args().runs
    print("| samples × seeds | replicas |" + "".join(f" {v:g} |" for v in OF_SETS))
    print("| --- " * (2 + len(OF_SETS)) + "|")
    for design in DESIGNS:
        samples, seeds = design
        cells = "".join(f" {_cell(design, variance, runs)} |" for variance in OF_SETS)
        print(f"| {samples} × {seeds} | {samples * (seeds + 1)} |{cells}", flush=True)


def _cell(design: tuple[int, int], of_sets: float, runs: int) -> str:
    rng = np.random.default_rng(0)
    found = [_study(rng, design, of_sets) for _ in range(runs)]
    held = np.mean([each.low <= 0 <= each.high for each in found])
    length = np.median([each.high - each.low for each in found])
    known = 2 * 1.96 * np.sqrt(of_sets + 1 / design[0])
    return f"{held:.1%} · {length / known:.2f}"


def _study(rng: np.random.Generator, design: tuple[int, int], of_sets: float):
    """One study's interval of a change whose mean over data sets is 0."""
    samples, seeds = design
    on_whole = rng.normal(0, np.sqrt(of_sets)) + rng.normal(size=(samples, 1, 1))
    sample = rng.normal(0, np.sqrt(of_sets), (samples, 1, 1))
    drawn = sample + np.sqrt(ON_SAMPLES) * rng.normal(size=(samples, seeds, 1))
    return student(float(on_whole.mean()), joined(drawn, on_whole, crossed=False), 0.95)


if __name__ == "__main__":
    main()
