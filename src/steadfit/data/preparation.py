"""`Preparation`: what is fitted to a replica's own training sample before the network sees it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from steadfit.data.dataset import Dataset
from steadfit.errors import SteadfitError

_BLOCK = 4096  # examples taken to float64 at a time


@dataclass(frozen=True)
class Preparation:
    """Each channel, and each number to be predicted, with mean 0 and standard deviation 1.

    mean, std: of each input channel. target_mean, target_std: of each column of y; empty for
    classes. A channel or column that never varies keeps its scale (std 1).
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]
    target_mean: tuple[float, ...] = ()
    target_std: tuple[float, ...] = ()

    def inputs(self, x: Tensor) -> Tensor:
        """x, shape (examples, channels, height, width), as prepared float32 of the same shape."""
        shape = (1, -1) + (1,) * (x.ndim - 2)
        mean, std = (_row(values, x.device).view(shape) for values in (self.mean, self.std))
        return (x.to(torch.float32) - mean) / std

    def targets(self, y: Tensor) -> Tensor:
        """Numbers to be predicted as the network learns them; class numbers as they are."""
        if not self.target_mean:
            return y
        return (y - _row(self.target_mean, y.device)) / _row(self.target_std, y.device)

    def restore(self, outputs: Tensor) -> Tensor:
        """The network's numbers in the data's own units, `targets` undone; logits as they are."""
        if not self.target_mean:
            return outputs
        std, mean = _row(self.target_std, outputs.device), _row(self.target_mean, outputs.device)
        return outputs * std + mean

    def to_dict(self) -> dict[str, list[float]]:
        """Plain lists, for JSON."""
        return {name: list(values) for name, values in asdict(self).items()}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read `to_dict`'s mapping. Raises SteadfitError where it holds anything else."""
        try:
            return cls(**{name: tuple(map(float, numbers)) for name, numbers in values.items()})
        except (TypeError, ValueError) as error:
            raise SteadfitError(f"This is no preparation of inputs: {error}.") from None


def fit_preparation(dataset: Dataset, indices: Tensor) -> Preparation:
    """The means and standard deviations of a sample, each example as often as it was drawn.

    Computed in float64 by two passes (population standard deviation, divisor n).

    >>> from steadfit.data import from_arrays
    >>> data = from_arrays(np.array([[[0]], [[2]], [[9]]], np.uint8), [0, 1, 1])
    >>> fit_preparation(data, torch.tensor([0, 1]))
    Preparation(mean=(1.0,), std=(1.0,), target_mean=(), target_std=())
    """
    mean, std = _moments(dataset.x, indices)
    if dataset.task == "classes":
        return Preparation(mean, std)
    return Preparation(mean, std, *_moments(dataset.y, indices))


def _moments(values: Tensor, indices: Tensor) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation over all axes but the second, of the rows at indices."""
    axes = tuple(axis for axis in range(values.ndim) if axis != 1)
    count = len(indices) * values[0].numel() // values.shape[1]

    def mean_of_power(power: int, centre: np.ndarray) -> np.ndarray:
        total = np.zeros(values.shape[1])
        for block in indices.split(_BLOCK):
            rows = values[block].numpy().astype(np.float64)
            rows -= centre.reshape(-1, *(1,) * (values.ndim - 2))
            total += (rows**power).sum(axes)
        return total / count

    mean = mean_of_power(1, np.zeros(values.shape[1]))
    std = np.sqrt(mean_of_power(2, mean))
    return tuple(mean.tolist()), tuple(np.where(std > 0, std, 1.0).tolist())


def _row(values: tuple[float, ...], device: torch.device) -> Tensor:
    return torch.tensor(values, dtype=torch.float32, device=device)
