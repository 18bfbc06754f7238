"""`steadfit models`, `remedies` and `references`: what there is, a line each."""

import inspect
from collections.abc import Callable, Sequence
from typing import Any

from steadfit.cli import terminal
from steadfit.cli.app import app
from steadfit.cli.options import AsJson


@app.command
def models(*, json: AsJson = False) -> None:
    """List the models, a line each; with --json, the settings of each."""
    from steadfit.models import MODELS, settings

    if json:
        terminal.write_json({name: dict(settings(name)) for name in MODELS})
        return
    rows = [(name, _summary(model)) for name, model in MODELS.items()]
    note = "A list of layers is a model too: conv 20 5; relu; flatten; linear 10."
    _print("model", rows, note)


@app.command
def remedies(*, json: AsJson = False) -> None:
    """List the remedies, a line each, with their default strengths."""
    from steadfit.remedies import REMEDIES

    strengths = {name: _strength(remedy) for name, remedy in REMEDIES.items()}
    if json:
        terminal.write_json(strengths)
        return
    names = {
        name: name if value is None else f"{name}={value}" for name, value in strengths.items()
    }
    rows = [(names[name], _summary(remedy)) for name, remedy in REMEDIES.items()]
    _print("remedy", rows, "Two are joined as dropout=0.3+l2; none measures the baseline alone.")


@app.command
def references(*, json: AsJson = False) -> None:
    """List the reference models, a line each: simple rivals that a network is compared with."""
    from steadfit.references import REFERENCES

    rows = [(name, reference.what) for name, reference in REFERENCES.items()]
    if json:
        terminal.write_json(dict(rows))
        return
    _print("reference", rows, "Those that suit the data are fitted on the same training examples.")


def _print(heading: str, rows: Sequence[tuple[str, str]], note: str) -> None:
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(heading, no_wrap=True)
    table.add_column("what it is")
    for row in rows:
        table.add_row(*map(Text, row))
    screen = terminal.Screen()
    screen.say(table)
    screen.say(f"\n{note}")


def _summary(made: Callable[..., Any]) -> str:
    """The first sentence of a docstring, on one line."""
    paragraph = " ".join((inspect.getdoc(made) or "").partition("\n\n")[0].split())
    return paragraph.partition(". ")[0].rstrip(".") + "."


def _strength(remedy: Callable[..., Any]) -> Any:
    """A remedy's default strength; None for one without."""
    parameters = list(inspect.signature(remedy).parameters.values())[1:]
    return parameters[0].default if parameters else None
