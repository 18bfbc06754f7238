"""Layers over the steps of a series or a text."""

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Annotated, Literal

import torch
from pydantic import AfterValidator, Field
from pydantic.dataclasses import dataclass
from torch import nn

from steadfit.cells import find
from steadfit.errors import SteadfitError
from steadfit.kinds import Text
from steadfit.models.layers.base import Count, Layer, Shape, times
from steadfit.nn import Embedding as TokenVectors
from steadfit.nn import PairEmbedding, Recurrent, TiedScores, TokenScores, pooling
from steadfit.recipe import Share

CellName = Annotated[str, AfterValidator(lambda name: find(name).name)]
Over = Literal["last", "mean", "root", "max", "attention"]


@dataclass(frozen=True)
class Embedding(Layer):
    """A vector of its own for each token; what other layers take for channels.

    dropout: as in `steadfit.nn.Embedding`. deviation: of the first values, which are drawn
    normally. torch's is 1; at 0.1 rare words begin by saying little, which classifies better.
    pairs: vectors that pairs of tokens share (`steadfit.nn.PairEmbedding`); 0 for none.
    """

    word = "embedding"
    channels: Count
    dropout: Share = 0.0
    deviation: Annotated[float, Field(gt=0)] = 0.1
    pairs: Annotated[int, Field(ge=0)] = 0

    def output(self, shape: Shape) -> Shape:
        return (self.channels, _text(shape).steps)

    def build(self, shape: Shape) -> nn.Module:
        tokens = _text(shape).tokens
        if not self.pairs:
            return self._begun(TokenVectors(tokens, self.channels, self.dropout))
        module = PairEmbedding(tokens, self.channels, self.pairs, self.dropout)
        self._begun(module.words)
        return module

    def _begun(self, module: TokenVectors) -> nn.Module:
        with torch.no_grad():
            module.weight.mul_(self.deviation)
        return module

    def weight(self, shape: Shape) -> Shape:
        return (_text(shape).tokens, self.channels)

    def parameters(self, shape: Shape) -> int:
        of_pairs = (self.pairs + 1) * self.channels if self.pairs else 0
        return math.prod(self.weight(shape)) + of_pairs

    def label(self, shape: Shape) -> str:
        return f"Embedding ({_text(shape).tokens} -> {self.channels})"


@dataclass(frozen=True)
class Recurrence(Layer):
    """A cell from step to step; both ways, each with weights of its own, if bidirectional.

    recurrent_dropout, zoneout, weight_drop: as in `steadfit.nn.Recurrent`. The bias of a forget
    gate that a cell state passes through begins with 1 (Jozefowicz et al. 2015).
    """

    word = "recurrence"
    cell: CellName
    hidden: Count
    bidirectional: bool = False
    recurrent_dropout: Share = 0.0
    zoneout: Share = 0.0
    weight_drop: Share = 0.0

    def output(self, shape: Shape) -> Shape:
        check_series(shape, self.label(shape))
        return (self.hidden * self._directions, shape[1])

    def build(self, shape: Shape) -> nn.Module:
        settings = asdict(self)
        name, hidden = settings.pop("cell"), settings.pop("hidden")
        cell = find(name)
        forget_bias = 1.0 if "forget" in cell.gates and "c" in cell.states else None
        return Recurrent(
            cell, shape[0], hidden, batch_first=True, forget_bias=forget_bias, **settings
        )

    def weight(self, shape: Shape) -> Shape:
        return (self._directions * math.prod(self._shapes(shape)["input"]) // shape[0], shape[0])

    def parameters(self, shape: Shape) -> int:
        return self._directions * sum(map(math.prod, self._shapes(shape).values()))

    def multiply_adds(self, shape: Shape) -> int:
        sizes = self._shapes(shape)
        products = sum(math.prod(sizes[name]) for name in ("input", "recurrent") if name in sizes)
        return self._directions * products * shape[1]

    def windows(self, shape: Shape) -> None:
        return None

    def label(self, shape: Shape) -> str:
        ways = ", both ways" if self.bidirectional else ""
        return f"{self.cell} ({shape[0]} -> {self.hidden}{ways})"

    @property
    def _directions(self) -> int:
        return 2 if self.bidirectional else 1

    def _shapes(self, shape: Shape) -> Mapping[str, tuple[int, ...]]:
        return find(self.cell).shapes(shape[0], self.hidden)


@dataclass(frozen=True)
class PoolSteps(Layer):
    """One value a channel from all the steps: what each direction has at its end, the mean, the sum
    over the root of their number, the largest, or a mean whose weights are learned (Yang et al.
    2016)."""

    word = "poolsteps"
    over: Over
    directions: Count = 1

    def output(self, shape: Shape) -> Shape:
        check_series(shape, self.label(shape))
        return (shape[0], 1)

    def build(self, shape: Shape) -> nn.Module:
        match self.over:
            case "last":
                return pooling.Last(self.directions)
            case "mean":
                return pooling.Mean()
            case "root":
                return pooling.Root()
            case "max":
                return pooling.Largest()
            case "attention":
                return pooling.Attention(shape[0])

    def parameters(self, shape: Shape) -> int:
        return shape[0] * (shape[0] + 2) if self.over == "attention" else 0

    def multiply_adds(self, shape: Shape) -> int:
        return shape[0] * (shape[0] + 1) * shape[1] if self.over == "attention" else 0

    def windows(self, shape: Shape) -> None:
        return None

    def label(self, shape: Shape) -> str:
        return f"PoolSteps ({self.over})"


@dataclass(frozen=True)
class LayerNorm(Layer):
    """The channels of each step to mean 0 and variance 1, then a learned scale and shift
    (Ba, Kiros and Hinton 2016)."""

    word = "layernorm"

    def output(self, shape: Shape) -> Shape:
        check_series(shape, "LayerNorm")
        return shape

    def build(self, shape: Shape) -> nn.Module:
        return nn.LayerNorm(shape[0])

    def weight(self, shape: Shape) -> Shape:
        return (shape[0],)

    def parameters(self, shape: Shape) -> int:
        return 2 * shape[0]


@dataclass(frozen=True)
class Scores(Layer):
    """A score for each token that may come next, at every step.

    tied: the weights are those of the net's embedding, whose channels its input then has.
    """

    word = "scores"
    tokens: Count
    tied: bool = False

    def output(self, shape: Shape) -> Shape:
        check_series(shape, self.label(shape))
        return (self.tokens, shape[1])

    def build(self, shape: Shape) -> nn.Module:
        return TiedScores(self.tokens) if self.tied else TokenScores(shape[0], self.tokens)

    def weight(self, shape: Shape) -> Shape:
        return () if self.tied else (shape[0], self.tokens)

    def parameters(self, shape: Shape) -> int:
        return self.tokens if self.tied else (shape[0] + 1) * self.tokens

    def multiply_adds(self, shape: Shape) -> int:
        return shape[0] * self.tokens * shape[1]

    def label(self, shape: Shape) -> str:
        return f"Scores ({shape[0]} -> {self.tokens}{', tied' if self.tied else ''})"


def _text(shape: Shape) -> Text:
    if not isinstance(shape, Text):
        raise SteadfitError(f"An embedding takes texts, got an input of {times(shape)}.")
    return shape


def check_series(shape: Shape, name: str) -> None:
    """Raise SteadfitError for what has no channels and steps."""
    if len(shape) != 2 or isinstance(shape, Text):
        what = "a text without an embedding" if isinstance(shape, Text) else times(shape)
        raise SteadfitError(f"{name} takes channels and steps, got {what}.")
