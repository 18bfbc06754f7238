"""`steadfit export`: a run's model as a program that runs without steadfit."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from steadfit.cli.app import app
from steadfit.cli.options import OUTPUT, Run


@app.command
def export(
    run: Run,
    /,
    *,
    to: Annotated[
        Literal["onnx", "torch"],
        Parameter(group=OUTPUT, help="onnx, or torch for what torch.export.load reads."),
    ] = "onnx",
    out: Annotated[Path, Parameter(group=OUTPUT, help="A file.")],
) -> None:
    """Save a run's model as a program that runs without steadfit."""
    from steadfit.cli import terminal
    from steadfit.training import TrainedModel

    file = TrainedModel.load(run).export(out, to)
    terminal.Screen().say(f"The program is in {file}")
