"""A language model's bits a character against the minutes of its training.

    STEADFIT_DATA=FOLDER python benchmarks/language.py [--minutes 3] [--threads 1]
        [--characters 1115394] [--who counts steadfit plain]

FOLDER holds text/tinyshakespeare.txt, whose last tenth is held out. Three rows of rivals:

- steadfit: the default model, trained anew for each number of epochs, as each has its own schedule.
- torch.nn.GRU: a plain loop of the same size (embedding of 64, 256 units, batches of 64 by 128
  characters, Adam at 0.002, the norm clipped at 1), one training that is looked at each epoch.
- Kneser-Ney: the n-gram that a fit is compared with.

None trains longer than `--minutes`. Minutes are those of the processor over the threads, so that
another program beside it changes them little; seconds on the clock stand beside them.
"""

import argparse
import math
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from steadfit.api.recipes import recipe_of
from steadfit.data import Split, read, split
from steadfit.kinds import Ragged
from steadfit.recipe import Recipe
from steadfit.references import REFERENCES, scores
from steadfit.training import fit

BATCH, STEPS, RATE = 64, 128, 2e-3


class Point(NamedTuple):
    """Who, after how many epochs; minutes of the processor, seconds on the clock, bits."""

    who: str
    epochs: int
    minutes: float
    seconds: float
    bits: float


class Clock:
    """Time since it was made, but for what is taken out."""

    def __init__(self, threads: int) -> None:
        self.threads = threads
        self.processor, self.wall = time.process_time(), time.perf_counter()

    def read(self) -> tuple[float, float]:
        minutes = (time.process_time() - self.processor) / self.threads / 60
        return minutes, time.perf_counter() - self.wall


def ours(parts: Split, most: float, threads: int) -> Iterator[Point]:
    everything, epochs, minutes = torch.arange(len(parts.train)), 1, 0.0
    while minutes * 2 <= most:
        clock = Clock(threads)
        recipe = recipe_of(parts.train, None, None, None, {"epochs": epochs}).recipe
        replica = fit(recipe, parts.train, everything, parts.test, 0)
        minutes, seconds = clock.read()
        bits = replica.facts["test_loss"] / math.log(2)
        yield Point("steadfit", epochs, minutes, seconds, bits)
        epochs *= 2


class Plain(nn.Module):
    def __init__(self, tokens: int) -> None:
        super().__init__()
        self.embedding = nn.Embedding(tokens, 64)
        self.layer = nn.GRU(64, 256, batch_first=True)
        self.scores = nn.Linear(256, tokens)

    def forward(self, x: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        out, last = self.layer(self.embedding(x), state)
        return self.scores(out), last


def plain(parts: Split, most: float, threads: int) -> Iterator[Point]:
    torch.manual_seed(0)
    net = Plain(parts.train.outputs)
    adam = torch.optim.Adam(net.parameters(), RATE)
    x, y = numbers(parts)
    streams = [part[: len(part) // BATCH * BATCH].view(BATCH, -1) for part in (x, y)]
    minutes = seconds = 0.0
    epochs = 0
    while epochs == 0 or minutes * (epochs + 1) / epochs <= most:
        clock, state = Clock(threads), None
        for inputs, targets in zip(*(s.split(STEPS, dim=1) for s in streams), strict=True):
            logits, state = net(inputs, None if state is None else state.detach())
            loss = cross_entropy(logits.flatten(0, 1), targets.flatten())
            adam.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            adam.step()
        epochs += 1
        here = clock.read()
        minutes, seconds = minutes + here[0], seconds + here[1]
        yield Point("torch.nn.GRU", epochs, minutes, seconds, tested(net, parts))


def numbers(parts: Split) -> tuple[Tensor, Tensor]:
    """The training text, and the token after each of it."""
    assert isinstance(parts.train.x, Ragged)
    return parts.train.x.values, parts.train.y[parts.train.y >= 0]


@torch.no_grad()
def tested(net: Plain, parts: Split) -> float:
    """Bits a character of the same blocks as ours are tested on."""
    assert isinstance(parts.test.x, Ragged)
    total = 0.0
    for x, y in zip(parts.test.x.padded().split(32), parts.test.y.split(32), strict=True):
        total += float(cross_entropy(net(x)[0].flatten(0, 1), y.flatten(), reduction="sum"))
    return total / int((parts.test.y >= 0).sum()) / math.log(2)


def counts(parts: Split, most: float, threads: int) -> Iterator[Point]:
    clock = Clock(1)
    (score,) = scores([REFERENCES["Kneser-Ney"]], parts.train, parts.test, 0)
    yield Point("Kneser-Ney", 1, *clock.read(), score.loss / math.log(2))


RIVALS = {"counts": counts, "steadfit": ours, "plain": plain}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=3.0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--characters", type=int, default=1_115_394)
    parser.add_argument("--who", nargs="+", choices=RIVALS, default=list(RIVALS))
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    source = Path(os.environ.get("STEADFIT_DATA", "../shared/data"), "text/tinyshakespeare.txt")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "a.txt").write_text(source.read_text("utf-8")[: asked.characters])
        parts = split(read(Path(folder, "a.txt")), 0.1)
    warm = parts.train.take(torch.arange(2))
    once = Recipe().model_with(name="language").training_with(epochs=1)
    fit(once, warm, torch.arange(2), warm, 0)  # compiles the kernels
    print(f"Load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores.")
    print("| | epochs | minutes | seconds | bits a character |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for who in asked.who:
        for one in RIVALS[who](parts, asked.minutes, asked.threads):
            figures = f"{one.minutes:.2f} | {one.seconds:.0f} | {one.bits:.3f}"
            print(f"| {one.who} | {one.epochs} | {figures} |", flush=True)
    print(f"Load after: {os.getloadavg()[0]:.1f}.")


if __name__ == "__main__":
    main()
