"""Which files of a folder are images, which of them test, and which class folder each lies in."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from steadfit.errors import SteadfitError, counted, some
from steadfit.files import reading
from steadfit.formats.pictures import READ, SUFFIXES, composed, is_picture, left_behind, place

_NO_CLASS, _NO_IMAGE = "lies in no class folder", "is no image"
_TESTS = ("test", "testing", "val", "valid", "validation")  # the first that is there tests
_LEARNED = {"train", "training"}  # words in the names of parts
_JUDGED = {"test", "testing", "val", "valid", "validation"}
_PARTS = {"dev", "eval", "fold", "batch", "part", "split", "subset", *_LEARNED, *_JUDGED}
_PICTURES = {"images", "image", "imgs", "img", "jpegimages", "inputs"}
_OF_PICTURES = {"masks", "mask", "labels", "annotations", "segmentationclass", "gt", "ground_truth"}
_NOT_MEANT = (_NO_CLASS, _NO_IMAGE)
NOTES = 5  # on files of one of these kinds, at most


@dataclass(frozen=True)
class File:
    """An image, the folder below its side that it lies in, and whether that side tests."""

    path: Path
    folder: str
    is_test: bool


@dataclass(frozen=True)
class Findings:
    """What a folder holds besides the images, as sentences."""

    files: list[File]
    notes: list[str]


def in_class_folders(root: Path) -> Findings:
    """The images, or what by its suffix claims to be one, that lie in class folders; in order of
    their paths."""
    divided = _class_sides(root)
    notes: list[str] = []
    sides = [(root if divided is None else divided[0], False)]
    if divided is not None and divided[1] is not None:
        if any(path.is_dir() and not left_behind(path.name) for path in divided[1].iterdir()):
            sides.append((divided[1], True))
        else:
            count = len(list(divided[1].iterdir()))
            notes.append(
                f"{divided[1].name} ({counted(count, 'files')}) has no class folders and is left "
                "out."
            )
    _check_level(sides[0][0])
    found = _images(root, sides, of_classes=True)
    if all(file.is_test for file in found.files):
        raise SteadfitError(
            f"{sides[0][0]} must have a folder of images for each class, got none. Where a table "
            "has the labels, give labels; where the files' names have them, label_from. "
            f"{READ} can be read. {' '.join(found.notes[:NOTES])}".strip()
        )
    level = [] if divided else _same_below(root)
    return Findings(found.files, [*found.notes, *notes, *level, *_beside(root, divided)])


def at_any_depth(root: Path, but: Path | None = None) -> Findings:
    """All images, whatever folders they lie in; test/ beside train/ is the test side. but: a file
    that need not be named."""
    divided = _sides(root)
    sides = [(root, False)] if divided is None else [(divided[0], False)]
    if divided is not None and divided[1] is not None:
        sides.append((divided[1], True))
    found = _images(root, sides, of_classes=False, but=but)
    if not found.files:
        raise SteadfitError(f"{root} must have images, got none. Give the folder that has them.")
    return Findings(found.files, [*found.notes, *_beside(root, divided, but)])


def check_classes(kept: Sequence[File], files: Sequence[File], root: Path) -> None:
    """Every class folder of the training side, and every class, must have images."""
    divided = _class_sides(root)
    train = root if divided is None else divided[0]
    folders = {_class(path, train) for path in _folders(train)}
    learned = {file.folder for file in files if not file.is_test}
    written = {name.casefold(): name for name in learned}
    for name in sorted({file.folder for file in files} - learned):
        if (other := written.get(name.casefold())) is not None:
            raise SteadfitError(
                f'A class must have one name on both sides of {root}, got "{other}" to learn from '
                f'and "{name}" to test on. Rename one of the folders.'
            )
    empty = sorted((folders | {file.folder for file in files}) - {file.folder for file in kept})
    if empty:
        raise SteadfitError(
            f"Each folder in {train} is a class and must have readable images, got none in "
            f"{', '.join(empty)}. Remove the folders that are no classes."
        )


def _images(
    root: Path, sides: Sequence[tuple[Path, bool]], of_classes: bool, but: Path | None = None
) -> Findings:
    """of_classes: whether images that lie in no folder of a side are left out."""
    files: list[File] = []
    odd: dict[str, list[str]] = {}
    for side, is_test in sides:
        for path, reason in _walk(side, root):
            if reason is None and of_classes and path.parent == side:
                reason = _NO_CLASS
            if reason is None and not is_picture(path):
                reason = _NO_IMAGE
            if but is not None and path.samefile(but):
                continue
            if reason is None:
                files.append(File(path, _class(path, side), is_test))
            else:
                odd.setdefault(reason, []).append(place(path, root))
    return Findings(files, _left_out(odd))


def _class(path: Path, side: Path) -> str:
    """The folder below a side that a path lies in."""
    return composed(place(path, side).partition("/")[0])


def _sides(root: Path) -> tuple[Path, Path | None] | None:
    """The folders of training and test images, where they are divided; the second may be absent."""
    with reading(root):
        folders = {path.name.lower(): path for path in sorted(root.iterdir()) if path.is_dir()}
    train = folders.get("train", folders.get("training"))
    if train is None:
        return None
    tests = (folders[name] for name in _TESTS if name in folders)
    return train, next(tests, None)


def _class_sides(root: Path) -> tuple[Path, Path | None] | None:
    """As `_sides`; a folder train among others that has no folders is a class, of pictures of
    trains."""
    divided = _sides(root)
    if divided is None or divided[1] is not None or _folders(divided[0]):
        return divided
    return divided if len(_folders(root)) == 1 else None


def _beside(
    root: Path, divided: tuple[Path, Path | None] | None, but: Path | None = None
) -> list[str]:
    """What is to be said of the two sides, and of what lies beside them."""
    if divided is None:
        return []
    train, test = divided
    others = sorted(path.name for path in root.iterdir() if path not in divided)
    notes = [f"{name} lies beside {train.name} and is left out."
             for name in others if not left_behind(name) and root / name != but]  # fmt: skip
    if test is not None and test.name.lower() not in _TESTS[:2]:
        return [f"{test.name} is the test set, as there is no test folder.", *notes]
    return notes


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
    names = [path.name for path in folders]
    said = [name.casefold() for name in names]
    if not {*said} - _PICTURES - _OF_PICTURES and {*said} & _PICTURES and {*said} & _OF_PICTURES:
        raise SteadfitError(
            f"{root} must have a folder of images for each class, got {some(names)}: images, and "
            "what is marked in them. Give a folder that has folders of classes; or that of the "
            "images, and labels."
        )
    words = {word for name in said for word in re.findall("[a-z]+", name)}
    same = _folders_of_each(folders)
    if (words & _LEARNED and words & _JUDGED) or (same and words & _PARTS):
        below = f", which all have the folders {some(same)}," if same else ","
        raise SteadfitError(
            f"{root} must have a folder of images for each class, got {some(names)}{below} and so "
            "parts, not classes. Rename the one to learn from to train and the one to test on to "
            "test, or give one of them."
        )


def _folders_of_each(folders: Sequence[Path]) -> Sequence[str]:
    """The names of the folders that each of several folders has, two or more; none where these
    differ."""
    found = {tuple(path.name for path in _folders(folder)) for folder in folders}
    [same] = found if len(found) == 1 else [()]
    return same if len(folders) > 1 and len(same) > 1 else ()


def _same_below(root: Path) -> list[str]:
    """What is to be said where the folders of the classes have the same folders below."""
    folders = _folders(root)
    same = _folders_of_each(folders)
    if not same:
        return []
    return [
        f"{some([path.name for path in folders])} are the classes, and each has the folders "
        f'{some(same)}. If these are the classes, give label_from="*/{{label}}/*".'
    ]


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
        if len(names) <= NOTES or reason not in _NOT_MEANT:
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
