"""Image files: the format is told by content."""

import os
import unicodedata
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import PIL
from PIL import Image, ImageOps, UnidentifiedImageError, features

from steadfit.errors import SteadfitError
from steadfit.machine import check_unpacked
from steadfit.regular_files import open_regular

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".avif", ".ppm",
            ".pgm", ".pbm")  # fmt: skip
READ = "PNG, JPEG, BMP, GIF, TIFF, WebP, AVIF, HEIC, PPM, PGM and PBM"
_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "AVIF", "HEIF", "PPM")  # no other
_AVIF = (b"avif", b"avis")
_HEIC = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
_SEVERAL = ("GIF", "TIFF", "WEBP", "PNG", "AVIF", "HEIF")  # MPO has a preview beside the picture
_ORIENTATION = 0x0112  # the EXIF tag; 5 to 8 swap height and width
WHITE = 65535  # of a file with 16 bits a pixel that uses all of them
_WHITES = (255, 1023, 4095, 16383, WHITE)
_LEFT_BEHIND = {"__macosx", "@eadir", "#recycle", "#snapshot", "@recycle", "$recycle.bin",
                "recycler", "system volume information", "lost+found", "thumbs.db", "ehthumbs.db",
                "desktop.ini", "icon\r", "picasa.ini", "zbthumbnail.info"}  # fmt: skip
_OTHERS = {  # what files called as images may begin with
    b"version https://git-lfs": "it is a pointer of Git LFS; git lfs pull fetches the picture.",
    b"<!doctype html": "it is a page of the web.",
    b"<html": "it is a page of the web.",
}


Fit = Literal["pad", "crop"]


class Frame(NamedTuple):
    """What every image is brought to.

    height, width: in pixels. fit: "pad" shows the whole image, and fills what is left of the frame
    with the median colour of its border; "crop" fills the frame, and cuts off what lies beyond.
    white: the value that counts as white in files of 16 bits a pixel.
    """

    height: int
    width: int
    fit: Fit = "pad"
    white: int = WHITE


def decoders() -> dict[str, str]:
    """The programs that decode, each with its version: of others the pixels may differ."""
    found = {name: features.version(name) for name in ("jpg", "libjpeg_turbo", "zlib", "webp",
             "avif", "libtiff", "jpg_2000")}  # fmt: skip
    with suppress(PackageNotFoundError):
        found["heif"] = version("pillow-heif")
    return {"pillow": PIL.__version__, **{name: told for name, told in found.items() if told}}


def left_behind(name: str) -> bool:
    """Whether a file or folder of this name is what a system or program leaves, or is hidden.

    Of archives from macOS, network storage, Windows, Jupyter (.ipynb_checkpoints).

    >>> left_behind("__MACOSX"), left_behind("._cat.jpg"), left_behind("cat.jpg")
    (True, True, False)
    """
    return name.startswith(".") or name.lower() in _LEFT_BEHIND


class Look(NamedTuple):
    """What a header tells: height and width, turned upright, whether a pixel has 16 bits, and
    whether there are several pictures in the file."""

    size: tuple[int, int]
    deep: bool
    several: bool


def is_picture(path: Path) -> bool:
    """Whether a file is an image by its content, or claims to be one by its suffix."""
    return path.suffix.lower() in SUFFIXES or look_at(path) is not None or _brand(path) is not None


def look_at(path: Path) -> Look | None:
    """What the header tells; None where there is none."""
    try:
        with quiet(), _opened(path) as image:
            turned = _orientation(image) >= 5
            size = image.size if turned else (image.height, image.width)
            deep = image.mode.startswith("I")
            return Look(size, deep, image.format in _SEVERAL and _has_several(image))
    except Exception:  # `load` says what is wrong with it
        return None


def _has_several(image: Image.Image) -> bool:
    try:
        return bool(getattr(image, "is_animated", False))
    except Exception:  # a cut-off file, which `load` may still read
        return False


def white_of(paths: Iterable[Path]) -> int:
    """What counts as white in files of 16 bits: the largest value of the bits that they use, of 8,
    10, 12, 14 or 16. Files that cannot be read are passed over."""
    brightest = 0
    for path in paths:
        with suppress(Exception), quiet(), _opened(path) as image:
            _check_pixels(image, path)
            brightest = max(brightest, int(np.asarray(image).max()))
    return next((white for white in _WHITES if brightest <= white), WHITE)


def load(path: Path, frame: Frame) -> np.ndarray:
    """One image as `read` prepares it: uint8, shape (height, width, 3).

    Raises SteadfitError, with the reason alone, where it cannot be decoded.
    """
    with quiet():
        return decode(path, frame)


def decode(path: Path, frame: Frame) -> np.ndarray:
    """`load` for a thread, within `quiet` of the thread that began it."""
    try:
        with _opened(path) as image:
            side = 2 * max(frame.height, frame.width)
            image.draft(None, (side, side))  # large JPEGs are decoded at a part of their size
            _check_pixels(image, path)
            return fitted(image, frame)
    except UnidentifiedImageError:
        raise SteadfitError(_unknown(path)) from None
    except Exception as error:  # a decoder given damaged bytes may raise anything
        reason = (
            str(error).replace(repr(str(path)), "it").replace(str(path), "it")
            or type(error).__name__
        )
        raise SteadfitError(reason.rstrip(".") + ".") from None


def _unknown(path: Path) -> str:
    """Why Pillow cannot read a file, and what can."""
    brand = _brand(path)
    if brand is None:
        with open_regular(path) as file:
            head = file.read(40).strip().lower()
        known = (said for begin, said in _OTHERS.items() if head.startswith(begin))
        return next(known, "it is no image that Pillow can read.") if head else "it is empty."
    if brand in _AVIF:
        return "it is an AVIF picture, which needs Pillow 11.3 or later to be read."
    return "it is a HEIC picture, which pillow-heif reads: pip install 'steadfit[heic]'."


def _brand(path: Path) -> bytes | None:
    """The brand of a HEIC or AVIF file; None for any other."""
    try:
        with open_regular(path) as file:
            return _brand_in(file.read(12))
    except (OSError, SteadfitError):
        return None


def _brand_in(head: bytes) -> bytes | None:
    return head[8:12] if head[4:8] == b"ftyp" and head[8:12] in (*_AVIF, *_HEIC) else None


def fitted(image: Image.Image, frame: Frame) -> np.ndarray:
    """An image in memory as `load` gives it. Raises SteadfitError for more than 16 bits a pixel."""
    picture = _eight_bits(_upright(image), frame.white)
    if frame.fit == "crop":
        return np.asarray(ImageOps.fit(picture, (frame.width, frame.height)))
    scale = min(frame.height / picture.height, frame.width / picture.width)
    across, down = (max(1, round(side * scale)) for side in picture.size)
    pixels = np.asarray(picture.resize((across, down)))
    top, left = (frame.height - down) // 2, (frame.width - across) // 2
    whole = np.empty((frame.height, frame.width, 3), np.uint8)
    whole[:] = _border(pixels)
    whole[top : top + down, left : left + across] = pixels
    return whole


def _border(pixels: np.ndarray) -> np.ndarray:
    """The median colour of an image's outermost pixels."""
    sides = (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1])
    return np.median(np.concatenate(sides), axis=0).astype(np.uint8)


def kept(size: tuple[int, int], frame: Frame) -> float:
    """The share of an image's pixels that the frame has room for. size: height and width.

    >>> kept((400, 600), Frame(100, 150)), kept((400, 600), Frame(40, 45, "crop"))
    (0.0625, 0.0075)
    """
    scales = frame.height / size[0], frame.width / size[1]
    shown = min(scales) ** 2 if frame.fit == "pad" else scales[0] * scales[1]
    return min(1.0, shown)


def _upright(image: Image.Image) -> Image.Image:
    """Turned as its EXIF block says; as it is where that block is damaged, which says nothing of
    the pixels."""
    image.load()  # what is wrong with the pixels is raised here, not taken for the block
    try:
        return ImageOps.exif_transpose(image)
    except Exception:  # Pillow raises several kinds for what is no EXIF
        return image


def _check_pixels(image: Image.Image, path: Path) -> None:
    """Refuse to decode more pixels than Pillow deems safe, of a JPEG perhaps a part of them, and
    more than fit into the memory."""
    count, most = image.width * image.height, Image.MAX_IMAGE_PIXELS
    if most is not None and count > most:
        raise SteadfitError(f"it has {count:,} pixels, and at most {most:,} are decoded")
    needed = count * _bytes_a_pixel(image)
    check_unpacked("it", needed, path.stat().st_size, "save it smaller")


@contextmanager
def quiet() -> Iterator[None]:
    """Without Pillow's remarks on odd headers, and on many pixels.

    Filters of warnings are those of all threads, so only one may set them at a time.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """The image, its pixels not yet decoded. Twice as many as Pillow deems safe are an error."""
    with open_regular(path) as file:
        known = _formats(_brand_in(file.read(12)) in _HEIC)
        file.seek(0)
        with Image.open(file, formats=known) as image:
            yield image


@cache
def _formats(heic: bool) -> tuple[str, ...]:
    """Of `_FORMATS`, those that this Pillow reads; HEIC by pillow-heif, if it is there."""
    if heic:
        with suppress(ImportError):
            import pillow_heif  # pyright: ignore[reportMissingImports]

            pillow_heif.register_heif_opener()
    Image.init()
    return tuple(name for name in _FORMATS if name in Image.OPEN)


def _bytes_a_pixel(image: Image.Image) -> int:
    """What `load` takes at its peak, as measured: a few copies, of four bytes for colour."""
    flat = image.mode in ("1", "L", "P") and not image.has_transparency_data
    return 6 if flat else 20


def _eight_bits(image: Image.Image, white: int) -> Image.Image:
    """Any mode of Pillow's as RGB."""
    if image.mode == "F":
        raise SteadfitError("its pixels are floating-point numbers; give such data as .npz")
    if image.mode.startswith("I"):
        values = np.asarray(image)
        if values.min() < 0 or values.max() > 65535:
            raise SteadfitError("its pixels have more than 16 bits; give such data as .npz")
        shares = np.minimum(values.astype(np.int64), white) * 255 // white
        return Image.fromarray(shares.astype(np.uint8)).convert("RGB")
    layer = image.convert("RGBA") if image.has_transparency_data else None
    if layer is not None and layer.getchannel("A").getbbox():  # of a picture, not of nothing
        return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")
    return image.convert("RGB")


def _orientation(image: Image.Image) -> int:
    try:
        return image.getexif().get(_ORIENTATION, 1)
    except Exception:  # as in `_upright`
        return 1


def composed(name: str) -> str:
    """A name with each accent on its letter: macOS writes them apart, others do not."""
    return unicodedata.normalize("NFC", name)


def place(path: Path, root: Path) -> str:
    """The path below the root, as text whatever the bytes of its name."""
    return os.fsencode(path.relative_to(root).as_posix()).decode("utf-8", "backslashreplace")
