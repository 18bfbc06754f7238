"""The cell language: a Python function of one time step becomes a frozen `Cell`."""

import ast
import hashlib
import inspect
import sys
import textwrap
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NoReturn

from steadfit.cells.graph import Gate, Graph, Node
from steadfit.cells.symbol import Input, Position, Symbol, Tape, refuse
from steadfit.errors import SteadfitError


@dataclass(frozen=True, eq=False)
class Cell:
    """A recurrent cell: its equations, and the graph traced from them.

    name: the function's name. summary: the first line of its docstring, its source.
    equations: the function itself. graph: one step as nodes.
    """

    name: str
    summary: str
    equations: Callable[..., Any]
    graph: Graph
    key: str  # names the cell in this process: a hash of its name and graph

    @property
    def states(self) -> tuple[str, ...]:
        """The states' names; the first is the output."""
        return self.graph.states

    @cached_property
    def gates(self) -> tuple[str, ...]:
        """The gates' names, in the order of the bias's blocks of H numbers."""
        return tuple(gate.name for gate in self.graph.gates)

    @cached_property
    def input_blocks(self) -> tuple[str, ...]:
        """The gates that take x, in the order of the input matrix's blocks of H rows."""
        return tuple(gate.name for gate in self.graph.input_blocks)

    @cached_property
    def recurrent_blocks(self) -> tuple[str, ...]:
        """The gates that take states, in the order of the recurrent matrix's blocks of H rows.

        A gate that takes two states or more stands here once for each.
        """
        return tuple(gate.name for gate, _ in self.graph.recurrent_blocks)

    @property
    def peepholes(self) -> tuple[str, ...]:
        """The peepholes' names, in the order of the peephole matrix's rows."""
        return self.graph.peepholes

    def shapes(
        self, input: int, hidden: int, projection: int | None = None
    ) -> Mapping[str, tuple[int, ...]]:
        """The shape of each tensor of `Weights` for these sizes; what the cell lacks is left out.

        >>> from steadfit.cells import find
        >>> find("lstm").shapes(input=3, hidden=5)
        {'input': (20, 3), 'recurrent': (20, 5), 'bias': (20,)}
        """
        shapes: dict[str, tuple[int, ...]] = {}
        if self.input_blocks:
            shapes["input"] = (len(self.input_blocks) * hidden, input)
        if self.recurrent_blocks:
            shapes["recurrent"] = (len(self.recurrent_blocks) * hidden, projection or hidden)
        if self.gates:
            shapes["bias"] = (len(self.gates) * hidden,)
        if self.peepholes:
            shapes["peephole"] = (len(self.peepholes), hidden)
        if projection:
            shapes["projection"] = (projection, hidden)
        return shapes

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickled as the name of a module's variable, as functions are."""
        module = self.equations.__module__
        if getattr(sys.modules.get(module), self.name, None) is not self:
            raise SteadfitError(
                f"The cell {self.name} must be a variable of its module, so that other processes "
                f"can import it, got none of that name in {module}. Define it at the top of the "
                "module."
            )
        return _named, (module, self.name)

    def __deepcopy__(self, memo: dict[int, Any]) -> "Cell":
        """Immutable, so its own copy."""
        return self

    def __repr__(self) -> str:
        return f"<cell {self.name}({', '.join(('x', *self.states))})>"


def cell(equations: Callable[..., Any]) -> Cell:
    """Make a cell of the equations of one time step.

    The function's positional arguments are the input and the states; it returns the new states in
    that order, and the first is the output. Two keyword-only arguments give weights: `gate`, whose
    `gate.NAME(a, b, …)` is a matrix product with each argument plus one bias, and `peephole`,
    whose `peephole.NAME` is a vector, to be multiplied with a value. The rest is + - * / and the
    functions of steadfit.cells, which act on each unit alone. Only a gate can take the input.

    Raises SteadfitError, with file, line and expression, for what cannot be traced.

    >>> from steadfit.cells import cell, sigmoid, tanh
    >>> @cell
    ... def light(x, h, *, gate):
    ...     z = sigmoid(gate.update(x, h))
    ...     return (1 - z) * h + z * tanh(gate.candidate(x))
    >>> light
    <cell light(x, h)>
    >>> light.gates, light.recurrent_blocks
    (('update', 'candidate'), ('update',))
    """
    summary = (inspect.getdoc(equations) or "").partition("\n")[0]
    name, graph = equations.__name__, trace(equations)
    if not name.isidentifier():
        _refuse_signature(equations.__code__, f"its name must be an identifier, got {name!r:.60}")
    nodes = (name, graph.nodes, graph.outputs, graph.gates, graph.peepholes)
    key = hashlib.sha256(repr(nodes).encode()).hexdigest()[:20]
    return _KNOWN.setdefault(key, Cell(name, summary, equations, graph, key))


_KNOWN: dict[str, Cell] = {}


def known(key: str) -> Cell:
    """The cell of this process with this key."""
    return _KNOWN[key]


def trace(equations: Callable[..., Any]) -> Graph:
    """Run the equations on symbols and return what they wrote."""
    states = _states(equations)
    tape = Tape()
    x = Input(tape, -1)
    symbols = [tape.add(Node("state", name=name)) for name in states]
    gates, peepholes = _Gates(tape), _Peepholes(tape)
    outputs = _outputs(equations, call(equations, x, symbols, gates, peepholes), len(states))
    labels = {
        index: name
        for name, position in _assignments(equations)
        if (index := tape.positions.get(position)) is not None
    }
    return Graph(
        nodes=tuple(tape.builder.nodes),
        states=states,
        outputs=outputs,
        gates=tuple(gates.used.values()),
        peepholes=tuple(peepholes.used),
        labels=labels,
    )


def call(
    equations: Callable[..., Any], x: Any, states: Iterable[Any], gates: Any, peepholes: Any
) -> tuple[Any, ...]:
    """One step of the equations: always a tuple of new states."""
    offered = {"gate": gates, "peephole": peepholes}
    asked = inspect.signature(equations).parameters.keys() & offered
    results = equations(x, *states, **{name: offered[name] for name in asked})
    return results if isinstance(results, tuple) else (results,)


class _Gates:
    """`gate` while tracing: each attribute is an affine map."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self.used: dict[str, Gate] = {}

    def __getattr__(self, name: str) -> Callable[..., Symbol]:
        _check_name("gate", name)

        def affine(*arguments: Any) -> Symbol:
            if not arguments:
                refuse(f"gate.{name} needs an argument at least")
            for argument in arguments:
                if not isinstance(argument, Symbol):
                    kind = type(argument).__name__
                    refuse(f"gate.{name} got a {kind}, expected the input or a value of the step")
            inputs = [argument for argument in arguments if isinstance(argument, Input)]
            if len(inputs) > 1:
                refuse(f"gate.{name} takes the input twice")
            recurrent = tuple(a._index for a in arguments if not isinstance(a, Input))
            gate = Gate(name, bool(inputs), recurrent)
            if self.used.setdefault(name, gate) != gate:
                refuse(f"gate.{name} is used a second time with other arguments; name it anew")
            return self._tape.add(Node("gate", recurrent, name))

        return affine


class _Peepholes:
    """`peephole` while tracing: each attribute is a vector of weights."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self.used: dict[str, None] = {}

    def __getattr__(self, name: str) -> Symbol:
        _check_name("peephole", name)
        self.used[name] = None
        return self._tape.add(Node("peephole", name=name))


def _check_name(kind: str, name: str) -> None:
    if not name.isidentifier():
        refuse(f"the name of a {kind} must be an identifier, got {name!r:.60}")


def _states(equations: Callable[..., Any]) -> tuple[str, ...]:
    """The states' names, from a signature that holds."""
    code = equations.__code__
    parameters = inspect.signature(equations).parameters.values()
    places = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    keywords = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]
    if len(places) < 2 or len(places) + len(keywords) < len(list(parameters)):
        _refuse_signature(code, "expected an input and a state at least, as in (x, h, *, gate)")
    if strange := set(keywords) - {"gate", "peephole"}:
        _refuse_signature(
            code, f"keyword arguments must be gate and peephole, got {sorted(strange)[0]}"
        )
    return tuple(places[1:])


def _outputs(equations: Callable[..., Any], values: tuple[Any, ...], count: int) -> tuple[int, ...]:
    """The nodes of the new states."""
    if len(values) != count:
        _refuse_signature(
            equations.__code__,
            f"the equations must return the {count} new state(s), got {len(values)}",
        )
    for value in values:
        if not isinstance(value, Symbol) or isinstance(value, Input):
            _refuse_signature(
                equations.__code__,
                f"a new state must be computed from the step's values, got {value!r:.60}",
            )
    return tuple(value._index for value in values)


def _refuse_signature(code: Any, reason: str) -> NoReturn:
    place = f"{code.co_filename}:{code.co_firstlineno}"
    raise SteadfitError(f"{place}: {code.co_name} is not a cell: {reason}.")


def _assignments(equations: Callable[..., Any]) -> list[tuple[str, Position]]:
    """The variables that the equations assign, with the position of the expression assigned."""
    try:
        lines, first = inspect.getsourcelines(equations)
    except (OSError, TypeError):  # typed into a prompt: nodes keep no names
        return []
    text = "".join(lines)
    indent = len(text) - len(text.lstrip())
    try:
        tree = ast.parse(textwrap.dedent(text))
    except SyntaxError:  # a string that runs over the indentation
        return []
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            value = node.value
            position = (
                value.lineno + first - 1,
                (value.end_lineno or value.lineno) + first - 1,
                value.col_offset + indent,
                (value.end_col_offset or 0) + indent,
            )
            found.append((node.targets[0].id, position))
    return found


def _named(module: str, name: str) -> Cell:
    """The cell that a module holds under this name."""
    import importlib

    return getattr(importlib.import_module(module), name)
