"""The tables of the calibration, from the replicas that benchmarks/calibrate.py has trained.

    python benchmarks/calibration_tables.py [--out runs/calibrate] > tables.md

A net and size has its rows once its fresh replicas are complete, and those from one set by scheme.
"""

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from calibrate import (
    AGAIN_ON,
    OWN,
    RECIPES,
    SCHEMES,
    SECOND,
    SHARED,
    SIZES,
    STUDIED,
    Part,
    arms,
    make_pool,
)
from calibration_fresh import DESIGNS, coverage, coverage_rows
from calibration_one_set import (
    WAYS,
    change_rows,
    held_row,
    here_row,
    judged,
    spread_rows,
)
from calibration_power import ASKED, Losses, power_alone_row, power_row
from calibration_variance import BY_DESIGN, LOSSES, TWICE, Logits, design_row, scheme_rows

from steadfit.analysis.decomposition import cross_entropy
from steadfit.study.store import open_store


def grids(
    pool, store, part: Part, columns: tuple[str, ...], few: int | None = None
) -> Logits | None:
    """Every arm's logits by set, then by sample of the set and column of seeds; None if unfinished.

    A fresh set has one sample; only those have more than one column. few: the first sets alone.
    """
    trials = {
        name: one
        for name, one in pool.trials(part).items()
        if name[3] in columns and (few is None or name[1] < few)
    }
    if any(trial.key not in store for trial in trials.values()):
        return None
    sets = sorted({number for _, number, _, _ in trials})
    samples = sorted({sample for _, _, sample, _ in trials})
    return {
        arm: np.stack([
            [
                store.read(trials[arm, number, sample, column].key).logits
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
        found = [loss(logits, y, crossed=True) for loss in LOSSES.values()]
        figures = "".join(f" {own.bias_noise:.4f} | {own.variance:.4f} |" for own in found)
        rows.append(
            f"| {part.model} | {part.n:,} | {len(logits)} | {name} | {100 * found[2].total:.2f} "
            f"|{figures}"
        )
    return rows


def total_row(part: Part, scheme: str, alone: Losses, fresh: Losses) -> str:
    """The cross-entropy that one set alone gives, over the true one: mean and deviation."""
    cells = []
    for name, losses in alone.items():
        ratios = losses.mean((1, 2)) / fresh[name].mean()
        cells.append(f" {ratios.mean():.2f} ± {ratios.std(ddof=1):.2f} |")
    return f"| {part.model} | {part.n:,} | {scheme} |{''.join(cells)}"


def entropies(logits: Logits, y: np.ndarray) -> Losses:
    """The cross-entropy of each replica at each image, by arm."""
    return {name: cross_entropy(each, y).losses for name, each in logits.items()}


def from_one_set(part: Part, pool, store, own: Logits) -> dict[str, Logits]:
    """By scheme, what is complete of the replicas from one set alone."""
    parts = [replace(part, scheme=scheme) for scheme in (*SCHEMES, AGAIN_ON)]
    found = {one.scheme: grids(pool, store, one, one.columns) for one in parts}
    alone = {scheme: logits for scheme, logits in found.items() if logits is not None}
    shared = grids(pool, store, part, SHARED[:2], STUDIED)
    two = alone.pop("whole", None)
    if two and shared:  # the fresh replicas are on whole sets too
        alone["whole"] = {
            arm: np.concatenate([shared[arm], own[arm][:STUDIED, :1], two[arm]], 1) for arm in two
        }
    second = alone.pop(AGAIN_ON, None)
    if second and "bootstrap" in alone:
        alone[TWICE] = {
            arm: np.stack([alone["bootstrap"][arm][:, : each.shape[1]], each], 2).reshape(
                len(each), -1, *each.shape[2:]
            )
            for arm, each in second.items()
        }
    return alone


def rows_of(
    part: Part, common: Logits | None, own: Logits, alone: dict[str, Logits], y: np.ndarray
) -> Iterator[tuple[str, list[str]]]:
    """One net's rows at one size, by table."""
    fresh = {arm: losses[:, :1] for arm, losses in entropies(own, y).items()}
    losses = {scheme: entropies(logits, y) for scheme, logits in alone.items()}
    if common is not None:
        yield "truth", truth_row(part, common, y)
    for scheme in [scheme for scheme in alone if scheme != TWICE]:
        if common is not None:
            rows = scheme_rows(replace(part, scheme=scheme), alone[scheme], common, y)
            yield "variance", rows
        yield "total", [total_row(part, scheme, losses[scheme], fresh)]
    if "bootstrap" in alone:
        yield "designs", [design_row(part, alone, y)]
    found = judged(losses, fresh)
    yield "changes", change_rows(part, found, fresh)
    yield "held", [held_row(part, found)]
    if "whole" in losses and "bootstrap" in losses:
        yield "spread", spread_rows(part, losses, fresh)
        yield "power alone", [power_alone_row(part, losses["bootstrap"], losses["whole"])]
    yield "power", [power_row(part, fresh)]
    if "whole" in losses:
        yield "here", [here_row(part, losses["whole"])]


def heads() -> dict[str, tuple[str, str]]:
    """Each table's title and the heads of its columns, in their order."""
    names = " | ".join(arms("mlp"))
    losses = " | ".join(f"{loss} bias+noise | variance" for loss in LOSSES)
    way = "from one set | arm | true | mean of the studies | 95% interval | covers it"
    asked = " | ".join(f"{samples} × 1" for samples in ASKED)
    alone = " | ".join(f"{samples} and {samples}" for samples in ASKED)
    over = f"from one set alone over the true one at n, {STUDIED} sets"
    columns = {
        "truth": ("Truth", f"sets | arm | error % | {losses}"),
        "variance": (f"Variance {over}", f"scheme | loss | {names}"),
        "total": (f"Cross-entropy {over}", f"scheme | {names}"),
        "designs": (
            "Variance of the cross-entropy: deviation over sets, interval covers the mean",
            " | ".join(BY_DESIGN),
        ),
        "changes": ("Changes of the cross-entropy, from one set", f"{way} | called better"),
        "held": (
            "The same, all arms: 95% interval covers it, its length over that of both",
            " | ".join(WAYS),
        ),
        "spread": (
            "Standard deviation of a change of the cross-entropy between",
            "arm | seeds, whole set | bootstrap samples | fresh sets",
        ),
        "power": ("Change found with 80% probability, from fresh sets", asked),
        "power alone": ("Change found so from one set: better, better here", alone),
        "here": ("Changes on one set, from three seeds", "95% interval covers it"),
        "coverage": (
            "Changes from fresh sets: 95% interval covers the truth, false better",
            " | ".join(DESIGNS),
        ),
    }
    return {key: (title, f"net | n | {rest}") for key, (title, rest) in columns.items()}


def main() -> None:
    """Print the tables of all parts that are complete."""
    parser = argparse.ArgumentParser(description="The tables of the calibration.")
    parser.add_argument("--out", type=Path, default=Path("runs/calibrate"))
    pool, store = make_pool(), open_store(parser.parse_args().out)
    y = pool.data.test.y.numpy()
    rows: dict[str, list[str]] = {key: [] for key in heads()}
    covered: dict[Part, list[tuple[float, float] | None]] = {}
    for part in (Part(model, n, "fresh") for model in RECIPES for n in SIZES):
        own = grids(pool, store, part, (OWN, SECOND))
        if own is None:
            continue
        common = grids(pool, store, part, part.shared)
        alone = from_one_set(part, pool, store, own)
        for key, more in rows_of(part, common, own, alone, y):
            rows[key] += more
        fresh = common and entropies(common, y), entropies(own, y)
        covered[part] = [coverage(*fresh, *design) for design in DESIGNS.values()]
    rows["coverage"] = coverage_rows(covered)
    for key, (title, names) in heads().items():
        print(f"\n{title}:\n\n| {names} |\n{'| --- ' * (names.count(' | ') + 1)}|")
        print(*rows[key], sep="\n")


if __name__ == "__main__":
    main()
