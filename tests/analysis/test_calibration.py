"""The calibration in short: real nets on fresh training sets, whose spread is the truth.

24 disjoint sets of 40 digits; a study sees 6 of them and is held against the 18 it has not seen.
benchmarks/deciding does so for the comparison of arms, docs/calibration.md has its figures.
"""

from dataclasses import replace

import numpy as np
import pytest
import torch

from steadfit.analysis.decomposition import cross_entropy
from steadfit.analysis.intervals import Spread, paired_interval, spread
from steadfit.data import read, split
from steadfit.recipe import Recipe
from steadfit.training import fit

SETS, SIZE, SAMPLES, STUDIES = 24, 40, 6, 200
BASE = (
    Recipe()
    .model_with(name="mlp", width=0.1)
    .training_with(epochs=20, batch=40, optimizer={"learning_rate": 0.02})
)
ARMS = {  # recipe, and what is added to the seed
    "baseline": (BASE, 0),
    "narrower": (BASE.model_with(width=0.05), 0),
    "again": (BASE, 1_000),  # changes nothing
}


@pytest.fixture(scope="module")
def fresh():
    """Each arm's logits of shape (sets, 1, points, classes), and the points' labels."""
    data = split(read("digits"), test=0.3)
    rows = torch.from_numpy(np.random.default_rng(0).permutation(len(data.train)))
    sets = [own.sort().values for own in rows[: SETS * SIZE].reshape(SETS, SIZE)]
    logits = {
        name: np.stack([
            fit(recipe, data.train, own, data.test, seed + number).logits[None]
            for number, own in enumerate(sets)
        ])
        for name, (recipe, seed) in ARMS.items()
    }  # fmt: skip
    return logits, data.test.y.numpy()


def held(fresh, name: str, fault=lambda found: found) -> tuple[float, float]:
    """How often a study's interval of the change holds that on the other sets and points.

    The second figure: how often the interval lies below 0, "better". A study has 1/4 of the sets
    and of the points; its distance from the rest has 1 / (1 - 1/4) times its own variance.
    fault: what is done to the spread before its interval is made.
    """
    logits, y = fresh
    losses = {arm: cross_entropy(z, y).losses for arm, z in logits.items()}
    table, rng = losses[name] - losses["baseline"], np.random.default_rng(1)
    misses, better = [], []
    for _ in range(STUDIES):
        sets, points = (rng.permutation(n) for n in (SETS, len(y)))
        quarter = points[: len(y) * SAMPLES // SETS]
        seen = table[sets[:SAMPLES]][:, :, quarter]
        others = np.delete(np.delete(table, sets[:SAMPLES], 0), quarter, 2).mean()
        reach = fault(spread(seen, "total")).reach(0.95)
        misses.append(abs(seen.mean() - others) * np.sqrt(1 - SAMPLES / SETS) > reach)
        better.append(seen.mean() + reach < 0)
    return 1 - float(np.mean(misses)), float(np.mean(better))


def no_samples(found: Spread) -> Spread:
    """The planted fault: retrainings taken for one net, only the test points spread."""
    return replace(found, parts=(0.0, *found.parts[1:]))


# Overlapping studies of 24 sets tell 95% no better than to some points, hence the wide margins.


@pytest.mark.parametrize("name", ["narrower", "again"])
def test_intervals_hold_the_change_on_sets_not_seen(fresh, name):
    assert held(fresh, name)[0] >= 0.85


def test_an_arm_that_changes_nothing_is_seldom_better(fresh):
    assert held(fresh, "again")[1] <= 0.1


def test_a_spread_without_that_of_samples_is_caught(fresh):
    assert held(fresh, "narrower", no_samples)[0] < 0.6
    assert held(fresh, "again", no_samples)[1] > 0.3


def test_few_sets_give_the_variance_of_many(fresh):
    """Corrected for few replicas; the uncorrected figure, (R - 1)/R of it, is caught."""
    logits, y = fresh
    rng, whole = np.random.default_rng(2), cross_entropy(logits["baseline"], y).variance
    found = [
        cross_entropy(logits["baseline"][rng.permutation(SETS)[:SAMPLES]], y) for _ in range(40)
    ]
    assert np.mean([each.variance for each in found]) == pytest.approx(whole, rel=0.05)
    assert np.mean([each.plug_in for each in found]) < 0.92 * whole


def test_the_study_of_one_pair_is_the_spread_measured(fresh):
    """`paired_interval`, which studies use, is that spread around that mean."""
    logits, y = fresh
    arm, base = (cross_entropy(logits[name][:SAMPLES], y) for name in ("narrower", "baseline"))
    found = paired_interval(arm, base)
    reach = spread(arm.losses - base.losses, "total").reach(0.95)
    assert (found.low, found.high) == pytest.approx((found.value - reach, found.value + reach))
