"""Tables of texts: a row a text, in one column or several, with numbers and names beside it."""

from collections.abc import Iterable, Sequence
from dataclasses import field
from typing import Self

import numpy as np
from pydantic.dataclasses import dataclass

from steadfit.errors import SteadfitError
from steadfit.formats.columns import Columns
from steadfit.formats.dates import as_dates
from steadfit.formats.form import INDEX, TARGETS, Form, Rows, label_columns, row_ids
from steadfit.formats.known_labels import KnownLabels
from steadfit.settings import STRICT

_SENTENCE = 5  # words of a cell, on average, that make a column beside others one of texts
_TEXTS = ("text", "sentence", "review", "comment", "message", "document")
_LIKELY = ("category", "categories", "sentiment", "polarity", "intent", "topic", "topics", "labels",
           "tag", "tags", "genre", "genres")  # fmt: skip
LABEL_NAMES = tuple(
    spelt for name in (*TARGETS, *_LIKELY) for spelt in (name, name.capitalize(), name.upper())
)
_STEPS = 16  # that the numbers of a column beside a text are told apart by, at most


@dataclass(frozen=True, config=STRICT)
class Steps:
    """A column of numbers beside a text: a word says between which of these edges a number is."""

    name: str
    edges: tuple[float, ...]

    @classmethod
    def of(cls, table: Columns, name: str) -> Self:
        """Edges with about equally many of the column's numbers between them."""
        values = table.numbers(name)
        known = values[np.isfinite(values)]
        inner = np.quantile(known, np.linspace(0, 1, _STEPS + 1)[1:-1], method="inverted_cdf")
        low = known.min()
        return cls(name, tuple(np.unique(inner[inner > low]).tolist()))

    def words(self, table: Columns) -> list[str]:
        """A word a row."""
        values = table.numbers(self.name)
        places = np.searchsorted(self.edges, values, side="right")
        ends = ["", *(f"{edge:.6g}" for edge in self.edges), ""]
        named = [_between(self.name, *ends[i : i + 2]) for i in range(len(self.edges) + 1)]
        missing = f"[{self.name}: missing]"
        return [missing if np.isnan(value) else named[place]
                for value, place in zip(values, places, strict=True)]  # fmt: skip


@dataclass(frozen=True, config=STRICT)
class Names:
    """A column of names beside a text: each is a word, and all others are one."""

    name: str
    known: tuple[str, ...]

    def words(self, table: Columns) -> list[str]:
        """A word a row."""
        known = {None: "missing", **{name: name for name in self.known}}
        cells = table.names_in(self.name)
        return [f"[{self.name}: {known.get(cell, 'other')}]" for cell in cells]


@dataclass(frozen=True)
class TextTable(Form):
    """A row a text.

    column: of the texts; more: other such columns, whose texts follow. beside: the columns of
    numbers and names that stand with a text as words of their own. target: the column of labels,
    which new tables may have or not. marks: columns of 0 and 1 in its place. mark: what stands
    between several labels; "" where each text has one.
    """

    column: str
    more: tuple[str, ...] = ()
    beside: tuple[Steps | Names, ...] = ()
    target: str | None = field(default=None, compare=False)
    marks: tuple[str, ...] = field(default=(), compare=False)
    mark: str = field(default="", compare=False)

    name = "texts"

    @classmethod
    def told(cls, table: Columns) -> Self:
        """The columns of texts, told by their names or cells. Raises SteadfitError if they cannot
        be."""
        columns = text_columns(table, set(label_columns(table)))
        if not columns:
            raise SteadfitError(
                f"{table.file}: cannot determine the column of texts. Name it text. Columns: "
                f"{', '.join(table.names)}."
            )
        return cls(columns[0], columns[1:])

    def needed(self) -> list[str]:
        return [self.column, *self.more, *(column.name for column in self.beside)]

    def rows(self, table: Columns, missing: str) -> Rows:
        """Blank texts are kept: `missing` is for `Texts`, which knows what a text's words are."""
        cells = zip(*(_texts(table, name) for name in (self.column, *self.more)), strict=True)
        texts = ["\n".join(part for part in parts if part.strip()) for parts in cells]
        words = [column.words(table) for column in self.beside]
        beside = list(zip(*words, strict=True))
        return Rows(texts, row_ids(table), beside=beside, labels=self._labels(table))

    def _labels(self, table: Columns) -> list[str]:
        """Those that a table has; none where it has no column of them."""
        if self.target is None:
            return []
        return KnownLabels(self.target, self.marks, self.mark).labels(table)


def text_columns(table: Columns, taken: Iterable[str | None]) -> tuple[str, ...]:
    """The columns of texts, if there are any.

    By their names, and those that are as long as sentences are; or the only one with spaces in most
    cells, if there is no column beside it.
    """
    taken = set(taken)
    rest = [name for name in table.names if name not in taken]
    spaced = [name for name in rest if _has_words(table, name)]
    found = [name for name in rest if name.strip().lower() in _TEXTS]
    found = found if len(found) == 1 else [name for name in found if _is_text(table, name)]
    found += [name for name in spaced if name not in found and has_sentences(table, name)]
    beside = [name for name in rest if name.strip().lower() not in INDEX]
    if not found and spaced == beside and len(spaced) == 1:
        return tuple(spaced)
    return tuple(name for name in rest if name in found)


def likely_labels(names: Sequence[str]) -> list[str]:
    """Those of the columns beside a text that are called what its labels often are, if any are;
    else all of them.

    >>> likely_labels(["price", "Category"]), likely_labels(["price", "shop"])
    (['Category'], ['price', 'shop'])
    """
    found = [name for name in names if name.strip().lower() in _LIKELY]
    return found or list(names)


def _texts(table: Columns, name: str) -> Sequence[str]:
    column = table.as_written.get(name, table.data[name])
    return ["" if cell is None else str(cell) for cell in column.to_pylist()]


def _between(name: str, low: str, high: str) -> str:
    if not low or not high:
        return f"[{name}: {f'below {high}' if high else f'from {low}' if low else 'any'}]"
    return f"[{name}: {low} to {high}]"


def _is_text(table: Columns, name: str) -> bool:
    return not table.is_numeric(name) and as_dates(table.data[name]) is None


def _has_words(table: Columns, name: str) -> bool:
    if not _is_text(table, name):
        return False
    return sum(" " in str(cell).strip() for cell in table.cells(name)) > len(table) / 2


def has_sentences(table: Columns, name: str) -> bool:
    """Cells of several words each, that mostly differ: no names and no categories."""
    if not _is_text(table, name):
        return False
    cells = [str(cell).split() for cell in table.cells(name)]
    words = sum(map(len, cells)) / len(cells)
    return words >= _SENTENCE and len(set(map(tuple, cells))) > len(cells) / 2
