"""Have trials trained by whatever engine: those that are missing, each by one process of all.

A trial whose worker died is trained again alone, when the others are done, as it may be for want of
memory that others took. One that loses its worker `LOST_WORKERS` times while alone counts as one
that memory is too small for, which is most often the reason.
"""

import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from steadfit.files import remove_unfinished
from steadfit.study.claims import Claims
from steadfit.study.engine import Outcome, Progress, Session, Watcher, quiet
from steadfit.study.store import Store
from steadfit.study.trials import Trial

LOST_WORKERS = 3
_LATER = 0.2  # seconds until those that other processes train are looked at again


def train(
    session: Session,
    trials: Sequence[Trial],
    store: Store,
    watch: Watcher = quiet,
    what: str = "replicas",
) -> frozenset[str]:
    """Train every trial whose replica is not in the store yet; several processes may do so.

    watch: is told at the beginning and after each replica. what: what they are called to it.
    Returns the keys of those that memory was too small for: there is no replica of them.
    Raises SteadfitError for what a person can fix; what was finished by then is kept.
    """
    wanted = {trial.key: trial for trial in trials}
    missing = [trial for key, trial in wanted.items() if key not in store]
    found = len(wanted) - len(missing)

    def tell(done: int) -> None:
        watch(Progress(what, found + done, len(wanted), found))

    with Claims(store) as claims:
        training = _Training(session, store, claims, tell)
        tell(0)
        for trial in training.run(missing):
            training.alone(trial)
    return frozenset(training.without)


@dataclass
class _Training:
    """What is known from one trial to the next. done: how many; without: those without memory."""

    session: Session
    store: Store
    claims: Claims
    tell: Callable[[int], None]
    done: int = 0
    without: set[str] = field(default_factory=set)

    def run(self, trials: Iterable[Trial]) -> list[Trial]:
        """Have these trained; those whose worker died are returned."""
        waiting, running = deque(trials), dict[str, Trial]()
        lost: list[Trial] = []
        while waiting or running:
            self._submit(waiting, running)
            if not running and waiting:
                time.sleep(_LATER)
            for key, outcome in self.session.done() if running else ():
                trial = running.pop(key)
                if outcome in (Outcome.LOST, Outcome.AGAIN):
                    remove_unfinished(self.store.folder / key)
                self.claims.release(key)
                if outcome is Outcome.LOST:
                    lost.append(trial)
                elif outcome is Outcome.AGAIN:
                    waiting.append(trial)
                else:
                    self._finish(key, outcome)
        return lost

    def alone(self, trial: Trial) -> None:
        """Have one trained while no other is, or give it up."""
        for _ in range(LOST_WORKERS):
            if not self.run([trial]):
                return
        self._finish(trial.key, Outcome.NO_MEMORY)

    def _submit(self, waiting: deque[Trial], running: dict[str, Trial]) -> None:
        """As many as the engine takes. Those that other processes train stay waiting."""
        slots = self.session.slots
        for _ in range(len(waiting)):
            if len(running) >= slots:
                return
            trial = waiting.popleft()
            mine = self.claims.take(trial.key)
            if trial.key in self.store:
                self.claims.release(trial.key)
                self._finish(trial.key, Outcome.STORED)
            elif mine:
                self.session.submit(trial, self.store)
                running[trial.key] = trial
            else:
                waiting.append(trial)

    def _finish(self, key: str, outcome: Outcome) -> None:
        if outcome is Outcome.NO_MEMORY:
            self.without.add(key)
        self.done += 1
        self.tell(self.done)
