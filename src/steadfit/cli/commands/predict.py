"""`steadfit predict`: new inputs through a run's model."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from steadfit.cli.app import app
from steadfit.cli.options import DATA, OUTPUT, TEXT, AsJson, Run
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
    labels: Annotated[
        Path | None,
        Parameter(
            group=DATA,
            help="Table with the labels of images: how many are wrong, and which, is said.",
        ),
    ] = None,
    target: Annotated[str | None, Parameter(group=DATA, help="Its column of labels.")] = None,
    fill: Annotated[
        str | None,
        Parameter(
            group=DATA,
            help="Gaps of a forecast's table: forward, season, interpolate. [default: as in "
            "training]",
        ),
    ] = None,
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
    top_k: Annotated[
        int | None, Parameter(group=TEXT, help="Draw from so many of the likeliest tokens.")
    ] = None,
    top_p: Annotated[
        float | None,
        Parameter(group=TEXT, help="Draw from the fewest likeliest that have this share together."),
    ] = None,
    seed: Annotated[int, Parameter(group=TEXT, help="Random seed.")] = 0,
    score: Annotated[
        bool,
        Parameter(
            group=TEXT,
            negative=(),
            show_default=False,
            help="Say how well a language model predicts a text file; --out gets each token's "
            "log-probability.",
        ),
    ] = False,
    writing: Writing = Writing(),  # noqa: B008  (it is frozen)
    out: Annotated[Path | None, Parameter(group=OUTPUT, help="A file. [default: stdout]")] = None,
    json: AsJson = False,
) -> None:
    """Predict new inputs with a run's model, as CSV; continue a text, or score one."""
    from steadfit.cli import terminal
    from steadfit.files import reading
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
    if json and not score:
        raise SteadfitError("--json goes with --score. Leave it out; predictions are CSV.")
    if score:
        if input is None:
            raise SteadfitError("--score takes a text file, got --prompt. Give the file instead.")
        return _score(run, input, writing, out, json)
    if prompt is not None:
        drawn = {"temperature": temperature, "seed": seed, "top_k": top_k, "top_p": top_p}
        return _write(continued(run, prompt, tokens, **drawn), out)
    assert input is not None
    options = writing.given() | ({} if fill is None else {"fill": fill})
    text, notes = predictions(run, input, labels, target, **options)
    terminal.Screen(plain=True).notes(notes)
    _write(text, out)


def _score(run: Path, source: Path, writing: Writing, out: Path | None, json: bool) -> None:
    from steadfit.cli import terminal
    from steadfit.prediction import score_file, token_table
    from steadfit.report.text_scores import about_score

    others = writing.given().keys() - {"encoding"}
    if others:
        raise SteadfitError(f"A text has no {' or '.join(sorted(others))}. Leave it out.")
    found = score_file(run, source, writing.encoding)
    if out is not None:
        _write(token_table(found), out)
    if json:
        each = [None, *found.log_probabilities.tolist()]
        tokens = list(zip(found.tokens, each, strict=True))
        terminal.write_json({**found.figures(), "log_probabilities": tokens})
    else:
        terminal.write(about_score(found))


def _write(text: str, out: Path | None) -> None:
    from steadfit.cli import terminal
    from steadfit.files import write_output

    if out is None:
        terminal.write(text.removesuffix("\n"))
    else:
        write_output(out, text.removesuffix("\n") + "\n")
