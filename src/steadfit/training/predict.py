"""Outputs of a trained module."""

import math

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from steadfit.data import Dataset
from steadfit.errors import DivergedError
from steadfit.kinds import Inputs, Preparation, kind_of
from steadfit.nn import Padded
from steadfit.recipe import Training
from steadfit.tasks.next_tokens import measured
from steadfit.tasks.tokens import windows
from steadfit.training.learned_loss import learned_loss
from steadfit.training.memory import in_halves

_BLOCKS, _WINDOW = 32, 128  # of a text's blocks at a time, and steps of them


@torch.inference_mode()
def outputs(module: nn.Module, preparation: Preparation, x: Inputs, device: str = "cpu") -> Tensor:
    """Logits of the classes, or numbers as the network learned them; float32, on the CPU.

    x: unprepared examples, shape (examples, …). Returns shape (examples, outputs). The module is
    left in evaluation mode. `preparation.restore` brings numbers back to the data's units.

    What is given for a sequence does not depend on the others beyond the rounding of float32.
    """
    return _one_pass(module.eval(), preparation, x, device)


@torch.inference_mode()
def sampled_outputs(
    module: nn.Module, preparation: Preparation, x: Inputs, passes: int, seed: int
) -> Tensor:
    """`outputs` with what training draws anew in each batch drawn anew in each pass: dropout of
    every kind, zoneout, stochastic depth. Batch normalisation keeps its running means.

    Returns shape (passes, examples, outputs). The module is left in evaluation mode.
    """
    module.train()
    for part in module.modules():
        if isinstance(part, nn.modules.batchnorm._BatchNorm):
            part.eval()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        found = [_one_pass(module, preparation, x, "cpu") for _ in range(passes)]
    module.eval()
    return torch.stack(found)


def _one_pass(module: nn.Module, preparation: Preparation, x: Inputs, device: str) -> Tensor:
    kind = kind_of(x)
    take = kind.prepared(x, preparation.inputs)

    def predicted(rows: Tensor) -> Tensor:
        return module(kind.padded(kind.placed(take(rows), device))).float().cpu()

    found = torch.empty(0)
    for rows in kind.to_predict(x):
        part = torch.cat(in_halves(predicted, rows))
        if not len(found):
            found = part.new_empty(len(x), *part.shape[1:])
        found[rows] = part
        del part  # a small result that outlives its large inputs pins the heap, which then grows
    return found


@torch.inference_mode()
def next_tokens(
    module: nn.Module, preparation: Preparation, data: Dataset, device: str = "cpu"
) -> tuple[Tensor, float]:
    """Of a language model: the logits of the `measured` tokens, and the mean loss of all.

    Returns float32 of shape (points, tokens), on the CPU, and nats a token. The state begins anew
    with each block. The module is left in evaluation mode.
    """
    module.eval()
    kind = data.schema.kind
    take, wanted = kind.prepared(data.x, preparation.inputs), measured(data.y, data.outputs)
    row = torch.full_like(data.y, -1)
    row.view(-1)[wanted] = torch.arange(len(wanted))
    found = torch.empty(len(wanted), data.outputs, dtype=torch.float32)

    def loss_of(blocks: Tensor) -> float:
        begin, total = 0, 0.0
        texts = kind.padded(kind.placed(take(blocks), device))
        assert isinstance(texts, Padded)
        for window in windows(texts, _WINDOW):
            logits = module(window).values.float().cpu()
            restored = preparation.restore(logits).flatten(0, 1)
            part = slice(begin, begin := begin + logits.shape[1])
            y, rows = data.y[blocks, part], row[blocks, part]
            total += float(cross_entropy(restored, y.flatten(), reduction="sum"))
            found[rows[rows >= 0]] = logits[rows >= 0]
        return total

    parts = torch.arange(len(data)).split(_BLOCKS)
    total = sum(part for blocks in parts for part in in_halves(loss_of, blocks))
    return found, total / int((data.y >= 0).sum())


def mean_loss(
    module: nn.Module,
    preparation: Preparation,
    data: Dataset,
    training: Training,
    device: str = "cpu",
) -> float:
    """The mean loss by which the module learns, of all examples. It is left in evaluation mode."""
    found, loss = answers(module, preparation, data, device)
    if loss is not None:
        return loss
    targets = preparation.targets(data.y)
    return float(learned_loss(data.schema.task, found, targets, training))


def final_outputs(
    module: nn.Module, preparation: Preparation, test: Dataset, device: str = "cpu"
) -> tuple[Tensor, dict[str, float]]:
    """What a replica says of its test points (`steadfit.data.points`), in the targets' units, and
    of tokens the mean loss of all as "test_loss", of texts the share of "unknown_tokens".

    Raises DivergedError where a number is not finite: the last updates of a training are followed
    by no loss that would show it.
    """
    found, mean = answers(module, preparation, test, device)
    logits, facts = preparation.restore(found), {} if mean is None else {"test_loss": mean}
    if not (logits.isfinite().all() and all(map(math.isfinite, facts.values()))):
        raise DivergedError(
            "Training ended with a network whose predictions are not finite. Try a lower "
            "learning rate, or clip the gradient."
        )
    unknown = test.schema.kind.unknown(test.x, preparation)
    if unknown is not None and not test.schema.task.every_step:
        facts["unknown_tokens"] = unknown
    return logits, facts


def answers(
    module: nn.Module, preparation: Preparation, data: Dataset, device: str
) -> tuple[Tensor, float | None]:
    """`outputs`; or `next_tokens` with their mean loss, where there is an answer at every step."""
    if data.schema.task.every_step:
        return next_tokens(module, preparation, data, device)
    return outputs(module, preparation, data.x, device), None


def channels_last(module: nn.Module) -> nn.Module:
    """The module with its convolutions' weights laid out with channels last, which is faster."""
    return module.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
