"""The label and the group of each image: its folder, a pattern of its name, or a table's row."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from steadfit.data.readers.asked import listed
from steadfit.data.readers.image_folders import File
from steadfit.data.readers.one_hot import one_column
from steadfit.data.targets import TaskName
from steadfit.errors import SteadfitError, counted, some
from steadfit.formats.columns import Columns
from steadfit.formats.form import label_columns, open_table
from steadfit.formats.pictures import composed, place


class Labelled(NamedTuple):
    """Images with their labels and groups, one each, no groups if None, and what is to be said.
    several: the mark between the labels of one image; None where each has one."""

    files: Sequence[File]
    labels: Any
    groups: Sequence[str] | None
    notes: Sequence[str] = ()
    several: str | None = None


class LabelTable(NamedTuple):
    """A table with a row an image, and the columns that name the image and have its label.

    row: of each image that has one, by the image's path. used: the rows that have both. left: the
    columns that are not used.
    """

    table: Columns
    target: str
    row: dict[Path, int]
    used: set[int]
    left: Sequence[str]


def by_folder(files: Sequence[File], root: Path, group_by: str | None) -> Labelled:
    """The folder that an image lies in is its label."""
    return Labelled(files, [file.folder for file in files], groups_of(files, root, group_by))


def by_name(files: Sequence[File], root: Path, label_from: str, group_by: str | None) -> Labelled:
    """The label is a part of the file's name. Names that do not fit are left out and said."""
    found = [_part(file, root, label_from, "label") for file in files]
    kept = [file for file, label in zip(files, found, strict=True) if label is not None]
    labels = [label for label in found if label is not None]
    names = [place(file.path, root) for file, label in zip(files, found, strict=True)
             if label is None]  # fmt: skip
    if not kept:
        raise SteadfitError(
            f'label_from, "{label_from}", must fit the names of the files, got {some(names)}. In '
            "it {label} is the label, * is anything, and # is a number: {label}_*."
        )
    notes = [f"{counted(len(names), 'images')} without a label in the name left out: "
             f"{some(names)}."] if names else []  # fmt: skip
    return Labelled(kept, labels, groups_of(kept, root, group_by), notes)


def by_table(
    files: Sequence[File],
    root: Path,
    labels: Path,
    target: str | None,
    group_by: str | None,
    task: TaskName | None,
    several: str | None,
    writing: Mapping[str, Any],
) -> Labelled:
    """The label is in the row that names the file, by its path below the folder, its name, or its
    name without the suffix. Images without a row, rows without a label, and rows without an image
    are said.

    several: the mark between the labels of one image; with it an empty cell is no label, and the
    image is kept. writing: options of `open_table`.
    """
    table = open_table(labels, **writing)
    targets = [table.check(name) for name in listed(target)]
    if len(targets) > 1:
        table, target, mark = one_column(table, targets, task)
        several = mark or several
    column = group_by if group_by in table.names else None
    found = _label_table(table, files, root, target, column, several)
    kept = [file for file in files if file.path in found.row]
    rows = [found.row[file.path] for file in kept]
    cells = None if column is None else table.cells(column)
    groups = groups_of(kept, root, group_by) if cells is None else [str(cells[row]) for row in rows]
    without = [place(file.path, root) for file in files if file.path not in found.row]
    left = f", and {some(found.left)} not used" if found.left else ""
    notes = [f"{table.file}: {found.target} is learned{left}.", *table.notes]
    if without:
        notes.append(
            f"{counted(len(without), 'images')} without a label in {table.file} left out: "
            f"{some(without)}."
        )
    others = len(table) - len(found.used)
    if others:
        notes.append(f"{table.file}: {counted(others, 'rows')} without an image or a label.")
    of_several = several is not None
    y = table.label_lists(found.target) if of_several else _labels_of(table, found.target)
    return Labelled(kept, y[rows], groups, notes, several)


def cells_of(
    names: Sequence[str],
    root: Path,
    labels: Path,
    target: str | None,
    several: str | None,
    writing: Mapping[str, Any],
) -> tuple[str, ...]:
    """The label of each image as it stands in its row of a table; "" where it has none.

    names: the images' paths below the root. The rest as in `by_table`.
    """
    table = open_table(labels, **writing)
    files = [File(root / name, "", is_test=False) for name in names]
    found = _label_table(table, files, root, target, None, several)
    of_several = several is not None
    cells = (table.label_lists if of_several else table.names_in)(found.target)
    rows = [found.row.get(file.path) for file in files]
    return tuple("" if row is None else str(cells[row] or "") for row in rows)


def groups_of(files: Sequence[File], root: Path, group_by: str | None) -> list[str] | None:
    """The group in each file's name. Raises SteadfitError for names that have none."""
    if group_by is None:
        return None
    found = [_part(file, root, group_by, "group") for file in files]
    wrong = [place(file.path, root) for file, group in zip(files, found, strict=True) if not group]
    if wrong:
        raise SteadfitError(
            f'group_by, "{group_by}", must fit the name of every image, got {some(wrong)}. In it '
            "{group} is the group, * is anything, and # is a number: {group}_*."
        )
    return [group for group in found if group is not None]


def _part(file: File, root: Path, pattern: str, what: str) -> str | None:
    """What stands at {label} or {group}: in the path below the folder where the pattern has a
    slash, and else in the name, with the suffix or without."""
    found = _expression(pattern, what)
    path = Path(composed(place(file.path, root))) if "/" in pattern else Path(file.path.name)
    for name in (path.with_suffix("").as_posix(), path.as_posix()):
        if match := found.fullmatch(name):
            return match[1]
    return None


def _expression(pattern: str, what: str) -> re.Pattern[str]:
    mark = f"{{{what}}}"
    if pattern.count(mark) != 1 or f"{mark}*" in pattern:
        raise SteadfitError(
            f"A pattern for the {what} must have {mark} once, and a character or # after it, got "
            f'"{pattern}". As in {mark}_* for {what}7_0001.jpg, or */{mark}/*.'
        )
    parts = {mark: "([^/]+?)", "*": "[^/]*", "#": "[0-9]+"}
    pieces = re.split(r"(\{\w+\}|[*#])", pattern)
    return re.compile("".join(parts.get(piece, re.escape(piece)) for piece in pieces))


def _label_table(
    table: Columns,
    files: Sequence[File],
    root: Path,
    target: str | None,
    group: str | None,
    several: str | None,
) -> LabelTable:
    known = _by_name(files, root)
    if (image := next((name for name in table.names if name in known), None)) is not None:
        raise SteadfitError(
            f"{table.file} must have a header, such as file,label, got the name of an image, "
            f"{image}. Put a header above it."
        )
    rows = {name: _rows_of(table, name, known, root) for name in table.names}
    names = max(rows, key=lambda name: len(rows[name]))
    if not rows[names]:
        raise SteadfitError(
            f"{table.file} must have a column with the names of the images, such as "
            f"{place(files[0].path, root)}, got the columns {some(table.names)}."
        )
    rest = [name for name in table.names if name not in (names, group)]
    found = [table.check(target)] if target is not None else (
        [name for name in label_columns(table) if name in rest] or rest)  # fmt: skip
    if len(found) != 1:
        raise SteadfitError(
            f"{table.file}: cannot determine the column of labels beside {names}. Give target. "
            f"Columns: {some(rest)}.",
            target="NAME",
        )
    unlabelled = {*table.unlabelled(found[0])} if several is None else set[int]()
    row: dict[Path, int] = {}
    cells = table.names_in(found[0])
    for number, path in rows[names]:
        if number in unlabelled:
            continue
        if cells[row.setdefault(path, number)] != cells[number]:
            raise SteadfitError(
                f"{table.file}: each image must have one label, got "
                f'"{cells[row[path]]}" and "{cells[number]}" for {place(path, root)}, rows '
                f"{table.number_of_row(row[path])} and {table.number_of_row(number)}. Leave one "
                "of these out."
            )
    used = {number for number, _ in rows[names]} - unlabelled
    return LabelTable(table, found[0], row, used, [name for name in rest if name not in found])


def _labels_of(table: Columns, target: str) -> np.ndarray:
    """As `Columns.labels`, of a table in which some rows may have none."""
    gaps = table.unlabelled(target)
    if not gaps:
        return table.labels(target)
    labels = table.without(gaps).labels(target)
    kept = np.setdiff1d(np.arange(len(table)), gaps)
    whole = np.zeros(len(table), labels.dtype)
    whole[kept] = labels
    return whole


def _by_name(files: Sequence[File], root: Path) -> dict[str, list[Path]]:
    """The images that may be meant by a cell."""
    known: dict[str, list[Path]] = {}
    for file in files:
        path = Path(composed(place(file.path, root)))
        for name in {path.as_posix(), path.with_suffix("").as_posix(), path.name, path.stem}:
            known.setdefault(name, []).append(file.path)
    return known


def _rows_of(
    table: Columns, name: str, known: dict[str, list[Path]], root: Path
) -> list[tuple[int, Path]]:
    """The rows whose cell names an image, and which: by as much of the cell's path as is one.

    Raises SteadfitError for a cell that may be several.
    """
    found: list[tuple[int, Path]] = []
    folded: dict[str, list[Path]] = {}  # as some systems do not tell capitals apart
    for key, paths in known.items():
        folded.setdefault(key.casefold(), []).extend(paths)
    for number, cell in enumerate(table.names_in(name)):
        parts = composed(cell or "").replace("\\", "/").split("/")
        ends = ["/".join(parts[begin:]) for begin in range(len(parts))]
        exact = (known[end] for end in ends if end in known)
        alike = (folded[end.casefold()] for end in ends if end.casefold() in folded)
        meant = next(exact, None) or next(alike, [])
        if len(meant) > 1:
            raise SteadfitError(
                f'{table.where(number)}: "{cell}" may be any of {counted(len(meant), "images")}: '
                f"{some([place(each, root) for each in meant])}. Write the path below the folder."
            )
        found += [(number, each) for each in meant]
    return found
