"""Rows of a table: numbers, categories and dates in named columns."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import field, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from pydantic.dataclasses import dataclass
from torch import Tensor

from steadfit.errors import counted, some
from steadfit.formats import Form
from steadfit.formats.known_labels import KnownLabels
from steadfit.formats.writing import NOTHING_TOLD, Writing
from steadfit.kinds import table_inputs
from steadfit.kinds.base import Kind
from steadfit.kinds.own_changes import own_change
from steadfit.kinds.preparation import Preparation
from steadfit.kinds.random import noise
from steadfit.kinds.signature import Signature
from steadfit.kinds.table import Layout, Table, count_features
from steadfit.kinds.table_columns import Column
from steadfit.kinds.table_scale import fit_scale
from steadfit.kinds.table_signature import table_signature
from steadfit.kinds.values import Examples, Packed, Usual, existing, said
from steadfit.recipe import Augmentation

_BATCH = 4096  # rows that are predicted together


@dataclass(frozen=True)
class Tables(Kind[Table]):
    """Rows of tables: `Table`, float32, with these columns in this order.

    learned: where new tables may have the labels too. writing: of the table that was trained on.
    """

    columns_of: tuple[Column, ...]
    learned: KnownLabels | None = field(default=None, compare=False)
    writing: Writing = field(default=NOTHING_TOLD, compare=False)

    name = "tables"
    several = "rows"
    changes = frozenset({"noise"})
    model = "mlp"
    remedies = ("noise",)
    references = ("logistic regression", "ridge regression", "boosted trees")
    most_for_trees = 2000
    holes = True
    least_steps = 100

    def usual(self, x: Table, y: Tensor, rows: Tensor) -> Usual:
        """With an L2 penalty, as docs/tables.md chose."""
        return Usual(training={"penalties": {"l2": 1e-3}})

    @classmethod
    def holds(cls, x: object) -> bool:
        return isinstance(x, Table)

    @classmethod
    def of(cls, x: Table) -> Self:
        return cls(x.columns)

    def __str__(self) -> str:
        titles = [column.title for column in self.columns_of]
        return f"tables of {counted(len(titles), 'columns')} ({some(titles)})"

    def size(self, x: Table) -> str:
        return f"of {counted(len(x.columns), 'columns')}"

    def shape(self, x: Table) -> tuple[int, ...]:
        return (len(x.columns),)

    def network_shape(
        self, shape: tuple[int, ...], preparation: Preparation | None = None
    ) -> tuple[int, ...]:
        """How many features the network sees; before anything is fitted, how many there are."""
        known = count_features(self.columns_of) if preparation is None else len(preparation.kept)
        return (known,)

    def changed_by(self, code: Any, x: Table) -> Table:
        return x.with_values(own_change(code, x.values))

    def check_shape(self, shape: tuple[int, ...]) -> None:
        if shape != (len(self.columns_of),):
            raise ValueError(f"{len(self.columns_of)} columns were expected, got {shape}")

    def read(self, source: Path, form: Form | None, **options: Any) -> Examples:
        """As `table_inputs.read_rows`, which has the options."""
        return table_inputs.read_rows(
            source, self.columns_of, self.learned, self.writing, **options
        )

    def from_memory(self, given: Any, form: Form | None) -> Table:
        """A path, a table of pandas', polars' or Arrow's, a dict of values or columns or a list of
        dicts by the columns' names, or an array of numbers, (rows, columns) or one row."""
        if isinstance(given, (str, Path)):
            return said(self.read(existing(given), form))
        return said(table_inputs.rows_in_memory(given, self.columns_of, self.learned, self.writing))

    def written_as(self, writing: Writing) -> Self:
        return replace(self, writing=writing)

    @property
    def columns_read(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(column.name for column in self.columns_of))

    def columns(self, x: Table) -> int:
        return count_features(x.columns)

    def matrix(self, x: Table) -> np.ndarray:
        """The features (`Layout.features`), NaN where a number is missing."""
        return self.flat(x.values.double()).numpy()

    def plain(self, x: Table) -> np.ndarray:
        """A number for each column, float64: NaN where it is missing, a category by its place."""
        return x.values.double().numpy()

    def flat(self, x: Tensor) -> Tensor:
        return Layout.of(self.columns_of).features(x)

    def rows(self, x: Table) -> Iterator[np.ndarray]:
        return iter(x.values.numpy())

    def tensors(self, x: Table) -> tuple[Tensor, ...]:
        return (x.values,)

    def names(self, x: Table) -> tuple[tuple[str, ...], ...]:
        return tuple((column.title, *column.categories) for column in x.columns)

    def packed(self, x: Table) -> Packed:
        """The columns are this kind's own."""
        return Packed({"x": x.values.numpy()}, {})

    def unpacked(self, packed: Packed) -> Table:
        values = torch.from_numpy(packed.arrays["x"])
        if values.ndim != 2 or values.shape[1] != len(self.columns_of):
            raise ValueError("its rows do not fit its columns")
        return Table(values, self.columns_of)

    def fit(self, x: Table, indices: Tensor) -> dict[str, Any]:
        """Median and spread of each feature; which of them vary (`table_scale.fit_scale`)."""
        return fit_scale(self.matrix(x[indices]))

    def means(self, shape: tuple[int, ...]) -> int:
        return count_features(self.columns_of)

    def prepared(self, x: Table, prepare: Callable[[Table], Table]) -> Callable[[Tensor], Table]:
        """Rows are prepared here, once."""
        return prepare(x).__getitem__

    def placed(self, x: Table, device: str) -> Table:
        return x.to(device)

    def padded(self, x: Table) -> Tensor:
        return x.values

    def shuffled(
        self, x: Table, rows: Tensor, batches: int, generator: torch.Generator
    ) -> tuple[Tensor, ...]:
        return rows.tensor_split(batches)

    def to_predict(self, x: Table) -> Iterator[Tensor]:
        yield from torch.arange(len(x)).split(_BATCH)

    def signature(self, shape: tuple[int, ...], preparations: Sequence[Preparation]) -> Signature:
        return table_signature(self.columns_of, preparations)

    def _changed(self, x: Table, settings: Augmentation, generator: torch.Generator) -> Table:
        if not settings.noise:
            return x
        return x.with_values(x.values + noise(x.values, settings, generator))
