"""The tables of the calibration, from the replicas that benchmarks/calibrate.py has trained.

    python benchmarks/calibration_tables.py [--out runs/calibrate] > tables.md

Truth: a study on S fresh training sets is held against the sets that it has not seen. Of the K sets
there are, and of the 5,000 test images, it gets the same share S / K; the truth is the mean over
the other sets and the other images, and is uncertain itself: the distance between the two has
1 / (1 - S / K) times the study's own variance, by which it is shortened. What the two columns of
seeds share by all sets bring with them is the same in every study, so that for crossed designs the
seeds' part of the coverage is seen through as many pairs of seeds as there are nets and sizes.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from calibrate import AGAIN, RECIPES, SCHEMES, SETS, SIZES, STUDIED, Part, arms, make_pool
from scipy.stats import t

from steadfit.study import open_store
from steadfit.study.decomposition import Decomposition, brier, cross_entropy, kohavi_wolpert
from steadfit.study.intervals import paired, paired_interval, spread, verdicts

DESIGNS = ((3, 1), (5, 1), (10, 1), (5, 2), (10, 2))  # samples, seeds; 1: each sample its own
STUDIES = 200  # drawn from the fresh sets, a design
LOSSES: dict[str, Callable[..., Decomposition]] = {
    "cross-entropy": cross_entropy,
    "Brier": brier,
    "0-1": kohavi_wolpert,
}
Logits = dict[str, np.ndarray]  # of each arm, shape (sets, samples or seeds, points, classes)


def grids(pool, store, part: Part, columns: tuple[str, ...]) -> Logits | None:
    """Every arm's logits by set, then by sample of the set or column of seeds; None if unfinished.

    A fresh set has one sample and several columns, a studied set several samples and one column.
    """
    trials = pool.trials(part)
    if any(trial.key not in store for trial in trials.values()):
        return None
    sets = sorted({number for _, number, _, _ in trials})
    samples = sorted({sample for _, _, sample, _ in trials})
    return {
        arm.name: np.stack([
            [
                store.read(trials[arm.name, number, sample, column].key).logits
                for sample in samples
                for column in columns
            ]
            for number in sets
        ])
        for arm in arms(part.model)
    }  # fmt: skip


def truth_row(part: Part, fresh: Logits, y: np.ndarray) -> list[str]:
    """Error percent, then bias+noise and variance under each loss, an arm a row."""
    rows = []
    for name, logits in fresh.items():
        found = [loss(logits, y) for loss in LOSSES.values()]
        figures = "".join(f" {own.bias_noise:.4f} | {own.variance:.4f} |" for own in found)
        rows.append(f"| {part.model} | {part.n:,} | {name} | {100 * found[2].total:.2f} |{figures}")
    return rows


def scheme_rows(part: Part, alone: Logits, fresh: Logits, y: np.ndarray) -> list[str]:
    """The variance that one set alone gives, over the true one: mean and deviation over sets."""
    rows = []
    for loss, split in LOSSES.items():
        cells = []
        for name, logits in alone.items():
            true = split(fresh[name], y).variance
            ratios = np.array([split(one[:, None], y).variance for one in logits]) / true
            cells.append(f" {ratios.mean():.2f} ± {ratios.std(ddof=1):.2f} |")
        rows.append(f"| {part.model} | {part.n:,} | {part.scheme} | {loss} |{''.join(cells)}")
    return rows


def change_rows(part: Part, alone: Logits, fresh: Logits, y: np.ndarray) -> list[str]:
    """The change that one set alone gives, beside the true one; how often its interval holds it.

    Each study sees a fifth of the test images, and the truth is the mean over all sets on the rest.
    """
    rng = np.random.default_rng(0)
    truths = {name: cross_entropy(logits, y).losses for name, logits in fresh.items()}
    first, *others = alone
    found: dict[str, list[tuple[float, bool]]] = {name: [] for name in others}
    for number in range(len(alone[first])):
        seen = np.zeros(len(y), bool)
        seen[rng.permutation(len(y))[: len(y) // 5]] = True
        own = {n: cross_entropy(z[number][:, None, seen], y[seen]) for n, z in alone.items()}
        for name in others:
            estimate = paired_interval(own[name], own[first])
            true = (truths[name] - truths[first])[..., ~seen].mean()
            found[name].append((estimate.value, estimate.low <= true <= estimate.high))
    return [
        f"| {part.model} | {part.n:,} | {part.scheme} | {name} | "
        f"{(truths[name] - truths[first]).mean():+.4f} | {np.mean([v for v, _ in pairs]):+.4f} | "
        f"{np.mean([held for _, held in pairs]):.0%} |"
        for name, pairs in found.items()
    ]


def coverage_row(
    parts: list[tuple[Logits, Logits]], y: np.ndarray, samples: int, seeds: int
) -> str:
    """How often intervals of differences hold the truth, of the cross-entropy; "better" by chance.

    parts: of each net and size, the fresh replicas with common seeds and with their own.
    """
    rng = np.random.default_rng(0)
    held, better, small = [], [], []
    for common, own in parts:
        source = common if seeds > 1 else own
        truths = {name: cross_entropy(logits, y).losses[:, 0] for name, logits in own.items()}
        first = next(iter(truths))
        sets = len(truths[first])
        shorten = np.sqrt(1 - samples / sets)
        for _ in range(STUDIES):
            chosen = np.zeros(sets, bool)
            chosen[rng.permutation(sets)[:samples]] = True
            seen = np.zeros(len(y), bool)
            seen[rng.permutation(len(y))[: len(y) * samples // sets]] = True
            found = {
                name: cross_entropy(logits[chosen][:, :seeds, seen], y[seen])
                for name, logits in source.items()
            }
            estimates = [paired_interval(d, found[first]) for n, d in found.items() if n != first]
            for name, estimate in zip([n for n in found if n != first], estimates, strict=True):
                change = truths[name] - truths[first]
                true = change[~chosen][:, ~seen].mean()
                reach = estimate.high - estimate.value
                held.append(abs(estimate.value - true) * shorten <= reach)
                small.append(needed(found[name], found[first], truths[first].mean()))
            words = verdicts(estimates)
            better.append(words[[n for n in found if n != first].index(AGAIN)] == "better")
    return (
        f"| {samples} × {seeds} | {'its own' if seeds == 1 else 'common'} | {np.mean(held):.1%} | "
        f"{np.mean(better):.1%} | {np.median(small):.0%} |"
    )


def needed(arm: Decomposition, baseline: Decomposition, loss: float) -> float:
    """The change found with 80% probability by one comparison, as a share of the loss.

    (t_0.975 + t_0.8) standard errors, Student's t with the interval's degrees of freedom.
    """
    found = spread(paired(arm, baseline, "total"), "total")
    return float((t.ppf(0.975, found.dof) + t.ppf(0.8, found.dof)) * found.error / loss)


def main() -> None:
    """Print the tables of all parts that are complete."""
    parser = argparse.ArgumentParser(description="The tables of the calibration.")
    parser.add_argument("--out", type=Path, default=Path("runs/calibrate"))
    pool, store = make_pool(), open_store(parser.parse_args().out)
    y = pool.data.test.y.numpy()
    truth, schemes, changes, studied = [], [], [], []
    for model in RECIPES:
        for n in SIZES:
            common = grids(pool, store, Part(model, n, "fresh"), ("common 0", "common 1"))
            own = grids(pool, store, Part(model, n, "fresh"), ("own",))
            if common is None or own is None:
                continue
            studied.append((common, own))
            truth += truth_row(Part(model, n, "fresh"), common, y)
            for scheme in SCHEMES:
                alone = grids(pool, store, Part(model, n, scheme), ("own",))
                if alone is not None:
                    schemes += scheme_rows(Part(model, n, scheme), alone, common, y)
                    changes += change_rows(Part(model, n, scheme), alone, own, y)
    names = [arm.name for arm in arms("mlp")]
    print(f"Truth, over at most {SETS} disjoint training sets and 2 seeds:\n")
    print(
        "| net | n | arm | error % | "
        + " | ".join(f"{loss} bias+noise | variance" for loss in LOSSES)
        + " |"
    )
    print("| --- " * (4 + 2 * len(LOSSES)) + "|", *truth, sep="\n")
    print(f"\nVariance from one set alone over the true one at n, {STUDIED} sets:\n")
    print(f"| net | n | scheme | loss | {' | '.join(names)} |")
    print("| --- " * (4 + len(names)) + "|", *schemes, sep="\n")
    print("\nChanges of the cross-entropy, from one set alone:\n")
    print("| net | n | scheme | arm | true | mean of the studies | 95% interval holds it |")
    print("| --- " * 7 + "|", *changes, sep="\n")
    print("\nChanges of the cross-entropy, from fresh sets:\n")
    print(
        "| samples × seeds | seeds | 95% interval holds the truth | false better "
        "| change found with 80% |"
    )
    print("| --- | --- | --- | --- | --- |")
    for samples, seeds in DESIGNS:
        print(coverage_row(studied, y, samples, seeds), flush=True)


if __name__ == "__main__":
    main()
