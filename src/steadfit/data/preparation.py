"""What a replica's own training sample decides of its preparation."""

from typing import cast

from torch import Tensor

from steadfit.data.dataset import Dataset
from steadfit.kinds import Preparation, Ragged


def fit_preparation(dataset: Dataset, indices: Tensor) -> Preparation:
    """What a sample says of the inputs and targets.

    Means and standard deviations take each example as often as it was drawn; computed in float64
    by two passes (population standard deviation, divisor n). The vocabulary has each character of
    the sample, or each word that two different examples of it have, most frequent first. Where
    tokens are what is to be predicted, all are known beforehand. With pretrained vectors it has
    those words of the sample too that have one, and the most frequent of the vectors' file.

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
    if dataset.vectors is not None and "vocabulary" in of_kind:
        of_kind["vocabulary"] = _with_vectors(dataset, indices, of_kind["vocabulary"])
    return Preparation(**of_kind | of_task)


def _with_vectors(dataset: Dataset, indices: Tensor, known: tuple[str, ...]) -> tuple[str, ...]:
    """A vocabulary, and after it the words with pretrained vectors that the sample has, however
    rare, or that are frequent in the text that the vectors were trained on."""
    x, vectors = cast("Ragged", dataset.x), dataset.vectors
    assert vectors is not None
    sample = {x.tokens[i] for i in x[indices.unique()].values.unique().tolist()}
    frequent = vectors.words[: vectors.frequent]
    others = (word for word in vectors.words[vectors.frequent :] if word in sample)
    return tuple(dict.fromkeys([*known, *frequent, *others]))
