"""Which network is the default for labelled series, and how good it is.

    STEADFIT_DATA=FOLDER python benchmarks/series.py first          # an hour of one core
    STEADFIT_DATA=FOLDER python benchmarks/series.py second MODEL   # after it, its winner
    STEADFIT_DATA=FOLDER python benchmarks/series.py final          # the default, on the test files

FOLDER holds series/NAME/NAME_TRAIN.ts and NAME_TEST.ts. `--data` names some of the sets, `--models`
some of the candidates. docs/sequences.md has the protocol ("How the default was chosen") and the
figures. The first two rounds see the training files alone.

Prints rows of a Markdown table: of classes the wrong series of those tested and the cross-entropy
in nats, of numbers the share of the variance that is left; the seconds of one training; and then
the candidates' scores.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch

import steadfit as sf
from steadfit.api.recipes import steps_of
from steadfit.data import Dataset, Fold, from_series, make_folds, read, split
from steadfit.errors import SteadfitError
from steadfit.recipe import Recipe
from steadfit.references import references_for
from steadfit.training import fit, keep_freed_memory

FOLDER = Path(os.environ.get("STEADFIT_DATA", "../shared/data"), "series")
CLASSES = ("GunPoint", "JapaneseVowels", "PickupGestureWiimoteZ", "OSULeaf", "ACSF1")
NUMBERS = ("CardanoSentiment", "Covid3Month")
SHORT = "JapaneseVowels, 5 steps"  # shown, and not decided by
FOLDS = 3
LONG, VERY_LONG = 400, 1000  # steps: one fold is tested; left out of what is slower


@dataclass(frozen=True)
class Candidate:
    """A model, its settings, and how many steps of how many series it is trained for."""

    model: str
    settings: dict[str, Any] = field(default_factory=dict)
    batch: int = 64
    steps: int = 1000
    slow: bool = False  # not measured on very long series

    def recipe(self, train: Dataset) -> Recipe:
        recipe = Recipe().model_with(self.model, **self.settings)
        recipe = recipe.training_with(batch=self.batch)
        epochs = -(-self.steps // steps_of(train, recipe.training))
        return recipe.training_with(epochs=epochs)


FIRST = {
    "recurrent": Candidate("recurrent"),
    "conv1d": Candidate("conv1d", {"width": 0.5}, 16, 500),
    "resnet1d": Candidate("resnet1d", {"width": 0.5}, 16, 500),
}


def second(model: str) -> dict[str, Candidate]:
    """The winner of the first round again, with another width or number of steps."""
    return {
        f"{model}, width 0.25": Candidate(model, {"width": 0.25}, 16, 500),
        f"{model}, 1000 steps": Candidate(model, {"width": 0.5}, 16, 1000, slow=True),
        f"{model}, width 1": Candidate(model, {"width": 1.0}, 16, 500, slow=True),
    }


@dataclass(frozen=True)
class Figures:
    """Of all tested series. loss: the mean; left: of the variance, of numbers."""

    tested: int
    loss: float
    wrong: int | None
    left: float | None
    seconds: float

    @property
    def score(self) -> float:
        """The error, moved a little from 0, where a ratio would say nothing; or what is left of the
        variance."""
        if self.wrong is not None:
            return (self.wrong + 1) / (self.tested + 2)
        assert self.left is not None
        return self.left

    def row(self, data: str, name: str) -> str:
        if self.wrong is not None:
            figure = f"{self.wrong} of {self.tested} ({self.wrong / self.tested:.1%})"
            return f"| {data} | {name} | {figure} | {self.loss:.3g} | {self.seconds:.1f} |"
        return f"| {data} | {name} | {self.left:.1%} left | | {self.seconds:.1f} |"


def training_file(name: str) -> Dataset:
    if name == SHORT:
        whole = training_file("JapaneseVowels")
        rows = [row[:5] for row in whole.x.rows()]  # pyright: ignore[reportAttributeAccessIssue]
        return from_series(rows, list(whole.schema.task.labels(whole.y)), name)
    return split(read(FOLDER / name / f"{name}_TRAIN.ts")).train


def tested_folds(data: Dataset) -> Sequence[Fold]:
    folds = make_folds(data, FOLDS)
    return folds[:1] if data.example_shape[1] > LONG else folds


def figures(data: Dataset, outputs: Sequence[np.ndarray], seconds: float) -> Figures:
    """Of the predictions of each tested fold."""
    rows = torch.cat([fold.test for fold in tested_folds(data)])
    y, found = data.y[rows], torch.from_numpy(np.concatenate(outputs))
    loss, error = data.schema.task.score(found, y)
    if error is None:
        left = loss / float(data.y.var(0, correction=0).sum())
        return Figures(len(y), loss, None, left, seconds)
    return Figures(len(y), loss, round(error * len(y)), None, seconds)


def of_candidate(data: Dataset, candidate: Candidate) -> Figures:
    began, outputs = time.perf_counter(), []
    folds = tested_folds(data)
    for fold in folds:
        train = data.take(fold.train)
        everything = torch.arange(len(train))
        replica = fit(candidate.recipe(train), train, everything, data.take(fold.test), seed=0)
        outputs.append(replica.logits)
    return figures(data, outputs, (time.perf_counter() - began) / len(folds))


def of_references(data: Dataset) -> Iterator[tuple[str, Figures]]:
    for reference in references_for(data):
        began, outputs = time.perf_counter(), []
        try:
            for fold in tested_folds(data):
                fitted = reference.fit(data.take(fold.train))
                outputs.append(fitted.predict(data.take(fold.test)))
        except SteadfitError as error:
            print(f"| {data.name} | {error} | | | |")
            continue
        yield reference.name, figures(data, outputs, time.perf_counter() - began)


def choose(names: Sequence[str], candidates: dict[str, Candidate], references: bool) -> None:
    """Print each candidate's figures on each set, and the scores."""
    found: dict[str, dict[str, Figures]] = {name: {} for name in candidates}
    print("| data | model | wrong | cross-entropy | s |\n| --- | --- | --- | --- | --- |")
    for name in names:
        data = training_file(name)
        for title, of in of_references(data) if references else ():
            print(of.row(name, title), flush=True)
        for title, candidate in candidates.items():
            if not (candidate.slow and data.example_shape[1] > VERY_LONG):
                found[title][name] = of_candidate(data, candidate)
                print(found[title][name].row(name, title), flush=True)
    for what, sets in (("classes", CLASSES), ("numbers", NUMBERS)):
        for title, each in found.items():
            there = [one for name, one in each.items() if name in sets]
            if there:
                score, loss = (
                    mean([getattr(one, of) for one in there]) for of in ("score", "loss")
                )
                print(f"{what}: {title}: score {score:.4f}, loss {loss:.4f}, {len(there)} sets")


def mean(values: Sequence[float]) -> float:
    """The geometric one."""
    return float(np.exp(np.log(values).mean()))


def final(names: Sequence[str], seeds: range) -> None:
    """The default, trained on each training file and tested on the test file."""
    print("| data | model | right | loss | s |\n| --- | --- | --- | --- | --- |")
    for name in names:
        data = read(FOLDER / name / f"{name}_TRAIN.ts")
        found: dict[str, list[tuple[float | None, float]]] = {}
        began = time.perf_counter()
        for seed in seeds:
            with tempfile.TemporaryDirectory() as folder:
                fitted = sf.fit(data, seed=seed, reference=seed == 0, out=Path(folder, "run"))
            found.setdefault(data.schema.model, []).append((fitted.error, fitted.loss))
            for one in fitted.result.references:
                if one.loss is not None:
                    found[one.name] = [(one.error, one.loss)]
        seconds = (time.perf_counter() - began) / len(seeds)
        for title, each in found.items():
            errors = [error for error, _ in each if error is not None]
            right = f"{1 - np.mean(errors):.1%}" if errors else ""
            spread = f" ({1 - max(errors):.1%} to {1 - min(errors):.1%})" if len(errors) > 1 else ""
            loss = np.mean([loss for _, loss in each])
            took = f"{seconds:.1f}" if title == data.schema.model else ""
            print(f"| {name} | {title} | {right}{spread} | {loss:.3g} | {took} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("round", choices=["first", "second", "final"])
    parser.add_argument("model", nargs="?", help="the winner of the first round")
    parser.add_argument("--data", nargs="+", default=[])
    parser.add_argument("--seeds", type=int, default=3, help="of the default, in the last round")
    parser.add_argument("--models", nargs="+", default=[], help="some candidates' names")
    asked = parser.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    keep_freed_memory()
    names = asked.data or [*CLASSES, *NUMBERS]
    if asked.round == "final":
        final(names, range(asked.seeds))
        return
    candidates = FIRST if asked.round == "first" else second(asked.model or "resnet1d")
    if asked.models:
        candidates = {name: candidates[name] for name in asked.models}
    names = asked.data or [*names, SHORT]
    choose(names, candidates, references=asked.round == "first" and not asked.models)


if __name__ == "__main__":
    main()
