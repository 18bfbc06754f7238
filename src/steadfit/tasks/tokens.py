"""The next token at each step of a text: a language model."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from steadfit.analysis.measures import OF_CLASSES
from steadfit.analysis.per_token import per_token
from steadfit.analysis.result import TokenLosses
from steadfit.analysis.terms import Loss
from steadfit.errors import SteadfitError
from steadfit.kinds import Inputs, Kind, Ragged, Unit
from steadfit.kinds.subwords import subwords
from steadfit.kinds.tokens import sizes, tokenize
from steadfit.nn import Padded
from steadfit.nn.tokens import begin_scores
from steadfit.recipe import Training
from steadfit.tasks.base import ALWAYS, Task
from steadfit.tasks.next_tokens import next_tokens
from steadfit.tasks.values import Part, Points, Scores, Side

LEAST_STEPS = 160  # of the optimiser, in a training whose epochs are not named


@dataclass(frozen=True)
class Tokens(Task):
    """The next of `count` tokens at each step of x: y is int64, shape (examples, longest), -100
    where there is none (torch's `ignore_index`).

    unit: what a token is: "words", "characters", "bytes" or "subwords". tokenizer: of subwords,
    as `steadfit.kinds.subwords` gives it.
    """

    count: int
    unit: Unit
    tokenizer: str = ""

    name = "tokens"
    learned = "tokens"
    losses = (Loss.CROSS_ENTROPY, Loss.BRIER, Loss.ZERO_ONE)
    measures = OF_CLASSES
    answer = "log_probabilities"
    every_step = True
    most_folds = 1  # the tokens that replicas are compared on are chosen from a whole test side
    watched = seen = 32  # examples, of which each has many tokens
    takes = frozenset({"calibrate", "label_smoothing"})

    @property
    def outputs(self) -> int:
        return self.count

    def check_kind(self, kind: Kind[Any]) -> None:
        super().check_kind(kind)
        if kind.name != "texts":
            raise ValueError("a language model takes texts")

    def loss(
        self,
        outputs: Padded,
        y: Tensor,
        training: Training,
        *,
        smoothed: bool = False,
        weights: Tensor | None = None,
    ) -> Tensor:
        smoothing = training.label_smoothing if smoothed else 0.0
        logits = outputs.values.flatten(0, 1).float()
        return cross_entropy(logits, y.flatten(), label_smoothing=smoothing)

    def guessing(self, y: Tensor, training: Training, weights: Tensor | None = None) -> float:
        """That of the tokens' frequencies."""
        share = torch.bincount(y[y >= 0], minlength=self.count).double()
        return float(torch.special.entr(share / share.sum()).sum())

    def answers(self, y: Tensor, weights: Tensor | None = None) -> int:
        return int((y >= 0).sum())

    def fit(self, x: Inputs, y: Tensor, indices: Tensor) -> dict[str, Any]:
        """The tokens are what is to be predicted, and so are all known beforehand."""
        assert isinstance(x, Ragged)
        return {"vocabulary": x.tokens}

    def begin(self, module: nn.Module, y: Tensor) -> None:
        begin_scores(module, torch.bincount(y[y >= 0], minlength=self.count))

    def steps(self, y: Tensor, training: Training) -> int:
        return math.ceil(y.shape[1] / training.truncation)

    def in_steps(self, parts: list[Part], training: Training) -> Iterator[list[Part]]:
        """One step for each window of the texts (`windows`)."""
        cut = [_windows_with_targets(*part, training.truncation) for part in parts]
        for step in zip_longest(*cut):
            yield [part for part in step if part is not None]

    def points(self, x: Inputs, y: Tensor, ids: Sequence[str]) -> Points[Task]:
        assert isinstance(x, Ragged)
        return next_tokens(x, y, self.count, ids)

    def decides(self, training: Training) -> Loss:
        return Loss(training.loss)

    def score(self, outputs: Tensor, y: Tensor) -> tuple[float, float | None]:
        known = y >= 0
        wrong = (outputs[known].argmax(-1) != y[known]).double().mean()
        return float(cross_entropy(outputs[known], y[known])), float(wrong)

    def cut(self, text: str) -> list[str]:
        """A text's tokens. Raises SteadfitError as `subwords` does."""
        if self.unit != "subwords":
            return tokenize(text, self.unit)
        found = subwords(text, self.tokenizer)
        return [found.tokens[number] for number in found.values.tolist()]

    def in_words(self, loss: float) -> str:
        return f"test loss {loss:.4f} nats, {per_token(loss, self.unit)}"

    def scores(
        self,
        train: Side,
        test: Side,
        replicas: Sequence[np.ndarray],
        losses: Mapping[str, float],
    ) -> Scores:
        """The arms' losses over all tokens held out."""
        if not losses:
            return Scores()
        assert isinstance(test.x, Ragged)
        count = torch.bincount(test.y[test.y >= 0], minlength=len(test.x.tokens)).tolist()
        size = sizes(dict(zip(test.x.tokens, count, strict=True)), self.unit)
        return Scores(token_losses=TokenLosses(self.unit, sum(count), dict(losses), *size))

    def check_answers(self) -> None:
        raise SteadfitError(
            "A language model continues a text, and has no answer for it. Give it a prompt "
            "(`steadfit.training.continuation`)."
        )

    def predict(self, logits: np.ndarray) -> np.ndarray:
        self.check_answers()
        return logits.mean(0)

    def averaged(self, outputs: Tensor) -> Tensor:
        """The log-probability of each token at each step, from the members' mean."""
        return outputs.log_softmax(-1).mean(0).log_softmax(-1)

    def said(self) -> dict[str, str | Sequence[str]]:
        return {
            "output": f"log_probabilities: float32, batch × time × {self.count}, of the token "
            "after each step; the first column is the first of vocabulary",
            **({"tokenizer": self.tokenizer} if self.tokenizer else {}),
        }

    def columns(
        self, names: Sequence[str], logits: np.ndarray, replicas: np.ndarray | None
    ) -> dict[str, np.ndarray]:
        self.check_answers()
        return {"input": np.array(names)}

    def model(self, kind: Kind[Any]) -> str:
        return "language"

    def remedies(self, kind: Kind[Any]) -> tuple[str, ...]:
        return (*ALWAYS, "recurrent_dropout", "embedding_dropout")

    def references(self, kind: Kind[Any]) -> tuple[str, ...]:
        return ("frequencies", "Kneser-Ney")

    def epochs(self, kind: Kind[Any], usual: int, steps: int, least: int | None = None) -> int:
        """More passes overfit a short text (docs/language-models.md), unless they are few steps."""
        return max(usual, math.ceil(LEAST_STEPS / steps))


def windows(texts: Padded, size: int) -> Iterator[Padded]:
    """Texts in parts of `size` steps, for truncated backpropagation (Williams and Peng 1990).

    Each part begins with the states in which the one before left the network, as plain numbers:
    no gradient goes back beyond a part's beginning. Lengths are left out: what a network from left
    to right says of a step does not depend on what stands after it.
    """
    states: dict[nn.Module, Any] = {}
    for part in texts.values.split(size, dim=1):
        yield Padded(part, states=states)
        for layer, state in states.items():
            cut = isinstance(state, Tensor)
            states[layer] = state.detach() if cut else tuple(each.detach() for each in state)


def _windows_with_targets(texts: Tensor | Padded, y: Tensor, size: int) -> Iterator[Part]:
    """`windows` of texts, each with its targets."""
    assert isinstance(texts, Padded)
    targets = y[:, : texts.values.shape[1]].split(size, dim=1)
    return zip(windows(texts, size), targets, strict=True)
