"""Torch's modules over sequences of unequal length, exact at their ends.

Letters of shapes: B batch, T steps of the longest, C channels.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from steadfit.errors import SteadfitError
from steadfit.nn.nhits import NHits
from steadfit.nn.padded import Padded, at_length
from steadfit.nn.pooling import Mean, Pooling
from steadfit.nn.recurrent import Recurrent
from steadfit.nn.residual import Residual, Widen


class EachStep(nn.Module):
    """A module that sees one step at a time, over the channels of each."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, x: Padded) -> Padded:
        return x.but(self.module(x.values))


class OverBatch(nn.Module):
    """Batch normalisation whose means are those of the steps that there are."""

    def __init__(self, norm: nn.BatchNorm1d) -> None:
        super().__init__()
        self.norm = norm

    def forward(self, x: Padded) -> Padded:
        if x.lengths is None or not self.training:
            return x.but(self.norm(x.values.transpose(1, 2)).transpose(1, 2))
        mask = x.mask()
        values = torch.zeros_like(x.values)
        values[mask] = self.norm(x.values[mask])
        return x.but(values)


class OverTime(nn.Module):
    """A module whose windows go over the steps of (B, C, T), as convolution and pooling.

    fill: what its windows meet beyond a sequence's end. around: steps of it added before and after.
    steps: how many steps come out for each number that goes in.
    """

    def __init__(
        self,
        module: nn.Module,
        steps: Callable[[Tensor], Tensor],
        fill: float = 0.0,
        around: tuple[int, int] = (0, 0),
    ) -> None:
        super().__init__()
        self.module = module
        self.steps = steps
        self.fill = fill
        self.around = around

    def forward(self, x: Padded) -> Padded:
        values = x.filled(self.fill)
        if any(self.around):
            values = functional.pad(values, (0, 0, *self.around))
        steps = self.steps(x.ends() + 1)
        values = self.module(values.transpose(1, 2)).transpose(1, 2)
        out = Padded(values, None if x.lengths is None else steps)
        return out.but(out.filled(0.0)) if self.fill else out


class OverSequence(nn.Module):
    """A recurrent layer over each sequence."""

    def __init__(self, layer: Recurrent) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Padded) -> Padded:
        if x.states is None:
            return x.but(self.layer(x.values, lengths=x.lengths)[0])
        values, after = self.layer(x.values, x.states.get(self), lengths=x.lengths)
        x.states[self] = after
        return x.but(values)


class Flat(nn.Module):
    """All values in one row, channel after channel; shorter sequences end with zeros.

    steps: of the longest sequence that there is room for.
    """

    def __init__(self, steps: int) -> None:
        super().__init__()
        self.steps = steps

    def forward(self, x: Padded) -> Tensor:
        return at_length(x, self.steps).transpose(1, 2).flatten(1)


def over_steps(module: nn.Module, steps: int) -> nn.Module:
    """A module for (B, C, T) as one that takes a `Padded`: each sequence as if it were alone.

    steps: of the longest sequence, for `Flatten`.

    >>> conv = over_steps(nn.Conv1d(1, 1, 3, padding=1), steps=4)
    >>> conv(Padded(torch.ones(2, 4, 1), torch.tensor([4, 2]))).values.shape
    torch.Size([2, 4, 1])
    """
    match module:
        case nn.Conv1d(padding="same"):
            return _same(module)
        case nn.Conv1d() | nn.AvgPool1d():
            return OverTime(module, _Places(module))
        case nn.MaxPool1d():
            return OverTime(module, _Places(module), fill=-torch.inf)
        case Widen():
            return OverTime(module, lambda n: (n - 1) // module.stride + 1)
        case nn.ConstantPad1d():
            return OverTime(module, lambda n: n + sum(module.padding))
        case nn.BatchNorm1d():
            return OverBatch(module)
        case nn.AdaptiveAvgPool1d():
            return Mean()
        case nn.Flatten():
            return Flat(steps)
        case Recurrent():
            return OverSequence(module)
        case Residual() | Pooling() | NHits():
            return module
    return EachStep(module)


def _same(conv: nn.Conv1d) -> OverTime:
    """A convolution that keeps the number of steps; the odd zero of an even kernel at the end."""
    before, after = divmod(conv.dilation[0] * (conv.kernel_size[0] - 1), 2)
    conv.padding = (0,)
    return OverTime(conv, lambda n: n, around=(before, before + after))


class _Places:
    """How many windows of a convolution or pooling there are along n steps."""

    def __init__(self, module: nn.Conv1d | nn.MaxPool1d | nn.AvgPool1d) -> None:
        self.name = type(module).__name__
        self.ceil = not isinstance(module, nn.Conv1d) and module.ceil_mode
        if self.ceil and isinstance(module, nn.AvgPool1d):
            raise SteadfitError("Average pooling with ceil is not for sequences. Leave ceil out.")
        (self.pad,) = _single(0 if module.padding == "valid" else module.padding)
        (self.kernel,) = _single(module.kernel_size)
        (self.stride,) = _single(module.stride)
        (dilation,) = _single(1 if isinstance(module, nn.AvgPool1d) else module.dilation)
        self.span = dilation * (self.kernel - 1) + 1

    def __call__(self, steps: Tensor) -> Tensor:
        room = steps + 2 * self.pad - self.span
        places = room.div(self.stride, rounding_mode="floor") + 1
        if self.ceil:
            another = (room % self.stride > 0) & (places * self.stride < steps + self.pad)
            places = places + another
        if not torch.compiler.is_compiling() and int(places.min()) < 1:
            raise SteadfitError(
                f"{self.name} spans {self.span} steps, and a sequence has "
                f"{int(steps.min())}. Leave it out, or use a smaller kernel or more padding."
            )
        return places


def _single(size: int | str | tuple[int, ...]) -> tuple[int, ...]:
    assert not isinstance(size, str)
    return (size,) if isinstance(size, int) else size
