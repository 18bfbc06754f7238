"""The graph of one time step: what a cell's equations are once they have been traced.

Nodes stand in the order in which the equations wrote them, so that every node comes after its
arguments. Equal nodes are one node. Four kinds of leaf (`state`, `constant`, `mask`, `given`),
two kinds of weight (`gate`, `peephole`), and the elementwise functions of
`steadfit.cells.functions`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Node:
    """One value of a step, H numbers for each row of the batch.

    op: "state" (the state's value before the step), "gate" (an affine map; `name` says which),
    "product" (a matrix product without bias, used once gates are split into products), "peephole"
    (a vector of weights), "constant", "mask" and "given" (values handed in, one a sequence and
    one a step), or the name of an elementwise function.
    """

    op: str
    args: tuple[int, ...] = ()
    name: str = ""
    value: float = 0.0


@dataclass(frozen=True)
class Gate:
    """An affine map: one matrix for x if it takes x, one for each other argument, and one bias."""

    name: str
    takes_input: bool
    recurrent: tuple[int, ...]  # the nodes that it takes besides x


@dataclass(frozen=True)
class Graph:
    """One step: the nodes, which of them are the new states, and the weights that they use."""

    nodes: tuple[Node, ...]
    states: tuple[str, ...]
    outputs: tuple[int, ...]  # the new states, in the order of `states`
    gates: tuple[Gate, ...]
    peepholes: tuple[str, ...]
    labels: Mapping[int, str] = field(default_factory=dict)  # the equations' own variable names

    @property
    def input_blocks(self) -> tuple[Gate, ...]:
        """The gates that take x: the blocks of H rows of the input matrix, in order."""
        return tuple(gate for gate in self.gates if gate.takes_input)

    @property
    def recurrent_blocks(self) -> tuple[tuple[Gate, int], ...]:
        """Gate and source node of each block of H rows of the recurrent matrix, in order."""
        return tuple((gate, source) for gate in self.gates for source in gate.recurrent)

    def needed_by(self, nodes: Iterable[int]) -> set[int]:
        """These nodes and all that they are computed from."""
        found: set[int] = set()
        stack = list(nodes)
        while stack:
            index = stack.pop()
            if index not in found:
                found.add(index)
                stack.extend(self.nodes[index].args)
        return found

    def stages(self) -> tuple[tuple[int, ...], ...]:
        """The gate nodes that take recurrent arguments, grouped by how many products come before.

        A gate whose argument depends on another gate's product (the candidate of a GRU that
        resets before the product) has to wait for it: it is in a later stage.
        """
        depth: dict[int, int] = {}
        groups: dict[int, list[int]] = {}
        for index, node in enumerate(self.nodes):
            depth[index] = max((depth[argument] for argument in node.args), default=0)
            if node.op == "gate" and node.args:
                groups.setdefault(depth[index], []).append(index)
                depth[index] += 1
        return tuple(tuple(groups[key]) for key in sorted(groups))

    def gate(self, name: str) -> Gate:
        """The gate of this name, which must exist."""
        return next(gate for gate in self.gates if gate.name == name)


class Builder:
    """Collects nodes; an equal node is not added twice.

    >>> builder = Builder()
    >>> h = builder.add(Node("state", name="h"))
    >>> builder.add(Node("tanh", (h,))) == builder.add(Node("tanh", (h,)))
    True
    """

    def __init__(self, nodes: Iterable[Node] = ()) -> None:
        self.nodes: list[Node] = []
        self._index: dict[Node, int] = {}
        for node in nodes:
            self.add(node)

    def add(self, node: Node) -> int:
        """The node's index; new at the end, or that of its equal."""
        if node not in self._index:
            self._index[node] = len(self.nodes)
            self.nodes.append(node)
        return self._index[node]
