"""`steadfit fit`: one training."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from steadfit.cli.app import app
from steadfit.cli.network import Network
from steadfit.cli.options import MODEL, AsJson, Out, Seed, Source, TestShare
from steadfit.cli.reading import Reading
from steadfit.files import check_outside

if TYPE_CHECKING:
    from steadfit.api import Fitted


@app.command
def fit(
    data: Source,
    /,
    *,
    reading: Reading = Reading(),  # noqa: B008  (it is frozen)
    test: TestShare = 0.2,
    network: Network = Network(),  # noqa: B008
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
    from steadfit.report import fit_summary
    from steadfit.training import keep_freed_memory

    check_outside(out or Path("runs"), Path(data))
    model = network.given()
    dataset = reading.read(data, **api.suited_reading(model, network.settings()))
    screen = terminal.Screen(plain=json)
    screen.say(str(dataset))
    screen.notes(dataset.notes)
    keep_freed_memory()  # this process trains and does nothing else
    done = api.fit(
        dataset,
        model,
        remedy,
        seed=seed,
        settings=network.settings(),
        training=network.training(),
        test=test,
        out=out,
        reference=reference,
    )
    if json:
        terminal.write_json(_figures(done))
        return
    screen.notes([note for note in done.data_notes if note not in dataset.notes])
    screen.say(fit_summary(done.result))
    screen.say(
        f"\nTraining took {done.seconds:.1f} s. The model is in {done.folder / 'model'}; "
        f"the report in {done.folder / 'report.html'}"
    )


def _figures(done: "Fitted") -> dict[str, object]:
    """What `--json` prints."""
    figures: dict[str, object] = {"loss": done.loss, "error": done.error, "seconds": done.seconds}
    figures |= done.result.measures
    if (scores := done.result.label_scores) is not None:
        of_labels = ("exact_match", "macro_f1", "micro_f1")
        figures |= {name: getattr(scores, name) for name in of_labels}
    figures["references"] = {
        score.name: {"left_out": score.left_out}
        if score.left_out
        else {"loss": score.loss, "error": score.error, **score.measures}
        for score in done.references
    }
    return figures
