"""The table of a study on a terminal, and the lines around it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from steadfit.analysis.terms import Verdict
from steadfit.report import explain_arms, numbers, wording
from steadfit.report.explain import explain_study

if TYPE_CHECKING:
    from steadfit.analysis.result import Analysis, ArmAnalysis, EnsembleAnalysis, ReferenceAnalysis
    from steadfit.report.voice import Voice
    from steadfit.study.result import StudyResult

    Row = ArmAnalysis | EnsembleAnalysis | ReferenceAnalysis

GAP = 2  # blank columns between two columns of the table
NARROWEST_ARM = 12
LONGEST_NAME = 60
BREAKS = re.compile(r"(?<=-)| (?!\()")  # of a heading
STYLES = {
    Verdict.BETTER: "green",
    Verdict.PROBABLY_BETTER: "green",
    Verdict.WORSE: "red",
    Verdict.NOT_TRAINED: "yellow",
    Verdict.FAILED: "red",
}
ASCII = str.maketrans("−–×·…�∞←→±\N{NO-BREAK SPACE}", "--x-~?8<>~ ")


@dataclass(frozen=True)
class _Column:
    """One column: its heading and a cell a row. Words stand at the left; verdicts have colours."""

    heading: str
    cells: tuple[str, ...]
    words: bool = False
    verdicts: bool = False

    @property
    def width(self) -> int:
        return max(
            cell_len(line) for cell in (self.heading, *self.cells) for line in cell.split("\n")
        )

    @property
    def narrow(self) -> _Column:
        """The same; the heading of figures is broken at blanks and hyphens."""
        return self if self.words else replace(self, heading=BREAKS.sub("\n", self.heading))


def table(
    found: Analysis,
    width: int = 120,
    seconds: Mapping[str, float] | None = None,
    best: str = "← handed over",
) -> Table:
    """The study's arms, one a row, below them averages of retrainings and the reference models.

    Error, the deciding measure, its relative change with its interval, the chance that the arm is
    better, its word, the seconds that a training took. Where `width` (terminal columns) is too
    small, the time goes first, then headings and names break, then chance and word move under the
    change, then the error goes, and then the loss.

    seconds: of a training, by arm. best: what stands beside the best arm.
    Example: `rich.print(table(study.result.analysis, width=80))`.
    """
    columns = _fitting(found, width, seconds or {}, best)
    made = Table(
        box=None,
        pad_edge=False,
        padding=(0, GAP, 0, 0),
        caption=_caption(found),
        caption_justify="left",
        header_style="bold",
    )
    for place, column in enumerate(columns):
        made.add_column(
            column.heading,
            justify="left" if column.words else "right",
            no_wrap=place > 0,  # names alone give way
            overflow="fold",
        )
    verdicts = [arm.verdict for arm in found.arms]
    for row in range(len(columns[0].cells)):
        cells = [Text(column.cells[row]) for column in columns]
        for column, cell in zip(columns, cells, strict=True):
            if row >= len(verdicts):
                cell.stylize("dim")
            elif column.verdicts:
                cell.stylize(STYLES.get(verdicts[row], ""))
        made.add_row(*cells)
    return made


class Summary:
    """Lines and tables that take the width and the encoding of the console they are printed on.

    parts: gives them for a width in columns.
    """

    def __init__(self, parts: Callable[[int], Iterable[Text | Table]]) -> None:
        self.parts = parts

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for part in self.parts(options.max_width):
            if options.ascii_only:
                yield from _ascii(console.render(part, options))
            else:
                yield part


def summary(
    result: StudyResult, voice: Voice, seconds: Mapping[str, float] | None = None
) -> Summary:
    """The study for a terminal: data and design, the table, the verdict's sentences.

    A rich renderable: `rich.print(summary(result, PYTHON))`. voice: who reads it. seconds: as in
    `table`. It fits the console's width, and keeps to ASCII where the console's encoding has
    nothing else.
    """

    def parts(width: int) -> Iterable[Text | Table]:
        yield Text(f"{wording.sizes(result)}\n{wording.design(result)}\n")
        best = "← handed over" if result.model else "← best"
        yield table(result.analysis, width, seconds, best)
        yield Text()
        for sentence in explain_study(result, voice):
            yield Text(wording.printable(sentence))

    return Summary(parts)


def _fitting(found: Analysis, width: int, seconds: Mapping[str, float], best: str) -> list[_Column]:
    """The widest layout that fits; the last one whatever its width."""
    columns = _columns(found, seconds, best)
    wide = (
        ("arm", "told", "total", "change", "chance", "verdict", "seconds"),
        ("arm", "told", "total", "change", "chance", "verdict"),
    )
    narrow = (
        ("arm", "told", "total", "change", "chance", "stacked"),
        ("arm", "told", "total", "all"),
        ("arm", "told" if found.decides in wording.HARD_TO_READ else "total", "all"),
        ("arm", "all"),
    )
    candidates = [
        *([columns[name] for name in layout if name in columns] for layout in wide),
        *([columns[name].narrow for name in layout if name in columns] for layout in narrow),
    ]
    needed = min(columns["arm"].width, NARROWEST_ARM)
    names, *rest = next((c for c in candidates if _room(c, width) >= needed), candidates[-1])
    room = max(_room([names, *rest], width), NARROWEST_ARM)
    wrapped = tuple(_wrapped(name, room) for name in names.cells)
    return [_Column("arm", wrapped, words=True), *rest]


def _room(columns: list[_Column], width: int) -> int:
    """What the columns after the first leave to it."""
    return width - sum(column.width + GAP for column in columns[1:])


def _columns(found: Analysis, seconds: Mapping[str, float], best: str) -> dict[str, _Column]:
    """Every column that a layout may take, by name."""
    measure = found.decides
    rows = (*found.arms, *found.ensembles, *found.references)
    base = found.baseline.totals.get(measure, 0.0)
    arms = found.arms
    none = ("",) * (len(rows) - len(arms))
    averages = tuple("average" for _ in found.ensembles)
    beside = averages + ("",) * len(found.references)
    changed = tuple(
        numbers.relative(row.changes[measure], base) if measure in row.changes else ""
        for row in (*arms, *found.ensembles)
    )
    changes = (*changed, *[""] * len(found.references))
    verdicts = tuple(wording.VERDICTS[arm.verdict] for arm in arms)
    handed = tuple(best if arm.name == found.best else "" for arm in arms)
    chances = tuple(
        numbers.chance(arm.changes[arm.judged_by].chance_better) if arm.judged_by else ""
        for arm in arms
    )
    change = f"change ({wording.level(found)})"
    columns = {
        "arm": _Column("arm", tuple(_name(row) for row in rows), words=True),
        "total": _totals(rows, found, measure),
        "change": _Column(change, changes),
        "chance": _Column("chance better", chances + none),
        "verdict": _Column("", _joined(" ", verdicts, handed) + beside, words=True, verdicts=True),
        "stacked": _Column("", _joined("\n", verdicts, handed) + beside, words=True, verdicts=True),
        "all": _Column(
            f"{change}\nchance better",
            _joined("\n", changes, _joined(" · ", chances, verdicts) + beside, handed + none),
            words=True,
            verdicts=True,
        ),
    }
    first = wording.told(found)[:1]
    if first and first != (measure,):
        columns["told"] = _totals(rows, found, first[0])
    if seconds:
        took = tuple(
            numbers.quantity(seconds[arm.name]) if arm.name in seconds else numbers.UNKNOWN
            for arm in arms
        )
        columns["seconds"] = _Column("seconds", took + none)
    return columns


def _totals(rows: Sequence[Row], found: Analysis, measure: str) -> _Column:
    """A measure of each row."""
    heading = wording.heading(measure)
    return _Column(heading, tuple(wording.total(row.totals, measure, found) for row in rows))


def _name(row: Row) -> str:
    return wording.shortened(wording.printable(row.name), LONGEST_NAME)


def _joined(by: str, *columns: Sequence[str]) -> tuple[str, ...]:
    """The cells of each row in one, without empty ones."""
    return tuple(by.join(filter(None, row)) for row in zip(*columns, strict=True))


def _wrapped(name: str, width: int) -> str:
    """The name in lines of at most this width, broken after "+", else "=" and "_"."""
    lines = [""]
    parts = re.split(r"(?<=\+)", name)
    pieces = (re.split(r"(?<=[=_])", part) if cell_len(part) > width else [part] for part in parts)
    for piece in chain.from_iterable(pieces):
        if lines[-1] and cell_len(lines[-1] + piece) > width:
            lines.append("")
        lines[-1] += piece
    return "\n".join(lines)


def _caption(found: Analysis) -> str:
    words = wording.words_of(found.decides)
    first = wording.printable(found.baseline.name)
    text = wording.units(found)
    if len(found.arms) > 1:
        text += f" Change: of the {words.name}, against {first}, on the same test points."
    if by_another := explain_arms.by_another_measure(found):
        text += f" {by_another}"
    if found.ensembles:
        text += " Average: of an arm's repetitions at each point."
    if found.references:
        listed = ", ".join(reference.name for reference in found.references)
        text += f" Reference models, for comparison: {listed}."
    return text


def _ascii(segments: Iterable[Segment]) -> Iterable[Segment]:
    """The same segments in ASCII, each character as wide as the one that it stands for."""
    for segment in segments:
        text = segment.text.translate(ASCII)
        safe = "".join(c if c.isascii() else "?" * cell_len(c) for c in text)
        yield Segment(safe, segment.style, segment.control)
