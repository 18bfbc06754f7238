"""Named columns, and CSV files as such; every bad row is named."""

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from steadfit.errors import SteadfitError, some, unknown
from steadfit.formats.calendars import compact, iso
from steadfit.formats.encoding import read_text

MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "?"})  # in a column of numbers
if TYPE_CHECKING:
    import pyarrow as pa

MOST_COLUMNS = 20_000
_DELIMITERS = ",;\t|"
_WHOLE = re.compile(r"[+-]?(0|[1-9][0-9]*)")
_ZEROS_IN_FRONT = re.compile(r"[+-]?0[0-9]+")


@dataclass(frozen=True)
class Columns:
    """The columns of one file, as text or as Parquet typed them.

    first_row: the number of the first row of values, for people: 2 under a header row.
    notes: what there is to tell of how the file was read.
    """

    file: str
    data: dict[str, "pa.ChunkedArray"]
    first_row: int
    notes: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        return list(self.data)

    def __len__(self) -> int:
        return len(next(iter(self.data.values())))

    def where(self, row: int) -> str:
        return f"{self.file} row {row + self.first_row}"

    def check(self, name: str) -> str:
        """The name, if there is such a column."""
        if name not in self.data:
            raise unknown(f"column of {self.file}", name, self.names)
        return name

    def cells(self, name: str) -> list:
        return self.data[self.check(name)].to_pylist()

    def is_numeric(self, name: str) -> bool:
        return _floats(self.data[name]) is not None

    def numbers(self, name: str) -> np.ndarray:
        """A column as float64, NaN where a cell is empty or says so (NA, NaN, null, ?)."""
        values = _floats(self.data[self.check(name)])
        if values is not None:
            return values
        wrong = [i for i, cell in enumerate(self.cells(name)) if _number(cell) is None]
        raise self._refusal(name, wrong, "a number")

    def texts(self, name: str) -> list[str]:
        """A column as text, no cell empty."""
        cells = ["" if cell is None else str(cell) for cell in self.cells(name)]
        self._refuse(name, [i for i, cell in enumerate(cells) if not cell.strip()], "a text")
        return cells

    def labels(self, name: str) -> np.ndarray:
        """A column as whole numbers, else as numbers, else as text; no cell empty.

        Whole numbers beyond int64, or with zeros in front, are names: as numbers some would become
        the same.
        """
        cells = [cell.strip() for cell in self.texts(name)]
        if all(map(_WHOLE.fullmatch, cells)):
            small = all(len(cell) <= 20 and -(2**63) <= int(cell) < 2**63 for cell in cells)
            return np.array(list(map(int, cells)), np.int64) if small else np.array(cells)
        if any(map(_ZEROS_IN_FRONT.fullmatch, cells)) or not all(_is(float, c) for c in cells):
            return np.array(cells)
        return np.array(cells, np.float64)

    def names_in(self, name: str) -> list[str | None]:
        """A column as text without blanks around it, None where a cell is empty."""
        cells = [None if cell is None else str(cell).strip() for cell in self.cells(name)]
        return [cell or None for cell in cells]

    def dates(self, name: str) -> np.ndarray:
        """A column of dates as datetime64[us], NaT where a cell is missing.

        Written as in `times`; those with a time zone are brought to UTC. Raises SteadfitError for
        cells that are no dates.
        """
        found = as_dates(self.data[self.check(name)])
        if found is not None:
            return found
        one_by_one = [as_dates(self.data[name].slice(i, 1)) for i in range(len(self))]
        wrong = [i for i, cell in enumerate(one_by_one) if cell is None]
        raise self._refusal(name, wrong, "a date such as 2024-01-31")

    def are_dates(self, name: str) -> bool:
        """Whether each cell of a column is a time of the calendar."""
        try:
            return self.times(name)[1]
        except SteadfitError:
            return False

    def times(self, name: str) -> tuple[np.ndarray, bool]:
        """A column of times, and whether they are of the calendar: then int64 microseconds.

        Numbers, or dates and times as ISO 8601 has them or `steadfit.formats.calendars` knows them;
        with a time zone in all cells or in none. Numbers that are all dates of eight digits
        (20240131) are dates.
        """
        import pyarrow as pa
        import pyarrow.compute as pc

        days = [compact(str(cell)) for cell in self.cells(name)]
        if self.is_numeric(name) and not all(days):
            values = self.numbers(name)
            self._refuse(name, np.flatnonzero(~np.isfinite(values)).tolist(), "a time")
            return values, False
        cells = [day or iso(cell) for day, cell in zip(days, self.texts(name), strict=True)]
        kinds = (pa.timestamp("us"), pa.timestamp("us", "UTC"))

        def calendar(some_cells: list[str]) -> np.ndarray | None:
            for kind in kinds:
                try:
                    return pc.cast(pa.array(some_cells), kind).cast(pa.int64()).to_numpy()
                except pa.ArrowInvalid:
                    continue
            return None

        clock = calendar(cells)
        if clock is not None:
            return clock, True
        words = [row for row, cell in enumerate(cells) if _number(cell) is None]
        if len(words) < len(cells) / 2:
            raise self._refusal(name, words, "a number (as most do)")
        wrong = [row for row, cell in enumerate(cells) if calendar([cell]) is None]
        if len(wrong) == len(cells):
            raise SteadfitError(
                f'{self.file}, column "{name}": times must be numbers, or dates such as 2024-01-31 '
                f'or 2024-01-31T13:00:00, got "{cells[0][:30]}". Write them so; or, where rows are '
                "equal steps in order, leave out the option time."
            )
        self._refuse(name, wrong, "a time such as 2024-01-31 or 2024-01-31T13:00:00")
        raise SteadfitError(
            f'{self.file}, column "{name}": times must have a time zone in all cells or in none, '
            "got both. Write them alike."
        )

    def _refuse(self, name: str, rows: Sequence[int], expected: str) -> None:
        if rows:
            raise self._refusal(name, rows, expected)

    def _refusal(self, name: str, rows: Sequence[int], expected: str) -> SteadfitError:
        column = self.data[name]
        cells = [f'row {i + self.first_row} ("{str(column[i])[:30]}")' for i in rows]
        return SteadfitError(
            f'{self.file}, column "{name}": each row must have {expected}, got something else in '
            f"{len(rows)}: {some(cells)}. Fix or remove these rows."
        )


def read_csv(path: Path, encoding: str | None, delimiter: str | None) -> Columns:
    """A CSV file with a header row, every cell as text.

    Raises SteadfitError that names every row with another number of columns than the header.
    """
    import pyarrow as pa
    from pyarrow import csv as arrow

    text = read_text(path, encoding)
    if delimiter is not None and (
        len(delimiter) != 1 or not delimiter.isascii() or delimiter in '"\r\n'
    ):
        raise SteadfitError(
            f'delimiter must be the character between columns, such as ";", got "{delimiter}".'
        )
    head = text.lstrip("\n").split("\n", 1)[0]
    cut = delimiter or max(_DELIMITERS, key=head.count)
    names = _header(path, head, cut)
    bad: list[str] = []

    def note(row: arrow.InvalidRow) -> str:
        bad.append(f'row {row.number}: {row.actual_columns} ("{row.text[:40]}")')
        return "skip"

    content = text.encode()
    try:
        table = arrow.read_csv(
            io.BytesIO(content),
            arrow.ReadOptions(use_threads=False, block_size=min(len(content) + 1, 2**31 - 1)),
            arrow.ParseOptions(delimiter=cut, newlines_in_values=True, invalid_row_handler=note),
            arrow.ConvertOptions(
                column_types={name: pa.string() for name in names}, strings_can_be_null=False
            ),
        )
    except pa.ArrowInvalid as error:
        raise SteadfitError(f"{path.name} cannot be read as a table: {error}.") from None
    if bad:
        raise SteadfitError(
            f"{path.name}: each row must have {len(names)} columns, as the header has, got others "
            f"in {len(bad)}:\n" + "\n".join(bad[:20]) + ("\n…" if bad[20:] else "")
        )
    columns = plain_columns(path.name, table, 2)
    pointed = {} if cut == "," else _decimal_commas(columns.data)
    if not pointed:
        return columns
    told = f"{path.name}: commas are read as decimal points in the columns {some(list(pointed))}."
    return replace(columns, data=columns.data | pointed, notes=(told,))


def _header(path: Path, head: str, delimiter: str) -> list[str]:
    names = next(csv.reader([head], delimiter=delimiter), [])
    check_count(path, len(names))
    twice = sorted(name for name, times in Counter(names).items() if times > 1)
    if twice:
        raise SteadfitError(f"{path.name} has columns of the same name: {some(twice)}. Rename one.")
    if names and all(_number(name) is not None for name in names):
        raise SteadfitError(
            f'{path.name} must begin with a row of column names, got numbers: "{head[:40]}". Add '
            "one."
        )
    return names


def check_count(path: Path, columns: int) -> None:
    """Raise SteadfitError where a table is too wide."""
    if columns > MOST_COLUMNS:
        raise SteadfitError(
            f"{path.name} must have at most {MOST_COLUMNS:,} columns, got {columns:,}. Save long "
            "series as a .ts file, or with a row a step."
        )


def plain_columns(file: str, table: "pa.Table", first_row: int) -> Columns:
    """The columns of a table; its file and first row as `Columns` has them.

    Raises SteadfitError for a table without rows.
    """
    if not table.num_rows or not table.num_columns:
        raise SteadfitError(f"{file} has no rows.")
    columns = map(plain, table.columns)
    return Columns(file, dict(zip(table.column_names, columns, strict=True)), first_row)


def _decimal_commas(data: dict[str, "pa.ChunkedArray"]) -> dict[str, "pa.ChunkedArray"]:
    """Those columns that are numbers when their commas are points, so written."""
    import pyarrow.compute as pc

    points = pc.ReplaceSubstringOptions(",", ".")
    pointed = {
        name: pc.call_function("replace_substring", [column], points)
        for name, column in data.items()
        if _floats(column) is None
    }
    return {name: column for name, column in pointed.items() if _floats(column) is not None}


def as_dates(column: "pa.ChunkedArray") -> np.ndarray | None:
    """A column as datetime64[us], NaT where it is missing; None where a cell is something else."""
    import pyarrow as pa

    if pa.types.is_temporal(column.type):
        if not (pa.types.is_timestamp(column.type) or pa.types.is_date(column.type)):
            return None
        return _microseconds(column)
    if not pa.types.is_string(column.type):
        return None
    cells = [None if cell is None else cell.strip() for cell in column.to_pylist()]
    cells = [None if not cell or cell.lower() in MISSING else cell for cell in cells]
    if not any(cells):
        return None
    written = pa.array([cell and iso(cell) for cell in cells], pa.string())
    for kind in (pa.timestamp("us"), pa.timestamp("us", "UTC")):
        try:
            return _microseconds(written.cast(kind))
        except pa.ArrowInvalid:
            continue
    return None


def _microseconds(column: Any) -> np.ndarray:
    import pyarrow as pa

    moments = column.cast(pa.timestamp("us", getattr(column.type, "tz", None)), safe=False)
    return np.asarray(moments).astype("datetime64[us]")


def plain(column: Any) -> Any:
    """An array of Arrow's, or a chunked one; text as text, however it is stored."""
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_large_string(column.type) or pa.types.is_string_view(column.type):
        column = column.cast(pa.string())
    return column


def _floats(column: "pa.ChunkedArray") -> np.ndarray | None:
    """A column as float64, NaN where it is missing; None where a cell is something else."""
    import pyarrow as pa
    import pyarrow.compute as pc

    def cast(column: "pa.ChunkedArray") -> np.ndarray | None:
        try:
            return np.asarray(pc.cast(column, pa.float64(), safe=False), np.float64)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            return None

    values = cast(column)
    if values is not None or not pa.types.is_string(column.type):
        return values
    column = pc.call_function("utf8_trim_whitespace", [column])
    missing = pc.call_function("is_in", [pc.call_function("utf8_lower", [column])], _missing())
    return cast(pc.call_function("if_else", [missing, pa.scalar(None, pa.string()), column]))


@cache
def _missing() -> Any:
    """The words for what is missing, as Arrow looks them up: made once, as tables may be wide."""
    import pyarrow as pa
    import pyarrow.compute as pc

    return pc.SetLookupOptions(pa.array(sorted(MISSING)))


def _number(cell: object) -> float | None:
    """A cell as a number, NaN where it is missing, None where it is something else."""
    if cell is None:
        return float("nan")
    if isinstance(cell, str) and cell.strip().lower() in MISSING:
        return float("nan")
    return float(cell) if _is(float, cell) else None  # pyright: ignore[reportArgumentType]


def _is(kind: Callable[..., object], cell: object) -> bool:
    try:
        kind(cell)
    except (TypeError, ValueError):
        return False
    return "_" not in str(cell) and str(cell).isascii()  # as Arrow: no 1_000, no other digits
