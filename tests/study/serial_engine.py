"""An engine that trains in its own process: quick for small studies, and open to learners that
workers could not import."""

import time
from collections.abc import Sequence

from steadfit.analysis.terms import Failure
from steadfit.data import Dataset
from steadfit.study.engine import Progress, Watcher, quiet, trained
from steadfit.study.store import Store
from steadfit.study.trials import Trial


class SerialEngine:
    """One trial after the other, in this process."""

    def train(
        self,
        trials: Sequence[Trial],
        data: Dataset,
        store: Store,
        watch: Watcher = quiet,
        what: str = "replicas",
    ) -> frozenset[str]:
        missing = {trial.key: trial for trial in trials if trial.key not in store}
        total = len({trial.key for trial in trials})
        found = total - len(missing)
        watch(Progress(what, found, total, found))
        without = set()
        for done, (key, trial) in enumerate(missing.items(), start=found + 1):
            while key not in store and key not in without:
                with store.claim(key) as mine:
                    if not mine:  # another process trains it
                        time.sleep(0.01)
                        continue
                    replica = trained(trial, data, "cpu")
                    if replica.failure is Failure.MEMORY:
                        without.add(key)
                    else:
                        store.write(key, replica)
            watch(Progress(what, done, total, found))
        return frozenset(without)
