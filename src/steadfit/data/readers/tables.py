"""CSV and Parquet in five forms: rows, wide series, long series, texts, and forecasts."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from steadfit.data.dataset import Dataset
from steadfit.data.readers.asked import (
    Asked,
    check_form,
    joined,
    listed,
    numbers,
    seasons,
    targets_of,
)
from steadfit.data.readers.forecast_tables import forecast
from steadfit.data.readers.nearly_numbers import checked_words
from steadfit.data.readers.one_hot import one_column, siblings_note
from steadfit.data.readers.series_tables import long, wide
from steadfit.data.readers.text_tables import texts_of
from steadfit.data.repeated_rows import check_rows
from steadfit.data.tables import labelled, told_rows
from steadfit.data.targets import TaskName
from steadfit.errors import SteadfitError, counted, some
from steadfit.formats.columns import Columns
from steadfit.formats.form import INDEX, label_columns, open_table
from steadfit.formats.frames import from_frame, is_frame, with_times
from steadfit.formats.joined_tables import with_tests
from steadfit.formats.joined_times import parts_of
from steadfit.formats.known_labels import KnownLabels
from steadfit.formats.numerals import Mark
from steadfit.formats.packed import plain_name
from steadfit.formats.text_tables import LABEL_NAMES, likely_labels, text_columns
from steadfit.formats.wide_tables import are_steps, free_columns
from steadfit.kinds import Unit, existing


def read(
    source: Any,
    *,
    target: str | Sequence[str] | None = None,
    text: str | Sequence[str] | None = None,
    series: str | Sequence[str] | None = None,
    time: str | Sequence[str] | None = None,
    values: str | Sequence[str] | None = None,
    group: str | None = None,
    horizon: int | None = None,
    window: int | None = None,
    season: int | str | Sequence[int] | None = None,
    quantiles: str | Sequence[float] | None = None,
    known: str | Sequence[str] | None = None,
    static: str | Sequence[str] | None = None,
    calendar: str | Sequence[str] | None = None,
    fill: str | None = None,
    log: bool = False,
    zone: str | None = None,
    missing: str | None = None,
    kind: str | None = None,
    task: TaskName | None = None,
    several: str | None = None,
    unit: Unit | None = None,
    strip: str | Sequence[str] | None = None,
    longest: int | None = None,
    vectors: str | Path | None = None,
    test_file: str | Path | None = None,
    encoding: str | None = None,
    delimiter: str | None = None,
    decimal: Mark | None = None,
    sheet: str | None = None,
    day_first: bool | None = None,
) -> Dataset:
    """A table with named columns, in one of five forms, or a folder or file of labelled texts.

    Rows: a row an example, of numbers, categories and dates in any columns. Wide: a row an example,
    a column a time step, in the file's order; empty cells at a row's end make its series shorter.
    Long, told by `series`: a row a step. Text, told by `text`, or by columns of sentences: a row an
    example; numbers and names in other columns are learned with the text. Forecast, told by
    `horizon`: rows in time order.

    source: a path, or a frame of pandas', polars' or Arrow's. A folder has a folder of .txt files
        for each class; lines of a .txt file begin with fastText's __label__NAME.
    target: the column of the labels or numbers to learn; or columns of 0 and 1, one for each class,
        or, with task="several", one for each label;
        in a forecast the columns to forecast. If None, the one that is called label, target, class
        or y; beside texts, the one left, or the one left that is called category, sentiment, topic
        and the like.
    text: the column of texts, or several. series: the column that names the series of a row. time:
        the column of times; the rows' order if None. A forecast takes several: "year,month".
    values: the columns of a series' values, all other columns of numbers if None; or the columns of
        a table that are used. Several names are given as a list or with commas between them.
    group: a column whose equal rows stay on one side of every split.
    horizon: steps to forecast. window: steps that a forecast is made from; twice the horizon, or
        two seasons if that is more, but at most half of a usual series. season: steps of a season,
        or several, as "24,168" or [24, 168]; told by calendar times if None. quantiles: to
        forecast, between 0 and 1, beside the median that is the forecast itself
        (`steadfit.tasks.Forecast`).
    known: columns that are known of the steps that are forecast too, as prices that are set; a
        forecast then needs their rows. static: columns that are the same in all rows of a series.
        calendar: "hour", "weekday", "month", of the steps that are forecast. Of all other columns
        those in `values` are seen up to the last known row.
    fill: of forecasts, "forward", "season" or "interpolate": the rule by which empty cells and rows
        that the times leave out are filled, here and in tables to forecast from
        (`from_forecast`). log: whether forecasts are learned as logarithms, of values above 0.
    zone: of a forecast's times that have none, as "UTC"; told by changes of clocks if None.
    missing: as in `from_series`, "refuse" if None; in a forecast as in `from_forecast`; of rows as
        in `from_table`, "fill" if None; of texts as in `from_texts`.
    kind: "table" or "series", what a row of numbers is. If None, a series where the columns' names
        are steps (t0, t1, … or numbers that rise evenly), and else a row of a table.
    task: "classes", "numbers" or "several"; told by the labels if None: those with a point are
        numbers. several: the mark between the labels of one example, as ";"; an empty cell has
        none.
    unit: "words" or "characters" of a text; told by its script if None.
    strip: what is taken out of texts first: "html", "urls". longest, vectors: as in
        `from_texts`.
    test_file: a table of the same columns that is the test set; of rows, texts and wide series.
    encoding: as in `read_text`. delimiter, decimal: the character between cells and the mark before
        decimals, "." or ","; told by the file if None. sheet: of a workbook; the only one that has
        cells if None. day_first: of dates such as 1/2/2024; told by the column if None.

    Raises SteadfitError for columns that are not there or cannot be told, and names every row with
    other columns than the header, or with something else in a cell than is expected.
    """
    if is_frame(source) and (horizon, series, time) != (None, None, None):
        source = with_times(source)
    lists = () if several is None else listed(target) or LABEL_NAMES
    series, time = joined(series), joined(time)
    table = (
        from_frame(source, decimal=decimal, verbatim=lists)
        if is_frame(source)
        else open_table(Path(source), encoding, delimiter, decimal, sheet, lists)
    )
    table = replace(table, day_first=day_first)
    if test_file is not None:
        if series is not None or horizon is not None:
            raise SteadfitError("test_file is for a row an example, got series or horizon too.")
        tests = open_table(existing(test_file), encoding, delimiter, decimal, verbatim=lists)
        table = with_tests(table, tests)
    asked = Asked(
        [table.check(name) for name in dict.fromkeys(listed(target, table.names))],
        listed(text, table.names), series, time, listed(values, table.names), group, horizon,
        window, seasons(season), numbers(quantiles), listed(known, table.names),
        listed(static, table.names), listed(calendar), fill, log or None, zone, missing, kind,
        task, several, unit, listed(strip), longest, vectors,
    )  # fmt: skip
    parts = [part for name in (series, time) if name for part in parts_of(table, name)]
    for name in (*parts, group, *asked.text, *asked.values, *asked.known, *asked.static):
        if name is not None:
            table.check(name)
    check_form(asked)
    if len(asked.targets) > 1 and horizon is None:
        table, column, mark = one_column(table, asked.targets, task)
        asked = replace(asked, targets=[column], several=mark or None, marks=asked.targets)
    if horizon is None and series is None and asked.several is None:
        column = _the_target(table, asked)
        table = checked_words(table, column, task, missing, decimal)
        table = _labelled_rows(table, column) if missing == "drop" else table
    data = forecast(table, asked) if horizon is not None else _labelled(table, asked)
    return replace(
        data,
        name=Path(plain_name(Path(table.file))).stem,
        schema=data.schema.written_as(table),
        notes=(*data.notes, *table.notes),
    )


def _labelled(table: Columns, asked: Asked) -> Dataset:
    """A table of rows, series or texts, with a label or number each."""
    label = _the_target(table, asked)
    if asked.series is not None:
        return long(table, asked, asked.series, label)
    taken = {label, asked.group}
    text = tuple(asked.text)
    if not text and asked.kind is None:
        text = text_columns(table, {*taken, *(asked.values and table.names)} - {*asked.values})
    if text:
        return texts_of(table, asked, text, label)
    names = asked.values or free_columns(table, taken)
    told = "series" if are_steps(names) else "table"
    why = f"the columns' names are {'steps' if told == 'series' else 'no steps'}"
    if asked.kind is not None:
        why = f'kind="{asked.kind}" was given'
    return _OF_NUMBERS[asked.kind or told](table, asked, label, why)


def _labelled_rows(table: Columns, label: str) -> Columns:
    """The rows that have a label; that others are left out is said."""
    gaps = table.unlabelled(label)
    if not gaps:
        return table
    rows = counted(len(gaps), "rows")
    named = some([f"row {table.number_of_row(i)}" for i in gaps])
    note = f"{table.file}: {rows} without a label in {label} left out: {named}."
    return replace(table.without(gaps), notes=(*table.notes, note))


def _rows(table: Columns, asked: Asked, label: str, why: str) -> Dataset:
    """A row an example, of unrelated columns."""
    taken = {label, asked.group}
    names = asked.values or [name for name in table.names if name not in taken]
    if asked.kind is None and asked.group is None:
        check_rows(table, names, label)
    found = told_rows(table, names, label)
    used = {column.name for column in found.x.columns}
    kept = counted(len(used), "columns")
    first = (
        f"{table.file}: a table of {kept}; {label} is learned. A row is one of a table, as {why}."
    )
    unused = table.unused({*taken, *names})
    siblings = siblings_note(table, label, names)
    found = found._replace(notes=(first, *found.notes, *siblings, *unused))
    groups = None if asked.group is None else table.labels(asked.group)
    return labelled(
        found, targets_of(table, asked, label), table.file, asked.task, asked.missing or "fill",
        is_test=table.is_test, groups=groups, several=asked.several,
        learned=KnownLabels(label, tuple(asked.marks), asked.several or ""),
    )  # fmt: skip


_OF_NUMBERS = {"table": _rows, "series": wide}  # what a row of numbers is


def _the_target(table: Columns, asked: Asked) -> str:
    """The one column to learn: the one given, or else the one that is called so or is left over."""
    found = asked.targets or label_columns(table)
    taken = (asked.series, asked.time, asked.group, *asked.text, *asked.values)
    rest = [name for name in table.names if name not in taken]
    if not found and len(rest) > 1 and asked.horizon is None and asked.series is None:
        texts = asked.text or text_columns(table, taken)
        named = [name for name in rest if name.strip().lower() not in INDEX]
        rest = likely_labels([name for name in named if name not in texts]) if texts else rest
    if len(found) != 1 and len(rest) == 1:
        found = rest
    if len(found) != 1:
        raise SteadfitError(
            f'{table.file}: cannot determine the target column. Add target="NAME"; for a forecast, '
            f"give horizon too. Columns: {', '.join(table.names)}.",
            target="NAME",
        )
    return found[0]
