"""`Replica`: one trained model, and all that is kept of its training."""

from dataclasses import dataclass

import numpy as np
from torch import Tensor

from steadfit.analysis.terms import Failure

RESULTS = 6  # part of each replica's key: raise it when the same arguments give other numbers


@dataclass(frozen=True, eq=False)
class Replica:
    """One recipe trained on one sample with one seed.

    logits: float32, shape (test points, outputs): logits of the classes, or predicted numbers. The
        test points are those of `steadfit.data.points`.
    weights: the module's state by name.
    preparation: what was fitted to the sample, as plain values.
    curves: one value an epoch, by name: train_loss, and validation_loss: on examples that were not
        trained on, held out for early stopping or not drawn into the sample; absent without such.
        With `refit` they are of the first training, which something was held out of.
    facts: single figures: parameters, epochs, steps, train_loss, clipped (share of steps),
        gradient_norm (median), zero_weights (share); test_loss: of tokens, the mean over all;
        halvings: how often the batches were halved for want of memory, absent where never.
        train_eval_loss, train_eval_error: on its own training examples after the training, of more
        than 2,000 on as many drawn ones, as on test points. still_falling, beats_guessing,
        overfits, trained: 1 or 0, see `steadfit.analysis.training_state`. temperature: of its
        logits, where one was fitted. unknown_tokens: the share of the test texts' tokens that the
        network does not know.
    seconds: wall time of the training.
    failure: why there is no result, and then logits and weights are empty; None where there is one.
    reason: the error's own words.
    """

    logits: np.ndarray
    weights: dict[str, Tensor]
    preparation: dict[str, object]
    curves: dict[str, list[float]]
    facts: dict[str, float]
    seconds: float
    failure: Failure | None = None
    reason: str = ""

    @classmethod
    def failed(cls, failure: Failure, reason: str) -> "Replica":
        """A replica without a result."""
        return cls(np.zeros((0, 0), np.float32), {}, {}, {}, {}, 0.0, failure, reason)
