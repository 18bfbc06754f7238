"""Folds of data in time order: stretches that are tested by what ends before they begin."""

import numpy as np

from steadfit.data.timeline import apart
from steadfit.errors import SteadfitError, counted

TESTED = 0.2  # of the steps that are predicted: the share that is tested, the last one; up to
MOST_TESTED = 0.5  # so many where a stretch would else be shorter than an example


def most_stretches(spans: np.ndarray) -> int:
    """How many stretches have a whole example each, within the part that may be tested.

    spans: as in `steadfit.data.timeline.cut_in_time`.
    """
    steps, longest = _steps(spans)
    return int(MOST_TESTED * steps) // longest


def stretches(spans: np.ndarray, count: int, name: str) -> list[tuple[np.ndarray, np.ndarray]]:
    """Expanding windows: True for the examples to train on and for those to test on, of each
    stretch. What predicts steps on both sides of a cut is in neither.

    name: of the data, for a message. Raises SteadfitError where there are too few steps.
    """
    _, first, last = spans.T
    end = int(last.max()) + 1
    begins, chosen = _begins(spans, count, name)
    found = []
    for begin, stop in zip(begins, [*begins[1:], end], strict=True):
        train, test = last < begin, chosen & (first >= begin) & (first < stop)
        if not train.any() or not test.any():
            raise SteadfitError(
                f"{name}: its {counted(len(first), 'examples')} in time order cannot be cut "
                f"into {count} stretches that are tested by what comes before them. Use fewer "
                "folds, a shorter window or more data."
            )
        found.append((train, test))
    return found


def _begins(spans: np.ndarray, count: int, name: str) -> tuple[list[int], np.ndarray]:
    """The step at which each stretch begins, and True for the examples that are tested."""
    _, first, last = spans.T
    end = int(last.max()) + 1
    steps, longest = _steps(spans)
    tested = max(TESTED * steps, count * longest)
    if tested > MOST_TESTED * steps:
        raise SteadfitError(
            f"{name}: {count} folds that test {counted(longest, 'steps')} each must fit into "
            f"half of the {counted(steps, 'steps')} that can be predicted. Use fewer folds, a "
            "shorter window or horizon, or more data."
        )
    begins = [end - round(tested * (count - k) / count) for k in range(count)]
    chosen = apart(spans, first >= begins[0])
    starts = np.unique(first[chosen])
    if len(np.unique(np.searchsorted(begins, starts, "right"))) < count <= len(starts):
        # Stretches a little longer than what is predicted: the last would have nothing to test.
        begins = [int(part[0]) for part in np.array_split(starts, count)]
    return begins, chosen


def _steps(spans: np.ndarray) -> tuple[int, int]:
    """How many steps can be predicted, and how many the longest example predicts."""
    _, first, last = spans.T
    return int(last.max()) + 1 - int(first.min()), int((last - first).max()) + 1
