"""From rows of named columns, or of numbers, to a `Dataset`."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from steadfit.data.dataset import Dataset, Structure
from steadfit.data.schema import Schema
from steadfit.data.targets import TaskName, group_numbers, own_test, read_targets
from steadfit.data.told_columns import told
from steadfit.errors import SteadfitError, counted
from steadfit.formats.arrays import as_array
from steadfit.formats.columns import Columns
from steadfit.formats.form import row_ids
from steadfit.formats.frames import check_same_order, from_frame, is_frame
from steadfit.formats.known_labels import KnownLabels
from steadfit.formats.numerals import Mark
from steadfit.kinds import Examples, Tables
from steadfit.kinds.table_columns import Number
from steadfit.kinds.table_inputs import coded, from_matrix, rows_of, without_gaps


def from_table(
    x: Any,
    y: Any,
    name: str = "table",
    *,
    task: TaskName | None = None,
    several: str | None = None,
    missing: str = "fill",
    ids: Sequence[str] = (),
    is_test: Any = None,
    groups: Any = None,
    notes: Sequence[str] = (),
    decimal: Mark | None = None,
) -> Dataset:
    """A dataset of the rows of a table.

    x: a frame of pandas', polars' or Arrow's, whose columns are numbers, names or dates; or numbers
        of shape (rows, columns), NaN where missing.
    y: as in `from_arrays`; or the name of a column of the frame.
    decimal: the mark before decimals in texts of a frame that are numbers, "." or ","; told by all
        of them if None.
    task, several, ids, is_test, groups: as in `from_arrays`.
    missing: "fill" lets the network see the training data's median, and that a value is missing;
        "refuse" names the rows with gaps; "drop" leaves them out.

    Raises SteadfitError for values that are infinite, for columns of numbers with other cells among
    them, and for what `from_arrays` says of y.

    >>> data = from_table([[1.0, 0.5], [2.0, float("nan")]], ["cat", "dog"])
    >>> str(data), data.classes
    ('table · 2 rows of 2 columns · 2 classes', ('cat', 'dog'))
    """
    learned, frame = None, None
    if is_frame(x):
        label = y if isinstance(y, str) else None
        check_same_order(x, y)
        lists = [] if label is None or several is None else [label]
        frame = from_frame(x, decimal=decimal, verbatim=lists)
        names = [each for each in frame.names if each != label]
        if label is not None:
            y = frame.labels(label) if several is None else frame.label_lists(label)
            learned = KnownLabels(label, mark=several or "")
        found = told_rows(frame, names, label)
        used = {column.name for column in found.x.columns}
        first = f"{frame.file}: a table of {counted(len(used), 'columns')}, as it is a frame."
        found = found._replace(notes=(first, *found.notes, *frame.notes))
    else:
        matrix = as_array(x, "x")
        count = matrix.shape[1] if matrix.ndim == 2 else 0
        found = from_matrix(matrix, [Number(str(i)) for i in range(count)], "x")
    if len(ids):
        found = found._replace(ids=tuple(ids))
    found = found._replace(notes=(*notes, *found.notes))
    y = as_array(y, "y")
    data = labelled(found, y, name, task, missing, is_test, groups, several, learned)
    return data if frame is None else replace(data, schema=data.schema.written_as(frame))


def told_rows(table: Columns, names: Sequence[str], target: str | None) -> Examples:
    """The rows of a table whose columns are told by their cells, or by the training rows' where it
    has a test set; the notes say how. Raises SteadfitError for test cells that do not fit."""
    tests = np.flatnonzero(table.is_test if table.is_test is not None else ()).tolist()
    columns, notes = told(table.without(tests) if tests else table, names, target)
    ids = row_ids(table)
    found = rows_of(coded(table, columns), columns, table.file, ids)
    return found._replace(notes=(*notes, *found.notes))


def labelled(
    found: Examples,
    y: np.ndarray,
    name: str,
    task: TaskName | None,
    missing: str,
    is_test: Any = None,
    groups: Any = None,
    several: str | None = None,
    learned: KnownLabels | None = None,
) -> Dataset:
    """Rows with their targets, as a data set. learned: where a table has the labels, if one
    has. The rest as in `from_table`."""
    if len(found.ids) != len(y):
        raise SteadfitError(
            f"x has {len(found.ids)} rows and y has {len(y)}. Each row needs one target."
        )
    whole = len(y)
    marks, numbers = own_test(is_test, whole), group_numbers(groups, whole)
    found, positions = without_gaps(found, missing)
    kept = positions.numpy()
    predicted, targets, said = read_targets(y[kept], task, found.ids, several)
    if learned is not None:
        learned = replace(learned, numeric=not predicted.classes and not learned.mark)
    return Dataset(
        name=name,
        x=found.x,
        y=targets,
        schema=Schema(Tables(found.x.columns, learned), predicted),
        structure=Structure(
            is_test=None if marks is None else marks[kept],
            groups=None if numbers is None else numbers[kept],
        ),
        ids=found.ids,
        notes=(*found.notes, *said),
    )
