"""What a language model writes: a prompt, and token by token what comes next."""

from typing import Any

import torch

from steadfit.data import natural
from steadfit.errors import SteadfitError
from steadfit.kinds import text_of
from steadfit.tasks import Tokens
from steadfit.training.drawing import Drawing
from steadfit.training.next_token import (
    fresh_states,
    known_numbers,
    log_probabilities,
    token_task,
)
from steadfit.training.trained import TrainedModel


@torch.inference_mode()
def continuation(
    model: TrainedModel,
    prompt: str,
    length: int,
    temperature: float = 1.0,
    seed: int = 0,
    *,
    top_k: int | None = None,
    top_p: float | None = None,
) -> str:
    """What the model writes after a prompt, without the prompt.

    length: tokens written. temperature, top_k, top_p: how they are drawn, as in
    `steadfit.training.drawing.Drawing`. seed: of the drawing. Of an ensemble, the members'
    log-probabilities are averaged at each step. Tokens are put together as they are, words with a
    space between them.

    Raises SteadfitError for a model of another task, a prompt without tokens or with tokens that
    the model does not know, and settings out of range.
    """
    task = _of(model)
    if length < 1:
        raise SteadfitError(f"The number of tokens must be 1 or more, got {length}.")
    natural("seed", seed)
    drawing = Drawing(temperature, top_k, top_p)
    vocabulary = model.members[0][1].vocabulary
    tokens = task.cut(prompt)
    if not tokens:
        raise SteadfitError(
            f"The prompt must have at least one of the {task.unit} to continue, got none."
        )
    given = known_numbers(tokens, vocabulary, "prompt", task.unit)
    states = fresh_states(model.members)
    generator = torch.Generator().manual_seed(seed)
    written: list[int] = []
    while len(written) < length:
        shares = drawing.shares(log_probabilities(model.members, given, states)[-1])
        given = torch.multinomial(shares, 1, generator=generator)
        written.append(int(given))
    return text_of((vocabulary[number] for number in written), task.unit)


def continued(model: TrainedModel, prompt: str, length: int, **drawn: Any) -> str:
    """The prompt with its `continuation`, whose settings these are."""
    written = continuation(model, prompt, length, **drawn)
    return f"{prompt} {written}" if _of(model).unit == "words" else prompt + written


def _of(model: TrainedModel) -> Tokens:
    return token_task(model.facts.schema.task, "continue", "Give it a file of new examples.")
