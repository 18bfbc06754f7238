"""`Preparation`: what is fitted to a replica's own training sample before the network sees it."""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, NamedTuple, Self, overload

import torch
from torch import Tensor

from steadfit.errors import SteadfitError
from steadfit.kinds.inputs import Batch
from steadfit.kinds.ragged import Ragged
from steadfit.kinds.table import Layout, Table

RESERVED = 2  # token numbers before the vocabulary's: 0 is padding, 1 an unknown token
UNKNOWN = 1  # the number of every token that is not in the vocabulary
_REACH = 3.0  # deviations that no number of a table goes beyond


class Window(tuple[int, ...]):
    """The shape (channels, steps) of what a forecast is made from, as a network sees it.

    seasons: in steps; 1 alone without. targets: the channels that are forecast. quantiles: of each
    number, that are answered; empty where the number is. beside: the channels that are not relative
    to the window. logs: those that are learned as logarithms.
    """

    seasons: tuple[int, ...]
    targets: tuple[int, ...]
    quantiles: tuple[float, ...]
    beside: tuple[int, ...]
    logs: tuple[int, ...]

    def __new__(
        cls,
        shape: tuple[int, ...],
        seasons: tuple[int, ...],
        targets: tuple[int, ...],
        quantiles: tuple[float, ...] = (),
        beside: tuple[int, ...] = (),
        logs: tuple[int, ...] = (),
    ) -> Self:
        made = super().__new__(cls, shape)
        made.seasons, made.targets = seasons, targets
        made.quantiles, made.beside, made.logs = quantiles, beside, logs
        return made


class Text(NamedTuple):
    """The shape of one text as a network sees it: a number below `tokens` at each of its steps."""

    tokens: int
    steps: int


@dataclass(frozen=True)
class Preparation:
    """Each channel, and each number to be predicted, with mean 0 and standard deviation 1.

    What is done to the network's answers is kept here too.

    mean, std: of each input channel, or of each feature of a table. target_mean, target_std: of
    each column of y; empty for classes and tokens. What never varies keeps its scale (std 1).
    vocabulary: the tokens known to the network, in the order of their numbers from 2 on; empty
    where the inputs are no text.
    kept: positions of the features of a table that vary in the sample, rising; those alone the
    network sees. Empty where the inputs are no table.
    temperature: the one number that logits are divided by (Guo et al. 2017, "On calibration of
    modern neural networks", 4.2); empty where they stay as the network gives them.
    relative: the season and the channels of a forecast that is made relative to its window
    (`steadfit.nn.Relative`); empty otherwise. beside: its channels that enter as they are. logs:
    its channels that are learned as logarithms. longer_seasons: beside the one in relative.
    quantiles: of each number, that the network answers; empty where it answers the number.
    """

    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    target_mean: tuple[float, ...] = ()
    target_std: tuple[float, ...] = ()
    vocabulary: tuple[str, ...] = ()
    temperature: tuple[float, ...] = ()
    kept: tuple[int, ...] = ()
    relative: tuple[float, ...] = ()
    quantiles: tuple[float, ...] = ()
    beside: tuple[float, ...] = ()
    logs: tuple[float, ...] = ()
    longer_seasons: tuple[float, ...] = ()

    @overload
    def inputs(self, x: Tensor) -> Tensor: ...
    @overload
    def inputs(self, x: Ragged) -> Ragged: ...
    @overload
    def inputs(self, x: Table) -> Table: ...
    def inputs(self, x: Batch) -> Batch:
        """x as the network sees it.

        Images, shape (examples, channels, height, width), and series: float32 of the same shape.
        Texts: the same lengths, tokens numbered by the vocabulary, 1 where it has none.
        Tables: as `features`, shape (rows, kept features).
        """
        if isinstance(x, Table):
            return x.with_values(self.features(Layout.of(x.columns).features(x.values)))
        if isinstance(x, Tensor):
            return self._standard(x)
        if x.ndim == 3:
            return x.of_steps(self._standard)
        return x.with_values(self.numbers(x.tokens)[x.values], self.vocabulary)

    def features(self, x: Tensor) -> Tensor:
        """A table's features (`Layout.features`) as the network sees them.

        Those kept, scaled; 0, the sample's median, where one is missing. They are squashed, so that
        no outlier goes beyond `_REACH` deviations: z / sqrt(1 + (z / reach)²), as Holzmüller et al.
        2024, "Better by default", has it.
        """
        kept = torch.tensor(self.kept, device=x.device)
        mean, std = (_row(values, x.device)[kept] for values in (self.mean, self.std))
        scaled = (x.index_select(1, kept) - mean) / std
        scaled = torch.where(scaled.isnan(), 0.0, scaled)
        return scaled / (1 + (scaled / _REACH).square()).sqrt()

    def targets(self, y: Tensor) -> Tensor:
        """y as the network learns it: numbers standardised; classes and tokens as they are."""
        if not self.target_mean:
            return y
        mean, std = _row(self.target_mean, y.device), _row(self.target_std, y.device)
        return (y - mean) / std

    def restore(self, outputs: Tensor) -> Tensor:
        """The network's numbers in the data's own units, `targets` undone; logits over their
        temperature."""
        if self.temperature:
            return outputs / self.temperature[0]
        if not self.target_mean:
            return outputs
        std, mean = _row(self.target_std, outputs.device), _row(self.target_mean, outputs.device)
        if self.quantiles:
            each = outputs.unflatten(-1, (len(self.quantiles), len(self.target_std)))
            return (each * std + mean).flatten(-2)
        return outputs * std + mean

    def to_dict(self) -> dict[str, list[Any]]:
        """Plain lists, for JSON."""
        return {name: list(values) for name, values in asdict(self).items()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read `to_dict`'s mapping. Raises SteadfitError where it holds anything else."""
        try:
            words = tuple(map(str, values.get("vocabulary", ())))
            kept = tuple(map(int, values.get("kept", ())))
            others = values.keys() - {"vocabulary", "kept"}
            numbers = {name: tuple(map(float, values[name])) for name in others}
            fitted = cls(**numbers, vocabulary=words, kept=kept)
        except (TypeError, ValueError) as error:
            raise SteadfitError(f"This is no preparation of inputs: {error}.") from None
        pairs = ((fitted.mean, fitted.std), (fitted.target_mean, fitted.target_std))
        if any(len(mean) != len(std) for mean, std in pairs):
            raise SteadfitError("This is no preparation of inputs: means and deviations differ.")
        for number in (number for mean, _ in pairs for number in mean):
            if not math.isfinite(number):
                raise SteadfitError(
                    f"A mean of the inputs or targets must be finite, got {number}."
                )
        for number in (number for _, std in pairs for number in std):
            if not (math.isfinite(number) and number > 0):
                raise SteadfitError(f"A deviation must be finite and above 0, got {number}.")
        if not all(low < high for low, high in pairwise((-1, *kept, len(fitted.mean)))):
            raise SteadfitError(
                "This is no preparation of inputs: it keeps features that are none."
            )
        whole = (*fitted.relative, *fitted.beside, *fitted.logs, *fitted.longer_seasons)
        if any(number < 0 or number != int(number) for number in whole):
            raise SteadfitError("A season and channels must be whole numbers.")
        if len(fitted.temperature) > 1:
            raise SteadfitError(f"One temperature was expected, got {len(fitted.temperature)}.")
        for number in fitted.temperature:
            if not (math.isfinite(number) and number > 0):
                raise SteadfitError(f"A temperature must be finite and above 0, got {number}.")
        return fitted

    def _standard(self, x: Tensor) -> Tensor:
        shape = (1, -1) + (1,) * (x.ndim - 2)
        mean, std = (_row(values, x.device).view(shape) for values in (self.mean, self.std))
        return (x.to(torch.float32) - mean) / std

    def numbers(self, tokens: tuple[str, ...]) -> Tensor:
        """The vocabulary's number of each of these tokens; int64, shape (tokens,)."""
        number = {token: i for i, token in enumerate(self.vocabulary, RESERVED)}
        return torch.tensor([number.get(token, UNKNOWN) for token in tokens], dtype=torch.int64)


def _row(values: tuple[float, ...], device: torch.device) -> Tensor:
    return torch.tensor(values, dtype=torch.float32, device=device)
