"""Each reference's loss and error on the test points, by the same functions as a network's."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import torch

from steadfit.data import Dataset, points
from steadfit.errors import SteadfitError
from steadfit.references.base import Reference


@dataclass(frozen=True)
class ReferenceScore:
    """What a reference gives on the test points, or why it was left out.

    loss: mean cross-entropy in nats (of a text, a token; of several labels, a label), or squared
    error, NaN where it was left out. error: share of wrong classes, labels or tokens; None for
    numbers. in_words: the loss as people compare it. left_out: the reason, "" where it was fitted.
    measures: what people read beside the loss, by name: of numbers "mae", of forecasts "mase" too.
    """

    name: str
    loss: float = float("nan")
    error: float | None = None
    in_words: str = ""
    left_out: str = ""
    measures: Mapping[str, float] = field(default_factory=dict)

    def __str__(self) -> str:
        """A line for people."""
        if self.left_out:
            return f"Reference left out: {self.left_out}"
        wrong = "" if self.error is None else f", {100 * self.error:.2f}% errors"
        return f"Reference: {self.name}, {self.in_words}{wrong}."


def scores(
    references: Iterable[Reference], train: Dataset, test: Dataset, seed: int = 0
) -> tuple[ReferenceScore, ...]:
    """Fit each on the training examples and score it; one that cannot be fitted says why."""
    return tuple(_score(reference, train, test, seed) for reference in references)


def _score(reference: Reference, train: Dataset, test: Dataset, seed: int) -> ReferenceScore:
    try:
        predicted = reference.fit(train, seed).predict(test)
    except SteadfitError as error:
        return ReferenceScore(reference.name, left_out=str(error))
    tested = points(test)
    task = tested.schema.task
    loss, error = task.score(torch.from_numpy(predicted), tested.y)
    measures = task.read_by(train.side, tested.side, predicted)
    said = test.schema.task.in_words(loss)
    return ReferenceScore(reference.name, loss, error, said, measures=measures)
