"""The lines of a Triton program that compute the nodes of a cell's graph, for one tile of units."""

import math

from steadfit.cells.body import operation
from steadfit.cells.plan import Plan

_TRITONS = {"exp": "tl.exp", "log": "tl.log", "sqrt": "tl.sqrt", "absolute": "tl.abs"}


class Products:
    """Matrix products with tiles of the recurrent weights, summed by name, in one loop."""

    def __init__(self) -> None:
        self.results: dict[str, None] = {}
        self._by_taken: dict[str, list[tuple[str, str]]] = {}

    def add(self, result: str, taken: str, weights: str) -> None:
        """Adds a product to `result`. taken, weights: tiles, DEPTH numbers m of them."""
        self.results[result] = None
        self._by_taken.setdefault(taken, []).append((result, weights))

    def lines(self) -> list[str]:
        """The loop over the depth; nothing for no products."""
        if not self.results:
            return []
        lines = [f"{name} = tl.zeros((ROWS, UNITS), tl.float32)" for name in self.results]
        lines += [
            "for k in range(0, hidden, DEPTH):",
            "    m = k + tl.arange(0, DEPTH)",
            "    taking = live[:, None] & (m < H)[None, :]",
            "    weighing = (m < H)[:, None] & (j < H)",
        ]
        for taken, products in self._by_taken.items():
            lines.append(f"    taken = {taken}")
            for result, weights in products:
                lines += [
                    f"    weights = tl.load(recurrent + {weights}, mask=weighing, other=0.0)",
                    "    same = taken.to(recurrent.dtype.element_ty)",  # which it came as
                    f'    {result} = tl.dot(same, weights, {result}, input_precision="ieee")',
                ]
        return lines


class Lines:
    """The lines of one phase for one tile of units, each node computed once."""

    def __init__(self, made: Plan, backward: bool = False) -> None:
        self.text: list[str] = []
        self.known: dict[int, str] = {}
        self._made = made
        self._backward = backward

    def gate(self, index: int, column: int, products: str) -> None:
        """The value of a gate from the sum of its recurrent products."""
        self.known[index] = f"v{index}"
        self.text.append(f"v{index} = {products} + {self._input(column)}")

    def keep(self, memory: str, block: str, index: int) -> None:
        """Write a node's value to this block of each row."""
        self.text.append(f"keep({memory}, {block}, j, {self.value(index)}, inside, H)")

    def value(self, index: int) -> str:
        """The name of a node's value, after the lines that compute it."""
        if index not in self.known:
            text = self._expression(index)
            self.known[index] = f"v{index}"
            self.text.append(f"v{index} = {text}")
        return self.known[index]

    def _input(self, column: int) -> str:
        """A gate's bias, and the product of x if it takes x."""
        graph, gate = self._made.graph, self._made.gates[column]
        number = [one.name for one in graph.gates].index(gate.name)
        bias = f"shared(bias, {number}, j, H)"
        if not gate.takes_input:
            return bias
        block = [one.name for one in graph.input_blocks].index(gate.name)
        return f"{bias} + read(product, row * {len(graph.input_blocks)} + {block}, j, inside, H)"

    def _expression(self, index: int) -> str:
        made, graph = self._made, self._made.graph
        node = made.derivative.nodes[index]
        if self._backward and index < len(graph.nodes):
            if index in graph.outputs:
                return f"read(sequence_{graph.outputs.index(index)}, row, j, inside, H)"
            if index in made.saved:
                place = made.saved.index(index)
                return f"read(saved, row * {len(made.saved)} + {place}, j, inside, H)"
        match node.op:
            case "state":
                place = graph.states.index(node.name)
                return f"before(initial_{place}, sequence_{place}, i, earlier, n, j, inside, H)"
            case "given":
                return f"read(given_{graph.states.index(node.name)}, row, j, inside, H)"
            case "mask":
                return "read(mask, i, j, inside, H)"
            case "constant":
                return f"tl.full((1, UNITS), {_number(node.value)}, tl.float32)"
            case "peephole":
                place = graph.peepholes.index(node.name)
                return f"shared(peephole, {place}, j, H)"
            case "gate":
                column = [gate.name for gate in made.gates].index(node.name)
                if made.gates[column].recurrent:  # computed in a phase before
                    return f"read(gates, i * {len(made.gates)} + {column}, j, inside, H)"
                return self._input(column)
            case "adjoint":
                place = graph.states.index(node.name)
                return f"adjoint(carry, d_sequence_{place}, i + {place} * batch, row, j, inside, H)"
            case "back":
                place = made.sources.index(int(node.value))
                return f"read(back, i * {len(made.sources)} + {place}, j, inside, H)"
        values = [self.value(argument) for argument in node.args]
        return operation(_TRITONS.get(node.op, node.op), values)


def _number(value: float) -> str:
    return repr(value) if math.isfinite(value) else f'float("{value}")'
