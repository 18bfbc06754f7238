"""Photos decoded and brought to one size by every core."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch

from steadfit.data.near_copies import near_copies
from steadfit.data.readers.image_sizes import Size, frame_of, size_note
from steadfit.errors import SteadfitError, counted, some
from steadfit.formats.pictures import (
    WHITE,
    Fit,
    Frame,
    Look,
    decode,
    look_at,
    place,
    quiet,
    white_of,
)
from steadfit.kinds.image_inputs import as_grey
from steadfit.machine import usable_cores

Shape = tuple[int, int, int, int]  # images, channels, height, width
_TOGETHER = 256  # photos that are decoded, or looked at again, at a time
_SLIGHT = 16  # of 255: channels that differ by no more are a tint, or a lossy file's noise


class Asked(NamedTuple):
    """How photos are brought to one size; `steadfit.data.readers.images.read` has the settings."""

    size: Size | None
    pixels: int | None
    fit: Fit


@dataclass(frozen=True)
class Facts:
    """What there is to say of decoded photos.

    shape: of those that could be decoded, in the files' order. digest: SHA-256 of their pixels.
    broken: the place of each file that could not, and why. alike: pairs that are nearly the same.
    copies: pairs that are the same, the earlier one being the first of its kind.
    notes: sentences.
    """

    shape: Shape
    frame: Frame
    digest: str
    broken: Mapping[int, str]
    alike: tuple[tuple[int, int], ...]
    copies: tuple[tuple[int, int], ...]
    notes: tuple[str, ...]


def decode_all(
    files: Sequence[Path], root: Path, asked: Asked, room: Callable[[int], np.ndarray]
) -> Facts:
    """Decode photos, one after the other, into what `room` gives for so many bytes: uint8, flat.

    They come to the front of it, (images, channels, height, width), with one channel where all are
    grey, or most are and the others have a slight tint.
    """
    looks = {file: look for file in files if (look := look_at(file)) is not None}
    deep = [file for file, look in looks.items() if look.deep]
    sizes = [look.size for look in looks.values()]
    frame = frame_of(sizes, *asked, white_of(deep) if deep else WHITE)
    one = 3 * frame.height * frame.width
    pixels = room(len(files) * one)
    broken: dict[int, str] = {}
    tints: list[int] = []
    blank: list[int] = []
    with quiet(), ThreadPoolExecutor(usable_cores()) as threads:
        for begin in range(0, len(files), _TOGETHER):
            some_files = files[begin : begin + _TOGETHER]
            found = threads.map(lambda file: _decoded(file, frame), some_files)
            for number, photo in enumerate(found, begin):
                if isinstance(photo, str):
                    broken[number] = photo
                    continue
                start = len(tints) * one
                pixels[start : start + one] = photo.pixels.ravel()
                tints.append(photo.tint)
                blank += [number] if photo.blank else []
    names = [place(file, root) for number, file in enumerate(files) if number not in broken]
    colours = _colours(np.array(tints), names)
    shape = (len(tints), colours.channels, frame.height, frame.width)
    if colours.channels == 1:
        _make_grey(pixels, shape)
    images = pixels[: int(np.prod(shape))].reshape(shape)
    return Facts(
        shape=shape,
        frame=frame,
        digest=hashlib.sha256(images.data).hexdigest(),
        broken=broken,
        alike=tuple(near_copies(torch.from_numpy(images))),
        copies=tuple(_copies(images)),
        notes=(
            *_several_note(looks, root),
            *_depth_note(deep, frame.white),
            *size_note(sizes, frame),
            *colours.notes,
            *_blank_note([place(files[number], root) for number in blank]),
        ),
    )


def cannot_decode(file: Path, frame: Frame) -> bool:
    """Whether a photo still cannot be decoded."""
    with quiet():
        return isinstance(_decoded(file, frame), str)


class _Photo(NamedTuple):
    """pixels: (3, height, width). tint: the most by which channels of a pixel differ. blank:
    whether it has one colour all over."""

    pixels: np.ndarray
    tint: int
    blank: bool


def _decoded(file: Path, frame: Frame) -> _Photo | str:
    """A photo, or why there is none."""
    try:
        found = decode(file, frame)
    except SteadfitError as error:
        return str(error)
    tint = int((found.max(-1) - found.min(-1)).max())
    blank = bool((found == found[0, 0]).all())
    return _Photo(found.transpose(2, 0, 1), tint, blank)


class _Colours(NamedTuple):
    channels: int
    notes: Sequence[str] = ()


def _colours(tints: np.ndarray, names: Sequence[str]) -> _Colours:
    """How many channels photos have. tints: of each, as `_Photo` has it."""
    tinted = np.flatnonzero(tints).tolist()
    if not tinted:
        return _Colours(1)
    if 2 * len(tinted) > len(tints):
        return _Colours(3)
    coloured = [names[number] for number in tinted]
    have = "has" if len(tinted) == 1 else "have"
    if tints.max() > _SLIGHT:
        few = f"{counted(len(tinted), 'images')} of {len(tints)} {have} colour ({some(coloured)})"
        grey = len(tints) - len(tinted)
        return _Colours(3, [f"{few}, so all have three channels; {grey} are grey."])
    few = f"{counted(len(tinted), 'images')} among grey ones {have} a slight tint"
    return _Colours(1, [f"{few}, taken as grey: {some(coloured)}."])


def _make_grey(pixels: np.ndarray, shape: Shape) -> None:
    """Bring photos of three channels to one, in place and from the first on: a grey one ends before
    the next one in colour begins."""
    images, _, height, width = shape
    one = height * width
    for begin in range(0, images, _TOGETHER):
        end = min(begin + _TOGETHER, images)
        colour = pixels[3 * one * begin : 3 * one * end].reshape(-1, 3, height, width)
        pixels[one * begin : one * end] = as_grey(colour.transpose(0, 2, 3, 1)).ravel()


def _copies(images: np.ndarray) -> Iterator[tuple[int, int]]:
    first: dict[bytes, int] = {}
    for late, image in enumerate(images):
        early = first.setdefault(hashlib.blake2b(image.data, digest_size=16).digest(), late)
        if early != late:
            yield early, late


def _blank_note(blank: Sequence[str]) -> list[str]:
    if not blank:
        return []
    has = "has" if len(blank) == 1 else "have"
    return [f"{counted(len(blank), 'images')} {has} one colour all over: {some(blank)}."]


def _several_note(looks: Mapping[Path, Look], root: Path) -> list[str]:
    several = [place(path, root) for path, look in looks.items() if look.several]
    if not several:
        return []
    return [
        f"{counted(len(several), 'files')} with several pictures; the first of each is read: "
        f"{some(several)}."
    ]


def _depth_note(deep: Sequence[Path], white: int) -> list[str]:
    if white == WHITE:
        return []
    bits = white.bit_length()
    return [
        f"{counted(len(deep), 'images')} of 16 bits a pixel {'use' if len(deep) > 1 else 'uses'} "
        f"{bits} of them: {white} is white."
    ]
