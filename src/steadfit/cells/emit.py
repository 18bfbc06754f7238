"""A cell's graph as C++: what happens in each unit alone, and tables of the products between.

The rest of a kernel (products, threads, ragged batches) is the same for every cell and stands in
`runtime.h` and `sweep.h`. One source holds one cell, one floating type, one choice of masks.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from steadfit.cells.derivative import Derivative, differentiate, rewrite
from steadfit.cells.graph import Gate, Graph
from steadfit.cells.language import Cell

_INFIX = {"add": "+", "subtract": "-", "multiply": "*", "divide": "/"}
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


def source_text(cell: Cell, real: str, recurrent_mask: bool, zoneout: Sequence[bool]) -> str:
    """The C++ source of a kernel for this cell. real: "float" or "double"."""
    made = plan(cell, recurrent_mask, zoneout)
    phases = [_forward_phase(made, number) for number in range(made.stages + 1)]
    last = _last_backward_phase(made)
    phases += [_backward_phase(made, number, last) for number in range(last + 1)]
    return "\n".join(
        [
            f"// {cell.name}: {cell.summary}",
            "//",
            *(f"//     {line}" for line in _equations(cell)),
            "//",
            f"// recurrent mask: {recurrent_mask}; zoneout: {list(zoneout)}",
            "",
            f"typedef {real} Real;",
            f"#define REAL_IS_FLOAT {int(real == 'float')}",
            '#include "runtime.h"',
            '#include "sweep_types.h"',
            "",
            *_tables(made, last),
            "",
            *phases,
            "static void forward_phase(int phase, const Row& row, long first, long last) {",
            *_switch("forward", made.stages + 1),
            "}",
            "",
            "static void backward_phase(int phase, const Row& row, long first, long last) {",
            *_switch("backward", last + 1),
            "}",
            "",
            '#include "sweep.h"',
            "",
        ]
    )


def _equations(cell: Cell) -> list[str]:
    from steadfit.cells.describe import equations

    return equations(cell).splitlines()


def _switch(name: str, count: int) -> list[str]:
    return [f"    if (phase == {n}) return {name}_{n}(row, first, last);" for n in range(count)]


def _tables(made: Plan, last: int) -> list[str]:
    """The numbers that the generic sweep needs, as constants."""
    graph = made.graph
    blocks = [(gate.name, source) for gate, source in graph.recurrent_blocks]
    inputs = [gate.name for gate in graph.input_blocks]
    names = [gate.name for gate in graph.gates]
    lines = [
        f"constexpr int STATES = {len(graph.states)};  // {', '.join(graph.states)}",
        f"constexpr int GATES = {len(made.gates)};  // {', '.join(g.name for g in made.gates)}",
        f"constexpr int INPUT_BLOCKS = {len(inputs)}, RECURRENT_BLOCKS = {len(blocks)};",
        f"constexpr int PEEPHOLES = {len(graph.peepholes)};  // {', '.join(graph.peepholes)}",
        f"constexpr int SAVED = {len(made.saved)};  // "
        + (", ".join(_name(made, node) for node in made.saved) or "nothing"),
        f"constexpr int SOURCES = {len(made.sources)};  // computed values that products take",
        f"constexpr int STAGES = {made.stages}, BACKWARD_PHASES = {last + 1};",
        "",
        "// Which block of the bias belongs to each column of gates.",
        f"constexpr int BIAS_BLOCK[] = {_braces(names.index(g.name) for g in made.gates)};",
        "",
        "// Products with x: gate, block of the input matrix.",
        "constexpr InputProduct INPUT_PRODUCTS[] = "
        + _braces(
            f"{{{column}, {inputs.index(gate.name)}}}"
            for column, gate in enumerate(made.gates)
            if gate.takes_input
        )
        + ";",
        "",
        "// Products with states: gate, block of the recurrent matrix, source (an old state, or",
        "// STATES + number of a computed source), stage, phase of the backward sweep after which",
        "// the source's adjoint can be had.",
    ]
    rows = []
    for column, gate in enumerate(made.gates):
        for source in gate.recurrent:
            node = graph.nodes[source]
            state = node.op == "state"
            number = graph.states.index(node.name) if state else made.sources.index(source)
            place = number if state else len(graph.states) + number
            back = last if state else _back_phase(made, source)
            block = blocks.index((gate.name, source))
            rows.append(f"{{{column}, {block}, {place}, {made.gate_stage(gate)}, {back}}}")
    lines.append(f"constexpr RecurrentProduct RECURRENT_PRODUCTS[] = {_braces(rows)};")
    return lines


def _braces(items: Iterable[object]) -> str:
    """A C++ list; an array cannot be empty, so nothing becomes one unused entry."""
    return "{" + (", ".join(str(item) for item in items) or "{}") + "}"


def _back_phase(made: Plan, source: int) -> int:
    takers = [gate for gate in made.gates if source in gate.recurrent]
    return max(made.depth(made.derivative.gates[gate.name]) for gate in takers)


def _last_backward_phase(made: Plan) -> int:
    derivative = made.derivative
    targets = [*derivative.gates.values(), *derivative.peepholes.values(), *derivative.states]
    return max(made.depth(target) for target in targets)


def _forward_phase(made: Plan, number: int) -> str:
    """One phase of a step: after stage number - 1, before the products of stage `number`."""
    final = number == made.stages
    stores = {
        f"row.source + {place} * row.width": source
        for place, source in enumerate(made.sources)
        if not final and made.stage(source) == number
    }
    early = made.graph.needed_by(stores.values())
    before = [s for s in made.sources if made.stage(s) < number]
    done = made.graph.needed_by(before)
    outputs: dict[str, int] = {}
    if final:
        outputs = {f"row.now[{s}]": node for s, node in enumerate(made.graph.outputs)}
    keeps = {
        f"row.saved + {place} * row.width": node
        for place, node in enumerate(made.saved)
        if node not in done and (final or node in early)
    }
    body = _Body(made, backward=False)
    for target, node in stores.items():
        body.store(target, node)
    if keeps:
        body.store_saved(keeps)
    for target, node in outputs.items():
        body.put(target, node)
    return body.function(f"forward_{number}")


def _backward_phase(made: Plan, number: int, last: int) -> str:
    """One phase of a step backwards: the adjoints that can be had after `number` products."""
    body = _Body(made, backward=True)
    derivative = made.derivative
    for column, gate in enumerate(made.gates):
        node = derivative.gates[gate.name]
        if made.depth(node) == number:
            body.store(f"row.delta + {column} * row.width", node)
    if number == last:
        for place, name in enumerate(made.graph.peepholes):
            column = len(made.gates) + place
            body.store(f"row.delta + {column} * row.width", derivative.peepholes[name])
        for place, source in enumerate(made.sources):
            body.store(f"row.source + {place} * row.width", source)
        for node in derivative.states:  # all computed before the first is overwritten
            body.value(node)
        for state, node in enumerate(derivative.states):
            body.store(f"row.carry[{state}]", node)
    return body.function(f"backward_{number}")


def _name(made: Plan, index: int) -> str:
    """A C++ name for a node that says what it is."""
    node = made.derivative.nodes[index]
    if node.op in ("gate", "peephole"):
        return f"{node.op}_{node.name}"
    if node.op in ("state", "given", "adjoint"):
        return {"state": "old_", "given": "zoneout_", "adjoint": "d_"}[node.op] + node.name
    label = made.graph.labels.get(index)
    return f"{label}_{index}" if label else f"v{index}"


class _Body:
    """The lines of one phase, each node computed once and as late as its order allows."""

    def __init__(self, made: Plan, backward: bool) -> None:
        self._made = made
        self._backward = backward
        self._known: set[int] = set()
        self._lines: list[str] = []

    def value(self, index: int) -> str:
        """The name of a node's value, after the lines that compute it."""
        name = _name(self._made, index)
        if index not in self._known:
            self._known.add(index)
            text = self._expression(index)
            self._lines.append(f"const Vector {name} = {text};")
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
        if not self._lines:
            return f"static void {name}(const Row&, long, long) {{}}\n"
        indent = " " * 8
        return "\n".join(
            [
                f"static __attribute__((noinline)) void {name}("
                "const Row& row, long first, long last) {",
                "    for (long j = first; j < last; j += LANES) {",
                f"{indent}const long left = row.hidden - j;",
                *(indent + line for line in self._lines),
                "    }",
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
        values = [self.value(argument) for argument in node.args]
        if node.op in _INFIX:
            return f"{values[0]} {_INFIX[node.op]} {values[1]}"
        if node.op == "negative":
            return f"-{values[0]}"
        return f"{node.op}({', '.join(values)})"
