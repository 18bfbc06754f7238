"""The loss at the default number of epochs against that at four times as many.

    make bench-epochs                                   # STEADFIT_DATA names the folder of data
    python benchmarks/training/epochs.py --only films   # those whose names hold a text
    python benchmarks/training/epochs.py --times 0.25 0.5 1
    python benchmarks/training/epochs.py --times 1 --seeds 1 --remedy early_stopping
    python benchmarks/training/epochs.py --times 1 --seeds 1 --rate 0.0005

The default model on each data set, on all the training data of one split, with one thread. A row
is the training examples, the epochs and steps at the default, and then the mean over seeds of the
test loss, the error, the share that has trained, and the seconds of one training at the default.
"""

import argparse
import os
import time
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch

from steadfit.api.recipes import recipe_of
from steadfit.data import Dataset, Split, points, read, split
from steadfit.recipe import Recipe
from steadfit.remedies import apply, joined
from steadfit.training import fit, keep_freed_memory

FOLDER = Path(os.environ.get("STEADFIT_DATA", "../shared/data"))


@dataclass(frozen=True)
class Figures:
    """The mean over seeds. error: None for numbers."""

    steps: float
    loss: float
    error: float | None
    trained: float
    seconds: float


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--only", default="", help="a part of the data sets' names")
    arguments.add_argument("--times", type=float, nargs="+", default=[1, 4])
    arguments.add_argument("--seeds", type=int, default=2, help="how many")
    arguments.add_argument("--remedy", default="", help="an arm's remedies")
    arguments.add_argument("--rate", type=float, help="the highest; the default's if not given")
    asked = arguments.parse_args()
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    keep_freed_memory()
    training = {} if asked.rate is None else {"optimizer": {"learning_rate": asked.rate}}
    with TemporaryDirectory() as folder:
        for name, source in sources(Path(folder)).items():
            if asked.only in name:
                parts = split(source())
                baseline = recipe_of(parts.train, None, None, None, training).recipe
                arm = apply(joined(asked.remedy), baseline) if asked.remedy else baseline
                print(row(name, parts, arm, asked.times, range(asked.seeds)), flush=True)


def sources(folder: Path) -> Mapping[str, Callable[[], Dataset]]:
    """A reader for each data set, which leaves a fifth of it for testing where there is no test
    set. folder: gets what must be unpacked or shortened."""

    def series(name: str) -> Callable[[], Dataset]:
        return lambda: read(FOLDER / f"series/{name}/{name}_TRAIN.ts")

    def of(path: str, **options: Any) -> Callable[[], Dataset]:
        return lambda: read(FOLDER / path, **options)

    def images(limit: int | None) -> Callable[[], Dataset]:
        return lambda: read(folder / "cifar2k", limit=limit)

    shorter = folder / "shakespeare.txt"
    shorter.write_text((FOLDER / "text/tinyshakespeare.txt").read_text("utf-8")[:100_000], "utf-8")
    with zipfile.ZipFile(FOLDER / "photos/cifar2k.zip") as packed:
        packed.extractall(folder)
    os.environ["STEADFIT_DATA"] = str(FOLDER / "mnist")

    return {
        "digits, 200": lambda: read("digits", limit=250),
        "digits, 500": lambda: read("digits", limit=625),
        "digits": lambda: read("digits"),
        "MNIST, 2,000": lambda: read("mnist", limit=2000),
        "photos, 500": images(500),
        "photos, 2,000": images(None),
        **{
            name: series(name)
            for name in (
                *("JapaneseVowels", "GunPoint", "PickupGestureWiimoteZ", "OSULeaf", "ACSF1"),
                *("CardanoSentiment", "Covid3Month"),
            )
        },
        "films, 200": of("text/movie_reviews.csv", limit=250),
        "films, 1,000": of("text/movie_reviews.csv", limit=1250),
        "films": of("text/movie_reviews.csv"),
        "questions, 1,000": of("text/banking77_train.csv", target="category", limit=1250),
        "questions": of("text/banking77_train.csv", target="category"),
        "Shakespeare, 100,000 characters": of(str(shorter)),
        "Airline": of("forecast/Airline.csv", target="Passengers", horizon=6),
        "US change": of("forecast/Uschange.csv", target="Consumption", horizon=4),
        "solar": of("forecast/solar.csv", horizon=12),
        "20 shops": of("forecast/shops.csv", horizon=3),
    }


def row(name: str, parts: Split, arm: Recipe, times: Sequence[float], seeds: Sequence[int]) -> str:
    """A line of a table in Markdown: each figure at each number of epochs."""
    train = parts.train
    usual = arm.training.epochs
    found = [
        measured(parts, arm.training_with(epochs=round(usual * factor)), seeds) for factor in times
    ]
    first = found[0]
    cells = [
        name,
        f"{len(train):,}",
        f"{usual:,}",
        f"{first.steps:,.0f}",
        " → ".join(f"{one.loss:.3g}" for one in found),
        " → ".join(f"{one.error:.1%}" for one in found if one.error is not None),
        " → ".join(f"{one.trained:.0%}" for one in found),
        f"{first.seconds:.1f} s",
    ]
    return f"| {' | '.join(cells)} |"


def measured(parts: Split, recipe: Recipe, seeds: Sequence[int]) -> Figures:
    """Train with each seed, and look at the test points."""
    train, tested = parts.train, points(parts.test)
    rows = []
    for seed in seeds:
        began = time.perf_counter()
        replica = fit(recipe, train, torch.arange(len(train)), parts.test, seed)
        seconds = time.perf_counter() - began
        loss, error = tested.schema.task.score(torch.from_numpy(replica.logits), tested.y)
        facts = replica.facts
        rows.append((facts["steps"], loss, np.nan if error is None else error,
                     facts["trained"], seconds))  # fmt: skip
    steps, loss, error, trained, seconds = np.mean(rows, axis=0).tolist()
    return Figures(steps, loss, None if np.isnan(error) else error, trained, seconds)


if __name__ == "__main__":
    main()
