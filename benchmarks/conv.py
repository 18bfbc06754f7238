"""Convolutional nets against what users of other libraries write, in one run, taking turns.

    python benchmarks/conv.py             # make bench-conv
    python benchmarks/conv.py --to 99.0   # all of MNIST, until so much of the test set is right

Every contestant trains the same net with its library's usual settings, as many epochs, and predicts
the test images; the seconds of both are counted, those of starting Python are not. `convnet` trains
2 epochs of 6,000 images of MNIST, `resnet` with 20 layers 2 epochs of 2,000, so that a turn stays
short; 2,000 images are predicted. steadfit is called as `steadfit fit` calls it. All have all
cores, and each a process of its own, so that what one sets for its process helps no other.

Printed: images trained per second (median of the turns), the share of test images predicted right
(mean), how many times as fast steadfit is, and what share its multiply-adds are of those that the
machine does in a large matrix product. The turns' seeds are 0, 1, 2, …
"""

import argparse
import math
import multiprocessing
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np
import torch
from conv_rivals import RATE, RIVALS, Images, predict, train_epoch
from torch.utils.data import DataLoader, TensorDataset

import steadfit as sf
from steadfit.data import Dataset, read, split
from steadfit.models import shapes
from steadfit.recipe import Recipe
from steadfit.workers import end_with_parent
from study import plain_net

IMAGES = {"convnet": 6000, "resnet": 2000}
EPOCHS, TEST = 2, 2000
MOST = 8  # epochs, where a share of right answers is sought
TARGETS = {"plain loop": 2.5, "tuned loop": 1.1, "keras": 4.0, "skorch": 4.0}
OWN = "steadfit"


def mnist(images: int | None = None, test: int | None = None) -> Dataset:
    """So many training images of MNIST, classes in proportion, and the first test images."""
    data = read("mnist", limit=images)
    own = data.structure.is_test
    assert own is not None
    learned, tested = (rows.nonzero().squeeze(1) for rows in (~own, own))
    return data.take(torch.cat([learned, tested[:test]]))


def standardised(data: Dataset) -> tuple[Images, np.ndarray]:
    """The images with the mean and deviation that PyTorch's examples use; the test's classes."""
    parts = split(data)
    x, test = ((part.x.float() / 255 - 0.1307) / 0.3081 for part in (parts.train, parts.test))
    return (x, parts.train.y, test), parts.test.y.numpy()


def with_steadfit(model: str, data: Dataset, epochs: int, seed: int) -> float:
    """The share of test images predicted right by `sf.fit`'s model."""
    with tempfile.TemporaryDirectory() as folder:
        fitted = sf.fit(data, model, training={"epochs": epochs}, seed=seed, out=folder)
    assert fitted.error is not None
    return 1 - fitted.error


def product_rate(seconds: float = 1.0) -> float:
    """Multiply-adds a second of the best of many products of two 1024 x 1024 matrices."""
    side, best = 1024, math.inf
    a, b, out = (torch.randn(side, side) for _ in range(3))
    until = time.perf_counter() + seconds
    while (began := time.perf_counter()) < until:
        torch.mm(a, b, out=out)
        best = min(best, time.perf_counter() - began)
    return side**3 / best


def multiply_adds(model: str) -> int:
    """Of one image in training: forward, and backward for weights and inputs.

    The input of the first convolution needs no gradient.
    """
    rows = shapes(Recipe().model_with(name=model).model, (1, 28, 28), 10)
    return 3 * sum(row.multiply_adds for row in rows) - rows[0].multiply_adds


def alone(task: Callable[..., Any], *arguments: object) -> Any:
    """What the task gives in a process of its own, which has imported the libraries already."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["keras", "skorch", "steadfit.api"])
    with ProcessPoolExecutor(1, context, end_with_parent) as pool:
        return pool.submit(task, *arguments).result()


def turn(name: str, model: str, seed: int) -> tuple[float, float]:
    """Images trained per second, and the share of test images predicted right."""
    data = mnist(IMAGES[model], TEST)
    images, answers = standardised(data)
    began = time.perf_counter()
    if name == OWN:
        right = with_steadfit(model, data, EPOCHS, seed)
    else:
        right = float((RIVALS[name](model, images, EPOCHS, seed) == answers).mean())
    return len(images[0]) * EPOCHS / (time.perf_counter() - began), right


def compare(model: str, turns: int) -> None:
    """Print a line a contestant."""
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in (*RIVALS, OWN)}
    rates = []
    for seed in range(turns):
        rates.append(alone(product_rate))
        for name, each in found.items():
            each.append(alone(turn, name, model, seed))
    speeds = {name: statistics.median(s for s, _ in each) for name, each in found.items()}
    print(f"{model}: {IMAGES[model]:,} images, {EPOCHS} epochs, {turns} turns")
    for name, each in found.items():
        right = statistics.mean(share for _, share in each)
        line = f"  {name:10} {speeds[name]:7,.0f} images/s  {right:7.2%} right"
        if name in TARGETS:
            ratio = speeds[OWN] / speeds[name]
            line += f"  steadfit is {ratio:.2f} times as fast, aim {TARGETS[name]}"
        print(line, flush=True)
    share = speeds[OWN] * multiply_adds(model) / max(rates)
    print(
        f"  steadfit's multiply-adds: {share:.0%} of {max(rates) / 1e9:.0f} G/s, a large product's"
    )


def plain_until(right: float, seed: int) -> tuple[float, int, float]:
    """Seconds and epochs of the plain loop until so much is right, and how much that is.

    It is looked at after each epoch, and the last look alone is counted.
    """
    (x, y, test), answers = standardised(mnist())
    loader = DataLoader(TensorDataset(x, y), batch_size=32, shuffle=True)
    torch.manual_seed(seed)
    net = plain_net()
    optimizer = torch.optim.Adam(net.parameters(), lr=RATE)
    spent = looked = share = 0.0
    epochs = 0
    while share < right and epochs < MOST:
        began = time.perf_counter()
        train_epoch(net, optimizer, loader)
        trained = time.perf_counter()
        share = float((predict(net, test) == answers).mean())
        spent, looked = spent + trained - began, time.perf_counter() - trained
        epochs += 1
    return spent + looked, epochs, share


def own_for(epochs: int, seed: int) -> tuple[float, int, float]:
    """Seconds of a training with all that `steadfit fit` does, the epochs, how much is right."""
    data = mnist()
    began = time.perf_counter()
    share = with_steadfit("convnet", data, epochs, seed)
    return time.perf_counter() - began, epochs, share


def own_until(right: float, seed: int) -> tuple[float, int, float]:
    """The shortest training that gets there: the learning rate falls towards a planned end, so that
    a longer one is another training, not the same one continued."""
    epochs = 1
    while (found := alone(own_for, epochs, seed))[2] < right and epochs < MOST:
        epochs += 1
    return found


def until(right: float, turns: int) -> None:
    """All of MNIST: the seconds that the plain loop and steadfit take to get so much right."""
    spent: dict[str, list[float]] = {"plain loop": [], OWN: []}
    for seed in range(turns):
        both = alone(plain_until, right, seed), own_until(right, seed)
        for name, (seconds, epochs, share) in zip(spent, both, strict=True):
            spent[name].append(seconds)
            line = f"seed {seed}  {name:10} {epochs} epochs  {seconds:6.1f} s  {share:.2%} right"
            print(line + ("" if share >= right else ", given up"), flush=True)
    plain, own = map(statistics.median, spent.values())
    print(
        f"medians: plain loop {plain:.1f} s, steadfit {own:.1f} s, "
        f"{own / plain:.2f} of the plain loop's time, aim 0.33"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Convolutional nets against other libraries.")
    parser.add_argument("--models", nargs="+", choices=IMAGES, default=list(IMAGES))
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--to", type=float, metavar="PERCENT", help="all of MNIST, to this share")
    asked = parser.parse_args()
    if asked.to is not None:
        until(asked.to / 100, asked.turns)
        return
    for model in asked.models:
        compare(model, asked.turns)


if __name__ == "__main__":
    main()
