"""Data in time order: what is predicted in training lies before all that is predicted in testing.

Inputs may reach back over the cut, since they are known by then.
"""

import numpy as np


def cut_in_time(spans: np.ndarray, share: float) -> tuple[np.ndarray, np.ndarray]:
    """True for the examples before a cut in time, and True for those after it.

    spans: `Structure.spans`; int64, shape (examples, 3): series, first and last predicted step.
    share: of the examples, that is to lie after the cut.

    An example that predicts steps on both sides of the cut is in neither.
    """
    _, first, last = spans.T
    cut = np.sort(first)[min(len(first) - 1, int(np.ceil((1 - share) * len(first))))]
    return last < cut, first >= cut


def blocks_in_time(spans: np.ndarray) -> np.ndarray:
    """The block of neighbours that each example belongs to: int64, shape (examples,).

    A block is a stretch of one series as long as the longest example predicts: examples of blocks
    that are not neighbours predict no step in common. Drawing blocks rather than examples keeps the
    dependence of neighbours (block bootstrap: Carlstein 1986; Künsch 1989).
    """
    series, first, last = spans.T
    length = int((last - first).max()) + 1
    block = (first - first.min()) // length
    return np.unique(np.stack([series, block], axis=1), axis=0, return_inverse=True)[1].ravel()


def apart(spans: np.ndarray, among: np.ndarray) -> np.ndarray:
    """Of these examples those that predict no step twice: of each series the first in time, then
    each that begins after the one before has ended. True for these, shape (examples,).

    spans: as in `cut_in_time`. among: True for the examples to choose from.

    Tested on overlapping examples, a replica would err in the same steps again and again, and
    intervals that take them for so many test points would be too short.

    >>> spans = np.array([[0, 4, 6], [0, 5, 7], [0, 6, 8], [0, 7, 9], [1, 5, 7]])
    >>> apart(spans, np.array([False, True, True, True, True]))
    array([False,  True, False, False,  True])
    """
    found = np.zeros(len(spans), bool)
    rows = np.flatnonzero(among)
    until: dict[int, int] = {}
    for row in rows[np.argsort(spans[rows, 1], kind="stable")].tolist():
        series, first, last = spans[row].tolist()
        if first > until.get(series, -1):
            found[row], until[series] = True, last
    return found
