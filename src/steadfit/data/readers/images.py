"""A folder of images, one folder a class, with or without train/ and test/ above them."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from steadfit.data.arrays import from_arrays
from steadfit.data.dataset import Dataset
from steadfit.errors import SteadfitError, counted, some
from steadfit.files import reading
from steadfit.formats.pictures import SUFFIXES, left_behind, load, place, size_of

_NO_CLASS, _NO_IMAGE = "lies in no class folder", "is no image"
_TESTS = ("test", "testing", "val", "valid", "validation")  # the first that is there tests
_PARTS = ("train", "test", "val", "dev", "eval")  # what the names of parts begin with
_NOT_MEANT = (_NO_CLASS, _NO_IMAGE)
_NOTES = 5  # on files of one of these kinds, at most
_LONGEST = 64  # pixels; what a small network trains on in seconds rather than minutes


@dataclass(frozen=True)
class _File:
    path: Path
    label: str
    is_test: bool


@dataclass(frozen=True)
class _Findings:
    """What a folder holds besides the images that could be read, as sentences."""

    files: list[_File]
    notes: list[str]


def read(
    source: str | Path,
    *,
    size: int | None = None,
    pixels: int = _LONGEST,
    damaged: float = 0.05,
) -> Dataset:
    """A folder of PNG, JPEG, BMP, GIF, TIFF or WebP images; the format is told by content.

    Each folder in `source`, or in source/train and source/test, is a class; images in folders
    below it are its own. The two may be called training and testing too, with capitals; where there
    is no test folder, val, valid or validation is in its place. A test folder without class folders
    is left out. Hidden files, what other programs leave behind, links
    that lead out of the folder and linked folders are left out; other files that are no images are
    left out and named in the notes.
    size: the images' height and width. If None, the median height and the median width, both
        scaled down where the longer one is above `pixels`.
    pixels: of the longer side, kept at most where no size is given.
    damaged: the largest share of images that may be unreadable; each is named in the notes.

    An image is turned as its EXIF orientation says, laid on white where it is transparent, brought
    to 8 bits a channel, scaled to fit with its proportions kept, and centred; its border pixels
    are repeated outwards to fill the rest. Of several frames the first is read. If all images are
    grey there is one channel, else three.

    Raises SteadfitError for a folder without class folders, one whose folders are parts that each
    hold the same classes, a class without images, and more unreadable images than allowed.
    """
    root = Path(source)
    for name, pixel_count in (("size", size), ("pixels", pixels)):
        if pixel_count is not None and pixel_count < 1:
            raise SteadfitError(f"{name} must be 1 or more, got {pixel_count}.")
    found = _find(root)
    sizes = {file: s for file in found.files if (s := size_of(file.path)) is not None}
    height, width = (size, size) if size else _common_size(list(sizes.values()), pixels)
    images, kept, broken = [], [], []
    for file in found.files:
        try:
            images.append(load(file.path, height, width))
            kept.append(file)
        except SteadfitError as error:
            broken.append(f"{place(file.path, root)} is left out: {error}")
    _check_damage(broken, len(found.files), damaged, root)
    _check_classes(kept, found.files, root)
    x = np.stack(images)
    if (x[..., :1] == x).all():
        x = x[..., :1]
    sides = any(file.is_test for file in kept)
    return from_arrays(
        x,
        [file.label for file in kept],
        root.resolve().name,
        layout="channels_last",
        ids=[place(file.path, root) for file in kept],
        is_test=[file.is_test for file in kept] if sides else None,
        notes=[*found.notes, *broken, *_size_note(list(sizes.values()), height, width)],
    )


def _common_size(sizes: Sequence[tuple[int, int]], longest: int) -> tuple[int, int]:
    if not sizes:
        return 1, 1
    height, width = np.median(np.array(sizes), axis=0)
    scale = min(1.0, longest / max(height, width))
    return max(1, round(height * scale)), max(1, round(width * scale))


def _size_note(sizes: Sequence[tuple[int, int]], height: int, width: int) -> list[str]:
    different = set(sizes) - {(height, width)}
    if not different:
        return []
    return [
        f"Images of {len(different)} other sizes were resized to {height}×{width} pixels (aspect "
        "ratio kept, edges padded). Choose another size with the option size."
    ]


def _sides(root: Path) -> tuple[Path, Path | None] | None:
    """The folders of training and test images, where they are divided; the second may be absent."""
    with reading(root):
        folders = {path.name.lower(): path for path in sorted(root.iterdir()) if path.is_dir()}
    train = folders.get("train", folders.get("training"))
    if train is None:
        return None
    tests = (folders[name] for name in _TESTS if name in folders)
    return train, next(tests, None)


def _find(root: Path) -> _Findings:
    """The files that are, or by their suffix claim to be, images; in order of their paths."""
    divided = _sides(root)
    sides = [(root, False)] if divided is None else [(divided[0], False)]
    notes: list[str] = []
    if divided is not None and divided[1] is not None:
        if any(path.is_dir() and not left_behind(path.name) for path in divided[1].iterdir()):
            sides.append((divided[1], True))
            if divided[1].name.lower() not in _TESTS[:2]:
                notes.append(f"{divided[1].name} is the test set, as there is no test folder.")
        else:
            count = len(list(divided[1].iterdir()))
            notes.append(
                f"{divided[1].name} ({counted(count, 'files')}) has no class folders and is left "
                "out."
            )
    if divided is None:
        _check_level(root)
    files: list[_File] = []
    odd: dict[str, list[str]] = {}
    for side, is_test in sides:
        for path, reason in _walk(side, root):
            label = place(path, side).partition("/")[0]
            if reason is None and path.parent == side:
                reason = _NO_CLASS
            if reason is None and path.suffix.lower() not in SUFFIXES and size_of(path) is None:
                reason = _NO_IMAGE
            if reason is None:
                files.append(_File(path, label, is_test))
            else:
                odd.setdefault(reason, []).append(place(path, root))
    if divided is not None:
        others = sorted(path.name for path in root.iterdir() if path not in divided)
        shown = [name for name in others if not left_behind(name)]
        notes += [f"{name} lies beside {divided[0].name} and is left out." for name in shown]
    if not files:
        raise SteadfitError(
            f"{root} must have a folder of images for each class, or train/ and test/ with such "
            "folders, got none."
        )
    return _Findings(files, [*_left_out(odd), *notes])


def _check_level(root: Path) -> None:
    """Refuse a folder whose classes are further down, as an archive may have them: in one folder
    alone, or the same ones in each of several that are called as parts are."""
    folders = _folders(root)
    level = folders
    while len(level) == 1 and (inside := _folders(level[0])):
        if len(inside) > 1:
            raise SteadfitError(
                f"{root} must have a folder of images for each class, got one folder. Give "
                f"{level[0]}, which has the folders {some([path.name for path in inside])}."
            )
        level = inside
    classes = {tuple(path.name for path in _folders(part)) for part in folders}
    parts = any(path.name.lower().startswith(_PARTS) for path in folders)
    if parts and len(folders) > 1 and len(classes) == 1 and len(same := next(iter(classes))) > 1:
        raise SteadfitError(
            f"{root} must have a folder of images for each class, got "
            f"{some([path.name for path in folders])}, which all have the folders {some(same)} and "
            "so are parts, not classes. Rename the one to learn from to train and the one to test "
            "on to test, or give one of them."
        )


def _folders(folder: Path) -> list[Path]:
    """The folders in one that are neither links nor left behind by a program, by name."""
    with reading(folder):
        return sorted(
            path
            for path in folder.iterdir()
            if path.is_dir() and not path.is_symlink() and not left_behind(path.name)
        )


def _left_out(odd: Mapping[str, Sequence[str]]) -> list[str]:
    """A note for each file that is left out, or one for many that were not meant as images."""
    found = []
    for reason, names in odd.items():
        if len(names) <= _NOTES or reason not in _NOT_MEANT:
            found += [f"{name} {reason} and is left out." for name in names]
        else:
            found.append(f"{len(names)} files are left out, each {reason}: {some(names)}.")
    return found


def _walk(side: Path, root: Path) -> Iterator[tuple[Path, str | None]]:
    """Each file that is not hidden, in order, with the reason why it cannot be read, if any."""

    def refuse(error: OSError) -> None:
        raise SteadfitError(f"{error.filename} cannot be listed: {error.strerror}.")

    inside = root.resolve()
    for folder, names, files in os.walk(side, onerror=refuse):
        names[:] = sorted(name for name in names if not left_behind(name))
        for path in (Path(folder) / name for name in names):
            if path.is_symlink():
                yield path, "is a link to a folder"
            elif path.suffix.lower() in SUFFIXES and not any(path.iterdir()):
                yield path, "is an empty folder, not an image,"
        for name in sorted(files):
            path = Path(folder) / name
            if left_behind(name):
                continue
            target = Path(os.path.realpath(path))  # which does not mind links in a circle
            outside = path.is_symlink() and not target.is_relative_to(inside)
            yield path, "is a link that leads out of the folder" if outside else None


def _check_damage(broken: list[str], total: int, damaged: float, root: Path) -> None:
    if len(broken) > damaged * total:
        listed = "\n".join(broken)
        raise SteadfitError(
            f"At most a share of {damaged:g} of the images in {root} may be unreadable, got "
            f"{len(broken)} of {total}. Fix or remove them, or raise the option damaged.\n{listed}"
        )


def _check_classes(kept: list[_File], files: list[_File], root: Path) -> None:
    """Every class folder of the training side, and every class, must have images."""
    divided = _sides(root)
    train = root if divided is None else divided[0]
    folders = {
        place(p, train)
        for p in train.iterdir()
        if p.is_dir() and not p.is_symlink() and not left_behind(p.name)
    }
    empty = sorted((folders | {file.label for file in files}) - {file.label for file in kept})
    if empty:
        raise SteadfitError(
            f"Each folder in {train} is a class and must have readable images, got none in "
            f"{', '.join(empty)}. Remove the folders that are no classes."
        )
