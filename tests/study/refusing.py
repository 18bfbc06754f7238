"""A learner that cannot train; in a module of its own, which workers can import."""

from dataclasses import dataclass

from torch import Tensor

from steadfit.data import Dataset
from steadfit.errors import MemoryShortError, SteadfitError
from steadfit.training import RecipeLearner, Replica


@dataclass(frozen=True)
class Refusing(RecipeLearner):
    """Fails on every sample, for want of memory or for another reason."""

    memory: bool = False

    def train(
        self, data: Dataset, examples: Tensor, tested: Tensor, seed: int, device: str = "cpu"
    ) -> Replica:
        raise MemoryShortError("too little") if self.memory else SteadfitError("a bad sample")
