"""Series of numbers over time."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from steadfit.errors import SteadfitError
from steadfit.formats import Form, Rows, WideTable, ts
from steadfit.formats.archives import archived
from steadfit.formats.arrays import as_array, named
from steadfit.formats.columns import Columns
from steadfit.formats.form import is_table
from steadfit.kinds.moments import moments
from steadfit.kinds.preparation import Preparation, Window
from steadfit.kinds.ragged import Ragged
from steadfit.kinds.random import noise, uniform
from steadfit.kinds.sequences import Sequences
from steadfit.kinds.series_rows import joined
from steadfit.kinds.signature import Signature, series_signature
from steadfit.kinds.values import Examples
from steadfit.kinds.windows import after
from steadfit.recipe import Augmentation


@dataclass(frozen=True)
class Series(Sequences):
    """Series: `Ragged`, float32, steps × channels, of any number of steps."""

    channels: int

    name = several = "series"
    model = "resnet1d"
    model_of_numbers = "recurrent"  # docs/sequences.md has the protocol
    changes = frozenset({"noise", "crop"})
    remedies = ("recurrent_dropout", "jitter")
    references = ("logistic regression", "ridge regression", "nearest neighbour", "boosted trees")
    suffix = ".ts"
    files = "series: a .ts, .csv or .parquet file"

    @classmethod
    def holds(cls, x: object) -> bool:
        return isinstance(x, Ragged) and x.ndim == 3

    @classmethod
    def of(cls, x: Ragged) -> Self:
        return cls(x.shape[2])

    def __str__(self) -> str:
        return f"series with channels: {self.channels}"

    def step_size(self, x: Ragged) -> str:
        return f" × {self.channels}" if self.channels > 1 else ""

    def shape(self, x: Ragged) -> tuple[int, ...]:
        return (x.shape[2], x.shape[1])

    def from_values(self, given: Any) -> Rows:
        """An array (steps, channels), (examples, steps, channels), or a list of such. With one
        channel, that axis may be left out."""
        if isinstance(given, (list, tuple)) and len({np.shape(each) for each in given}) > 1:
            return Rows(list(given), named((), len(given)))
        x = as_array(given, "x")
        if x.ndim == (1 if self.channels == 1 else 2):
            x = x[None]
        if x.ndim not in (2, 3) or x.dtype.kind == "U":
            raise SteadfitError(
                f"The model takes {self}, got an array of {x.dtype} of shape {x.shape}. Give "
                "numbers, (steps, channels) or (examples, steps, channels)."
            )
        return Rows(list(x), named((), len(x)))

    def columns(self, x: Ragged) -> int:
        return int(x.lengths[0]) * self.channels if bool((x.lengths == x.lengths[0]).all()) else 0

    def matrix(self, x: Ragged) -> np.ndarray:
        """The channels of the first step, then those of the second, and so on."""
        return x.values.numpy().astype(np.float64).reshape(len(x), -1)

    def plain(self, x: Ragged) -> Any:
        """As `Kind.plain`: (steps, channels) each, without the axis of a single channel."""
        rows = [row[:, 0].copy() if self.channels == 1 else row.copy() for row in self.rows(x)]
        return np.stack(rows) if self.columns(x) else rows

    def flat(self, x: Tensor) -> Tensor:
        return x.flatten(1)

    def check_shape(self, shape: tuple[int, ...]) -> None:
        if len(shape) != 2 or shape[0] != self.channels:
            raise ValueError(f"a shape of {self} and of steps was expected, got {shape}")

    def told(self, table: Columns) -> Form:
        return WideTable.told(table)

    def is_own(self, source: Path) -> bool:
        return archived(source) == "ts"

    def is_rows(self, source: Path) -> bool:
        return is_table(source) or archived(source) == "rows"

    def rows_of(self, source: Path, encoding: str | None) -> Rows:
        return ts.unlabelled(source, encoding)

    def joined(self, rows: Rows, name: str, missing: str) -> Examples:
        found = joined(rows.examples, rows.ids, missing, name)
        kept = list(map(int, found.kept))
        ids = tuple(rows.ids[i] for i in kept)
        x = found.series
        if rows.before:
            x = after(x, [rows.before[i] for i in kept])
        clocks = tuple(rows.clocks[i] for i in kept) if rows.clocks else ()
        return Examples(x, ids, (*rows.notes, *found.notes), clocks)

    def fit(self, x: Ragged, indices: Tensor) -> dict[str, Any]:
        mean, std = moments(x, indices)
        return {"mean": mean, "std": std}

    def network_shape(
        self, shape: tuple[int, ...], preparation: Preparation | None = None
    ) -> tuple[int, ...]:
        """Of a forecast that is relative to its window, that `Window`."""
        if preparation is None or not preparation.relative:
            return shape
        season, *targets = map(int, preparation.relative)
        given = (preparation.longer_seasons, preparation.beside, preparation.logs)
        longer, beside, logs = (tuple(map(int, each)) for each in given)
        seasons, quantiles = (season, *longer), preparation.quantiles
        return Window(shape, seasons, tuple(targets), quantiles, beside, logs)

    def means(self, shape: tuple[int, ...]) -> int:
        return self.channels

    def signature(self, shape: tuple[int, ...], preparations: Sequence[Preparation]) -> Signature:
        return series_signature(self.channels, shape[1], preparations)

    def _changed(self, x: Ragged, settings: Augmentation, generator: torch.Generator) -> Ragged:
        if settings.crop:
            x = _cropped(x, settings.crop, generator)
        return (
            x.with_values(x.values + noise(x.values, settings, generator)) if settings.noise else x
        )


def _cropped(x: Ragged, share: float, generator: torch.Generator) -> Ragged:
    """A part of each series: what is cut away is drawn evenly up to the share, then its place."""
    most, place = uniform((2, len(x)), generator).to(x.lengths.device)
    cut = (most * share * x.lengths).long()
    lengths = x.lengths - cut
    begin = x.starts + (place * (cut + 1)).long()
    steps = torch.arange(int(lengths.sum()), device=lengths.device)
    shift = (begin - (lengths.cumsum(0) - lengths)).repeat_interleave(lengths)
    return Ragged(x.values[steps + shift], lengths)
