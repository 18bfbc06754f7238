"""`Engine`: who has a study's trials trained. `local_engine` does it on this machine.

Another one, for a cluster say, is one file: an object with this `train`, passed to
`steadfit.study` as `engine`. It calls `trained` for each trial, wherever that runs, and writes
what it gives into the store.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from steadfit.analysis.terms import Failure
from steadfit.data import Dataset
from steadfit.errors import DivergedError, MemoryShortError, OwnCodeError, SteadfitError
from steadfit.study.store import Store
from steadfit.study.trials import Trial
from steadfit.training import Replica


@dataclass(frozen=True)
class Progress:
    """How far a study is: how many of what it trains are finished, and were there before."""

    what: str
    done: int
    total: int
    found: int


Watcher = Callable[[Progress], None]


def quiet(progress: Progress) -> None:
    """A watcher that shows nothing."""


class Engine(Protocol):
    """Has trials trained."""

    def train(
        self,
        trials: Sequence[Trial],
        data: Dataset,
        store: Store,
        watch: Watcher = quiet,
        what: str = "replicas",
    ) -> frozenset[str]:
        """Train every trial whose replica is not in the store yet, and put it there.

        Each replica is trained by one thread, so that its bits do not depend on the engine, and
        within `Store.claim`, so that no other process trains it too.

        A trial that cannot be trained is stored as the failed replica that `trained` gives. The
        exception are those that memory was too small for: they are not stored, as another time
        there may be more, and their keys are returned.
        watch: is told at the beginning and after each replica. what: what they are called to it.
        Raises SteadfitError for what a person can fix.
        """
        ...


def trained(trial: Trial, data: Dataset, device: str) -> Replica:
    """The replica of a trial; a failed one where it cannot be trained."""
    try:
        return trial.learner.train(data, trial.examples, trial.tested, trial.seed, device)
    except DivergedError as error:
        return Replica.failed(Failure.DIVERGED, str(error))
    except (MemoryShortError, MemoryError) as error:
        return Replica.failed(Failure.MEMORY, str(error))
    except OwnCodeError as error:
        return Replica.failed(Failure.CODE, str(error))
    except SteadfitError as error:
        return Replica.failed(Failure.SAMPLE, str(error))


def usable_cores() -> int:
    """The cores this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
