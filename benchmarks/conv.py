"""Convolutional nets against what users of other libraries write, in one run, taking turns.

    python benchmarks/conv.py             # make bench-conv
    python benchmarks/conv.py --to 99.0   # all of MNIST, until so much of the test set is right

Every contestant trains the same net with its library's usual settings, as many epochs, and predicts
the test images; the seconds of both are counted, those of starting Python are not. `convnet` trains
2 epochs of 6,000 images of MNIST, `resnet` with 20 layers 2 epochs of 2,000, so that a turn stays
short; 2,000 images are predicted. steadfit is called as `steadfit fit` calls it, with all cores.

Printed: images trained per second (median of the turns), the share of test images predicted right
(mean), how many times as fast steadfit is, and what share its multiply-adds are of those that the
machine does in a large matrix product.
"""

import argparse
import math
import statistics
import tempfile
import time
from collections.abc import Callable

import numpy as np
import torch
from conv_rivals import RATE, RIVALS, Images, predict, train_epoch
from torch.utils.data import DataLoader, TensorDataset

import steadfit as sf
from steadfit.data import Dataset, read, split
from steadfit.models import shapes
from steadfit.recipe import Recipe
from study import plain_net

IMAGES = {"convnet": 6000, "resnet": 2000}
EPOCHS, TEST = 2, 2000
MOST = 12  # epochs, where a share of right answers is sought
TARGETS = {"plain loop": 2.5, "tuned loop": 1.1, "keras": 4.0, "skorch": 4.0}
Contestant = Callable[[int], float]  # a seed -> the share of test images predicted right
Rival = Callable[[str, Images, int, int], np.ndarray]


def mnist(images: int | None = None, test: int | None = None) -> Dataset:
    """So many training images of MNIST, classes in proportion, and the first test images."""
    data = read("mnist", limit=images)
    assert data.is_test is not None
    learned, tested = (rows.nonzero().squeeze(1) for rows in (~data.is_test, data.is_test))
    return data.take(torch.cat([learned, tested[:test]]))


def standardised(data: Dataset) -> tuple[Images, torch.Tensor]:
    """The images with the mean and deviation that PyTorch's examples use; the test's classes."""
    parts = split(data)
    x, test = ((part.x.float() / 255 - 0.1307) / 0.3081 for part in (parts.train, parts.test))
    return (x, parts.train.y, test), parts.test.y


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


def compare(model: str, turns: int) -> None:
    """Print a line a contestant."""
    data = mnist(IMAGES[model], TEST)
    images, y = standardised(data)
    seen = len(images[0]) * EPOCHS

    def rival(train: Rival) -> Contestant:
        return lambda seed: float((train(model, images, EPOCHS, seed) == y.numpy()).mean())

    contestants = {name: rival(train) for name, train in RIVALS.items()}
    contestants["steadfit"] = lambda seed: with_steadfit(model, data, EPOCHS, seed)
    speeds: dict[str, list[float]] = {name: [] for name in contestants}
    right: dict[str, list[float]] = {name: [] for name in contestants}
    rates = []
    for seed in range(turns):
        rates.append(product_rate())
        for name, contestant in contestants.items():
            began = time.perf_counter()
            right[name].append(contestant(seed))
            speeds[name].append(seen / (time.perf_counter() - began))
    own = statistics.median(speeds["steadfit"])
    share = own * multiply_adds(model) / max(rates)
    print(f"{model}: {seen / EPOCHS:,.0f} images, {EPOCHS} epochs, {turns} turns")
    for name in contestants:
        speed = statistics.median(speeds[name])
        line = f"  {name:10} {speed:7,.0f} images/s  {statistics.mean(right[name]):7.2%} right"
        if name in TARGETS:
            line += f"  steadfit is {own / speed:.2f} times as fast, aim {TARGETS[name]}"
        print(line, flush=True)
    print(
        f"  steadfit's multiply-adds: {share:.0%} of {max(rates) / 1e9:.0f} G/s, a large product's"
    )


def until(right: float) -> None:
    """All of MNIST: the seconds that the plain loop and steadfit take to get so much right.

    The plain loop is looked at after each epoch, and its looking is not counted; of steadfit, whose
    learning rate falls towards a planned end, it is the shortest training that gets there.
    """
    data = mnist()
    (x, y, test), answers = standardised(data)
    loader = DataLoader(TensorDataset(x, y), batch_size=32, shuffle=True)
    torch.manual_seed(0)
    net = plain_net()
    optimizer = torch.optim.Adam(net.parameters(), lr=RATE)
    spent, share, epochs = 0.0, 0.0, 0
    while share < right and epochs < MOST:
        began = time.perf_counter()
        train_epoch(net, optimizer, loader)
        spent, epochs = spent + time.perf_counter() - began, epochs + 1
        share = float((predict(net, test) == answers.numpy()).mean())
        print(f"plain loop  {epochs} epochs  {spent:6.1f} s  {share:.2%}", flush=True)
    for epochs in range(1, MOST):
        began = time.perf_counter()
        own = with_steadfit("convnet", data, epochs, seed=0)
        took = time.perf_counter() - began
        print(f"steadfit    {epochs} epochs  {took:6.1f} s  {own:.2%}", flush=True)
        if own >= right:
            break
    print(f"steadfit takes {took / spent:.2f} of the plain loop's time, aim 0.33")


def main() -> None:
    parser = argparse.ArgumentParser(description="Convolutional nets against other libraries.")
    parser.add_argument("--models", nargs="+", choices=IMAGES, default=list(IMAGES))
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--to", type=float, metavar="PERCENT", help="all of MNIST, to this share")
    asked = parser.parse_args()
    if asked.to is not None:
        until(asked.to / 100)
        return
    for model in asked.models:
        compare(model, asked.turns)


if __name__ == "__main__":
    main()
