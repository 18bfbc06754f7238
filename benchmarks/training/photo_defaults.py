"""Which network, and which random changes, photos are trained with where nothing is said.

    STEADFIT_DATA=FOLDER OMP_NUM_THREADS=1 python benchmarks/training/photo_defaults.py [--ways …]

docs/images.md has the protocol. Sets: CIFAR-10's photos (FOLDER/photos/cifar2k.zip; of its training
side alone, 500 photos judge) with 20, 50 and 150 a class, and drawn figures of 64 and 128 pixels.
For each way: the error and the cross-entropy on the judging photos, the seconds, and the geometric
mean over the sets of the cross-entropy's ratio to the first way's.
"""

import argparse
import math
import os
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from PIL import Image, ImageDraw

import steadfit as sf
from steadfit.data import Dataset

_FIGURES = ("disc", "square", "triangle", "cross", "ring")
_CROP = {"flip": True, "crop": 0.5}


class Way(NamedTuple):
    """A model, its settings, and its training."""

    model: str
    settings: dict[str, Any]
    training: dict[str, Any]


def _resnet(augmentation: dict[str, Any], **training: Any) -> Way:
    return Way("resnet", {"depth": 8, "stem": 0}, {"augmentation": augmentation, **training})


WAYS = {
    "convnet": Way("convnet", {}, {}),
    "convnet, flip and shift": Way("convnet", {}, {"augmentation": {"flip": True, "shift": 0.1}}),
    "convnet, flip and shift, calibrated": Way(
        "convnet",
        {},
        {"augmentation": {"flip": True, "shift": 0.1}, "calibrate": 0.2, "refit": True},
    ),
    "resnet": _resnet({}),
    "flip": _resnet({"flip": True}),
    "flip and shift": _resnet({"flip": True, "shift": 0.1}),
    "flip and shift, calibrated": _resnet({"flip": True, "shift": 0.1}, calibrate=0.2, refit=True),
    "flip and crop": _resnet(_CROP),
    "flip, crop and colour": _resnet({**_CROP, "colour": 0.2}),
    "flip, crop and mixup": _resnet({**_CROP, "mixup": 0.2}),
    "flip, crop and cutmix": _resnet({**_CROP, "cutmix": 1.0}),
    "flip and crop, smoothed": _resnet(_CROP, label_smoothing=0.1),
    "flip and crop, calibrated": _resnet(_CROP, calibrate=0.2, refit=True),
}


def sets(folder: Path) -> Iterator[tuple[str, Dataset]]:
    """Each with its own test side, which judges."""
    named = os.environ.get("STEADFIT_DATA", "../shared/data")
    with zipfile.ZipFile(Path(named) / "photos" / "cifar2k.zip") as packed:
        packed.extractall(folder)
    cifar = sf.read(folder / "cifar2k")
    assert isinstance(cifar.x, torch.Tensor)
    assert cifar.structure.is_test is not None
    own = torch.nonzero(~cifar.structure.is_test)[:, 0]
    order = own[torch.randperm(len(own), generator=torch.Generator().manual_seed(0))]
    judges = torch.cat([order[cifar.y[order] == number][:50] for number in range(10)])
    for count in (20, 50, 150):
        learned = torch.cat([order[cifar.y[order] == n][50 : 50 + count] for n in range(10)])
        rows = torch.cat([learned, judges])
        yield (
            f"CIFAR-10, {count} a class",
            sf.from_arrays(
                cifar.x[rows].numpy(),
                [cifar.classes[int(number)] for number in cifar.y[rows]],
                is_test=np.arange(len(rows)) >= len(learned),
            ),
        )
    for side, count in ((64, 60), (128, 40)):
        yield f"figures, {side} pixels", figures(side, count)


def figures(side: int, count: int) -> Dataset:
    """Five kinds of figures, so many of each to learn from and as many to judge; each of a random
    size, place, colour and turn on a random ground."""
    rng = np.random.default_rng(side)
    numbers = np.tile(np.arange(len(_FIGURES)), 2 * count)
    pictures = np.stack([_picture(_FIGURES[number], side, rng) for number in numbers])
    return sf.from_arrays(
        pictures,
        [_FIGURES[number] for number in numbers],
        layout="channels_last",
        is_test=np.arange(len(numbers)) >= len(numbers) // 2,
    )


def _picture(figure: str, side: int, rng: np.random.Generator) -> np.ndarray:
    coarse = rng.integers(0, 256, (4, 4, 3), dtype=np.uint8)
    picture = Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC)
    shape = Image.new("L", (side, side))
    draw, radius = ImageDraw.Draw(shape), side * rng.uniform(0.12, 0.3)
    middle = rng.uniform(radius, side - radius, 2)
    box = [*(middle - radius), *(middle + radius)]
    if figure in ("disc", "ring"):
        draw.ellipse(box, fill=255)
        inner = [*(middle - 0.55 * radius), *(middle + 0.55 * radius)]
        draw.ellipse(inner, fill=0 if figure == "ring" else 255)
    elif figure == "cross":
        for across in (False, True):
            arms = np.array([1, 0.3] if across else [0.3, 1]) * radius
            draw.rectangle([*(middle - arms), *(middle + arms)], fill=255)
    else:
        corners = 4 if figure == "square" else 3
        draw.regular_polygon((*middle, radius), corners, int(rng.integers(0, 360)), fill=255)
    colour = Image.new("RGB", (side, side), tuple(map(int, rng.integers(0, 256, 3))))
    picture.paste(colour, mask=shape)
    noisy = np.asarray(picture) + rng.normal(0, 12, (side, side, 3))
    return noisy.clip(0, 255).astype(np.uint8)


def epochs(data: Dataset, steps: int | None) -> dict[str, int]:
    """That make so many steps, and 20 at least; as `fit` has them if None."""
    if steps is None:
        return {}
    assert data.structure.is_test is not None
    learned = len(data) - int(data.structure.is_test.sum())
    return {"epochs": max(20, math.ceil(steps / math.ceil(learned / 64)))}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--ways", nargs="+", choices=list(WAYS), default=list(WAYS))
    parser.add_argument(
        "--steps", type=int, help="of the optimiser, at least; else as `fit` has it"
    )
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        data = dict(sets(Path(name)))
        print("| way |", " | ".join(data), "| ratio | s |")
        print("| --- |", "---: | " * (len(data) + 2))
        first: list[float] = []
        for way in given.ways:
            model, settings, training = WAYS[way]
            done = [
                sf.fit(each, model, settings=settings, reference=False,
                       training={**training, **epochs(each, given.steps)},
                       out=f"{name}/{way}/{place}")
                for place, each in enumerate(data.values())
            ]  # fmt: skip
            losses = [one.loss for one in done]
            first = first or losses
            ratio = math.exp(np.mean(np.log(np.divide(losses, first))))
            cells = [f"{one.error:.1%}, {one.loss:.2f}" for one in done]
            took = sum(one.seconds for one in done)
            print(f"| {way} |", " | ".join(cells), f"| {ratio:.3f} | {took:.0f} |", flush=True)


if __name__ == "__main__":
    main()
