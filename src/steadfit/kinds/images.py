"""Images of one size."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from steadfit.errors import SteadfitError
from steadfit.formats import Form
from steadfit.formats.pictures import WHITE, Fit, Frame, composed
from steadfit.kinds import image_changes
from steadfit.kinds.base import Kind
from steadfit.kinds.image_inputs import check_scale, images_in_memory, read_images
from steadfit.kinds.mirrored import Mirrored, chosen, try_mirrored
from steadfit.kinds.moments import moments
from steadfit.kinds.own_changes import own_change
from steadfit.kinds.preparation import Preparation
from steadfit.kinds.rand_augment import check_rand_augment, rand_augment
from steadfit.kinds.random import noise
from steadfit.kinds.signature import Signature, image_signature
from steadfit.kinds.stored import Pixels, Stored
from steadfit.kinds.values import Examples, Mixture, Packed, Usual, existing, said
from steadfit.recipe import Augmentation

_IMAGES, _VALUES = 512, 2**21  # of a batch that is predicted, at most; values take 4 bytes each
_ROWS = 750 * 10**6  # bytes of images as rows of numbers, of which a worker holds two
_SMALL = 16  # pixels a side that a reference model is given, at most
_MANY = 5_000  # photos, of which a network learns by itself what a pretrained one knows
_PHOTO = 32  # pixels of the shorter side of what is trained as a photo, at least


@dataclass(frozen=True)
class Images(Kind[Tensor]):
    """Images: uint8 or float32, shape (examples, channels, height, width).

    white, framing: how files are brought to this size (`steadfit.formats.pictures.Frame`), which
    tells no image in memory from another.
    """

    channels: int
    height: int
    width: int
    white: int = field(default=WHITE, compare=False)
    framing: Fit = field(default="pad", compare=False)

    name = several = "images"
    changes = frozenset(
        {"shift", "flip", "rotation", "noise", "crop", "colour", "mixup", "cutmix", "randaugment"}
    )
    model = "convnet"
    remedies = ("augment",)
    references = ("logistic regression", "ridge regression", "HOG and logistic regression")
    labels_beside = True
    least_steps = 160

    def usual(self, x: Pixels, y: Tensor, rows: Tensor) -> Usual:
        """Photos are shifted at random, mirrored where that changes no meaning, and get a
        temperature (docs/images.md)."""
        if self.channels != 3 or min(self.height, self.width) < _PHOTO:
            return Usual()
        some = rows[chosen(len(rows))]
        images = x[some]
        tried = try_mirrored(self.matrix(images), self.matrix(images.flip(-1)), y[some].numpy())
        return Usual(
            training={
                "augmentation": {"flip": tried.may, "shift": 0.1},
                "calibrate": 0.2,
                "refit": True,
            },
            notes=(_said_of(tried), *_few(len(rows))),
        )

    @property
    def _frame(self) -> Frame:
        return Frame(self.height, self.width, self.framing, self.white)

    @classmethod
    def holds(cls, x: object) -> bool:
        return isinstance(x, Tensor | Stored) and x.ndim == 4

    @classmethod
    def of(cls, x: Pixels) -> Self:
        channels, height, width = x.shape[1:]
        return cls(channels, height, width)

    def __str__(self) -> str:
        return f"images of {self.channels}×{self.height}×{self.width}"

    def size(self, x: Pixels) -> str:
        return "×".join(map(str, x.shape[1:]))

    def shape(self, x: Pixels) -> tuple[int, ...]:
        return tuple(x.shape[1:])

    def changed_by(self, code: Any, x: Tensor) -> Tensor:
        return own_change(code, x)

    def check_shape(self, shape: tuple[int, ...]) -> None:
        if shape != (self.channels, self.height, self.width):
            raise ValueError(f"a shape of {self} was expected, got {shape}")

    def read(self, source: Path, form: Form | None, **options: Any) -> Examples:
        """As `image_inputs.read_images`; there are no options."""
        if options:
            raise SteadfitError(
                f"{', '.join(options)} does not apply to image models. Leave it out."
            )
        return read_images(source, self.channels, self._frame)

    def labels_of(self, names: Sequence[str], classes: Sequence[str]) -> tuple[str, ...]:
        """The name of a class among the folders that a picture lies in."""
        folders = (Path(composed(name)).parts[:-1] for name in names)
        return tuple(next((part for part in parts if part in classes), "") for parts in folders)

    def columns(self, x: Pixels) -> int:
        factor = self._shrinking
        return self.channels * -(-self.height // factor) * -(-self.width // factor)

    def matrix(self, x: Pixels) -> np.ndarray:
        """Pixels of images shrunk by a whole factor to `_SMALL` pixels or fewer a side: means of
        squares, which at the border may be cut. Raises SteadfitError as `check_rows`."""
        check_rows(len(x), self.columns(x))
        found, end = torch.empty(len(x), self.columns(x), dtype=torch.float64), 0
        for part in x.split(self._together):  # small results between large ones pin the heap
            begin, end = end, end + len(part)
            found[begin:end] = self.flat(part.double())
        return found.numpy()

    def flat(self, x: Tensor) -> Tensor:
        return avg_pool2d(x, self._shrinking, ceil_mode=True).flatten(1)

    @property
    def _together(self) -> int:
        """How many images are computed at a time: fewer of large ones, as what a network makes of
        them is many times as large."""
        return max(1, min(_IMAGES, _VALUES // (self.channels * self.height * self.width)))

    @property
    def _shrinking(self) -> int:
        return -(-max(self.height, self.width) // _SMALL)

    def from_memory(self, given: Any, form: Form | None) -> Tensor:
        """A path, of a folder too, an image of Pillow's, an array, or a list of one of these.

        Files and images of Pillow's are resized as in training. Arrays have their size, grey ones
        perhaps no channel, others perhaps their channels last.
        """
        if isinstance(given, (str, Path)):
            return said(self.read(existing(given), form))
        return images_in_memory(given, self.channels, self._frame)

    def rows(self, x: Pixels) -> Iterator[np.ndarray]:
        return (image.numpy() for image in x)

    def tensors(self, x: Pixels) -> tuple[Tensor, ...]:
        return () if isinstance(x, Stored) else (x,)

    def content(self, x: Pixels) -> Iterator[bytes | memoryview]:
        return x.content() if isinstance(x, Stored) else super().content(x)

    def taken(self, x: Pixels, indices: Tensor) -> Any:
        return x.at(indices) if isinstance(x, Stored) else x[indices]

    def packed(self, x: Pixels) -> Packed:
        if isinstance(x, Stored):
            words = {"set": x.file.path.parent.name, "of": x.file.shape}
            return Packed({"positions": x.positions.numpy()}, words)
        return Packed({"x": x.numpy()}, {})

    def unpacked(self, packed: Packed) -> Any:
        if "set" in packed.words:
            return Stored.named(packed.words["set"], packed.words["of"], packed.arrays["positions"])
        return torch.from_numpy(packed.arrays["x"])

    def fit(self, x: Pixels, indices: Tensor) -> dict[str, Any]:
        mean, std = moments(x, indices)
        return {"mean": mean, "std": std}

    def means(self, shape: tuple[int, ...]) -> int:
        return self.channels

    def prepared(
        self, x: Pixels, prepare: Callable[[Tensor], Tensor]
    ) -> Callable[[Tensor], Tensor]:
        """Images are prepared when they are drawn, as their bytes take less room."""
        return lambda rows: prepare(x[rows])

    def placed(self, x: Tensor, device: str) -> Tensor:
        """Channels last in memory, which is faster."""
        return x.to(device, memory_format=torch.channels_last)

    def padded(self, x: Tensor) -> Tensor:
        return x

    def shuffled(
        self, x: Pixels, rows: Tensor, batches: int, generator: torch.Generator
    ) -> tuple[Tensor, ...]:
        return rows.tensor_split(batches)

    def to_predict(self, x: Pixels) -> Iterator[Tensor]:
        yield from torch.arange(len(x)).split(self._together)

    def signature(self, shape: tuple[int, ...], preparations: Sequence[Preparation]) -> Signature:
        return image_signature(shape, preparations)

    def check_values(self, x: Pixels, preparation: Preparation) -> None:
        if isinstance(x, Tensor) and len(x):
            check_scale(x, preparation.mean, preparation.std)

    def check_changes(self, settings: Augmentation) -> None:
        super().check_changes(settings)
        if settings.randaugment:
            check_rand_augment()

    def changed_unprepared(
        self, x: Tensor, settings: Augmentation, generator: torch.Generator
    ) -> Tensor:
        strength = settings.randaugment
        return rand_augment(x, strength, generator) if strength else x

    def mixed(self, x: Tensor, settings: Augmentation, generator: torch.Generator) -> Mixture:
        return image_changes.mixed(x, settings, generator)

    def _changed(self, x: Tensor, settings: Augmentation, generator: torch.Generator) -> Tensor:
        if settings.rotation or settings.crop:
            x = image_changes.warped(x, settings, generator)
        elif settings.shift or settings.flip:
            x = image_changes.moved(x, settings, generator)
        if settings.colour:
            x = image_changes.coloured(x, settings, generator)
        return x + noise(x, settings, generator) if settings.noise else x


def check_rows(images: int, columns: int) -> None:
    """Raise SteadfitError for images that would take too much memory as rows of numbers: a linear
    model needs them all at once, and a copy."""
    needed = 8 * images * columns
    if needed > _ROWS:
        raise SteadfitError(
            f"{images:,} images as rows of {columns:,} numbers take {needed / 1e9:.2f} GB, and at "
            f"most {_ROWS / 1e9:.2f} GB are given to a simple model."
        )


def _said_of(tried: Mirrored) -> str:
    may = "mirrored at random" if tried.may else "not mirrored"
    told = f"Images are {may} in training: {tried.in_words()}."
    return told if tried.may else f"{told} Where they mean the same, try the remedy flip."


def _few(images: int) -> tuple[str, ...]:
    if images >= _MANY:
        return ()
    return (
        f"{images:,} photos are few to learn from. A network that was trained on others most often "
        "makes far fewer errors: pip install 'steadfit[vision]', then steadfit study PHOTOS "
        '--model timm:efficientnet_lite0; in Python model="timm:efficientnet_lite0".',
    )
