"""A small data set that each reference suits."""

import numpy as np
import pyarrow as pa
import torch

from steadfit.data import (
    Dataset,
    Forecast,
    from_arrays,
    from_forecast,
    from_series,
    from_table,
    from_texts,
    read,
)
from steadfit.references import REFERENCES

RNG = np.random.default_rng(0)
WORDS = ["good", "bad", "long", "short", "dull", "bright", "film", "plot", "actor", "scene"]
Y3 = np.arange(48) % 3


def images(channels: int = 1, side: int = 8) -> np.ndarray:
    """48 images, of which a third each is brighter at another place."""
    x = RNG.integers(0, 200, (48, channels, side, side))
    x[np.arange(48), :, Y3, :] += 40
    return x.astype(np.uint8)


def series(lengths: tuple[int, ...] = (10,)) -> list[np.ndarray]:
    return [RNG.normal(y, 1.0, (lengths[i % len(lengths)], 2)) for i, y in enumerate(Y3)]


def texts() -> list[str]:
    return [" ".join(RNG.choice(WORDS[y : y + 7], 8)) for y in Y3]


def names(y: np.ndarray) -> list[str]:
    return [f"class {k}" for k in y]


def several() -> list[str]:
    """A label of the kind of example, and one of its own."""
    return [f"kind {k}{';odd' * (i % 5 == 0)}" for i, k in enumerate(Y3)]


def numbers(outputs: int = 2) -> np.ndarray:
    return np.stack([Y3 * 10.0 + k for k in range(outputs)], 1) + RNG.normal(size=(48, outputs))


def forecast() -> Dataset:
    steps = np.arange(60.0)
    noise = RNG.normal(size=(2, 60, 1))
    rows = [np.sin(steps * np.pi / 2)[:, None] * 5 + 0.1 * steps[:, None] + n for n in noise]
    return from_forecast(rows, Forecast(horizon=3, window=8, season=4))


def rows() -> Dataset:
    """Numbers with gaps, and categories."""
    noisy = [None if i % 11 == 5 else y + RNG.normal() for i, y in enumerate(Y3)]
    words = [WORDS[y + i % 2] for i, y in enumerate(Y3)]
    return from_table(pa.table({"a": noisy, "b": words}), names(Y3))


CASES = {
    "frequencies": lambda: from_arrays(images(), names(Y3)),
    "mean": lambda: from_arrays(images(), numbers()),
    "logistic regression": lambda: from_arrays(images(), names(Y3)),
    "ridge regression": lambda: from_series(series(), numbers()),
    "HOG and logistic regression": lambda: from_arrays(images(3, 24), names(Y3)),
    "nearest neighbour": lambda: from_series(series((5, 9, 10)), names(Y3)),
    "boosted trees": rows,
    "TF-IDF and logistic regression": lambda: from_texts(texts(), names(Y3)),
    "TF-IDF and ridge regression": lambda: from_texts(texts(), numbers()),
    "label frequencies": lambda: from_arrays(images(), several(), several=";"),
    "boosted trees per label": lambda: from_series(series(), several(), several=";"),
    "logistic regression per label": lambda: from_series(series(), several(), several=";"),
    "TF-IDF and logistic regression per label": lambda: from_texts(texts(), several(), several=";"),
    "naive forecast": forecast,
    "seasonal naive forecast": forecast,
    "drift": forecast,
    "ridge on lags": forecast,
    "Holt-Winters": forecast,
    "AutoETS": forecast,
    "Theta": forecast,
    "Kneser-Ney": lambda: read("copy", length=3, train=40, test=10),
}


def case(name: str) -> Dataset:
    """Data that the reference of this name suits; a new reference gives its own."""
    assert set(CASES) == set(REFERENCES), "Give each reference a case, and remove old ones."
    return CASES[name]()


def take(data: Dataset, rows: list[int]) -> Dataset:
    return data.take(torch.tensor(rows))
