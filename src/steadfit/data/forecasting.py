"""Forecasts: windows of a series, and the forecasts that a network has to beat."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor

from steadfit.data.dataset import Dataset, Structure
from steadfit.data.schema import Schema
from steadfit.data.windows import windows_of
from steadfit.errors import SteadfitError, counted, some
from steadfit.formats import ForecastTable
from steadfit.formats.gaps import FILLS, check_rule, filled, filled_note
from steadfit.kinds import Ragged, Series
from steadfit.kinds.series_rows import as_steps
from steadfit.tasks import Forecast
from steadfit.tasks.scaled_errors import scales


def from_forecast(
    series: Sequence[np.ndarray],
    forecast: Forecast,
    name: str = "forecast",
    *,
    starts: Sequence[int] = (),
    names: Sequence[str] = (),
    missing: str = "refuse",
    notes: Sequence[str] = (),
    form: ForecastTable | None = None,
) -> Dataset:
    """Every window of every series, with the steps that follow it as the numbers to predict.

    series: arrays of shape (steps,) or (steps, channels) at equal distances, NaN where missing.
    starts: the clock's step at which each series begins, so that a cut in time is one for all of
        them; 0 if empty. names: what each series is called. Of channels that are known beforehand
        (`Forecast.known`) a series may have rows after the last of its targets, where these are
        NaN.
    form: the form of the table that they came from, if any.
    missing: "refuse" raises where a value is missing; "drop" leaves out the windows that need it;
        "forward" fills what is seen with the last value before it, "season" with that of the last
        season, "interpolate" on a straight line where the value after the gap is known at the
        window's end; windows that would have to forecast what is filled are left out.

    Series shorter than window and horizon together are left out, and said.
    Raises SteadfitError where none is left, for channels that differ or are not there, and for a
    season that does not lie in the window.

    >>> data = from_forecast([np.arange(6.0)], Forecast(horizon=2, window=3))
    >>> data.x.padded()[0].flatten().tolist(), data.y[0].tolist()
    ([0.0, 1.0, 2.0], [3.0, 4.0])
    """
    check_rule(missing, forecast.season)
    names = tuple(names) or tuple(f"series {i}" for i in range(len(series)))
    series = [as_steps(one, where) for one, where in zip(series, names, strict=True)]
    starts = tuple(starts) or (0,) * len(series)
    seasons = (forecast.season, *forecast.longer_seasons)
    if min(forecast.window, forecast.horizon, *seasons) < 1:
        raise SteadfitError(
            f"Window, horizon and season must be 1 or more, got {forecast.window}, "
            f"{forecast.horizon} and {', '.join(map(str, seasons))}."
        )
    if max(seasons) > forecast.window:
        raise SteadfitError(
            f"season must be at most the {forecast.window} steps of the window, got "
            f"{max(seasons)}. Give a larger window or a shorter season."
        )
    if forecast.known and forecast.window <= forecast.horizon:
        raise SteadfitError(
            f"window must be longer than the horizon of {forecast.horizon} steps where columns are "
            f"known beforehand, got {forecast.window}. Give a larger window."
        )
    _check_channels(series, forecast, name)
    if forecast.log:
        _check_above_0(series, forecast, names, starts, name)
    told = [_without_future(one, forecast) for one in series]
    enough, left_out = _long_enough(told, names, forecast, name)
    whole, series = [series[i] for i in enough], [told[i] for i in enough]
    names, starts = [names[i] for i in enough], [starts[i] for i in enough]
    cut = windows_of(whole, list(map(len, series)), forecast, missing)
    kept = cut.kept
    lost = [name for i, name in enumerate(names) if not kept[cut.series == i].any()]
    notes = [
        *notes,
        *left_out,
        *_missing_note(series, names, kept, missing, forecast.season),
        *_unlearned_note(lost, len(names), forecast.horizon),
        *_constant_note(series, names, forecast.targets),
    ]
    if any(np.isinf(one).any() for one in series):
        raise SteadfitError(f"{name}: values are infinite, or beyond float32. Fix them.")
    number, first = cut.series[kept], (cut.first + np.array(starts)[cut.series])[kept]
    predicted = first + forecast.window
    form = form or ForecastTable((), None, None, forecast.window)
    return Dataset(
        name=name,
        x=cut.x[torch.from_numpy(np.flatnonzero(kept))],
        y=torch.from_numpy(cut.y[kept]),
        schema=Schema(
            Series(cut.x.shape[2]),
            forecast,
            replace(form, unlearned=tuple(lost)),
        ),
        structure=Structure(
            spans=torch.from_numpy(
                np.stack([number, predicted, predicted + forecast.horizon - 1], axis=1)
            )
        ),
        ids=tuple(
            f"{names[i]} step {step}"
            for i, step in zip(number.tolist(), predicted.tolist(), strict=True)
        ),
        notes=tuple(notes),
    )


def _check_channels(series: Sequence[np.ndarray], forecast: Forecast, name: str) -> None:
    channels = {one.shape[1] for one in series}
    named = (*forecast.targets, *forecast.known, *forecast.static)
    if len(channels) > 1 or not all(0 <= k < min(channels, default=k + 1) for k in named):
        raise SteadfitError(
            f"{name}: all series must have the same channels, and the targets must be among them, "
            f"got {some([str(n) for n in sorted(channels)])} channels and the targets "
            f"{some([str(k) for k in named])}, counted from 0."
        )


def _check_above_0(
    series: Sequence[np.ndarray],
    forecast: Forecast,
    names: Sequence[str],
    starts: Sequence[int],
    name: str,
) -> None:
    """Raise SteadfitError for values that have no logarithm."""
    low = [
        f"{where} step {start + step} ({one[step, channel]:g})"
        for where, start, one in zip(names, starts, series, strict=True)
        for step, channel in np.argwhere(one <= 0).tolist()
        if channel in forecast.targets
    ]
    if low:
        raise SteadfitError(
            f"{name}: log takes values above 0 in what is forecast, got "
            f"{counted(len(low), 'values')} that are 0 or less: {some(low)}. Leave log out, or fix "
            "these values."
        )


def _without_future(one: np.ndarray, forecast: Forecast) -> np.ndarray:
    """The rows up to the last that has targets, where rows after it may be known."""
    if not forecast.known:
        return one
    told = np.flatnonzero(~np.isnan(one[:, list(forecast.targets)]).all(1))
    return one[: told[-1] + 1 if len(told) else 0]


def _long_enough(
    series: Sequence[np.ndarray], names: Sequence[str], forecast: Forecast, name: str
) -> tuple[list[int], list[str]]:
    """Which series have a window and a horizon at least; and a note on the others."""
    need = forecast.window + forecast.horizon
    short = [f"{n} ({len(s)})" for n, s in zip(names, series, strict=True) if len(s) < need]
    needed = f"a window of {forecast.window} and a horizon of {forecast.horizon} steps"
    if len(short) == len(series):
        got = f"fewer in all of {len(series)}: {some(short)}" if short else "no series"
        raise SteadfitError(
            f"{name}: a series must have the {need} rows of {needed}, got {got}. Give a smaller "
            "window or horizon."
        )
    if not short:
        return list(range(len(series))), []
    kept = [i for i, one in enumerate(series) if len(one) >= need]
    note = (
        f"{len(short)} of {len(series)} series are shorter than {needed}, left out: {some(short)}."
    )
    return kept, [note]


def naive_forecasts(dataset: Dataset, season: int = 1) -> Tensor:
    """The naive forecast, or with season > 1 the seasonal naive: the last season again.

    Step h of the horizon is the value `season` steps before it, or as many seasons as it takes to
    be in the window (Hyndman and Athanasopoulos 2021, 5.2). Shape of y, in the data's units.
    Raises SteadfitError for data that are no forecast, and a season longer than the window.

    >>> windows = from_forecast([np.arange(8.0)], Forecast(horizon=2, window=4))
    >>> naive_forecasts(windows, season=2)[0].tolist(), windows.y[0].tolist()
    ([2.0, 3.0], [4.0, 5.0])
    """
    forecast, windows = forecast_of(dataset)
    return forecast.naive(windows, season)


def scaled_errors(train: Dataset, test: Dataset, predictions: Tensor, season: int = 1) -> Tensor:
    """Absolute scaled errors of forecasts, shape of y; their mean is the MASE.

    |error| divided by the mean absolute error of the (seasonal) naive forecast of one step on the
    training side of the same series and target (Hyndman and Koehler 2006, equations 3 and 4); below
    1 is better than it. NaN where that is 0, or the series has no training side.
    Raises SteadfitError for data that are no forecast.

    >>> from steadfit.data import split
    >>> parts = split(from_forecast([np.arange(40.0)], Forecast(horizon=2, window=4)))
    >>> float(scaled_errors(parts.train, parts.test, naive_forecasts(parts.test)).mean())
    1.5
    """
    forecast, windows = forecast_of(train)
    past = forecast.past(windows)
    unit = scales(train.side, test.side, past, forecast.horizon, season)
    return (predictions - test.y).abs() / unit


def forecast_of(dataset: Dataset) -> tuple[Forecast, Ragged]:
    """What is forecast, and from which windows. Raises SteadfitError for other data."""
    task = dataset.schema.task
    if not isinstance(task, Forecast):
        raise SteadfitError(
            f"{dataset.name} must be a forecast, got a data set of {task.learned}. Read it with a "
            "horizon, or make it with steadfit.data.from_forecast."
        )
    assert isinstance(dataset.x, Ragged)
    return task, dataset.x


def _constant_note(
    series: Sequence[np.ndarray], names: Sequence[str], targets: Sequence[int]
) -> list[str]:
    """Said before a network is trained on them."""
    same = [
        name
        for name, one in zip(names, series, strict=True)
        if any(_never_changes(one[:, k]) for k in targets)
    ]
    if not same:
        return []
    return [f"{len(same)} of {len(series)} series never change: {some(same)}."]


def _never_changes(values: np.ndarray) -> bool:
    known = values[~np.isnan(values)]
    return len(known) > 0 and known.min() == known.max()


def _missing_note(
    series: Sequence[np.ndarray],
    names: Sequence[str],
    kept: np.ndarray,
    missing: str,
    season: int,
) -> list[str]:
    gaps = [f"{n} step {int(np.flatnonzero(np.isnan(s).any(axis=1))[0])}"
            for n, s in zip(names, series, strict=True) if np.isnan(s).any()]  # fmt: skip
    if not gaps:
        return []
    if missing == "refuse":
        raise SteadfitError(
            f"Values are missing in {len(gaps)} series, first at {some(gaps)}. Nothing is filled "
            'in, as that could bring the future into the past: give missing="drop" to leave out '
            'the windows that need them, or one of "forward", "season" and "interpolate" to fill '
            "them from what is known by then."
        )
    if not kept.any():
        raise SteadfitError(
            "Values are missing in every window, so none is left. Give a shorter window, or fill "
            "the gaps."
        )
    left_out = f"{int((~kept).sum())} windows that need missing values are left out."
    before, after = (
        np.concatenate([filled(one, rule, season) for one in series])
        for rule in ("refuse", missing)
    )
    unfilled = int(np.isnan(after).sum())
    kept_open = (
        f'{counted(unfilled, "missing values")} cannot be filled by fill="{missing}", as what '
        "they would be filled with is missing too; forecasts from windows with such are refused."
    )
    open_note = [kept_open] if missing in FILLS and unfilled else []
    return [" ".join([*filled_note(before, after, missing), *open_note, left_out])]


def _unlearned_note(lost: Sequence[str], count: int, horizon: int) -> list[str]:
    """Which series have no window without missing values, so that nothing is learned of them."""
    if not lost:
        return []
    return [
        f"{len(lost)} of {count} series are not learned, as each of their windows, or the "
        f"{counted(horizon, 'steps')} after it, has missing values: {some(lost)}. Values to "
        "forecast are not filled: write them, such as 0 on a day that a shop is closed, or give a "
        "shorter horizon."
    ]
