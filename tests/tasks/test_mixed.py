"""Targets of two examples mixed: against the weighted sum of the two losses."""

import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, mse_loss

from steadfit.errors import SteadfitError
from steadfit.recipe import Training
from steadfit.tasks import TASKS
from steadfit.tasks.brier import brier
from steadfit.tasks.classes import Classes
from steadfit.tasks.numbers import Numbers
from steadfit.tasks.settings import check_mixing
from steadfit.tasks.several import Several

RNG = torch.Generator().manual_seed(0)
OUTPUTS = torch.randn(6, 3, generator=RNG)
Y = torch.tensor([0, 1, 2, 2, 1, 0])
OTHER = torch.tensor([3, 3, 0, 1, 5, 4])
SHARE = torch.rand(6, generator=RNG)
CLASSES = Classes(("a", "b", "c"))


def each(loss, y: torch.Tensor) -> torch.Tensor:
    return torch.stack([loss(OUTPUTS[i : i + 1], y[i : i + 1]) for i in range(6)])


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_cross_entropy_is_the_weighted_sum(smoothing: float) -> None:
    y = CLASSES.mixed(Y, OTHER, SHARE)
    training = Training(label_smoothing=smoothing)

    def loss(outputs: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return cross_entropy(outputs, y, label_smoothing=smoothing)

    want = SHARE * each(loss, Y) + (1 - SHARE) * each(loss, Y[OTHER])
    torch.testing.assert_close(CLASSES.loss(OUTPUTS, y, training, smoothed=True), want.mean())


def test_the_brier_score_is_least_at_the_mixture() -> None:
    y = CLASSES.mixed(Y, OTHER, SHARE)
    logits = y.clamp_min(1e-30).log()
    assert brier(logits, y) == pytest.approx(0, abs=1e-6)
    assert brier(logits + 0.1 * OUTPUTS, y) > 1e-4
    assert brier(OUTPUTS, CLASSES.mixed(Y, OTHER, torch.ones(6))) == pytest.approx(
        brier(OUTPUTS, Y).item()
    )


def test_numbers_are_mixed_as_they_are() -> None:
    y, task = torch.randn(6, 3, generator=RNG), Numbers(3)
    mixed = task.mixed(y, OTHER, SHARE)
    want = torch.stack([SHARE[i] * y[i] + (1 - SHARE[i]) * y[OTHER[i]] for i in range(6)])
    torch.testing.assert_close(task.loss(OUTPUTS, mixed, Training()), mse_loss(OUTPUTS, want))


@pytest.mark.parametrize("setting", [{"class_weight": 1.0}, {"own_loss": cross_entropy}])
def test_what_needs_one_label_is_refused(setting: dict) -> None:
    training = Training.of(augmentation={"mixup": 0.2}, **setting)
    with pytest.raises(SteadfitError, match=f"{next(iter(setting))} needs one label an example"):
        CLASSES.check(training, "digits")


def test_tasks_without_mixtures_refuse_them() -> None:
    training = Training.of(augmentation={"cutmix": 1.0})
    for task in TASKS.values():
        if not task.mixes:
            with pytest.raises(SteadfitError, match="mix labels too"):
                check_mixing(training, task.mixes, "it is of tokens")


def test_several_labels_are_mixed_alike() -> None:
    y, task = torch.rand(6, 3, generator=RNG) > 0.5, Several(("a", "b", "c"))
    mixed = task.loss(OUTPUTS, task.mixed(y, OTHER, SHARE), Training())

    def of(y: torch.Tensor) -> torch.Tensor:
        each = binary_cross_entropy_with_logits(OUTPUTS, y.float(), reduction="none")
        return each.mean(1)

    torch.testing.assert_close(mixed, (SHARE * of(y) + (1 - SHARE) * of(y[OTHER])).mean())
