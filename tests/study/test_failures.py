"""Trainings that fail: the study goes on, and its table and report are kept."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from steadfit import api
from steadfit.analysis.result import ArmAnalysis
from steadfit.analysis.terms import Failure, Verdict
from steadfit.data import Dataset, draw, from_arrays
from steadfit.errors import DivergedError, SteadfitError
from steadfit.recipe import Recipe
from steadfit.remedies import Remedy
from steadfit.study.design import Design
from steadfit.study.engines import SerialEngine
from steadfit.study.plan import make_plan
from steadfit.study.run import run_study
from steadfit.training import RecipeLearner, Replica

RECIPE = Recipe().model_with(name="mlp", width=0.05).training_with(epochs=1, batch=8)


def grouped(groups: int) -> Dataset:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(30, 4, 4)), np.arange(30) % 2
    return from_arrays(x, y, groups=np.arange(30) % (2 * groups) // 2)


def arms(groups: int, seed: int, folder: Path) -> tuple[ArmAnalysis, ...]:
    """Those of a small study: the baseline, early stopping, l2."""
    data, design = grouped(groups), Design(samples=2, seed=seed, references=False)
    remedies = ["early_stopping", "l2"]
    study = run_study(data, RecipeLearner(RECIPE), remedies, folder, design, engine=SerialEngine())
    return study.result.analysis.arms[:3]


def test_with_three_groups_no_study_ends_with_an_error(tmp_path) -> None:
    """Two groups are left to train on, so that a plain bootstrap sample often has only one of them,
    of which early stopping cannot hold anything out."""
    of_one_group = 0
    for seed in range(16):
        data = grouped(3)
        train = data.take(make_plan(data, Design(seed=seed)).varied.train)
        groups = train.structure.groups
        assert groups is not None
        of_one_group += len(groups[draw(train, "bootstrap", 0, seed)].unique()) == 1
        for arm in arms(3, seed, tmp_path / str(seed)):
            assert not arm.failed
            assert {"cross_entropy", "brier", "error"} <= set(arm.totals)
    assert of_one_group > 4


def test_with_two_groups_only_early_stopping_fails(tmp_path) -> None:
    first, stopped, l2 = arms(2, 0, tmp_path)
    assert stopped.verdict is Verdict.FAILED
    assert stopped.failed == {Failure.SAMPLE: 2}
    assert first.totals
    assert l2.totals


@dataclass(frozen=True)
class DivergingOnAll(RecipeLearner):
    """Diverges where it has every training example once, as the model handed over does."""

    def with_remedies(self, remedies: Sequence[Remedy]) -> "DivergingOnAll":
        return replace(self, recipe=super().with_remedies(remedies).recipe)

    def train(
        self, data: Dataset, examples: Tensor, tested: Tensor, seed: int, device: str = "cpu"
    ) -> Replica:
        if torch.equal(examples, torch.arange(len(data))):
            raise DivergedError("The loss is not finite.")
        return super().train(data, examples, tested, seed, device)


def test_where_the_last_training_diverges_table_and_report_are_kept(tmp_path) -> None:
    learner, design = DivergingOnAll(RECIPE), Design(samples=3, references=False)
    run = run_study(grouped(10), learner, ["l2"], tmp_path, design, engine=SerialEngine())
    assert run.model is None
    assert not (tmp_path / "model").exists()

    study = api.report(tmp_path)
    table = str(study)
    assert "baseline" in table
    assert "l2=0.001" in table
    assert "There is no model, because training" in table
    assert "There is no model, because training" in (tmp_path / "report.html").read_text("utf-8")
    with pytest.raises(SteadfitError, match="There is no model, because training"):
        _ = study.model
