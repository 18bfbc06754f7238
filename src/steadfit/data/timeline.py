"""Data in time order: the past is trained on, the future tested on, and nothing is in both."""

import numpy as np


def cut_in_time(spans: np.ndarray, share: float) -> tuple[np.ndarray, np.ndarray]:
    """True for the examples before a cut in time, and True for those after it.

    spans: `Dataset.spans`; int64, shape (examples, 3): series, first step, last step.
    share: of the examples, that is to lie after the cut.

    An example that needs steps on both sides of the cut is in neither. Where two examples on
    different sides would share a step, one of them lies across the cut, so none does.
    """
    _, first, last = spans.T
    cut = np.sort(first)[min(len(first) - 1, int(np.ceil((1 - share) * len(first))))]
    return last < cut, first >= cut


def blocks_in_time(spans: np.ndarray) -> np.ndarray:
    """The block of neighbours that each example belongs to: int64, shape (examples,).

    A block is a stretch of one series as long as the longest example needs: examples of blocks
    that are not neighbours share no step. Drawing blocks rather than examples keeps the dependence
    of neighbours (block bootstrap: Carlstein 1986; Künsch 1989).
    """
    series, first, last = spans.T
    length = int((last - first).max()) + 1
    block = (first - first.min()) // length
    return np.unique(np.stack([series, block], axis=1), axis=0, return_inverse=True)[1].ravel()
