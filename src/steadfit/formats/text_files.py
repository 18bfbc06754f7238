"""Texts in files that are no tables, as columns: folders of classes, and fastText's lines."""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice, takewhile
from pathlib import Path

import numpy as np

from steadfit.errors import SteadfitError, some
from steadfit.files import reading
from steadfit.formats.columns import Columns
from steadfit.formats.encoding import read_text
from steadfit.formats.new_columns import columns_of
from steadfit.formats.pictures import is_picture, left_behind, place
from steadfit.regular_files import open_regular

_LABEL = "__label__"  # what fastText has before a label
_TESTS = ("test", "testing", "val", "valid", "validation")  # the first that is there tests
_LOOKED_AT, _OF_A_FOLDER = 500, 5  # files that tell whether a folder is one of texts
_TRAINS = ("train", "training")


def is_text_folder(path: Path) -> bool:
    """Whether the first files in each folder are texts (.txt), and none is an image."""
    if not path.is_dir():
        return False
    first = list(islice(_files(path, _OF_A_FOLDER), _LOOKED_AT))
    others = [file for file in first if file.suffix.lower() != ".txt"]
    return len(others) < len(first) and not any(map(is_picture, others))


def has_labelled_lines(path: Path) -> bool:
    """Whether a .txt file begins as fastText's do."""
    if path.suffix.lower() != ".txt" or not path.is_file():
        return False
    with reading(path), open_regular(path) as file:
        return file.read(64).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(_LABEL.encode())


def read_text_folder(root: Path, encoding: str | None) -> Columns:
    """A text a file; its label is the folder below `root`, or below root/train and root/test.

    Files right in `root` are texts without a label, to predict. Raises SteadfitError where there
    are files both in class folders and beside them.
    """
    sides = _sides(root)
    found = [(path, side, side is sides[-1]) for side in sides for path in _files(side)]
    texts = [one for one in found if one[0].suffix.lower() == ".txt"]
    if not texts:
        raise SteadfitError(f"{root} must have files of texts (.txt), got none.")
    labels = [path.relative_to(side).parts[0] if path.parent != side else ""
              for path, side, _ in texts]  # fmt: skip
    lone = [place(path, root) for (path, _, _), label in zip(texts, labels, strict=True)
            if not label]  # fmt: skip
    if lone and any(labels):
        raise SteadfitError(
            f"{root} must have each text in a folder of its class, got {len(lone)} beside them: "
            f"{some(lone)}. Move or remove these."
        )
    columns = {"text": [read_text(path, encoding) for path, _, _ in texts]}
    others = [place(path, root) for path, _, _ in found if path.suffix.lower() != ".txt"]
    return columns_of(
        root.resolve().name,
        columns if lone else {"label": labels} | columns,
        places=[place(path, root) for path, _, _ in texts],
        notes=[f"{len(others)} files, which are no .txt, left out: {some(others)}."] * bool(others),
        is_test=np.array([test for *_, test in texts]) if len(sides) > 1 else None,
    )


def read_labelled_lines(path: Path, encoding: str | None) -> Columns:
    """A text a line after its label, as `__label__good a fine film`; of several labels, with ";"
    between them. Raises SteadfitError that names the lines without a label first, or with one
    within the text."""
    import pyarrow as pa

    labels, lists, texts, places, wrong = [], [], [], [], []
    for number, line in enumerate(read_text(path, encoding).split("\n"), start=1):
        if not line.strip():
            continue
        words = line.split()
        names = list(takewhile(lambda word: word.startswith(_LABEL), words))
        if len(names) != sum(word.startswith(_LABEL) for word in words) or not names:
            wrong.append(f'line {number} ("{line[:40]}")')
            continue
        different = list(dict.fromkeys(name.removeprefix(_LABEL) for name in names))
        labels.append(";".join(different))
        lists.append(different)
        texts.append("".join(line.split(maxsplit=len(names))[len(names) :]))
        places.append(f"{path.name} line {number}")
    if wrong:
        raise SteadfitError(
            f"{path.name}: each line must begin with {_LABEL}NAME, once or more, and have no other "
            f"after it, got something else in {len(wrong)}: {some(wrong)}. Move the labels to the "
            "front."
        )
    several = sum(len(each) > 1 for each in lists)
    note = f'{path.name}: {several} lines have several labels, with ";" between them here.'
    columns = {"label": labels, "text": texts}
    found = columns_of(path.name, columns, places, [note] * bool(several))
    written = pa.chunked_array([list(map(json.dumps, lists))], pa.string())
    return replace(found, as_written={"label": written})  # as names may have the mark


def _sides(root: Path) -> list[Path]:
    """The folders of training and of test texts, where they are divided; else the root."""
    with reading(root):
        folders: Mapping[str, Path] = {
            path.name.lower(): path for path in sorted(root.iterdir()) if path.is_dir()
        }
    train = next((folders[name] for name in _TRAINS if name in folders), None)
    if train is None:
        return [root]
    tests = [folders[name] for name in _TESTS if name in folders]
    return [train, *tests[:1]]


def _files(root: Path, most: int | None = None) -> Iterator[Path]:
    """The files in a folder and those in it, in order, at most so many of each; none that are
    hidden or left by programs, no links out."""
    inside = root.resolve()

    def refuse(error: OSError) -> None:
        raise SteadfitError(f"{error.filename} cannot be listed: {error.strerror}.")

    for folder, names, files in os.walk(root, onerror=refuse):
        names[:] = sorted(name for name in names if not left_behind(name))
        for path in (Path(folder) / name for name in sorted(files)[:most] if not left_behind(name)):
            target = Path(os.path.realpath(path))
            if not path.is_symlink() or target.is_relative_to(inside):
                yield path
