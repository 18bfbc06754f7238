"""1,000 images of which 5% are damaged in 8 ways, and 10 that are odd but sound."""

import os
import re
from pathlib import Path

import numpy as np
from PIL import Image

from faults.hostile import png_that_claims
from steadfit.data import read

RNG = np.random.default_rng(0)
IMAGES, CLASSES, EACH_WAY = 1000, 4, (7, 7, 6, 6, 6, 6, 6, 6)  # 50 in all


def pixels(*shape: int) -> np.ndarray:
    return RNG.integers(0, 256, shape, dtype=np.uint8)


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-200])


def zero_bytes(path: Path) -> None:
    path.write_bytes(b"")


def text(path: Path) -> None:
    path.write_text("<!DOCTYPE html><title>404</title>")


def other_file(path: Path) -> None:
    """The extension is wrong: a zip's first bytes, not an image of another format."""
    path.write_bytes(b"PK\x03\x04" + bytes(500))


def flipped(path: Path) -> None:
    """A bit in each of the compressed bytes, whose checksum then is wrong."""
    content = bytearray(path.read_bytes())
    for place in range(60, len(content) - 20):
        content[place] ^= 1
    path.write_bytes(bytes(content))


def huge(path: Path) -> None:
    path.write_bytes(png_that_claims(60_000, 60_000))


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def dangling(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.parent / "absent.png")


WAYS = (truncated, zero_bytes, text, other_file, flipped, huge, a_folder, dangling)


def odd(folder: Path) -> list[str]:
    """Sound images of kinds that a careless reader refuses."""
    grey = Image.fromarray(pixels(16, 16))
    colour = Image.fromarray(pixels(16, 16, 3))
    frames = [Image.fromarray(pixels(16, 16)) for _ in range(3)]
    kinds = {
        "animated.gif": lambda path: frames[0].save(path, save_all=True, append_images=frames[1:]),
        "palette.png": colour.convert("P").save,
        "cmyk.jpg": colour.convert("CMYK").save,
        "cmyk.tif": colour.convert("CMYK").save,
        "bits16.png": Image.fromarray(pixels(16, 16).astype(np.uint16) * 257).save,
        "black_and_white.png": grey.convert("1").save,
        "see_through.png": colour.convert("RGBA").save,
        "grey_see_through.webp": grey.convert("LA").save,
        "jpeg_named.png": lambda path: grey.save(path, format="JPEG"),
        "progressive.jpg": lambda path: colour.save(path, progressive=True),
    }
    for name, save in kinds.items():
        save(folder / name)
    return list(kinds)


def test_each_damaged_image_is_named_and_none_is_used(tmp_path: Path) -> None:
    names = [f"{'abcd'[i % CLASSES]}/{i:04}.png" for i in range(IMAGES)]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.fromarray(pixels(16, 16)).save(tmp_path / name)
    kinds = [f"a/{name}" for name in odd(tmp_path / "a")]
    spoiled = [str(name) for name in RNG.choice(names, sum(EACH_WAY), replace=False)]
    ways = [way for way, count in zip(WAYS, EACH_WAY, strict=True) for _ in range(count)]
    for name, way in zip(spoiled, ways, strict=True):
        way(tmp_path / name)
    data = read(tmp_path)
    assert set(data.ids) == (set(names) | set(kinds)) - set(spoiled)
    one = [note for note in data.notes if any(note.startswith(f"{name} ") for name in spoiled)]
    many = [found for note in data.notes if (found := re.match(r"(\d+) images are left out", note))]
    assert len(one) + sum(int(found[1]) for found in many) == len(spoiled)
    assert all(any(name in found.string for name in spoiled) for found in many)
    assert len(data.notes) < 30, "many of a kind are summed up"
    assert not any(os.fspath(tmp_path) in note for note in data.notes[1:])
    assert not [note for note in data.notes if any(note.startswith(kind) for kind in kinds)]
