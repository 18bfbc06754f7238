"""The script that a careful person writes: which remedy helps a convolutional net on some images.

A plain PyTorch loop, ten seeds an arm, one split, the differences from the baseline in pairs at
each test point, Holm's correction. Nets, epochs, optimiser and remedies are those of a study.
"""

import copy
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from scipy import stats
from torch import Tensor, nn
from torch.nn.functional import affine_grid, cross_entropy, grid_sample
from torch.utils.data import DataLoader, TensorDataset

BATCH, RATE, WARMUP = 64, 2e-3, 0.1
HELD_OUT, PATIENCE = 0.2, 5
ARMS: Mapping[str, Mapping[str, float]] = {
    "baseline": {},
    "dropout=0.5": {"dropout": 0.5},
    "l2=0.001": {"l2": 0.001},
    "smaller=0.5": {"width": 0.5},
    "early_stopping=5": {"patience": PATIENCE},
    "augment=1": {"augment": 1.0},
}


@dataclass(frozen=True)
class Images:
    """x: float32, (examples, 1, side, side), scaled by the training images. y: class numbers."""

    train: TensorDataset
    x: Tensor
    y: Tensor


@dataclass(frozen=True)
class Comparison:
    """words: of each arm. half: the median of half an interval's length, over the baseline's
    loss."""

    words: Mapping[str, str]
    half: float
    trainings: int


def split(x: Tensor, y: Tensor, is_test: Tensor) -> Images:
    """Both sides, scaled."""
    scaled = (x.float() - x[~is_test].float().mean()) / x[~is_test].float().std()
    return Images(TensorDataset(scaled[~is_test], y[~is_test]), scaled[is_test], y[is_test])


def net(side: int, width: float = 1.0, dropout: float = 0.0) -> nn.Module:
    few, many, units = (round(count * width) for count in (20, 50, 500))
    return nn.Sequential(
        nn.Conv2d(1, few, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(few, many, 5, padding=2),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Dropout(dropout),
        nn.Linear(many * (side // 4) ** 2, units),
        nn.ReLU(),
        nn.Dropout(dropout),
        nn.Linear(units, 10),
    )


def losses(images: Images, epochs: int, arm: Mapping[str, float], seed: int) -> np.ndarray:
    """Train once; the cross-entropy at each test point."""
    torch.manual_seed(seed)
    train: TensorDataset | torch.utils.data.Subset = images.train
    kept_out = None
    if "patience" in arm:
        order = torch.randperm(len(images.train)).tolist()
        count = round(HELD_OUT * len(order))
        kept_out = images.train[order[:count]]
        train = torch.utils.data.Subset(images.train, order[count:])
    module = net(images.x.shape[-1], arm.get("width", 1.0), arm.get("dropout", 0.0))
    optimizer = torch.optim.AdamW(module.parameters(), RATE, weight_decay=0.0)
    loader = DataLoader(train, BATCH, shuffle=True)
    steps = epochs * len(loader)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _rate(step, steps))
    best, waited, kept = math.inf, 0, None
    for _ in range(epochs):
        module.train()
        for x, y in loader:
            if "augment" in arm:
                x = _augmented(x, arm["augment"])
            loss = cross_entropy(module(x), y)
            if "l2" in arm:
                squares = [p.square().sum() for p in module.parameters() if p.ndim > 1]
                loss = loss + arm["l2"] * torch.stack(squares).sum()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        if kept_out is not None:
            now = float(cross_entropy(_logits(module, kept_out[0]), kept_out[1]))
            if now < best:
                best, waited, kept = now, 0, copy.deepcopy(module.state_dict())
            else:
                waited += 1
                if waited >= arm["patience"]:
                    break
    if kept is not None:
        module.load_state_dict(kept)
    return cross_entropy(_logits(module, images.x), images.y, reduction="none").double().numpy()


def compare(images: Images, epochs: int, seeds: int) -> Comparison:
    """All arms, and which of them differ from the baseline."""
    found = {
        name: np.mean([losses(images, epochs, arm, seed) for seed in range(seeds)], 0)
        for name, arm in ARMS.items()
    }
    baseline = found.pop("baseline")
    tests = {name: stats.ttest_rel(values, baseline) for name, values in found.items()}
    intervals = {name: test.confidence_interval(0.95) for name, test in tests.items()}
    halves = [(one.high - one.low) / 2 / baseline.mean() for one in intervals.values()]
    words = dict.fromkeys(tests, "no difference shown")
    by_p = sorted(tests, key=lambda name: tests[name].pvalue)
    for left, name in zip(range(len(by_p), 0, -1), by_p, strict=True):
        if tests[name].pvalue * left > 0.05:
            break
        words[name] = "better" if tests[name].statistic < 0 else "worse"
    return Comparison(words, float(np.median(halves)), seeds * len(ARMS))


def _rate(step: int, steps: int) -> float:
    rising = round(WARMUP * steps)
    if step < rising:
        return (step + 1) / rising
    return 0.5 * (1 + math.cos(math.pi * (step - rising) / (steps - rising)))


def _augmented(x: Tensor, strength: float) -> Tensor:
    """Turned by up to 10 degrees and shifted by up to a tenth of the side, with noise."""
    angle, across, down = (2 * torch.rand(3, len(x)) - 1) * strength
    angle, across, down = math.radians(10) * angle, 0.2 * across, 0.2 * down
    cos, sin = angle.cos(), angle.sin()
    warp = torch.stack([cos, -sin, across, sin, cos, down], 1).view(-1, 2, 3)
    grid = affine_grid(warp, list(x.shape), align_corners=False)
    moved = grid_sample(x, grid, padding_mode="border", align_corners=False)
    return moved + 0.05 * strength * torch.randn_like(x)


@torch.no_grad()
def _logits(module: nn.Module, x: Tensor) -> Tensor:
    module.eval()
    return torch.cat([module(part) for part in _parts(x)])


def _parts(x: Tensor) -> Iterator[Tensor]:
    yield from x.split(500)
