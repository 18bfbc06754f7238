"""Tables of texts: a row a text."""

from dataclasses import dataclass
from typing import Self

from steadfit.errors import SteadfitError
from steadfit.formats.columns import Columns
from steadfit.formats.form import Form, Rows, label_columns, row_ids

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
    """The column of texts, if there is one: by its name, or the only one with spaces in it."""
    rest = [name for name in table.names if name not in taken]
    found = [name for name in rest if name.strip().lower() in _TEXTS]
    if len(found) != 1:
        found = [
            name
            for name in rest
            if not table.is_numeric(name)
            and sum(" " in str(cell).strip() for cell in table.cells(name)) > len(table) / 2
        ]
    return found[0] if len(found) == 1 else None
