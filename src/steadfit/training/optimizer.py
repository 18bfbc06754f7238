"""The optimiser, its schedule, and the one step that changes weights.

The arithmetic is that of torch's own functions. The classes of torch.optim would load torch.compile
at their first step, which takes each process seconds, and a step of theirs takes longer than that
of a small network's gradient.
"""

import math
from collections.abc import Iterable
from typing import Any, NamedTuple, Protocol

import torch
from torch import Tensor, nn
from torch.optim.adamw import adamw
from torch.optim.sgd import sgd

from steadfit.errors import OwnCodeError
from steadfit.own_code import OwnCode, function_of, raised_by
from steadfit.recipe import Optimizer
from steadfit.training.penalties import weights

BETAS, EPS = (0.9, 0.999), 1e-8  # torch.optim.AdamW's defaults


class Group(NamedTuple):
    """Parameters with the same weight decay, and the same share of the learning rate."""

    parameters: tuple[nn.Parameter, ...]
    weight_decay: float
    rate_share: float = 1.0

    @property
    def to_change(self) -> list[nn.Parameter]:
        """Those that have a gradient."""
        return [parameter for parameter in self.parameters if parameter.grad is not None]


class Stepper(Protocol):
    """What changes weights by their gradients."""

    def step(self, rate: float) -> None:
        """One step with this learning rate."""
        ...

    def step_size(self, parameter: nn.Parameter) -> Tensor | float:
        """What the last step multiplied the (averaged) gradient of each weight by."""
        ...


class _Moments(NamedTuple):
    steps: Tensor
    first: Tensor
    second: Tensor


class AdamW:
    """Adam with decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2)."""

    def __init__(self, groups: Iterable[Group]) -> None:
        self._groups = tuple(groups)
        self._moments: dict[nn.Parameter, _Moments] = {}
        self._rate = 0.0

    @torch.no_grad()
    def step(self, rate: float) -> None:
        self._rate = rate
        for group in self._groups:
            changed = group.to_change
            if not changed:
                continue
            moments = [self._moments_of(parameter) for parameter in changed]
            steps, first, second = map(list, zip(*moments, strict=True))
            adamw(
                list[Tensor](changed),
                [parameter.grad for parameter in changed if parameter.grad is not None],
                first,
                second,
                [],
                steps,
                fused=True,
                amsgrad=False,
                beta1=BETAS[0],
                beta2=BETAS[1],
                lr=rate * group.rate_share,
                weight_decay=group.weight_decay,
                eps=EPS,
                maximize=False,
            )

    def step_size(self, parameter: nn.Parameter) -> Tensor:
        steps, _, second = self._moments[parameter]
        correction = 1 - BETAS[1] ** float(steps)
        rate = self._rate * _rate_share(parameter)
        return rate / (second / correction).sqrt_().add_(EPS)

    def _moments_of(self, parameter: nn.Parameter) -> _Moments:
        if parameter not in self._moments:
            steps = torch.zeros((), dtype=torch.float32, device=parameter.device)
            self._moments[parameter] = _Moments(
                steps, torch.zeros_like(parameter), torch.zeros_like(parameter)
            )
        return self._moments[parameter]


class SGD:
    """Stochastic gradient descent, with Nesterov's momentum where there is any."""

    def __init__(self, groups: Iterable[Group], momentum: float = 0.0) -> None:
        self._groups = tuple(groups)
        self._momentum = momentum
        self._velocity: dict[nn.Parameter, Tensor] = {}
        self._rate = 0.0

    @torch.no_grad()
    def step(self, rate: float) -> None:
        self._rate = rate
        for group in self._groups:
            changed = group.to_change
            sgd(
                list[Tensor](changed),
                [parameter.grad for parameter in changed if parameter.grad is not None],
                [self._velocity_of(parameter) for parameter in changed],
                fused=True,
                weight_decay=group.weight_decay,
                momentum=self._momentum,
                lr=rate * group.rate_share,
                dampening=0.0,
                nesterov=self._momentum > 0,
                maximize=False,
            )

    def step_size(self, parameter: nn.Parameter) -> float:
        return self._rate * _rate_share(parameter)

    def _velocity_of(self, parameter: nn.Parameter) -> Tensor | None:
        if not self._momentum:
            return None
        if parameter not in self._velocity:
            self._velocity[parameter] = torch.zeros_like(parameter)
        return self._velocity[parameter]


class Own:
    """A person's optimiser, as torch.optim has them. Raises OwnCodeError for whatever it raises."""

    def __init__(self, code: OwnCode, groups: Iterable[Group]) -> None:
        parameters = [
            {
                "params": list(group.parameters),
                "weight_decay": group.weight_decay,
                "rate_share": group.rate_share,
            }
            for group in groups
            if group.parameters
        ]
        self._name, self._rate = code.name, 0.0
        self._optimizer = code(parameters)
        if not hasattr(self._optimizer, "param_groups"):
            got = type(self._optimizer).__name__
            raise OwnCodeError(f"{code.name} must give a torch optimiser, got {got}.")

    def step(self, rate: float) -> None:
        self._rate = rate
        for group in self._optimizer.param_groups:
            group["lr"] = rate * group["rate_share"]
        with raised_by(self._name):
            self._optimizer.step()

    def step_size(self, parameter: nn.Parameter) -> float:
        return self._rate * _rate_share(parameter)


def make_optimizer(module: nn.Module, settings: Optimizer) -> Stepper:
    """An optimiser whose decoupled weight decay acts on weights only, never on biases."""
    decayed = weights(module)
    known = {id(parameter) for parameter in decayed}
    rest = [parameter for parameter in module.parameters() if id(parameter) not in known]
    groups = (*_groups(decayed, settings.weight_decay), *_groups(rest, 0.0))
    if settings.own is not None:
        return Own(function_of(settings.own, "optimizer.own"), groups)
    if settings.name == "adamw":
        return AdamW(groups)
    return SGD(groups, settings.momentum)


def _groups(parameters: Iterable[nn.Parameter], weight_decay: float) -> Iterable[Group]:
    """One for each share of the learning rate among them."""
    parts: dict[float, list[nn.Parameter]] = {}
    for parameter in parameters:
        parts.setdefault(_rate_share(parameter), []).append(parameter)
    return (Group(tuple(part), weight_decay, share) for share, part in parts.items())


def _rate_share(parameter: nn.Parameter) -> float:
    """Of the learning rate, what a parameter learns by: all, unless its model says less."""
    return getattr(parameter, "rate_share", 1.0)


def learning_rate(settings: Optimizer, step: int, steps: int) -> float:
    """The rate of step number `step` (from 0) of `steps`: a linear rise, then the schedule.

    The cosine falls from the highest rate towards 0 (Loshchilov and Hutter 2017, equation 5,
    without restarts).

    >>> settings = Optimizer(learning_rate=1.0, warmup=0.2)
    >>> [round(learning_rate(settings, step, 10), 2) for step in range(10)]
    [0.5, 1.0, 0.99, 0.92, 0.78, 0.6, 0.4, 0.22, 0.08, 0.01]
    """
    if settings.own_schedule is not None:
        return settings.learning_rate * _share(settings.own_schedule, step, steps)
    rising = round(settings.warmup * steps)
    if step < rising:
        return settings.learning_rate * (step + 1) / rising
    if settings.schedule == "constant":
        return settings.learning_rate
    done = (step - rising + 0.5) / (steps - rising)
    return settings.learning_rate * 0.5 * (1 + math.cos(math.pi * done))


def _share(code: Any, step: int, steps: int) -> float:
    """Of the highest rate, by a person's schedule."""
    schedule = function_of(code, "optimizer.own_schedule")
    share = schedule(step, steps)
    if not isinstance(share, int | float) or not 0 <= share < math.inf:
        raise OwnCodeError(
            f"{schedule.name} must give a number of 0 or more for step {step} of {steps}, got "
            f"{share!r}."
        )
    return float(share)
