"""Which examples a replica is trained on, and which of them are held out on the way.

Everything here is a function of its arguments alone: NumPy's PCG64 seeded by a `SeedSequence`, so
that the same study draws the same samples on every platform.
"""

import math
from typing import Literal, get_args

import numpy as np
import torch
from torch import Tensor

from steadfit.data.dataset import Dataset
from steadfit.data.timeline import blocks_in_time, cut_in_time
from steadfit.errors import SteadfitError, unknown

Scheme = Literal["bootstrap", "subsample", "disjoint", "whole"]
_SCHEMES: tuple[str, ...] = get_args(Scheme)
_CARVE = 3  # its place in the seed sequence, beside those of the schemes that draw at random


def draw(dataset: Dataset, scheme: str, number: int, seed: int = 0, share: float = 0.5) -> Tensor:
    """The examples of training sample `number`, as int64 positions in ascending order.

    scheme: "bootstrap", n of n with replacement (Efron 1979); "subsample", round(share * n)
        without replacement; "disjoint", part `number` of a random division into floor(1 / share)
        parts of floor(share * n), which never overlap; "whole", all examples every time.
    number, seed: from 0. The sample depends on these two, the scheme, the share, and the size of
        the data set only: every arm of a study is given the same samples.

    Where the data has groups, whole groups are drawn (Davison and Hinkley 1997, 3.8); where it is
    in time order, blocks of neighbours (see `blocks_in_time`). n then counts groups or blocks.
    Raises SteadfitError for an unknown scheme, or a share that leaves nothing to draw.

    >>> from steadfit.data import from_arrays
    >>> data = from_arrays(np.zeros((6, 8, 8)), [0, 0, 0, 1, 1, 1])
    >>> sorted([*draw(data, "disjoint", 0).tolist(), *draw(data, "disjoint", 1).tolist()])
    [0, 1, 2, 3, 4, 5]
    """
    if scheme not in _SCHEMES:
        raise unknown("sampling scheme", scheme, _SCHEMES)
    if scheme == "whole":
        return torch.arange(len(dataset))
    if dataset.structure.spans is not None:
        members = _members(blocks_in_time(dataset.structure.spans.numpy()))
    elif dataset.structure.groups is not None:
        members = _members(dataset.structure.groups.numpy())
    else:
        return torch.from_numpy(np.sort(_units(len(dataset), scheme, number, seed, share)))
    drawn = _units(len(members), scheme, number, seed, share)
    return torch.from_numpy(np.sort(np.concatenate([members[unit] for unit in drawn])))


def carve(dataset: Dataset, indices: Tensor, share: float, seed: int) -> tuple[Tensor, Tensor]:
    """Divide a drawn sample into (training, validation) positions, for early stopping.

    indices: a sample as `draw` gives it, repeats included. They stay in the training part; the
        validation part has each example once.
    share: of the sample's distinct examples, above 0 and below 1.

    No example of the validation part is trained on, nor an exact copy of one, nor one of its group.
    Classes are held in proportion. Of data in time order the last part is held out, and what
    reaches into it is in neither part. Raises SteadfitError where a part would be empty.

    >>> from steadfit.data import from_arrays
    >>> data = from_arrays(np.arange(640).reshape(10, 8, 8), [0, 1] * 5)
    >>> training, validation = carve(data, torch.arange(10), share=0.4, seed=0)
    >>> len(training), data.y[validation].tolist()
    (6, [0, 1, 0, 1])
    """
    _check_share(share)
    distinct = np.unique(indices.numpy())
    if dataset.structure.spans is not None:
        before, after = cut_in_time(dataset.structure.spans.numpy()[distinct], share)
        validation, allowed = distinct[after], np.isin(np.arange(len(dataset)), distinct[before])
    else:
        rng = _rng(natural("seed", seed), _CARVE)
        held = hold_out(
            kept_together(dataset)[distinct],
            dataset.schema.task.strata(dataset.y)[distinct],
            share,
            rng,
        )
        validation = distinct[held]
        allowed = ~np.isin(dataset.first_copy, dataset.first_copy[validation])
    training = indices[torch.from_numpy(allowed)[indices]]
    if not len(training) or not len(validation):
        raise SteadfitError(
            f"A validation share of {share:g} of {len(distinct)} distinct examples leaves no "
            "validation or no training data once copies and groups are kept together. Use more "
            "data, another share, or no early stopping."
        )
    return training, torch.from_numpy(validation)


def kept_together(dataset: Dataset) -> np.ndarray:
    """The unit that each example belongs to and that no division may cut: int64 (examples,).

    Its group; without groups, all exact copies of the example.
    """
    return (
        dataset.first_copy if dataset.structure.groups is None else dataset.structure.groups.numpy()
    )


def hold_out(
    unit: np.ndarray, stratum: np.ndarray, share: float, rng: np.random.Generator
) -> np.ndarray:
    """True for about `share` of the examples, whole units only; bool, shape (examples,).

    Each stratum is held as near to the share as its units, in random order, allow, with one unit
    at least on either side where it has two. A unit counts for the stratum of its first example.
    """
    _, first, unit, size = np.unique(
        unit, return_index=True, return_inverse=True, return_counts=True
    )
    stratum = stratum[first]
    held = np.zeros(len(first), bool)
    owed = 0.0  # what rounding left over goes on to the next stratum, so that the total is right
    for value in np.unique(stratum):
        units = rng.permutation(np.flatnonzero(stratum == value))
        total = np.cumsum([0, *size[units]])
        wanted = share * total[-1] + owed
        taken = min(max(int(np.abs(total - wanted).argmin()), 1), len(units) - 1)
        held[units[:taken]] = True
        owed = np.clip(wanted - total[taken], -0.5, 0.5)
    return held[unit]


def _units(n: int, scheme: str, number: int, seed: int, share: float) -> np.ndarray:
    """Which of n examples, or of n groups, sample `number` has."""
    key = [natural("seed", seed), _SCHEMES.index(scheme)]
    if scheme == "bootstrap":
        return _rng(*key, natural("sample number", number)).integers(0, n, n)
    _check_share(share)
    size = math.floor(share * n + 1e-9) if scheme == "disjoint" else round(share * n)
    if not size:
        raise SteadfitError(
            f"A share of {share:g} of {n} examples is less than one example. Use a larger share."
        )
    if scheme == "subsample":
        return _rng(*key, natural("sample number", number)).permutation(n)[:size]
    parts = n // size
    if natural("sample number", number) >= parts:
        raise SteadfitError(
            f"{n} examples hold {parts} disjoint parts of {size}, and part {number + 1} was asked "
            "for. Use fewer samples or a smaller share."
        )
    return _rng(*key).permutation(n)[number * size : (number + 1) * size]


def _rng(*key: int) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence(list(key)))


def _members(groups: np.ndarray) -> list[np.ndarray]:
    """The positions of each group's examples."""
    order = np.argsort(groups, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(groups[order])) + 1)


def _check_share(share: float) -> None:
    if not 0 < share < 1:
        raise SteadfitError(f"A share must be above 0 and below 1, got {share:g}.")


def natural(what: str, value: int) -> int:
    """The value, which must be 0 or more and below 2⁶³. Raises SteadfitError.

    >>> natural("seed", 3)
    3
    """
    if value < 0:
        raise SteadfitError(f"A {what} must be 0 or more, got {value}.")
    if value >= 2**63:
        raise SteadfitError(f"A {what} must be below 2⁶³ = {2**63}, got {value}.")
    return value
