"""The lines of C++ that compute the nodes of a cell's graph, one vector of units at a time."""

from collections.abc import Sequence

from steadfit.cells.plan import Plan

_INFIX = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}


def operation(name: str, values: Sequence[str]) -> str:
    """An operation on values, in C++ and in Triton.

    >>> operation("add", ["a", "b"]), operation("negative", ["a"]), operation("exp", ["a"])
    ('a + b', '-a', 'exp(a)')
    """
    if name in _INFIX:
        return f"{values[0]} {_INFIX[name]} {values[1]}"
    return f"-{values[0]}" if name == "negative" else f"{name}({', '.join(values)})"


def _value_name(made: Plan, index: int) -> str:
    """A C++ name for a node: what it is, and its number."""
    node = made.derivative.nodes[index]
    letters = {"gate": "gate", "peephole": "peephole", "state": "old", "given": "zoneout"}
    return f"{letters.get(node.op, 'adjoint' if node.op == 'adjoint' else 'v')}_{index}"


class Body:
    """The lines of one phase, each node computed once and as late as its order allows."""

    def __init__(self, made: Plan, backward: bool) -> None:
        self._made = made
        self._backward = backward
        self._known: set[int] = set()
        self._lines: list[str] = []

    def value(self, index: int) -> str:
        """The name of a node's value, after the lines that compute it."""
        name = _value_name(self._made, index)
        if index not in self._known:
            self._known.add(index)
            text = self._expression(index)
            label = self._made.graph.labels.get(index, "")
            said = f"  // {label}" if label.isascii() and label else ""
            self._lines.append(f"const Vector {name} = {text};{said}")
        return name

    def store(self, place: str, index: int) -> None:
        """Into memory of the kernel's own: whole panels, zero beyond the units."""
        self._lines.append(f"keep({place} + j, {self.value(index)}, left);")

    def store_saved(self, places: dict[str, int]) -> None:
        """For the backward sweep, if there will be one."""
        values = {place: self.value(index) for place, index in places.items()}
        self._lines.append("if (row.saved) {")
        self._lines += [f"    store({place} + j, {name});" for place, name in values.items()]
        self._lines.append("}")

    def put(self, place: str, index: int) -> None:
        """Into the caller's memory: no lane beyond the units."""
        self._lines.append(f"put({place} + j, {self.value(index)}, left);")

    def function(self, name: str) -> str:
        """The whole function: a row's units, vector by vector."""
        indent = " " * 12
        lines = [
            "    for (const Row* each = rows; each < rows + count; each++) {",
            "        const Row& row = *each;",
            "        for (long j = first; j < last; j += LANES) {",
            f"{indent}const long left = row.hidden - j;",
            *(indent + line for line in self._lines),
            "        }",
            "    }",
        ]
        return "\n".join(
            [
                f"static void {name}(const Row* rows, long count, long first, long last) {{",
                *(lines if self._lines else []),
                "}",
                "",
            ]
        )

    def _expression(self, index: int) -> str:
        made = self._made
        graph = made.graph
        node = made.derivative.nodes[index]
        if self._backward and index < len(graph.nodes):
            if index in graph.outputs:
                return f"get(row.now[{graph.outputs.index(index)}] + j, left)"
            if index in made.saved:
                return f"load(row.saved + {made.saved.index(index)} * row.width + j)"
        match node.op:
            case "state":
                return f"get(row.old[{graph.states.index(node.name)}] + j, left)"
            case "given":
                return f"get(row.given[{graph.states.index(node.name)}] + j, left)"
            case "mask":
                return "get(row.mask + j, left)"
            case "constant":
                return f"splat(Real({node.value!r}))"
            case "peephole":
                return f"load(row.peephole + {graph.peepholes.index(node.name)} * row.width + j)"
            case "gate":
                column = [gate.name for gate in made.gates].index(node.name)
                return f"load(row.pre + {column} * row.width + j)"
            case "adjoint":
                return f"adjoint(row, {graph.states.index(node.name)}, j, left)"
            case "back":
                place = made.sources.index(int(node.value))
                return f"load(row.back + {place} * row.width + j)"
        return operation(node.op, [self.value(argument) for argument in node.args])
