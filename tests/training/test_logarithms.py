"""Forecasts learned as logarithms: against networks on logarithms, with the exponential by hand."""

from pathlib import Path

import numpy as np
import pytest
import torch

import steadfit as sf
from steadfit.cli import main
from steadfit.data import Forecast, from_forecast, split
from steadfit.errors import SteadfitError
from steadfit.kinds import Preparation, Ragged, Window
from steadfit.models import build
from steadfit.nn import Padded, Relative
from steadfit.recipe import Model, Recipe
from steadfit.references import references_for
from steadfit.training import Replica, TrainedModel, fit, trained_model

QUANTILES = (0.1, 0.5, 0.9)


def growth(count: int = 120, seed: int = 0) -> np.ndarray:
    """A season that grows with its level, from 100 to 1,100."""
    steps = np.arange(count)
    noise = np.random.default_rng(seed).normal(0, 0.02, count)
    return 100 * np.exp(steps / 50 + 0.3 * np.sin(2 * np.pi * steps / 12) + noise)


def trained(data, name: str = "linear", epochs: int = 40) -> tuple[Replica, TrainedModel]:
    recipe = Recipe().model_with(name=name).training_with(epochs=epochs)
    replica = fit(recipe, data, torch.arange(len(data)), data.take(torch.arange(1)), 0)
    return replica, trained_model(recipe, data, [replica])


class Drawn(torch.nn.Module):
    """A line through all values of the window."""

    def __init__(self, values: int, outputs: int) -> None:
        super().__init__()
        self.linear = torch.nn.Linear(values, outputs)

    def forward(self, batch: Padded) -> torch.Tensor:
        return self.linear(batch.values.flatten(1))


@pytest.mark.parametrize("season", [1, 3])
def test_is_the_exponential_of_a_forecast_of_logarithms(season: int) -> None:
    """By hand in float64; a past column beside it stays as it is, relative to its own window."""
    torch.manual_seed(0)
    line = Drawn(14, 4)
    relative = Relative(line, season, [0], logs=[0])
    torch.nn.init.normal_(line.linear.weight, std=0.1)
    x = torch.cat([torch.rand(5, 7, 1) * 9 + 0.5, torch.randn(5, 7, 1)], dim=2)
    told = relative(Padded(x)).detach().numpy()
    weight, bias = (part.detach().double().numpy() for part in line.linear.parameters())
    for window, found in zip(x.double().numpy(), told, strict=True):
        logs, past = np.log(window[:, 0]), window[:, 1]
        seen = np.stack([logs - logs[-1], (past - past[-1]) / (np.abs(past).mean() + 1e-3)], 1)
        for step in range(4):
            naive = logs[-1] if season == 1 else (logs[-1] + logs[7 - season + step % season]) / 2
            answer = weight[step] @ seen.ravel() + bias[step]
            assert found[step] == pytest.approx(np.exp(naive + answer), rel=1e-4)


def test_begins_with_the_geometric_mean_of_the_naive_forecasts() -> None:
    shape = Window((1, 6), 3, (0,), (), (), (0,))
    x = torch.rand(4, 6, 1) + 0.1
    told = build(Model(name="linear"), shape, 3)(Padded(x))
    expected = (x[:, -1] * x[:, [3, 4, 5], 0]).sqrt()
    torch.testing.assert_close(told, expected)


def test_quantiles_are_those_of_the_logarithms() -> None:
    """Equivariant: the network that gives the quantiles q of the logarithms gives exp(q), before
    the calibration and after it; they never cross."""
    data = from_forecast([growth()], Forecast(3, 12, season=12, quantiles=QUANTILES, log=True))
    _, model = trained(data)
    model = model.with_intervals(data, model.logits(data.x).mean(0))
    weights = model.weights[0]
    assert (weights["network.shift"] != 0).any()
    std = model.members[0][1].std
    plain = build(model.facts.recipe.model, Window((1, 12), 12, (0,), QUANTILES), 9)
    plain.load_state_dict(weights)
    logs = (data.x.padded() / std[0]).log()
    with torch.no_grad():
        answer = plain.network(Padded(logs - logs[:, -1:])).view(len(data), 3, 3)
    naive = (logs[:, -1:, 0] + logs[:, [0, 1, 2], 0]) / 2
    quantiles = (naive[:, None] + answer).flatten(1)
    told = model.logits(data.x)[0]
    np.testing.assert_allclose(told, quantiles.exp().numpy() * std[0], rtol=1e-4)
    assert (np.diff(told.reshape(-1, 3, 3), axis=1) >= 0).all()
    below = (data.y.numpy()[:, None] <= told.reshape(-1, 3, 3)).mean((0, 2))
    np.testing.assert_allclose(below[[0, 2]], (0.1, 0.9), atol=0.03)  # calibrated on these


def test_the_loss_is_that_of_the_logarithms() -> None:
    task = Forecast(2, 4, log=True)
    outputs, y = (torch.rand(6, 2, dtype=torch.float64) + 0.1 for _ in range(2))
    expected = np.abs(np.log(outputs.numpy()) - np.log(y.numpy())).mean()
    assert float(task.loss(outputs.float(), y, Recipe().training)) == pytest.approx(expected, 1e-5)
    medians = np.median(np.log(y.numpy()), axis=0)  # torch takes the lower of two middle values
    assert task.guessing(y, Recipe().training) >= np.abs(np.log(y.numpy()) - medians).mean() - 1e-9


def test_growth_is_forecast_better_in_logarithms() -> None:
    """Series that grow and shrink at rates of their own: a straight line in logarithms alone. What
    is compared is in the data's units, for the network and its references."""
    rates = np.random.default_rng(0).uniform(-0.2, 0.2, 20)
    series = [50 * np.exp(rate * np.arange(24)) for rate in rates]
    maes = {}
    for log in (False, True):
        parts = split(from_forecast(series, Forecast(6, 6, log=log)))
        training = {"epochs": 100, "optimizer": {"learning_rate": 0.01}}
        recipe = Recipe().model_with(name="linear").training_with(**training)
        told = fit(recipe, parts.train, torch.arange(len(parts.train)), parts.test, 0).logits
        y = parts.test.y.numpy()
        maes[log] = float(np.abs(told - y).mean() / y.mean())
        for reference in references_for(parts.train):
            guess = reference.fit(parts.train).predict(parts.test)
            maes[reference.name, log] = float(np.abs(guess - y).mean())
    assert maes[True] < 0.001
    assert maes[False] > 0.02
    for reference in references_for(parts.train):
        assert maes[reference.name, True] == maes[reference.name, False]


def test_intervals_are_factors_of_the_forecast() -> None:
    data = from_forecast([growth()], Forecast(2, 12, season=12, log=True))
    _, model = trained(data)
    told = model.logits(data.x).mean(0)
    model = model.with_intervals(data, told)
    errors = np.log(told) - np.log(data.y.numpy())
    for level, (low, high) in model.intervals(data.x).items():
        assert (low > 0).all()
        np.testing.assert_allclose(high / told, told / low, rtol=1e-5)
        factors = (high / told).reshape(len(data), 2)
        np.testing.assert_allclose(factors, factors[:1].repeat(len(data), 0), rtol=1e-4)
        within = (np.abs(errors) <= np.log(high / told) * (1 + 1e-6)).mean()
        assert level / 100 <= within <= level / 100 + 0.1


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("log") / "sales.csv"
    rows = (f"{np.datetime64('2012-01') + i},{v:.2f}\n" for i, v in enumerate(growth(96)))
    path.write_text("month,sold\n" + "".join(rows))
    return path


def test_it_comes_back_from_its_folder_and_is_exported(table: Path, tmp_path: Path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    data = sf.read(table, horizon=2, log=True)
    assert data.notes[0].endswith("season of 12 steps; in logarithms.")
    training = {"epochs": 10}
    sf.fit(data, out=tmp_path / "run", training=training, reference=False)
    model = TrainedModel.load(tmp_path / "run")
    assert model.facts.schema.task.log
    found = model.forecast(table)
    assert (found["low_95_sold"] > 0).all()
    session = onnxruntime.InferenceSession(model.export(tmp_path / "m.onnx"))
    x = data.x.padded().numpy()
    (program,) = session.run(None, {"x": x, "lengths": np.full(len(x), x.shape[1])})
    np.testing.assert_allclose(program, model.predict(data.x), rtol=1e-4)


def test_what_has_no_logarithm_is_refused(table: Path, tmp_path: Path) -> None:
    lines = table.read_text().splitlines()
    lines[10], lines[31] = "2012-10,0", "2014-07,-3.5"
    bad = tmp_path / "bad.csv"
    bad.write_text("\n".join(lines))
    with pytest.raises(SteadfitError) as error:
        sf.read(bad, horizon=2, log=True)
    assert str(error.value) == (
        "bad.csv: log takes values above 0 in what is forecast, got 2 values that are 0 or less: "
        "bad.csv step 9 (0), bad.csv step 30 (-3.5). Leave log out, or fix these values."
    )
    with pytest.raises(SteadfitError, match="log apply to forecasts only"):
        sf.read(bad, target="sold", log=True)
    with pytest.raises(SystemExit, match="2"):
        main(["fit", str(bad), "--horizon", "2", "--log", "--out", str(tmp_path / "run")])
    data = from_forecast([growth(40)], Forecast(1, 4, log=True))
    _, model = trained(data, epochs=1)
    with pytest.raises(SteadfitError, match=r"must have values above 0 .* got 2 values that are 0"):
        model.predict(np.array([5.0, 0.0, -1.0, 2.0]))


def test_noise_that_reaches_below_0_leaves_the_training_finite() -> None:
    """The remedy jitter adds noise to what the network sees, of which the logarithm is taken."""
    data = from_forecast([growth(60)], Forecast(1, 4, log=True))
    recipe = Recipe().model_with(name="linear")
    recipe = recipe.training_with(epochs=3, augmentation={"noise": 3.0})
    replica = fit(recipe, data, torch.arange(len(data)), data.take(torch.arange(1)), 0)
    assert np.isfinite(replica.curves["train_loss"]).all()


def test_a_past_column_may_have_any_values() -> None:
    rng = np.random.default_rng(0)
    both = np.stack([growth(80), rng.normal(size=80)], axis=1)
    data = from_forecast([both], Forecast(2, 6, log=True))
    replica, model = trained(data, epochs=5)
    assert Preparation.from_dict(replica.preparation).logs == (0,)
    assert np.isfinite(model.predict(Ragged.of(list(data.x.padded()[:3])))).all()
