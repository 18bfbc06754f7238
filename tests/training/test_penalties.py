"""L1 and L2 against scikit-learn's Lasso and Ridge, which solve the same problems another way."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import Lasso, Ridge
from torch import nn

from steadfit.training.optimizer import SGD, AdamW, Group
from steadfit.training.penalties import (
    add_l2_gradient,
    share_of_zeros,
    shrink_l1,
    soft_threshold,
    weights,
)


def problem() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((60, 8))
    y = x @ np.array([3, -2, 0, 0, 1, 0, 0, 0.1]) + 0.1 * rng.standard_normal(60) + 5
    return x, y


def descend(kind: type[SGD] | type[AdamW], l1: float = 0.0, l2: float = 0.0) -> nn.Linear:
    x, y = (torch.from_numpy(a) for a in problem())
    line = nn.Linear(8, 1, dtype=torch.float64)
    optimizer = kind([Group(tuple(line.parameters()), 0.0)])
    for step in range(4000):
        line.zero_grad()
        (line(x).squeeze(1) - y).square().mean().backward()
        add_l2_gradient(weights(line), l2)
        optimizer.step(0.05 * (1 - step / 4000))
        if l1:
            shrink_l1(weights(line), l1, optimizer.step_size)
    return line


@pytest.mark.parametrize("kind", [SGD, AdamW])
def test_l1_is_the_lasso(kind):
    x, y = problem()
    lasso = Lasso(alpha=0.2, tol=1e-12, max_iter=100_000).fit(x, y)  # half the squared loss
    line = descend(kind, l1=0.4)
    np.testing.assert_allclose(line.weight.detach().numpy()[0], lasso.coef_, atol=1e-4)
    np.testing.assert_allclose(line.bias.item(), lasso.intercept_, atol=1e-4)
    assert share_of_zeros(weights(line)) == np.mean(lasso.coef_ == 0) > 0


def test_l2_is_ridge_regression():
    x, y = problem()
    ridge = Ridge(alpha=0.3 * len(y)).fit(x, y)
    line = descend(SGD, l2=0.3)
    np.testing.assert_allclose(line.weight.detach().numpy()[0], ridge.coef_, atol=1e-6)
    np.testing.assert_allclose(line.bias.item(), ridge.intercept_, atol=1e-6)


def test_l2_gradient_is_that_of_the_penalised_loss():
    line = nn.Linear(3, 2)
    line.weight.grad = torch.zeros_like(line.weight)
    add_l2_gradient(weights(line), 0.7)
    penalty = 0.7 * line.weight.square().sum()
    torch.testing.assert_close(line.weight.grad, torch.autograd.grad(penalty, line.weight)[0])


def test_soft_threshold_minimises_its_objective():
    w = torch.linspace(-3, 3, 13, dtype=torch.float64)
    grid = torch.linspace(-4, 4, 80_001, dtype=torch.float64)
    objective = 0.5 * (grid[:, None] - w).square() + 0.8 * grid[:, None].abs()
    torch.testing.assert_close(soft_threshold(w, 0.8), grid[objective.argmin(0)], atol=2e-4, rtol=0)


def test_biases_and_normalisation_scales_are_no_weights():
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.LayerNorm(5), nn.LSTM(5, 2))
    names = {id(p): name for name, p in net.named_parameters()}
    assert {names[id(w)] for w in weights(net)} == {"0.weight", "3.weight_ih_l0", "3.weight_hh_l0"}
