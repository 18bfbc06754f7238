"""`Table`: rows of named columns, and what a network or a linear model sees of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import torch
from torch import Tensor

from steadfit.kinds.table_columns import Column


@dataclass(frozen=True, eq=False, repr=False)
class Table:
    """Rows of a table.

    values: float32, shape (rows, columns): numbers, and codes of categories; NaN where missing.
        Prepared: the features that the network sees, shape (rows, features).
    columns: what each column is.

    Indexing by a tensor of positions, `len`, `split` and `shape` are those of a tensor.
    """

    values: Tensor
    columns: tuple[Column, ...]

    def __len__(self) -> int:
        return len(self.values)

    def __repr__(self) -> str:
        return f"<Table {tuple(self.shape)}>"

    @property
    def shape(self) -> torch.Size:
        return self.values.shape

    @property
    def ndim(self) -> int:
        return self.values.ndim

    def __getitem__(self, indices: Tensor) -> "Table":
        """The rows at these positions, in this order; repeats are allowed."""
        return self.with_values(self.values[indices])

    def split(self, size: int) -> Iterator["Table"]:
        """Parts of `size` rows each; the last one may be smaller."""
        yield from map(self.with_values, self.values.split(size))

    def with_values(self, values: Tensor) -> "Table":
        """Other values of the same columns, as prepared ones."""
        return replace(self, values=values)

    def to(self, device: str | torch.device) -> "Table":
        return self.with_values(self.values.to(device))


class Layout(NamedTuple):
    """Where a table's features come from: first the value of each column that is no category, then
    of every column whether it is missing, then of every category whether it is this one.

    numbers: positions of the columns that are no categories. column, code: of each feature that
    stands for a category, its column and its code, the last of a column that of all other names.
    """

    numbers: Tensor
    column: Tensor
    code: Tensor

    @classmethod
    def of(cls, columns: Sequence[Column]) -> "Layout":
        named = [(i, len(one.categories)) for i, one in enumerate(columns) if one.categories]
        counts = [count + 1 for _, count in named]
        return cls(
            torch.tensor([i for i, one in enumerate(columns) if not one.categories]).long(),
            torch.tensor(
                [i for (i, _), n in zip(named, counts, strict=True) for _ in range(n)]
            ).long(),
            torch.tensor([code for n in counts for code in range(n)], dtype=torch.float32),
        )

    def features(self, values: Tensor) -> Tensor:
        """Numbers, NaN where missing, and zeros and ones; in the values' type.

        >>> from steadfit.kinds.table_columns import Category, Number
        >>> layout = Layout.of([Number("size"), Category("colour", ("red", "blue"))])
        >>> layout.features(torch.tensor([[2.5, 0.0], [7.0, 2.0]])).tolist()
        [[2.5, 0.0, 0.0, 1.0, 0.0, 0.0], [7.0, 0.0, 0.0, 0.0, 0.0, 1.0]]
        """
        missing = values.isnan().to(values.dtype)
        same = values.index_select(1, self.column) == self.code
        return torch.cat([values.index_select(1, self.numbers), missing, same.to(values.dtype)], 1)


def count_features(columns: Sequence[Column]) -> int:
    """How many features `Layout.features` gives."""
    return sum(2 if not one.categories else len(one.categories) + 2 for one in columns)
