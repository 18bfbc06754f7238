"""The optimisers against torch.optim's, step by step, to the last bit."""

import subprocess
import sys

import pytest
import torch
from torch import Tensor, nn

from steadfit.recipe import Optimizer
from steadfit.training.optimizer import make_optimizer

RATES = (0.1, 0.05, 0.01, 0.02)


class TwoLayers(nn.Module):
    """The second layer has no gradient at odd steps."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.first, self.second = nn.Linear(5, 4), nn.Linear(4, 4)

    def forward(self, x: Tensor, step: int) -> Tensor:
        out = torch.tanh(self.first(x))
        return self.second(out) if step % 2 == 0 else out


def stepped(settings: Optimizer) -> nn.Module:
    module = TwoLayers()
    optimizer = make_optimizer(module, settings)
    for step, rate in enumerate(RATES):
        module.zero_grad()
        module(torch.linspace(-1, 1, 15).view(3, 5), step).square().sum().backward()
        optimizer.step(rate)
    return module


def torchs(settings: Optimizer) -> nn.Module:
    module = TwoLayers()
    groups = [
        {"params": [module.first.weight, module.second.weight],
         "weight_decay": settings.weight_decay},
        {"params": [module.first.bias, module.second.bias], "weight_decay": 0.0},
    ]  # fmt: skip
    if settings.name == "adamw":
        optimizer: torch.optim.Optimizer = torch.optim.AdamW(groups, lr=1.0)
    else:
        nesterov = settings.momentum > 0
        optimizer = torch.optim.SGD(groups, lr=1.0, momentum=settings.momentum, nesterov=nesterov)
    for step, rate in enumerate(RATES):
        optimizer.zero_grad()
        module(torch.linspace(-1, 1, 15).view(3, 5), step).square().sum().backward()
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.step()
    return module


@pytest.mark.parametrize(
    "settings",
    [
        Optimizer(name="adamw", weight_decay=0.1),
        Optimizer(name="sgd", weight_decay=0.0, momentum=0.9),
        Optimizer(name="sgd", weight_decay=0.1, momentum=0.0),
    ],
    ids=["adamw", "momentum", "plain"],
)
def test_steps_are_torchs(settings):
    ours, theirs = stepped(settings), torchs(settings)
    for one, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-6, atol=1e-7)


def test_training_does_not_load_the_compiler():
    """It would take each process of a study seconds."""
    script = (
        "import sys, torch, numpy, steadfit as sf; from steadfit.training import fit;"
        "d = sf.from_arrays(numpy.random.default_rng(0).random((20, 4, 4)), [0, 1] * 10);"
        "r = sf.Recipe().model_with(name='mlp').training_with(epochs=1);"
        "fit(r, d, torch.arange(20), d, 0, 'cpu');"
        "sys.exit('torch._dynamo' in sys.modules or 'sklearn' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
