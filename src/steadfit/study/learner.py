"""`Learner`: all that a study knows of what it studies."""

from collections.abc import Mapping, Sequence
from typing import Protocol, Self

from torch import Tensor

from steadfit.analysis.terms import Loss
from steadfit.data import Dataset
from steadfit.remedies import Remedy
from steadfit.tasks import Task
from steadfit.training import Replica, TrainedModel


class Learner(Protocol):
    """Something that learns from examples. It is pickled, to be sent to workers.

    `steadfit.training.RecipeLearner` trains a recipe's network, `steadfit.training.OwnLearner` by
    a person's own function.
    """

    @property
    def identity(self) -> Mapping[str, object]:
        """All that determines what it learns, beside examples and seed, as plain values for JSON.

        Part of each replica's key. Leave out what has its default value, so that a setting that a
        later release adds retrains nobody.
        """
        ...

    @property
    def settings(self) -> Mapping[str, object]:
        """Every setting, as plain values: for `study.json` and for people."""
        ...

    @property
    def seeded(self) -> bool:
        """Whether the seed changes much of what it learns. Where not, all its replicas have the
        study's first seed, and those on the same examples are one."""
        ...

    @property
    def own_code(self) -> str:
        """The digest of a person's code that it runs, of which it is not known that it works, nor
        that its seed decides all; "" where it runs none."""
        ...

    def decides(self, task: Task) -> Loss:
        """The loss that is learned by; a study decides by it where nothing else is asked for."""
        ...

    def with_remedies(self, remedies: Sequence[Remedy]) -> Self:
        """The same with these remedies. Raises SteadfitError for those that it cannot take."""
        ...

    def on_share(self, share: float) -> Self:
        """The same for this share of the examples, with as many steps of training."""
        ...

    def check(self, data: Dataset) -> None:
        """Raise SteadfitError where it cannot be trained on such data; quick."""
        ...

    def make_ready(self, data: Dataset) -> None:
        """Make what all its trainings on such data share, once and with every core: the features of
        a pretrained network."""
        ...

    def train(
        self, data: Dataset, examples: Tensor, tested: Tensor, seed: int, device: str
    ) -> Replica:
        """Train on some examples of the data, and predict others.

        examples, tested: int64 positions; repeats are allowed in the first. The result depends on
        the arguments alone.
        Raises SteadfitError where there is none: the study goes on without this replica.
        """
        ...

    def model(self, data: Dataset, replicas: Sequence[Replica]) -> TrainedModel:
        """What is handed over: one replica, or an ensemble of several."""
        ...
