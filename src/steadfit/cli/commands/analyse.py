"""`steadfit analyse`: arms compared by the scores of trainings done elsewhere."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from steadfit.cli.app import app


@app.command
def analyse(
    scores: Annotated[
        Path, Parameter(help="A CSV file with the columns arm, seed, score; perhaps data_set.")
    ],
    /,
    *,
    paired: Annotated[
        bool,
        Parameter(negative=(), show_default=False, help="Trainings of one seed belong together."),
    ] = False,
    lower_is_better: Annotated[
        bool, Parameter(negative=(), show_default=False, help="The score is a loss.")
    ] = False,
) -> None:
    """Compare arms by their scores, one a training; the first arm is the baseline."""
    from steadfit import api
    from steadfit.cli import terminal
    from steadfit.formats.csv_tables import read_csv

    table = read_csv(scores, None, None)
    columns = {name: table.cells(name) for name in table.names}
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    found = api.analyse(scores=rows, paired=paired, higher_is_better=not lower_is_better)
    terminal.Screen().say(found)
