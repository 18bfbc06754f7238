"""`Engine`: who has a study's trials trained. Those that there are, are in `engines`.

Another one is one file: an object with `opened`, passed to `steadfit.study` as `engine`. What it
opens calls `trained` for each trial, wherever that runs, and writes what it gives into the store.
Which trials are missing, who trains which, and what becomes of those that fail is the same for all
(`steadfit.study.dispatch`).
"""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import Enum
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


class Outcome(Enum):
    """What came of a trial. STORED: a replica, be it a failed one. NO_MEMORY: none, as memory was
    too small. LOST: its worker died over it. AGAIN: none, and not because of it, as when its
    machine was taken away.
    """

    STORED = 1
    NO_MEMORY = 2
    LOST = 3
    AGAIN = 4


class Session(Protocol):
    """Has trials trained, from the first to the last of a study."""

    @property
    def slots(self) -> int:
        """How many trials it takes at a time, now."""
        ...

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences on where it trained, for people; known at the end."""
        ...

    def submit(self, trial: Trial, store: Store) -> None:
        """Have this trial trained, and its replica put into the store.

        Each replica is trained by one thread, so that its bits do not depend on the engine. A trial
        that cannot be trained is stored as the failed replica that `trained` gives; but not where
        memory was too small for it, as another time there may be more.
        Raises SteadfitError for what a person can fix.
        """
        ...

    def done(self) -> Iterable[tuple[str, Outcome]]:
        """Trials that were submitted and have ended since: their keys, and what came of each.

        Waits up to a second where there is none yet. Raises as `submit`.
        """
        ...


class Engine(Protocol):
    """Knows how to have trials trained."""

    def opened(self, data: Dataset) -> AbstractContextManager[Session]:
        """A session on these data. It takes its means, as processes, when a trial needs them, and
        leaves none behind when the block ends, by an error or Ctrl-C too."""
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


def put(replica: Replica, key: str, store: Store) -> Outcome:
    """What came of a trial, whose replica is put into the store."""
    if replica.failure is Failure.MEMORY:
        return Outcome.NO_MEMORY
    store.write(key, replica)
    return Outcome.STORED


def check_counts(processes: int | None, per_gpu: int | None = None) -> None:
    """Raise SteadfitError for less than one process, or one on a GPU."""
    for name, count in (("processes", processes), ("per_gpu", per_gpu)):
        if count is not None and count < 1:
            raise SteadfitError(f"{name} must be 1 or more, got {count}.")
