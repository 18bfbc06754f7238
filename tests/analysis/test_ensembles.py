"""Averages of an arm's repetitions against their definition and a closed form."""

import numpy as np
import pytest

from steadfit.analysis.analyse import analyse
from steadfit.analysis.ensembles import averaged, ensemble_of
from steadfit.analysis.evidence import ArmEvidence, Comparing, Evidence
from steadfit.analysis.measures import Points
from steadfit.analysis.terms import Route


def evidence_of(repetitions, of_seed=1.0, points=300, seed=0):
    rng = np.random.default_rng(seed)
    folds = np.stack([rng.permutation(np.arange(points) % 5) for _ in range(repetitions)])
    shared = rng.normal(size=(1, points, 1))
    arms = [
        ArmEvidence(name, scale * shared + of_seed * rng.normal(size=(repetitions, points, 1)))
        for name, scale in (("baseline", 1.0), ("l2", 0.5))
    ]
    comparing = Comparing(5, tuple(range(1, repetitions + 1)), Route.ASKED)
    y = Points(np.zeros((points, 1)))
    return Evidence(tuple(arms), y, folds, comparing, "squared")


def test_averaging_divides_the_variance_of_the_seed():
    evidence = evidence_of(4)
    single = evidence.losses_of(evidence.arms[1], "squared").mean
    together = ensemble_of(evidence, evidence.arms[1])
    assert together is not None
    assert (together.members, together.arm) == (4, "l2")
    assert single - together.totals["squared"] == pytest.approx(3 / 4, abs=0.1)
    expected = together.totals["squared"] - evidence.losses_of(evidence.arms[0], "squared").mean
    change = together.changes["squared"]
    assert change.value == pytest.approx(expected)
    assert change.low < change.value < change.high < 0


def test_the_baseline_and_the_best_arm_have_one_from_two_repetitions_on():
    found = analyse(evidence_of(2))
    assert [one.name for one in found.ensembles] == ["baseline ×2", "l2 ×2"]
    assert analyse(evidence_of(1)).ensembles == ()


def test_log_probabilities_are_averaged_not_logits():
    logits = np.array([[[5.0, 5.0]], [[0.0, 1.0]]])
    log_p = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    np.testing.assert_allclose(
        averaged(logits, Points(np.zeros(logits.shape[1], np.int64))), log_p.mean(0)
    )
    np.testing.assert_allclose(averaged(logits, Points(np.zeros(logits.shape[1:]))), logits.mean(0))


@pytest.mark.parametrize("repetitions", [2, 3])
def test_the_interval_of_the_average_holds_its_gain(repetitions):
    """Against singles of itself: the gain is known, R - 1 of R parts of the seed's variance."""
    held = []
    for seed in range(200):
        evidence = evidence_of(repetitions, of_seed=0.5, seed=seed)
        made = ensemble_of(evidence, evidence.arms[0])
        assert made is not None
        change = made.changes["squared"]
        assert change.high - change.low < 1
        held.append(change.low <= -0.25 * (1 - 1 / repetitions) <= change.high)
    assert 0.9 <= np.mean(held) <= 0.99
