"""The loss that a training learns by: the task's, or a person's own."""

import torch
from torch import Tensor

from steadfit.errors import OwnCodeError
from steadfit.own_code import function_of
from steadfit.recipe import Training
from steadfit.tasks import Task

_STEPS = 100  # of the search for the best answer that is the same for all


def learned_loss(
    task: Task,
    outputs: Tensor,
    y: Tensor,
    training: Training,
    *,
    smoothed: bool = False,
    weights: Tensor | None = None,
) -> Tensor:
    """The mean loss of a batch, as `Task.loss`, or by `training.own_loss`.

    Raises OwnCodeError for what that function raises, and for anything but one number.
    """
    if training.own_loss is None:
        return task.loss(outputs, y, training, smoothed=smoothed, weights=weights)
    function = function_of(training.own_loss, "own_loss")
    loss = function(outputs.float(), y)
    if not isinstance(loss, Tensor) or loss.ndim or not loss.is_floating_point():
        got = f"shape {tuple(loss.shape)}" if isinstance(loss, Tensor) else type(loss).__name__
        raise OwnCodeError(
            f"{function.name} must give the mean loss of a batch, a tensor of one number, got "
            f"{got}."
        )
    if torch.is_grad_enabled() and outputs.requires_grad and not loss.requires_grad:
        raise OwnCodeError(
            f"{function.name} must give a loss that depends on the outputs, got one without a "
            "gradient. Use torch's functions throughout."
        )
    return loss


def guessing(task: Task, y: Tensor, training: Training, weights: Tensor | None = None) -> float:
    """The least `learned_loss` of an answer that is the same for all of these targets; of one's own
    loss as L-BFGS finds it."""
    if training.own_loss is None:
        return task.guessing(y, training, weights)
    answer = torch.zeros(task.outputs, requires_grad=True)
    search = torch.optim.LBFGS([answer], max_iter=_STEPS, line_search_fn="strong_wolfe")

    def loss_here() -> Tensor:
        return learned_loss(task, answer.expand(len(y), -1), y, training)

    def closure() -> float:
        search.zero_grad()
        loss = loss_here()
        loss.backward()
        return float(loss.detach())

    with torch.enable_grad():
        search.step(closure)
    with torch.no_grad():
        return float(loss_here())
