"""What a recurrent network does from step to step, as arrays; `through_time` draws them.

Letters of shapes: N sequences, T steps, I channels entering a layer, H units, L lags. Of an
ensemble, the first network is looked at.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from steadfit.cells import Cell
from steadfit.cells.graph import Node
from steadfit.data import Ragged
from steadfit.errors import SteadfitError
from steadfit.kinds import kind_of
from steadfit.nn import Recurrent
from steadfit.training import TrainedModel
from steadfit.training.learned_loss import learned_loss

LAGS = 200  # steps back from the last, beyond which a gradient is not followed


def recurrent_layers(model: TrainedModel) -> list[Recurrent]:
    """The network's recurrent layers, from the input on.

    Raises SteadfitError where it has none.
    """
    module, _ = model.members[0]
    layers = [part for part in module.modules() if isinstance(part, Recurrent)]
    if not layers:
        raise SteadfitError(
            f"The model {model.facts.recipe.model.name} has no recurrent layer, so nothing is "
            "carried from step to step. Use recurrent or conv_recurrent."
        )
    return layers


def gate_values(layer: Recurrent, x: Tensor, place: int = 0) -> dict[str, np.ndarray]:
    """What a layer's equations gave at each step of one sequence, by name, each (T, H).

    x: shape (T, I). place: which layer and direction, in the order of the layer's final states.
    A value that the equations assign goes by the name of the gate that it is made of and its own,
    as "forget f"; the states come last, by their own names. A cell whose source cannot be read, as
    one typed at a prompt, shows its states alone.

    >>> lstm = Recurrent("lstm", 3, 5)
    >>> list(gate_values(lstm, torch.ones(7, 3)))
    ['input i', 'forget f', 'candidate g', 'output o', 'h', 'c']
    """
    with torch.no_grad():
        steps = layer.unroll(x)[place]
    names = gate_names(layer.cell)
    values = {names[name]: value for name, value in steps.values.items()}
    return {name: value.numpy() for name, value in (values | steps.states).items()}


def gate_names(cell: Cell) -> dict[str, str]:
    """Each value that a cell's equations assign, by what it is called in a figure.

    The name of the first gate that it is computed from, other assigned values aside, then its own.

    >>> from steadfit.cells import find
    >>> gate_names(find("gru_reset_after"))["n"]
    'candidate n'
    """
    return {name: _name(cell, index, name) for index, name in cell.graph.labels.items()}


def gates(cell: Cell) -> set[str]:
    """Those of `gate_names` that lie between shut, 0, and open, 1, by the equations: whatever is a
    sigmoid, or 1 less one.

    >>> from steadfit.cells import find
    >>> sorted(gates(find("gru")))
    ['reset r', 'update z']
    """
    names, labels = gate_names(cell), cell.graph.labels
    return {names[name] for index, name in labels.items() if _is_gate(cell.graph.nodes, index)}


def _is_gate(nodes: Sequence[Node], index: int) -> bool:
    node = nodes[index]
    if node.op == "subtract":
        one, rest = node.args
        return nodes[one] == Node("constant", value=1.0) and _is_gate(nodes, rest)
    return node.op == "sigmoid"


def entering(model: TrainedModel, x: Ragged, layer: Recurrent) -> Tensor:
    """What enters a layer of the network for one sequence, shape (T, I).

    x: one unprepared sequence. layer: one of `recurrent_layers`.
    """
    module, preparation = model.members[0]
    with torch.no_grad():
        (x_1TI,), _, _ = _call(module, preparation.inputs(x), layer)
    return x_1TI[0]


def gradient_by_lag(model: TrainedModel, x: Ragged, y: Tensor, lags: int = LAGS) -> np.ndarray:
    """How much of the loss's gradient at the last step is left so many steps before, (N, L).

    The norm of (∂s_T / ∂s_{T-k})ᵀ g, for k = 0, 1, …, with g the derivative of a sequence's loss
    with respect to what the last recurrent layer says at its last step T, scaled to norm 1, and s
    all of the layer's states (h, and c where there is one), through which everything earlier must
    pass (Pascanu, Mikolov and Bengio 2013, equations 3 to 5). It falls towards 0 where gradients
    vanish, and grows where they explode. Of two directions, the one that reads forwards.

    x: unprepared sequences. y: their class numbers or numbers, as in `Dataset.y`. lags: most that
    are followed. NaN before a sequence's first step, and for a sequence whose loss does not depend
    on its last step. Raises SteadfitError where there is no recurrent layer.
    """
    layer = recurrent_layers(model)[-1]
    module, preparation = model.members[0]
    (inputs,), lengths, (output, logits) = _call(module, preparation.inputs(x), layer)
    training = model.facts.recipe.training
    loss = learned_loss(model.facts.schema.task, logits, preparation.targets(y), training)
    (direct,) = torch.autograd.grad(loss * len(y), output)
    steps = torch.full((len(x),), inputs.shape[1]) if lengths is None else lengths
    last = direct[torch.arange(len(x)), steps - 1, : layer.proj_size or layer.hidden_size]
    return _carried_back(layer, inputs.detach(), steps, last, lags)


def _carried_back(
    layer: Recurrent, x_NTI: Tensor, steps: Tensor, last: Tensor, lags: int
) -> np.ndarray:
    """The norms of `gradient_by_lag`: `last` taken back through the last steps, one at a time."""
    before = (steps - lags).clamp(min=0)
    with torch.no_grad():
        _, states = layer(x_NTI, lengths=before)
    count = int((steps - before).max())
    rows = (before[:, None] + torch.arange(count)).clamp(max=x_NTI.shape[1] - 1)
    window = x_NTI[torch.arange(len(x_NTI))[:, None], rows]
    trail: list[Tensor] = []
    for step in range(count):
        running = (step < steps - before).long()
        _, states = layer(window[:, step : step + 1], states, lengths=running)
        trail += [states] if isinstance(states, Tensor) else states
    final = trail[-len(layer.cell.states)][0]
    direction = last / last.norm(dim=1, keepdim=True)
    gradients = torch.autograd.grad(
        (final * direction.nan_to_num()).sum(), trail, allow_unused=True, materialize_grads=True
    )
    squares = torch.stack([part[0].double().square().sum(1) for part in gradients])
    norms = squares.view(count, len(layer.cell.states), -1).sum(1).sqrt().numpy()
    found = np.full((len(x_NTI), count), np.nan)
    for place, (own, used) in enumerate(
        zip((steps - before).tolist(), last.norm(dim=1).tolist(), strict=True)
    ):
        if used:
            found[place, :own] = norms[:own, place][::-1]
    return found


def _call(
    module: nn.Module, x: Any, layer: Recurrent
) -> tuple[tuple[Tensor], Tensor | None, tuple[Tensor, Tensor]]:
    """A layer's arguments, its lengths, and its output with that of the network after it."""
    seen: list[Any] = []
    handle = layer.register_forward_hook(lambda *call: seen.extend(call[1:]), with_kwargs=True)
    try:
        outputs = module(kind_of(x).padded(x))
    finally:
        handle.remove()
    arguments, options, (output, _) = seen
    return arguments, options.get("lengths"), (output, outputs)


def _name(cell: Cell, index: int, name: str) -> str:
    nodes, labels = cell.graph.nodes, cell.graph.labels
    waiting = [index]
    while waiting:
        node = nodes[waiting.pop()]
        if node.op == "gate":
            return name if node.name == name else f"{node.name} {name}"
        waiting += [argument for argument in reversed(node.args) if argument not in labels]
    return name
