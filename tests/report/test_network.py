"""What the page shows of the networks: which figures for which data, forecasts at their time."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from steadfit.cells import cell, sigmoid, tanh
from steadfit.data import Dataset, from_forecast, read, split
from steadfit.nn import Recurrent
from steadfit.recipe import Recipe
from steadfit.report import page
from steadfit.report.forecast_figures import over_truth
from steadfit.report.network import drawings
from steadfit.report.through_time import gradient_reach, layer_gates
from steadfit.report.voice import PYTHON
from steadfit.study.design import Design
from steadfit.study.folder import Run
from steadfit.study.run import run_study
from steadfit.tasks import Forecast
from steadfit.training import RecipeLearner

SERIES = np.arange(40, dtype=np.float32)[:, None]  # each value is its step


def outcome(folder, data: Dataset, model: str, remedies=(), **settings) -> Run:
    recipe = Recipe().model_with(name=model, **settings).training_with(epochs=1)
    learner = RecipeLearner(recipe)
    design = Design(folds=2, repetitions=1, samples=2)
    return run_study(data, learner, remedies, folder, design, processes=1)


def headings(done: Run) -> list[str]:
    return [each.heading for each in drawings(done)]


def test_of_images(tmp_path):
    done = outcome(tmp_path, read("digits", limit=100), "convnet", width=0.1)
    assert headings(done) == [
        "What the model looks at",
        "Where it finds the class",
        "What the first layer answers to",
        "What conv1 makes of one image",
        "What conv2 makes of one image",
        "Nearest the decision",
    ]
    maps = drawings(done)[3:5]
    assert [len(each.figure.data) for each in maps] == [2, 5]
    written = page(done, PYTHON)
    assert "Where it finds the class" in written
    without = page(replace(done, model=None), PYTHON)
    assert "Where it finds the class" not in without


def test_of_a_net_without_convolutions(tmp_path):
    done = outcome(tmp_path, read("digits", limit=100), "mlp", width=0.1)
    assert headings(done) == ["What the model looks at", "Nearest the decision"]


def test_a_gate_is_told_by_the_equations_not_by_its_values():
    """The state of a ReLU can lie within 0 and 1 without being a gate."""
    layer = Recurrent("indrnn", 1, 4)
    with torch.no_grad():
        for weight in layer.parameters():
            weight.fill_(0.05)
    figure = layer_gates(layer, torch.rand(6, 1))
    (state,) = [trace for trace in figure.data if trace.type == "heatmap"]
    assert 0 < np.max(state.z) < 1
    assert state.zmin == -state.zmax

    gated = layer_gates(Recurrent(coupled, 1, 4), torch.rand(6, 1))
    ends = [(trace.zmin, trace.zmax) for trace in gated.data if trace.type == "heatmap"]
    assert [end == (0, 1) for end in ends] == [True, True, False, False]


@cell
def coupled(x, h, *, gate):
    f = sigmoid(gate.forget(x, h))
    i = 1 - f
    g = tanh(gate.candidate(x, h))
    return f * h + i * g


def forecast() -> Dataset:
    return from_forecast([SERIES], Forecast(horizon=3, window=5), "steps")


def test_of_forecasts(tmp_path):
    done = outcome(tmp_path, forecast(), "recurrent", ["cell=lstm"], hidden=4)
    tested = done.tested.data
    found = headings(done)
    assert [each.split(" along ")[0] for each in found] == [
        "The gates",
        "The gates",
        "How far back gradients reach",
        "Forecasts over truth",
    ]
    assert found[:2] == [f"The gates along {tested.ids[place]}" for place in (0, -1)]


def test_each_step_is_forecast_once_and_stands_at_its_time():
    test = split(forecast(), 0.4).test
    spread = torch.tensor([-1.0, 0.0, 1.0])[:, None, None]
    figure = over_truth(test, (test.y + 2 + spread).numpy())
    lower, upper, truth, mean = figure.data
    steps = np.asarray(truth.x)
    assert len(set(steps)) == len(steps)
    assert np.array_equal(np.diff(steps), np.ones(len(steps) - 1))
    np.testing.assert_array_equal(truth.y, steps)
    np.testing.assert_allclose(mean.y, steps + 2)
    np.testing.assert_allclose(np.asarray(upper.y) - np.asarray(lower.y), 2)


@pytest.mark.parametrize(
    ("times", "kind"),
    [
        (np.arange("2020-01", "2025-01", dtype="M8[M]").astype("M8[D]"), "date"),
        (np.arange("2024-01-01T00", "2024-01-03T12", dtype="M8[h]").astype("M8[s]"), "date"),
        (np.arange(5, 65), "linear"),
    ],
)
def test_forecasts_stand_at_the_times_of_the_table(tmp_path, times, kind):
    """Of a series that begins later too."""
    rows = [(name, str(time), i * i) for name, begin in (("a", 0), ("b", 20))
            for i, time in enumerate(times[begin:])]  # fmt: skip
    lines = [f"{name},{time},{value}\n" for name, time, value in rows]
    (tmp_path / "s.csv").write_text("shop,when,sold\n" + "".join(lines))
    read_as = {"horizon": 3, "series": "shop", "time": "when", "target": "sold"}
    test = split(read(tmp_path / "s.csv", **read_as), 0.2).test
    figure = over_truth(test, test.y[None].numpy())
    assert figure.layout.xaxis.type == kind
    truths = [each for each in figure.data if each.name == "truth"]
    for name, truth in zip("ab", truths, strict=True):
        table = {time: value for series, time, value in rows if series == name}
        assert [table[time] for time in truth.x] == list(truth.y)
        assert len(truth.x) >= 6


@pytest.mark.parametrize("name", ["<b>x</b>", "</script>"])
def test_names_of_arms_are_text(name):
    figure = gradient_reach({name: np.ones((2, 5))})
    assert "<" not in figure.data[0].name
