"""Holds a random run against its equations, run step by step in float64."""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from hypothesis import assume, event, note
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from cells.oracle import Sequences, unrolled
from cells.random_cells import Run, Tensors, function, tensors
from steadfit.cells import Sequences as Given
from steadfit.cells import Weights, run
from steadfit.nn import Recurrent

LARGE = 1e4  # beyond, a difference is that of rounding


TORCH = {
    "relu": torch.relu,
    "absolute": torch.abs,
    "maximum": lambda first, second: torch.maximum(*map(_tensor, (first, second))),
    "minimum": lambda first, second: torch.minimum(*map(_tensor, (first, second))),
    **{name: getattr(torch, name) for name in ("sigmoid", "tanh", "exp", "log", "sqrt")},
}


def _tensor(value: Any) -> Tensor:
    return torch.as_tensor(value, dtype=torch.float64)


def by_oracle(made: Tensors) -> list[Tensor]:
    """Every state at every step and at the end, in the shape of `run`."""
    options = made.constants
    x, one = made.x, made.run
    if options["batch_sizes"] is not None:
        sequences = Sequences.packed(options["batch_sizes"])
    else:
        sequences = Sequences.padded(one.steps, one.batch, options["lengths"])
    zoneout = [None if m is None else m.flatten(0, -2) for m in options["zoneout"]]
    states, final = unrolled(
        function(one.source, TORCH),
        x.flatten(0, -2),
        made.weights,
        made.states,
        sequences,
        reverse=one.reverse,
        recurrent_mask=options["recurrent_mask"],
        zoneout=zoneout,
    )
    return [*(state.view(*x.shape[:-1], one.hidden) for state in states), *final]


def by_kernel(made: Tensors) -> list[Tensor]:
    """What `run` gives, in the same order."""
    options = made.constants
    sequences = Given(
        made.x,
        made.states,
        lengths=options["lengths"],
        batch_sizes=options["batch_sizes"],
        reverse=made.run.reverse,
        recurrent_mask=options["recurrent_mask"],
        zoneout=options["zoneout"],
    )
    result = run(made.run.cell, Weights(**made.weights), sequences)
    return [*result.sequences, *result.final]


def gradients(made: Tensors, outputs: list[Tensor]) -> list[Tensor]:
    """Of a random weighting of what the run's loss is made of."""
    generator = torch.Generator().manual_seed(made.run.seed + 1)
    adjoints = [torch.randn(o.shape, generator=generator, dtype=torch.float64) for o in outputs]
    count = len(made.run.cell.states)
    chosen = {"all": slice(None), "outputs": slice(1), "final": slice(count, None)}[made.run.used]
    pairs = [
        (output, adjoint.to(output))
        for output, adjoint in zip(outputs[chosen], adjoints[chosen], strict=True)
        if output.requires_grad
    ]
    if not pairs or not made.wanted:
        return [torch.zeros_like(leaf) for leaf in made.wanted]
    found = torch.autograd.grad(
        [output for output, _ in pairs],
        made.wanted,
        [adjoint for _, adjoint in pairs],
        allow_unused=True,
        materialize_grads=True,
    )
    return list(found)


@contextmanager
def threads(number: int) -> Iterator[None]:
    """So many threads, and then as many as before."""
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def check(one: Run) -> None:
    """Raise AssertionError where the run differs from its equations."""
    note(str(one))
    made = tensors(one)
    exact = results(made.to(torch.float64), by_oracle)
    size = max(float(t.abs().max()) for t in exact.values() if t.numel())
    if not size < LARGE:
        event("left out: values beyond bounds")
        assume(False)
    with threads(one.threads):
        found = results(made, by_kernel)
    tolerance = 1e-10 if one.wide else 1e-4
    wrong = {name: size for name in exact if (size := apart(found, exact, name)) > tolerance}
    if wrong:
        other = results(nudged(made).to(torch.float64), by_oracle)
        if all(size < 1000 * apart(other, exact, name) for name, size in wrong.items()):
            event("left out: rounding decides")  # the steps make it grow, or it is at a kink
            assume(False)
    assert not wrong, ", ".join(f"{name} differs by {size:.1e}" for name, size in wrong.items())


def check_layer(one: Run, choice: random.Random) -> None:
    """The same of stacked layers in both directions, against the equations of each."""
    layers, both = choice.choice([1, 2, 3]), choice.choice([True, False])
    settings = {
        "num_layers": layers,
        "bidirectional": both,
        "learn_initial_state": choice.choice([True, False]),
        "residual": choice.choice([True, False]),
        "batch_first": choice.choice([True, False]) and one.rows != "batch_sizes",
        "bias": one.bias,
        "zoneout": choice.choice([0.0, 0.3]),
    }
    note(f"{one}\n{settings}")
    torch.manual_seed(one.seed)
    layer = Recurrent(one.cell, one.input, one.hidden, dtype=torch.float64, **settings).eval()
    with torch.no_grad():
        for name, parameter in layer.named_parameters():
            if name.startswith("initial"):
                parameter.normal_()
    made = tensors(one).to(torch.float64)
    options, x = made.constants, made.leaves["x"] if one.x == "contiguous" else made.x.detach()
    x = x.detach().clone().requires_grad_()
    leaves = [x, *layer.parameters()]
    given = x.transpose(0, 1) if settings["batch_first"] else x
    if options["batch_sizes"] is not None:
        packed, final = layer(PackedSequence(given, options["batch_sizes"]))
        output = packed.data
        sequences = Sequences.packed(options["batch_sizes"])
    else:
        output, final = layer(given, lengths=options["lengths"])
        output = output.transpose(0, 1) if settings["batch_first"] else output
        sequences = Sequences.padded(one.steps, one.batch, options["lengths"])
    found = [output, *((final,) if isinstance(final, Tensor) else final)]
    expected = _stacked(one, layer, settings, x, sequences)
    generator = torch.Generator().manual_seed(one.seed)
    adjoints = [torch.randn(o.shape, generator=generator, dtype=o.dtype) for o in found]
    both_results = []
    for outputs in (found, expected):
        wanted = [pair for pair in zip(outputs, adjoints, strict=True) if pair[0].requires_grad]
        all_gradients = (
            torch.autograd.grad(
                [output for output, _ in wanted],
                leaves,
                [adjoint for _, adjoint in wanted],
                allow_unused=True,
                materialize_grads=True,
            )
            if wanted
            else ()
        )
        both_results.append([o.detach() for o in (*outputs, *all_gradients)])
    ours, exact = ({str(n): o for n, o in enumerate(one)} for one in both_results)
    if not max(float(o.abs().max()) for o in exact.values() if o.numel()) < LARGE:
        event("left out: values beyond bounds")
        assume(False)
    sizes = {name: apart(ours, exact, name) for name in exact}
    assert max(sizes.values()) < 1e-8, sizes


def _stacked(
    one: Run, layer: Recurrent, settings: dict[str, Any], x: Tensor, sequences: Sequences
) -> list[Tensor]:
    """The output of the last layer, and the final states of all."""
    named = dict(layer.named_parameters())
    kinds = {"input": "weight_ih", "recurrent": "weight_hh", "peephole": "weight_peephole"}
    kinds["bias"] = "bias"
    current, finals = x.flatten(0, -2), []
    for number in range(settings["num_layers"]):
        outputs = []
        for way in ("", "_reverse")[: 1 + settings["bidirectional"]]:
            place = f"l{number}{way}"
            weights = {
                kind: named[f"{name}_{place}"]
                for kind, name in kinds.items()
                if f"{name}_{place}" in named
            }
            zero = x.new_zeros(one.batch, one.hidden)
            states = [zero for _ in one.cell.states]
            if settings["learn_initial_state"]:
                states = [
                    named[f"initial_{s}_{place}"].expand(one.batch, -1) for s in one.cell.states
                ]
            share = x.new_full((len(current), one.hidden), settings["zoneout"])
            states, final = unrolled(
                function(one.source, TORCH),
                current,
                weights,
                states,
                sequences,
                reverse=way == "_reverse",
                zoneout=[share if settings["zoneout"] else None for _ in one.cell.states],
            )
            outputs.append(states[0])
            finals.append(final)
        output = torch.cat(outputs, -1)
        current = current + output if settings["residual"] and number else output
    return [
        current.view(*x.shape[:-1], -1),
        *(torch.stack(one_state) for one_state in zip(*finals, strict=True)),
    ]


def results(made: Tensors, runner: Callable[[Tensors], list[Tensor]]) -> dict[str, Tensor]:
    """The states and the gradients of a run, by name."""
    outputs = runner(made)
    names = [f"{kind} {s}" for kind in ("sequence of", "final") for s in made.run.cell.states]
    wanted = [f"gradient of {n}" for n, leaf in made.leaves.items() if leaf.requires_grad]
    found = dict(zip(wanted, gradients(made, outputs), strict=True))
    return dict(zip(names, (o.detach() for o in outputs), strict=True)) | found


def apart(found: dict[str, Tensor], exact: dict[str, Tensor], name: str) -> float:
    """How far a tensor is from the exact one, against its norm, as its numbers are sums of many."""
    ours, theirs = found[name].double(), exact[name]
    assert ours.shape == theirs.shape, name
    return float((ours - theirs).norm() / (1 + theirs.norm()))


def nudged(made: Tensors) -> Tensors:
    """The same with all leaves changed by a few units in the last place."""
    generator = torch.Generator().manual_seed(0)
    changed = {}
    for name, leaf in made.leaves.items():
        noise = torch.randn(leaf.shape, generator=generator, dtype=leaf.dtype)
        step = 2 * torch.finfo(leaf.dtype).eps * noise
        with torch.no_grad():
            changed[name] = leaf * (1 + step) + step / 100
        changed[name].requires_grad_(leaf.requires_grad)
    return Tensors(changed, made.constants, made.run)
