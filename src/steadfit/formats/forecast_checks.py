"""What a table to forecast from must have, by what was trained on."""

from collections.abc import Collection, Mapping, Sequence

import numpy as np

from steadfit.errors import SteadfitError, counted, some
from steadfit.formats.calendars import Ticks
from steadfit.formats.clocks import Clock
from steadfit.formats.columns import Columns
from steadfit.formats.covariates import Covariate
from steadfit.formats.units import unit_note
from steadfit.formats.wall_clocks import SEVERAL


def check_clocks(table: Columns, clock: Clock, zone: str | None, begin: Ticks | None) -> None:
    """Raise SteadfitError where no clock of one zone tells the parts of the calendar, and where
    those of training had a zone and these have none, or the other way round. zone: that was asked
    for. begin: of training."""
    if not (clock.ticks and clock.ticks[0].calendar):
        raise SteadfitError(
            f"{table.file}: calendar needs a column of dates, got none. Name it with time, or "
            "leave calendar out."
        )
    own = clock.ticks[0].zone
    if zone is None and own == SEVERAL:
        raise SteadfitError(
            f"{table.file}: calendar needs times of one zone, got several distances from UTC. "
            "Train with the option zone, such as Europe/Berlin."
        )
    if begin is not None and (begin.zone is None) != (own is None):
        here, there = ("without", "with") if own is None else ("with", "without")
        raise SteadfitError(
            f"{table.file}: the model was trained on times {there} a time zone, as calendar "
            f"tells, and these are {here} one. Give them as in training."
        )


def check_filled(table: Columns, clock: Clock, windows: np.ndarray) -> None:
    """Raise SteadfitError where a gap has no value before it to be filled from."""
    left = np.asarray(np.isnan(windows).any((1, 2)))
    named = [key for key, without in zip(clock.members, left, strict=True) if without]
    if named:
        raise SteadfitError(
            f"{table.file}: each gap must have a value before it to be filled from, got none in "
            f"{counted(len(named), 'series')}: {some(named)}. Add earlier rows, or give "
            'missing="drop" to leave these series out.',
            missing="drop",
        )


def last_told(series: Sequence[np.ndarray], targets: int) -> list[int]:
    """How many rows of each series there are up to the last with a value of the first channels."""
    told = [~np.isnan(one[:, :targets]).all(1) for one in series]
    return [int(np.flatnonzero(each)[-1]) + 1 if each.any() else 0 for each in told]


def empty_note(clock: Clock, ends: Sequence[int], targets: Sequence[str]) -> list[str]:
    """How many last rows of each series have nothing of what is forecast."""
    left_out = [f"{key} ({len(rows) - end})"
                for (key, rows), end in zip(clock.members.items(), ends, strict=True)
                if end < len(rows)]  # fmt: skip
    if not left_out:
        return []
    return [
        f"The last rows have no {some(targets)} and are left out, so that forecasts begin there: "
        f"{some(left_out)}."
    ]


def unlearned_note(clock: Clock, unlearned: Collection[str]) -> list[str]:
    """That a model forecasts series of which it learned nothing."""
    found = [key for key in clock.members if key in unlearned]
    if not found:
        return []
    return [
        f"The model learned nothing of {some(found)}, as values were missing in each window of "
        "training: these forecasts are by what it learned of others."
    ]


def unit_notes(table: Columns, trained: Mapping[str, str], names: Sequence[str]) -> list[str]:
    """Which columns have other units than in training. trained: those, by the column."""
    return [
        f'{table.file}, column "{name}": {note}'
        for name in names
        for note in unit_note(table.units.get(name, ""), trained.get(name, ""), table.numbers(name))
    ]


def spelling_notes(table: Columns, covariates: Sequence[Covariate]) -> list[str]:
    """Which categories are in another spelling than in training."""
    notes = []
    for each in covariates:
        if taken := [f'"{old}" for "{new}"' for old, new in each.spelt(table).items()]:
            where = f'{table.file}, column "{each.column}"'
            notes.append(f"{where}: categories in another spelling are taken: {some(taken)}.")
    return notes
