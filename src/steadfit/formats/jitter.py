"""Times that are a little off equal steps, as loggers write them, brought to these."""

from collections.abc import Sequence

import numpy as np

from steadfit.formats.calendars import as_months, as_workdays
from steadfit.formats.clock_changes import DAY
from steadfit.formats.wall_clocks import WallClocks

_MOST, _NOTHING = 0.1, 1e-6  # of a step, that times are off
_ROUND = 0.01  # of a step, that the usual distance is off a round one
_ROUND_STEPS = (DAY, DAY // 24, DAY // 1440, DAY // 86_400)  # microseconds


def without_jitter(found: WallClocks, members: Sequence[np.ndarray], time: str) -> WallClocks:
    """Times that are up to a tenth of a step off equal steps are taken for these.

    members: the rows of each series, whose times rise. time: the column, for the note. Months,
    workdays, times that are further off, and those of which two are at one step stay as they are.
    """
    several = [rows for rows in members if len(rows) > 2]
    days = (as_months, as_workdays) if found.calendar else ()
    if not several or any(reading(found.even) is not None for reading in days):
        return found
    step = _step([found.even[rows] for rows in several], found.calendar)
    if step <= 0:
        return found
    even = found.even.astype(np.float64)
    for rows in several:
        even[rows] = _on_steps(found.even[rows], step)
    if any((np.diff(even[rows]) <= 0).any() for rows in several):
        return found
    off = float(np.abs(even - found.even).max()) / step
    if not _NOTHING < off <= _MOST:
        return found
    even = np.rint(even).astype(np.int64) if found.calendar else even
    note = (
        f"Times in {time} are up to {off:.1%} of a step off equal steps, and are taken for these."
    )
    shown = found.shown + (even - found.even)
    return found._replace(even=even, shown=shown, notes=(*found.notes, note))


def _step(series: Sequence[np.ndarray], calendar: bool) -> float:
    """The usual distance: of the calendar a round one, if it is about that; of numbers the mean
    one of the longest series, as these may be rounded."""
    usual = float(np.median(np.concatenate([np.diff(times) for times in series])))
    if calendar:
        near = (unit * max(1, round(usual / unit)) for unit in _ROUND_STEPS)
        return next((float(step) for step in near if abs(usual - step) <= _ROUND * step), usual)
    longest = max(series, key=len)
    length = float(longest[-1]) - float(longest[0])
    return length / max(1.0, np.rint(length / usual))


def _on_steps(times: np.ndarray, step: float) -> np.ndarray:
    """Times at the nearest whole number of steps from the first; or from 0, where a step is a whole
    number and the first time near so many."""
    round_one = np.rint(times[0] / step) * step
    begin = (
        round_one if step.is_integer() and abs(times[0] - round_one) <= _MOST * step else times[0]
    )
    return begin + np.rint((times - begin) / step) * step
