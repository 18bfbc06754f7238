"""What a kernel does and in which order: the columns of gates, and what is kept for backward."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from steadfit.cells.derivative import Derivative, differentiate, rewrite
from steadfit.cells.graph import Gate, Graph
from steadfit.cells.language import Cell

_DEAR = {"sigmoid", "tanh", "exp", "log", "sqrt"}  # worth keeping rather than computing again
MOST_STATES = 8  # of a cell that a kernel can run, as in sweep_types.h
_GIVEN = {"state", "constant", "peephole", "mask", "given"}


@dataclass(frozen=True)
class Plan:
    """What a kernel does and in which order, with all the numbers that tables are made of.

    gates: in the order of the kernel's columns, so that the blocks of one product lie side by side.
    sources: the nodes, not states, that products take. saved: the nodes that the forward sweep
    keeps for the backward sweep.
    """

    graph: Graph
    derivative: Derivative
    gates: tuple[Gate, ...]
    sources: tuple[int, ...]
    saved: tuple[int, ...]

    @property
    def stages(self) -> int:
        """How many products have to wait for one another in a step."""
        return len(self.graph.stages())

    def stage(self, source: int) -> int:
        """The first stage whose products take this source."""
        return min(
            number
            for number, nodes in enumerate(self.graph.stages())
            for node in nodes
            if source in self.graph.nodes[node].args
        )

    def gate_stage(self, gate: Gate) -> int:
        """The stage of a gate that takes states."""
        return next(
            number
            for number, nodes in enumerate(self.graph.stages())
            for node in nodes
            if self.graph.nodes[node].name == gate.name
        )

    def runs(self, source: int | None) -> list[tuple[int, int]]:
        """First gate and number of gates of each run of columns that take this source (None: x)."""
        found: list[tuple[int, int]] = []
        for column, gate in enumerate(self.gates):
            if gate.takes_input if source is None else source in gate.recurrent:
                if found and sum(found[-1]) == column:
                    found[-1] = (found[-1][0], found[-1][1] + 1)
                else:
                    found.append((column, 1))
        return found

    def depth(self, node: int) -> int:
        """How many products of the backward sweep come before this node's value."""
        nodes = self.derivative.nodes
        known: dict[int, int] = {}
        for index in range(node + 1):
            if nodes[index].op == "back":
                takers = [g for g in self.gates if int(nodes[index].value) in g.recurrent]
                known[index] = 1 + max(known.get(self.derivative.gates[g.name], 0) for g in takers)
            elif index < len(self.graph.nodes):
                known[index] = 0
            else:
                known[index] = max((known[a] for a in nodes[index].args), default=0)
        return known[node]


def plan(cell: Cell, recurrent_mask: bool, zoneout: Sequence[bool]) -> Plan:
    """Decide what a kernel keeps, and the order of its columns."""
    graph = rewrite(cell.graph, recurrent_mask, zoneout)
    derivative = differentiate(graph)
    stage_of = {
        graph.nodes[node].name: number
        for number, nodes in enumerate(graph.stages())
        for node in nodes
    }

    def place(gate: Gate) -> tuple[bool, int, bool]:
        return bool(gate.recurrent), stage_of.get(gate.name, -1), not gate.takes_input

    sources = tuple(
        dict.fromkeys(
            source for _, source in graph.recurrent_blocks if graph.nodes[source].op != "state"
        )
    )
    return Plan(
        graph=graph,
        derivative=derivative,
        gates=tuple(sorted(graph.gates, key=place)),
        sources=sources,
        saved=_saved(graph, derivative, sources),
    )


def _saved(graph: Graph, derivative: Derivative, sources: Iterable[int]) -> tuple[int, ...]:
    """The forward nodes that the adjoints need and that are dear to compute again."""
    targets = [*derivative.gates.values(), *derivative.peepholes.values(), *derivative.states]
    at_hand = {i for i, node in enumerate(graph.nodes) if node.op in _GIVEN} | set(graph.outputs)
    saved: set[int] = set()
    seen: set[int] = set()
    stack = [*targets, *sources]
    while stack:
        index = stack.pop()
        if index in seen or index in at_hand:
            continue
        seen.add(index)
        node = derivative.nodes[index]
        forward = index < len(graph.nodes)
        near = all(argument in at_hand for argument in node.args)
        if forward and (node.op == "gate" or (node.op in _DEAR and not near)):
            saved.add(index)
        else:
            stack.extend(node.args)
    return tuple(sorted(saved))
