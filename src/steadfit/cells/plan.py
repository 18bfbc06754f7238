"""What a kernel does and in which order: columns of gates, products, and what backward needs."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, groupby

from steadfit.cells.derivative import Derivative, differentiate, rewrite
from steadfit.cells.graph import Gate, Graph
from steadfit.cells.language import Cell

_DEAR = {"sigmoid", "tanh", "exp", "log", "sqrt"}  # worth keeping rather than computing again
MOST_STATES = 8  # of a cell that a kernel can run, as in cell.h
_GIVEN = {"state", "constant", "peephole", "mask", "given"}
X = -1  # the source that is the input; the others are nodes of the graph


@dataclass(frozen=True)
class Group:
    """Products that are computed as one: neighbouring gates that take one source at one stage.

    source: X or a node. stage: how many products of the forward sweep come before. back_phase: how
    many products of the backward sweep come before all these gates' adjoints are known. column: of
    the first gate. blocks: of the input or the recurrent matrix, one a gate.
    """

    source: int
    stage: int
    back_phase: int
    column: int
    blocks: tuple[int, ...]


@dataclass(frozen=True)
class Phase:
    """What one phase of a step forward writes: the numbers of places, and the nodes for them.

    sources: values that the next products take. saved: values for the backward sweep. outputs: the
    new states, in the last phase.
    """

    sources: dict[int, int]
    saved: dict[int, int]
    outputs: dict[int, int]

    @property
    def nodes(self) -> tuple[int, ...]:
        """All that is written."""
        return (*self.sources.values(), *self.saved.values(), *self.outputs.values())


@dataclass(frozen=True)
class Plan:
    """What a kernel does and in which order, with all the numbers that tables are made of.

    gates: in the order of the kernel's columns, so that the blocks of one product lie side by side.
    sources: the nodes, not states, that products take. saved: the nodes that the forward sweep
    keeps for the backward sweep. groups: every product, those of x first. depths: of each node of
    the derivative, how many products of the backward sweep come before its value.
    """

    graph: Graph
    derivative: Derivative
    gates: tuple[Gate, ...]
    sources: tuple[int, ...]
    saved: tuple[int, ...]
    groups: tuple[Group, ...]
    depths: tuple[int, ...]

    @property
    def stages(self) -> int:
        """How many products have to wait for one another in a step."""
        return len(self.graph.stages())

    @property
    def last_phase(self) -> int:
        """The backward sweep's last phase: then all adjoints of the step are known."""
        return max(self.depths[target] for target in self.derivative.targets)

    def stage(self, source: int) -> int:
        """The first stage whose products take this source."""
        return min(group.stage for group in self.groups if group.source == source)

    def forward_phase(self, number: int) -> Phase:
        """The phase after stage number - 1, before the products of stage `number`."""
        final = number == self.stages
        sources = {
            place: source
            for place, source in enumerate(self.sources)
            if not final and self.stage(source) == number
        }
        early = self.graph.needed_by(sources.values())
        done = self.graph.needed_by(s for s in self.sources if self.stage(s) < number)
        saved = {
            place: node
            for place, node in enumerate(self.saved)
            if node not in done and (final or node in early)
        }
        outputs = dict(enumerate(self.graph.outputs)) if final else {}
        return Phase(sources, saved, outputs)


def plan(cell: Cell, recurrent_mask: bool, zoneout: Sequence[bool]) -> Plan:
    """Decide what a kernel keeps, and the order of its columns."""
    graph = rewrite(cell.graph, recurrent_mask, zoneout)
    derivative = differentiate(graph)
    stages = {
        graph.nodes[node].name: number
        for number, nodes in enumerate(graph.stages())
        for node in nodes
    }

    def place(gate: Gate) -> tuple[bool, int, bool]:
        return bool(gate.recurrent), stages.get(gate.name, -1), not gate.takes_input

    gates = tuple(sorted(graph.gates, key=place))
    computed = (s for _, s in graph.recurrent_blocks if graph.nodes[s].op != "state")
    sources = tuple(dict.fromkeys(computed))
    depths = _depths(graph, derivative)
    products = list(_products(graph, gates, stages, depths, derivative))
    return Plan(
        graph=graph,
        derivative=derivative,
        gates=gates,
        sources=sources,
        saved=_saved(graph, derivative, sources),
        groups=tuple(_grouped(products)),
        depths=depths,
    )


@dataclass(frozen=True)
class _Product:
    """A block of weights: what it is multiplied with, and when."""

    source: int
    turn: int  # 1 where a gate takes this source for the second time
    stage: int
    back_phase: int
    column: int
    block: int


def _products(
    graph: Graph,
    gates: Sequence[Gate],
    stages: dict[str, int],
    depths: Sequence[int],
    derivative: Derivative,
) -> Iterator[_Product]:
    """Every block of the weights once, in the order in which they are stacked."""
    columns = {gate.name: column for column, gate in enumerate(gates)}
    last = max(depths[target] for target in derivative.targets)
    for block, gate in enumerate(graph.input_blocks):
        yield _Product(X, 0, 0, last, columns[gate.name], block)
    blocks = count()
    for gate in graph.gates:
        for number, source in enumerate(gate.recurrent):
            takers = [depths[derivative.gates[g.name]] for g in gates if source in g.recurrent]
            state = graph.nodes[source].op == "state"
            yield _Product(
                source=source,
                turn=gate.recurrent[:number].count(source),
                stage=stages[gate.name],
                back_phase=last if state else max(takers),
                column=columns[gate.name],
                block=next(blocks),
            )


def _grouped(products: Iterable[_Product]) -> Iterator[Group]:
    """Products of equal source, turn and stage whose columns are neighbours, as one."""

    def alike(product: _Product) -> tuple[int, int, int]:
        return product.source, product.turn, product.stage

    for _, same in groupby(sorted(products, key=lambda p: (alike(p), p.column)), alike):
        numbered = enumerate(same)
        for _, run in groupby(numbered, lambda pair: pair[1].column - pair[0]):
            group = [product for _, product in run]
            first = group[0]
            yield Group(
                source=first.source,
                stage=first.stage,
                back_phase=first.back_phase,
                column=first.column,
                blocks=tuple(product.block for product in group),
            )


def _depths(graph: Graph, derivative: Derivative) -> tuple[int, ...]:
    """How many products of the backward sweep come before each node of the derivative.

    What comes back to a source waits for the adjoints of all gates that take it.
    """
    depths: list[int] = []
    for index, node in enumerate(derivative.nodes):
        if index < len(graph.nodes):
            depths.append(0)
        elif node.op == "back":
            source = int(node.value)
            takers = [g for g in graph.gates if source in g.recurrent]
            adjoints = (derivative.gates[gate.name] for gate in takers)
            depths.append(1 + max(depths[a] if a < index else 0 for a in adjoints))
        else:
            depths.append(max((depths[a] for a in node.args), default=0))
    return tuple(depths)


def _saved(graph: Graph, derivative: Derivative, sources: Iterable[int]) -> tuple[int, ...]:
    """The forward nodes that the adjoints need and that are dear to compute again."""
    at_hand = {i for i, node in enumerate(graph.nodes) if node.op in _GIVEN} | set(graph.outputs)
    saved: set[int] = set()
    seen: set[int] = set()
    stack = [*derivative.targets, *sources]
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
