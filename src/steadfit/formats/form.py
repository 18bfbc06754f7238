"""`Form`: the form in which a table holds examples, which new tables must have too."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, ClassVar, NamedTuple

import numpy as np

from steadfit.errors import SteadfitError, some
from steadfit.formats.arff import arff_text
from steadfit.formats.calendars import Ticks
from steadfit.formats.columns import Columns
from steadfit.formats.csv_tables import columns_of_text, read_csv
from steadfit.formats.encoding import read_text
from steadfit.formats.json_lines import JSON_LINES, read_json_lines
from steadfit.formats.numerals import Mark
from steadfit.formats.packed import PACKED, inner_name, is_packed_workbook, plain_name
from steadfit.formats.parquet import read_parquet
from steadfit.formats.text_files import (
    has_labelled_lines,
    is_text_folder,
    read_labelled_lines,
    read_text_folder,
)
from steadfit.formats.workbooks import WORKBOOKS, check_sheets, sheet_text
from steadfit.formats.writing import NOTHING_TOLD, Writing

TABLES = (".csv", ".tsv", *JSON_LINES, ".parquet", ".pq", *WORKBOOKS, ".arff")
_OF_TEXT = (*TABLES[:4], ".json", ".arff")  # which may be compressed
INDEX = ("", "id", "index", "unnamed: 0")  # what row numbers of other programs are called
TARGETS = ("label", "target", "class", "y")  # what columns of labels are called


class Rows(NamedTuple):
    """Examples of a table or a file: series, NaN where missing, or texts.

    ids: where each came from. notes: what there is to tell of them. clocks: the times after each,
    where there are times. beside: the words that stand with each text, from other columns.
    labels: those of the examples, where the table has them too; "" where a cell is empty.
    before: the steps of each series before its example, where only the last ones are that.
    """

    examples: Sequence[Any]
    ids: Sequence[str]
    notes: Sequence[str] = ()
    clocks: Sequence[Ticks] = ()
    beside: Sequence[Sequence[str]] = ()
    labels: Sequence[str] = ()
    before: Sequence[np.ndarray] = ()


@dataclass(frozen=True)
class Form(ABC):
    """One form of table. A subclass is a frozen dataclass of the columns that it needs.

    name: in the registry and in `model.json`. files: what new inputs of this form are, where that
    is not what the kind of example says. writing: of the table that was trained on.
    """

    name: ClassVar[str]
    files: ClassVar[str | None] = None

    writing: Writing = field(default=NOTHING_TOLD, kw_only=True, compare=False)

    @abstractmethod
    def needed(self) -> list[str]:
        """The columns that a table must have."""

    @abstractmethod
    def rows(self, table: Columns, missing: str) -> Rows:
        """The examples of a table with these columns. Raises SteadfitError for wrong cells.

        missing: the rule for missing values, of which some forms refuse some at once.
        """

    def filling(self, rule: str) -> "Form":
        """The same, with the gaps of new tables filled by a rule of forecasts."""
        raise SteadfitError(f'fill, here "{rule}", is for forecasts. Leave it out.')

    def read(self, table: Columns, missing: str = "refuse") -> Rows:
        """The examples of a new table. Raises SteadfitError where columns are absent, and as
        `rows`."""
        needed = self.needed()
        absent = [name for name in needed if name not in table.names]
        if absent:
            raise SteadfitError(
                f"{table.file} must have the columns {some(needed)} that the model was trained "
                f"on, got none called {some(absent)}. Columns: {some(table.names)}. Name them as "
                "in training."
            )
        return self.rows(table, missing)


def holds_table(path: Path) -> bool:
    """Whether it is a file or folder that `open_table` takes."""
    return is_text_folder(path) or has_labelled_lines(path) or (path.is_file() and is_table(path))


def is_table(path: Path) -> bool:
    """Whether a file is a table by its name, compressed or not."""
    suffix = Path(inner_name(path)).suffix.lower()
    if path.suffix.lower() not in PACKED:
        return suffix in TABLES
    return suffix in _OF_TEXT or (suffix in WORKBOOKS and is_packed_workbook(path))


def open_table(
    path: Path,
    encoding: str | None = None,
    delimiter: str | None = None,
    decimal: Mark | None = None,
    sheet: str | None = None,
    verbatim: Collection[str] = (),
) -> Columns:
    """A table by its suffix, a folder of texts or a file of fastText's; the options and what is
    raised as of `read_csv`, `read_parquet`, `sheet_text` and `arff_text`. sheet: of workbooks
    alone. verbatim: columns whose cells stay as they are written, as lists of labels."""
    if path.is_dir():
        return read_text_folder(path, encoding)
    check_sheets(path)
    if path.suffix.lower() in WORKBOOKS or is_packed_workbook(path):
        text, notes = sheet_text(path, sheet)
        table = _from_program(columns_of_text(path, text, ",", ".", verbatim))
        return replace(table, notes=(*notes, *table.notes))
    if sheet is not None:
        raise SteadfitError(
            f"sheet is of workbooks ({', '.join(WORKBOOKS)}), got {path.name}. Leave it out."
        )
    if has_labelled_lines(path):
        return read_labelled_lines(path, encoding)
    if Path(plain_name(path)).suffix.lower() in JSON_LINES:
        return read_json_lines(path, encoding, decimal, verbatim)
    if Path(inner_name(path)).suffix.lower() == ".arff":
        text = arff_text(path, read_text(path, encoding))
        return _from_program(columns_of_text(path, text, ",", ".", verbatim))
    if path.suffix.lower() in (".parquet", ".pq"):
        return read_parquet(path, decimal, verbatim)
    return read_csv(path, encoding, delimiter, decimal, verbatim)


def _from_program(table: Columns) -> Columns:
    """Without the decimal mark, which is the program's and not that of the people who use it."""
    return replace(table, decimal=None)


def label_columns(table: Columns) -> list[str]:
    """The columns that are called what labels are called."""
    return [name for name in table.names if name.strip().lower() in TARGETS]


def row_ids(table: Columns) -> list[str]:
    """Where each row is."""
    return [table.where(i) for i in range(len(table))]
