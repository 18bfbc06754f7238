"""A cell's diagram, drawn from its graph as SVG.

Time runs from left to right. A box is a gate with its function, a circle an operation on each
unit. Nodes stand in columns, each behind all that it is computed from; an edge that passes a
column takes a place in it. Within a column they are ordered by the mean height of what they are
joined to (Sugiyama, Tagawa and Toda 1981).
"""

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from steadfit.cells import Cell
from steadfit.cells.graph import Graph, Node
from steadfit.report.palette import LIGHT

COLUMN, ROW = 116, 46  # pixels
BOX_HEIGHT = 30
SWEEPS = 12  # over the columns, to bring joined nodes to one height
SIGNS = {
    "add": "+",
    "subtract": "−",
    "multiply": "⊙",
    "divide": "⊘",
    "negative": "−",
    "sigmoid": "σ",
    "absolute": "abs",
    "maximum": "max",
    "minimum": "min",
}


@dataclass
class Mark:
    """Something at a place: a box or a circle with a text, or a place that an edge passes."""

    text: str
    kind: str  # "value", "gate", "operation" or "passing"
    column: int
    sources: list[int] = field(default_factory=list)
    y: float = 0.0

    @property
    def width(self) -> float:
        """Pixels."""
        if self.kind == "passing":
            return 0
        if self.kind == "operation" and len(self.text) == 1:
            return 26
        return max(30, 12 + 7.2 * len(self.text))


def diagram(cell: Cell) -> str:
    """One step of a cell as an SVG element.

    Its colours are the custom properties --color-ink, --color-muted, --color-better and
    --color-tint where the page has them, else those of `palette.LIGHT`.

    >>> from steadfit.cells import find
    >>> diagram(find("gru")).startswith("<svg")
    True
    """
    marks = _marks(cell.graph)
    _place(marks)
    width = (max(mark.column for mark in marks) + 1) * COLUMN
    low, high = min(mark.y for mark in marks), max(mark.y for mark in marks)
    for mark in marks:
        mark.y += ROW / 2 - low
    height = high - low + ROW
    edges = (_edge(marks[source], mark) for mark in marks for source in mark.sources)
    shapes = (_shape(mark) for mark in marks if mark.kind != "passing")
    title = f"One step of {html.escape(cell.name)}"
    return (
        f'<svg class="cell" viewBox="0 0 {width} {height:.0f}" width="{width}" role="img" '
        f'aria-label="{title}" xmlns="http://www.w3.org/2000/svg"><title>{title}</title>'
        f"<style>{_style()}</style>{''.join(edges)}{''.join(shapes)}</svg>"
    )


def _marks(graph: Graph) -> list[Mark]:
    """The graph's nodes as marks, joined where one mark says it all, and the new states."""
    users: dict[int, list[int]] = {output: [-1] for output in graph.outputs}  # -1: who comes next
    for index, node in enumerate(graph.nodes):
        for argument in node.args:
            users.setdefault(argument, []).append(index)
    marks = [Mark("x[t]", "value", 0)]
    where: dict[int, int] = {}  # of each node, its mark
    needed = graph.needed_by(graph.outputs)
    for index, node in enumerate(graph.nodes):
        if index not in needed or node.op == "constant":
            continue
        if node.op == "gate" and _activation(graph, users.get(index, [])):
            continue  # drawn as one box with the function of it
        inner = graph.nodes[node.args[0]] if len(node.args) == 1 else node
        gate = node if node.op == "gate" else inner if inner.op == "gate" else None
        if gate is not None and (gate is node or _activation(graph, users[node.args[0]])):
            sources = [where[a] for a in gate.args]
            sources += [0] if graph.gate(gate.name).takes_input else []
            function = "" if gate is node else f"{SIGNS.get(node.op, node.op)} "
            marks.append(Mark(f"{function}{gate.name}", "gate", 0, sources))
        else:
            sources = [where[a] for a in node.args if a in where]
            kind = "value" if node.op in ("state", "peephole") else "operation"
            marks.append(Mark(_text(graph, node), kind, 0, sources))
        where[index] = len(marks) - 1
    for state, output in zip(graph.states, graph.outputs, strict=True):
        marks.append(Mark(f"{state}[t]", "value", 0, [where[output]]))
    _columns(marks, len(graph.states))
    return _passed(marks)


def _activation(graph: Graph, users: Sequence[int]) -> bool:
    """Whether a gate's only use is one function of it alone."""
    return len(users) == 1 and users[0] >= 0 and len(graph.nodes[users[0]].args) == 1


def _text(graph: Graph, node: Node) -> str:
    """What a mark says: a name, or a sign with the constant that it takes."""
    if node.op == "state":
        return f"{node.name}[t-1]"
    if node.op == "peephole":
        return f"p {node.name}"
    sign = SIGNS.get(node.op, node.op)
    constants = [graph.nodes[a].op == "constant" for a in node.args]
    if any(constants):
        values = [
            f"{graph.nodes[a].value:g}" if constant else ""
            for a, constant in zip(node.args, constants, strict=True)
        ]
        return f" {sign} ".join(values).strip()
    return sign


def _columns(marks: list[Mark], states: int) -> None:
    """Each mark right behind what it is computed from; new states in the last column."""
    for mark in marks:
        mark.column = max((marks[source].column + 1 for source in mark.sources), default=0)
    last = max(mark.column for mark in marks)
    for mark in marks[-states:]:
        mark.column = last


def _passed(marks: list[Mark]) -> list[Mark]:
    """The same with a mark in each column that an edge passes."""
    found = list(marks)
    for mark in marks:
        for place, source in enumerate(mark.sources):
            before = source
            for column in range(marks[source].column + 1, mark.column):
                found.append(Mark("", "passing", column, [before]))
                before = len(found) - 1
            mark.sources[place] = before
    return found


def _place(marks: list[Mark]) -> None:
    """Heights: each mark near those it is joined to, and no two of a column on one another."""
    joined: list[list[int]] = [list(mark.sources) for mark in marks]
    for index, mark in enumerate(marks):
        for source in mark.sources:
            joined[source].append(index)
    columns: dict[int, list[int]] = {}
    for index, mark in enumerate(marks):
        column = columns.setdefault(mark.column, [])
        mark.y = ROW * len(column)
        column.append(index)
    order = sorted(columns)
    for sweep in range(SWEEPS):
        for number in order if sweep % 2 == 0 else reversed(order):
            column = columns[number]
            wanted = {i: _mean(marks[j].y for j in joined[i]) for i in column}
            column.sort(key=lambda i: wanted[i])
            _spread(marks, column, wanted)


def _spread(marks: list[Mark], column: Sequence[int], wanted: dict[int, float]) -> None:
    """The marks of a column, in order, as near to their wanted heights as their distance lets.

    Neighbours that would come too near become a block that moves as one to its mean (the pool
    adjacent violators algorithm).
    """
    blocks: list[tuple[float, int]] = []  # mean of wanted height less place, and how many
    for place, index in enumerate(column):
        blocks.append((wanted[index] - place * ROW, 1))
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (first, m), (second, n) = blocks[-2:]
            blocks[-2:] = [((first * m + second * n) / (m + n), m + n)]
    heights = [mean for mean, count in blocks for _ in range(count)]
    for place, (index, height) in enumerate(zip(column, heights, strict=True)):
        marks[index].y = height + place * ROW


def _mean(values: Iterable[float]) -> float:
    found = list(values)
    return sum(found) / max(1, len(found))


def _middle(mark: Mark) -> float:
    return (mark.column + 0.5) * COLUMN


def _edge(source: Mark, target: Mark) -> str:
    """A curve from one mark's right side to the other's left, with a head where it arrives."""
    x0, x1 = _middle(source) + source.width / 2, _middle(target) - target.width / 2
    bend = (x1 - x0) / 2
    path = (
        f"M{x0:.1f} {source.y:.1f}C{x0 + bend:.1f} {source.y:.1f} "
        f"{x1 - bend:.1f} {target.y:.1f} {x1:.1f} {target.y:.1f}"
    )
    if target.kind == "passing":
        return f'<path class="edge" d="{path}"/>'
    head = f"M{x1 - 6:.1f} {target.y - 3.5:.1f}L{x1:.1f} {target.y:.1f}l-6 3.5"
    return f'<path class="edge" d="{path}{head}"/>'


def _shape(mark: Mark) -> str:
    """A box, rounder for operations, with its text."""
    radius = {"gate": 4, "operation": BOX_HEIGHT / 2}.get(mark.kind, 0)
    height = 26 if mark.kind == "operation" else BOX_HEIGHT
    x = _middle(mark)
    return (
        f'<rect class="{mark.kind}" x="{x - mark.width / 2:.1f}" y="{mark.y - height / 2:.1f}" '
        f'width="{mark.width:.1f}" height="{height}" rx="{radius}"/>'
        f'<text x="{x:.1f}" y="{mark.y:.1f}">{html.escape(mark.text)}</text>'
    )


def _style() -> str:
    def colour(role: str) -> str:
        return f"var(--color-{role}, {LIGHT[role]})"

    return (
        f".cell .edge{{fill:none;stroke:{colour('muted')};stroke-width:1.2}}"
        f".cell .gate{{fill:{colour('tint')};stroke:{colour('better')}}}"
        f".cell .operation{{fill:{colour('paper')};stroke:{colour('ink')}}}"
        ".cell .value{fill:none}"
        f".cell text{{font:13px system-ui,sans-serif;fill:{colour('ink')};"
        "text-anchor:middle;dominant-baseline:central}"
    )
