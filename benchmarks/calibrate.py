"""Train what the calibration needs: MNIST with fresh training sets, and what one set alone gives.

    python benchmarks/calibrate.py [--out runs/calibrate] [--models mlp convnet]

Of MNIST's 60,000 training images disjoint training sets of n = 500, 1,000 and 2,000 are made: what
differs between replicas on them is the true variance at n. From each of the first twenty sets alone
further replicas are trained as a study could: on bootstrap samples of it, on random halves of it,
on the whole of it with other seeds, and, where that is quick, once more on five of the bootstrap
samples ("second seeds").
Every replica is kept in a store, so the command goes on where it stopped.
benchmarks/calibration_tables.py makes tables of the parts that are complete.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np
import torch

from steadfit.data import Dataset, Split, draw, read, split
from steadfit.recipe import Recipe
from steadfit.study.engine import Progress
from steadfit.study.learner import Learner
from steadfit.study.local_engine import LocalEngine
from steadfit.study.store import open_store
from steadfit.study.trials import Trial, digest, make_arms
from steadfit.training import RecipeLearner

SIZES = (500, 1_000, 2_000)
STUDIED = 20  # disjoint sets that are studied alone
POINTS = 5_000  # test images
AGAIN = "again"  # the baseline a second time, with other seeds: an arm that changes nothing
REMEDIES = ("dropout", "l2", "smaller", "early_stopping")
RECIPES = {
    "mlp": Recipe().model_with(name="mlp", width=0.25),
    "convnet": Recipe().model_with(name="convnet", width=0.2),
}
TWICE = {"mlp": SIZES, "convnet": SIZES[:1]}  # sizes: where two seeds a sample are quick
SHARED = tuple(f"common {number}" for number in range(6))  # seeds that all sets share
OWN, SECOND = "own", "second"  # each sample its own
SCHEMES = ("bootstrap", "subsample", "whole")  # how one set alone is sampled
AGAIN_ON = "second seeds"  # the bootstrap samples once more


@dataclass(frozen=True)
class Part:
    """What is trained and judged together. scheme: "fresh", or how one set alone is sampled."""

    model: str
    n: int
    scheme: str

    def __str__(self) -> str:
        return f"{self.model}, n = {self.n:,}, {self.scheme}"

    @property
    def sets(self) -> int:
        """The disjoint sets: more of them where training is quick."""
        return 60 if self._quick else STUDIED

    @property
    def samples(self) -> int:
        """How often one set alone is sampled; three fresh replicas are on the whole of it too."""
        if self.scheme == "whole":
            return 2
        return 10 if self._quick and self.scheme != AGAIN_ON else 5

    @property
    def columns(self) -> tuple[str, ...]:
        """The seeds of each sample."""
        return {"fresh": (*self.shared, OWN, SECOND), AGAIN_ON: (SECOND,)}.get(self.scheme, (OWN,))

    @property
    def shared(self) -> tuple[str, ...]:
        """The seeds that all fresh sets share: more of them where training is quick."""
        return SHARED if self.model == "mlp" else SHARED[:4]

    @property
    def _quick(self) -> bool:
        return self.model == "mlp" and self.n < 2_000


@dataclass(frozen=True)
class Pool:
    """The images: training sets are taken from `train`, and all predict `test`."""

    data: Split

    def sets(self, part: Part) -> torch.Tensor:
        """Disjoint training sets as positions, shape (sets, n)."""
        order = torch.from_numpy(np.random.default_rng(0).permutation(len(self.data.train)))
        return order[: part.sets * part.n].reshape(part.sets, part.n)

    def trials(self, part: Part) -> dict[tuple[str, int, int, str], Trial]:
        """By arm, set, sample of the set and column of seeds. A fresh set is its own sample 0."""
        return {
            (arm, number, sample, column): self._trial(part, arm, number, sample, column, rows)
            for number, sample, rows in self._samples(part)
            for arm in arms(part.model)
            for column in part.columns
        }

    def _samples(self, part: Part) -> Iterator[tuple[int, int, torch.Tensor]]:
        sets = self.sets(part)
        if part.scheme == "fresh":
            yield from ((number, 0, rows) for number, rows in enumerate(sets))
            return
        scheme = "bootstrap" if part.scheme == AGAIN_ON else part.scheme
        for number, rows in enumerate(sets[:STUDIED]):
            own: Dataset = self.data.train.take(rows)
            for sample in range(part.samples):
                yield number, sample, rows[draw(own, scheme, sample, seed=number)]

    def _trial(
        self, part: Part, arm: str, number: int, sample: int, column: str, rows: torch.Tensor
    ) -> Trial:
        again = int(arm == AGAIN)
        if column in SHARED:
            key = [SHARED.index(column), again]
        else:
            place = ("fresh", *SCHEMES, AGAIN_ON).index(part.scheme)
            key = [2 + (column == SECOND), again, number, sample, place]
        seed = int(np.random.SeedSequence(key).generate_state(1, np.uint32)[0])
        return Trial(arm, arms(part.model)[arm], rows, seed, self.digest)

    @cached_property
    def digest(self) -> str:
        return digest(self.data)


@cache
def arms(model: str) -> dict[str, Learner]:
    """The baseline, the remedies, and the baseline again, by name."""
    found = {arm.name: arm.learner for arm in make_arms(RecipeLearner(RECIPES[model]), REMEDIES)}
    return {**found, AGAIN: found["baseline"]}


def make_pool() -> Pool:
    """MNIST with its first 5,000 test images, which all replicas predict."""
    whole = split(read("mnist"))
    return Pool(Split(whole.train, whole.test.take(torch.arange(POINTS)), whole.notes))


def parts(models: list[str]) -> list[Part]:
    """In the order in which they are trained."""
    return [
        Part(model, n, scheme)
        for model in models
        for n in SIZES
        for scheme in ("fresh", *SCHEMES, AGAIN_ON)
        if scheme != AGAIN_ON or n in TWICE[model]
    ]


def main() -> None:
    """Train what is missing, part by part."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, default=Path("runs/calibrate"))
    parser.add_argument("--models", nargs="+", choices=RECIPES, default=list(RECIPES))
    parser.add_argument("--processes", type=int, default=None)
    given = parser.parse_args()
    pool, store = make_pool(), open_store(given.out)
    for part in parts(given.models):
        trials = list(pool.trials(part).values())

        def watch(now: Progress, part: Part = part) -> None:
            if now.done % 100 == 0 or now.done == now.total:
                print(f"{part}: {now.done:,} of {now.total:,}", flush=True)

        LocalEngine(given.processes).train(trials, pool.data, store, watch)


if __name__ == "__main__":
    main()
