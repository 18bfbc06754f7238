"""The nearest training series."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from steadfit.data import Dataset, Schema
from steadfit.errors import SteadfitError
from steadfit.references.base import Learned, Reference
from steadfit.references.classifying import seen
from steadfit.references.shapes import Shapes, check_shapes

MOST_VALUES = 4_096  # of one series; a longer one is interpolated at fewer steps
MOST_PRODUCTS = 4e11  # numbers multiplied when each training series is held against each other


@dataclass(frozen=True)
class Neighbour(Reference):
    """What the nearest training series has, by Euclidean distance: the 1-NN of the archives.

    Channels are scaled to deviation 1 over all training steps. A series is not normalised by
    itself, as its level may tell its class. Series of unequal length are interpolated linearly at
    as many steps as the longest training series has.

    Classes: the neighbour's class has the probability (right + 1) / (examples + 2), where right
    counts the training series whose nearest other one has their class. The other classes share the
    rest equally.
    """

    name = "nearest neighbour"
    what = "The nearest training series by Euclidean distance (1-NN)."
    predicts = frozenset({"classes", "numbers"})
    shapes: ClassVar[Shapes] = {
        "scale": ("channels",),
        "series": ("examples", "steps", "channels"),
        "y": ("examples", "outputs"),
    }
    shapes_of_classes: ClassVar[Shapes] = {**shapes, "y": ("examples",), "same": ()}

    def suits(self, data: Dataset) -> bool:
        return super().suits(data) and len(data.example_shape) == 2  # channels and steps

    def check(self, learned: Learned, schema: Schema) -> None:
        shapes = self.shapes_of_classes if schema.task.classes else self.shapes
        check_shapes(learned.arrays, shapes, {"outputs": schema.task.outputs})
        if learned.arrays["series"].shape[1] > MOST_VALUES:
            raise ValueError(f"its series have more than {MOST_VALUES:,} steps")

    def learn(self, train: Dataset, seed: int) -> Learned:
        channels, longest = train.example_shape
        steps = max(1, min(longest, MOST_VALUES // channels))
        products = len(train) ** 2 * steps * channels
        if products > MOST_PRODUCTS:
            raise SteadfitError(
                f"training examples² × values must be at most {MOST_PRODUCTS:.0e}, got "
                f"{len(train):,}² × {steps * channels:,}."
            )
        values = train.x.values.numpy().astype(np.float64)  # pyright: ignore[reportAttributeAccessIssue]
        std = values.std(0)
        scale = np.where(std > 0, std, 1.0)
        series = interpolated(train.x, steps) / scale
        flat = series.reshape(len(train), -1)
        learned = {"scale": scale, "series": series, "y": train.y.numpy()}
        if not train.classes:
            return Learned(learned)
        seen(train.y.numpy())
        other = _nearest(flat)
        right = int((learned["y"] == learned["y"][other]).sum())
        return Learned(learned | {"same": np.array((right + 1) / (len(train) + 2))})

    def outputs(self, learned: Learned, schema: Schema, x: Any) -> np.ndarray:
        series = learned.arrays["series"]
        given = interpolated(x, series.shape[1]) / learned.arrays["scale"]
        place = _nearest(series.reshape(len(series), -1), given.reshape(len(given), -1))
        y = learned.arrays["y"][place]
        if "same" not in learned.arrays:
            return y
        same, classes = learned.arrays["same"], schema.task.outputs
        shares = np.full((len(y), classes), (1 - same) / (classes - 1))
        shares[np.arange(len(y)), y] = same
        return np.log(shares)


def interpolated(x: Any, steps: int) -> np.ndarray:
    """Each series at so many steps at equal distances, linearly; (series, steps, channels).

    >>> import torch
    >>> from steadfit.kinds import Ragged
    >>> x = Ragged.of([torch.tensor([[0.0], [2.0]]), torch.tensor([[5.0]])])
    >>> interpolated(x, 3)[..., 0].tolist()
    [[0.0, 1.0, 2.0], [5.0, 5.0, 5.0]]
    """
    values, lengths = x.values.numpy().astype(np.float64), x.lengths.numpy()
    place = np.linspace(0.0, 1.0, steps) * (lengths - 1)[:, None]
    before = np.floor(place + 1e-9).astype(np.int64)
    after = np.minimum(before + 1, (lengths - 1)[:, None])
    share = np.clip(place - before, 0.0, 1.0)[..., None]
    first = x.starts.numpy()[:, None]
    return (1 - share) * values[first + before] + share * values[first + after]


def _nearest(known: np.ndarray, given: np.ndarray | None = None) -> np.ndarray:
    """The position of the known row nearest to each given one; without, to each other known one."""
    from sklearn.neighbors import NearestNeighbors

    search = NearestNeighbors(n_neighbors=1, algorithm="brute").fit(known)
    return np.asarray(search.kneighbors(given, return_distance=False))[:, 0]
