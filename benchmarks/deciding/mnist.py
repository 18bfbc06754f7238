"""How often a study's intervals are right at MNIST's scale, by the product as it is.

    STEADFIT_DATA=FOLDER/mnist python benchmarks/deciding/mnist.py [--sets 30]

Disjoint sets of 2,000 training images of MNIST are a study each: `steadfit.study` with five folds,
up to three repetitions, an mlp and four arms. What is true of a set is estimated by two further
repetitions of each arm, ten replicas, on MNIST's 10,000 test images, which no study has seen. For
each arm: the mean true change, how often the 95% interval holds the truth, as it stands and with
the truth's own standard error allowed for, and the words. The last line is of what is handed over.
Half an hour of one core.
"""

import argparse
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

import steadfit as sf
from steadfit.analysis.measures import MEASURES, Points
from steadfit.analysis.result import Analysis, ArmAnalysis
from steadfit.data import Dataset, from_arrays, make_folds
from steadfit.recipe import Recipe
from steadfit.remedies import apply, joined
from steadfit.training import fit

SIZE, FOLDS, FURTHER = 2_000, 5, (10, 11)
ARMS = ("l2=0.001", "dropout=0.5", "smaller=0.5", "augment")
RECIPE = Recipe().model_with(name="mlp").training_with(epochs=10)
LOSS = MEASURES["cross_entropy"]


@dataclass(frozen=True)
class OneSet:
    """found: what the study says. true, error: of each arm the change, and its standard error."""

    found: Analysis
    true: np.ndarray
    error: np.ndarray

    @property
    def arms(self) -> list[ArmAnalysis]:
        """Without one that joins two of them."""
        return list(self.found.arms[1 : len(ARMS) + 1])

    def misses(self) -> np.ndarray:
        """How far each truth is from its estimate, in halves of the interval; as it stands, and
        with the truth's error: shape (2, arms)."""
        changes = [arm.changes["cross_entropy"] for arm in self.arms]
        half = np.array([(one.high - one.low) / 2 for one in changes])
        far = np.abs(np.array([one.value for one in changes]) - self.true)
        return np.stack([far / half, far / np.hypot(half, 1.96 * self.error)])

    def regret(self) -> float:
        """Of the arm handed over, in median standard errors of a change."""
        changes = [arm.changes["cross_entropy"] for arm in self.arms]
        error = np.median([(one.high - one.low) / 2 / 1.96 for one in changes])
        true = dict(zip([arm.name for arm in self.arms], self.true, strict=True))
        return (true.get(self.found.best, 0.0) - min(0.0, *self.true)) / error


def studied(data: Dataset, fresh: Dataset, seed: int) -> OneSet:
    with tempfile.TemporaryDirectory() as folder:
        done = sf.study(
            data, recipe=RECIPE, remedies=ARMS, folds=FOLDS, variance="none", reference=False,
            hand_over="none", seed=seed, processes=1, out=Path(folder, "run"),
        )  # fmt: skip
    losses = np.array([
        further_losses(recipe, data, fresh, seed)
        for recipe in (RECIPE, *(apply(joined(arm), RECIPE) for arm in ARMS))
    ])  # fmt: skip
    changes = losses[1:] - losses[0]
    error = changes.std(1, ddof=1) / np.sqrt(changes.shape[1])
    return OneSet(done.result.analysis, changes.mean(1), error)


def further_losses(recipe: Recipe, data: Dataset, fresh: Dataset, seed: int) -> list[float]:
    """Of replicas with folds and seeds that the study has not, on fresh points."""
    points, found = Points(fresh.y.numpy()), []
    for repetition in FURTHER:
        for number, fold in enumerate(make_folds(data, FOLDS, repetition, seed)):
            own = 1_000 * (seed + 1) + 100 * repetition + number
            replica = fit(recipe, data, fold.train, fresh, own)
            found.append(float(LOSS.values(replica.logits.astype(np.float64), points).mean()))
    return found


def print_table(sets: list[OneSet]) -> None:
    print("\n| arm | true change | holds the truth | with the truth's error | words |")
    print("| --- | ---: | ---: | ---: | --- |")
    held = np.array([one.misses() <= 1 for one in sets]).sum(0)
    for at, arm in enumerate(ARMS):
        words = Counter(str(one.arms[at].verdict) for one in sets)
        said = ", ".join(f"{count} {word}" for word, count in words.most_common())
        true = np.mean([one.true[at] for one in sets])
        both = f"{held[0, at]} | {held[1, at]}"
        print(f"| {arm} | {true:+.4f} | {both} | {said} |")
    regret = np.mean([one.regret() for one in sets])
    print(f"\n{len(sets)} sets. Regret of what is handed over: {regret:.2f} standard errors.")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sets", type=int, default=30, help="at most 30")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    mnist, began = sf.read("mnist"), time.process_time()
    assert isinstance(mnist.x, torch.Tensor)
    assert mnist.structure.is_test is not None
    fresh = mnist.take(mnist.structure.is_test.nonzero()[:, 0])
    training = (~mnist.structure.is_test).nonzero()[:, 0]
    order = torch.randperm(len(training), generator=torch.Generator().manual_seed(0))
    sets = []
    for number, rows in enumerate(training[order].split(SIZE)[: asked.sets]):
        data = from_arrays(mnist.x[rows].numpy(), mnist.y[rows].numpy(), task="classes")
        sets.append(studied(data, fresh, seed=number))
        print(f"set {number + 1}: {time.process_time() - began:.0f} s", flush=True)
    print_table(sets)


if __name__ == "__main__":
    main()
