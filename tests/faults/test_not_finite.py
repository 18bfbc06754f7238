"""NaN and infinities planted in data, loss and gradient: stopped before the update, and named."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from steadfit.data import from_arrays
from steadfit.errors import DivergedError, SteadfitError
from steadfit.kinds import Images
from steadfit.models import build
from steadfit.recipe import Recipe
from steadfit.tasks import classes
from steadfit.training import fit, fitting, loop

RNG = np.random.default_rng(0)
DATA = from_arrays(RNG.normal(size=(120, 8, 8)).astype(np.float32), np.arange(120) % 3)
RECIPE = Recipe().model_with(name="mlp", width=0.1, depth=2).training_with(epochs=3, batch=20)
BATCHES = 6
EPOCH, BATCH = 2, 4  # where it is planted, counted from 1
BAD = [math.nan, math.inf, -math.inf]


class Watched:
    """The module that is trained, its weights after each step, and a place to plant in."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, gradient: float | None = None) -> None:
        self.steps, self.before = 0, {}

        def watched(*arguments) -> nn.Module:
            self.module = build(*arguments)
            self.module.register_forward_pre_hook(self.forward)
            if gradient is not None:
                *_, (self.name, parameter) = self.module.named_parameters()
                parameter.register_hook(lambda g: g + gradient if self.is_place() else g)
            return self.module

        monkeypatch.setattr(fitting, "build", watched)

    def forward(self, module: nn.Module, inputs: tuple) -> None:
        if module.training:
            self.steps += 1
            self.before = {name: weight.clone() for name, weight in module.state_dict().items()}

    def is_place(self) -> bool:
        return self.steps == (EPOCH - 1) * BATCHES + BATCH

    def check(self) -> None:
        """It ended at the place, the weights as they were before that step."""
        assert self.is_place()
        for name, weight in self.module.state_dict().items():
            assert torch.equal(weight, self.before[name])
            assert torch.isfinite(weight).all()


def trained() -> str:
    with pytest.raises(DivergedError) as caught:
        fit(RECIPE, DATA, torch.arange(120), DATA, seed=0)
    return str(caught.value)


@pytest.mark.parametrize("bad", BAD)
def test_in_the_data(monkeypatch: pytest.MonkeyPatch, bad: float) -> None:
    """One pixel of one example, seen in the first epoch in the batch that has this example."""
    seen: list[int] = []
    prepared = Images.prepared

    def spoiled(kind: Images, x: Tensor, prepare: Callable[[Tensor], Tensor]):
        take = prepared(kind, x, prepare)

        def taken(rows: Tensor) -> Tensor:
            seen.append(len(seen) + 1 if 7 in rows.tolist() else 0)
            inputs = take(rows)
            inputs[rows == 7, 0, 3, 3] = bad
            return inputs

        return taken

    watched = Watched(monkeypatch)
    monkeypatch.setattr(Images, "prepared", spoiled)
    said = trained()
    assert f"before the update of epoch 1, batch {seen[-1]}:" in said
    first = next(name for name, _ in watched.module.named_parameters())
    assert f'first in the gradient of "{first}"' in said
    assert watched.steps == seen[-1] > 0
    for name, weight in watched.module.state_dict().items():
        assert torch.equal(weight, watched.before[name])


@pytest.mark.parametrize("bad", BAD)
def test_in_the_loss(monkeypatch: pytest.MonkeyPatch, bad: float) -> None:
    watched, real = Watched(monkeypatch), classes.cross_entropy

    def planted(logits: Tensor, y: Tensor, weight: Tensor | None, label_smoothing: float) -> Tensor:
        return real(logits, y) + (bad if watched.is_place() and logits.requires_grad else 0.0)

    monkeypatch.setattr(classes, "cross_entropy", planted)
    said = trained()
    assert f"before the update of epoch {EPOCH}, batch {BATCH}:" in said
    assert f"got a loss of {bad}" in said
    watched.check()


@pytest.mark.parametrize("bad", BAD)
def test_in_the_gradient(monkeypatch: pytest.MonkeyPatch, bad: float) -> None:
    watched = Watched(monkeypatch, gradient=bad)
    said = trained()
    assert f"before the update of epoch {EPOCH}, batch {BATCH}:" in said
    assert f'first in the gradient of "{watched.name}"' in said
    watched.check()


@pytest.mark.parametrize("bad", BAD)
def test_data_that_are_not_finite_are_refused_when_read(bad: float) -> None:
    x = RNG.normal(size=(20, 8, 8)).astype(np.float32)
    x[7, 1, 2] = bad
    with pytest.raises(SteadfitError, match=r"row 7\b"):
        from_arrays(x, np.arange(20) % 2)
    y = np.arange(20.0) / 3
    y[7] = bad
    with pytest.raises(SteadfitError, match=r"row 7\b"):
        from_arrays(np.zeros((20, 8, 8), np.float32), y)


@pytest.mark.parametrize("bad", BAD)
def test_a_network_that_only_the_last_update_broke_is_no_result(monkeypatch, bad: float) -> None:
    """Nothing is looked at between the last update and the predictions."""
    usual = loop.Descent.update

    def update(run, *arguments) -> None:
        usual(run, *arguments)
        if run.step == RECIPE.training.epochs * BATCHES:
            with torch.no_grad():
                next(run.module.parameters())[0, 0] = bad

    monkeypatch.setattr(loop.Descent, "update", update)
    assert "predictions are not finite" in trained()
