"""What the models for sequences reach on the data sets of docs/sequences.md, and how fast.

    python benchmarks/sequences.py speed                # make bench-sequences
    python benchmarks/sequences.py reach JapaneseVowels GunPoint reviews
    python benchmarks/sequences.py adding gru mgu --epochs 15
    python benchmarks/sequences.py cells

Fixed seeds. The data are in the folder that STEADFIT_DATA names.

`speed` trains the same GRU net with steadfit and with the plain loop of `sequence_rivals.py`, one
after the other, several turns, both with torch's default threads. What it prints is an epoch's
seconds, the median of the turns, of whole trainings with all that they prepare, and the training
loss at the end. Of tiny Shakespeare an epoch is the first 200 blocks of 1,024 characters.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sequence_rivals import Pair, Plain, PlainLanguage, Sizes, train
from torch import nn

from steadfit.cells import CELLS
from steadfit.data import Dataset, Ragged, Split, fit_preparation, read, split
from steadfit.recipe import Recipe
from steadfit.training import Replica, fit, keep_freed_memory

FOLDER = Path(os.environ.get("STEADFIT_DATA", "../shared/data"))
SEEDS = range(5)
BLOCKS = 200  # of tiny Shakespeare's text that an epoch of `speed` has
AIM = 2.0  # times as fast as the plain loop
SOURCES = {
    "JapaneseVowels": "series/JapaneseVowels/JapaneseVowels_TRAIN.ts",
    "GunPoint": "series/GunPoint/GunPoint_TRAIN.ts",
    "reviews": "text/movie_reviews.csv",
    "adding": "adding",
    "Shakespeare": "text/tinyshakespeare.txt",
}


@dataclass(frozen=True)
class Problem:
    """The recipe whose figure stands in docs/sequences.md."""

    model: str
    settings: dict[str, Any]
    training: dict[str, Any]

    @property
    def recipe(self) -> Recipe:
        recipe = Recipe().model_with(name=self.model, **self.settings)
        return recipe.training_with(**self.training)


def rate(learning_rate: float) -> dict[str, float]:
    return {"learning_rate": learning_rate}


REACHED = {
    "JapaneseVowels": Problem(
        "conv_recurrent",
        {"bidirectional": True, "dropout": 0.3},
        {"epochs": 60, "batch": 32, "optimizer": rate(0.01), "clip": 1.0},
    ),
    "GunPoint": Problem(
        "resnet1d",
        {"width": 0.5},
        {"epochs": 150, "batch": 16, "optimizer": rate(0.003)},
    ),
    "reviews": Problem(
        "recurrent",
        {"hidden": 64, "bidirectional": True, "dropout": 0.5, "embedding": 100},
        {
            "epochs": 6,
            "optimizer": rate(0.003),
            "clip": 1.0,
            "augmentation": {"word_dropout": 0.2},
        },
    ),
    "adding": Problem(
        "recurrent",
        {"hidden": 64, "pooling": "last"},
        {"batch": 50, "optimizer": rate(0.005), "clip": 1.0},
    ),
}

# The net that `speed` trains, and how many epochs a turn has.
TIMED = {
    "JapaneseVowels": (Sizes(64, batch=32, bidirectional=True), 10),
    "GunPoint": (Sizes(64, batch=16), 10),
    "reviews": (Sizes(64, batch=64, bidirectional=True, embedding=100), 1),
    "adding": (Sizes(64, batch=50, last=True), 1),
    "Shakespeare": (Sizes(512, batch=32, embedding=64, dropout=0.3, window=64), 1),
}


def data_of(name: str) -> Split:
    path = FOLDER / SOURCES[name]
    return split(read(path if path.suffix else SOURCES[name]))


def score(replica: Replica, data: Split) -> float:
    """The share of right classes, or the mean squared error of numbers."""
    y = data.test.y.numpy()
    if not data.test.classes:
        return float(np.square(replica.logits - y).mean())
    return float((replica.logits.argmax(1) == y).mean())


def trained(recipe: Recipe, data: Split, seed: int) -> Replica:
    return fit(recipe, data.train, torch.arange(len(data.train)), data.test, seed)


def reach(name: str) -> None:
    """The accuracy of each seed on the test side, and their mean."""
    data = data_of(name)
    scores = []
    for seed in SEEDS:
        replica = trained(REACHED[name].recipe, data, seed)
        scores.append(score(replica, data))
        print(f"{name} seed {seed}: {scores[-1]:.4f}, {replica.seconds:.0f} s", flush=True)
    print(f"{name}: mean {np.mean(scores):.4f}, least {min(scores):.4f}")


def adding(cell: str, epochs: int) -> None:
    """The mean squared error of one cell on `adding`, and the norms of its gradients."""
    recipe = REACHED["adding"].recipe.model_with(cell=cell).training_with(epochs=epochs)
    data = data_of("adding")
    replica = trained(recipe, data, 0)
    print(
        f"adding {cell}, {epochs} epochs: mean squared error {score(replica, data):.2e}, "
        f"gradient norm {replica.facts['gradient_norm']:.2e} (median), "
        f"{replica.facts['clipped']:.0%} of the steps clipped, {replica.seconds:.0f} s",
        flush=True,
    )


def with_steadfit(sizes: Sizes, data: Dataset, epochs: int) -> float:
    """Train with `fit`; the training loss of the last epoch."""
    settings = {"cell": "gru_reset_after", "hidden": sizes.hidden, "dropout": sizes.dropout}
    if sizes.embedding:
        settings["embedding"] = sizes.embedding
    if not sizes.window:
        settings["bidirectional"] = sizes.bidirectional
        settings["pooling"] = "last" if sizes.last else "mean"
    recipe = Recipe().model_with("language" if sizes.window else "recurrent", **settings)
    recipe = recipe.training_with(
        epochs=epochs,
        batch=sizes.batch,
        optimizer={"learning_rate": sizes.learning_rate, "schedule": "constant", "warmup": 0.0},
        clip=sizes.clip,
        **({"truncation": sizes.window} if sizes.window else {}),
    )
    one = data.take(torch.arange(1))  # the test side, which the plain loop does not have
    replica = fit(recipe, data, torch.arange(len(data)), one, seed=0)
    return replica.curves["train_loss"][-1]


def pairs_of(data: Dataset) -> tuple[list[Pair], int]:
    """Each example as steadfit prepares it, with its target; how many tokens or channels it has."""
    preparation = fit_preparation(data, torch.arange(len(data)))
    assert isinstance(data.x, Ragged)
    x = preparation.inputs(data.x)
    shape = data.schema.kind.network_shape(data.example_shape, preparation)
    rows = [torch.from_numpy(row) for row in x.rows()]
    return list(zip(rows, preparation.targets(data.y), strict=True)), shape[0]


def plain_loop(
    sizes: Sizes, pairs: list[Pair], inputs: int, data: Dataset
) -> Callable[[int], float]:
    """The rival: epochs -> the training loss of the last one."""
    ragged = len({len(x) for x, _ in pairs}) > 1
    loss = nn.CrossEntropyLoss() if data.classes else nn.MSELoss()

    def run(epochs: int) -> float:
        torch.manual_seed(0)
        if sizes.window:
            net = PlainLanguage(sizes, inputs, data.outputs)
        else:
            net = Plain(sizes, inputs, data.outputs, ragged)
        return train(net, pairs, loss, sizes, epochs)

    return run


def speed(name: str, turns: int) -> None:
    """Print an epoch's time by the plain loop and by `fit`, the same net, taking turns."""
    sizes, epochs = TIMED[name]
    data = data_of(name).train
    if sizes.window:
        data = data.take(torch.arange(BLOCKS))
    contestants: dict[str, Callable[[int], float]] = {
        "plain loop": plain_loop(sizes, *pairs_of(data), data),
        "steadfit": lambda epochs: with_steadfit(sizes, data, epochs),
    }
    with_steadfit(sizes, data.take(torch.arange(sizes.batch)), 1)  # compiles what is not compiled
    seconds: dict[str, list[float]] = {who: [] for who in contestants}
    losses = dict.fromkeys(contestants, 0.0)
    for _ in range(turns):
        for who, contestant in contestants.items():
            began = time.perf_counter()
            losses[who] = contestant(epochs)
            seconds[who].append((time.perf_counter() - began) / epochs)
    plain, own = (statistics.median(seconds[who]) for who in contestants)
    ratios = [a / b for a, b in zip(*seconds.values(), strict=True)]
    print(
        f"{name:15} plain loop {plain:7.3f} s (loss {losses['plain loop']:.3f})  "
        f"steadfit {own:7.3f} s (loss {losses['steadfit']:.3f})  "
        f"{plain / own:5.2f} times as fast ({min(ratios):.2f} to {max(ratios):.2f}), aim {AIM:g}",
        flush=True,
    )


def cells() -> None:
    """Print an epoch's time of each cell on JapaneseVowels, `recurrent` by its default recipe.

    The cells take turns, 20 epochs each; the median of three turns after one that is not counted.
    """
    data = data_of("JapaneseVowels")
    seconds: dict[str, list[float]] = {cell: [] for cell in CELLS}
    for _ in range(4):
        for cell in CELLS:
            recipe = Recipe().model_with("recurrent", cell=cell).training_with(epochs=20)
            seconds[cell].append(trained(recipe, data, 0).seconds / 20)
    for cell, (_, *counted) in seconds.items():
        least, middle, most = (1000 * one for one in sorted(counted))
        print(f"{cell:16} {middle:5.1f} ms an epoch ({least:.1f} to {most:.1f})")


def main() -> None:
    parser = argparse.ArgumentParser(description="Models for sequences: what they reach, how fast.")
    what = parser.add_subparsers(dest="what", required=True)
    one = what.add_parser("reach")
    one.add_argument("names", nargs="+", choices=[name for name in REACHED if name != "adding"])
    one = what.add_parser("adding")
    one.add_argument("cells", nargs="+")
    one.add_argument("--epochs", type=int, default=15)
    what.add_parser("cells")
    one = what.add_parser("speed")
    one.add_argument("names", nargs="*", default=list(TIMED))
    one.add_argument("--turns", type=int, default=5)
    asked = parser.parse_args()
    keep_freed_memory()
    if asked.what == "speed":
        print(f"{torch.get_num_threads()} threads, {asked.turns} turns")
        for name in asked.names:
            speed(name, asked.turns)
        return
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    if asked.what == "cells":
        cells()
        return
    for name in asked.names if asked.what == "reach" else asked.cells:
        reach(name) if asked.what == "reach" else adding(name, asked.epochs)


if __name__ == "__main__":
    main()
