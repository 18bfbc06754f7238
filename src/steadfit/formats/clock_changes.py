"""Local times in spring and autumn, when clocks are changed by an hour."""

from collections.abc import Iterable

import numpy as np

from steadfit.errors import some

_HOUR = 3_600_000_000  # microseconds
_DAY = 24 * _HOUR
_SUNDAY = 3  # days since 1970 modulo 7
_SPRING = (3, 4, 9, 10)  # months in which clocks are put forward, north and south
_LATEST = 4  # o'clock: clocks are changed before


def without_changes(
    times: np.ndarray, members: Iterable[np.ndarray]
) -> tuple[np.ndarray, list[str]]:
    """The times as if clocks were never changed, and a note where they were.

    times: local times, int64 microseconds since 1970. members: the rows of each series, as the file
    has them. In the early hours of a Sunday an hour that comes again in autumn, or is left out in
    spring, is no gap and no error, if all other rows of the series are a step apart, a part of an
    hour. Times with a zone have no such hours.
    """
    found, days = times.copy(), set()
    for rows in members:
        changes = _changes(times[rows])
        found[rows[1:]] += changes.cumsum()
        days.update(times[rows[1:]][changes != 0] // _DAY)
    if not days:
        return times, []
    named = [str(np.datetime64(int(day), "D")) for day in sorted(days)]
    return found, [f"Clocks were changed by an hour on {some(named)}; rows are equal steps there."]


def _changes(times: np.ndarray) -> np.ndarray:
    """What is to be added at each row after the first, so that no clock was changed."""
    distances = np.diff(times)
    nothing = np.zeros_like(distances)
    if len(distances) < 3:
        return nothing
    step = int(np.median(distances))
    if not 0 < step <= _HOUR or _HOUR % step:
        return nothing
    odd = distances - step
    before = times[:-1]
    early = (before // _DAY % 7 == _SUNDAY) & (before % _DAY < _LATEST * _HOUR)
    months = before.astype("datetime64[us]").astype("datetime64[M]").astype(np.int64) % 12 + 1
    spring = (odd == _HOUR) & early & np.isin(months, _SPRING)
    autumn = (odd == -_HOUR) & early
    changed = spring | autumn
    return np.where(changed, -odd, nothing) if (changed | (odd == 0)).all() else nothing
