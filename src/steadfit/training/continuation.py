"""What a language model writes: a prompt, and token by token what comes next."""

import torch
from torch import Tensor

from steadfit.data import natural
from steadfit.errors import SteadfitError, some
from steadfit.kinds import RESERVED
from steadfit.kinds.tokens import tokenize
from steadfit.nn import Padded
from steadfit.tasks import Tokens
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
    unit = task.unit
    vocabulary = model.members[0][1].vocabulary
    given = _numbers(tokenize(prompt, unit), vocabulary, unit)
    states = [{} for _ in model.members]
    generator = torch.Generator().manual_seed(seed)
    written: list[int] = []
    while len(written) < length:
        inputs = given[None] + RESERVED
        scores = torch.stack([
            fitted.restore(net(Padded(inputs, states=kept)).values[0, -1]).double().log_softmax(-1)
            for (net, fitted), kept in zip(model.members, states, strict=True)
        ]).mean(0)  # fmt: skip
        given = _drawn(scores, temperature, generator)
        written.append(int(given))
    return task.between.join(vocabulary[number] for number in written)


def continued(
    model: TrainedModel, prompt: str, length: int, temperature: float = 1.0, seed: int = 0
) -> str:
    """The prompt with its `continuation`."""
    written = continuation(model, prompt, length, temperature, seed)
    return prompt + _of(model).between + written


def _of(model: TrainedModel) -> Tokens:
    """The model's task. Raises SteadfitError where it is no language model."""
    task = model.facts.schema.task
    if not isinstance(task, Tokens):
        raise SteadfitError(
            "The model must be a language model to continue a text, got one that predicts "
            f"{task.learned}. Give it a file of new examples."
        )
    return task


def _drawn(scores: Tensor, temperature: float, generator: torch.Generator) -> Tensor:
    """One token's number, shape (1,)."""
    if not temperature:
        return scores.argmax().view(1)
    below = scores - scores.max()  # whose largest is 0, however low the temperature
    return torch.multinomial((below / temperature).softmax(-1), 1, generator=generator)


def _numbers(tokens: list[str], vocabulary: tuple[str, ...], unit: str) -> Tensor:
    if not tokens:
        raise SteadfitError(
            f"The prompt must have at least one of the {unit} to continue, got none."
        )
    number = {token: place for place, token in enumerate(vocabulary)}
    unknown = sorted({token for token in tokens if token not in number})
    if unknown:
        raise SteadfitError(
            f"The prompt must be of {unit} that the training text has, got others: "
            f"{some([repr(token) for token in unknown])}. Leave them out."
        )
    return torch.tensor([number[token] for token in tokens])
