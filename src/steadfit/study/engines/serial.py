"""The serial engine: one trial after the other, in this process.

For small studies, which take less time than workers to start, and where code is to be stepped
through: a breakpoint in a training function stops there.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch

from steadfit.data import Dataset
from steadfit.study.engine import Outcome, Session, put, trained
from steadfit.study.engines.worker import settled
from steadfit.study.store import Store
from steadfit.study.trials import Trial


@dataclass(frozen=True)
class SerialEngine:
    """Trains in this process, on its GPU where it has one."""

    @contextmanager
    def opened(self, data: Dataset) -> Iterator[Session]:
        """As `Engine.opened`."""
        yield SerialSession(data)


@dataclass
class SerialSession:
    data: Dataset
    waiting: list[tuple[Trial, Store]] = field(default_factory=list)
    slots: int = 1
    notes: tuple[str, ...] = ()

    def submit(self, trial: Trial, store: Store) -> None:
        self.waiting.append((trial, store))

    def done(self) -> Iterable[tuple[str, Outcome]]:
        device = "cuda" if torch.cuda.is_available() else "cpu"
        trial, store = self.waiting.pop()
        with settled():
            replica = trained(trial, self.data, device)
        return [(trial.key, put(replica, trial.key, store))]
