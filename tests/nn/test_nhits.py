"""N-HiTS: its knots against NumPy's, its stacks by hand, and what it learns."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from steadfit.data import Forecast, from_forecast, split
from steadfit.kinds import Ragged, Window
from steadfit.models import build
from steadfit.nn import Padded
from steadfit.nn.nhits import NHits, Sizes, Stack, drawn, knots, pooled
from steadfit.recipe import Model, Recipe
from steadfit.references import REFERENCES
from steadfit.training import fit, trained_model

ONE = Sizes(1, 9, (0,), 1, 5, 1, units=8, depth=2, rates=(4, 2, 1))


@settings(max_examples=30)
@given(steps=st.integers(2, 30), rate=st.integers(1, 9), lines=st.integers(1, 3))
def test_lines_between_knots_are_numpys(steps: int, rate: int, lines: int) -> None:
    count = knots(steps, rate)
    values = np.random.default_rng(0).normal(size=(2, lines, count))
    found = drawn(torch.from_numpy(values), steps).numpy()
    at = np.linspace(0, steps - 1, count) if count > 1 else [0]
    for one, line in zip(values.reshape(-1, count), found.reshape(-1, steps), strict=True):
        np.testing.assert_allclose(line, np.interp(np.arange(steps), at, one), atol=1e-12)


@settings(max_examples=30)
@given(steps=st.integers(1, 20), rate=st.integers(1, 9))
def test_pools_are_counted_from_the_newest_step(steps: int, rate: int) -> None:
    series = np.random.default_rng(0).normal(size=steps)
    found = pooled(torch.from_numpy(series)[None, None], rate).numpy().ravel()
    ends = range(steps, 0, -rate)
    np.testing.assert_array_equal(
        found[::-1], [series[max(0, end - rate) : end].max() for end in ends]
    )


def filled(layer: nn.Linear, values: list[float]) -> None:
    """Answers these values, whatever goes in."""
    nn.init.zeros_(layer.weight)
    with torch.no_grad():
        layer.bias.copy_(torch.tensor(values))


def test_each_stack_sees_what_the_one_before_has_left() -> None:
    """In a closed form: the first takes a line away and forecasts a constant; the second, whose
    hidden layers pass their inputs on, doubles what is left of the last step."""
    sizes = Sizes(1, 5, (0,), 1, 3, 1, units=5, depth=1, rates=(4, 1))
    net = NHits(sizes)
    first, second = net.stacks
    filled(first.backcast, [-1.0, 3.0])
    filled(first.forecast, [10.0])
    for layer in (second.hidden[0], second.forecast):
        filled(layer, [0.0] * layer.out_features)
    with torch.no_grad():
        second.hidden[0].weight.copy_(torch.eye(5))
        second.forecast.weight[:, 4] = 2.0
    window = torch.tensor([[4.0, 1.0, 7.0, 5.0, 8.0]])
    left = window - torch.tensor([-1.0, 0.0, 1.0, 2.0, 3.0])
    rest, more = first(window[:, None], window[:, :0])
    assert torch.equal(rest[:, 0], left)
    assert more.tolist() == [[[10.0, 10.0, 10.0]]]
    assert net(Padded(window[:, :, None])).tolist() == [[10 + 2 * 5.0] * 3]


@pytest.mark.parametrize("rate", [1, 2, 4])
def test_a_stack_is_blind_to_what_its_pooling_removes(rate: int) -> None:
    """Values below the largest of a pool may change; where every step is a pool, none may."""
    torch.manual_seed(0)
    stack = Stack(ONE, rate, 0.0, last=True)
    window = torch.randn(1, 1, 9)
    lower = window - torch.rand(1, 1, 9)
    kept = window == pooled(window, rate).repeat_interleave(rate, 2)[:, :, -9:]
    below = torch.where(kept, window, lower)
    higher = torch.where(kept, window + 1, window)
    same, other = (stack(each, window[:, 0, :0])[1] for each in (below, higher))
    assert torch.equal(same, stack(window, window[:, 0, :0])[1])
    assert not torch.allclose(other, same)
    assert (rate == 1) == torch.equal(below, window)


def test_columns_beside_are_seen_as_they_are() -> None:
    """A known column's every step counts, though the target is pooled; and it is not forecast."""
    shape = Window((3, 8), 1, (1,), (), (2,))
    torch.manual_seed(0)
    net = build(Model(name="nhits"), shape, 4)
    for part in net.modules():
        if isinstance(part, Stack):
            nn.init.normal_(part.forecast.weight)
    window = torch.randn(1, 8, 3)
    usual = net(Padded(window))
    for step in range(8):
        moved = window.clone()
        moved[0, step, 2] -= 0.5
        assert not torch.equal(net(Padded(moved)), usual)
    assert usual.shape == (1, 4)


def test_quantiles_and_targets_have_their_places() -> None:
    """The answers in the order that a forecast has them: quantile, step, target."""
    sizes = Sizes(2, 4, (0, 1), 3, 2, 2, units=4, depth=1, rates=(1,))
    net = NHits(sizes)
    wanted = torch.arange(12.0).view(3, 2, 2)  # quantile, step, target
    filled(net.stacks[0].forecast, wanted.transpose(1, 2).flatten().tolist())
    assert net(Padded(torch.zeros(1, 4, 2)))[0].tolist() == wanted.flatten().tolist()


def test_training_starts_from_the_naive_forecast() -> None:
    net = build(Model(name="nhits"), Window((1, 8), 4, (0,)), 6)
    window = torch.randn(3, 8, 1)
    told = Forecast(6, 8, season=4)
    x = Ragged.of(list(window))
    naive = (told.naive(x) + told.naive(x, 4)) / 2
    torch.testing.assert_close(net(Padded(window)), naive)


def test_two_periods_are_learned_better_than_by_the_naive_forecasts() -> None:
    steps = np.arange(240)
    waves = 20 + 3 * np.sin(2 * np.pi * steps / 6) + 5 * np.sin(2 * np.pi * steps / 25)
    parts = split(from_forecast([waves], Forecast(6, 30, season=6)))
    recipe = Recipe().model_with(name="nhits", width=0.25).training_with(epochs=40)
    replica = fit(recipe, parts.train, torch.arange(len(parts.train)), parts.test, 0)

    def mae(told: np.ndarray) -> float:
        return float(np.abs(told - parts.test.y.numpy()).mean())

    for name in ("naive forecast", "seasonal naive forecast", "drift"):
        rival = mae(REFERENCES[name].fit(parts.train).predict(parts.test))
        assert mae(replica.logits) < rival / 4, name


def test_a_model_with_columns_and_quantiles_is_exported(tmp_path: Path) -> None:
    """Determined by what is known beforehand, and by what the series is: forecast by both."""
    onnxruntime = pytest.importorskip("onnxruntime")
    rng = np.random.default_rng(0)
    each = []
    for shop in (0.0, 1.0):
        known = rng.normal(size=90)
        each.append(np.stack([20 + 3 * known + 9 * shop, known, np.full(90, shop)], axis=1))
    task = Forecast(2, 6, quantiles=(0.1, 0.9), known=(1,), static=(2,))
    data = from_forecast(each, task)
    recipe = Recipe().model_with(name="nhits", width=0.25).training_with(epochs=25)
    replica = fit(recipe, data, torch.arange(len(data)), data.take(torch.arange(1)), 0)
    model = trained_model(recipe, data, [replica])
    assert np.abs(model.predict(data.x) - data.y.numpy()).mean() < 1
    session = onnxruntime.InferenceSession(model.export(tmp_path / "m.onnx"))
    x = data.x.padded().numpy()
    program = torch.export.load(model.export(tmp_path / "m.pt2", "torch")).module()
    for count in (1, 3, len(x)):  # the batch is free
        told, lengths = model.logits(data.x)[0, :count], np.full(count, 6)
        (found,) = session.run(None, {"x": x[:count], "lengths": lengths})
        np.testing.assert_allclose(found, told, rtol=1e-5, atol=1e-5)
        found = program(torch.from_numpy(x[:count]), torch.from_numpy(lengths))
        np.testing.assert_allclose(found.numpy(), told, rtol=1e-5, atol=1e-5)
