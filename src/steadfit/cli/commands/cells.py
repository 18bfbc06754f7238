"""`steadfit cells`: equations, stages, weights and diagrams."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from steadfit.cli.app import app
from steadfit.cli.options import OUTPUT

if TYPE_CHECKING:
    from rich.table import Table

    from steadfit.cells import Cell

Input = Annotated[int, Parameter(help="Width of the input, for the count of weights.")]
Hidden = Annotated[int, Parameter(help="Units, for the count of weights.")]


@app.command
def cells(
    name: Annotated[
        str | None, Parameter(help="A cell of the library; all are listed if none.")
    ] = None,
    /,
    *,
    input: Input = 64,
    hidden: Hidden = 128,
    svg: Annotated[
        Path | None, Parameter(group=OUTPUT, help="Draw the cell's diagram into this file.")
    ] = None,
) -> None:
    """List the recurrent cells: equations, stages, weights, diagram.

    A cell of your own is shown from Python, by steadfit.cells.equations, latex, stages and svg:
    this command runs nobody's file.
    """
    from steadfit.cells import CELLS, find
    from steadfit.cli import terminal
    from steadfit.errors import SteadfitError

    if min(input, hidden) < 1:
        raise SteadfitError(f"--input and --hidden must be 1 or more, got {input} and {hidden}.")
    screen = terminal.Screen()
    if name is None:
        if svg is not None:
            raise SteadfitError("--svg draws one cell: steadfit cells NAME --svg FILE.")
        screen.say(_listed(list(CELLS.values()), input, hidden))
        screen.say("\nI: width of the input, H: units. One cell's equations: steadfit cells NAME")
        return
    chosen = find(name)
    terminal.write(_described(chosen, input, hidden))
    if svg is not None:
        from steadfit.cells import svg as draw
        from steadfit.files import write_output

        write_output(svg, draw(chosen))
        screen.say(f"The diagram is in {svg}")


def _listed(cells: "list[Cell]", input: int, hidden: int) -> "Table":
    from rich.table import Table
    from rich.text import Text

    from steadfit.cells import parameter_count, stages

    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("cell", "states", "gates"):
        table.add_column(heading)
    table.add_column("stages", justify="right")
    table.add_column("weights a unit", no_wrap=True)
    table.add_column(f"I={input} H={hidden}", justify="right", no_wrap=True)
    for cell in cells:
        table.add_row(
            Text(cell.name, no_wrap=True),
            " ".join(cell.states),
            " ".join(cell.gates),
            str(len(stages(cell))),
            _weights_a_unit(cell),
            f"{parameter_count(cell, input, hidden):,}",
        )
    return table


def _described(cell: "Cell", input: int, hidden: int) -> str:
    from steadfit.cells import equations, latex, parameter_count, stages

    products = [f"  {k}. {', '.join(gates)}" for k, gates in enumerate(stages(cell), 1)]
    return "\n".join(
        [
            f"{cell.name}: {cell.summary}",
            "",
            equations(cell),
            "",
            latex(cell),
            "",
            "Recurrent products, each after the one before:",
            *(products or ["  none"]),
            "",
            f"Weights: {_weights_a_unit(cell)} a unit; with an input of {input} and {hidden} units "
            f"{parameter_count(cell, input, hidden):,}",
        ]
    )


def _weights_a_unit(cell: "Cell") -> str:
    """The number of weights of one unit, with I the width of the input and H the units."""
    constant = len(cell.gates) + len(cell.peepholes)
    terms = ((len(cell.input_blocks), " I"), (len(cell.recurrent_blocks), " H"), (constant, ""))
    return " + ".join(f"{count}{letter}" for count, letter in terms if count)
