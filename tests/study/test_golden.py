"""Three small studies whose figures and predictions are kept, so that moving code moves no number.

Rounding differs between processors, compilers and builds of torch, and training makes more of it.
So there are three tests of each study, each as sharp as it can be:

- the figures agree with the kept ones to `TOLERANCE`, on any machine;
- the predictions agree with the kept ones to the last bit, on a machine like the one that wrote
  them (`machine`), and the test is skipped elsewhere, saying so;
- within one run two ways agree to the last bit: the replicas that workers trained and stored are
  what `fit` gives here.

A commit that changes these numbers says why, and renews them:
STEADFIT_RENEW_GOLD=1 pytest tests/study/test_golden.py
"""

import hashlib
import json
import os
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from steadfit.cells.build import BuildError, compiler
from steadfit.data import Dataset, Forecast, from_arrays, from_forecast, from_series
from steadfit.recipe import Recipe
from steadfit.study.design import Design
from steadfit.study.plan import make_plan
from steadfit.study.run import run_study
from steadfit.study.store import open_store
from steadfit.study.trials import drawn_trials, make_arms, repetition_trials
from steadfit.training import RecipeLearner, fit

GOLD = Path(__file__).parent / "golden"
RENEW = "STEADFIT_RENEW_GOLD" in os.environ
# ATEN_CPU_CAPABILITY=default, other vector code in all of torch, moves figures by 5e-8.
TOLERANCE = 1e-4  # of the arm's or the baseline's total, the larger


def images() -> Dataset:
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 150)
    x = rng.normal(size=(150, 8, 8)).astype(np.float32)
    x[np.arange(150), y] += 1
    return from_arrays(x, y, "images")


def series() -> Dataset:
    """Of unequal length, in groups of three."""
    rng = np.random.default_rng(1)
    y = rng.integers(0, 2, 120)
    rows = [k + rng.normal(size=(rng.integers(3, 9), 2)) for k in y]
    return from_series(rows, y, "series", groups=np.arange(120) // 3)


def forecast() -> Dataset:
    steps = np.arange(160.0)
    noise = np.random.default_rng(2).normal(size=160)
    return from_forecast([np.sin(steps / 3) + 0.3 * noise], Forecast(2, 6, season=6), "forecast")


SHORT = {"epochs": 4, "batch": 16}
RECURRENT = Recipe().model_with(name="recurrent", hidden=6).training_with(**SHORT)
STUDIES = {
    "images": (
        images,
        Recipe().model_with(name="mlp", width=0.1).training_with(**SHORT),
        ["dropout", "early_stopping", "augment"],
        Design(samples=3, seeds=2),
    ),
    "series": (series, RECURRENT, ["recurrent_dropout", "jitter"], Design(samples=3)),
    "forecast": (
        forecast,
        RECURRENT,
        ["l2", "smaller"],
        Design(samples=3, seeds=3, crossed=True, variance="all"),
    ),
}


def machine() -> str:
    """What the last bits of a training depend on, beside the code."""
    try:
        own_compiler = compiler()[1]
    except BuildError:
        own_compiler = "no compiler"
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        processor = next(line for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        processor = "unknown processor"
    capability = torch.backends.cpu.get_cpu_capability()
    parts = [processor, capability, torch.__version__, np.__version__, own_compiler]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A study by name, run once; with its folder and its data."""

    @cache
    def run(name: str):
        data, recipe, remedies, design = STUDIES[name]
        folder = tmp_path_factory.mktemp(name)
        examples = data()
        return (
            run_study(examples, RecipeLearner(recipe), remedies, folder, design),
            folder,
            examples,
        )

    return run


def figures(found) -> dict[str, list[float]]:
    """Every figure of an analysis by arm and measure, in a fixed order."""
    rows = {}
    for arm in found.arms:
        for name, total in arm.totals.items():
            row = [total]
            if name in arm.changes:
                change = arm.changes[name]
                row += [change.value, change.low, change.high]
            rows[f"{arm.name}: {name}"] = row
        of = arm.variance
        for loss, parts in of.losses.items() if of else ():
            row = [parts.total, parts.bias_noise, parts.variance]
            for one in (*of.intervals[loss].values(), *of.changes.values()):
                row += [one.value, one.low, one.high]
            rows[f"{arm.name}, drawn: {loss}"] = row
    return rows


def hashes(result, folder: Path) -> dict[str, str]:
    """Of each arm's predictions, replica after replica."""
    store = open_store(folder / "store")
    found = {}
    for arm in result.arms:
        predictions = [store.read(key).logits.tobytes() for key in arm.keys]
        found[arm.name] = hashlib.sha256(b"".join(predictions)).hexdigest()
    return found


@pytest.fixture(params=STUDIES)
def case(request, finished):
    """A finished study, and what was kept of it."""
    outcome, folder, data = finished(request.param)
    path = GOLD / f"{request.param}.json"
    if RENEW:
        kept = {
            "machine": machine(),
            "best": outcome.result.analysis.best,
            "figures": figures(outcome.result.analysis),
            "predictions": hashes(outcome.result, folder),
        }
        path.write_text(json.dumps(kept, indent=1) + "\n")
    return outcome, folder, data, json.loads(path.read_text()), STUDIES[request.param]


def test_the_figures_are_the_kept_ones(case):
    outcome, _, _, kept, _ = case
    found = figures(outcome.result.analysis)
    assert outcome.result.analysis.best == kept["best"]
    assert list(found) == list(kept["figures"])
    decides = str(outcome.result.analysis.decides)
    for place, row in kept["figures"].items():
        allowed = TOLERANCE * max(kept["figures"][f"baseline: {decides}"][0], row[0])
        if place.endswith(("error", "f1", "auc")):  # where two are nearly equal, the other one
            allowed = 0.02
        assert found[place] == pytest.approx(row, abs=allowed), place


def test_the_predictions_are_the_kept_ones_to_the_last_bit(case):
    outcome, folder, _, kept, _ = case
    if kept["machine"] != machine():
        pytest.skip("written on another processor, compiler or torch, whose last bits differ")
    assert hashes(outcome.result, folder) == kept["predictions"]


def test_stored_replicas_are_what_fit_gives(case):
    """In a worker or here, one after the other or alone: the same bits. The first and last one."""
    _, folder, data, _, (_, recipe, remedies, design) = case
    plan = make_plan(data, design)
    arms = make_arms(RecipeLearner(recipe), remedies)
    store = open_store(folder / "store")
    for trial in (repetition_trials(plan, arms[-1], 0)[1], drawn_trials(plan, arms[0])[2][0]):
        tested = data.take(trial.tested)
        alone = fit(trial.learner.recipe, data, trial.examples, tested, trial.seed)
        assert store.read(trial.key).logits.tobytes() == alone.logits.tobytes()
