"""How a saved program takes rows of a table."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from steadfit.kinds.preparation import Preparation
from steadfit.kinds.signature import Signature
from steadfit.kinds.table import Layout
from steadfit.kinds.table_columns import Column


class TableEntry(nn.Module):
    """Rows, (batch, columns), as the features that the network sees."""

    def __init__(self, preparation: Preparation, layout: Layout) -> None:
        super().__init__()
        self.preparation = preparation
        for name, value in layout._asdict().items():
            self.register_buffer(name, value)

    def forward(self, x: Tensor) -> Tensor:
        layout = Layout(*(self.get_buffer(name) for name in Layout._fields))
        return self.preparation.features(layout.features(x))


def table_signature(columns: Sequence[Column], preparations: Sequence[Preparation]) -> Signature:
    """Numbers as they are, categories by their codes, dates by their parts."""
    layout = Layout.of(columns)
    coded = [column for column in columns if column.categories]
    categories = [f"{column.title}: {', '.join(column.categories)}" for column in coded]
    return Signature(
        names=("x",),
        examples=(torch.zeros(2, len(columns), dtype=torch.float32),),
        free=({0: "batch"},),
        entries=[TableEntry(each, layout) for each in preparations],
        said={
            "input": f"x: float32, batch × {len(columns)}, in the order of columns and the units "
            "of the training data; NaN where a value is missing",
            "columns": [column.title for column in columns],
            "categories": categories,
            "codes": "A category is given by its place in its line of categories, from 0; what is "
            "not there by the place after the last.",
        },
    )
