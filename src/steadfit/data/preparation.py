"""What a replica's own training sample decides of its preparation."""

from torch import Tensor

from steadfit.data.dataset import Dataset
from steadfit.kinds import Preparation


def fit_preparation(dataset: Dataset, indices: Tensor) -> Preparation:
    """What a sample says of the inputs and targets.

    Means and standard deviations take each example as often as it was drawn; computed in float64
    by two passes (population standard deviation, divisor n). The vocabulary has each character of
    the sample, or each word that two different examples of it have, most frequent first. Where
    tokens are what is to be predicted, all are known beforehand.

    >>> import torch
    >>> from steadfit.data import from_arrays
    >>> data = from_arrays([[[0]], [[2]], [[9]]], [0, 1, 1])
    >>> fitted = fit_preparation(data, torch.tensor([0, 1]))
    >>> fitted.mean, fitted.std
    ((1.0,), (1.0,))
    """
    kind, task = dataset.schema.kind, dataset.schema.task
    of_task = task.fit(dataset.x, dataset.y, indices)
    of_kind = {} if "vocabulary" in of_task else kind.fit(dataset.x, indices)
    return Preparation(**of_kind | of_task)
