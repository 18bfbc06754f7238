"""The table of a study on a terminal, and the lines around it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from steadfit.analysis.terms import Loss, Verdict
from steadfit.report import wording
from steadfit.report.explain import explain_study

if TYPE_CHECKING:
    from steadfit.analysis.result import Analysis, ArmAnalysis
    from steadfit.report.voice import Voice
    from steadfit.study.result import StudyResult

GAP = 2  # blank columns between two columns of the table
NARROWEST_ARM = 12
LONGEST_NAME = 60
STYLES = {
    Verdict.BETTER: "green",
    Verdict.BETTER_HERE: "green",
    Verdict.WORSE: "red",
    Verdict.WORSE_HERE: "red",
    Verdict.FAILED: "red",
}
ASCII = str.maketrans("−–×·…�∞\N{NO-BREAK SPACE}", "--x-~?8 ")


@dataclass(frozen=True)
class _Column:
    """One column: its heading and a cell an arm. Words stand at the left."""

    heading: str
    cells: tuple[str, ...]
    words: bool = False

    @property
    def width(self) -> int:
        return max(
            cell_len(line) for cell in (self.heading, *self.cells) for line in cell.split("\n")
        )


def table(found: Analysis, width: int = 120) -> Table:
    """The study's arms, one a row: error, its parts, and the paired change with its interval.

    Units are in the caption. Where `width` (terminal columns) is too small for all columns, the
    bias+noise goes first (it is the total less the variance), then the verdict moves under its
    change, then the total goes, and at last all but the change; names wrap at their "+".

    Example: `rich.print(table(study.result.analysis, width=80))`.
    """
    columns = _fitting(found, width)
    headings = [column.heading for column in columns]
    made = Table(
        box=None,
        pad_edge=False,
        padding=(0, GAP, 0, 0),
        caption=_caption(found, "bias+noise" in headings),
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
    for row, arm in enumerate(found.arms):
        name, *rest = (Text(column.cells[row]) for column in columns)
        rest[-1].stylize(STYLES.get(arm.verdict, ""))
        made.add_row(name, *rest)
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


def summary(result: StudyResult, voice: Voice) -> Summary:
    """The study for a terminal: data and design, the table, the verdict's sentences.

    A rich renderable: `rich.print(summary(result, PYTHON))`. voice: who reads it. It fits the
    console's width, and keeps to ASCII where the console's encoding has nothing else.
    """

    def parts(width: int) -> Iterable[Text | Table]:
        yield Text(f"{wording.sizes(result)}\n{wording.design(result.analysis)}\n")
        yield table(result.analysis, width)
        yield Text()
        for sentence in explain_study(result, voice):
            yield Text(wording.printable(sentence))

    return Summary(parts)


def _fitting(found: Analysis, width: int) -> list[_Column]:
    """The widest layout that fits; the last one whatever its width."""
    columns = _columns(found)
    layouts = (
        ("arm", "error", "total", "bias_noise", "variance", "change", "verdict"),
        ("arm", "error", "total", "variance", "change", "verdict"),
        ("arm", "error", "total", "variance", "both"),
        ("arm", "error", "variance", "both"),
        ("arm", "error", "both"),
        ("arm", "both"),
    )
    candidates = [[columns[name] for name in layout if name in columns] for layout in layouts]
    needed = min(columns["arm"].width, NARROWEST_ARM)
    names, *rest = next((c for c in candidates if _room(c, width) >= needed), candidates[-1])
    room = max(_room([names, *rest], width), NARROWEST_ARM)
    wrapped = tuple(_wrapped(name, room) for name in names.cells)
    return [_Column("arm", wrapped, words=True), *rest]


def _room(columns: list[_Column], width: int) -> int:
    """What the columns after the first leave to it."""
    return width - sum(column.width + GAP for column in columns[1:])


def _columns(found: Analysis) -> dict[str, _Column]:
    """Every column that a layout may take, by name."""
    loss, arms = found.decides, found.arms
    decimals = wording.loss_decimals(found, loss)
    changes = tuple(
        wording.interval(arm.changes[loss], decimals) if loss in arm.changes else "" for arm in arms
    )
    verdicts = tuple(wording.VERDICTS[arm.verdict] for arm in arms)
    change = f"change ({wording.level(found)} interval)"

    def part(name: str) -> tuple[str, ...]:
        return wording.cells(
            arms, lambda arm: wording.number(getattr(arm.losses[loss], name), decimals), loss
        )

    columns = {
        "arm": _Column("arm", tuple(_name(arm) for arm in arms), words=True),
        "total": _Column(wording.LOSSES[loss].name, part("total")),
        "bias_noise": _Column("bias+noise", part("bias_noise")),
        "variance": _Column("variance", part("variance")),
        "change": _Column(change, changes),
        "verdict": _Column("", verdicts, words=True),
        "both": _Column(change, tuple(map(_below, changes, verdicts)), words=True),
    }
    if wording.has_errors(found) and loss is not Loss.ZERO_ONE:
        errors = wording.error_decimals(found)
        columns["error"] = _Column(
            "error %",
            wording.cells(
                arms,
                lambda arm: wording.number(100 * arm.losses[Loss.ZERO_ONE].total, errors),
                Loss.ZERO_ONE,
            ),
        )
    return columns


def _name(arm: ArmAnalysis) -> str:
    return wording.shortened(wording.printable(arm.name), LONGEST_NAME)


def _below(change: str, verdict: str) -> str:
    return f"{change}\n{verdict}".strip("\n")


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


def _caption(found: Analysis, with_parts: bool) -> str:
    words = wording.LOSSES[found.decides]
    first = wording.printable(found.baseline.name)
    parts = " = bias+noise + variance," if with_parts else ""
    return (
        f"{words.name.capitalize()}{parts} in {words.unit}. "
        f"Change: of the {words.name}, against {first} on the same data with the same seeds."
    )


def _ascii(segments: Iterable[Segment]) -> Iterable[Segment]:
    """The same segments in ASCII, each character as wide as the one that it stands for."""
    for segment in segments:
        text = segment.text.translate(ASCII)
        safe = "".join(c if c.isascii() else "?" * cell_len(c) for c in text)
        yield Segment(safe, segment.style, segment.control)
