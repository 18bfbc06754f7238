"""Tables in time order, from whose last rows the next ones are forecast."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from steadfit.errors import SteadfitError, some
from steadfit.formats.calendars import Ticks
from steadfit.formats.clock_changes import check_zone
from steadfit.formats.clocks import Clock, read_clock
from steadfit.formats.columns import Columns
from steadfit.formats.covariates import (
    CALENDAR,
    Covariate,
    ahead,
    at_rows,
    calendar_channels,
    check_parts,
    check_static,
    longer,
    side_by_side,
    the_one,
)
from steadfit.formats.forecast_checks import (
    check_clocks,
    check_filled,
    empty_note,
    last_told,
    spelling_notes,
    unit_notes,
    unlearned_note,
)
from steadfit.formats.form import Form, Rows
from steadfit.formats.gaps import FILLS, check_rule, filled, filled_note, filled_windows
from steadfit.formats.joined_times import with_joined_names
from steadfit.formats.long_tables import check_complete, rows_of_series
from steadfit.formats.time_columns import check_steps
from steadfit.formats.wide_dates import VALUE, as_long

PAST = "Nothing is filled in, as that could bring the future into the past: "


@dataclass(frozen=True)
class ForecastTable(Form):
    """A row a step in time order, with a channel in each of `columns`.

    series: the column that names the series of a row; without it all rows are one. time: the column
    of times. window: rows that a forecast is made from. step: how far one row is from the next, as
    "1 day"; None where no time says so. A model of arrays has no columns.
    Beside `columns`, of which the first `targets` are forecast, there are channels of those in
    `known`, whose values are given for the `horizon` rows that are forecast too, of the parts of
    the `calendar`, and of those in `static`, which are the same in all rows of a series. Where
    nothing is known ahead, horizon is 0.
    fill: the rule by which gaps are filled (`steadfit.formats.gaps.FILLS`), of new tables too; None
    where they are not. season: in steps, for the rule that takes the value of the last season.
    begin: the time of the first step of all that was trained on; None without times.
    time_parts, series_parts: the columns that the times and the names of the series are in, where
    these are several. zone: in which times are
    that have none (`wall_clocks`). unlearned: series of which no window was left.
    units: of the columns whose numbers have one.
    """

    columns: tuple[str, ...]
    series: str | None
    time: str | None
    window: int
    step: str | None = None
    targets: int = 1
    known: tuple[Covariate, ...] = ()
    calendar: tuple[str, ...] = ()
    static: tuple[Covariate, ...] = ()
    horizon: int = 0
    fill: str | None = None
    season: int = 1
    begin: Ticks | None = None
    time_parts: tuple[str, ...] = ()
    series_parts: tuple[str, ...] = ()
    zone: str | None = None
    unlearned: tuple[str, ...] = ()
    units: Mapping[str, str] = field(default_factory=dict, compare=False)

    name = "forecast"
    files = "a table in time order: a .csv or .parquet file"

    def __post_init__(self) -> None:
        check_parts(self.calendar)
        if self.fill is not None:
            check_rule(self.fill, self.season, FILLS)
        if self.zone is not None:
            check_zone(self.zone)

    def needed(self) -> list[str]:
        beside = (each.column for each in (*self.known, *self.static))
        others = (*(self.series_parts or (self.series,)), *(self.time_parts or (self.time,)))
        named = (*self.columns, *beside, *(name for name in others if name is not None))
        return list(dict.fromkeys(named))

    @property
    def numeric(self) -> list[str]:
        """The columns of numbers."""
        beside = (each.column for each in (*self.known, *self.static) if not each.categories)
        return list(dict.fromkeys([*self.columns, *beside]))

    def read(self, table: Columns, missing: str = "refuse") -> Rows:
        wide = VALUE in self.columns and VALUE not in table.names
        return super().read(as_long(table) if wide else table, missing)

    def filling(self, rule: str) -> "ForecastTable":
        return replace(self, fill=rule)

    @property
    def known_channels(self) -> tuple[int, ...]:
        """Those whose values are known of the rows that are forecast."""
        of_known = sum(each.width for each in self.known)
        count = of_known + sum(CALENDAR[part] for part in self.calendar)
        return tuple(range(len(self.columns), len(self.columns) + count))

    @property
    def static_channels(self) -> tuple[int, ...]:
        """Those that are the same in all rows of a series."""
        first = len(self.columns) + len(self.known_channels)
        return tuple(range(first, first + sum(each.width for each in self.static)))

    def channels(self, table: Columns, clock: Clock) -> list[np.ndarray]:
        """Each series, float64, shape (rows, channels), NaN where missing; with `horizon` rows more
        where something is known of them.

        Raises SteadfitError for a static column that changes within a series, a category that was
        not trained on, and parts of the calendar without times of it.
        """
        own = np.stack([table.numbers(column) for column in self.columns], axis=1)
        known = side_by_side(table, self.known)
        static = side_by_side(table, self.static)
        for covariate in self.static:
            check_static(table, covariate.column, clock)
        if self.calendar:
            check_clocks(table, clock, self.zone, self.begin)
        found = []
        more = self.horizon if self.known_channels else 0
        for place, rows in enumerate(clock.members.values()):
            times = np.empty((len(rows) + more, 0))
            if self.calendar:
                tick = clock.ticks[place]
                moments = np.concatenate([clock.times[place], tick.moments(more)])
                times = calendar_channels(tick.local(moments), self.calendar)
            parts = [longer(at_rows(own, rows), more), longer(at_rows(known, rows), more), times]
            of_series = np.tile(the_one(at_rows(static, rows)), (len(rows) + more, 1))
            found.append(np.concatenate([*parts, of_series], axis=1))
        return found

    def ends(self, series: list[np.ndarray], clock: Clock) -> list[int]:
        """How many rows of each series there are up to the last with a value to forecast; where
        columns are known, the rows after it are of the future."""
        if not self.known:
            return [len(rows) for rows in clock.members.values()]
        return last_told(series, self.targets)

    def rows(self, table: Columns, missing: str) -> Rows:
        """The last rows of each series, NaN where missing and not filled.

        Series that are shorter than the window are left out, and named in the notes; so are empty
        last rows, unless they are to be filled.
        Raises SteadfitError where all are, for a gap in time and values that are missing in the
        window unless they are filled or to be dropped, rows of another distance than in training,
        known columns that end before the horizon, and a model of arrays.
        """
        check_rule(missing, self.season)
        if not self.columns:
            raise SteadfitError(
                f"{table.file}: the model was trained on arrays, so the columns to forecast from "
                "are unknown. Give the series as arrays, in Python."
            )
        table = with_joined_names(table, self.series)
        members = rows_of_series(table, self.series)
        if self.time is None:
            free = [name for name in table.names if name not in self.needed()]
            check_steps(table, free, list(members.values()))
        clock = read_clock(table, members, self.time, self.fill, self.zone, self.step)
        self._check_step(table, clock.step)
        series = self.channels(table, clock)
        rule = self.fill or missing
        ends = self.ends(series, clock) if rule in FILLS else last_told(series, self.targets)
        empty = [] if self.known else empty_note(clock, ends, self.columns[: self.targets])
        enough, left_out = self._long_enough(table, clock, ends)
        clock = clock.only(enough)
        series, ends = [series[i] for i in enough], [ends[i] for i in enough]
        self._check_known(table, clock, ends)
        if rule == "refuse":
            drop = (
                'fix these rows, or give missing="forward" for the last value before a gap, or '
                'missing="drop" to leave out the series that need them.'
            )
            self.check_complete(table, clock, ends, self.window, PAST + drop)

        def last(each: Sequence[np.ndarray]) -> np.ndarray:
            moved = [ahead(one, self.known_channels, self.horizon) for one in each]
            return np.stack(
                [m[end - self.window : end] for m, end in zip(moved, ends, strict=True)]
            )

        found = filled_windows(series, last, rule, self.season)
        if self.fill and missing == "refuse":
            check_filled(table, clock, found)
        left_out += unlearned_note(clock, self.unlearned)
        other = unit_notes(table, self.units, self.numeric)
        other += spelling_notes(table, (*self.known, *self.static))
        notes = [*clock.notes, *other, *empty, *left_out, *filled_note(last(series), found, rule)]
        before = [filled(one, rule, self.season)[: end - self.window]
                  for one, end in zip(series, ends, strict=True)]  # fmt: skip
        return Rows(list(found), list(clock.members), notes, _from(clock, ends), before=before)

    def check_complete(
        self, table: Columns, clock: Clock, ends: list[int], window: int | None, remedy: str
    ) -> None:
        """No value may be missing of the last `window` rows up to the ends, all of them if None.

        Raises SteadfitError, with the remedy.
        """
        members = clock.members.values()
        first = [0 if window is None else end - window for end in ends]
        own = np.stack([table.numbers(column) for column in self.columns], axis=1)
        past = [rows[a:end] for rows, a, end in zip(members, first, ends, strict=True)]
        check_complete(table, self.columns, own, np.concatenate(past), remedy)
        later = 0 if window is None else self.horizon
        bounds = zip(members, first, ends, strict=True)
        seen = [rows[begin + later : end + later] for rows, begin, end in bounds]
        names = [each.column for each in self.known for _ in range(each.width)]
        check_complete(table, names, side_by_side(table, self.known), np.concatenate(seen), remedy)

    def _long_enough(
        self, table: Columns, clock: Clock, ends: list[int]
    ) -> tuple[list[int], list[str]]:
        """Which series have the rows of a window, and a note on the others.

        Raises SteadfitError where none has."""
        each = list(zip(clock.members, ends, strict=True))
        short = [f"{key} ({end})" for key, end in each if end < self.window]
        if len(short) == len(each):
            raise SteadfitError(
                f"{table.file}: a series must have the {self.window} rows that a forecast is made "
                f"from, got fewer in all of {len(short)}: {some(short)}. Add the rows before them."
            )
        enough = [i for i, end in enumerate(ends) if end >= self.window]
        if not short:
            return enough, []
        return enough, [
            f"{len(short)} of {len(each)} series have fewer than the {self.window} rows that a "
            f"forecast is made from, and are not forecast: {some(short)}."
        ]

    def _check_known(self, table: Columns, clock: Clock, ends: list[int]) -> None:
        few = [
            f"{key} ({len(rows) - end})"
            for (key, rows), end in zip(clock.members.items(), ends, strict=True)
            if self.known and len(rows) - end < self.horizon
        ]
        if few:
            known = some([each.column for each in self.known])
            targets = some(list(self.columns[: self.targets]))
            raise SteadfitError(
                f"{table.file}: {known} must be known for the {self.horizon} steps after the last "
                f"{targets}, got fewer in {len(few)} series: {some(few)}. Add rows with {known}, "
                f"and {targets} left empty."
            )

    def _check_step(self, table: Columns, found: str | None) -> None:
        """Rows of another distance are another question; None where the distance is not known."""
        if found is not None and self.step is not None and found != self.step:
            raise SteadfitError(
                f"{table.file}: the model was trained on rows {self.step} apart, and these are "
                f"{found} apart. Give rows {self.step} apart."
            )


def _from(clock: Clock, ends: list[int]) -> list[Ticks]:
    """The times after each series' last row that is no future one."""
    if not clock.ticks:
        return []
    return [
        replace(tick, last=float(times[end - 1]))
        for tick, times, end in zip(clock.ticks, clock.times, ends, strict=True)
    ]
