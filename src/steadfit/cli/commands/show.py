"""`steadfit show` and `steadfit report`: what a run found, again."""

from pathlib import Path
from typing import TYPE_CHECKING

from steadfit.cli.app import app
from steadfit.cli.options import AsJson, Run
from steadfit.report.voice import COMMAND_LINE

if TYPE_CHECKING:
    from steadfit.report import Summary
    from steadfit.study.fit_result import FitResult
    from steadfit.study.result import StudyResult


@app.command
def show(run: Run, /, *, json: AsJson = False) -> None:
    """Show a finished study again, its table and the verdict; or a fit's figures."""
    from steadfit.cli import terminal

    result, shown = _read(run)
    if json:
        terminal.write(result.to_json().rstrip())
    else:
        _say(run, shown)


@app.command
def report(run: Run, /) -> None:
    """Make a finished study's report.html and table again, without training; show a fit again."""
    from steadfit.cli import terminal

    if _is_fit(run):
        _, shown = _read(run)
        _say(run, shown)
        return
    from steadfit import api
    from steadfit.report import summary

    made = api.report(run, COMMAND_LINE)
    _say(run, summary(made.result, COMMAND_LINE))
    terminal.Screen().say(f"The report is in {made.folder / 'report.html'}")


def _is_fit(run: Path) -> bool:
    """Whether a folder has a fit and no study."""
    from steadfit.study.fit_result import holds_fit

    return holds_fit(run) and not (run / "study.json").exists()


def _read(run: Path) -> "tuple[StudyResult | FitResult, Summary]":
    """What a run found, and how it is shown. Raises SteadfitError where there is none."""
    from steadfit.report import fit_summary, summary
    from steadfit.study.fit_result import read_fit
    from steadfit.study.result import read_result

    if _is_fit(run):
        fitted = read_fit(run)
        return fitted, fit_summary(fitted)
    result = read_result(run)
    return result, summary(result, COMMAND_LINE)


def _say(run: Path, shown: "Summary") -> None:
    """Print what is made of a run's files: only now, for the width of the screen."""
    from steadfit.cli import terminal
    from steadfit.study.result import agreeing

    with agreeing(run):
        terminal.Screen().say(shown)
