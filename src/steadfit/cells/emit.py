"""A cell's graph as C++: what happens in each unit alone, and tables of the products between.

The rest of a kernel (products, threads, ragged batches) is the same for every cell and stands in
`runtime.h` and `sweep.h`. One source holds one cell, one floating type, one choice of masks.
"""

from collections.abc import Iterable, Sequence

from steadfit.cells.body import Body, value_name
from steadfit.cells.language import Cell
from steadfit.cells.plan import Plan, plan


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
        + (", ".join(value_name(made, node) for node in made.saved) or "nothing"),
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
    body = Body(made, backward=False)
    for target, node in stores.items():
        body.store(target, node)
    if keeps:
        body.store_saved(keeps)
    for target, node in outputs.items():
        body.put(target, node)
    return body.function(f"forward_{number}")


def _backward_phase(made: Plan, number: int, last: int) -> str:
    """One phase of a step backwards: the adjoints that can be had after `number` products."""
    body = Body(made, backward=True)
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
