"""One or more numbers for each example."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor
from torch.nn.functional import mse_loss

from steadfit.analysis.measures import OF_NUMBERS
from steadfit.analysis.terms import Loss
from steadfit.errors import SteadfitError, counted
from steadfit.formats.cells import number_of
from steadfit.kinds import Inputs, Kind
from steadfit.kinds.moments import moments
from steadfit.recipe import Training
from steadfit.tasks.base import Task
from steadfit.tasks.values import Side


class Numeric(Task):
    """A task whose y are numbers: float32, shape (examples, outputs)."""

    learned = "numbers"
    losses = (Loss.SQUARED,)
    measures = OF_NUMBERS
    takes = frozenset({"own_loss"})

    @property
    def means(self) -> int:
        return self.outputs

    def loss(
        self,
        outputs: Tensor,
        y: Tensor,
        training: Training,
        *,
        smoothed: bool = False,
        weights: Tensor | None = None,
    ) -> Tensor:
        return mse_loss(outputs.float(), y)

    def guessing(self, y: Tensor, training: Training, weights: Tensor | None = None) -> float:
        """That of the mean of each output."""
        return float((y - y.mean(0)).square().mean())

    def fit(self, x: Inputs, y: Tensor, indices: Tensor) -> dict[str, Any]:
        mean, std = moments(y, indices)
        return {"target_mean": mean, "target_std": std}

    def check_targets(self, y: Tensor, data: str) -> None:
        super().check_targets(y, data)
        if bool((y == y[0]).all()):
            raise SteadfitError(
                f"{data}: the target must vary, got {y[0, 0]:g} in every example. Name another "
                "column, or add examples that differ."
            )

    def decides(self, training: Training) -> Loss:
        return Loss.SQUARED

    def score(self, outputs: Tensor, y: Tensor) -> tuple[float, float | None]:
        return float((outputs - y).square().sum(1).mean()), None

    def read_by(self, train: Side, test: Side, outputs: np.ndarray) -> Mapping[str, float]:
        """The mean absolute error, in the targets' units."""
        return {"mae": float(np.abs(self.central(outputs) - test.y.numpy()).mean())}

    def in_words(self, loss: float) -> str:
        return f"test squared error {loss:.4g}, summed over {counted(self.means, 'outputs')}"

    def averaged(self, outputs: Tensor) -> Tensor:
        return outputs.mean(0)

    def predict(self, logits: np.ndarray) -> np.ndarray:
        """The members' mean, shape (examples, outputs)."""
        return logits.mean(0)


@dataclass(frozen=True)
class Numbers(Numeric):
    """Numbers: y is float32, shape (examples, count)."""

    count: int
    mixes = True
    of_words = False

    name = "numbers"

    @property
    def outputs(self) -> int:
        return self.count

    def model(self, kind: Kind[Any]) -> str:
        return kind.model_of_numbers or kind.model

    def said(self) -> dict[str, str | Sequence[str]]:
        return {
            "output": f"predictions: float32, batch × {self.count}, in the units of the targets"
        }

    def columns(
        self, names: Sequence[str], logits: np.ndarray, replicas: np.ndarray | None
    ) -> dict[str, np.ndarray]:
        """`prediction` of a single number, `prediction_K` of each of several; and `deviation`, the
        replicas' standard deviation."""
        ends = [""] if self.count == 1 else list(map(str, range(self.count)))
        return {"input": np.array(names), **numbered_columns(self.predict(logits), replicas, ends)}

    def compared(
        self, labels: Sequence[str], columns: Mapping[str, np.ndarray], examples: str = "texts"
    ) -> Iterator[str]:
        """The mean errors, where one number is predicted."""
        values = list(map(_finite, labels))
        known = [i for i, value in enumerate(values) if value is not None]
        if not known or self.count > 1:
            return
        y = np.array([values[i] for i in known], float)
        wrong = columns["prediction"][known] - y
        squared = float(np.square(wrong).mean())
        left = f", {squared / y.var():.1%} of their variance is left" if y.var() else ""
        yield (
            f"Of {len(known):,} labelled {examples} the root mean squared error is "
            f"{squared**0.5:.4g}, the mean absolute error {float(np.abs(wrong).mean()):.4g}{left}."
        )


def _finite(label: str) -> float | None:
    """A label as a number; None where it is none."""
    value = number_of(label)
    return value if value is not None and np.isfinite(value) else None


def numbered_columns(
    predicted: np.ndarray, replicas: np.ndarray | None, ends: Sequence[str]
) -> dict[str, np.ndarray]:
    """Predictions and deviations, a column for each end of a name, of which each example has as
    many rows as it takes."""
    found = {"prediction": predicted}
    if replicas is not None:
        found["deviation"] = replicas.std(0, ddof=1)
    return {
        f"{name}_{end}" if end else name: values.reshape(-1, len(ends))[:, k]
        for k, end in enumerate(ends)
        for name, values in found.items()
    }
