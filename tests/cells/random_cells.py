"""Random cells and random runs of them, as hypothesis strategies.

A cell is drawn as its source, so that what hypothesis shrinks and prints is a cell that a person
can read and paste. All that a run depends on is plain data; its tensors come from `Run.seed`.
"""

import linecache
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import count
from typing import Any

import torch
from hypothesis import strategies as st
from torch import Tensor

from steadfit import cells
from steadfit.cells import Cell, Weights

_NUMBERS = ("0.5", "2", "-1", "1.5", "3", "0.25", "-0.1")
_NAMES = "abdefgijkl"  # of values; x is the input; h, c and m are states
_serial = count()

# What keeps its argument's size within bounds, or makes an argument that its function can take.
_ONE_VALUE = (
    "sigmoid({})",
    "tanh({})",
    "relu({})",
    "absolute({})",
    "exp(tanh({}))",
    "exp(-absolute({}))",
    "log(1.5 + absolute({}))",
    "sqrt(1 + ({}) ** 2)",
    "-({})",
    "({}) ** 2",
    "({}) ** 3",
    "1 - ({})",
    "({}) / 2",
    "1 / (1 + exp(tanh({})))",
    "2 / (1.5 + absolute({}))",
)
_TWO_VALUES = (
    "{} + {}",
    "{} - {}",
    "({}) * ({})",
    "({}) / (1.5 + ({}) ** 2)",
    "({}) / (1 + absolute({}))",
    "maximum({}, {})",
    "minimum({}, {})",
)
_SQUASHED = ("tanh({})", "sigmoid({})")
KINKS = ("relu", "absolute", "maximum", "minimum")  # functions whose derivative jumps


class _Writer:
    """Writes one cell's equations, drawing every choice."""

    def __init__(self, draw: Callable[..., Any], states: list[str]) -> None:
        self.draw = draw
        self.values = [*states]
        self.gates: list[str] = []  # that can be written once more
        self.count = 0
        self.peepholes: list[str] = []

    def choose(self, *options: Any) -> Any:
        return self.draw(st.sampled_from(options))

    def gate(self, depth: int) -> str:
        """A new gate or, once in a while, one that is there already."""
        if self.gates and self.choose(False, False, False, True):
            return self.choose(*self.gates)
        count = self.choose(1, 2, 2, 3, 4)
        arguments = [self.argument(depth) for _ in range(count)]
        if self.choose(True, True, False):
            arguments[self.draw(st.integers(0, count - 1))] = "x"
        self.gates.append(f"gate.g{self.count}({', '.join(arguments)})")
        self.count += 1
        return self.gates[-1]

    def argument(self, depth: int) -> str:
        if depth and self.choose(False, False, True):
            return self.expression(depth - 1)
        return self.choose(*self.values)

    def peephole(self) -> str:
        if not self.peepholes or self.choose(True, False):
            self.peepholes.append(f"peephole.p{len(self.peepholes)}")
            return self.peepholes[-1]
        return self.choose(*self.peepholes)

    def expression(self, depth: int) -> str:
        if depth == 0:
            return self.choose(*self.values)
        kind = self.choose("value", "gate", "gate", "one", "two", "peephole", "number")
        if kind == "gate":
            return self.gate(depth - 1)
        if kind == "one":
            return self.choose(*_ONE_VALUE).format(self.expression(depth - 1))
        if kind == "two":
            first, second = self.expression(depth - 1), self.expression(depth - 1)
            return self.choose(*_TWO_VALUES).format(first, second)
        if kind == "peephole":
            return f"{self.peephole()} * ({self.expression(depth - 1)})"
        if kind == "number":
            number, value = self.choose(*_NUMBERS), self.expression(depth - 1)
            pattern = self.choose("{} * ({})", "{} + {}", "maximum({1}, {0})", "minimum({0}, {1})")
            return pattern.format(number, value)
        return self.choose(*self.values)

    def new_state(self) -> str:
        kind = self.choose("value", "squashed", "squashed", "mixed", "free")
        if kind == "squashed":
            return self.choose(*_SQUASHED).format(self.expression(2))
        if kind == "mixed":
            z, old, new = (self.choose(*self.values) for _ in range(3))
            return f"sigmoid({z}) * tanh({old}) + (1 - sigmoid({z})) * {new}"
        return self.expression(2) if kind == "free" else self.choose(*self.values)


@st.composite
def sources(draw: Callable[..., Any]) -> str:
    """The source of a cell's function."""
    states = ["h", "c", "m"][: draw(st.sampled_from([1, 1, 2, 2, 3]))]
    writer = _Writer(draw, states)
    lines = []
    for name in _NAMES[: draw(st.integers(1, 6))]:
        text = writer.gate(1) if draw(st.booleans()) else writer.expression(3)
        if draw(st.booleans()):
            text = writer.choose(*_SQUASHED).format(text)
        if draw(st.sampled_from([False, False, False, True])):  # an old name for a new value
            name = draw(st.sampled_from(states))
            writer.gates.clear()  # of the same words, but other values
        lines.append(f"{name} = {text}")
        if name not in writer.values:
            writer.values.append(name)
    new = [writer.new_state() for _ in states]
    if not writer.count:
        new[0] = f"tanh({writer.gate(1)})"
    arguments = ", ".join(["x", *states])
    lines.append(f"return {', '.join(new)}")
    body = "".join(f"    {line}\n" for line in lines)
    return f"def random_cell({arguments}, *, gate, peephole):\n{body}"


def function(source: str, names: Mapping[str, Any]) -> Callable[..., Any]:
    """The function that a source defines, with these names for `tanh` and the like."""
    file = f"<random cell {next(_serial)}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    space = {"__name__": "random_cells", **names}
    exec(compile(source, file, "exec"), space)
    return space["random_cell"]


OURS = {name: getattr(cells, name) for name in (*KINKS, "sigmoid", "tanh", "exp", "log", "sqrt")}


@dataclass(frozen=True)
class Run:
    """A cell, and all that its run on random tensors depends on."""

    source: str
    input: int
    hidden: int
    batch: int
    steps: int
    rows: str  # "padded", "lengths" or "batch_sizes"
    reverse: bool
    bias: bool
    mask: bool
    zoneout: tuple[bool, ...]
    weight_drop: bool
    states: str  # "given", "expanded" over the batch, or "zero"
    x: str  # "contiguous", "transposed", "strided" or "expanded" over the batch
    wide: bool  # float64
    threads: int
    used: str  # what the loss is made of: "all", "outputs" or "final"
    frozen: str  # what wants no gradient: "", "x", "weights" or "states"
    seed: int

    def __str__(self) -> str:
        rest = {k: v for k, v in vars(self).items() if k != "source" and not k.startswith("_")}
        return f"{self.source}\n{rest}"

    @cached_property
    def cell(self) -> Cell:
        """The cell; refused cells raise SteadfitError."""
        return cells.cell(function(self.source, OURS))

    @property
    def dtype(self) -> torch.dtype:
        return torch.float64 if self.wide else torch.float32


@st.composite
def runs(draw: Callable[..., Any]) -> Run:
    """A random run of a random cell."""
    source = draw(sources())
    states = source.partition(", *")[0].count(",")
    size = st.integers(1, 40)
    zoneout = draw(st.booleans()) and draw(st.booleans())
    return Run(
        source=source,
        input=draw(size),
        hidden=draw(size),
        batch=draw(size),
        steps=draw(size),
        rows=draw(st.sampled_from(["padded", "lengths", "batch_sizes"])),
        reverse=draw(st.booleans()),
        bias=draw(st.sampled_from([True, True, False])),
        mask=draw(st.sampled_from([False, False, True])),
        zoneout=tuple(zoneout and draw(st.booleans()) for _ in range(states)),
        weight_drop=draw(st.sampled_from([False, False, False, True])),
        states=draw(st.sampled_from(["given", "expanded", "zero"])),
        x=draw(st.sampled_from(["contiguous", "transposed", "strided", "expanded"])),
        wide=draw(st.sampled_from([True, True, False])),
        threads=draw(st.integers(1, 4)),
        used=draw(st.sampled_from(["all", "all", "outputs", "final"])),
        frozen=draw(st.sampled_from(["", "", "", "x", "weights", "states"])),
        seed=draw(st.integers(0, 999)),
    )


@dataclass(frozen=True)
class Tensors:
    """A run's tensors: leaves by name, and what is made of them."""

    leaves: dict[str, Tensor]
    constants: dict[str, Any]  # lengths, batch_sizes, recurrent_mask, zoneout, drop
    run: Run

    def to(self, dtype: torch.dtype) -> "Tensors":
        """Copies of this type, with leaves of their own."""

        def moved(value: Any) -> Any:
            if isinstance(value, Tensor):
                return value.to(dtype) if value.is_floating_point() else value
            return [moved(one) for one in value] if isinstance(value, list) else value

        leaves = {
            name: leaf.detach().to(dtype).clone().requires_grad_(leaf.requires_grad)
            for name, leaf in self.leaves.items()
        }
        constants = {name: moved(one) for name, one in self.constants.items() if one is not None}
        return Tensors(leaves, {**self.constants, **constants}, self.run)

    @property
    def x(self) -> Tensor:
        """(T, B, I), or (N, I) for a packed batch."""
        base, run = self.leaves["x"], self.run
        if run.x == "transposed":
            return base.transpose(0, -1)
        if run.x == "strided":
            return base[..., ::2]
        if run.x == "expanded":
            return base.expand(self.constants["shape"])
        return base

    @property
    def weights(self) -> dict[str, Tensor]:
        """By the names of `Weights`."""
        found = {n: w for n, w in self.leaves.items() if n in Weights._fields}
        if (drop := self.constants["drop"]) is not None:
            found["recurrent"] = found["recurrent"] * drop
        return found

    @property
    def states(self) -> list[Tensor]:
        """(B, H) each."""
        run = self.run
        names = [name for name in self.leaves if name.startswith("state ")]
        return [self.leaves[name].expand(run.batch, run.hidden) for name in names]

    @property
    def wanted(self) -> list[Tensor]:
        """The leaves that want gradients."""
        return [leaf for leaf in self.leaves.values() if leaf.requires_grad]


def tensors(run: Run) -> Tensors:
    """The tensors of a run, in its floating type."""
    generator = torch.Generator().manual_seed(run.seed)

    def normal(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator, dtype=run.dtype)

    def coin(*shape: int) -> Tensor:
        return (torch.rand(*shape, generator=generator) < 0.6).to(run.dtype)

    constants: dict[str, Any] = dict.fromkeys(("lengths", "batch_sizes"))
    leading = (run.steps, run.batch)
    if run.rows == "lengths":
        constants["lengths"] = torch.randint(0, run.steps + 1, (run.batch,), generator=generator)
    if run.rows == "batch_sizes":
        sizes = torch.randint(1, run.batch + 1, (run.steps,), generator=generator)
        sizes[0] = run.batch
        constants["batch_sizes"] = sizes.sort(descending=True).values
        leading = (int(sizes.sum()),)
    shape = (*leading, run.input)
    constants["shape"] = shape
    bases = {
        "contiguous": shape,
        "transposed": (shape[-1], *shape[1:-1], shape[0]),
        "strided": (*leading, 2 * run.input),
        "expanded": (*leading[:-1], 1, run.input),
    }
    leaves = {"x": normal(*bases[run.x])}
    for name, size in run.cell.shapes(run.input, run.hidden).items():
        if name != "bias" or run.bias:
            leaves[name] = normal(*size) * (0.8 / max(size[-1], 4) ** 0.5)
    for name in run.cell.states:
        rows = 1 if run.states == "expanded" else run.batch
        state = normal(rows, run.hidden)
        leaves[f"state {name}"] = state * 0 if run.states == "zero" else state
    kinds = {"x": "x", **{name: "weights" for name in Weights._fields}}
    for name, leaf in leaves.items():
        leaf.requires_grad_(kinds.get(name, "states") != run.frozen or not run.frozen)
    constants["recurrent_mask"] = coin(run.batch, run.hidden) / 0.6 if run.mask else None
    constants["zoneout"] = [coin(*leading, run.hidden) if one else None for one in run.zoneout]
    dropped = run.weight_drop and "recurrent" in leaves
    constants["drop"] = coin(*leaves["recurrent"].shape) / 0.6 if dropped else None
    return Tensors(leaves, constants, run)
