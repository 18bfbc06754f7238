"""A folder of images, with labels from its folders, from the files' names, or from a table."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from steadfit.data.arrays import of_images
from steadfit.data.dataset import Dataset
from steadfit.data.near_copies import apart
from steadfit.data.readers.decoded import Asked
from steadfit.data.readers.image_folders import (
    NOTES,
    at_any_depth,
    check_classes,
    in_class_folders,
)
from steadfit.data.readers.image_labels import Labelled, by_folder, by_name, by_table
from steadfit.data.readers.image_sizes import Size, frame_of
from steadfit.data.readers.kept_photos import Photos, decoded_photos
from steadfit.data.targets import TaskName
from steadfit.errors import SteadfitError, counted, some
from steadfit.formats.numerals import Mark
from steadfit.formats.pictures import WHITE, Fit, place
from steadfit.kinds.images import Images
from steadfit.kinds.values import existing

_SHOWN = 20  # classes, at most, that are all named


def read(
    source: str | Path,
    *,
    size: Size | None = None,
    pixels: int | None = None,
    fit: Fit = "pad",
    damaged: float = 0.05,
    labels: str | Path | None = None,
    target: str | None = None,
    label_from: str | None = None,
    group_by: str | None = None,
    task: TaskName | None = None,
    several: str | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    decimal: Mark | None = None,
) -> Dataset:
    """A folder of PNG, JPEG, BMP, GIF, TIFF, WebP, AVIF, HEIC or PPM images; told by content.

    Each folder in `source`, or in source/train and source/test, is a class; images in folders
    below it are its own. The two may be called training and testing too, with capitals; where there
    is no test folder, val, valid or validation is in its place. A test folder without class folders
    is left out. Hidden files, what other programs leave behind, links
    that lead out of the folder and linked folders are left out; other files that are no images are
    left out and named in the notes.
    size: the images' side, or their height and width. If None, the median height and the median
        width, both scaled down where the longer one is above `pixels`.
    pixels: of the longer side, kept at most where no size is given; 64 if None.
    fit: "pad" shows each image whole, centred, and fills what is left with the median colour of its
        border; "crop" fills the size and cuts off what lies beyond.
    damaged: the largest share of images that may be unreadable; the notes count and name them.
    labels: a table with a row an image, in the folder or elsewhere: one column has the file's path
        or name. target: its column of labels, which may be numbers too; told by its name if None;
        or columns of 0 and 1, as in `steadfit.data.readers.tables.read`.
    label_from: a pattern of file names, or with a slash of paths below the folder, in which {label}
        is the label, * is anything and # a number: "{label}_*".
    group_by: a column of `labels`, or a pattern with {group}. Images of a group, as of one patient,
        stay on one side of every split.
    task: "classes", "numbers" or "several"; told by the labels if None. several: the mark between
        the labels of one image, as ";"; an image whose cell is empty has none.
    encoding, delimiter, decimal: of the table of labels, as in `steadfit.data.readers.tables.read`.

    An image is turned as its EXIF orientation says, laid on white where it is transparent, brought
    to 8 bits a channel, and resized with its proportions kept. Where 16-bit files use fewer bits,
    10 or 12 say, the largest value of these is white. Of several pictures in a file the first is
    read. If all images are grey there is one channel, else three; a slight tint of a few is left
    out. What was decoded is kept (`steadfit.data.readers.kept_photos`).

    Raises SteadfitError for a folder without class folders, one whose folders are parts that each
    hold the same classes, a class without images, more unreadable images than allowed, and labels
    or groups that do not fit the files.
    """
    root = Path(source)
    frame_of((), size, pixels, fit, WHITE)  # refuses what is no size before any file is read
    writing = {"encoding": encoding, "delimiter": delimiter, "decimal": decimal}
    if labels is not None and label_from is not None:
        raise SteadfitError("labels and label_from both say what the labels are. Leave one out.")
    if labels is None and any((target, *writing.values())):
        raise SteadfitError(
            "target, encoding, delimiter and decimal are of a table. Give it: labels; or leave "
            "them out."
        )
    if labels is not None:
        table = existing(labels if Path(labels).exists() else root / labels)
        found = at_any_depth(root, but=table)
        told = by_table(found.files, root, table, target, group_by, task, several, writing)
    elif label_from is not None:
        found = at_any_depth(root)
        told = by_name(found.files, root, label_from, group_by)
    else:
        found = in_class_folders(root)
        told = by_folder(found.files, root, group_by)
    told = told if told.several else told._replace(several=several)
    photos = decoded_photos([file.path for file in told.files], root, Asked(size, pixels, fit))
    broken = photos.facts.broken
    reasons: dict[str, list[str]] = {}
    for number, reason in broken.items():
        reasons.setdefault(reason, []).append(place(told.files[number].path, root))
    _check_damage(reasons, len(told.files), damaged, root)
    kept = [number for number in range(len(told.files)) if number not in broken]
    if labels is None and label_from is None:
        check_classes([told.files[number] for number in kept], told.files, root)
    said = [*found.notes, *told.notes, *_broken_notes(reasons), *photos.facts.notes, *photos.notes]
    return _dataset(root, told, photos, kept, task, said)


def _dataset(
    root: Path,
    told: Labelled,
    photos: Photos,
    kept: Sequence[int],
    task: TaskName | None,
    notes: Sequence[str],
) -> Dataset:
    files = [told.files[i] for i in kept]
    names = [place(file.path, root) for file in files]
    groups = None if told.groups is None else [told.groups[i] for i in kept]
    is_test = np.array([file.is_test for file in files])
    own = is_test if is_test.any() else None
    data = of_images(
        photos.x,
        np.asarray(told.labels)[kept],
        root.resolve().name,
        task=task,
        several=told.several,
        ids=tuple(names),
        is_test=own,
        groups=groups,
        notes=notes,
    )
    alike = list(apart(photos.facts.alike, groups, own))
    frame = photos.facts.frame
    kind = replace(Images.of(photos.x), white=frame.white, framing=frame.fit)
    return replace(
        data,
        schema=replace(data.schema, kind=kind),
        notes=(
            *_class_note(data),
            *data.notes,
            *_copies_note(data, photos.facts.copies),
            *_alike_note(alike, names, own is not None),
        ),
    )


def _class_note(data: Dataset) -> list[str]:
    """The classes, each with how many images it has."""
    if not data.classes:
        return []
    counts = Counter(data.y.tolist())
    named = [f"{name} ({counts[i]:,})" for i, name in enumerate(data.classes)]
    shown = ", ".join(named) if len(named) <= _SHOWN else some(named)
    return [f"{counted(len(named), 'classes')}: {shown}."]


def _copies_note(data: Dataset, copies: Sequence[tuple[int, int]]) -> list[str]:
    """Copies of an image with another label, one of which is wrong."""
    labels = data.y.tolist()
    pairs = [(early, late) for early, late in copies if labels[early] != labels[late]]
    if not pairs:
        return []
    are = "is an exact copy" if len(pairs) == 1 else "are exact copies"
    named = some([f"{data.ids[early]} and {data.ids[late]}" for early, late in pairs])
    return [f"{counted(len(pairs), 'images')} {are} of one with another label: {named}."]


def _alike_note(pairs: Sequence[tuple[int, int]], names: Sequence[str], own: bool) -> list[str]:
    if not pairs:
        return []
    named = some([f"{names[early]} and {names[late]}" for early, late in pairs])
    where = "on both sides of the test set" if own else "which a split may divide"
    return [
        f"{counted(len(pairs), 'images')} nearly the same as another one, {where}: {named}. Errors "
        "then look smaller than they are; group_by keeps what belongs together on one side."
    ]


def _broken_notes(broken: Mapping[str, Sequence[str]]) -> list[str]:
    """A note for each damaged file, or one for many: of those that are damaged alike, and of those
    that are each damaged in their own way."""
    found: list[str] = []
    few: list[tuple[str, str]] = []
    for reason, names in broken.items():
        if len(names) > NOTES:
            found.append(f"{len(names)} images are left out ({some(names)}), of each: {reason}")
        else:
            few += [(name, reason) for name in names]
    if len(few) <= NOTES:
        return [*(f"{name} is left out: {reason}" for name, reason in few), *found]
    named = some([f"{name} ({reason.rstrip('.')})" for name, reason in few])
    return [*found, f"{len(few)} images are left out: {named}."]


def _check_damage(
    broken: Mapping[str, Sequence[str]], total: int, damaged: float, root: Path
) -> None:
    count = sum(map(len, broken.values()))
    if count > damaged * total or count == total:
        listed = "\n".join(_broken_notes(broken))
        raise SteadfitError(
            f"At most a share of {damaged:g} of the images in {root} may be unreadable, got "
            f"{count} of {total}. Fix or remove them, or raise the option damaged.\n{listed}"
        )
