"""What stands in for missing values of a series, from what is known by then."""

from collections.abc import Callable, Sequence

import numpy as np

from steadfit.errors import SteadfitError, counted, unknown
from steadfit.formats.arrays import filled_forward

FILLS = ("forward", "season", "interpolate")
RULES = ("refuse", "drop", *FILLS)
_HOW = {
    "forward": "with the last before them",
    "season": "with those of the last season",
    "interpolate": "on straight lines, up to the values known by then",
}


def check_rule(missing: str, season: int = 1, known: Sequence[str] = RULES) -> None:
    """Raise SteadfitError for a rule for missing values that is not known, and for one that needs
    a season where there is none."""
    if missing not in known:
        raise unknown("rule for a forecast's missing values", missing, known)
    if missing == "season" and season < 2:
        raise SteadfitError(
            "A season must have 2 steps or more for gaps to be filled with the values of the last "
            f"one, got {season}. Give season, or fill by another rule."
        )


def filled(values: np.ndarray, missing: str, season: int = 1) -> np.ndarray:
    """A series in which missing values are filled by one of `FILLS`; other rules leave them.

    values: (steps, channels), NaN where missing. season: in steps, for "season" alone, which takes
    the value a season before, or as many seasons as it takes. What has no value before it stays
    missing. "interpolate" draws a line to the value after a gap, and goes on with the last value
    where there is none: see `filled_windows`.

    >>> series = np.array([[1.0], [2.0], [np.nan], [4.0], [np.nan]])
    >>> [filled(series, rule, season=2)[[2, 4], 0].tolist() for rule in FILLS]
    [[2.0, 4.0], [1.0, 1.0], [3.0, 4.0]]
    """
    match missing:
        case "forward":
            return filled_forward(values)
        case "season":
            return _of_last_season(values, season)
        case "interpolate":
            return _interpolated(values)
    return values


def filled_windows(
    series: Sequence[np.ndarray],
    cut: Callable[[Sequence[np.ndarray]], np.ndarray],
    missing: str,
    season: int = 1,
) -> np.ndarray:
    """Windows of series as they are known at their ends, filled as `filled` says.

    series: as there. cut: from series to windows, (windows, steps, channels).
    A gap is interpolated where the value after it is in the window too. Where it is open at the
    window's end it has the last value before it, as what comes after is not known by then.

    >>> gap = np.array([[1.0], [np.nan], [3.0]])
    >>> for end in (2, 3):
    ...     print(filled_windows([gap], lambda each: each[0][None, :end], "interpolate").ravel())
    [1. 1.]
    [1. 2. 3.]
    """
    found = cut([filled(one, missing, season) for one in series])
    if missing != "interpolate":
        return found
    known = ~np.isnan(cut(series))
    closed = np.flip(np.maximum.accumulate(np.flip(known, 1), axis=1), 1)
    return np.where(closed, found, cut([filled_forward(one) for one in series]))


def _of_last_season(values: np.ndarray, season: int) -> np.ndarray:
    found = values.copy()
    for row in np.flatnonzero(np.isnan(values).any(1)):  # in time order: a long gap repeats
        if row >= season:
            found[row] = np.where(np.isnan(found[row]), found[row - season], found[row])
    return found


def _interpolated(values: np.ndarray) -> np.ndarray:
    found, steps = values.copy(), np.arange(len(values))
    for channel in found.T:
        known = np.flatnonzero(~np.isnan(channel))
        if len(known):
            after = steps > known[0]
            channel[after] = np.interp(steps[after], known, channel[known])
    return found


def filled_note(before: np.ndarray, after: np.ndarray, missing: str) -> list[str]:
    """How many values were filled, and how; nothing where none were.

    before, after: the same values, NaN where missing, and after they were filled.
    """
    count = int((np.isnan(before) & ~np.isnan(after)).sum())
    are = "is" if count == 1 else "are"
    return [f"{counted(count, 'missing values')} {are} filled {_HOW[missing]}."] if count else []
