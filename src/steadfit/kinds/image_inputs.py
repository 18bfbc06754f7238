"""Image files and arrays without labels, brought to the size that a model takes."""

import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL.Image import Image
from torch import Tensor

from steadfit.errors import SteadfitError, counted, some
from steadfit.formats import pictures
from steadfit.formats.arrays import as_array, finite, named, writable
from steadfit.formats.npz import load_arrays
from steadfit.formats.pictures import Frame
from steadfit.kinds.values import Examples
from steadfit.machine import check_free

Size = tuple[int, int, int]  # channels, height, width
_SHARES = 2.0  # that a mean of images from 0 to 1, scaled in any usual way, does not exceed
_LUMINANCE = (0.299, 0.587, 0.114)  # ITU-R BT.601


def read_images(source: Path, channels: int, frame: Frame) -> Examples:
    """Images to predict, what each is called, and notes on those left out.

    source: an image, a folder of images (at any depth), or an .npz file with an array `x` of shape
    (examples, height, width), (examples, channels, height, width) or the same with channels last.
    frame: image files are brought to it as in training, arrays must have its size.

    Images of a folder that cannot be read are left out, and are in `damaged` with the reason.

    Raises SteadfitError where no image can be read, and for an unreadable array, another shape, or
    nothing to read.
    """
    shape = (channels, frame.height, frame.width)
    if source.suffix.lower() == ".npz":
        return _from_npz(source, shape)
    root, files = (source.parent, [source]) if source.is_file() else (source, _files(source))
    if not files:
        raise SteadfitError(
            f"{source} must have images ({', '.join(pictures.SUFFIXES)}), got none."
        )
    check_free(f"{source}", 2 * len(files) * math.prod(shape))  # one by one, and then in one array
    found, damaged = {}, {}
    for file in files:
        name = pictures.place(file, root)
        try:
            found[name] = _image(file, channels, frame)
        except SteadfitError as error:
            damaged[name] = str(error)
    if not found:
        name, reason = next(iter(damaged.items()))
        raise SteadfitError(
            f"{source} must have images that can be read, got none. {name}: {reason} Check the "
            "files."
        )
    notes = (
        *_depth_note(files, root, frame.white),
        *(f"{name} cannot be predicted: {reason}" for name, reason in damaged.items()),
    )
    return Examples(torch.stack(list(found.values())), tuple(found), notes, damaged=damaged)


def _depth_note(files: Sequence[Path], root: Path, white: int) -> list[str]:
    """What is to be said of files of 16 bits whose white may be another one than in training."""
    deep = [file for file in files if (look := pictures.look_at(file)) and look.deep]
    used = pictures.white_of(deep) if deep else white
    if used <= white < pictures.WHITE or used == white:
        return []
    names = some([pictures.place(file, root) for file in deep])
    seem = "too bright" if used > white else "too dark"
    return [
        f"{counted(len(deep), 'images')} of 16 bits a pixel with values up to {used}: {names}. As "
        f"in training {white} is white, so they may be {seem}."
    ]


def _files(folder: Path) -> list[Path]:
    """Raises SteadfitError for a folder that cannot be listed."""

    def refuse(error: OSError) -> None:
        raise SteadfitError(f"{error.filename} cannot be listed: {error.strerror}.")

    found = []
    for at, folders, names in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not pictures.left_behind(name)]
        found += [Path(at, name) for name in names if not pictures.left_behind(name)]
    return sorted(file for file in found if pictures.is_picture(file))


def _image(file: Path, channels: int, frame: Frame) -> Tensor:
    return _as_trained(pictures.load(file, frame), channels)


def as_grey(pixels: np.ndarray) -> np.ndarray:
    """Pixels (…, 3) as their luminance, uint8, shape (…, 1); grey ones as they are."""
    if (pixels[..., :1] == pixels).all():
        return pixels[..., :1]
    return np.rint(pixels @ np.array(_LUMINANCE))[..., None].astype(np.uint8)


def _as_trained(pixels: np.ndarray, channels: int) -> Tensor:
    """Pixels (height, width, 3) as (channels, height, width); grey where one channel is wanted."""
    pixels = as_grey(pixels) if channels == 1 else pixels
    return torch.from_numpy(pixels[..., :channels].transpose(2, 0, 1).copy())


def images_in_memory(given: Any, channels: int, frame: Frame) -> Tensor:
    """One image or several: paths, images of Pillow's, or arrays of the frame's size.

    Raises SteadfitError for an image that cannot be read, and for arrays of another shape.
    """
    several = list(given) if isinstance(given, (list, tuple)) else [given]
    if several and all(isinstance(each, (str, Path, Image)) for each in several):
        return torch.stack([_picture(each, channels, frame) for each in several])
    shape = (channels, frame.height, frame.width)
    x = as_array(given, "x")
    if x.dtype.kind == "U":
        raise SteadfitError("Images must be paths, images of Pillow's or arrays, got texts.")
    sides = shape[1:]
    last = (*sides, channels)
    if x.shape in (shape, last, *([sides] if channels == 1 else [])):
        x = x[None]
    if x.ndim == 3 and channels == 1:
        x = x[:, None]
    elif x.shape[1:] == last != shape:
        x = x.transpose(0, 3, 1, 2)
    if x.shape[1:] != shape:
        raise SteadfitError(
            f"Images must be of shape (examples, {', '.join(map(str, shape))}), got an array of "
            f"shape {x.shape}. Give paths or images of Pillow's, which are resized, or resize "
            "them."
        )
    return torch.from_numpy(np.ascontiguousarray(writable(x)))


def check_scale(x: Tensor, mean: Sequence[float], std: Sequence[float]) -> None:
    """Raise SteadfitError for images from 0 to 1 where those trained on were not, or for whole
    numbers where those were. mean, std: of each channel of these."""
    most, shares = float(x.max()), x.is_floating_point()
    too_small = shares and 0 < most <= 1 and max(mean) > _SHARES
    too_large = not shares and most > 1 and max(mean) <= 1 and max(std) <= 0.5  # the most of shares
    if too_small or too_large:
        change = "multiplied" if too_small else "divided"
        raise SteadfitError(
            "Images must have values on the scale of those trained on, whose mean is "
            f"{max(mean):.3g}, got values up to {most:.3g}. Most often they must be {change} by "
            "255."
        )


def _picture(given: str | Path | Image, channels: int, frame: Frame) -> Tensor:
    try:
        if isinstance(given, Image):
            return _as_trained(pictures.fitted(given, frame), channels)
        return _image(Path(given), channels, frame)
    except SteadfitError as error:
        name = given if isinstance(given, (str, Path)) else "An image"
        raise SteadfitError(f"{name} cannot be used: {error}") from None


def _from_npz(file: Path, shape: Size) -> Examples:
    arrays, others = load_arrays(file, ["x"])
    if "x" not in arrays:
        raise SteadfitError(
            f"{file} must have the examples to predict as an array x, got "
            f"{', '.join(others) or 'nothing'}."
        )
    x = arrays["x"]
    if x.ndim == 3:
        x = x[:, None]
    elif x.ndim == 4 and x.shape[1:] != shape and x.shape[-1] == shape[0]:
        x = x.transpose(0, 3, 1, 2)
    if x.ndim != 4 or x.shape[1:] != shape or x.dtype.kind not in "buif":
        raise SteadfitError(
            f"{file}: x must be numbers of shape (examples, {', '.join(map(str, shape))}), got "
            f"{x.dtype} of shape {x.shape}."
        )
    ids = named((), len(x))
    return Examples(finite(np.ascontiguousarray(x), ids, f"{file}: x"), ids)
