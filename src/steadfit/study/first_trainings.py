"""A person's code, tried by one training before the study begins, and again by its own first one.

So an error in it is met at once, and it is known whether its seed decides all that it learns.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from steadfit.analysis.terms import Failure
from steadfit.errors import SteadfitError
from steadfit.files import scratch
from steadfit.study.dispatch import train
from steadfit.study.engine import Session, Watcher
from steadfit.study.plan import Plan
from steadfit.study.store import Finished, open_store
from steadfit.study.trials import Arm, Trial, repetition_trials


class FirstTraining(NamedTuple):
    """An arm's first trial, and what came of it. It is not kept."""

    trial: Trial
    finished: Finished


def first_trainings(
    arms: Sequence[Arm], plan: Plan, folder: Path, session: Session, watch: Watcher
) -> tuple[FirstTraining, ...]:
    """One of each person's code that arms run, in the order of the arms.

    folder: of the study. Raises SteadfitError, with the arm's name, where the code fails.
    """
    trials: dict[str, Trial] = {}
    for arm in arms:
        if arm.learner.own_code:
            trials.setdefault(arm.learner.own_code, repetition_trials(plan, arm, 0)[0])
    if not trials:
        return ()
    with scratch(folder) as place:
        store = open_store(place / "store")
        chosen = tuple(trials.values())
        without = train(session, chosen, store, watch, "first trainings")
        found = tuple(
            FirstTraining(trial, store.read(trial.key))
            for trial in chosen
            if trial.key not in without
        )
    for trial, finished in found:
        if finished.failure is Failure.CODE:
            raise SteadfitError(f"{trial.arm}: {finished.reason}")
    return found


def only_labels(first: Sequence[FirstTraining]) -> tuple[str, ...]:
    """The arms that name classes without probabilities."""
    return tuple(trial.arm for trial, finished in first if finished.facts.get("labels"))


def arms_not_repeated(
    first: Sequence[FirstTraining], known: Mapping[str, Finished]
) -> tuple[str, ...] | None:
    """The arms whose first training gave other predictions in the study; None where nothing can be
    compared. known: the study's replicas by key."""
    pairs = [
        (trial.arm, finished, known[trial.key])
        for trial, finished in first
        if not (finished.failure or known[trial.key].failure)
    ]
    if not pairs:
        return None
    return tuple(arm for arm, one, two in pairs if not np.array_equal(one.logits, two.logits))
