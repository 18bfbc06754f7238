"""A cell's diagram, drawn from its graph: states run along the bottom, from left to right.

Every value that is computed is a box or a circle, placed in a column after all that it is computed
from. A line that passes a column holds a row of it, so that no line runs through a box. Lines and
text take the page's own colour (`currentColor`), so the drawing is at home on light
and dark pages.
"""

from dataclasses import dataclass
from html import escape

from steadfit.cells.graph import Graph, Node
from steadfit.cells.language import Cell

_COLUMN, _ROW, _MARGIN = 98, 58, 52
_CIRCLES = {"add": "+", "subtract": "−", "multiply": "×", "divide": "÷"}
_BOXES = {"sigmoid": "σ", "absolute": "|·|", "negative": "−", "sqrt": "√", "maximum": "max"}
_STYLE = """
.cell { font: 14px system-ui, sans-serif; color: currentColor; }
.cell text { fill: currentColor; text-anchor: middle; dominant-baseline: central; }
.cell .small { font-size: 11px; opacity: .75; }
.cell .wire { fill: none; stroke: currentColor; stroke-width: 1.4; opacity: .55; }
.cell .state { opacity: .9; stroke-width: 2; }
.cell .box, .cell .circle { stroke: currentColor; stroke-width: 1.3; fill: #8883; }
.cell .gate { fill: #4a90d955; }
.cell .function { fill: #e6a23c66; }
.cell .weight { fill: #67a86755; }
"""


@dataclass
class Layout:
    """Columns and rows of the nodes, and of the lines that pass by them.

    The new states are nodes of their own here, "end", behind all others.
    """

    nodes: list[Node]
    column: dict[int, int]
    row: dict[int, int]
    passing: dict[tuple[int, int], int]  # (node, a column that its line passes) -> row

    def point(self, index: int) -> tuple[float, float]:
        """The centre of a node."""
        return _at(self.column[index], self.row[index])


def svg(cell: Cell) -> str:
    """The diagram as a complete SVG text, to be saved or put into a page as it is.

    >>> from steadfit.cells import find
    >>> svg(find("gru")).startswith("<svg")
    True
    """
    graph = cell.graph
    layout = _layout(graph)
    width = _at(max(layout.column.values()), 0)[0] + _MARGIN
    height = _at(0, max([*layout.row.values(), *layout.passing.values()]))[1] + _MARGIN
    tip = f"tip-{cell.key}"  # a page may show many cells, and names are the page's
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width:g}" height="{height:g}" class="cell" role="img">',
        f"<title>{escape(cell.name)}: one step</title>",
        f"<style>{_STYLE}</style>",
        f'<defs><marker id="{tip}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" '
        'markerHeight="8" markerUnits="userSpaceOnUse" orient="auto">'
        '<path d="M0 1L8 4L0 7z" fill="currentColor"/></marker></defs>',
    ]
    for index in layout.column:
        for argument in layout.nodes[index].args:
            if argument in layout.column:
                parts.append(_wire(layout, argument, index, tip))
    parts += [_symbol(graph, layout, index, tip) for index in layout.column]
    return "\n".join([*parts, "</svg>"])


def _layout(graph: Graph) -> Layout:
    """A column by what a node waits for; a row that is free, near what it is computed from."""
    nodes = list(graph.nodes)
    ends = [Node("end", (o,), name) for name, o in zip(graph.states, graph.outputs, strict=True)]
    needed = sorted(graph.needed_by(graph.outputs))
    drawn = [index for index in needed if nodes[index].op != "constant"]
    layout = Layout([*nodes, *ends], {}, {}, {})
    for index in drawn:
        waits = [layout.column[a] for a in nodes[index].args if a in layout.column]
        layout.column[index] = 0 if nodes[index].op == "state" else 1 + max(waits, default=0)
    for index in drawn:  # a vector of weights stands just before what takes it
        if nodes[index].op == "peephole":
            users = [layout.column[i] for i in drawn if index in nodes[i].args]
            layout.column[index] = max(min(users, default=1) - 1, 0)
    last = 1 + max(layout.column.values())
    for number in range(len(ends)):
        layout.column[len(nodes) + number] = last
    for column in range(last + 1):
        _fill(graph, layout, column)
    return layout


def _fill(graph: Graph, layout: Layout, column: int) -> None:
    """Rows for one column: first the lines that pass it, then its nodes."""
    gates = len(graph.gates)
    taken: set[int] = set()

    def free(want: int) -> int:
        near = sorted(range(gates + 2 * len(layout.nodes)), key=lambda row: (abs(row - want), row))
        row = next(row for row in near if row not in taken)
        taken.add(row)
        return row

    users: dict[int, int] = {}  # each node's last column
    for index in layout.column:
        for argument in layout.nodes[index].args:
            if argument in layout.column:
                users[argument] = max(users.get(argument, 0), layout.column[index])
    here = [index for index in layout.column if layout.column[index] == column]
    fixed = [index for index in here if layout.nodes[index].op in ("gate", "state", "end")]
    for index in fixed:
        node = layout.nodes[index]
        if node.op == "gate":
            want = [gate.name for gate in graph.gates].index(node.name)
        else:
            want = gates + len(graph.states) - 1 - graph.states.index(node.name)
        layout.row[index] = free(want)
    for index in layout.column:
        if layout.column[index] < column < users.get(index, 0):
            before = layout.passing.get((index, column - 1), layout.row[index])
            layout.passing[index, column] = free(before)
    for index in here:
        if index not in layout.row:
            rows = [
                layout.passing.get((a, column - 1), layout.row[a])
                for a in layout.nodes[index].args
                if a in layout.row
            ]
            layout.row[index] = free(round(sum(rows) / len(rows)) if rows else gates)


def _at(column: float, row: float) -> tuple[float, float]:
    return _MARGIN + column * _COLUMN, _MARGIN + row * _ROW


def _half(layout: Layout, index: int) -> float:
    """Half the width of a node's symbol."""
    node = layout.nodes[index]
    if node.op in _CIRCLES:
        return 15
    return 18 if node.op in ("state", "end") else max(18, 4.2 * len(_text(node)) + 6)


def _text(node: Node) -> str:
    if node.op in ("gate", "state", "end"):
        return node.name
    if node.op == "peephole":
        return f"p {node.name}"
    return _CIRCLES.get(node.op) or _BOXES.get(node.op, node.op)


def _symbol(graph: Graph, layout: Layout, index: int, tip: str) -> str:
    """The box or circle of one node, with its sign and the name that the equations give it."""
    node, (x, y), half = layout.nodes[index], layout.point(index), _half(layout, index)
    text = escape(_with_number(graph, node))
    if node.op in ("state", "end"):
        time = "t−1" if node.op == "state" else "t"
        return f'<text x="{x:g}" y="{y:g}">{text}<tspan class="small" dy="-6">{time}</tspan></text>'
    if node.op in _CIRCLES:
        shape = f'<circle class="circle" cx="{x:g}" cy="{y:g}" r="{half:g}"/>'
    else:
        kind = {"gate": "gate", "peephole": "weight"}.get(node.op, "function")
        shape = (
            f'<rect class="box {kind}" x="{x - half:g}" y="{y - 14:g}" width="{2 * half:g}" '
            f'height="28" rx="6"/>'
        )
    parts = [shape, f'<text x="{x:g}" y="{y:g}">{text}</text>']
    if label := graph.labels.get(index):
        parts.append(f'<text class="small" x="{x:g}" y="{y - 23:g}">{escape(label)}</text>')
    if node.op == "gate" and graph.gate(node.name).takes_input:
        parts.append(
            f'<text class="small" x="{x:g}" y="{y - 29:g}">x</text>'
            f'<path class="wire" d="M{x:g} {y - 24:g}V{y - 15:g}" marker-end="url(#{tip})"/>'
        )
    return "".join(parts)


def _with_number(graph: Graph, node: Node) -> str:
    """The node's sign, with the number that it takes, as in 1−."""
    text = _text(node)
    for place, argument in enumerate(node.args):
        if argument < len(graph.nodes) and graph.nodes[argument].op == "constant":
            number = f"{graph.nodes[argument].value:g}"
            return f"{number}{text}" if place == 0 else f"{text}{number}"
    return text


def _wire(layout: Layout, start: int, end: int, tip: str) -> str:
    """A line from a node to one that takes it, by the rows kept for it on the way.

    It bends between columns only, so that no box of a column lies on it.
    """
    (x, y), first = layout.point(start), layout.column[start]
    path = f"M{x + _half(layout, start):g} {y:g}H{x + _side(layout, first):g}"
    x += _side(layout, first)
    for column in range(first + 1, layout.column[end]):
        (middle, to), side = _at(column, layout.passing[start, column]), _side(layout, column)
        path += _bend(x, y, middle - side, to) + f"H{middle + side:g}"
        x, y = middle + side, to
    middle, to = layout.point(end)
    path += _bend(x, y, middle - _side(layout, layout.column[end]), to)
    path += f"H{middle - _half(layout, end):g}"
    kind = "wire state" if layout.nodes[start].op == "state" else "wire"
    if layout.nodes[end].op == "end":
        kind = "wire state"
    return f'<path class="{kind}" d="{path}" marker-end="url(#{tip})"/>'


def _side(layout: Layout, column: int) -> float:
    """Half the width of a column's widest symbol, with a little room."""
    return 3 + max(
        _half(layout, index) for index in layout.column if layout.column[index] == column
    )


def _bend(x: float, y: float, to_x: float, to_y: float) -> str:
    middle = (x + to_x) / 2
    return f"C{middle:g} {y:g} {middle:g} {to_y:g} {to_x:g} {to_y:g}"
