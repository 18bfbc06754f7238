"""What a layer did at every step: the equations hold between the values it returns."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence

from steadfit.cells import CELLS
from steadfit.nn import Recurrent, Steps

TIME, BATCH, INPUT, HIDDEN = 7, 4, 3, 5
LENGTHS = torch.tensor([2, 7, 1, 4])

Values = dict[str, Tensor]

# How the states after a step follow from the values of the step and the states before it.
UPDATES: dict[str, Callable[[Values, Values], Values]] = {
    "lstm": lambda v, old: cell_and_output(v, v["f"] * old["c"] + v["i"] * v["g"]),
    "peephole_lstm": lambda v, old: cell_and_output(v, v["f"] * old["c"] + v["i"] * v["g"]),
    "coupled_lstm": lambda v, old: cell_and_output(v, v["f"] * old["c"] + (1 - v["f"]) * v["g"]),
    "gru": lambda v, old: {"h": (1 - v["z"]) * old["h"] + v["z"] * v["n"]},
    "gru_reset_after": lambda v, old: {"h": v["z"] * old["h"] + (1 - v["z"]) * v["n"]},
    "mgu": lambda v, old: {"h": (1 - v["f"]) * old["h"] + v["f"] * v["n"]},
    "mgu_reset_after": lambda v, old: {"h": (1 - v["f"]) * old["h"] + v["f"] * v["n"]},
    "min_gru": lambda v, old: {"h": (1 - v["z"]) * old["h"] + v["z"] * v["n"]},
}


def cell_and_output(values: Values, c: Tensor) -> Values:
    return {"h": values["o"] * torch.tanh(c), "c": c}


def run(cell: str, form: str) -> tuple[Recurrent, Tensor, Tensor, list[Steps], tuple[Tensor, ...]]:
    """A layer, its padded output, its lengths, its steps (padded), and the initial states."""
    torch.manual_seed(0)
    layer = Recurrent(cell, INPUT, HIDDEN, bidirectional=True, dtype=torch.float64)
    x = torch.randn(TIME, BATCH, INPUT, dtype=torch.float64)
    hx = tuple(torch.randn(2, BATCH, HIDDEN, dtype=torch.float64) for _ in layer.cell.states)
    given = hx if len(hx) > 1 else hx[0]
    lengths = torch.full((BATCH,), TIME) if form == "padded" else LENGTHS
    if form == "packed":
        packed = pack_padded_sequence(x, LENGTHS, enforce_sorted=False)
        output, steps = layer(packed, given)[0], layer.unroll(packed, given)
    else:
        ends = LENGTHS if form == "lengths" else None
        output, steps = layer(x, given, lengths=ends)[0], layer.unroll(x, given, lengths=ends)
    plain = [Steps(*({n: padded(v) for n, v in part.items()} for part in one)) for one in steps]
    return layer, padded(output), lengths, plain, hx


def padded(value: Tensor | PackedSequence) -> Tensor:
    return pad_packed_sequence(value)[0] if isinstance(value, PackedSequence) else value


@pytest.mark.parametrize("form", ["padded", "lengths", "packed"])
@pytest.mark.parametrize("cell", UPDATES)
def test_states_follow_from_values(cell: str, form: str) -> None:
    layer, output, lengths, steps, hx = run(cell, form)
    torch.testing.assert_close(torch.cat([one.states["h"] for one in steps], -1), output)
    for direction, one in enumerate(steps):
        for place, length in enumerate(lengths.tolist()):
            order = range(length) if direction == 0 else reversed(range(length))
            old = {n: s[direction, place] for n, s in zip(layer.cell.states, hx, strict=True)}
            for step in order:
                values = {name: value[step, place] for name, value in one.values.items()}
                new = {name: state[step, place] for name, state in one.states.items()}
                torch.testing.assert_close(UPDATES[cell](values, old), new)
                old = new
            ended = [*one.values.values(), *one.states.values()]
            assert not any(value[length:, place].any() for value in ended)


@pytest.mark.parametrize("cell", CELLS)
def test_every_cell_unrolls(cell: str) -> None:
    layer = Recurrent(cell, INPUT, HIDDEN, num_layers=2)
    steps = layer.unroll(torch.randn(TIME, INPUT))
    assert len(steps) == 2
    assert set(steps[0].states) == set(layer.cell.states)
    named = [*steps[1].values.values(), *steps[1].states.values()]
    assert all(value.shape == (TIME, HIDDEN) for value in named)
    open_gates = [v for n, v in steps[0].values.items() if n in ("i", "f", "o", "r", "z")]
    assert all(((value > 0) & (value < 1)).all() for value in open_gates)


def test_masks_are_those_of_the_run() -> None:
    layer = Recurrent("lstm", INPUT, HIDDEN, recurrent_dropout=0.5, dtype=torch.float64)
    x = torch.randn(TIME, BATCH, INPUT, dtype=torch.float64)
    (one,) = layer.unroll(x, generator=torch.Generator().manual_seed(1))
    old = torch.cat([torch.zeros(1, BATCH, HIDDEN), one.states["c"][:-1]])
    found = UPDATES["lstm"](one.values, {"c": old})
    torch.testing.assert_close(found, one.states)
