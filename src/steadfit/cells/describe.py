"""A cell in words and formulas, from its graph: equations as text and LaTeX, weights, stages."""

from collections.abc import Mapping
from dataclasses import dataclass

from steadfit.cells.graph import Gate, Graph
from steadfit.cells.language import Cell

_SUM, _PRODUCT, _UNARY, _ATOM = range(1, 5)  # how tightly an expression binds

_GREEK = {"sigmoid": r"\sigma", "tanh": r"\tanh", "exp": r"\exp", "log": r"\log"}


@dataclass(frozen=True)
class Style:
    """How one notation writes the parts of an equation."""

    latex: bool

    def state(self, name: str, old: bool) -> str:
        """A state before or after the step."""
        if self.latex:
            return f"{_letter(name)}^{{t-1}}" if old else f"{_letter(name)}^{{t}}"
        return f"{name}[t-1]" if old else f"{name}[t]"

    def value(self, name: str) -> str:
        """A value of this step that has a name of its own."""
        return f"{_letter(name)}^{{t}}" if self.latex else name

    def weight(self, letter: str, name: str) -> str:
        """A matrix or a vector of weights."""
        return f"{letter}_{{\\mathrm{{{_escape(name)}}}}}" if self.latex else f"{letter}_{name}"

    def product(self, first: str, second: str) -> str:
        """Unit by unit."""
        return rf"{first} \odot {second}" if self.latex else f"{first} * {second}"

    def quotient(self, first: str, second: str) -> str:
        """Unit by unit."""
        return rf"{first} \oslash {second}" if self.latex else f"{first} / {second}"

    def call(self, function: str, arguments: list[str]) -> str:
        """An elementwise function."""
        if not self.latex:
            return f"{function}({', '.join(arguments)})"
        name = _GREEK.get(function, rf"\mathrm{{{_escape(function)}}}")
        return rf"{name}\left({', '.join(arguments)}\right)"


def equations(cell: Cell) -> str:
    """The equations of one step as plain text, a line an equation.

    >>> from steadfit.cells import find
    >>> print(equations(find("gru")))
    r = sigmoid(W_reset x + U_reset h[t-1] + b_reset)
    z = sigmoid(W_update x + U_update h[t-1] + b_update)
    n = tanh(W_candidate x + U_candidate (r * h[t-1]) + b_candidate)
    h[t] = (1 - z) * h[t-1] + z * n
    """
    return "\n".join(f"{left} = {right}" for left, right in _lines(cell.graph, Style(latex=False)))


def latex(cell: Cell) -> str:
    r"""The equations of one step as a LaTeX `aligned` environment, for use in maths mode.

    >>> from steadfit.cells import find
    >>> print(latex(find("lstm")).splitlines()[5])
    c^{t} &= f^{t} \odot c^{t-1} + i^{t} \odot g^{t} \\
    """
    lines = [f"{left} &= {right}" for left, right in _lines(cell.graph, Style(latex=True))]
    body = " \\\\\n".join(lines)
    return f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}"


def parameter_count(cell: Cell, input: int, hidden: int, projection: int | None = None) -> int:
    """How many weights a layer of this cell has, with one bias a gate.

    >>> from steadfit.cells import find
    >>> parameter_count(find("lstm"), input=3, hidden=5)
    180
    """
    total = 0
    for shape in cell.shapes(input, hidden, projection).values():
        size = 1
        for length in shape:
            size *= length
        total += size
    return total


def stages(cell: Cell) -> tuple[tuple[str, ...], ...]:
    """The gates of each stage of recurrent products; a stage waits for the one before.

    >>> from steadfit.cells import find
    >>> stages(find("gru"))
    (('reset', 'update'), ('candidate',))
    """
    nodes = cell.graph.nodes
    return tuple(tuple(nodes[index].name for index in stage) for stage in cell.graph.stages())


def _lines(graph: Graph, style: Style) -> list[tuple[str, str]]:
    """Left and right side of each equation, in the order of the graph."""
    new = {}  # a node that is two new states is written once, the others refer to it
    for state, output in zip(graph.states, graph.outputs, strict=True):
        new.setdefault(output, style.state(state, old=False))
    labels = {index: style.value(name) for index, name in graph.labels.items()} | new
    needed = graph.needed_by(graph.outputs)
    writer = _Writer(graph, style, labels)
    lines = [
        (labels[index], writer.expression(index)[0])
        for index in sorted(labels)
        if index in needed and (index in new or graph.nodes[index].op != "state")
    ]
    for state, output in zip(graph.states, graph.outputs, strict=True):
        if new[output] != style.state(state, old=False):
            lines.append((style.state(state, old=False), new[output]))
    return lines


class _Writer:
    """Writes a node as an expression; nodes with a name are written by name inside others."""

    def __init__(self, graph: Graph, style: Style, labels: Mapping[int, str]) -> None:
        self._graph, self._style, self._labels = graph, style, labels

    def expression(self, index: int) -> tuple[str, int]:
        """The text and how tightly it binds."""
        node, style = self._graph.nodes[index], self._style
        match node.op:
            case "state":
                return style.state(node.name, old=True), _ATOM
            case "constant":
                return f"{node.value:g}", _ATOM if node.value >= 0 else _UNARY
            case "peephole":
                return style.weight("p", node.name), _ATOM
            case "gate":
                return self._affine(self._graph.gate(node.name)), _SUM
            case "add":
                left, right = (self._part(a, _SUM) for a in node.args)
                return f"{left} + {right}", _SUM
            case "subtract":
                left, right = self._part(node.args[0], _SUM), self._part(node.args[1], _PRODUCT)
                return f"{left} - {right}", _SUM
            case "multiply":
                left, right = (self._part(a, _PRODUCT) for a in node.args)
                return style.product(left, right), _PRODUCT
            case "divide":
                left, right = self._part(node.args[0], _PRODUCT), self._part(node.args[1], _UNARY)
                return style.quotient(left, right), _PRODUCT
            case "negative":
                return f"-{self._part(node.args[0], _UNARY)}", _UNARY
        return style.call(node.op, [self._part(a, 0) for a in node.args]), _ATOM

    def _part(self, index: int, binding: int) -> str:
        """A node inside another expression, in brackets where it binds less tightly."""
        if index in self._labels and self._graph.nodes[index].op != "state":
            return self._labels[index]
        text, own = self.expression(index)
        if own >= binding:
            return text
        return rf"\left({text}\right)" if self._style.latex else f"({text})"

    def _affine(self, gate: Gate) -> str:
        style = self._style
        terms = []
        if gate.takes_input:
            terms.append(f"{style.weight('W', gate.name)} {style.value('x')}")
        for number, source in enumerate(gate.recurrent):
            name = gate.name if len(gate.recurrent) == 1 else f"{gate.name}{number + 1}"
            terms.append(f"{style.weight('U', name)} {self._part(source, _ATOM)}")
        return " + ".join([*terms, style.weight("b", gate.name)])


def _letter(name: str) -> str:
    return name if len(name) == 1 else rf"\mathrm{{{_escape(name)}}}"


def _escape(name: str) -> str:
    return name.replace("_", r"\_")
