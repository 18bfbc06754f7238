"""Image files: the format is told by content."""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from steadfit.errors import SteadfitError
from steadfit.machine import check_unpacked
from steadfit.regular_files import open_regular

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp")
_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP")  # nothing else is ever decoded
_ORIENTATION = 0x0112  # the EXIF tag; 5 to 8 swap height and width


_LEFT_BEHIND = {"__macosx", "@eadir", "#recycle", "lost+found", "thumbs.db", "desktop.ini"}


def left_behind(name: str) -> bool:
    """Whether a file or folder of this name is what a system or program leaves, or is hidden.

    Of archives from macOS, network storage, Windows, Jupyter (.ipynb_checkpoints).

    >>> left_behind("__MACOSX"), left_behind("._cat.jpg"), left_behind("cat.jpg")
    (True, True, False)
    """
    return name.startswith(".") or name.lower() in _LEFT_BEHIND


def load(path: Path, height: int, width: int) -> np.ndarray:
    """One image as `read` prepares it: uint8, shape (height, width, 3).

    Raises SteadfitError, with the reason alone, where it cannot be decoded.
    """
    try:
        with _opened(path) as image:
            side = 2 * max(height, width)
            image.draft(None, (side, side))  # large JPEGs are decoded at a part of their size
            _check_pixels(image)
            needed = image.width * image.height * _bytes_a_pixel(image)
            check_unpacked("it", needed, path.stat().st_size, "save it smaller")
            return fitted(image, height, width)
    except UnidentifiedImageError:
        raise SteadfitError("it is no image that Pillow can read.") from None
    except Exception as error:  # a decoder given damaged bytes may raise anything
        reason = (
            str(error).replace(repr(str(path)), "it").replace(str(path), "it")
            or type(error).__name__
        )
        raise SteadfitError(reason.rstrip(".") + ".") from None


def fitted(image: Image.Image, height: int, width: int) -> np.ndarray:
    """An image in memory as `load` gives it. Raises SteadfitError for more than 16 bits a pixel."""
    picture = _eight_bits(_upright(image))
    scale = min(height / picture.height, width / picture.width)
    across, down = (max(1, round(side * scale)) for side in picture.size)
    pixels = np.asarray(picture.resize((across, down)))
    down, across = height - pixels.shape[0], width - pixels.shape[1]
    pads = ((down // 2, down - down // 2), (across // 2, across - across // 2), (0, 0))
    return np.pad(pixels, pads, mode="edge")


def _upright(image: Image.Image) -> Image.Image:
    """Turned as its EXIF block says; as it is where that block is damaged, which says nothing of
    the pixels."""
    image.load()  # what is wrong with the pixels is raised here, not taken for the block
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # Pillow raises several kinds for what is no EXIF
        return image


def _check_pixels(image: Image.Image) -> None:
    """Refuse to decode more pixels than Pillow deems safe; of a JPEG a part of them may do."""
    count, most = image.width * image.height, Image.MAX_IMAGE_PIXELS
    if most is not None and count > most:
        raise SteadfitError(f"it has {count:,} pixels, and at most {most:,} are decoded")


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """The image, its pixels not yet decoded. Twice as many as Pillow deems safe are an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's remarks on odd headers, and on many pixels
        with open_regular(path) as file, Image.open(file, formats=_FORMATS) as image:
            yield image


def _bytes_a_pixel(image: Image.Image) -> int:
    """What `load` takes at its peak, as measured: a few copies, of four bytes for colour."""
    flat = image.mode in ("1", "L", "P") and not image.has_transparency_data
    return 6 if flat else 20


def _eight_bits(image: Image.Image) -> Image.Image:
    """Any mode of Pillow's as RGB."""
    if image.mode == "F":
        raise SteadfitError("its pixels are floating-point numbers; give such data as .npz")
    if image.mode.startswith("I"):
        values = np.asarray(image)
        if values.min() < 0 or values.max() > 65535:
            raise SteadfitError("its pixels have more than 16 bits; give such data as .npz")
        return Image.fromarray((values // 257).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")
    return image.convert("RGB")


def size_of(path: Path) -> tuple[int, int] | None:
    """Height and width from the header, turned upright; None where there is no header."""
    try:
        with _opened(path) as image:
            turned = _orientation(image) >= 5
            return image.size if turned else (image.height, image.width)
    except Exception:  # `load` says what is wrong with it
        return None


def _orientation(image: Image.Image) -> int:
    try:
        return image.getexif().get(_ORIENTATION, 1)
    except Exception:  # as in `_upright`
        return 1


def place(path: Path, root: Path) -> str:
    """The path below the root, as text whatever the bytes of its name."""
    return os.fsencode(path.relative_to(root).as_posix()).decode("utf-8", "backslashreplace")
