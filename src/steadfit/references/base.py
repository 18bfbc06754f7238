"""`Reference`: a simple rival of a network, fitted on the same examples."""

import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits
from torch import nn

from steadfit.data import Dataset, Schema, natural, points
from steadfit.errors import SteadfitError
from steadfit.references.shapes import Shapes, check_shapes

Matrix = Any  # float64, shape (examples, columns): an array, or a sparse matrix of scipy's


class Learned(NamedTuple):
    """What a reference has learned: arrays by name, and the words that their columns stand for."""

    arrays: Mapping[str, np.ndarray]
    words: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class FittedReference:
    """A reference with what it learned, ready to predict.

    schema, shape: of the examples it was fitted on (`Dataset.schema`, `Dataset.example_shape`).
    """

    reference: "Reference"
    schema: Schema
    shape: tuple[int, ...]
    learned: Learned

    def predict(self, data: Dataset) -> np.ndarray:
        """float32, shape (test points, outputs); the points are those of `steadfit.data.points`.

        Classes and tokens: log-probabilities, which are logits too. Several labels: log odds.
        Numbers and forecasts: in the targets' units.
        Raises SteadfitError for examples of another form.
        """
        return self.outputs(points(data).x)

    def outputs(self, x: Any) -> np.ndarray:
        """`predict` of inputs as `Dataset.x` has them; of texts to continue, of the next token.

        Raises SteadfitError as `predict`, and for arrays that do not belong together, as a file may
        have them.
        """
        try:
            with threadpool_limits(1):
                found = self.reference.outputs(self.learned, self.schema, x)
        except SteadfitError:
            raise
        except (ValueError, LookupError, TypeError) as error:
            reason = (str(error) or type(error).__name__).splitlines()[0].rstrip(".")
            raise SteadfitError(
                f"What {self.reference.name} learned is damaged ({reason}). Fit it again."
            ) from None
        if found.shape != (len(x), self.schema.task.outputs):
            raise SteadfitError(
                f"What {self.reference.name} learned is damaged (it gives {found.shape}). Fit it "
                "again."
            )
        if not np.isfinite(found).all():
            raise SteadfitError(
                f"What {self.reference.name} predicts must be finite, got NaN or infinity. Fit it "
                "again."
            )
        return found.astype(np.float32)


class Reference(ABC):
    """One simple rival. A subclass is a frozen dataclass of its settings.

    name: in the registry, in `model.json` and in sentences. what: a sentence on it.
    predicts: tasks by their names ("forecast") or by what is learned ("classes", "numbers",
        "labels").
    shapes: of the arrays that it learns; `check_shapes` says how they are written.
    needs: a package without which it is not compared; none if empty.
    """

    name: ClassVar[str]
    what: ClassVar[str]
    predicts: ClassVar[frozenset[str]]
    shapes: ClassVar[Shapes]
    needs: ClassVar[str] = ""

    def suits(self, data: Dataset) -> bool:
        """Whether it can be compared with a network on such data."""
        task = data.schema.task
        return bool(self.predicts & {task.name, task.learned})

    def fit(self, train: Dataset, seed: int = 0) -> FittedReference:
        """Fit it, with one thread; the same examples and seed give the same numbers.

        Raises SteadfitError where it cannot be fitted, with the reason: the study then goes on
        without it.
        """
        from sklearn.exceptions import ConvergenceWarning  # seconds, which few processes need

        natural("seed", seed)
        try:
            with threadpool_limits(1), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                warnings.simplefilter("error", ConvergenceWarning)
                learned = self.learn(train, seed)
        except SteadfitError as error:
            raise SteadfitError(f"{self.name}: {error}") from None
        except ConvergenceWarning:
            raise SteadfitError(f"{self.name}: the fit did not converge.") from None
        except MemoryError:
            raise SteadfitError(f"{self.name}: there is too little memory.") from None
        except ValueError as error:  # scikit-learn's and LAPACK's words for data they cannot take
            reason = str(error).splitlines()[0].rstrip(".")
            raise SteadfitError(f"{self.name}: it cannot be fitted ({reason}).") from None
        for name, array in learned.arrays.items():
            if not np.isfinite(array).all():
                raise SteadfitError(f"{self.name}: its {name} is not finite.")
        return FittedReference(self, train.schema, train.example_shape, learned)

    def check(self, learned: Learned, schema: Schema) -> None:
        """Raise ValueError for arrays that it has not learned on such data, as a file may have."""
        sizes = {"outputs": schema.task.outputs, "words": len(learned.words)}
        check_shapes(learned.arrays, self.shapes, sizes)

    @abstractmethod
    def learn(self, train: Dataset, seed: int) -> Learned:
        """What `outputs` needs. Raises SteadfitError or ValueError where it cannot be learned."""

    def module(self, learned: Learned, schema: Schema) -> nn.Module:
        """What `outputs` computes, as a module of a padded batch, which gives float32.

        Raises SteadfitError where it is no simple sum of the inputs.
        """
        raise SteadfitError(
            f"The model must be a network or a linear model of columns to be exported, got "
            f"{self.name}. Hand over a network."
        )

    @abstractmethod
    def outputs(self, learned: Learned, schema: Schema, x: Any) -> np.ndarray:
        """Log-probabilities, log odds or numbers, shape (examples, outputs).

        schema: of the training examples. x: inputs as `Dataset.x` has them. A function of its
        arguments alone.
        """
