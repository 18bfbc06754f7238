"""Training functions and estimators that people bring, as learners of a study."""

import inspect
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NoReturn, Self

import numpy as np
from threadpoolctl import threadpool_limits
from torch import Tensor, nn

from steadfit.analysis.terms import Loss
from steadfit.data import Dataset
from steadfit.errors import SteadfitError
from steadfit.own_code import OwnCode, import_path, raised_by
from steadfit.own_source import described
from steadfit.remedies import Remedy
from steadfit.tasks import Task
from steadfit.training.answers import Answers, class_answers, label_answers, number_answers
from steadfit.training.estimators import estimator_code, is_estimator, made_anew, shown
from steadfit.training.replica import Replica

_SEEDS = 2**31  # every library takes seeds below it
_ANSWERS = {"labels": label_answers}  # by what is learned; of all else, numbers


@dataclass(frozen=True, eq=False)
class OwnLearner(ABC):
    """Trains by a person's code; `steadfit.study.learner.Learner` says what its parts are for."""

    code: OwnCode

    @abstractmethod
    def fit(self, x: Any, y: np.ndarray, seed: int) -> Any:
        """What predicts: an object with `predict_proba` or `predict`, or a function."""

    @abstractmethod
    def inputs(self, data: Dataset) -> Any:
        """A copy of the examples as the code takes them."""

    @property
    def identity(self) -> Mapping[str, object]:
        return {"trained by": self.code.name, "source": self.code.digest}

    @property
    @abstractmethod
    def settings(self) -> Mapping[str, object]: ...

    @property
    def seeded(self) -> bool:
        return True

    @property
    def own_code(self) -> str:
        return self.code.digest

    def decides(self, task: Task) -> Loss:
        return task.losses[0]

    def with_remedies(self, remedies: Sequence[Remedy]) -> Self:
        if remedies:
            raise SteadfitError(
                f"{self.code.name} must have no remedies, got {len(remedies)}: they change a "
                "network's recipe. Give the changed training an arm of its own."
            )
        return self

    def on_share(self, share: float) -> Self:
        return self

    def check(self, data: Dataset) -> None:
        """Raise SteadfitError for texts to continue."""
        try:
            data.schema.task.check_answers()
        except SteadfitError:
            raise SteadfitError(
                f"A training function predicts classes, labels or numbers, and {data.name} is of "
                f"{data.schema.task.learned}. Study a language model."
            ) from None

    def make_ready(self, data: Dataset) -> None:
        """There is nothing that its trainings share."""
        return None

    def train(
        self, data: Dataset, examples: Tensor, tested: Tensor, seed: int, device: str = "cpu"
    ) -> Replica:
        """Raises OwnCodeError, too, for whatever the code raises."""
        began = time.perf_counter()
        train, test = data.take(examples), data.take(tested)
        with raised_by(self.code.name), threadpool_limits(1):
            fitted = self.fit(self.inputs(train), _targets(train), seed % _SEEDS)
            answers = self._answers(fitted, test, len(train))
        facts = {"labels": 1.0} if answers.labels else {}
        return Replica(answers.outputs, {}, {}, {}, facts, time.perf_counter() - began)

    def _answers(self, fitted: Any, test: Dataset, trained_on: int) -> Answers:
        x = self.inputs(test)
        if test.classes:
            return class_answers(fitted, x, test.outputs, trained_on)
        answers = _ANSWERS.get(test.schema.task.learned, number_answers)
        return answers(fitted, x, test.outputs)

    def model(self, data: Dataset, replicas: Sequence[Replica]) -> NoReturn:
        """What people trained has no weights that are known here."""
        raise SteadfitError("What a training function gives cannot be handed over. Ask for none.")


class TrainingFunction(OwnLearner):
    """A function `train(x, y, *, seed)`."""

    @property
    def settings(self) -> Mapping[str, object]:
        what = self.code.what
        keywords = what.keywords if isinstance(what, partial) else {}
        arguments = {name: described(keywords[name]) for name in sorted(keywords)}
        return {"function": self.code.name, "arguments": arguments}

    def inputs(self, data: Dataset) -> Any:
        return data.schema.kind.plain(data.x)

    def fit(self, x: Any, y: np.ndarray, seed: int) -> Any:
        return self.code.what(x, y, seed=seed)


class Estimator(OwnLearner):
    """An estimator, made anew for each training; it gets each example as one row."""

    @property
    def settings(self) -> Mapping[str, object]:
        return {**shown(self.code.what), "estimator": self.code.name}

    def inputs(self, data: Dataset) -> Any:
        x = data.schema.kind.plain(data.x)
        return x.reshape(len(x), -1) if isinstance(x, np.ndarray) else x

    def fit(self, x: Any, y: np.ndarray, seed: int) -> Any:
        made = made_anew(self.code.what, seed)
        made.fit(x, y)
        return made


def own_learner(what: Any, arm: str, version: str | None = None) -> OwnLearner:
    """The learner of a training function, an estimator, or the import path "module:name" of one.

    arm: its name, for messages. version: tells the code's versions apart where its source does not.
    Raises SteadfitError for anything else, and for what cannot be sent to a worker.
    """
    try:
        found = import_path(what) if isinstance(what, str) else what
        learner = _learner(found, version)
        learner.code.check_portable()
    except SteadfitError as error:
        raise SteadfitError(f"{arm}: {error}", **error.settings) from None
    return learner


def _learner(what: Any, version: str | None) -> OwnLearner:
    name = getattr(what, "__name__", type(what).__name__)
    if is_estimator(what):
        return Estimator(estimator_code(what, version))
    if isinstance(what, type):
        raise SteadfitError(
            f"it must be an estimator or a function, got the class {name}. Give an object of it: "
            f"{name}()."
        )
    if hasattr(what, "fit"):
        raise SteadfitError(
            f"it must have get_params(), to be made anew for each training, got {name} without. "
            "Give a function train(x, y, *, seed) that makes and fits it."
        )
    if isinstance(what, nn.Module) or not callable(what):
        raise SteadfitError(
            f"it must be a function train(x, y, *, seed) or an estimator, got {name}. A network "
            "that steadfit trains is studied by study(data, model=...)."
        )
    _check_signature(what, name)
    return TrainingFunction(OwnCode.of(what, version))


def _check_signature(function: Any, name: str) -> None:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # some built-in functions do not tell
        return
    try:
        signature.bind(None, None, seed=0)
    except TypeError as error:
        raise SteadfitError(
            f"it must take train(x, y, seed=0), and {name}{signature} does not ({error}). Give "
            "its other parameters defaults, or functools.partial."
        ) from None


def _targets(data: Dataset) -> np.ndarray:
    """A copy: class numbers, int64; marks 0 and 1 of labels, int64; or numbers, float64, one column
    as (examples,)."""
    y = data.y.numpy()
    if y.ndim == 1 or y.dtype == bool:
        return y.astype(np.int64)
    numbers = y.astype(np.float64)
    return numbers[:, 0] if numbers.shape[1] == 1 else numbers
