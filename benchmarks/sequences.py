"""What the models for sequences reach on the data sets of docs/sequences.md, and how fast.

    python benchmarks/sequences.py reach JapaneseVowels GunPoint reviews
    python benchmarks/sequences.py adding gru 15
    python benchmarks/sequences.py speed JapaneseVowels reviews adding

One thread, fixed seeds. The data are in the folder that STEADFIT_DATA names.
"""

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_sequence
from torch.utils.data import DataLoader

from steadfit.data import Ragged, Split, fit_preparation, read, split
from steadfit.recipe import Recipe
from steadfit.training import Replica, fit

FOLDER = Path(os.environ.get("STEADFIT_DATA", "../shared/data"))
SEEDS = range(5)


@dataclass(frozen=True)
class Problem:
    """A data set with the recipe that is measured on it."""

    source: str
    model: str
    settings: dict[str, Any]
    training: dict[str, Any]

    @property
    def recipe(self) -> Recipe:
        recipe = Recipe().model_with(name=self.model, **self.settings)
        return recipe.training_with(**self.training)

    def data(self) -> Split:
        path = FOLDER / self.source
        return split(read(path if path.suffix else self.source))


def rate(learning_rate: float) -> dict[str, float]:
    return {"learning_rate": learning_rate}


PROBLEMS = {
    "JapaneseVowels": Problem(
        "series/JapaneseVowels/JapaneseVowels_TRAIN.ts",
        "conv_recurrent",
        {"bidirectional": True, "dropout": 0.3},
        {"epochs": 60, "batch": 32, "optimizer": rate(0.01), "clip": 1.0},
    ),
    "GunPoint": Problem(
        "series/GunPoint/GunPoint_TRAIN.ts",
        "resnet1d",
        {"width": 0.5},
        {"epochs": 150, "batch": 16, "optimizer": rate(0.003)},
    ),
    "reviews": Problem(
        "text/movie_reviews.csv",
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
        "adding",
        "recurrent",
        {"hidden": 64, "pooling": "last"},
        {"epochs": 15, "batch": 50, "optimizer": rate(0.005), "clip": 1.0},
    ),
}


def score(replica: Replica, data: Split) -> float:
    """The share of right classes, or the mean squared error of numbers."""
    y = data.test.y.numpy()
    if data.test.task == "numbers":
        return float(np.square(replica.logits - y).mean())
    return float((replica.logits.argmax(1) == y).mean())


def trained(problem: Problem, data: Split, seed: int) -> Replica:
    return fit(problem.recipe, data.train, torch.arange(len(data.train)), data.test, seed)


def reach(name: str) -> None:
    """The accuracy of each seed on the test side, and their mean."""
    problem = PROBLEMS[name]
    data = problem.data()
    scores = []
    for seed in SEEDS:
        replica = trained(problem, data, seed)
        scores.append(score(replica, data))
        print(f"{name} seed {seed}: {scores[-1]:.4f}, {replica.seconds:.0f} s", flush=True)
    print(f"{name}: mean {np.mean(scores):.4f}, least {min(scores):.4f}")


def adding(cell: str, epochs: int) -> None:
    """The mean squared error of one cell on `adding`, and the norms of its gradients."""
    settings = {**PROBLEMS["adding"].settings, "cell": cell}
    training = {**PROBLEMS["adding"].training, "epochs": epochs}
    problem = Problem("adding", "recurrent", settings, training)
    data = problem.data()
    replica = trained(problem, data, 0)
    print(
        f"adding {cell}, {epochs} epochs: mean squared error {score(replica, data):.2e}, "
        f"gradient norm {replica.facts['gradient_norm']:.2e} (median), "
        f"{replica.facts['clipped']:.0%} of the steps clipped, {replica.seconds:.0f} s"
    )


class Plain(nn.Module):
    """The net that a person writes with torch.nn.GRU; its mean counts the real steps."""

    def __init__(self, problem: Problem, tokens: int, channels: int, outputs: int) -> None:
        super().__init__()
        settings = problem.settings
        size = settings.get("embedding", 64)
        self.embedding = nn.Embedding(tokens, size, padding_idx=0) if tokens else None
        ways = bool(settings.get("bidirectional"))
        hidden = settings.get("hidden", 64)
        width = size if tokens else channels
        self.gru = nn.GRU(width, hidden, batch_first=True, bidirectional=ways)
        self.head = nn.Linear(hidden * (1 + ways), outputs)
        self.last = settings.get("pooling") == "last"

    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        x = x if self.embedding is None else self.embedding(x)
        packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        steps, _ = nn.utils.rnn.pad_packed_sequence(self.gru(packed)[0], batch_first=True)
        if self.last:
            return self.head(steps[torch.arange(len(steps)), lengths - 1])
        return self.head(steps.sum(1) / lengths[:, None])


def plain_epoch(problem: Problem, data: Split) -> float:
    """Seconds of an epoch of torch's GRU under a DataLoader; the second of two."""
    everything = torch.arange(len(data.train))
    preparation = fit_preparation(data.train, everything)
    x = preparation.inputs(data.train.x)
    assert isinstance(x, Ragged)
    tokens = len(preparation.vocabulary) + 2 if x.tokens else 0
    channels = 0 if tokens else x.shape[2]
    module = Plain(problem, tokens, channels, data.train.outputs)
    rows = [torch.from_numpy(row) for row in x.rows()]
    pairs = list(zip(rows, preparation.targets(data.train.y), strict=True))
    batch = problem.recipe.training.batch

    def collate(some: list[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor, Tensor]:
        lengths = torch.tensor([len(row) for row, _ in some])
        return (
            pad_sequence([row for row, _ in some], True),
            lengths,
            torch.stack([y for _, y in some]),
        )

    loader = DataLoader(pairs, batch, shuffle=True, collate_fn=collate)  # pyright: ignore
    optimizer = torch.optim.Adam(module.parameters(), 1e-3)
    loss = nn.MSELoss() if data.train.task == "numbers" else nn.CrossEntropyLoss()
    seconds = 0.0
    for _ in range(2):
        began = time.perf_counter()
        for values, lengths, y in loader:
            optimizer.zero_grad()
            loss(module(values, lengths), y).backward()
            nn.utils.clip_grad_norm_(module.parameters(), 1.0)
            optimizer.step()
        seconds = time.perf_counter() - began
    return seconds


def our_epoch(problem: Problem, data: Split) -> float:
    """Seconds of an epoch of the same net by `fit`: two epochs' time less one epoch's."""
    seconds = []
    for epochs in (1, 1, 2):  # the first compiles what is not yet compiled
        changes = {**problem.training, "epochs": epochs, "augmentation": {}}
        settings = {**problem.settings, "cell": "gru_reset_after", "dropout": 0.0}
        one = Problem(problem.source, "recurrent", settings, changes)
        seconds.append(trained(one, data, 0).seconds)
    return seconds[2] - seconds[1]


def speed(name: str) -> None:
    """An epoch of `fit` against a plain loop over torch.nn.GRU and DataLoader, the same net."""
    problem = PROBLEMS[name]
    data = problem.data()
    plain, ours = plain_epoch(problem, data), our_epoch(problem, data)
    print(f"{name}: torch {plain:.2f} s, steadfit {ours:.2f} s an epoch, {plain / ours:.2f} times")


def main() -> None:
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    what, *names = sys.argv[1:]
    if what == "adding":
        adding(names[0], int(names[1]))
        return
    for name in names or PROBLEMS:
        {"reach": reach, "speed": speed}[what](name)


if __name__ == "__main__":
    main()
