"""`Signature`: how a program that was saved for use without steadfit takes a kind of examples."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from steadfit.kinds.preparation import RESERVED, Preparation
from steadfit.nn import Padded


@dataclass(frozen=True, eq=False)
class Signature:
    """The inputs of a program, and what is done to them before the networks see them.

    names: of the inputs. examples: tensors that the program is traced with. free: of each input,
    the axes whose size is free, by number, and what they are called. entries: for each network of
    an ensemble the module that turns the inputs into what the network takes. said: what the user of
    the program must know, by name.
    """

    names: tuple[str, ...]
    examples: tuple[Tensor, ...]
    free: tuple[Mapping[int, str], ...]
    entries: Sequence[nn.Module]
    said: Mapping[str, str | Sequence[str]] = field(default_factory=dict)


class ImageEntry(nn.Module):
    """Images, (batch, channels, height, width), scaled."""

    def __init__(self, preparation: Preparation) -> None:
        super().__init__()
        self.preparation = preparation

    def forward(self, x: Tensor) -> Tensor:
        return self.preparation.inputs(x)


class SeriesEntry(nn.Module):
    """Series, (batch, time, channels), scaled; what stands beyond an end is not read."""

    def __init__(self, preparation: Preparation) -> None:
        super().__init__()
        self.preparation = preparation

    def forward(self, x: Tensor, lengths: Tensor) -> Padded:
        filled = Padded(x, lengths).filled(0.0)
        scaled = self.preparation.inputs(filled.flatten(0, 1)).view(x.shape)
        return Padded(scaled, lengths)


class TextEntry(nn.Module):
    """Token numbers of the program's vocabulary, (batch, time), as those of the network's own."""

    def __init__(self, preparation: Preparation, vocabulary: tuple[str, ...]) -> None:
        super().__init__()
        reserved = torch.arange(RESERVED)
        self.register_buffer("table", torch.cat([reserved, preparation.numbers(vocabulary)]))

    def forward(self, tokens: Tensor, lengths: Tensor) -> Padded:
        within = torch.where(Padded(tokens, lengths).mask(), tokens, 0)
        return Padded(self.get_buffer("table")[within], lengths)


def image_signature(shape: tuple[int, ...], preparations: Sequence[Preparation]) -> Signature:
    """shape: channels, height, width."""
    sides = " × ".join(map(str, shape))
    return Signature(
        names=("x",),
        examples=(torch.zeros(2, *shape, dtype=torch.float32),),
        free=({0: "batch"},),
        entries=[ImageEntry(each) for each in preparations],
        said={
            "input": f"x: float32, batch × {sides} (channels, height, width), pixels in the range "
            "of the training data"
        },
    )


def series_signature(channels: int, steps: int, preparations: Sequence[Preparation]) -> Signature:
    """steps: as many as the program is traced with."""
    return Signature(
        names=("x", "lengths"),
        examples=(
            torch.zeros(2, max(steps, 2), channels, dtype=torch.float32),
            torch.tensor([max(steps, 2), 1]),
        ),
        free=({0: "batch", 1: "time"}, {0: "batch"}),
        entries=[SeriesEntry(each) for each in preparations],
        said={
            "input": f"x: float32, batch × time × {channels} (channels), values in the units of "
            "the training data, none missing; lengths: int64, the steps of each series, 1 or more; "
            "what stands beyond them is ignored"
        },
    )


def text_signature(
    unit: str, rule: str, steps: int, preparations: Sequence[Preparation]
) -> Signature:
    """unit, rule: what a token is, and how a text is cut. steps: as in `series_signature`."""
    vocabulary = tuple(dict.fromkeys(token for each in preparations for token in each.vocabulary))
    steps = max(steps, 2)
    return Signature(
        names=("tokens", "lengths"),
        examples=(torch.ones(2, steps, dtype=torch.int64), torch.tensor([steps, 1])),
        free=({0: "batch", 1: "time"}, {0: "batch"}),
        entries=[TextEntry(each, vocabulary) for each in preparations],
        said={
            "input": "tokens: int64, batch × time, the numbers of a text's tokens; lengths: int64, "
            "the tokens of each text, 1 or more; what stands beyond them is ignored",
            "tokens": f"The first of vocabulary has the number {RESERVED}, the second "
            f"{RESERVED + 1}, and so on; a token that is not there has the number 1. {rule}",
            "unit": unit,
            "vocabulary": vocabulary,
        },
    )
