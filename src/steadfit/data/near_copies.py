"""Images that are nearly the same: the same photo saved again, brighter, or a little larger."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d

_SIDE = 16  # pixels that an image is shrunk to
_LEAST = 32  # pixels a side; smaller pictures are too alike by themselves
_ALIKE = 0.98  # correlation of two shrunk images; 4,000 of CIFAR-10 have two such pairs, both right
_CONTRAST = 4.0  # standard deviation, of 255; what has less is a blank
_MOST = 20_000  # images; of more, the comparison would take long
_TOGETHER = 2048  # images that are compared with the others at a time
_SHRUNK = 64  # and shrunk


def near_copies(x: Tensor) -> list[tuple[int, int]]:
    """Pairs of images that are nearly the same, the earlier one first; each later image once.

    x: uint8, shape (images, channels, height, width). Images are shrunk to 16×16 grey means, and
    compared by their correlation, which does not see brightness and contrast. Exact copies are left
    out, and so are blanks, images below 32 pixels a side, and all where there are more than 20,000.
    """
    if min(x.shape[2:]) < _LEAST or len(x) > _MOST:
        return []
    signs = torch.cat(list(map(_sign, x.split(_SHRUNK))))
    pairs: dict[int, int] = {}
    for begin in range(0, len(x), _TOGETHER):
        part = signs[begin : begin + _TOGETHER]
        alike = (part @ signs[: begin + len(part)].T > _ALIKE).nonzero().tolist()
        for late, early in ((begin + row, column) for row, column in alike):
            if early < late and late not in pairs and not torch.equal(x[early], x[late]):
                pairs[late] = early
    return [(early, late) for late, early in pairs.items()]


def _sign(x: Tensor) -> Tensor:
    """Each image as 256 numbers of mean 0 and length 1; zeros for a blank."""
    small = adaptive_avg_pool2d(x.float().mean(1, keepdim=True), _SIDE).flatten(1)
    small = small - small.mean(1, keepdim=True)
    length = small.norm(dim=1, keepdim=True)
    return torch.where(length > _CONTRAST * _SIDE, small / length.clamp_min(1), 0)


def apart(
    pairs: Sequence[tuple[int, int]], groups: Sequence[str] | None, is_test: np.ndarray | None
) -> Iterator[tuple[int, int]]:
    """The pairs that a split may divide: of different groups and, where the data have a test set of
    their own, of different sides."""
    for early, late in pairs:
        same_group = groups is not None and groups[early] == groups[late]
        if not same_group and (is_test is None or is_test[early] != is_test[late]):
            yield early, late
