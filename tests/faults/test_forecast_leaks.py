"""Leaks planted into forecasts: what lies after a cut changes nothing that was made before it.

A level shift at the cut, and noise after it, for every option that looks at data. The control is
the same noise before the cut, which must be seen.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import steadfit as sf
from steadfit.data import Dataset, Forecast, from_forecast, make_folds, read, split
from steadfit.recipe import Recipe
from steadfit.references import REFERENCES
from steadfit.study.result import RaceFacts
from steadfit.training import Replica, fit, trained_model

STEPS, HORIZON, WINDOW = 96, 3, 12
OPTIONS: Mapping[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    # of the forecast, of the training, the rule for missing values
    "scaling": ({}, {}, "refuse"),
    "season": ({"season": 12}, {}, "refuse"),
    "early stopping": ({}, {"early_stopping": {"share": 0.2, "patience": 1}}, "refuse"),
    "early stopping and refit": ({}, {"early_stopping": {"share": 0.2}, "refit": True}, "refuse"),
    "quantiles": ({"quantiles": (0.1, 0.9)}, {}, "refuse"),
    "logarithms": ({"log": True, "season": 12}, {}, "refuse"),
    "columns": ({"known": (1,), "static": (2,)}, {}, "refuse"),
    "dropping": ({}, {}, "drop"),
    "filling": ({}, {}, "forward"),
    "filling by season": ({"season": 6}, {}, "season"),
    "interpolating": ({}, {}, "interpolate"),
    "all at once": (
        {"season": 12, "quantiles": (0.1, 0.9), "log": True},
        {"early_stopping": {"share": 0.2}},
        "interpolate",
    ),
}
PLANTED = {"a level shift at the cut": (50.0, 0.0), "noise after the cut": (0.0, 30.0)}


def series() -> np.ndarray:
    """The forecast, what is known beforehand, and what never changes."""
    rng = np.random.default_rng(0)
    wave = 50 + 10 * np.sin(np.arange(STEPS) * 2 * np.pi / 12) + rng.normal(size=STEPS)
    return np.stack([wave, rng.normal(size=STEPS), np.ones(STEPS)], axis=1)


def planted(shift: float, noise: float, begin: int, end: int = STEPS) -> np.ndarray:
    found, within = series(), slice(begin, end)
    found[within, :2] += shift + noise * np.random.default_rng(1).normal(size=(end - begin, 2))
    return found


def dataset(values: np.ndarray, option: str) -> Dataset:
    settings, _, missing = OPTIONS[option]
    with_gaps = np.abs(values) if settings.get("log") else values.copy()
    if missing != "refuse":
        with_gaps[[30, 31, CUT - 1, CUT], 0] = np.nan
        with_gaps[CUT - 8 : CUT, 1] = np.nan  # to be filled from before alone
    return from_forecast([with_gaps], Forecast(HORIZON, WINDOW, **settings), missing=missing)


def cut() -> int:
    parts = split(from_forecast([series()], Forecast(HORIZON, WINDOW)))
    return int(parts.test.structure.spans[:, 1].min())


CUT = cut()


def trained(values: np.ndarray, option: str) -> tuple[Replica, Dataset]:
    """A replica on what lies before the cut, and that training side."""
    whole = dataset(values, option)
    train = whole.take((whole.structure.spans[:, 2] < CUT).nonzero().squeeze(1))
    recipe = Recipe().model_with(name="linear").training_with(epochs=3, **OPTIONS[option][1])
    return fit(recipe, train, torch.arange(len(train)), train.take(torch.arange(1)), 0), train


def same(one: Replica, two: Replica) -> bool:
    weights = all(torch.equal(one.weights[name], two.weights[name]) for name in one.weights)
    losses = one.curves["train_loss"] == two.curves["train_loss"]
    return weights and losses and one.preparation == two.preparation


@pytest.mark.parametrize("option", OPTIONS)
def test_nothing_after_the_cut_is_in_what_is_trained_before_it(option: str) -> None:
    usual, _ = trained(series(), option)
    for what, (shift, noise) in PLANTED.items():
        found, _ = trained(planted(shift, noise, CUT), option)
        assert same(found, usual), what
        control, _ = trained(planted(shift, noise, CUT - 20, CUT - 10), option)
        assert not same(control, usual), f"the control before it: {what}"


@pytest.mark.parametrize("name", ["ridge on lags", "drift", "seasonal naive forecast"])
@pytest.mark.parametrize(
    "option", ["season", "quantiles", "columns", "filling", "filling by season", "interpolating"]
)
def test_nothing_after_the_cut_is_in_a_reference(name: str, option: str) -> None:
    """Its strength too is chosen on what lies before."""

    def learned(values: np.ndarray) -> dict[str, list[float]]:
        _, train = trained_side[values.tobytes()]
        found = REFERENCES[name].fit(train).learned.arrays
        return {key: array.tolist() for key, array in found.items()}

    noise = PLANTED["noise after the cut"]
    each = [series(), planted(*noise, CUT), planted(*noise, CUT - 20, CUT - 10)]
    trained_side = {values.tobytes(): side(values, option) for values in each}
    usual, after, before = map(learned, each)
    assert after == usual
    assert before != usual or not usual


def side(values: np.ndarray, option: str) -> tuple[None, Dataset]:
    whole = dataset(values, option)
    return None, whole.take((whole.structure.spans[:, 2] < CUT).nonzero().squeeze(1))


def test_each_fold_is_trained_on_what_lies_before_it() -> None:
    """By which arms are chosen: noise from a fold's first tested step on changes no weight of the
    replica that predicts it."""
    usual = dataset(series(), "scaling")
    recipe = Recipe().model_with(name="linear").training_with(epochs=2)
    for fold in make_folds(usual, 3):
        begin = int(usual.structure.spans[fold.test, 1].min())
        noisy = dataset(planted(0.0, 30.0, begin), "scaling")
        one, two = (
            fit(recipe, data, fold.train, data.take(fold.test), 0) for data in (usual, noisy)
        )
        assert same(one, two)
        assert not np.array_equal(usual.y[fold.test].numpy(), noisy.y[fold.test].numpy()), (
            "the fold sees the noise when it is tested"
        )


@pytest.mark.parametrize("quantiles", [(), (0.1, 0.9)])
def test_intervals_come_from_errors_of_what_was_not_trained_on(quantiles, tmp_path: Path) -> None:
    """Calibration knows the tested steps alone: it is of the model before the cut, whatever the
    model handed over, which knows them, would say of them."""
    task = Forecast(HORIZON, WINDOW, quantiles=quantiles)
    widths = []
    for shift in (0.0, 50.0):
        values = planted(shift, 0.0, CUT)[:, :1]
        data = from_forecast([values], task)
        training = {"epochs": 30}
        model = sf.fit(data, out=tmp_path / f"{shift}", training=training, reference=False).model
        parts = split(data)
        recipe = Recipe.model_validate(model.facts.recipe)
        alone = fit(recipe, parts.train, torch.arange(len(parts.train)), parts.test, 0)
        judged = trained_model(recipe, parts.train, [alone])
        after = data.take((data.structure.spans[:, 1] >= CUT).nonzero().squeeze(1))
        again = model.with_intervals(after, judged.logits(after.x).mean(0))
        for name, each in again.weights[0].items():
            assert torch.equal(each, model.weights[0][name]), name
        assert again.facts.half_widths == model.facts.half_widths
        told = model.logits(data.x)[0].reshape(len(data), max(1, len(quantiles) + 1), -1)
        ends = model.intervals(data.x) or {80: (told[:, 0], told[:, -1])}
        widths.append(float(np.mean(ends[80][1] - ends[80][0])))
    assert widths[1] > 1.3 * widths[0], "the shift that was not foreseen is in the intervals"


def test_a_race_is_won_by_what_lies_before_the_first_tested_step(tmp_path: Path) -> None:
    """Noise from there on changes no candidate's loss, nor who wins; noise before it does. By
    quantiles of interpolated logarithms, so that nothing of these looks ahead either."""
    usual = dataset(series(), "all at once")
    begin = min(int(usual.structure.spans[fold.test, 1].min()) for fold in make_folds(usual, 3))

    def raced(values: np.ndarray, name: str) -> RaceFacts:
        data = dataset(values, "all at once")
        study = sf.study(
            data, "linear", ["input_dropout"], folds=3, budget=32, decide_by="pinball",
            variance="none", training={"epochs": 1}, processes=1, reference=False,
            hand_over="none", out=tmp_path / name,
        )  # fmt: skip
        assert study.result.race is not None
        return study.result.race

    told = raced(series(), "usual")
    assert raced(planted(50.0, 30.0, begin), "after") == told
    control = raced(planted(0.0, 30.0, begin - 20, begin - 10), "before")
    assert [racer.loss for racer in control.racers] != [racer.loss for racer in told.racers]


def test_filling_looks_back_alone(tmp_path: Path) -> None:
    """A gap before a jump is filled with what was there before, at reading and at forecasting."""
    months = [np.datetime64("2015-01") + i for i in range(60)]
    values = np.where(np.arange(60) < 40, 10.0, 90.0) + np.arange(60) % 3

    def written(name: str, gap: list[int]) -> Path:
        cells = [("" if i in gap else f"{v}") for i, v in enumerate(values)]
        rows = "".join(f"{month},{cell}\n" for month, cell in zip(months, cells, strict=True))
        (tmp_path / name).write_text("month,sold\n" + rows)
        return tmp_path / name

    data = read(written("s.csv", [38, 39]), horizon=2, window=6, season=1, missing="forward")
    assert "2 missing values are filled with the last before them" in data.notes[-1]
    spans = data.structure.spans
    row = int((spans[:, 1] == 40).nonzero())
    assert data.x.padded()[row, -3:, 0].tolist() == [values[37]] * 3
    told = {step for _, first, last in spans.tolist() for step in (first, last)}
    assert not told & {38, 39}, "what is forecast is never filled in"
    model = sf.fit(data, out=tmp_path / "run", training={"epochs": 2}, reference=False).model
    with pytest.raises(sf.SteadfitError, match="got none in 1: row 60"):
        model.forecast(written("t.csv", [58]))
    assert model.facts.schema.read(written("t.csv", [59])).x.padded()[0, -1, 0] == values[58]
    found = model.facts.schema.read(written("t.csv", [59]), missing="forward")
    assert found.x.padded()[0, -2:, 0].tolist() == [values[58]] * 2
