"""The lecture's table, published sizes, and what a value sees, by sending NaN through the net."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from steadfit import models
from steadfit.kinds import Text
from steadfit.models.layers import times
from steadfit.nn import Padded
from steadfit.recipe import Model

# Lecture 25, 6.8, line by line: layer, output size, weight size.
LECTURE = """\
Input | 1 x 28 x 28 |
Conv (C_out=20, K=5, P=2, S=1) | 20 x 28 x 28 | 20 x 1 x 5 x 5
ReLU | 20 x 28 x 28 |
MaxPool(K=2, S=2) | 20 x 14 x 14 |
Conv (C_out=50, K=5, P=2, S=1) | 50 x 14 x 14 | 50 x 20 x 5 x 5
ReLU | 50 x 14 x 14 |
MaxPool(K=2, S=2) | 50 x 7 x 7 |
Flatten | 2450 |
Linear (2450 -> 500) | 500 | 2450 x 500
ReLU | 500 |
Linear (500 -> 10) | 10 | 500 x 10
"""
SAME = (
    "conv 20 5 pad 2; relu; pool 2; conv 50 5 pad 2; relu; pool 2; "
    "flatten; linear 500; relu; linear 10"
)


@pytest.mark.parametrize("name", ["convnet", SAME])
def test_convnet_is_the_lectures_table_line_by_line(name):
    rows = models.shapes(Model(name=name), (1, 28, 28), 10)
    lines = [f"{row.layer} | {times(row.output)} | {times(row.weight)}".strip() for row in rows]
    assert lines == LECTURE.splitlines()


def test_lenet5_has_the_papers_sizes():
    """LeCun et al. 1998, II.B: C1 156, C5 48,120 and F6 10,164 trainable parameters."""
    rows = models.shapes(Model(name="lenet5"), (1, 28, 28), 10)
    weighted = [(times(row.output), row.parameters) for row in rows if row.weight]
    assert weighted[0] == ("6 x 28 x 28", 156)
    assert weighted[1][0] == "16 x 10 x 10"
    assert weighted[2:4] == [("120", 48_120), ("84", 10_164)]


@pytest.mark.parametrize(("depth", "millions"), [(20, 0.27), (32, 0.46), (56, 0.85), (110, 1.7)])
def test_resnets_have_the_published_number_of_weights(depth, millions):
    """He et al. 2016, table 6 (CIFAR-10)."""
    rows = models.shapes(Model(name="resnet", settings={"depth": depth}), (3, 32, 32), 10)
    digits = len(str(millions).split(".")[1])
    assert round(sum(row.parameters for row in rows) / 1e6, digits) == millions


GATED = ("recurrent", "conv_recurrent", "language")  # torch does not count what our kernels do
SERIES = (*GATED, "conv1d", "resnet1d", "nhits")


def fitting(name: str) -> tuple[int, ...]:
    if name in ("language", "bag"):
        return Text(50, 20)
    return (3, 20) if name in SERIES else (3, 20, 26)


@pytest.mark.parametrize("name", [name for name in models.MODELS if name not in GATED])
def test_multiply_adds_are_what_torch_counts(name):
    model, shape = Model(name=name), fitting(name)
    module = models.build(model, shape, 5).eval()
    x = torch.zeros(1, *shape)
    if name == "bag":
        given = Padded(torch.ones(1, 20, dtype=torch.int64))
    else:
        given = x if len(shape) == 3 else Padded(x.transpose(1, 2))
    with FlopCounterMode(display=False) as counter:
        module(given)
    rows = models.shapes(model, shape, 5)
    assert 2 * sum(row.multiply_adds for row in rows) == counter.get_total_flops()


@pytest.mark.parametrize("name", models.MODELS)
def test_memory_is_that_of_float32(name):
    rows = models.shapes(Model(name=name), fitting(name), 5)
    assert all(row.memory == torch.empty(row.output).nbytes for row in rows)


@pytest.mark.parametrize(
    ("cell", "products"),
    [("lstm", 4 * 64 * (3 + 64)), ("gru", 3 * 64 * (3 + 64)), ("min_gru", 2 * 64 * 3)],
)
def test_a_gated_layer_multiplies_at_each_step(cell, products):
    rows = models.shapes(Model(name="recurrent", settings={"cell": cell}), (3, 20), 5)
    assert rows[1].multiply_adds == 20 * products


LISTS = [
    "conv 2 3; conv 2 5 pad 2 stride 2; pool 2; flatten; linear 3",
    "conv 2 4 pad same; pool 3 stride 2 pad 1 kind average; globalpool; flatten; linear 3",
    "zeropad 20; conv 2 3 dilation 3; pool 2 stride 1; flatten; linear 3",
    "residual (conv 3 3 pad 1; conv 3 5 pad 2 stride 2); conv 2 3; flatten; linear 3",
    "conv 2 3 stride 3; residual (conv 4 3 pad 1) (conv 4 1); flatten; linear 3",
    "conv 2 3 stride 3; conv 2 2; globalpool; flatten; linear 3",
    "conv 2 4 pad same; conv 2 1 stride 9; flatten; linear 3",  # the odd zero is at the end
    "conv 2 1 pad 3; conv 2 3; flatten; linear 3",
    "flatten; linear 3",
]


@pytest.mark.filterwarnings("ignore:Using padding='same'")  # says that it is slow
@pytest.mark.parametrize("shape", [(1, 17, 11), (2, 23)], ids=str)
@pytest.mark.parametrize("name", LISTS)
def test_receptive_field_is_what_reaches_a_value(name, shape):
    """NaN at one place of the input makes NaN of all that sees it, and of nothing else."""
    rows = [r for r in models.shapes(Model(name=name), shape, 3) if r.layer.strip() != "Input"]
    seen = reached(models.build(Model(name=name), shape, 3).eval(), shape)
    top = [row.receptive_field for row in rows if not row.layer.startswith(" ")]
    assert top == seen


def reached(module: torch.nn.Sequential, shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    """For each child of the module, the largest extent that one of its values sees, by axis."""
    fields = [[0] * (len(shape) - 1) for _ in module]
    for axis in range(1, len(shape)):
        # reach[i][value, place]: does the value of child i change with the input at that place?
        reach: list[list[torch.Tensor]] = [[] for _ in module]
        for place in range(shape[axis]):
            x = torch.zeros(1, *shape)
            x.select(axis + 1, place).fill_(torch.nan)
            x = Padded(x.transpose(1, 2)) if x.dim() == 3 else x
            for i, child in enumerate(module):
                x = child(x)
                values = x.values.transpose(1, 2) if isinstance(x, Padded) else x
                reach[i].append(values.detach().isnan().flatten())
        for i, columns in enumerate(reach):
            places = torch.stack(columns, dim=1)
            for row in places.unique(dim=0):
                found = row.nonzero()
                if len(found):
                    extent = int(found.max() - found.min()) + 1
                    fields[i][axis - 1] = max(fields[i][axis - 1], extent)
    return [tuple(field) for field in fields]
