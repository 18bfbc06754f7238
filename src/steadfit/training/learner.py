"""`RecipeLearner`: a recipe as a study sees it, something that learns from examples."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from torch import Tensor

from steadfit.analysis.terms import Loss
from steadfit.data import Dataset
from steadfit.models import complete, settings
from steadfit.recipe import Recipe
from steadfit.remedies import Remedy, apply
from steadfit.tasks import Task
from steadfit.training.check import check
from steadfit.training.replica import Replica
from steadfit.training.trained import TrainedModel, trained_model
from steadfit.training.transfer import fit, make_features


@dataclass(frozen=True)
class RecipeLearner:
    """Trains a recipe's network; `steadfit.study.learner.Learner` says what its parts are for."""

    recipe: Recipe

    @property
    def identity(self) -> Mapping[str, object]:
        """The settings that differ from their defaults, so that a new setting changes no key."""
        return self._identity

    @cached_property  # every trial of an arm asks, of which there are thousands
    def _identity(self) -> Mapping[str, object]:
        model = complete(self.recipe.model)
        defaults = settings(model)
        own = {} if model.network is None else model.network.identity
        return {
            "model": model.name,
            "settings": {k: v for k, v in model.settings.items() if v != defaults[k]},
            "training": self.recipe.training.model_dump(mode="json", exclude_defaults=True),
            **own,
        }

    @property
    def settings(self) -> Mapping[str, object]:
        """The whole recipe."""
        return self.recipe.but(model=complete(self.recipe.model)).model_dump(mode="json")

    @property
    def seeded(self) -> bool:
        return True

    @property
    def own_code(self) -> str:
        network = self.recipe.model.network
        own = "" if network is None else network.own_code
        digests = (own, *(code.digest for code in self.recipe.training.codes))
        return "+".join(digest for digest in digests if digest)

    def decides(self, task: Task) -> Loss:
        return task.decides(self.recipe.training)

    def with_remedies(self, remedies: Sequence[Remedy]) -> "RecipeLearner":
        return RecipeLearner(apply(remedies, self.recipe))

    def on_share(self, share: float) -> "RecipeLearner":
        """With so many epochs more."""
        epochs = round(self.recipe.training.epochs / share)
        return RecipeLearner(self.recipe.training_with(epochs=epochs))

    def check(self, data: Dataset) -> None:
        """Raise SteadfitError where no replica can be trained on such data."""
        check(self.recipe, data)
        data.schema.kind.check_changes(self.recipe.training.augmentation)

    def make_ready(self, data: Dataset) -> None:
        make_features(self.recipe, data)

    def train(
        self, data: Dataset, examples: Tensor, tested: Tensor, seed: int, device: str = "cpu"
    ) -> Replica:
        return fit(self.recipe, data, examples, data.take(tested), seed, device)

    def model(self, data: Dataset, replicas: Sequence[Replica]) -> TrainedModel:
        return trained_model(self.recipe, data, replicas)
