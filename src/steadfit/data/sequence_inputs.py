"""New series and texts without labels, as a trained model takes them."""

from pathlib import Path

import numpy as np

from steadfit.data.ragged import Ragged, Unit
from steadfit.data.readers import tables, ts
from steadfit.data.readers.encoding import read_text
from steadfit.data.sequences import from_series, from_texts
from steadfit.errors import SteadfitError

TABLES = (".csv", ".tsv", ".parquet", ".pq")


def read_sequences(
    source: Path, unit: Unit, columns: tuple[str, ...] = ()
) -> tuple[Ragged, tuple[str, ...]]:
    """Series or texts to predict, and where each came from.

    source: for series a `.ts` file, whose labels are not looked at, or a table with a series a row
    and a step a column; for texts a table with a column of texts, or a `.txt` file with a text a
    line. Columns of labels are left out. unit: "steps" for series; what texts are cut into.
    columns: as `Dataset.columns` had them in training; a table must have these.

    Raises SteadfitError for other files, and for what the readers say.
    """
    if not source.is_file():
        raise SteadfitError(f"There is no file {source}.")
    suffix = source.suffix.lower()
    if unit != "steps":
        texts, ids = _texts(source, suffix, columns)
        data = from_texts(texts, np.zeros(len(texts)), unit=unit, ids=ids)
    else:
        rows, ids = _series(source, suffix, columns)
        data = from_series(rows, np.zeros(len(rows)), ids=ids)
    assert isinstance(data.x, Ragged)
    return data.x, data.ids


def _texts(source: Path, suffix: str, columns: tuple[str, ...]) -> tuple[list[str], list[str]]:
    if suffix in TABLES:
        return tables.unlabelled_texts(source, columns)
    if suffix == ".txt":
        lines = enumerate(read_text(source).split("\n"), start=1)
        kept = [(line, f"line {number}") for number, line in lines if line.strip()]
        if not kept:
            raise SteadfitError(f"{source.name} has no texts. Expected one a line.")
        return [line for line, _ in kept], [name for _, name in kept]
    raise SteadfitError(f"The model takes texts: a .csv, .parquet or .txt file, not {source}.")


def _series(
    source: Path, suffix: str, columns: tuple[str, ...]
) -> tuple[list[np.ndarray], list[str]]:
    if suffix in TABLES:
        return tables.unlabelled_series(source, columns)
    if suffix == ".ts":
        return ts.unlabelled(source)
    raise SteadfitError(f"The model takes series: a .ts, .csv or .parquet file, not {source}.")
