"""A cell's graph as C++: what happens in each unit alone, and a table of the products between.

The rest of a kernel (products, threads, ragged batches) is the same for every cell and compiled
once, from `sweeps.h`. A source holds some variants of one floating type, each in a namespace. No
name of the equations is C++: names are made of positions, and comments of plain letters.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from steadfit.cells.body import Body
from steadfit.cells.describe import equations
from steadfit.cells.language import Cell
from steadfit.cells.plan import Plan, X, plan


@dataclass(frozen=True)
class Variant:
    """A cell with one choice of masks: whether gates' states have one, and each new state."""

    cell: Cell
    recurrent_mask: bool
    zoneout: tuple[bool, ...]


def head(real: str) -> str:
    """What a source begins with. real: "float" or "double"."""
    return f"typedef {real} Real;\n#define REAL_IS_FLOAT {int(real == 'float')}\n"


def source_text(variants: Sequence[Variant], real: str) -> str:
    """The C++ source of kernels; number n is the object `cell_n`."""
    cells = (_cell_text(variant, f"cell_{n}") for n, variant in enumerate(variants))
    return "\n".join([head(real) + '#include "cell.h"\n', *cells])


def _cell_text(variant: Variant, name: str) -> str:
    cell = variant.cell
    made = plan(cell, variant.recurrent_mask, variant.zoneout)
    forward = [_forward_phase(made, number) for number in range(made.stages + 1)]
    backward = [_backward_phase(made, number) for number in range(made.last_phase + 1)]
    return "\n".join(
        [
            *(f"// {_plain(line)}" for line in (cell.name, "", *equations(cell).splitlines())),
            "//",
            f"// recurrent mask: {variant.recurrent_mask}; zoneout: {list(variant.zoneout)}",
            "",
            f"namespace {name}_parts {{",
            "",
            *forward,
            *backward,
            *_table(made),
            "}",
            "",
            f'extern "C" __attribute__((visibility("default"))) const Cell {name} = {{',
            f"    {len(made.graph.states)}, {len(made.gates)}, {len(made.graph.peepholes)}, "
            f"{len(made.saved)}, {len(made.sources)}, {len(made.groups)}, {made.stages}, "
            f"{made.last_phase + 1},",
            f"    {name}_parts::bias_block, {name}_parts::group, {name}_parts::forward,",
            f"    {name}_parts::backward}};",
            "",
        ]
    )


def _plain(text: str) -> str:
    """The text of a comment that ends with its line."""
    return "".join(c if " " <= c <= "~" and c != "\\" else "?" for c in text)


def _table(made: Plan) -> list[str]:
    """The numbers that the sweeps need, as constants."""
    names = [gate.name for gate in made.graph.gates]
    lines = [
        f"const int bias_block[] = {_braces(names.index(gate.name) for gate in made.gates)};",
        *(
            f"const int blocks_{n}[] = {_braces(group.blocks)};"
            for n, group in enumerate(made.groups)
        ),
        "// source, stage, phase of the backward sweep, first column, columns, blocks",
        "const Group group[] = {",
        *(
            f"    {{{_place(made, group.source)}, {group.stage}, {group.back_phase}, "
            f"{group.column}, {len(group.blocks)}, blocks_{n}}},"
            for n, group in enumerate(made.groups)
        ),
        "};",
    ]
    for way, count in (("forward", made.stages + 1), ("backward", made.last_phase + 1)):
        lines.append(f"const Phase {way}[] = {_braces(f'{way}_{n}' for n in range(count))};")
    return lines


def _place(made: Plan, source: int) -> int:
    """The number of a source: x, an old state, or after the states a computed source."""
    if source == X:
        return X
    node = made.graph.nodes[source]
    if node.op == "state":
        return made.graph.states.index(node.name)
    return len(made.graph.states) + made.sources.index(source)


def _braces(items: Iterable[object]) -> str:
    return "{" + ", ".join(str(item) for item in items) + "}"


def _forward_phase(made: Plan, number: int) -> str:
    """One phase of a step: after stage number - 1, before the products of stage `number`."""
    phase = made.forward_phase(number)
    body = Body(made, backward=False)
    for place, node in phase.sources.items():
        body.store(f"row.source + {place} * row.width", node)
    if phase.saved:
        places = {f"row.saved + {place} * row.width": n for place, n in phase.saved.items()}
        body.store_saved(places)
    for place, node in phase.outputs.items():
        body.put(f"row.now[{place}]", node)
    return body.function(f"forward_{number}")


def _backward_phase(made: Plan, number: int) -> str:
    """One phase of a step backwards: the adjoints that can be had after `number` products."""
    body = Body(made, backward=True)
    derivative = made.derivative
    for column, gate in enumerate(made.gates):
        node = derivative.gates[gate.name]
        if made.depths[node] == number:
            body.store(f"row.delta + {column} * row.width", node)
    if number == made.last_phase:
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
