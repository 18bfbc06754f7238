"""Logistic and ridge regression on scaled columns: pixels, columns of tables, or the steps of
equally long series."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from steadfit.data import Dataset, Schema, carve
from steadfit.errors import SteadfitError
from steadfit.kinds import Kind
from steadfit.references.base import Learned, Matrix, Reference
from steadfit.references.classifying import FLOOR, seen, with_absent
from steadfit.references.shapes import LINE, LOGISTIC, SCALE, Shapes

MOST_COLUMNS = 10_000
ITERATIONS = 2_000
INVERSES = (0.001, 0.01, 0.1, 1.0)  # of the penalty of logistic regression, tried in this order
HELD_OUT = 0.2  # of the training examples, to choose one of them
STRENGTHS = np.logspace(-3, 5, 9)  # of ridge regression, chosen by leaving one example out

Arrays = dict[str, np.ndarray]


def columns(schema: Schema, x: Any, expected: int | None = None) -> np.ndarray:
    """Examples as rows of numbers (`Kind.matrix`).

    expected: how many columns there must be; without, `MOST_COLUMNS` at most. Raises SteadfitError.
    """
    count = schema.kind.columns(x)
    if count == 0:
        raise SteadfitError(f"the examples must be of one size, got {schema.kind.size(x)}.")
    if expected is None and count > MOST_COLUMNS:
        raise SteadfitError(
            f"the examples must have at most {MOST_COLUMNS:,} columns, got {count:,}."
        )
    if expected is not None and count != expected:
        raise SteadfitError(f"The reference takes {expected:,} columns, got {count:,}.")
    return schema.kind.matrix(x)


def fit_scale(matrix: np.ndarray) -> Arrays:
    """Mean and standard deviation of each column, of what is not missing; the deviation of a
    constant one is 1, and the mean of an empty one 0."""
    if not np.isnan(matrix).any():
        mean, std = matrix.mean(0), matrix.std(0)
    else:
        mean, std = np.nan_to_num(np.nanmean(matrix, 0)), np.nanstd(matrix, 0)
    return {"mean": mean, "scale": np.where(std > 0, std, 1.0)}


def scaled(arrays: Any, matrix: np.ndarray) -> np.ndarray:
    """The same array, each column now with mean 0 and deviation 1: of many images one takes half a
    gigabyte."""
    matrix -= arrays["mean"]
    matrix /= arrays["scale"]
    return matrix


def scaled_columns(arrays: Any, schema: Schema, matrix: np.ndarray) -> np.ndarray:
    """`scaled`; what may be missing, and is, has the mean."""
    found = scaled(arrays, matrix)
    if schema.kind.holes:
        found[np.isnan(found)] = 0.0
    return found


def fit_logistic(matrix: Matrix, y: np.ndarray, c: float) -> Arrays:
    """Multinomial logistic regression; c: scikit-learn's C, the inverse of the penalty."""
    from sklearn.linear_model import LogisticRegression

    present = seen(y)
    model = LogisticRegression(C=c, max_iter=ITERATIONS).fit(matrix, y)
    coef, intercept = np.asarray(model.coef_), np.asarray(model.intercept_)
    if len(present) == 2:  # given for the second class alone
        coef = np.vstack([np.zeros_like(coef), coef])
        intercept = np.append(0.0, intercept)
    return {"coef": coef, "intercept": intercept, "present": present, "examples": np.array(len(y))}


def chosen_inverse(
    train: Dataset, seed: int, loss: Callable[[np.ndarray, np.ndarray, float], float]
) -> float:
    """The C with the lowest loss on a held-out part of the training examples.

    loss: on held-out positions, of what was fitted on others with a C.

    The part is `steadfit.data.carve`'s, which keeps groups, copies and time order. From the
    strongest penalty on, until the loss rises; the weakest where no part can be held out.
    """
    try:
        fitted, held = carve(train, torch.arange(len(train)), HELD_OUT, seed)
    except SteadfitError:
        return INVERSES[-1]
    losses: list[float] = []
    for c in INVERSES:
        losses.append(loss(fitted.numpy(), held.numpy(), c))
        if losses[-1] > min(losses):
            break
    return INVERSES[int(np.argmin(losses))]


def logistic(arrays: Any, matrix: Matrix, classes: int) -> np.ndarray:
    """Log-probabilities of `fit_logistic`, shape (examples, classes)."""
    logits = matrix @ arrays["coef"].T + arrays["intercept"]
    return with_absent(logits, arrays["present"], classes, int(arrays["examples"]))


def learn_logistic(matrix: np.ndarray, train: Dataset, seed: int) -> Learned:
    """Logistic regression on scaled columns, with its scale."""
    y = train.y.numpy()
    seen(y)
    scale = fit_scale(matrix)
    matrix = scaled_columns(scale, train.schema, matrix)

    def loss(fitted: np.ndarray, held: np.ndarray, c: float) -> float:
        arrays = fit_logistic(matrix[fitted], y[fitted], c)
        found = logistic(arrays, matrix[held], train.outputs)
        return float(-found[np.arange(len(held)), y[held]].mean())

    return Learned(scale | fit_logistic(matrix, y, chosen_inverse(train, seed, loss)))


def fit_ridge(matrix: np.ndarray, y: np.ndarray) -> Arrays:
    """Ridge regression, its strength one of `STRENGTHS`, the same for all outputs."""
    from sklearn.linear_model import RidgeCV

    model = RidgeCV(alphas=STRENGTHS).fit(matrix, y)
    coef = np.asarray(model.coef_).reshape(y.shape[1], -1)
    return {"coef": coef, "intercept": np.asarray(model.intercept_).reshape(-1)}


def ridge(arrays: Any, matrix: Matrix) -> np.ndarray:
    """Numbers of `fit_ridge`, shape (examples, outputs)."""
    return matrix @ arrays["coef"].T + arrays["intercept"]


class Line(nn.Module):
    """`ridge` on scaled columns, in float32."""

    def __init__(self, kind: Kind[Any], arrays: Any) -> None:
        super().__init__()
        self.kind = kind
        for name in ("mean", "scale", "coef", "intercept"):
            self.register_buffer(name, torch.tensor(arrays[name], dtype=torch.float32))

    def forward(self, x: Tensor) -> Tensor:
        columns = (self.kind.flat(x) - self.get_buffer("mean")) / self.get_buffer("scale")
        if self.kind.holes:
            columns = torch.where(columns.isnan(), 0.0, columns)
        return linear(columns, self.get_buffer("coef"), self.get_buffer("intercept"))


class LogisticLine(Line):
    """`logistic` on scaled columns, in float32."""

    def __init__(self, kind: Kind[Any], arrays: Any, classes: int) -> None:
        super().__init__(kind, arrays)
        one = np.zeros((1, len(arrays["present"])))
        found = with_absent(one, arrays["present"], classes, int(arrays["examples"]))[0]
        place = np.full(classes, len(arrays["present"]))  # of a class that was absent: the last
        place[arrays["present"]] = np.arange(len(arrays["present"]))
        absent = np.setdiff1d(np.arange(classes), arrays["present"])
        self.rest = float(found[arrays["present"][0]] + np.log(one.shape[1]))
        self.absent = float(found[absent[0]]) if len(absent) else 0.0
        self.register_buffer("place", torch.tensor(place))

    def forward(self, x: Tensor) -> Tensor:
        seen = super().forward(x).log_softmax(1) + self.rest
        absent = torch.full_like(seen[:, :1], self.absent)
        found = torch.cat([seen, absent], 1)[:, self.get_buffer("place")]
        return found.clamp(min=float(np.log(FLOOR)))


class OfColumns(Reference):
    """A reference of the rows of numbers that a kind makes of its examples (`Kind.matrix`)."""

    def suits(self, data: Dataset) -> bool:
        return super().suits(data) and data.schema.kind.columns(data.x) > 0


class LineOfColumns(OfColumns):
    """A linear model of columns with mean 0 and deviation 1, whose answers stay as they are."""

    def outputs(self, learned: Learned, schema: Schema, x: Any) -> np.ndarray:
        arrays = learned.arrays
        matrix = columns(schema, x, len(arrays["mean"]))
        return ridge(arrays, scaled_columns(arrays, schema, matrix))

    def module(self, learned: Learned, schema: Schema) -> nn.Module:
        return Line(schema.kind, learned.arrays)


@dataclass(frozen=True)
class Logistic(OfColumns):
    """scikit-learn's `LogisticRegression` on columns with mean 0 and deviation 1.

    Its C is one of `INVERSES`, chosen on a fifth of the training examples (`chosen_inverse`).
    """

    name = "logistic regression"
    what = "Logistic regression on scaled pixels (shrunk to 16 or fewer a side), steps or columns."
    predicts = frozenset({"classes"})
    shapes: ClassVar[Shapes] = {**SCALE, **LOGISTIC}

    def learn(self, train: Dataset, seed: int) -> Learned:
        return learn_logistic(columns(train.schema, train.x), train, seed)

    def outputs(self, learned: Learned, schema: Schema, x: Any) -> np.ndarray:
        arrays = learned.arrays
        matrix = columns(schema, x, len(arrays["mean"]))
        return logistic(arrays, scaled_columns(arrays, schema, matrix), schema.task.outputs)

    def module(self, learned: Learned, schema: Schema) -> nn.Module:
        return LogisticLine(schema.kind, learned.arrays, schema.task.outputs)


@dataclass(frozen=True)
class Ridge(LineOfColumns):
    """scikit-learn's `RidgeCV` on columns with mean 0 and deviation 1."""

    name = "ridge regression"
    what = "Ridge regression on scaled pixels (shrunk to 16 or fewer a side), steps or columns."
    predicts = frozenset({"numbers"})
    shapes: ClassVar[Shapes] = {**SCALE, **LINE}

    def learn(self, train: Dataset, seed: int) -> Learned:
        matrix = columns(train.schema, train.x)
        scale = fit_scale(matrix)
        y = train.y.numpy().astype(np.float64)
        return Learned(scale | fit_ridge(scaled_columns(scale, train.schema, matrix), y))
