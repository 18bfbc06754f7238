"""Data in time order: no step on both sides, blocks drawn whole."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from steadfit.data import Dataset, Structure, carve, draw, from_series, split
from steadfit.errors import SteadfitError, counted


def windows(steps: int, length: int, series: int = 1) -> Dataset:
    """All windows of `length` steps of each series."""
    spans = [(s, i, i + length - 1) for s in range(series) for i in range(steps - length + 1)]
    x = [np.arange(first, last + 1) + 1000.0 * s for s, first, last in spans]
    data = from_series(x, [float(last) for _, _, last in spans])
    return replace(data, structure=Structure(spans=torch.tensor(spans)))


def steps_of(data: Dataset) -> set[tuple[int, int]]:
    assert data.structure.spans is not None
    return {(s, t) for s, a, b in data.structure.spans.tolist() for t in range(a, b + 1)}


@given(
    steps=st.integers(20, 60), length=st.integers(1, 8), series=st.integers(1, 3),
    share=st.floats(0.1, 0.5),
)  # fmt: skip
def test_the_future_is_never_trained_on(steps: int, length: int, series: int, share: float) -> None:
    data = windows(steps, length, series)
    parts = split(data, share)
    last_seen = max(t for _, t in steps_of(parts.train))
    assert last_seen < min(t for _, t in steps_of(parts.test))
    tested = [(s, t) for s, a, b in parts.test.structure.spans.tolist() for t in range(a, b + 1)]
    assert len(set(tested)) == len(tested), "no step is predicted twice"
    across = (length - 1) * series
    said = f"{counted(across, 'examples')} that predict steps on both sides of the cut"
    assert (said in parts.notes[0]) == bool(across)
    again = len(data) - len(parts.train) - len(parts.test) - across
    said = f"{counted(again, 'examples')} after it that predict steps again."
    assert parts.notes[0].endswith(said) == bool(again)
    assert (len(parts.test) + again) / len(data) == pytest.approx(
        share, abs=series / len(data) + 0.05
    )


@given(seed=st.integers(0, 20), number=st.integers(0, 5))
def test_validation_is_the_last_part_and_shares_no_step(seed: int, number: int) -> None:
    data = windows(80, 5)
    sample = draw(data, "bootstrap", number, seed)
    training, validation = carve(data, sample, 0.25, seed)
    seen, held = steps_of(data.take(training)), steps_of(data.take(validation))
    assert max(seen) < min(held)
    assert len(validation) / len(sample.unique()) == pytest.approx(0.25, abs=0.1)
    assert set(training.tolist()) <= set(sample.tolist())


@pytest.mark.parametrize("scheme", ["bootstrap", "subsample"])
def test_whole_blocks_are_drawn(scheme: str) -> None:
    data = windows(64, 5, series=2)  # 60 windows a series: 12 blocks of 5 neighbours
    counts = torch.bincount(draw(data, scheme, 1), minlength=120).reshape(24, 5)
    assert (counts == counts[:, :1]).all()
    assert len(counts[:, 0].unique()) > 1
    assert not torch.equal(counts[:12], counts[12:])  # each series has blocks of its own


def test_equal_windows_of_a_constant_series_are_no_leak() -> None:
    data = windows(40, 4)
    flat = replace(data, x=from_series(np.ones((len(data), 4)), [0.0] * len(data)).x)
    assert len(split(flat).train) == len(split(data).train)


def test_too_short_a_time_is_said() -> None:
    with pytest.raises(SteadfitError, match="no window to train on"):
        split(windows(6, 5))
