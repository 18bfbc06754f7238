"""The Brier score as a loss to be trained by."""

from torch import Tensor
from torch.nn.functional import one_hot


def brier(
    logits: Tensor, y: Tensor, smoothing: float = 0.0, weights: Tensor | None = None
) -> Tensor:
    """The mean over examples of sum_k (p_k - [y = k])^2, p = softmax(logits) (Brier 1950).

    logits: (examples, classes). y: class numbers, (examples,), or the classes' probabilities where
    examples are mixed, without weights. smoothing: this share of the label's
    probability is spread over all classes, as `torch.nn.functional.cross_entropy` does. weights: of
    each class, (classes,), for a weighted mean.

    >>> import torch
    >>> brier(torch.zeros(4, 2), torch.tensor([0, 1, 1, 0]))
    tensor(0.5000)
    """
    classes = logits.shape[1]
    each = y if y.is_floating_point() else one_hot(y, classes)
    wanted = (1 - smoothing) * each + smoothing / classes
    scores = (logits.softmax(1) - wanted).square().sum(1)
    return scores.mean() if weights is None else (scores * weights[y]).sum() / weights[y].sum()
