"""What workers import first, here, in the engine's place: it writes down each training.

Run as a program it is a small study: FOLDER, the processes, and a remedy. It makes no report, as
that takes longer than the trainings.
"""

import os
import sys
from pathlib import Path

from steadfit import workers
from steadfit.data import read
from steadfit.recipe import Recipe
from steadfit.study import local_engine
from steadfit.study.design import Design
from steadfit.study.run import run_study
from steadfit.study.trials import Trial
from steadfit.training import RecipeLearner, Replica

LOG = "STEADFIT_TRAININGS"  # a file's name; each training adds a line to it: the replica's key
_replica = local_engine._replica


def noted(trial: Trial) -> Replica:
    with open(os.environ[LOG], "ab", buffering=0) as log:
        log.write(trial.key.encode() + b"\n")
    return _replica(trial)


if LOG in os.environ:
    local_engine._replica = noted

if __name__ == "__main__":
    folder, processes, remedy = sys.argv[1:]
    workers._NEEDED = "faults.counted"
    run_study(
        read("digits", limit=200),
        RecipeLearner(Recipe().model_with(name="mlp", width=0.2).training_with(epochs=20)),
        [remedy],
        Path(folder),
        Design(folds=3, repetitions=1, samples=3, references=False),
        processes=int(processes),
    )
