"""How well a language model predicts a text that it has not seen."""

import math
from collections import Counter
from dataclasses import dataclass

import numpy as np
import torch

from steadfit.errors import SteadfitError
from steadfit.kinds import Unit
from steadfit.kinds.tokens import sizes
from steadfit.tasks.base import Task
from steadfit.training.next_token import (
    Members,
    fresh_states,
    known_numbers,
    log_probabilities,
    token_task,
)

_STEPS, _NUMBERS = 1024, 2**22  # of a chunk, at most: tokens, and numbers that are said of them


@dataclass(frozen=True, eq=False)
class TextScore:
    """What a language model says of a text's tokens.

    unit: what a token is. tokens: those of the text. log_probabilities: of each token after the
    first, given all before it, in nats; float64, shape (tokens - 1,). characters, utf8_bytes: that
    the tokens after the first are; None of words, whose spaces and capitals are not predicted.
    """

    unit: Unit
    tokens: tuple[str, ...]
    log_probabilities: np.ndarray
    characters: int | None
    utf8_bytes: int | None

    @property
    def nats(self) -> float:
        """The mean a token."""
        return -float(self.log_probabilities.mean())

    @property
    def perplexity(self) -> float:
        """That of a token, e to the `nats`."""
        return float(np.exp(self.nats))

    @property
    def bits_per_character(self) -> float | None:
        """All bits over the characters, whatever a token is; None of words."""
        return self._bits_over(self.characters)

    @property
    def bits_per_byte(self) -> float | None:
        """All bits over the bytes of UTF-8, whatever a token is; None of words."""
        return self._bits_over(self.utf8_bytes)

    def _bits_over(self, count: int | None) -> float | None:
        return None if count is None else -float(self.log_probabilities.sum()) / math.log(2) / count

    def figures(self) -> dict[str, float | None]:
        """The figures by name, as plain numbers."""
        return {
            "tokens": len(self.log_probabilities),
            "characters": self.characters,
            "bytes": self.utf8_bytes,
            "bits_per_character": self.bits_per_character,
            "bits_per_byte": self.bits_per_byte,
            "nats_per_token": self.nats,
            "perplexity": self.perplexity,
        }


@torch.inference_mode()
def text_score(task: Task, members: Members, text: str) -> TextScore:
    """`TrainedModel.score_text`, of the members of a model with this task."""
    task = token_task(task, "score", "Compare its predictions with the right answers.")
    unit, tokens = task.unit, tuple(task.cut(text))
    if len(tokens) < 2:
        raise SteadfitError(
            f"The text must have 2 {unit} or more, as the first is predicted by none, got "
            f"{len(tokens)}. Give a longer text."
        )
    vocabulary = members[0][1].vocabulary
    numbers = known_numbers(tokens, vocabulary, "text", unit)
    states = fresh_states(members)
    chunk = max(1, min(_STEPS, _NUMBERS // task.outputs))
    found = [
        log_probabilities(members, given, states).gather(1, following[:, None]).squeeze(1)
        for given, following in zip(
            numbers[:-1].split(chunk), numbers[1:].split(chunk), strict=True
        )
    ]
    return TextScore(unit, tokens, torch.cat(found).numpy(), *sizes(Counter(tokens[1:]), unit))
