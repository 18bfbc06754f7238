"""The commands. What is heavy is imported where it is used, so that `--help` answers at once."""

from pathlib import Path
from typing import Annotated, Any, Literal

from cyclopts import App, Group, Parameter

from steadfit import workers
from steadfit.cli.reading import DATA, Reading, Writing
from steadfit.cli.settings import named, training
from steadfit.errors import SteadfitError
from steadfit.files import check_outside
from steadfit.report.voice import COMMAND_LINE

MODEL = Group("Model and training", sort_key=2)
DESIGN = Group("Design", sort_key=3)
TEXT = Group("Language model", sort_key=3)
OUTPUT = Group("Output", sort_key=4)

app = App(
    name="steadfit",
    help="Measure the variance error of a network on your data, and take it away.",
    version_flags=["--version"],
    suppress_keyboard_interrupt=False,  # `steadfit.cli.main` says how to go on
)


Source = Annotated[str, Parameter(help="A built-in name (digits, mnist, adding, copy) or a path.")]
TestShare = Annotated[
    float, Parameter(group=DATA, help="Share held out, where the data has no test set of its own.")
]
ModelName = Annotated[
    str | None,
    Parameter(
        group=MODEL,
        help="A model's name, or a list of layers. [default: convnet for images, language for a "
        "plain text, else recurrent]",
    ),
]
Set = Annotated[
    list[str],
    Parameter(
        group=MODEL,
        negative=(),
        show_default=False,
        help="A setting of the model: --set width=0.5. Repeat.",
    ),
]
Train = Annotated[
    list[str],
    Parameter(
        group=MODEL,
        negative=(),
        show_default=False,
        help="A setting of the training: --train loss=brier. Repeat.",
    ),
]
Epochs = Annotated[
    int | None,
    Parameter(
        group=MODEL,
        help="Passes over the sample. [default: 20; over few examples more, for 160 steps of "
        "images or 1000 of series and texts]",
    ),
]
Batch = Annotated[int | None, Parameter(group=MODEL, help="Examples a step. [default: 64]")]
Truncation = Annotated[
    int | None,
    Parameter(
        group=MODEL,
        help="Steps of a text that a language model's gradient goes back. [default: 128]",
    ),
]
Rate = Annotated[
    float | None, Parameter(group=MODEL, help="Highest learning rate. [default: 0.002]")
]
Arithmetic = Annotated[
    Literal["float32", "bfloat16"] | None,
    Parameter(group=MODEL, help="Of the forward pass. [default: float32]"),
]
Processes = Annotated[
    int | None, Parameter(group=DESIGN, help="Workers. [default: cores; 1 with a GPU]")
]
Seed = Annotated[int, Parameter(group=DESIGN, help="Of everything random.")]
Out = Annotated[
    Path | None,
    Parameter(group=OUTPUT, help="Folder. [default: runs/NAME, of a fit runs/NAME-fit]"),
]
AsJson = Annotated[
    bool,
    Parameter(
        name="--json", negative=(), show_default=False, group=OUTPUT, help="JSON, on stdout."
    ),
]
Run = Annotated[Path, Parameter(help="The folder of a study or a fit.")]


@app.command
def study(
    data: Source,
    /,
    *,
    reading: Reading = Reading(),  # noqa: B008  (it is frozen)
    test: TestShare = 0.2,
    model: ModelName = None,
    set: Set = [],  # noqa: B006  (cyclopts copies it)
    train: Train = [],  # noqa: B006
    epochs: Epochs = None,
    batch: Batch = None,
    learning_rate: Rate = None,
    truncation: Truncation = None,
    arithmetic: Arithmetic = None,
    remedy: Annotated[
        list[str],
        Parameter(
            group=DESIGN,
            negative=(),
            show_default=False,
            help="A remedy: l2, dropout=0.3, dropout+l2; none: the baseline alone. Repeat. "
            "[default: dropout, l2, smaller, early_stopping, and one or two for this kind of "
            "data]",
        ),
    ] = [],  # noqa: B006
    arms: Annotated[
        Literal["cell"] | None, Parameter(group=DESIGN, help="Compare all of these: every cell.")
    ] = None,
    samples: Annotated[int, Parameter(group=DESIGN, help="Training samples drawn.")] = 5,
    seeds: Annotated[int, Parameter(group=DESIGN, help="On each sample, its own.")] = 1,
    crossed: Annotated[
        bool,
        Parameter(
            group=DESIGN,
            negative=(),
            show_default=False,
            help="The same seeds on all samples, 3 or more: tells seed from sample and seed "
            "together.",
        ),
    ] = False,
    precision: Annotated[
        float | None,
        Parameter(group=DESIGN, help="As many samples as bring intervals to ± this."),
    ] = None,
    scheme: Annotated[
        Literal["both", "bootstrap", "subsample", "disjoint", "whole"],
        Parameter(
            group=DESIGN,
            help="How samples are drawn; whole: all data every time; both: bootstrap, and as many "
            "times whole.",
        ),
    ] = "both",
    seed: Seed = 0,
    processes: Processes = None,
    deliver: Annotated[
        Literal["single", "ensemble"], Parameter(group=OUTPUT, help="The model handed over.")
    ] = "single",
    out: Out = None,
    replace: Annotated[
        bool,
        Parameter(
            group=OUTPUT,
            negative=(),
            show_default=False,
            help="Put this study in the place of another one that the folder holds.",
        ),
    ] = False,
    json: AsJson = False,
) -> None:
    """Retrain on many samples and seeds; say what of the error is variance and what helps."""
    workers.start_server()
    from steadfit import api
    from steadfit.cli import terminal
    from steadfit.report import summary

    check_outside(out or Path("runs"), Path(data))
    dataset = reading.read(data)
    screen = terminal.Screen(plain=json)
    screen.say(str(dataset))
    screen.notes(dataset.notes)
    with screen.watching() as watch:
        done = api.study(
            dataset,
            model,
            [*remedy, *api.cell_arms(named(set))] if arms else remedy or None,
            samples=samples,
            seeds=seeds,
            crossed=crossed,
            precision=precision,
            scheme=scheme,
            seed=seed,
            settings=named(set),
            training=training(train, epochs, batch, learning_rate, truncation, arithmetic),
            test=test,
            out=out,
            replace=replace,
            processes=processes,
            deliver=deliver,
            watch=watch,
            voice=COMMAND_LINE,
        )
    if json:
        terminal.write(done.result.to_json().rstrip())
        return
    screen.notes([note for note in done.notes if note not in dataset.notes])
    screen.say(summary(done.result, COMMAND_LINE))
    screen.say(
        f"The model is in {done.folder / 'model'}; the report in {done.folder / 'report.html'}"
    )


@app.command
def fit(
    data: Source,
    /,
    *,
    reading: Reading = Reading(),  # noqa: B008  (it is frozen)
    test: TestShare = 0.2,
    model: ModelName = None,
    set: Set = [],  # noqa: B006
    train: Train = [],  # noqa: B006
    epochs: Epochs = None,
    batch: Batch = None,
    learning_rate: Rate = None,
    truncation: Truncation = None,
    arithmetic: Arithmetic = None,
    remedy: Annotated[
        str, Parameter(group=MODEL, show_default=False, help="Remedies, joined with +.")
    ] = "",
    seed: Seed = 0,
    reference: Annotated[
        bool, Parameter(group=MODEL, help="Fit simple rivals of the network too.")
    ] = True,
    out: Out = None,
    json: AsJson = False,
) -> None:
    """Train one model with one recipe on all the training data."""
    from steadfit import api
    from steadfit.cli import terminal
    from steadfit.training import keep_freed_memory

    check_outside(out or Path("runs"), Path(data))
    dataset = reading.read(data)
    screen = terminal.Screen(plain=json)
    screen.say(str(dataset))
    screen.notes(dataset.notes)
    keep_freed_memory()  # this process trains and does nothing else
    done = api.fit(
        dataset,
        model,
        remedy,
        seed=seed,
        settings=named(set),
        training=training(train, epochs, batch, learning_rate, truncation, arithmetic),
        test=test,
        out=out,
        reference=reference,
    )
    if json:
        figures = {"loss": done.loss, "error": done.error, "seconds": done.seconds}
        rivals = {
            score.name: {"left_out": score.left_out}
            if score.left_out
            else {"loss": score.loss, "error": score.error}
            for score in done.references
        }
        _print_json({**figures, "references": rivals})
        return
    errors = "" if done.error is None else f", {100 * done.error:.2f}% errors"
    screen.say(f"T{done.in_words[1:]}{errors}, after {done.seconds:.1f} s of training.")
    for score in done.references:
        screen.say(str(score))
    screen.notes(done.notes)
    screen.say(f"The model is in {done.folder / 'model'}")


@app.command
def predict(
    run: Run,
    input: Annotated[
        Path | None,
        Parameter(help="A file like those trained on; of images a folder or an .npz file with x."),
    ] = None,
    /,
    *,
    prompt: Annotated[
        str | None, Parameter(group=TEXT, help="Beginning that a language model continues.")
    ] = None,
    tokens: Annotated[int, Parameter(group=TEXT, help="Characters or words to write.")] = 500,
    temperature: Annotated[
        float, Parameter(group=TEXT, help="Below 1 likely tokens more often; 0 the likeliest.")
    ] = 1.0,
    seed: Annotated[int, Parameter(group=TEXT, help="Of what is drawn.")] = 0,
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


@app.command
def show(run: Run, /, *, json: AsJson = False) -> None:
    """Show a finished study again: the table and the verdict."""
    from steadfit.cli import terminal
    from steadfit.report import summary
    from steadfit.study.result import agreeing, read_result

    result = read_result(run)
    if json:
        terminal.write(result.to_json().rstrip())
        return
    with agreeing(run):
        shown = summary(result, COMMAND_LINE)
    terminal.Screen().say(shown)


@app.command
def report(run: Annotated[Path, Parameter(help="The folder of a study.")], /) -> None:
    """Make a finished study's report.html and table again, without training."""
    from steadfit import api
    from steadfit.cli import terminal
    from steadfit.report import summary

    made = api.report(run, COMMAND_LINE)
    screen = terminal.Screen()
    screen.say(summary(made.result, COMMAND_LINE))
    screen.say(f"The report is in {made.folder / 'report.html'}")


def _print_json(values: dict[str, Any]) -> None:
    import json

    print(json.dumps(values, indent=2))  # ASCII alone
