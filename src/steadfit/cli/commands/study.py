"""`steadfit study`: arms compared by retraining."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from steadfit.cli.app import app
from steadfit.cli.design import DesignOrRace
from steadfit.cli.engine import Where
from steadfit.cli.network import Network
from steadfit.cli.options import (
    DESIGN,
    OUTPUT,
    AsJson,
    Beside,
    Out,
    Replace,
    Seed,
    Source,
    TestShare,
)
from steadfit.cli.reading import Reading
from steadfit.files import check_outside
from steadfit.report.voice import COMMAND_LINE


@app.command
def study(
    data: Source,
    /,
    *,
    reading: Reading = Reading(),  # noqa: B008  (it is frozen)
    test: TestShare = 0.2,
    network: Network = Network(),  # noqa: B008
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
        Literal["cell"] | None,
        Parameter(group=DESIGN, help="Compare every cell of a recurrent model."),
    ] = None,
    design: DesignOrRace = DesignOrRace(),  # noqa: B008
    reference: Beside = True,
    seed: Seed = 0,
    where: Where = Where(),  # noqa: B008
    hand_over: Annotated[
        Literal["single", "ensemble", "reference", "none"],
        Parameter(group=OUTPUT, help="The model handed over; reference: the best rival."),
    ] = "single",
    out: Out = None,
    replace: Replace = False,
    json: AsJson = False,
) -> None:
    """Compare remedies by retraining; say what helps, how sure that is, what is variance."""
    from steadfit import workers

    workers.start_server()
    from steadfit import api
    from steadfit.cli import terminal
    from steadfit.report import summary

    check_outside(out or Path("runs"), Path(data))
    model = network.given()
    dataset = reading.read(data, **api.suited_reading(model, network.settings()))
    screen = terminal.Screen(plain=json)
    screen.say(str(dataset))
    screen.notes(dataset.notes)
    with screen.watching() as watch:
        done = api.study(
            dataset,
            model,
            [*remedy, *api.cell_arms(network.settings())] if arms else remedy or None,
            **design.given(),
            reference=reference,
            seed=seed,
            settings=network.settings(),
            training=network.training(),
            test=test,
            out=out,
            replace=replace,
            engine=where.chosen(),
            hand_over=hand_over,
            watch=watch,
            tell=screen.say,
            voice=COMMAND_LINE,
        )
    if json:
        terminal.write(done.result.to_json().rstrip())
        return
    screen.notes([note for note in done.notes if note not in dataset.notes])
    screen.say(summary(done.result, COMMAND_LINE, done.run.seconds))
    model = f"The model is in {done.folder / 'model'}; the" if done.result.model else "The"
    screen.say(f"{model} report in {done.folder / 'report.html'}")
