"""What a design comes to: folds or a test side, how many looks, what cannot be."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from steadfit.analysis.terms import Route
from steadfit.data import from_arrays, read
from steadfit.data.dataset import Structure
from steadfit.errors import SteadfitError
from steadfit.study.design import Design
from steadfit.study.plan import make_plan


def numbered(count: int, classes: int = 2):
    """Examples of which none is like another."""
    x = np.arange(count * 64, dtype=np.float32).reshape(count, 8, 8)
    return from_arrays(x, np.arange(count) % classes)


def with_test_set(count: int, tested: int):
    structure = Structure(is_test=torch.arange(count) >= count - tested)
    return replace(numbered(count), structure=structure)


@pytest.mark.parametrize(
    ("data", "folds", "route", "looks"),
    [
        (numbered(60), 5, Route.NO_TEST_SET, (1, 2, 3)),
        (with_test_set(60, 20), 5, Route.FEW_TEST_POINTS, (1, 2, 3)),
        (with_test_set(2_100, 2_000), 1, Route.TEST_SET, (3, 5, 8)),
    ],
)
def test_the_route_follows_from_the_data(data, folds, route, looks):
    plan = make_plan(data, Design())
    assert (len(plan.folds[0]), plan.route, plan.looks) == (folds, route, looks)
    asked = make_plan(data, Design(folds=3))
    assert (len(asked.folds[0]), asked.route) == (3, Route.ASKED)


def test_few_groups_make_few_folds():
    groups = Structure(groups=torch.arange(60) % 6 // 2)
    assert len(make_plan(replace(numbered(60), structure=groups), Design()).folds[0]) == 3


def test_folds_test_everything_and_a_test_side_only_itself():
    folds = make_plan(with_test_set(60, 20), Design())
    assert len(folds.tested.data) == 60
    assert len(folds.everything) == 60
    side = make_plan(with_test_set(60, 20), Design(folds=1))
    assert len(side.tested.data) == 20
    assert side.everything.tolist() == list(range(40))


def test_steps_of_a_text_are_tested_on_one_side():
    copies = read("copy", length=5, train=20, test=10)
    assert make_plan(copies, Design()).route is Route.STEPS
    with pytest.raises(SteadfitError, match="folds must be 1"):
        make_plan(copies, Design(folds=5))


def test_predictions_come_back_in_the_data_s_order():
    plan = make_plan(numbered(23), Design(folds=4))
    for number, folds in enumerate(plan.folds):
        told = [fold.test.numpy()[:, None].astype(np.float32) for fold in folds]
        assert plan.tested.assemble(number, told)[:, 0].tolist() == list(range(23))


def test_a_ceiling_takes_looks_away():
    plan = make_plan(numbered(60), Design(trainings=50))
    assert plan.within_ceiling(3).looks == (1, 2)  # 3 arms × 5 × 2 + 2 × 5
    assert plan.within_ceiling(6).looks == (1,)
    with pytest.raises(SteadfitError, match="trainings must be 60 or more for 10 arms, got 50"):
        plan.within_ceiling(10)


@pytest.mark.parametrize(
    ("data", "design", "said"),
    [
        (numbered(4), Design(folds=5), "at least as many examples as folds, got 4"),
        (numbered(60, 1), Design(), "at least two classes|two classes|single class"),
        (
            replace(numbered(60), structure=Structure(groups=torch.zeros(60, dtype=torch.int64))),
            Design(),
            "at least as many groups as folds, got 1 group",
        ),
        (
            from_arrays(np.eye(64)[:40].reshape(40, 8, 8), np.ones(40) * 0.5),
            Design(),
            "must vary, got 0.5",
        ),
    ],
)
def test_what_cannot_be_divided_is_a_sentence(data, design, said):
    with pytest.raises(SteadfitError, match=said):
        make_plan(data, design)


def test_a_class_with_fewer_examples_than_folds_is_named():
    data = numbered(60)
    data = replace(data, y=torch.tensor([1, 1] + [0] * 58))
    assert any('"1" (2)' in note for note in make_plan(data, Design()).notes)


@pytest.mark.parametrize(
    ("design", "said"),
    [
        ({"samples": 1}, "at least 2 samples"),
        ({"folds": 0}, "folds must be 1 or more, got 0"),
        ({"repetitions": 201}, "repetitions must be 200 or fewer"),
        ({"trainings": True}, "trainings must be 1 or more"),
        ({"variance": "bst"}, "bst"),
        ({"decide_by": "errr"}, "error"),
        ({"samples": 4, "seeds": 3, "scheme": "whole"}, "seeds must be 1, got 3"),
        (
            {"samples": 4, "seeds": 3, "scheme": "whole", "crossed": True},
            r"got 3 crossed\. Ask for 12 samples",
        ),
    ],
)
def test_a_design_that_measures_nothing_is_a_sentence(design, said):
    with pytest.raises(SteadfitError, match=said):
        Design(**design)
