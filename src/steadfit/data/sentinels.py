"""Numbers that stand for missing values, as -999 does: named, as only people know what they are."""

from collections.abc import Sequence

import numpy as np

from steadfit.errors import counted, some
from steadfit.formats.columns import Columns

_LEAST = 2  # times that such a number comes
_MOST = 3  # such numbers in a column
# The least and most that integers of some sizes hold, and what programs of maps and weather write.
_KNOWN = frozenset({
    -32768.0, 32767.0, 65535.0, -2147483648.0, 2147483647.0, 4294967295.0, -9223372036854775808.0,
})  # fmt: skip
_HUGE = 1e20


def sentinel_notes(table: Columns, names: Sequence[str]) -> list[str]:
    """Which numbers of these columns lie far outside the others and come again, as marks for
    missing values do."""
    found = []
    for name in names:
        for value, count in sentinels(table.numbers(name)).items():
            found.append(f'{value:g} in "{name}" ({counted(count, "rows")})')
    if not found:
        return []
    several = len(found) > 1
    lie, they_are = ("lie", "they are such") if several else ("lies", "it is one")
    return [
        f"{table.file}: {some(found)} {lie} far outside the other values, as marks for missing "
        f"values do. If {they_are}, leave these cells empty."
    ]


def sentinels(values: np.ndarray) -> dict[float, int]:
    """Numbers of nines, those that integers end with and huge ones, that come twice and are
    farther from all others than these are from one another, or alone below 0; and how often each
    comes.

    >>> sentinels(np.array([20.5, -999.0, 18.0, 25.0, -999.0]))
    {-999.0: 2}
    """
    known, found = values[np.isfinite(values)], {}
    while len(known) and len(found) < _MOST:
        rest = {end: known[known != end] for end in (known.min(), known.max())}
        far = [
            end
            for end, others in rest.items()
            if len(others) and len(known) - len(others) >= _LEAST and _is_mark(float(end))
            and (end < 0 <= others.min() or np.abs(others - end).min() > np.ptp(others))
        ]  # fmt: skip
        if not far:
            break
        found[float(far[0])] = len(known) - len(rest[far[0]])
        known = rest[far[0]]
    return found


def _is_mark(value: float) -> bool:
    digits = f"{abs(value):g}".replace(".", "")
    return (len(digits) > 1 and {*digits} == {"9"}) or value in _KNOWN or abs(value) >= _HUGE
