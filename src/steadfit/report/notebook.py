"""A study or a fit in a notebook: its table and sentences as a fragment of HTML."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from steadfit.report import wording
from steadfit.report.explain import explain_study
from steadfit.report.fits import confusions, explain_fit, figures
from steadfit.report.sections import Grid, arms

if TYPE_CHECKING:
    from steadfit.report.voice import Voice
    from steadfit.study.fit_result import FitResult
    from steadfit.study.result import StudyResult

CELL = 'style="text-align: {}; white-space: nowrap"'


def summary_html(result: StudyResult, voice: Voice) -> str:
    """The data and design, the table and the verdict's sentences, every name escaped."""
    found = result.analysis
    grid = arms(found)
    rows = [
        _row("td", (*row, verdict), grid.words)
        for row, verdict in zip(grid.rows, grid.verdicts, strict=True)
    ]
    lines = (wording.sizes(result), wording.design(result))
    return "\n".join(
        [
            f"<p>{'<br>'.join(escape(line) for line in lines)}</p>",
            f"<table><thead>{_row('th', (*grid.headings, 'verdict'), grid.words)}</thead>",
            f"<tbody>{''.join(rows)}</tbody></table>",
            *(
                f"<p>{escape(wording.printable(sentence))}</p>"
                for sentence in explain_study(result, voice)
            ),
        ]
    )


def fit_html(result: FitResult) -> str:
    """A fit's figures and what else there is to say of it, every name escaped."""
    rows = (_row("td", figure, (0,)) for figure in figures(result))
    return "\n".join(
        [
            f"<p>{escape(wording.sizes_of(result.data, result.settings, result.parameters))}</p>",
            f"<table><tbody>{''.join(rows)}</tbody></table>",
            *map(_grid, confusions(result)),
            *(f"<p>{escape(wording.printable(said))}</p>" for said in explain_fit(result)),
        ]
    )


def _grid(grid: Grid) -> str:
    rows = "".join(_row("td", row, grid.words) for row in grid.rows)
    head = _row("th", grid.headings, grid.words)
    return f"<table><thead>{head}</thead><tbody>{rows}</tbody></table>"


def _row(tag: str, cells: tuple[str, ...], words: tuple[int, ...]) -> str:
    last = len(cells) - 1
    shown = (
        f"<{tag} {CELL.format('left' if place in words or place == last else 'right')}>"
        f"{escape(wording.printable(cell))}</{tag}>"
        for place, cell in enumerate(cells)
    )
    return f"<tr>{''.join(shown)}</tr>"
