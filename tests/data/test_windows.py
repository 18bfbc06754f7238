"""Windows share the series that they are cut from, and read as if each were its own copy."""

import numpy as np
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from steadfit.data import Ragged, from_forecast
from steadfit.formats.gaps import FILLS, filled
from steadfit.kinds import Series, Windows
from steadfit.tasks import Forecast

lengths = st.lists(st.integers(5, 12), min_size=1, max_size=3)


def series_of(sizes: list[int], gaps: float = 0.0) -> list[np.ndarray]:
    rng = np.random.default_rng(sizes)
    found = [rng.normal(size=(size, 2)) for size in sizes]
    for one in found:
        one[rng.random(one.shape) < gaps] = np.nan
    return found


@given(lengths, st.integers(1, 3), st.integers(1, 2))
def test_windows_are_the_rows_before_each_horizon(sizes, window, horizon):
    series = series_of(sizes)
    data = from_forecast(series, Forecast(horizon, window, targets=(1, 0)))
    cuts = [
        (one[at : at + window], one[at + window : at + window + horizon, ::-1])
        for one in series
        for at in range(len(one) - window - horizon + 1)
    ]
    np.testing.assert_array_equal(data.x.padded(), np.float32([seen for seen, _ in cuts]))
    expected = np.float32([after.ravel() for _, after in cuts])
    np.testing.assert_array_equal(data.y, expected)


@given(st.lists(st.integers(9, 14), min_size=1, max_size=3), st.sampled_from(FILLS))
def test_a_filled_window_is_that_of_a_series_that_ends_with_it(sizes, rule):
    series = series_of(sizes, gaps=0.3)
    ends = [
        (one, end) for one in series for end in range(3, len(one)) if one[end, 0] == one[end, 0]
    ]
    each = [filled(one[:end], rule, 2)[-3:] for one, end in ends]
    expected = np.array([window for window in each if not np.isnan(window).any()])
    assume(len(expected))
    found = from_forecast(series, Forecast(1, 3, season=2), missing=rule).x.padded()
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_no_window_is_a_copy():
    data = from_forecast([np.arange(10_000.0)], Forecast(24, 336))
    assert isinstance(data.x, Windows)
    assert data.x.shared.nbytes == 4 * 10_000
    part = data.take(torch.arange(0, len(data), 2))
    assert part.x.shared.data_ptr() == data.x.shared.data_ptr()
    prepared = data.schema.kind.prepared(part.x, lambda x: x.of_steps(lambda steps: steps / 2))
    assert prepared(torch.tensor([3])).padded()[0, 0] == 3.0


def test_windows_are_ragged_sequences_of_one_length():
    windows = Windows(torch.randn(9, 2), torch.tensor([4, 0, 2]), 3)
    copied = Ragged.of([windows.shared[begin : begin + 3] for begin in (4, 0, 2)])
    chosen = torch.tensor([2, 0, 0])
    for mine, own in ((windows, copied), (windows[chosen], copied[chosen])):
        for made in (Ragged.padded, Ragged.mask, lambda x: x.values, lambda x: x.lengths):
            assert torch.equal(made(mine), made(own))
        assert mine.shape == own.shape
        assert len(mine) == len(own)
        assert all((a == b).all() for a, b in zip(mine.rows(), own.rows(), strict=True))
    kind = Series(2)
    assert torch.equal(windows.first(2).values, copied.first(2).values)
    again = kind.unpacked(kind.packed(windows))
    assert torch.equal(again.values, windows.values)
