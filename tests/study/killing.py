"""Learners that end their worker; in a module of its own, which workers can import."""

import os
import signal
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from steadfit.data import Dataset
from steadfit.remedies import Remedy
from steadfit.training import RecipeLearner, Replica


@dataclass(frozen=True)
class Killing(RecipeLearner):
    """Ends its worker at these seeds, as a lack of memory would; takes a while at others. Each
    training that begins adds its seed to the log."""

    seeds: tuple[int, ...] = ()
    log: Path = Path(os.devnull)

    def train(
        self, data: Dataset, examples: Tensor, tested: Tensor, seed: int, device: str = "cpu"
    ) -> Replica:
        with open(self.log, "ab", buffering=0) as log:
            log.write(b"%d\n" % seed)
        if seed in self.seeds:
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(0.5)  # so that others are in training when a worker ends
        return super().train(data, examples, tested, seed, device)


@dataclass(frozen=True)
class KillingOnce(RecipeLearner):
    """Ends one worker of all, the first that trains: the file says that it has."""

    done: Path = Path()

    def with_remedies(self, remedies: Sequence[Remedy]) -> "KillingOnce":
        return KillingOnce(super().with_remedies(remedies).recipe, self.done)

    def train(
        self, data: Dataset, examples: Tensor, tested: Tensor, seed: int, device: str = "cpu"
    ) -> Replica:
        try:
            self.done.touch(exist_ok=False)
        except FileExistsError:
            return super().train(data, examples, tested, seed, device)
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError
