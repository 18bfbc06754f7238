"""Numbers that differ by less than float32, in which tables are learned, can tell apart."""

from collections.abc import Sequence

import numpy as np

from steadfit.errors import some
from steadfit.formats.columns import Columns

_SHARE = 0.01  # of the spread of the quartiles, that rounding may take


def precision_notes(table: Columns, names: Sequence[str]) -> list[str]:
    """Which of these columns lose some of what their numbers differ by."""
    found = []
    for name in names:
        values = table.numbers(name)
        known = values[np.isfinite(values) & (np.abs(values) < np.finfo(np.float32).max)]
        if not len(known):
            continue
        off = np.abs(known.astype(np.float32) - known).max()
        low, high = np.quantile(known, [0.25, 0.75])
        if off > _SHARE * ((high - low) or np.ptp(known)):
            found.append(f'"{name}" (off by up to {off:.3g})')
    if not found:
        return []
    return [
        f"{table.file}: float32, in which tables are learned, does not keep all digits of "
        f"{some(found)}. Subtract a number near all of them first."
    ]
