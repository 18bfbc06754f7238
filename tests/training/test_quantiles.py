"""Quantiles of forecasts: against scikit-learn, and against distributions whose own are known."""

from pathlib import Path
from statistics import NormalDist

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import mean_pinball_loss

import steadfit as sf
from steadfit.analysis.measures import Points, measure
from steadfit.data import Forecast, from_forecast, split
from steadfit.errors import SteadfitError
from steadfit.references import references_for
from steadfit.tasks.quantiles import levels_of, pinball, shifts
from steadfit.training import TrainedModel

LEVELS = (0.1, 0.5, 0.8)
QUICK = {"training": {"epochs": 30}, "reference": False}
levels = st.lists(st.floats(0.01, 0.99), min_size=1, max_size=4).map(levels_of)


def noise(steps: int = 300, seed: int = 0) -> np.ndarray:
    return 10 + np.random.default_rng(seed).normal(size=steps)


@settings(max_examples=25)
@given(levels=levels, examples=st.integers(1, 5), numbers=st.integers(1, 3))
def test_loss_and_measure_are_scikit_learns(levels, examples: int, numbers: int) -> None:
    rng = np.random.default_rng(0)
    y = rng.normal(size=(examples, numbers))
    outputs = rng.normal(size=(examples, len(levels) * numbers))
    each = outputs.reshape(examples, len(levels), numbers)
    theirs = np.mean([mean_pinball_loss(y, each[:, i], alpha=q) for i, q in enumerate(levels)])
    learned = pinball(torch.from_numpy(outputs), torch.from_numpy(y), levels)
    assert float(learned) == pytest.approx(theirs)
    points = Points(y, quantiles=levels)
    assert measure("pinball").of(outputs[None], points).mean() == pytest.approx(theirs)
    median = each[:, levels.index(0.5)]
    for name in ("mae", "squared", "rmse"):
        mine, alone = (measure(name).of(o[None], p).mean()
                       for o, p in ((outputs, points), (median, Points(y))))  # fmt: skip
        assert mine == pytest.approx(alone)


def test_the_quantiles_of_a_normal_distribution_are_learned(tmp_path: Path) -> None:
    """Independent steps: whatever the window, the quantiles are those of one distribution."""
    data = from_forecast([noise(600)], Forecast(2, 6, quantiles=LEVELS), "normal")
    model = sf.fit(data, out=tmp_path / "run", training={"epochs": 40}, reference=False).model
    told = model.logits(data.x)[0].reshape(len(data), len(LEVELS), 2).mean((0, 2))
    for level, found in zip(LEVELS, told, strict=True):
        assert found == pytest.approx(10 + NormalDist().inv_cdf(level), abs=0.15)


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("run")
    rows = "".join(f"{np.datetime64('2015-01') + i},{v:.4f}\n" for i, v in enumerate(noise(120)))
    (folder / "s.csv").write_text("month,sold\n" + rows)
    data = sf.read(folder / "s.csv", horizon=3, quantiles="0.9,0.05")
    return folder, data, sf.fit(data, out=folder / "run", **QUICK).model


def test_a_table_has_a_column_a_quantile_which_never_cross(fitted) -> None:
    folder, _, model = fitted
    found = model.forecast(folder / "s.csv")
    names = [f"quantile_{level}_sold" for level in ("0.05", "0.5", "0.9")]
    assert list(found) == ["input", "time", "step", "prediction_sold", *names]
    assert found["prediction_sold"].tolist() == found[names[1]].tolist()
    assert (np.diff([found[name] for name in names], axis=0) > 0).all()


def test_they_never_cross_for_any_weights_or_shift(fitted) -> None:
    _, data, model = fitted
    wild = {name: torch.randn_like(each) * 9 for name, each in model.weights[0].items()}
    told = TrainedModel(model.facts, (wild,)).logits(data.x)[0].reshape(len(data), 3, -1)
    assert (np.diff(told, axis=1) >= 0).all()


def test_a_saved_program_has_the_calibrated_quantiles(fitted, tmp_path: Path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    _, data, model = fitted
    again = TrainedModel.load(fitted[0] / "run")
    assert (again.weights[0]["network.shift"] != 0).any()
    session = onnxruntime.InferenceSession(model.export(tmp_path / "m.onnx"))
    x = data.x.padded().numpy()
    lengths = np.full(len(x), x.shape[1], np.int64)
    (program,) = session.run(None, {"x": x, "lengths": lengths})
    np.testing.assert_allclose(program, again.logits(data.x)[0], rtol=1e-4, atol=1e-4)


@settings(max_examples=30)
@given(count=st.integers(30, 120), level=st.floats(0.05, 0.95))
def test_a_calibrated_quantile_has_as_many_tested_outcomes_below_it(count, level: float) -> None:
    errors = np.random.default_rng(count).normal(3.0, size=(count, 2))
    chosen = levels_of([level])
    below = (errors <= shifts(np.tile(errors, len(chosen)), chosen).reshape(-1, 1, 2)).mean((1, 2))
    for q, share in zip(chosen, below, strict=True):
        if q != 0.5:  # the median stays
            assert share == pytest.approx(q, abs=2 / count)


def test_calibration_mends_quantiles_that_are_wrong() -> None:
    """Quantiles told for the wrong distribution, on few windows and many: the share of new outcomes
    below them is what it should be, with the shift alone; the median is not moved."""
    rng = np.random.default_rng(0)
    for count in (8, 200):
        below = []
        for _ in range(800):
            moved = shifts(np.tile(rng.normal(2.0, 3.0, (count, 1)), 3), LEVELS)
            below.append(rng.normal(2.0, 3.0) <= moved)
        np.testing.assert_allclose(np.mean(below, axis=0)[[0, 2]], (0.1, 0.8), atol=0.06)


def test_references_have_quantiles_too() -> None:
    parts = split(from_forecast([noise(400)], Forecast(1, 12, season=4, quantiles=LEVELS)))
    for reference in references_for(parts.train):
        told = reference.fit(parts.train).predict(parts.test)
        below = (parts.test.y.numpy() <= told).mean(0)
        np.testing.assert_allclose(below, LEVELS, atol=0.12, err_msg=reference.name)


def test_a_study_decides_by_pinball(tmp_path: Path) -> None:
    data = from_forecast([noise(80)], Forecast(2, 4, quantiles=LEVELS), "s")
    study = sf.study(
        data, remedies=["l2"], decide_by="pinball", variance="none", out=tmp_path / "run",
        training={"epochs": 5}, processes=1,
    )  # fmt: skip
    found = study.result.analysis
    assert found.decides == "pinball"
    assert {"pinball", "mae", "rmse", "mase"} <= set(found.arms[0].totals)
    assert "pinball loss" in (tmp_path / "run" / "report.html").read_text()


@pytest.mark.parametrize("wrong", ["0", "1", "-0.1", "1.5", "0.1,7"])
def test_quantiles_outside_0_and_1_are_refused(fitted, wrong: str) -> None:
    with pytest.raises(SteadfitError, match="quantiles must lie between 0 and 1, got"):
        sf.read(fitted[0] / "s.csv", horizon=3, quantiles=wrong)


def test_what_else_is_wrong_with_quantiles_is_said(fitted, tmp_path: Path) -> None:
    table = fitted[0] / "s.csv"
    with pytest.raises(SteadfitError, match=r'quantiles must be numbers .* got "low,high"'):
        sf.read(table, horizon=3, quantiles="low,high")
    with pytest.raises(SteadfitError, match="quantiles apply to forecasts only"):
        sf.read(table, quantiles="0.1", target="sold")
    with pytest.raises(SteadfitError, match=r"decide_by must be .*mase where no quantiles"):
        sf.study(sf.read(table, horizon=3), decide_by="pinball", out=tmp_path / "a")
    with pytest.raises(SteadfitError, match="learned by the pinball loss, and own_loss"):
        sf.fit(fitted[1], training={"own_loss": torch.nn.functional.mse_loss}, out=tmp_path / "b")
