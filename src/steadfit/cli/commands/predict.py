"""`steadfit predict`: new inputs through a run's model."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from steadfit.cli.app import app
from steadfit.cli.options import OUTPUT, TEXT, Run
from steadfit.cli.reading import Writing
from steadfit.errors import SteadfitError


@app.command
def predict(
    run: Run,
    input: Annotated[
        Path | None,
        Parameter(
            help="A file like those trained on; for images, a folder or an .npz file with x."
        ),
    ] = None,
    /,
    *,
    prompt: Annotated[
        str | None, Parameter(group=TEXT, help="Beginning that a language model continues.")
    ] = None,
    tokens: Annotated[int, Parameter(group=TEXT, help="Characters or words to write.")] = 500,
    temperature: Annotated[
        float,
        Parameter(
            group=TEXT, help="Below 1, likely tokens come more often; at 0, always the likeliest."
        ),
    ] = 1.0,
    seed: Annotated[int, Parameter(group=TEXT, help="Random seed.")] = 0,
    writing: Writing = Writing(),  # noqa: B008  (it is frozen)
    out: Annotated[Path | None, Parameter(group=OUTPUT, help="A file. [default: stdout]")] = None,
) -> None:
    """Predict new inputs with a run's model, as CSV; or continue a text."""
    from steadfit.cli import terminal
    from steadfit.files import reading, write_output
    from steadfit.prediction import continued, predictions

    if (prompt is None) == (input is None):
        raise SteadfitError(
            "Give either what to predict, a file or a folder of images, or --prompt for a language "
            "model."
        )
    if out is not None and input is not None:
        with reading(out):
            same = out.exists() and input.exists() and out.samefile(input)
        if same:
            raise SteadfitError(f"--out must be another file than the input, got {out} for both.")
    if prompt is not None:
        text = continued(run, prompt, tokens, temperature, seed)
    else:
        assert input is not None
        text, notes = predictions(run, input, **writing.given())
        terminal.Screen(plain=True).notes(notes)
    if out is None:
        terminal.write(text.removesuffix("\n"))
    else:
        write_output(out, text.removesuffix("\n") + "\n")
