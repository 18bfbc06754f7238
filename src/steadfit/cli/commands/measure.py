"""`steadfit measure`: training functions and estimators compared by retraining."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from steadfit.cli.app import app
from steadfit.cli.design import Design
from steadfit.cli.engine import Where
from steadfit.cli.options import (
    MODEL,
    AsJson,
    Beside,
    CodeVersion,
    Out,
    Replace,
    Seed,
    Source,
    TestShare,
)
from steadfit.cli.reading import Reading
from steadfit.cli.settings import named
from steadfit.files import check_outside
from steadfit.report.voice import COMMAND_LINE


@app.command
def measure(
    data: Source,
    /,
    *,
    train: Annotated[
        str,
        Parameter(
            group=MODEL,
            help="Your training function, train(x, y, *, seed), or estimator: module:name. The "
            "baseline.",
        ),
    ],
    arm: Annotated[
        list[str],
        Parameter(
            group=MODEL,
            negative=(),
            show_default=False,
            help="Another one to compare: --arm NAME=module:name. Repeat.",
        ),
    ] = [],  # noqa: B006
    reading: Reading = Reading(),  # noqa: B008  (it is frozen)
    test: TestShare = 0.2,
    design: Design = Design(),  # noqa: B008
    reference: Beside = True,
    seed: Seed = 0,
    code_version: CodeVersion = None,
    where: Where = Where(),  # noqa: B008
    out: Out = None,
    replace: Replace = False,
    json: AsJson = False,
) -> None:
    """Compare your own training functions by retraining; say which is better, how sure that is."""
    from steadfit import workers

    workers.start_server()
    from steadfit import api
    from steadfit.cli import terminal
    from steadfit.report import summary

    check_outside(out or Path("runs"), Path(data))
    arms = {"baseline": train, **named(arm, "--arm NAME=module:name")}
    dataset = reading.read(data)
    screen = terminal.Screen(plain=json)
    screen.say(str(dataset))
    screen.notes(dataset.notes)
    with screen.watching() as watch:
        done = api.measure(
            arms,
            dataset,
            **design.given(),
            reference=reference,
            seed=seed,
            version=code_version,
            test=test,
            out=out,
            replace=replace,
            engine=where.chosen(),
            watch=watch,
            tell=screen.say,
            voice=COMMAND_LINE,
        )
    if json:
        terminal.write(done.result.to_json().rstrip())
        return
    screen.notes([note for note in done.notes if note not in dataset.notes])
    screen.say(summary(done.result, COMMAND_LINE, done.run.seconds))
    screen.say(f"The report in {done.folder / 'report.html'}")
