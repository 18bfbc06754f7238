"""Columns of 0 and 1, one for each class or label, as other programs write them."""

from collections.abc import Sequence

import numpy as np

from steadfit.formats.columns import Columns

_TRUE, _FALSE = ("1", "1.0", "true", "yes"), ("0", "0.0", "false", "no")


def marks(table: Columns, name: str) -> np.ndarray | None:
    """A column of 0 and 1, or of words for these, as booleans; None for any other."""
    cells = [(cell or "").lower() for cell in table.names_in(name)]
    if not all(cell in _TRUE or cell in _FALSE for cell in cells):
        return None
    return np.array([cell in _TRUE for cell in cells])


def joined_marks(table: Columns, names: Sequence[str], mark: str) -> list[str]:
    """Of each row the names of the columns that have a 1, with a mark between them; nothing where
    a column is absent or has other cells."""
    each = [marks(table, name) if name in table.names else None for name in names]
    known = [column for column in each if column is not None]
    if not known or len(known) < len(each):
        return []
    return [mark.join(np.array(names)[row]) for row in np.stack(known, axis=1)]
