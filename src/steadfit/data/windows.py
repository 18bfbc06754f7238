"""Every window of several series, and the steps that follow each."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch

from steadfit.formats.covariates import ahead
from steadfit.formats.gaps import filled, filled_windows
from steadfit.kinds import Windows
from steadfit.tasks import Forecast


class Cut(NamedTuple):
    """Windows of series, one series after the other.

    x: what is seen; all windows share the series, and none is copied. y: what follows, float32,
    shape (windows, horizon × targets). series, first: which series a window is of, and the step of
    it at which the window begins; int64. kept: True where nothing is missing.
    """

    x: Windows
    y: np.ndarray
    series: np.ndarray
    first: np.ndarray
    kept: np.ndarray


def windows_of(
    series: Sequence[np.ndarray], lengths: Sequence[int], forecast: Forecast, missing: str
) -> Cut:
    """Every window that has a horizon after it, filled by a rule of `steadfit.formats.gaps`.

    series: float32, (rows, channels), NaN where missing. lengths: how many of the rows are no
    future ones, window and horizon or more.
    """
    horizon, window = forecast.horizon, forecast.window

    def seen(each: Sequence[np.ndarray]) -> list[np.ndarray]:
        moved = (ahead(one, forecast.known, horizon) for one in each)
        return [one[:rows] for one, rows in zip(moved, lengths, strict=True)]

    past = seen([filled(one, missing, forecast.season) for one in series])
    future = [one[:rows, list(forecast.targets)]
              for one, rows in zip(series, lengths, strict=True)]  # fmt: skip
    counts = np.array(lengths) - window - horizon + 1
    number = np.repeat(np.arange(len(series)), counts)
    first = np.arange(counts.sum()) - np.repeat(counts.cumsum() - counts, counts)
    starts = (np.cumsum(lengths) - lengths)[number]
    begins = first + starts
    whole, after = np.concatenate(past), np.concatenate(future)
    following = np.lib.stride_tricks.sliding_window_view(after, horizon, axis=0)
    y = following[begins + window].transpose(0, 2, 1).reshape(len(first), -1)
    if missing == "interpolate":
        ends = np.concatenate(seen(series))[begins + window - 1]
        is_open = np.asarray(np.isnan(ends).any(1))
        rows = begins[is_open, None] + np.arange(window)
        own = filled_windows(series, lambda each: np.concatenate(seen(each))[rows], missing)
        whole, begins = _with_own(whole, begins, is_open, own)
        starts = np.where(is_open, begins, starts)
    lost = np.concatenate([[0], np.isnan(whole).any(1).cumsum()])
    kept = (lost[begins + window] == lost[begins]) & ~np.isnan(y).any(1)
    x = Windows(torch.from_numpy(whole), torch.from_numpy(begins), window, torch.from_numpy(starts))
    return Cut(x, y, number, first, kept)


def _with_own(
    whole: np.ndarray, begins: np.ndarray, is_open: np.ndarray, own: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The steps and where the windows begin, with steps of their own for those that end in a gap:
    what comes after it is not known there, so that no line can be drawn to it."""
    moved = begins.copy()
    moved[is_open] = len(whole) + own.shape[1] * np.arange(len(own))
    return np.concatenate([whole, own.reshape(-1, whole.shape[1])]), moved
