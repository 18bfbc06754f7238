"""How many errors are made with photos read at 64, 96 and 128 pixels.

    OMP_NUM_THREADS=1 python benchmarks/training/photo_sides.py [--weights lite0.safetensors]

docs/images.md has the protocol. The photos are windows of six photographs of scikit-image's and
scikit-learn's, those to learn from and those to judge out of different halves. Ways: with weights a
frozen EfficientNet-lite0, and `fit` as it is. For each: the error, the cross-entropy, and the
processor's seconds.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import skimage
import sklearn
from PIL import Image, ImageEnhance

import steadfit as sf

SIDES, SIDE = (64, 96, 128), 128
EACH = 25  # windows of a photograph to learn from, and as many to judge
_OF_SKIMAGE = ("astronaut", "chelsea", "coffee", "motorcycle_left")
_OF_SKLEARN = ("china", "flower")


def photographs() -> Iterator[tuple[str, Image.Image]]:
    """Each with its name."""
    for package, below, names in (
        (skimage, "data", _OF_SKIMAGE),
        (sklearn, "datasets/images", _OF_SKLEARN),
    ):
        folder = Path(str(package.__file__)).parent / below
        for name in names:
            yield name, Image.open(next(folder.glob(f"{name}.[pj]*g"))).convert("RGB")


def write_windows(folder: Path) -> None:
    """Windows of 90 to 180 pixels, turned by a quarter or not, in other light and colour, at 128
    pixels. The left half of a photograph is learned from, the right one judges."""
    rng = np.random.default_rng(0)
    for name, photograph in photographs():
        half = photograph.width // 2
        for side, left in (("train", 0), ("test", half)):
            (folder / side / name).mkdir(parents=True)
            for number in range(EACH):
                size = int(rng.integers(90, 181))
                across = left + int(rng.integers(0, half - size + 1))
                down = int(rng.integers(0, photograph.height - size + 1))
                window = photograph.crop((across, down, across + size, down + size))
                window = window.resize((SIDE, SIDE)).rotate(90 * int(rng.integers(0, 4)))
                for change in (ImageEnhance.Brightness, ImageEnhance.Contrast, ImageEnhance.Color):
                    window = change(window).enhance(rng.uniform(0.4, 1.6))
                window.save(folder / side / name / f"{number:02}.png")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--weights", help="of EfficientNet-lite0, as timm names them")
    given = parser.parse_args()
    print("| way | pixels | error | cross-entropy | s |")
    print("| --- | ---: | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as name:
        write_windows(Path(name, "windows"))
        for way in ("frozen", "fit") if given.weights else ("fit",):
            for pixels in SIDES:
                began = time.process_time()
                data = sf.read(Path(name, "windows"), pixels=pixels)
                done = sf.fit(data, **chosen(way, pixels, given.weights), reference=False,
                              out=f"{name}/run")  # fmt: skip
                took = time.process_time() - began
                told = f"{done.error:.1%} | {done.loss:.2f} | {took:.0f}"
                print(f"| {way} | {pixels} | {told} |", flush=True)


def chosen(way: str, pixels: int, weights: str | None) -> dict:
    """The network and its settings."""
    if way == "fit":
        return {}
    network = sf.pretrained("timm:efficientnet_lite0", weights)
    return {"model": network, "settings": {"side": pixels}}


if __name__ == "__main__":
    main()
