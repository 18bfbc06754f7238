"""What `model.json` may ask for: refused before memory is taken for it."""

import math
from collections.abc import Mapping, Sequence

from torch import Tensor

from steadfit.errors import SteadfitError
from steadfit.machine import check_free
from steadfit.models import largest, parameters
from steadfit.recipe import Model

MOST_MEMBERS = 10_000  # networks of an ensemble
MOST_OUTPUTS = 100_000  # of a reference: a network has weights for each of its own
LARGEST_IMAGE = 2**26  # values of one example, or of what a layer makes of it
_COPIES = 3  # of weights at the peak: the file's content, the tensors, and the network's own
LONGEST = 2**31  # any side of an example


def check_members(count: int) -> None:
    """Raise SteadfitError for more members than an ensemble of ours has."""
    if count > MOST_MEMBERS:
        raise SteadfitError(f"a model must have at most {MOST_MEMBERS:,} members, got {count:,}")


def check_weights(what: str, size: int) -> None:
    """Raise SteadfitError where files of weights of this size, in bytes, would fill the memory."""
    check_free(what, _COPIES * size)


def check_outputs(count: int) -> None:
    """Raise SteadfitError for more outputs than there is a reference for."""
    if count > MOST_OUTPUTS:
        raise SteadfitError(
            f"a reference must have at most {MOST_OUTPUTS:,} outputs, got {count:,}"
        )


def check_shape(shape: Sequence[int]) -> None:
    """Raise SteadfitError for examples larger than any that can be trained on."""
    values = math.prod(shape) if len(shape) == 3 else 0
    if values > LARGEST_IMAGE or max(shape, default=0) > LONGEST:
        raise SteadfitError(f"examples of {'×'.join(map(str, shape))} values are too large")


def check_names(classes: Sequence[str]) -> None:
    """Raise SteadfitError where two classes have one name: a prediction could be either."""
    if len(set(classes)) < len(classes):
        twice = next(name for i, name in enumerate(classes) if name in classes[:i])
        raise SteadfitError(f'class names must differ, got "{twice[:40]}" twice')


def check_size(
    model: Model, shape: tuple[int, ...], outputs: int, weights: Mapping[str, Tensor]
) -> None:
    """Refuse settings that ask for more weights than there are, before memory is taken for them;
    and layers without weights that make more of an image than could be trained on."""
    wanted = parameters(model, shape, outputs)
    found = sum(tensor.numel() for tensor in weights.values())
    if wanted > found:
        raise SteadfitError(f"the settings ask for {wanted:,} weights, and {found:,} are there")
    if len(shape) == 3 and (values := largest(model, shape, outputs)) > LARGEST_IMAGE:
        raise SteadfitError(f"a layer would give {values:,} values for an example")
