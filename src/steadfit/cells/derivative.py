"""The derivative of a step, taken on its graph.

`rewrite` puts masks into a graph, so that whatever comes after sees plain equations.
`differentiate` adds, behind the step's nodes, the nodes of the adjoints: how much the loss changes
with each gate's value, each peephole and each old state.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from steadfit.cells.graph import Builder, Gate, Graph, Node


@dataclass(frozen=True)
class Derivative:
    """The step's nodes and, behind them, its adjoints.

    Leaves besides the step's own: "adjoint" (`name`: a state; how the loss changes with the new
    state) and "back" (`value`: a source node; the adjoint that comes back through the products that
    take the source).

    gates: the adjoint of each gate by name. peepholes: of each peephole by name.
    states: the adjoint of each old state, without what comes back through products that take it.
    """

    nodes: tuple[Node, ...]
    gates: Mapping[str, int]
    peepholes: Mapping[str, int]
    states: tuple[int, ...]

    @property
    def targets(self) -> tuple[int, ...]:
        """All the adjoints that a step backwards is run for."""
        return (*self.gates.values(), *self.peepholes.values(), *self.states)


def rewrite(graph: Graph, recurrent_mask: bool, zoneout: Sequence[bool]) -> Graph:
    """The graph with the recurrent mask on what gates take, and zoneout on the new states."""
    builder = Builder()
    moved: dict[int, int] = {}
    mask = builder.add(Node("mask")) if recurrent_mask else None

    def masked(source: int) -> int:
        if mask is None:
            return moved[source]
        return builder.add(Node("multiply", (moved[source], mask)))

    for index, node in enumerate(graph.nodes):
        place = masked if node.op == "gate" else moved.__getitem__
        moved[index] = builder.add(replace(node, args=tuple(place(a) for a in node.args)))
    outputs = []
    for state, output, kept in zip(graph.states, graph.outputs, zoneout, strict=True):
        new = moved[output]
        if kept:
            share = builder.add(Node("given", name=state))
            old = builder.add(Node("state", name=state))
            one = builder.add(Node("constant", value=1.0))
            rest = builder.add(Node("subtract", (one, share)))
            kept_old = builder.add(Node("multiply", (share, old)))
            taken = builder.add(Node("multiply", (rest, new)))
            new = builder.add(Node("add", (kept_old, taken)))
        outputs.append(new)
    gates = tuple(
        Gate(gate.name, gate.takes_input, tuple(masked(source) for source in gate.recurrent))
        for gate in graph.gates
    )
    labels = {moved[index]: name for index, name in graph.labels.items()}
    return replace(
        graph, nodes=tuple(builder.nodes), outputs=tuple(outputs), gates=gates, labels=labels
    )


def differentiate(graph: Graph) -> Derivative:
    """The adjoints of a step (reverse mode, node by node)."""
    builder = Builder(graph.nodes)
    algebra = _Algebra(builder)
    adjoints: dict[int, int] = {}

    def add(index: int, adjoint: int) -> None:
        known = adjoints.get(index)
        adjoints[index] = adjoint if known is None else algebra("add", known, adjoint)

    for state, output in zip(graph.states, graph.outputs, strict=True):
        add(output, builder.add(Node("adjoint", name=state)))
    sources = {source for _, source in graph.recurrent_blocks}
    for index in reversed(range(len(graph.nodes))):
        node = graph.nodes[index]
        if index in sources and node.op != "state":
            add(index, builder.add(Node("back", value=float(index))))
        if index in adjoints and node.op in _RULES:
            rule = _RULES[node.op](algebra, index, node.args)
            for argument, factor in zip(node.args, rule, strict=True):
                add(argument, factor(adjoints[index]))
    zero = builder.add(Node("constant", value=0.0))
    where = {(node.op, node.name): i for i, node in enumerate(graph.nodes)}

    def found(op: str, name: str) -> int:
        return adjoints.get(where.get((op, name), -1), zero)

    return Derivative(
        nodes=tuple(builder.nodes),
        gates={gate.name: found("gate", gate.name) for gate in graph.gates},
        peepholes={name: found("peephole", name) for name in graph.peepholes},
        states=tuple(found("state", name) for name in graph.states),
    )


class _Algebra:
    """Adds elementwise nodes, leaving out what has no effect."""

    def __init__(self, builder: Builder) -> None:
        self._builder = builder

    def __call__(self, op: str, *args: int) -> int:
        return self._builder.add(Node(op, args))

    def constant(self, value: float) -> int:
        return self._builder.add(Node("constant", value=value))


Factor = Callable[[int], int]  # the adjoint of a function's value -> that of one of its arguments
Rule = Callable[[_Algebra, int, tuple[int, ...]], Sequence[Factor]]


def _times(algebra: _Algebra, factor: Callable[[], int]) -> Sequence[Factor]:
    return [lambda d: algebra("multiply", d, factor())]


def _divide(a: _Algebra, y: int, args: tuple[int, ...]) -> Sequence[Factor]:
    return [
        lambda d: a("divide", d, args[1]),
        lambda d: a("negative", a("divide", a("multiply", d, y), args[1])),
    ]


def _larger(a: _Algebra, first: int, second: int) -> Factor:
    """1 where first > second, one half where equal (as torch has it), 0 elsewhere."""
    half = a.constant(0.5)
    sign = a("sign", a("subtract", first, second))
    return lambda d: a("multiply", d, a("add", half, a("multiply", half, sign)))


# For y = f(x, …): the factors of dy/dx, written with y where that saves keeping x.
_RULES: Mapping[str, Rule] = {
    "add": lambda a, y, x: [lambda d: d, lambda d: d],
    "subtract": lambda a, y, x: [lambda d: d, lambda d: a("negative", d)],
    "multiply": lambda a, y, x: [
        lambda d: a("multiply", d, x[1]),
        lambda d: a("multiply", d, x[0]),
    ],
    "divide": _divide,
    "negative": lambda a, y, x: [lambda d: a("negative", d)],
    "sigmoid": lambda a, y, x: _times(a, lambda: a("multiply", y, a("subtract", a.constant(1), y))),
    "tanh": lambda a, y, x: _times(a, lambda: a("subtract", a.constant(1), a("multiply", y, y))),
    "relu": lambda a, y, x: _times(a, lambda: a("positive", y)),
    "exp": lambda a, y, x: _times(a, lambda: y),
    "log": lambda a, y, x: [lambda d: a("divide", d, x[0])],
    "sqrt": lambda a, y, x: [lambda d: a("divide", a("multiply", d, a.constant(0.5)), y)],
    "absolute": lambda a, y, x: _times(a, lambda: a("sign", x[0])),
    "maximum": lambda a, y, x: [_larger(a, x[0], x[1]), _larger(a, x[1], x[0])],
    "minimum": lambda a, y, x: [_larger(a, x[1], x[0]), _larger(a, x[0], x[1])],
}
