"""What all estimators share: their parameters, and how they are fitted."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import torch
from sklearn.base import BaseEstimator
from sklearn.utils import check_random_state

from steadfit.api import study
from steadfit.api.recipes import recipe_of
from steadfit.data import Dataset
from steadfit.errors import SteadfitError
from steadfit.tasks import Classes
from steadfit.training import TrainedModel, check, fit, trained_model


class SteadfitEstimator(BaseEstimator):
    """A network, trained on all examples; with `remedies`, the best of a study's arms.

    model, settings, training: as in `steadfit.study`. epochs, batch, learning_rate: settings of the
        training that are often searched over; by default those that suit the data.
    remedies: None trains the network once; else a study compares them, and its best arm is the
        model. design: further arguments of `steadfit.study`, as {"repetitions": 1}. out: the
        study's folder, in which it can be continued; without it, one that is not kept. processes:
        of the study.
    random_state: the seed, a whole number, a `numpy.random.RandomState`, or None for another one in
        each fit.
    """

    model_: TrainedModel

    def __init__(
        self,
        model: Any = None,
        remedies: Any = None,
        *,
        epochs: int | None = None,
        batch: int | None = None,
        learning_rate: float | None = None,
        settings: Mapping[str, Any] | None = None,
        training: Mapping[str, Any] | None = None,
        design: Mapping[str, Any] | None = None,
        out: str | Path | None = None,
        processes: int | None = None,
        random_state: Any = 0,
    ) -> None:
        self.model = model
        self.remedies = remedies
        self.epochs = epochs
        self.batch = batch
        self.learning_rate = learning_rate
        self.settings = settings
        self.training = training
        self.design = design
        self.out = out
        self.processes = processes
        self.random_state = random_state

    def _train(self, data: Dataset) -> None:
        """Set `model_`, and `study_` where there are remedies."""
        seed, training = self._seed(), self._changes()
        if self.remedies is None:
            recipe = recipe_of(data, None, self.model, self.settings, training).recipe
            check(recipe, data)
            everything = torch.arange(len(data))
            device = "cuda" if torch.cuda.is_available() else "cpu"
            replica = fit(recipe, data, everything, data.take(everything[:1]), seed, device)
            self.model_ = trained_model(recipe, data, [replica])
            return
        with _folder(self.out) as folder:
            self.study_ = study(
                data,
                self.model,
                self.remedies,
                settings=self.settings,
                training=training,
                out=folder,
                seed=seed,
                processes=self.processes,
                **(self.design or {}),
            )
        if not isinstance(self.study_.model, TrainedModel):
            raise SteadfitError(
                "design must hand over a network, got a reference. Leave out hand_over."
            )
        self.model_ = self.study_.model

    def _seed(self) -> int:
        if isinstance(self.random_state, int | np.integer):
            return int(self.random_state)
        return int(check_random_state(self.random_state).randint(2**31 - 1))

    def _changes(self) -> dict[str, Any]:
        changes = dict(self.training or {})
        given = {"epochs": self.epochs, "batch": self.batch}
        changes |= {name: value for name, value in given.items() if value is not None}
        if self.learning_rate is not None:
            optimizer = dict(changes.get("optimizer", {}))
            changes["optimizer"] = {**optimizer, "learning_rate": self.learning_rate}
        return changes


def numbered_classes(y: Any) -> tuple[np.ndarray, np.ndarray]:
    """The classes, sorted, and the number of each example's. Raises SteadfitError for one alone."""
    classes, numbers = np.unique(np.asarray(y), return_inverse=True)
    if len(classes) < 2:
        raise SteadfitError(f"y must have two classes or more, got one class: {classes[0]}.")
    return classes, numbers


def with_names(data: Dataset, classes: np.ndarray) -> Dataset:
    """The data, whose class numbers stand for these classes."""
    task = Classes(tuple(map(str, classes.tolist())))
    return replace(data, schema=replace(data.schema, task=task))


@contextmanager
def _folder(out: str | Path | None) -> Iterator[Path]:
    if out is not None:
        yield Path(out)
        return
    with TemporaryDirectory() as folder:
        yield Path(folder) / "study"
