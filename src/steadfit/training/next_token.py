"""What a language model says of the next token, step by step, its state carried along."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from steadfit.errors import SteadfitError, some
from steadfit.kinds import RESERVED, Preparation
from steadfit.nn import Padded
from steadfit.tasks import Tokens
from steadfit.tasks.base import Task

Members = Sequence[tuple[nn.Module, Preparation]]
States = Sequence[dict[nn.Module, Any]]  # of each member


def fresh_states(members: Members) -> States:
    """Those before the first token."""
    return [{} for _ in members]


def log_probabilities(members: Members, numbers: Tensor, states: States) -> Tensor:
    """Of the token after each of these: float64, shape (steps, tokens); each row's sum to 1.

    numbers: the tokens' places in the vocabulary, int64, shape (steps,). states: in which the
    tokens before left each member; they are left as these tokens leave them. The members'
    log-probabilities are averaged, as everywhere.
    """
    inputs = numbers[None] + RESERVED
    said = [
        fitted.restore(net(Padded(inputs, states=kept)).values[0]).double().log_softmax(-1)
        for (net, fitted), kept in zip(members, states, strict=True)
    ]
    return torch.stack(said).mean(0).log_softmax(-1)


def token_task(task: Task, use: str, instead: str) -> Tokens:
    """The task of a language model. Raises SteadfitError for another, which has no such use."""
    if not isinstance(task, Tokens):
        raise SteadfitError(
            f"The model must be a language model to {use} a text, got one that predicts "
            f"{task.learned}. {instead}"
        )
    return task


def known_numbers(tokens: Sequence[str], vocabulary: Sequence[str], what: str, unit: str) -> Tensor:
    """The tokens' places in the vocabulary; int64, shape (tokens,).

    what: the tokens are of, in a sentence. Raises SteadfitError for tokens that it does not have.
    """
    number = {token: place for place, token in enumerate(vocabulary)}
    unknown = sorted({token for token in tokens if token not in number})
    if unknown:
        raise SteadfitError(
            f"The {what} must be of {unit} that the training text has, got others: "
            f"{some([repr(token) for token in unknown])}. Leave them out."
        )
    return torch.tensor([number[token] for token in tokens], dtype=torch.int64)
