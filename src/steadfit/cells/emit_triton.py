"""A cell's graph as a Triton program: the sweep over the steps, forward and backward, on a GPU.

It is made from the plan that the C++ is made from. One program runs some sequences from their first
step to their last: at each step, stage by stage, the products with tiles of the recurrent weights,
and what happens in each unit alone. The products with x come before, in one matrix product, and
those for the weights' gradients after, from the stored adjoints. No name of the equations is in the
text: names are made of positions.

Memory is blocks of H numbers; block b of row r, of `count` blocks a row, is number r * count + b.
`row` counts the caller's rows of x, i the sequences.
"""

from collections.abc import Iterable, Iterator, Mapping

from steadfit.cells.graph import Graph
from steadfit.cells.plan import Plan, X
from steadfit.cells.triton_body import Lines, Products

CONSTANTS = ("REVERSE", "H", "ROWS", "UNITS", "DEPTH")  # settings of a compilation
_TILE = "(tile * UNITS + tl.arange(0, UNITS))[None, :]"


def sources_of(made: Plan) -> tuple[int, ...]:
    """All that recurrent products take: states and computed values, as nodes."""
    return tuple(dict.fromkeys(group.source for group in made.groups if group.source != X))


def forward_arguments(made: Plan) -> tuple[str, ...]:
    """The names of what the sweep forward is given, without `CONSTANTS`."""
    memory = ("product", "bias", "recurrent", "gates", "source", "saved")
    return (*memory, *_shared_arguments(made))


def backward_arguments(made: Plan) -> tuple[str, ...]:
    """The names of what the sweep backward is given, without `CONSTANTS`."""
    adjoints = (f"d_sequence_{place}" for place in range(len(made.graph.states)))
    memory = ("recurrent", "source", "saved", "back", "delta", "carry", "direct")
    return (*memory, *adjoints, *_shared_arguments(made))


def _shared_arguments(made: Plan) -> Iterator[str]:
    yield from ("peephole", "mask")
    for place in range(len(made.graph.states)):
        yield from (f"initial_{place}", f"given_{place}", f"sequence_{place}")
    yield from ("starts", "lengths", "batch", "hidden")  # H again, as no constant


def forward_text(made: Plan) -> str:
    """The function `forward`."""
    phases = [_forward_phase(made, number) for number in range(made.stages + 1)]
    return _function("forward", forward_arguments(made), "n in range(0, steps)", phases)


def backward_text(made: Plan) -> str:
    """The function `backward`."""
    phases = [_backward_phase(made, number) for number in range(made.last_phase + 1)]
    steps = "n in range(steps - 1, -1, -1)"
    return _function("backward", backward_arguments(made), steps, [*phases, _carried(made)])


def _function(name: str, arguments: Iterable[str], steps: str, phases: Iterable[list[str]]) -> str:
    """The sweep: at each step each phase, for one tile of units after the other."""
    constants = (f"{constant}: tl.constexpr" for constant in CONSTANTS)
    lines = [
        f"def {name}({', '.join([*arguments, *constants])}):",
        "    i = tl.program_id(0).to(tl.int64) * ROWS + tl.arange(0, ROWS)",
        "    length = tl.load(lengths + i, mask=i < batch, other=0)",
        "    steps = tl.max(length)",
        f"    for {steps}:",
        "        live = n < length",
        "        row = row_of(n, length, i, starts, live, REVERSE)",
        "        earlier = row_of(n - 1, length, i, starts, live & (n > 0), REVERSE)",
    ]
    for phase in phases:
        if phase:
            lines += [
                "        for tile in range(0, tl.cdiv(hidden, UNITS)):",
                f"            j = {_TILE}",
                "            inside = live[:, None] & (j < H)",
                *(f"            {line}" for line in phase),
                "        tl.debug_barrier()",  # what is written is read by other threads
            ]
    return "\n".join([*lines, ""])


def _forward_phase(made: Plan, number: int) -> list[str]:
    """The lines for one tile of units: products of stage number - 1, then each unit alone."""
    graph, phase = made.graph, made.forward_phase(number)
    later = [made.forward_phase(n) for n in range(number + 1, made.stages + 1)]
    wanted_later = _wanted(graph, (node for one in later for node in one.nodes))
    wanted = _wanted(graph, phase.nodes) | wanted_later
    nodes = {node.name: index for index, node in enumerate(graph.nodes) if node.op == "gate"}
    lines = Lines(made)
    products = Products()
    for group in made.groups:
        for column, block in enumerate(group.blocks, group.column):
            ready = group.source != X and group.stage == number - 1
            if ready and nodes[made.gates[column].name] in wanted:
                taken = _taken(made, group.source)
                products.add(f"product_{column}", taken, f"{block} * H * H + j * H + m[:, None]")
    lines.text += products.lines()
    for column in (int(name.rpartition("_")[2]) for name in products.results):
        node = nodes[made.gates[column].name]
        lines.gate(node, column, f"product_{column}")
        if node in wanted_later:
            lines.keep("gates", f"i * {len(made.gates)} + {column}", node)
    for place, node in phase.sources.items():
        lines.keep("source", f"i * {len(made.sources)} + {place}", node)
    if phase.saved:
        names = {place: lines.value(node) for place, node in phase.saved.items()}
        lines.text.append("if saved is not None:")
        lines.text += [
            f"    keep(saved, row * {len(made.saved)} + {place}, j, {name}, inside, H)"
            for place, name in names.items()
        ]
    for place, node in phase.outputs.items():
        lines.keep(f"sequence_{place}", "row", node)
    return lines.text


def _wanted(graph: Graph, nodes: Iterable[int]) -> set[int]:
    """The gates that these nodes are computed from, where their products are known."""
    found: set[int] = set()
    stack = list(nodes)
    while stack:
        index = stack.pop()
        if graph.nodes[index].op == "gate":
            found.add(index)
        else:
            stack.extend(graph.nodes[index].args)
    return found


def _taken(made: Plan, source: int) -> str:
    """A tile of what a forward product takes: an old state, or a computed value of this step."""
    node = made.graph.nodes[source]
    if node.op == "state":
        place = made.graph.states.index(node.name)
        return f"before(initial_{place}, sequence_{place}, i, earlier, n, m[None, :], taking, H)"
    place = made.sources.index(source)
    return f"read(source, i * {len(made.sources)} + {place}, m[None, :], taking, H)"


def _backward_phase(made: Plan, number: int) -> list[str]:
    """The lines for one tile of units: what comes back to sources, then adjoints in each unit."""
    derivative, columns = made.derivative, len(made.gates) + len(made.graph.peepholes)
    lines = Lines(made, backward=True)
    backs = {
        int(node.value): index
        for index, node in enumerate(derivative.nodes)
        if node.op == "back" and made.depths[index] == number
    }
    products = _back_products(made, {source: f"back_{source}" for source in backs})
    lines.text += products.lines()
    for source, node in backs.items():
        lines.known[node] = f"back_{source}"
        lines.keep("back", f"i * {len(made.sources)} + {made.sources.index(source)}", node)
    last = number == made.last_phase
    for column, gate in enumerate(made.gates):
        node = derivative.gates[gate.name]
        if made.depths[node] == number:
            lines.keep("delta", f"row * {columns} + {column}", node)
    if last:
        for place, name in enumerate(made.graph.peepholes, len(made.gates)):
            lines.keep("delta", f"row * {columns} + {place}", derivative.peepholes[name])
        for place, source in enumerate(sources_of(made)):
            lines.keep("source", f"row * {len(sources_of(made))} + {place}", source)
        for state, node in enumerate(derivative.states):
            lines.keep("direct", f"i + {state} * batch", node)
    return lines.text


def _carried(made: Plan) -> list[str]:
    """The lines for one tile of units: how the loss changes with the states before the step."""
    states = {
        source: f"back_{source}"
        for source in sources_of(made)
        if made.graph.nodes[source].op == "state"
    }
    text = _back_products(made, states).lines()
    names = {made.graph.nodes[source].name: name for source, name in states.items()}
    for place, state in enumerate(made.graph.states):
        direct = f"read(direct, i + {place} * batch, j, inside, H)"
        whole = f"{direct} + {names[state]}" if state in names else direct
        text.append(f"keep(carry, i + {place} * batch, j, {whole}, inside, H)")
    return text


def _back_products(made: Plan, names: Mapping[int, str]) -> Products:
    """Sums over the adjoints of all gates that take these sources."""
    columns = len(made.gates) + len(made.graph.peepholes)
    products = Products()
    for group in made.groups:
        for column, block in enumerate(group.blocks, group.column):
            if group.source in names:
                taken = f"read(delta, row * {columns} + {column}, m[None, :], taking, H)"
                weights = f"{block} * H * H + m[:, None] * H + j"
                products.add(names[group.source], taken, weights)
    return products
