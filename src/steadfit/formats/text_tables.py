"""Tables of texts: a row a text."""

from dataclasses import dataclass
from typing import Self

from steadfit.errors import SteadfitError
from steadfit.formats.columns import Columns, as_dates
from steadfit.formats.form import INDEX, Form, Rows, label_columns, row_ids

_SENTENCE = 5  # words of a cell, on average, that make a column beside others one of texts
_TEXTS = ("text", "sentence", "review", "comment", "message", "document")


@dataclass(frozen=True)
class TextTable(Form):
    """A row a text, in one column."""

    column: str

    name = "texts"

    @classmethod
    def told(cls, table: Columns) -> Self:
        """The column of texts, told by its name or cells. Raises SteadfitError if it cannot be."""
        column = text_column(table, set(label_columns(table)))
        if column is None:
            raise SteadfitError(
                f"{table.file}: cannot determine the column of texts. Name it text. Columns: "
                f"{', '.join(table.names)}."
            )
        return cls(column)

    def needed(self) -> list[str]:
        return [self.column]

    def rows(self, table: Columns, missing: str) -> Rows:
        if missing != "refuse":
            raise SteadfitError(
                f'missing must be "refuse" for texts, got "{missing}". Remove the rows without a '
                "text."
            )
        return Rows(table.texts(self.column), row_ids(table))


def text_column(table: Columns, taken: set[str | None]) -> str | None:
    """The column of texts, if there is one.

    By its name; or the only one with spaces in most cells, if there is no column beside it, or if
    it is as long as sentences are.
    """
    rest = [name for name in table.names if name not in taken]
    found = [name for name in rest if name.strip().lower() in _TEXTS]
    if len(found) == 1:
        return found[0]
    found = [name for name in rest if _has_words(table, name)]
    if len(found) != 1:
        return None
    beside = [name for name in rest if name not in found and name.strip().lower() not in INDEX]
    return found[0] if not beside or _has_sentences(table, found[0]) else None


def _has_words(table: Columns, name: str) -> bool:
    if table.is_numeric(name) or as_dates(table.data[name]) is not None:
        return False
    return sum(" " in str(cell).strip() for cell in table.cells(name)) > len(table) / 2


def _has_sentences(table: Columns, name: str) -> bool:
    """Cells of several words each, that mostly differ: no names and no categories."""
    cells = [str(cell).split() for cell in table.cells(name)]
    words = sum(map(len, cells)) / len(cells)
    return words >= _SENTENCE and len(set(map(tuple, cells))) > len(cells) / 2
