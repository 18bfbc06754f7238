"""`steadfit shapes`: the lecture's table of a net."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from steadfit.cli.app import app
from steadfit.cli.options import Set
from steadfit.cli.settings import named
from steadfit.errors import SteadfitError

if TYPE_CHECKING:
    from rich.table import Table

    from steadfit.models import Row

LONGEST = 100_000  # of the sizes whose shapes are reckoned
WIDE = 108  # columns of a screen that has room for the whole table


@app.command
def shapes(
    model: Annotated[
        str, Parameter(help="A model's name, or a list of layers: conv 20 5; relu; …")
    ],
    /,
    *,
    input: Annotated[
        str, Parameter(help="Channels and sides, 1x28x28; or channels and steps, 3x50.")
    ],
    tokens: Annotated[
        int | None, Parameter(help="Of texts: how many are known; --input is then the steps.")
    ] = None,
    outputs: Annotated[int, Parameter(help="Numbers the model gives: classes, most often.")] = 10,
    set: Set = [],  # noqa: B006  (cyclopts copies it)
) -> None:
    """Show each layer's output size, weights, multiply-adds and receptive field."""
    from steadfit.cli import terminal
    from steadfit.kinds import Text
    from steadfit.models import shapes as rows_of
    from steadfit.recipe import Model

    if outputs < 1:
        raise SteadfitError(f"--outputs must be 1 or more, got {outputs}.")
    shape = _shape(input)
    if tokens is not None:
        if tokens < 1 or len(shape) != 1:
            raise SteadfitError(
                "--tokens must be 1 or more, with the steps of a text as --input, like 50, got "
                f'{tokens} and "{input}".'
            )
        shape = Text(tokens, *shape)
    rows = rows_of(Model.of(name=model, settings=named(set)), shape, outputs)
    screen = terminal.Screen()
    screen.say(_table(rows, screen.console.width))


def _shape(text: str) -> tuple[int, ...]:
    try:
        sizes = tuple(int(part) for part in text.lower().split("x"))
    except ValueError:
        sizes = ()
    if not sizes or not all(1 <= size <= LONGEST for size in sizes):
        raise SteadfitError(
            f"--input must be sizes from 1 to {LONGEST:,} joined by x, like 1x28x28, got "
            f'"{text[:100]}".'
        )
    return sizes


def _table(rows: "Sequence[Row]", width: int) -> "Table":
    """Layers with parameters, work, sight and memory; totals at the foot.

    On a screen narrower than `WIDE` the receptive field and the memory are left out.
    """
    from rich.table import Table
    from rich.text import Text

    from steadfit.models.layers import times

    columns = {
        "Layer": [row.layer for row in rows] + ["Total"],
        "Output size": [times(row.output) for row in rows] + [""],
        "Weight size": [times(row.weight) for row in rows] + [""],
        "Parameters": _with_total([row.parameters for row in rows]),
        "Multiply-\nadds": _with_total([row.multiply_adds for row in rows]),
    }
    if width >= WIDE:
        columns["Receptive\nfield"] = [times(row.receptive_field) for row in rows] + [""]
        columns["Activations,\nbytes"] = _with_total([row.memory for row in rows])
    table = Table(box=None, pad_edge=False, header_style="bold")
    for place, heading in enumerate(columns):
        table.add_column(heading, justify="left" if place < 3 else "right", no_wrap=place > 0)
    for cells in zip(*columns.values(), strict=True):
        table.add_row(*map(Text, cells))
    return table


def _with_total(counts: Sequence[int]) -> list[str]:
    return [f"{count:,}" if count else "" for count in counts] + [f"{sum(counts):,}"]
