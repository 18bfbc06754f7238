"""New series and texts without labels, as a trained model takes them."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from steadfit.data.dataset import Dataset, Forecast
from steadfit.data.ragged import Unit
from steadfit.data.readers import ts, unlabelled
from steadfit.data.readers.encoding import read_text
from steadfit.data.readers.tables import open_table
from steadfit.data.sequences import from_series, from_texts
from steadfit.errors import SteadfitError

TABLES = (".csv", ".tsv", ".parquet", ".pq")
Found = tuple[Sequence, Sequence[str]]  # series or texts, and where each came from


def read_sequences(
    source: Path,
    unit: Unit,
    columns: tuple[str, ...] = (),
    *,
    series_column: str | None = None,
    time_column: str | None = None,
    forecast: Forecast | None = None,
    missing: str = "refuse",
    encoding: str | None = None,
    delimiter: str | None = None,
) -> Dataset:
    """Series or texts to predict. The targets of what is returned mean nothing.

    source: for series a `.ts` file, whose labels are not looked at, or a table of the form trained
    on; of a forecast its last window of each series is taken. For texts a table with a column of
    texts, or a `.txt` file with a text a line. Columns of labels are left out.
    unit: "steps" for series; what texts are cut into. columns, series_column, time_column,
    forecast: as `Dataset` had them in training; a table must have these columns.
    missing: as in `from_series`; of a forecast only "drop" does something.
    encoding, delimiter: as in `steadfit.data.readers.tables.read`.

    Raises SteadfitError for other files, and for what the readers say.
    """
    if not source.is_file():
        raise SteadfitError(f"There is no file {source}.")
    suffix = source.suffix.lower()
    found: Found
    if suffix in TABLES:
        table = open_table(source, encoding, delimiter)
        if unit != "steps":
            found = unlabelled.texts(table, columns)
        elif forecast is not None:
            found = unlabelled.latest(table, columns, series_column, time_column, forecast, missing)
        elif series_column is not None:
            found = unlabelled.long(table, columns, series_column, time_column, missing)
        else:
            found = unlabelled.wide(table, columns)
    elif unit != "steps" and suffix == ".txt":
        found = _lines(source, encoding)
    elif unit == "steps" and suffix == ".ts" and forecast is None:
        found = ts.unlabelled(source, encoding)
    else:
        raise SteadfitError(f"The model takes {_expected(unit, forecast)}, not {source}.")
    examples, ids = found
    nothing = np.zeros(len(examples))
    if unit == "steps":
        return from_series(examples, nothing, source.name, missing=missing, ids=ids)
    return from_texts(examples, nothing, source.name, unit=unit, ids=ids)


def _lines(source: Path, encoding: str | None) -> Found:
    lines = enumerate(read_text(source, encoding).split("\n"), start=1)
    kept = [(line, f"line {number}") for number, line in lines if line.strip()]
    if not kept:
        raise SteadfitError(f"{source.name} has no texts. Expected one a line.")
    return [line for line, _ in kept], [name for _, name in kept]


def _expected(unit: Unit, forecast: Forecast | None) -> str:
    if unit != "steps":
        return "texts: a .csv, .parquet or .txt file"
    if forecast is not None:
        return "a table in time order: a .csv or .parquet file"
    return "series: a .ts, .csv or .parquet file"
