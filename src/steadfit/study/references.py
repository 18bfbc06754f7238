"""Reference models in a study: trained and stored like any replica, compared like any arm."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn, Self

from torch import Tensor

from steadfit.analysis.result import Analysis
from steadfit.analysis.terms import Loss
from steadfit.data import Dataset
from steadfit.errors import SteadfitError
from steadfit.references import Reference, reference_of, references_for
from steadfit.remedies import Remedy
from steadfit.study.plan import Plan
from steadfit.study.result import ModelFacts
from steadfit.study.trials import Arm
from steadfit.tasks import Task
from steadfit.training import Replica, TrainedReference


@dataclass(frozen=True)
class ReferenceLearner:
    """Fits a reference; `steadfit.study.learner.Learner` says what its parts are for."""

    reference: Reference

    @property
    def identity(self) -> Mapping[str, object]:
        return {"reference": self.reference.name, **vars(self.reference)}

    @property
    def settings(self) -> Mapping[str, object]:
        return dict(self.identity)

    @property
    def seeded(self) -> bool:
        """The seed only divides the examples where a strength is chosen."""
        return False

    @property
    def own_code(self) -> str:
        return ""

    def decides(self, task: Task) -> Loss:
        return task.losses[0]

    def with_remedies(self, remedies: Sequence[Remedy]) -> Self:
        if remedies:
            raise SteadfitError(f"A reference must have no remedies, got {len(remedies)}.")
        return self

    def on_share(self, share: float) -> Self:
        return self

    def check(self, data: Dataset) -> None:
        """What cannot be fitted fails by itself, and the study goes on."""

    def make_ready(self, data: Dataset) -> None:
        """There is nothing that its trainings share."""

    def train(
        self, data: Dataset, examples: Tensor, tested: Tensor, seed: int, device: str = "cpu"
    ) -> Replica:
        began = time.perf_counter()
        fitted = self.reference.fit(data.take(examples), seed)
        logits = fitted.predict(data.take(tested))
        return Replica(logits, {}, {}, {}, {}, time.perf_counter() - began)

    def model(self, data: Dataset, replicas: Sequence[Replica]) -> NoReturn:
        """A reference has no weights: it is fitted anew (`best_reference`)."""
        raise SteadfitError("A reference must be fitted anew to be handed over.")


def reference_arms(data: Dataset) -> tuple[Arm, ...]:
    """The rivals of a network on these data, the first a guess."""
    return tuple(
        Arm((), ReferenceLearner(reference), reference.name) for reference in references_for(data)
    )


def best_reference(found: Analysis, plan: Plan) -> tuple[TrainedReference, ModelFacts]:
    """The rival with the least of the deciding measure, fitted on all that is not kept for testing.

    Raises SteadfitError where there is none.
    """
    strongest = found.strongest_reference
    if strongest is None:
        raise SteadfitError("hand_over must not be reference where none was fitted.")
    examples = plan.data.take(plan.everything)
    fitted = reference_of(strongest.name).fit(examples, plan.design.replica_seed(0))
    return TrainedReference(fitted), ModelFacts(found.best, (), strongest.name)
