"""What a language model writes: a prompt, and token by token what comes next."""

import torch
from torch import Tensor

from steadfit.data import natural
from steadfit.errors import SteadfitError
from steadfit.kinds.tokens import tokenize
from steadfit.tasks import Tokens
from steadfit.training.next_token import (
    fresh_states,
    known_numbers,
    log_probabilities,
    token_task,
)
from steadfit.training.trained import TrainedModel


@torch.inference_mode()
def continuation(
    model: TrainedModel, prompt: str, length: int, temperature: float = 1.0, seed: int = 0
) -> str:
    """What the model writes after a prompt, without the prompt.

    length: tokens written. temperature: logits are divided by it before a token is drawn; below 1
    the likely ones come more often, and at 0 the likeliest is always taken. seed: of the drawing.
    Of an ensemble, the members' log-probabilities are averaged at each step. Characters are put
    together as they are, words with a space between them.

    Raises SteadfitError for a model of another task, a prompt without tokens or with tokens that
    the model does not know, and settings out of range.
    """
    task = _of(model)
    if length < 1 or not 0 <= temperature < float("inf"):
        raise SteadfitError(
            f"The number of tokens must be 1 or more and the temperature 0 or more, got {length} "
            f"and {temperature:g}."
        )
    natural("seed", seed)
    vocabulary = model.members[0][1].vocabulary
    tokens = tokenize(prompt, task.unit)
    if not tokens:
        raise SteadfitError(
            f"The prompt must have at least one of the {task.unit} to continue, got none."
        )
    given = known_numbers(tokens, vocabulary, "prompt", task.unit)
    states = fresh_states(model.members)
    generator = torch.Generator().manual_seed(seed)
    written: list[int] = []
    while len(written) < length:
        given = _drawn(log_probabilities(model.members, given, states)[-1], temperature, generator)
        written.append(int(given))
    return task.between.join(vocabulary[number] for number in written)


def continued(
    model: TrainedModel, prompt: str, length: int, temperature: float = 1.0, seed: int = 0
) -> str:
    """The prompt with its `continuation`."""
    written = continuation(model, prompt, length, temperature, seed)
    return prompt + _of(model).between + written


def _of(model: TrainedModel) -> Tokens:
    return token_task(model.facts.schema.task, "continue", "Give it a file of new examples.")


def _drawn(scores: Tensor, temperature: float, generator: torch.Generator) -> Tensor:
    """One token's number, shape (1,)."""
    if not temperature:
        return scores.argmax().view(1)
    below = scores - scores.max()  # whose largest is 0, however low the temperature
    return torch.multinomial((below / temperature).softmax(-1), 1, generator=generator)
