"""What a language model writes: a prompt, and token by token what comes next."""

import torch
from torch import Tensor

from steadfit.data import natural
from steadfit.data.dataset import RESERVED
from steadfit.data.targets import some
from steadfit.data.tokens import tokenize
from steadfit.errors import SteadfitError
from steadfit.nn import Padded
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
    if model.facts.task != "tokens":
        raise SteadfitError(
            "The model continues no texts: it was trained to predict "
            f"{model.facts.task}. Give it a file of new examples."
        )
    if length < 1 or not 0 <= temperature < float("inf"):
        raise SteadfitError(
            "The tokens to write must be 1 or more and the temperature 0 or more, got "
            f"{length} and {temperature:g}."
        )
    natural("seed", seed)
    unit = model.facts.unit
    vocabulary = model.members[0][1].vocabulary
    assert unit is not None
    given = _numbers(tokenize(prompt, unit), vocabulary, unit)
    nets = [module for module, _ in model.members]
    states = [{} for _ in nets]
    generator = torch.Generator().manual_seed(seed)
    written: list[int] = []
    while len(written) < length:
        inputs = given[None] + RESERVED
        scores = torch.stack([
            net(Padded(inputs, states=kept)).values[0, -1].double().log_softmax(-1)
            for net, kept in zip(nets, states, strict=True)
        ]).mean(0)  # fmt: skip
        given = _drawn(scores, temperature, generator)
        written.append(int(given))
    return ("" if unit == "characters" else " ").join(vocabulary[number] for number in written)


def _drawn(scores: Tensor, temperature: float, generator: torch.Generator) -> Tensor:
    """One token's number, shape (1,)."""
    if not temperature:
        return scores.argmax().view(1)
    below = scores - scores.max()  # whose largest is 0, however low the temperature
    return torch.multinomial((below / temperature).softmax(-1), 1, generator=generator)


def _numbers(tokens: list[str], vocabulary: tuple[str, ...], unit: str) -> Tensor:
    if not tokens:
        raise SteadfitError(f"The prompt has no {unit}, and a text is continued from one at least.")
    number = {token: place for place, token in enumerate(vocabulary)}
    unknown = sorted({token for token in tokens if token not in number})
    if unknown:
        raise SteadfitError(
            f"The prompt has {unit} that the training text has not: "
            f"{some([repr(token) for token in unknown])}. Leave them out."
        )
    return torch.tensor([number[token] for token in tokens])
