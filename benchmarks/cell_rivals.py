"""What the cells are measured against: torch's layers, a Python loop over time, bare products.

Every maker takes a cell's name and a size and gives a `Contest`: the same work done by steadfit and
by the rival, from the same weights. A `Runner` gives the work to be timed, forward alone or
a training step: forward, backward, gradients of the input and of all weights.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence

import steadfit as sf
from steadfit.cells import Cell, Sequences, Weights, find, run, run_reference

TIME = 100
LAYERS: dict[str, tuple[Callable[[int, int], nn.Module], Callable[[int, int], nn.Module]]] = {
    "lstm": (sf.nn.LSTM, nn.LSTM),
    "gru_reset_after": (sf.nn.GRU, nn.GRU),
    "rnn": (sf.nn.RNN, nn.RNN),
}
Work = Callable[[], Any]
Runner = Callable[[bool], Work]  # True: a training step


@dataclass(frozen=True)
class Size:
    """A problem's size; the input has half as many features as there are units."""

    batch: int
    units: int

    @property
    def input(self) -> int:
        """Features of the input."""
        return self.units // 2


@dataclass(frozen=True)
class Contest:
    """The same work, done by steadfit and by a rival; the result of both is the output."""

    ours: Runner
    theirs: Runner


def by_torch(forward: Callable[[Tensor], Tensor], x: Tensor, weights: Sequence[Tensor]) -> Runner:
    """A runner for whatever torch differentiates."""
    leaves = [x.requires_grad_(), *weights]

    def infer() -> Tensor:
        with torch.no_grad():
            return forward(x)

    def runner(train: bool) -> Work:
        if not train:
            return infer
        adjoint = torch.randn_like(infer())
        return lambda: torch.autograd.grad(forward(x), leaves, adjoint)

    return runner


def layers(name: str, size: Size) -> tuple[nn.Module, nn.Module]:
    """steadfit's layer and torch's, with the same weights."""
    ours, theirs = (kind(size.input, size.units) for kind in LAYERS[name])
    ours.load_state_dict(theirs.state_dict())
    return ours, theirs


def torch_layer(name: str, size: Size) -> Contest:
    """torch.nn's layer on a batch of sequences of one length."""
    x = torch.randn(TIME, size.batch, size.input)

    def runner(layer: nn.Module) -> Runner:
        return by_torch(lambda x: layer(x)[0], x, list(layer.parameters()))

    return Contest(*map(runner, layers(name, size)))


def packed_layer(name: str, size: Size) -> Contest:
    """torch.nn's layer on a packed batch, its lengths uniform between 1 and the longest."""
    lengths = torch.randint(1, TIME + 1, (size.batch,)).sort(descending=True).values
    lengths[0] = TIME
    packed = pack_padded_sequence(torch.randn(TIME, size.batch, size.input), lengths)

    def runner(layer: nn.Module) -> Runner:
        def forward(data: Tensor) -> Tensor:
            return layer(PackedSequence(data, packed.batch_sizes))[0].data

        return by_torch(forward, packed.data, list(layer.parameters()))

    return Contest(*map(runner, layers(name, size)))


def python_loop(name: str, size: Size) -> Contest:
    """The equations run step by step in torch; the input's product is one for all steps."""
    cell, x, weights = find(name), torch.randn(TIME, size.batch, size.input), weights_of(name, size)
    leaves = [weight for weight in weights if weight is not None]

    def runner(way: Callable[..., Any]) -> Runner:
        return by_torch(lambda x: way(cell, weights, Sequences(x)).outputs, x, leaves)

    return Contest(runner(run), runner(run_reference))


def jax_scan(name: str, size: Size) -> Contest:
    """`jax.lax.scan` under jit."""
    import cell_scan

    cell, x, weights = find(name), torch.randn(TIME, size.batch, size.input), weights_of(name, size)
    leaves = [weight for weight in weights if weight is not None]
    ours = by_torch(lambda x: run(cell, weights, Sequences(x)).outputs, x, leaves)
    given = [tensor.detach().numpy() for tensor in (x, *leaves)]
    return Contest(ours, lambda train: cell_scan.work(name, given, train))


def products(name: str, size: Size) -> Runner:
    """The floor: the same matrix products by torch.mm alone. Its result is nothing."""
    cell: Cell = find(name)
    rows, hidden = TIME * size.batch, size.units
    inputs, recurrent = len(cell.input_blocks) * hidden, len(cell.recurrent_blocks) * hidden
    x, w = torch.randn(rows, size.input), torch.randn(inputs, size.input)
    h, u = torch.randn(size.batch, hidden), torch.randn(recurrent, hidden)
    states, back = torch.randn(rows, hidden), torch.randn(rows, recurrent)
    deltas, delta = torch.randn(rows, inputs), torch.randn(size.batch, recurrent)

    def forward() -> None:
        torch.mm(x, w.t())
        for _ in range(TIME):
            torch.mm(h, u.t())

    def both() -> None:
        forward()
        for _ in range(TIME):
            torch.mm(delta, u)
        torch.mm(deltas.t(), x)
        torch.mm(back.t(), states)
        torch.mm(deltas, w)

    return lambda train: both if train else forward


def kept_bytes(layer: nn.Module, x: Tensor) -> int:
    """Bytes that a layer's forward run keeps for backward, beside the input and the weights."""
    known = {tensor.untyped_storage().data_ptr() for tensor in (x, *layer.parameters())}
    kept: dict[int, int] = {}

    def pack(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        result = layer(x)  # held until the addresses are counted, so that none is used twice
    total = sum(count for place, count in kept.items() if place not in known)
    del result
    return total


def weights_of(name: str, size: Size) -> Weights:
    """Random weights of the usual size that want gradients."""
    bound = size.units**-0.5
    shapes = find(name).shapes(size.input, size.units)
    drawn = {key: torch.empty(shape).uniform_(-bound, bound) for key, shape in shapes.items()}
    return Weights(**{key: weight.requires_grad_() for key, weight in drawn.items()})
