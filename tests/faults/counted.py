"""What workers import first, here, in the engine's place: it writes down each training.

Run as a program it is a small study: FOLDER, the processes, and a remedy.
"""

import os
import sys
from pathlib import Path

from steadfit import workers
from steadfit.study import local_engine
from steadfit.study.trials import Trial
from steadfit.training import Replica

LOG = "STEADFIT_TRAININGS"  # a file's name; each training adds a line to it: the replica's key
_replica = local_engine._replica


def noted(trial: Trial) -> Replica:
    with open(os.environ[LOG], "ab", buffering=0) as log:
        log.write(trial.key.encode() + b"\n")
    return _replica(trial)


if LOG in os.environ:
    local_engine._replica = noted

if __name__ == "__main__":
    import steadfit as sf

    workers._NEEDED = "faults.counted"
    sf.study(
        sf.read("digits", limit=200),
        model="mlp",
        remedies=[sys.argv[3]],
        folds=3,
        repetitions=1,
        samples=3,
        reference=False,
        settings={"width": 0.2},
        training={"epochs": 20},
        processes=int(sys.argv[2]),
        out=Path(sys.argv[1]),
    )
